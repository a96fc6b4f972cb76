import { seconds } from '../../runtime/index.ts';
import { consumers, producers } from '../clients.ts';
import { failovers } from '../faults/failover-faults.ts';
import type { Trial } from '../trial.ts';

/**
 * What followers cut off when leadership changes hands (§1.9, §1.10): where `--protocol` 0.10, 0.11 and 2.0 lose records that were acknowledged, and logs that
 * should be the same are not (B1, B3, B5, B8), and 4.2 does neither. Sessions are short, so that there are many failovers; followers stay in sync however slow.
 */
export default {
  name: 'truncation',
  rows: ['7.2-isr', '7.1-durable', '7.1-committed'],
  says: 'Leadership changes hands every few seconds, by crashes and by a balancer, while links between brokers come and go: followers cut off what the leader does not have, and nothing that was acknowledged.',
  cluster: {
    brokers: 3,
    config: {
      'broker.heartbeat.interval.ms': 300,
      'broker.session.timeout.ms': 1_500,
      'leader.imbalance.check.interval.seconds': 7,
      'replica.fetch.backoff.ms': 200,
      'replica.lag.time.max.ms': 20_000,
      'unclean.leader.election.enable': false,
    },
    topics: { orders: { partitions: 2, replicationFactor: 3, config: { 'min.insync.replicas': 1 } } },
    movesLeadersEveryUs: seconds(3),
  },
  clients: [producers(2, { 'request.timeout.ms': 3_000, 'delivery.timeout.ms': 15_000 }, 40), consumers(1)],
  faults: [failovers],
  durationUs: seconds(60),
} satisfies Trial;
