import { seconds } from '../../runtime/index.ts';
import { consumers, producers } from '../clients.ts';
import { electedWhenSessionEnds, resumesWithin } from '../expectations/elections.ts';
import { losesNothing } from '../expectations/waits.ts';
import { rolling } from '../faults/steps.ts';
import type { Trial } from '../trial.ts';

/** Rows 7.6.1-config and 7.6.2-app: a rolling restart as it should not be done; compare rolling-restart. */
export default {
  name: 'rolling-kill',
  rows: ['7.6.1-config', '7.6.2-app', '7.1-durable'],
  says: 'Brokers are killed and started again, one after the other: nothing acknowledged is lost, and each partition stands still until the session of its leader has ended.',
  cluster: { brokers: 3, topics: { orders: { partitions: 6, replicationFactor: 3, config: { 'min.insync.replicas': 2 } } } },
  clients: [producers(2), consumers(1)],
  faults: [rolling({ every: seconds(35), downFor: seconds(4), how: 'crash' })],
  expects: [losesNothing, electedWhenSessionEnds, resumesWithin(seconds(21))],
  durationUs: seconds(110),
} satisfies Trial;
