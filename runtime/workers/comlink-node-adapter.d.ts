declare module 'comlink/dist/esm/node-adapter.mjs' {
  import type { Endpoint } from 'comlink';
  import type { MessagePort, Worker } from 'node:worker_threads';

  /** Makes an endpoint of comlink out of a port of Node. */
  export default function nodeEndpoint(port: MessagePort | Worker | null): Endpoint;
}
