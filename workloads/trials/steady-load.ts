import { seconds } from '../../runtime/index.ts';
import type { Trial } from '../trial.ts';

/** Nothing goes wrong and there is much to do: the load by which the simulator's own speed is measured. */
export default {
  name: 'steady-load',
  rows: ['7.1-order', '7.1-committed', '7.1-durable', '7.1-visible'],
  says: 'Four producers write three thousand records a second to three healthy brokers: everything is acknowledged, and read once, in order.',
  cluster: { brokers: 3, topics: { orders: { partitions: 3, replicationFactor: 3, config: { 'min.insync.replicas': 2 } } } },
  clients: [
    { kind: 'producers', count: 4, ratePerSecond: 3_000, config: { acks: 'all', 'enable.idempotence': false, 'max.in.flight.requests.per.connection': 1, 'linger.ms': 0, 'delivery.timeout.ms': 30_000, 'request.timeout.ms': 10_000 } },
    { kind: 'consumers', count: 1, config: { 'auto.offset.reset': 'earliest', 'enable.auto.commit': false } },
  ],
  faults: 'none',
  durationUs: seconds(10),
} satisfies Trial;
