import { seconds } from '../../runtime/index.ts';
import { consumers, producers } from '../clients.ts';
import { losesNothing, nobodyWaitsLongerThan } from '../expectations/waits.ts';
import { rolling } from '../faults/steps.ts';
import type { Trial } from '../trial.ts';

/** Rows 7.6.1-config and 7.6.2-app: a rolling restart as it should be done; compare rolling-kill. */
export default {
  name: 'rolling-restart',
  rows: ['7.6.1-config', '7.6.2-app', '7.1-durable'],
  says: 'Brokers are shut down in good order and started again, one after the other: each hands over its leaderships first, nothing acknowledged is lost, and nobody waits for the end of a session.',
  cluster: { brokers: 3, topics: { orders: { partitions: 6, replicationFactor: 3, config: { 'min.insync.replicas': 2 } } } },
  clients: [producers(2), consumers(1)],
  faults: [rolling({ every: seconds(30), downFor: seconds(8), how: 'shutdown' })],
  expects: [losesNothing, nobodyWaitsLongerThan(seconds(2))],
  durationUs: seconds(100),
} satisfies Trial;
