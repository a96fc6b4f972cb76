import { seconds } from '../../runtime/index.ts';
import { consumers, producers } from '../clients.ts';
import { electedWhenSessionEnds } from '../expectations/elections.ts';
import { leaderOf } from '../faults/aim.ts';
import { every } from '../faults/step.ts';
import { crash } from '../faults/steps.ts';
import type { Trial } from '../trial.ts';

/** Rows 7.2-isr and 7.3.4-session: how long a broker may be silent before it is taken for dead. The book's zookeeper.session.timeout.ms is broker.session.timeout.ms in KRaft. */
export default {
  name: 'session-timeout',
  rows: ['7.3.4-session', '7.2-isr'],
  says: 'A leader that dies silently is replaced when its session ends, broker.session.timeout.ms after its last heartbeat: neither sooner nor later, whatever it is set to.',
  cluster: { brokers: 3, config: { 'broker.session.timeout.ms': 6_000 }, topics: { orders: { partitions: 3, replicationFactor: 3, config: { 'min.insync.replicas': 2 } } } },
  clients: [producers(2), consumers(1)],
  faults: [every(seconds(25), crash(leaderOf('orders', 0), { for: seconds(11) }))],
  expects: [electedWhenSessionEnds],
  durationUs: seconds(80),
} satisfies Trial;
