import { seconds } from '../../runtime/index.ts';
import { consumers, producers } from '../clients.ts';
import { keepsLeaders } from '../expectations/elections.ts';
import { losesNothing } from '../expectations/waits.ts';
import { leaderOf } from '../faults/aim.ts';
import { every } from '../faults/step.ts';
import { diskHung } from '../faults/steps.ts';
import type { Trial } from '../trial.ts';

/** Row 7.6.2-app, disk hangs: the broker lives, and nothing that needs its disk is done. */
export default {
  name: 'disk-hung',
  rows: ['7.6.2-app', '7.1-durable'],
  says: 'The disk of a leader hangs. Its process lives and keeps its session, so nobody else is elected and its partitions wait until the disk is back: measured. Nothing acknowledged is lost.',
  cluster: { brokers: 3, topics: { orders: { partitions: 3, replicationFactor: 3, config: { 'min.insync.replicas': 2 } } } },
  clients: [producers(2, { 'delivery.timeout.ms': 60_000 }), consumers(1)],
  faults: [every(seconds(60), diskHung(leaderOf('orders', 0), { for: seconds(20) }))],
  expects: [losesNothing, keepsLeaders],
  durationUs: seconds(110),
} satisfies Trial;
