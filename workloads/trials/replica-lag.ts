import { seconds } from '../../runtime/index.ts';
import { consumers, producers } from '../clients.ts';
import { shrinksAfterLag } from '../expectations/in-sync.ts';
import { anyBroker } from '../faults/aim.ts';
import { every } from '../faults/step.ts';
import { isolate } from '../faults/steps.ts';
import type { Trial } from '../trial.ts';

const CUT = seconds(22);

/** Rows 7.2-isr and 7.3.4-lag: alive is not in sync. The book's value is 10 s; 30 s is the default since 2.5. */
export default {
  name: 'replica-lag',
  rows: ['7.3.4-lag', '7.2-isr'],
  says: 'A broker that reaches the controller but no other broker keeps its session and leaves the in-sync sets after replica.lag.time.max.ms; until then acks=all waits for it.',
  cluster: { brokers: 3, config: { 'replica.lag.time.max.ms': 10_000 }, topics: { orders: { partitions: 3, replicationFactor: 3, config: { 'min.insync.replicas': 1 } } } },
  clients: [producers(2), consumers(1)],
  faults: [every(seconds(70), isolate(anyBroker, 'brokers', { for: CUT }))],
  expects: [shrinksAfterLag(CUT)],
  durationUs: seconds(120),
} satisfies Trial;
