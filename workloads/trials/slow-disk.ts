import { milliseconds, seconds } from '../../runtime/index.ts';
import { consumers, producers } from '../clients.ts';
import { losesNothing } from '../expectations/waits.ts';
import { leaderOf } from '../faults/aim.ts';
import { every } from '../faults/step.ts';
import { diskSlow } from '../faults/steps.ts';
import type { Trial } from '../trial.ts';

/** Row 7.6.2-app: a disk that is nearly dead. */
export default {
  name: 'slow-disk',
  rows: ['7.6.2-app', '7.1-durable'],
  says: 'Every operation of the disk of a leader takes 50 ms longer: acks=all is slow on its partitions, replicas stay in sync or leave, and every guarantee holds.',
  cluster: { brokers: 3, topics: { orders: { partitions: 3, replicationFactor: 3, config: { 'min.insync.replicas': 2 } } } },
  clients: [producers(2), consumers(1)],
  faults: [every(seconds(45), diskSlow(leaderOf('orders', 0), milliseconds(50), { for: seconds(20) }))],
  expects: [losesNothing],
  durationUs: seconds(90),
} satisfies Trial;
