// On Node 20 a .ts worker does not start by itself under tsx: this registers tsx inside the worker, then loads the real entry.
import { workerData } from 'node:worker_threads';
import { register } from 'tsx/esm/api';

register();
await import(workerData.entry);
