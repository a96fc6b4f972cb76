import { seconds } from '../../runtime/index.ts';
import type { Trial } from '../trial.ts';

/** Row 7.6.1-config in its first form: brokers die and come back, one at a time. */
export default {
  name: 'broker-restart',
  rows: ['7.1-order', '7.1-committed', '7.1-durable', '7.1-visible'],
  says: 'Brokers crash and restart one at a time, some sooner and some later than their session runs out: leaders move, and nothing acknowledged with acks=all is lost.',
  cluster: { brokers: 3, topics: { orders: { partitions: 4, replicationFactor: 3, config: { 'min.insync.replicas': 2 } } } },
  clients: [
    { kind: 'producers', count: 2, ratePerSecond: 25, config: { acks: 'all', 'enable.idempotence': false, 'max.in.flight.requests.per.connection': 1, 'delivery.timeout.ms': 30_000, 'request.timeout.ms': 10_000 } },
    { kind: 'consumers', count: 1, config: { 'auto.offset.reset': 'earliest', 'enable.auto.commit': false } },
  ],
  faults: 'crash',
  durationUs: seconds(60),
} satisfies Trial;
