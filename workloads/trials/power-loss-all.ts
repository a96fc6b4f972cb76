import { seconds } from '../../runtime/index.ts';
import { consumers, producers } from '../clients.ts';
import { everyBroker } from '../faults/aim.ts';
import { powerLoss } from '../faults/steps.ts';
import type { Trial } from '../trial.ts';

/** Row 7.3.5-flush, without a flush policy (B15): what Kafka's own defaults lose when the whole site goes dark. */
export default {
  name: 'power-loss-all',
  rows: ['7.3.5-flush', '7.1-durable'],
  says: 'Every broker loses power at once. Acknowledging needs no fsync, so records that no replica had flushed are gone, by design; everything else is there.',
  cluster: { brokers: 3, topics: { orders: { partitions: 3, replicationFactor: 3, config: { 'min.insync.replicas': 2 } } } },
  clients: [producers(2, {}, 100), consumers(1)],
  faults: [powerLoss(everyBroker, { at: seconds(20), for: seconds(5) })],
  durationUs: seconds(60),
} satisfies Trial;
