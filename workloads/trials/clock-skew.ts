import { seconds } from '../../runtime/index.ts';
import { consumers, producers } from '../clients.ts';
import { leaderOf } from '../faults/aim.ts';
import { every } from '../faults/step.ts';
import { clocksJump, crash } from '../faults/steps.ts';
import type { Trial } from '../trial.ts';

/** Row 7.6.2-app: no guarantee rests on wall clocks; sessions and lags are measured by clocks that only run forward. */
export default {
  name: 'clock-skew',
  rows: ['7.1-order', '7.1-committed', '7.1-durable', '7.1-visible'],
  says: 'Clocks of brokers, controller and clients jump by up to half a minute ahead and back while leaders die: timestamps are wrong, and every guarantee holds.',
  cluster: { brokers: 3, topics: { orders: { partitions: 4, replicationFactor: 3, config: { 'min.insync.replicas': 2 } } } },
  clients: [producers(2), consumers(1)],
  faults: [clocksJump, every(seconds(30), crash(leaderOf('orders', 0), { at: seconds(5), for: seconds(12) }))],
  durationUs: seconds(60),
} satisfies Trial;
