import { seconds } from '../../runtime/index.ts';
import { consumers, producers } from '../clients.ts';
import { electedWhenSessionEnds, resumesWithin } from '../expectations/elections.ts';
import { losesNothing } from '../expectations/waits.ts';
import { leaderOf } from '../faults/aim.ts';
import { every } from '../faults/step.ts';
import { diskFull } from '../faults/steps.ts';
import type { Trial } from '../trial.ts';

/** Row 7.6.2-app, disk full (DF-5). */
export default {
  name: 'disk-full',
  rows: ['7.6.2-app', '7.1-durable'],
  says: 'The disk of a leader is full: the broker halts, others lead, and it is started again when there is room. Nothing acknowledged is lost.',
  cluster: { brokers: 3, topics: { orders: { partitions: 3, replicationFactor: 3, config: { 'min.insync.replicas': 2 } } } },
  clients: [producers(2), consumers(1)],
  faults: [every(seconds(45), diskFull(leaderOf('orders', 0), { for: seconds(15) }))],
  expects: [losesNothing, electedWhenSessionEnds, resumesWithin(seconds(21))],
  durationUs: seconds(100),
} satisfies Trial;
