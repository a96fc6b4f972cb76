import { seconds } from '../../runtime/index.ts';
import type { Trial } from '../trial.ts';

/** The default trial: a bit of everything that can go wrong, against a topic configured as the book advises. */
export default {
  name: 'first-cluster',
  rows: ['7.1-order', '7.1-committed', '7.1-durable', '7.1-visible'],
  says: 'Brokers crash, pause and lose power, links break in every way; with acks=all, replication factor 3 and min.insync.replicas=2 nothing acknowledged is lost, reordered, or shown too early.',
  cluster: { brokers: 3, topics: { orders: { partitions: 6, replicationFactor: 3, config: { 'min.insync.replicas': 2 } } } },
  clients: [
    { kind: 'producers', count: 2, ratePerSecond: 25, config: { acks: 'all', 'enable.idempotence': false, 'max.in.flight.requests.per.connection': 1, 'delivery.timeout.ms': 30_000, 'request.timeout.ms': 10_000 } },
    { kind: 'consumers', count: 1, config: { 'auto.offset.reset': 'earliest', 'enable.auto.commit': false } },
  ],
  faults: 'mixed',
  durationUs: seconds(60),
} satisfies Trial;
