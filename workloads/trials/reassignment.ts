import { seconds } from '../../runtime/index.ts';
import { consumers, producers } from '../clients.ts';
import { reassignmentsComplete } from '../expectations/reassignment.ts';
import { electLeaders, reassign } from '../faults/administration.ts';
import { anyBroker, followerOf, leaderOf } from '../faults/aim.ts';
import { every } from '../faults/step.ts';
import { crash } from '../faults/steps.ts';
import type { Trial } from '../trial.ts';

/** Row 7.2-isr: a replica that is moved in counts once it is in sync, and one that is moved out goes when the others are (EL-14, KIP-455). */
export default {
  name: 'reassignment',
  rows: ['7.2-isr', '7.1-durable', '7.6.1-config'],
  says: 'Partitions are moved to other brokers under load, leaders and followers, while brokers die: every move gets there, and nothing acknowledged is lost.',
  cluster: { brokers: 5, topics: { orders: { partitions: 3, replicationFactor: 3, config: { 'min.insync.replicas': 2 } } } },
  clients: [producers(2), consumers(1)],
  faults: [
    every(seconds(15), reassign(leaderOf('orders', 0), {})),
    every(seconds(15), reassign(followerOf('orders', 1), { at: seconds(4) })),
    every(seconds(30), reassign(leaderOf('orders', 2), { at: seconds(8) })),
    every(seconds(30), electLeaders('preferred', { at: seconds(20) })),
    every(seconds(25), crash(anyBroker, { for: seconds(12) })),
  ],
  expects: [reassignmentsComplete],
  durationUs: seconds(90),
} satisfies Trial;
