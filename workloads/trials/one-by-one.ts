import { seconds } from '../../runtime/index.ts';
import { consumers, producers } from '../clients.ts';
import { waitsForInSyncReplica } from '../expectations/unclean.ts';
import { losesNothing } from '../expectations/waits.ts';
import { oneByOne } from '../faults/steps.ts';
import type { Trial } from '../trial.ts';

/** Row 7.6.1-config, unclean election one replica at a time: what it takes until work resumes. */
export default {
  name: 'one-by-one',
  rows: ['7.6.1-config', '7.3.2-unclean', '7.1-durable'],
  says: 'All replicas stop one by one, and the one that fell behind starts first: the partition waits until a replica that has everything is back, and nothing acknowledged is lost.',
  cluster: { brokers: 3, topics: { orders: { partitions: 1, replicationFactor: 3, config: { 'min.insync.replicas': 2 } } } },
  clients: [producers(2, { 'delivery.timeout.ms': 60_000 }), consumers(1)],
  faults: [oneByOne('orders', 0)],
  expects: [losesNothing, waitsForInSyncReplica],
  durationUs: seconds(110),
} satisfies Trial;
