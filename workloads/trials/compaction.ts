import { seconds } from '../../runtime/index.ts';
import { consumers, producers } from '../clients.ts';
import type { Trial } from '../trial.ts';

/** A compacted topic in small: segments of a few batches, compacted as soon as anything is dirty, while brokers crash, lose power and are cut off (RT-3). */
export default {
  name: 'compaction',
  rows: ['7.1-durable', '7.1-visible', '7.2-isr'],
  says: 'Brokers compact their logs, each in its own time, while brokers and links fail: of each key the last value that was acknowledged stays, at its offset, and replicas agree.',
  cluster: {
    brokers: 3,
    config: { 'log.cleaner.backoff.ms': 500 },
    topics: {
      orders: {
        partitions: 2,
        replicationFactor: 3,
        config: { 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': 0.1, 'segment.bytes': 1_500, 'min.insync.replicas': 2 },
      },
    },
  },
  clients: [producers(2), consumers(1)],
  faults: 'mixed',
  durationUs: seconds(60),
} satisfies Trial;
