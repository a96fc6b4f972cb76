import { seconds } from '../../runtime/index.ts';
import { consumers, producers } from '../clients.ts';
import { losesNothing } from '../expectations/waits.ts';
import { every } from '../faults/step.ts';
import { lastStanding } from '../faults/steps.ts';
import type { Trial } from '../trial.ts';

/** Row 7.3.3-minisr, what KIP-966 is for (B16): with `--set protocol.eligibleLeaderReplicas=false` or `--protocol 4.0` what is lost is more than any producer was told. */
export default {
  name: 'last-replica-standing',
  rows: ['7.3.3-minisr', '7.1-durable'],
  says: 'A leader is cut off from its followers until it is alone in the in-sync set, then loses power and what it had not synced. The followers have everything that was acknowledged: with eligible leader replicas one of them leads, and nothing is lost.',
  cluster: {
    brokers: 3,
    config: { 'replica.lag.time.max.ms': 8_000 },
    topics: { orders: { partitions: 3, replicationFactor: 3, config: { 'min.insync.replicas': 2 } } },
  },
  clients: [producers(2, { 'delivery.timeout.ms': 60_000 }), consumers(1)],
  faults: [every(seconds(70), lastStanding({ alone: seconds(14), downFor: seconds(3) }))],
  expects: [losesNothing],
  durationUs: seconds(130),
} satisfies Trial;
