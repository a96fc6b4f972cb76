import { seconds } from '../../runtime/index.ts';
import { consumers, producers } from '../clients.ts';
import { acknowledgesWithOneLeft } from '../expectations/in-sync.ts';
import { losesNothing } from '../expectations/waits.ts';
import { allReplicasButOne } from '../faults/aim.ts';
import { crash } from '../faults/steps.ts';
import type { Trial } from '../trial.ts';

/** Row 7.3.1-rf. `--set replication.factor=1`, 2, 3 or 5: what N−1 failures leave, and what N copies cost on disk. */
export default {
  name: 'replication-factor',
  rows: ['7.3.1-rf', '7.1-durable'],
  says: 'With replication.factor N a partition survives N−1 brokers that die at once, and goes on with the one that is left (min.insync.replicas=1); it costs N copies on disk.',
  cluster: { brokers: 5, topics: { orders: { partitions: 5, replicationFactor: 3, config: { 'min.insync.replicas': 1 } } } },
  clients: [producers(2), consumers(1)],
  faults: [crash(allReplicasButOne('orders', 0), { for: seconds(25) })],
  expects: [losesNothing, acknowledgesWithOneLeft],
  durationUs: seconds(60),
} satisfies Trial;
