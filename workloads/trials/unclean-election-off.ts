import { seconds } from '../../runtime/index.ts';
import { consumers, producers } from '../clients.ts';
import { waitsForInSyncReplica } from '../expectations/unclean.ts';
import { losesNothing } from '../expectations/waits.ts';
import { replicaOf } from '../faults/aim.ts';
import { crash } from '../faults/steps.ts';
import type { Trial } from '../trial.ts';

/** Row 7.3.2-unclean, the side of consistency; compare unclean-election-on. */
export default {
  name: 'unclean-election-off',
  rows: ['7.3.2-unclean', '7.1-durable'],
  says: 'Both followers miss what the leader acknowledged alone, and come back while it is away. With unclean.leader.election.enable=false the partition waits for the old leader, and nothing acknowledged is lost.',
  cluster: { brokers: 3, topics: { orders: { partitions: 1, replicationFactor: 3, config: { 'min.insync.replicas': 1, 'unclean.leader.election.enable': false } } } },
  clients: [producers(2), consumers(1)],
  faults: [
    crash(replicaOf('orders', 0, 1), { for: seconds(45) }),
    crash(replicaOf('orders', 0, 2), { for: seconds(45) }),
    crash(replicaOf('orders', 0, 0), { at: seconds(25), for: seconds(50) }),
  ],
  expects: [losesNothing, waitsForInSyncReplica],
  durationUs: seconds(90),
} satisfies Trial;
