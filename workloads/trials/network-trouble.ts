import { seconds } from '../../runtime/index.ts';
import type { Trial } from '../trial.ts';

/** Row 7.6.2-app in its first form: nothing dies, but nobody can rely on reaching anybody. */
export default {
  name: 'network-trouble',
  rows: ['7.1-order', '7.1-committed', '7.1-durable', '7.1-visible'],
  says: 'Partitions, jams, delays, resets and half-open connections between brokers, controller and clients: what was acknowledged with acks=all stays, and is seen in order.',
  cluster: { brokers: 3, topics: { orders: { partitions: 4, replicationFactor: 3, config: { 'min.insync.replicas': 2 } } } },
  clients: [
    { kind: 'producers', count: 2, ratePerSecond: 25, config: { acks: 'all', 'enable.idempotence': false, 'max.in.flight.requests.per.connection': 1, 'delivery.timeout.ms': 30_000, 'request.timeout.ms': 5_000 } },
    { kind: 'consumers', count: 1, config: { 'auto.offset.reset': 'earliest', 'enable.auto.commit': false } },
  ],
  faults: 'network',
  durationUs: seconds(60),
} satisfies Trial;
