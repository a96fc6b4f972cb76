import { seconds } from '../../runtime/index.ts';
import { consumers, producers } from '../clients.ts';
import { readOnlyUnderMinIsr } from '../expectations/read-only.ts';
import { replicaOf } from '../faults/aim.ts';
import { crash } from '../faults/steps.ts';
import type { Trial } from '../trial.ts';

/** Row 7.3.3-minisr. A producer that does not retry shows each refusal; a reader that comes late finds everything that was committed. */
export default {
  name: 'min-insync-replicas',
  rows: ['7.3.3-minisr', '7.1-visible'],
  says: 'With one of three replicas left and min.insync.replicas=2 a partition is in effect read-only: acks=all is refused with NOT_ENOUGH_REPLICAS, what acks=0 and acks=1 write nobody sees before another replica is back, and reads go on.',
  cluster: { brokers: 3, topics: { orders: { partitions: 2, replicationFactor: 3, config: { 'min.insync.replicas': 2 } } } },
  clients: [producers(1, { acks: 'all', retries: 0 }, 10), producers(1, { acks: '1' }, 10), producers(1, { acks: '0' }, 10), consumers(1), consumers(1, {}, seconds(30))],
  faults: [crash(replicaOf('orders', 0, 1), { for: seconds(45) }), crash(replicaOf('orders', 0, 2), { for: seconds(45) })],
  expects: [readOnlyUnderMinIsr],
  durationUs: seconds(70),
} satisfies Trial;
