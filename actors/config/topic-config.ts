/** @module Configuration of a topic: what overrides the brokers' defaults. */
import type { BrokerConfig } from './broker-config.ts';
import { MS_MAX, parseConfig } from './config-definition.ts';
import type { ConfigDefinition, ConfigOf, ConfigValues } from './config-definition.ts';
import { choice, count, durationMs, flag, ratio, sizeBytes } from './keys.ts';
import { CLEANUP_POLICIES } from './log-keys.ts';

const KEYS = {
  'cleanup.policy': choice(CLEANUP_POLICIES, 'delete', 'What becomes of old records: whole segments go (RT-1), or all but the last of each key (RT-3), or both.'),
  'delete.retention.ms': durationMs(86_400_000, 'How long a tombstone stays after the round of compaction that first met it (RT-3).'),
  'file.delete.delay.ms': durationMs(60_000, 'How long the files of a deleted segment stay.'),
  'flush.messages': count(Number.MAX_SAFE_INTEGER, 'Records that may be unsynced; 1: every append is synced before it is answered (ST-3).', { atLeast: 1, type: 'long' }),
  'flush.ms': durationMs(MS_MAX, "How long a record may be unsynced; the broker looks every log.flush.scheduler.interval.ms, by default never (ST-3)."),
  'index.interval.bytes': sizeBytes(4_096, 'Bytes of batches between two entries of an index.'),
  'max.compaction.lag.ms': durationMs(MS_MAX, 'After so long a record is compacted, however little there is to do; its segment is closed by then.', { atLeast: 1 }),
  'max.message.bytes': sizeBytes(1_048_588, "Largest batch. Overrides the broker's message.max.bytes."),
  'min.cleanable.dirty.ratio': ratio(0.5, 'Share of dirty bytes from which a log is compacted.'),
  'min.compaction.lag.ms': durationMs(0, 'So long a record is left as it is.'),
  'min.insync.replicas': count(1, 'Fewest in-sync replicas with which acks=all is accepted.', { atLeast: 1 }),
  'retention.bytes': sizeBytes(-1, 'Largest log; -1: no limit (RT-1).', { atLeast: -1 }),
  'retention.ms': durationMs(604_800_000, 'How long records are kept; -1: for ever (RT-1).', { atLeast: -1 }),
  // Kafka asks for 1 MiB since 4.0 (KIP-1030). Smaller ones, as before, have short runs roll too.
  'segment.bytes': sizeBytes(1_073_741_824, 'Largest segment (§2.2).', { atLeast: 14, atMost: 2_147_483_647 }),
  'segment.index.bytes': sizeBytes(10_485_760, 'Largest index of a segment.', { atLeast: 36 }),
  'segment.jitter.ms': durationMs(0, 'Up to so much earlier than segment.ms a segment is closed, drawn for each.'),
  'segment.ms': durationMs(604_800_000, 'After so long, by the timestamps of its records, a segment is closed (§2.2).', { atLeast: 1 }),
  'unclean.leader.election.enable': flag(false, 'Whether a replica out of sync may lead when no other is there (EL-2).'),
} as const;

export type TopicConfig = ConfigOf<typeof KEYS>;

export const TOPIC_CONFIG: ConfigDefinition<typeof KEYS> = {
  name: 'topic',
  keys: KEYS,
  notSimulated: [
    'compression.type', 'message.timestamp.after.max.ms', 'message.timestamp.before.max.ms', 'message.timestamp.type', 'preallocate', 'remote.storage.enable',
  ],
  conflicts: (config) =>
    config['min.compaction.lag.ms'] > config['max.compaction.lag.ms']
      ? [`'min.compaction.lag.ms' (${config['min.compaction.lag.ms']}) may not be more than 'max.compaction.lag.ms' (${config['max.compaction.lag.ms']}).`]
      : [],
};

/** What of its broker's configuration holds for a topic that does not say. */
const BROKER_KEYS: Readonly<Record<keyof TopicConfig, keyof BrokerConfig>> = {
  'cleanup.policy': 'log.cleanup.policy',
  'delete.retention.ms': 'log.cleaner.delete.retention.ms',
  'file.delete.delay.ms': 'log.segment.delete.delay.ms',
  'flush.messages': 'log.flush.interval.messages',
  'flush.ms': 'log.flush.interval.ms',
  'index.interval.bytes': 'log.index.interval.bytes',
  'max.compaction.lag.ms': 'log.cleaner.max.compaction.lag.ms',
  'max.message.bytes': 'message.max.bytes',
  'min.cleanable.dirty.ratio': 'log.cleaner.min.cleanable.ratio',
  'min.compaction.lag.ms': 'log.cleaner.min.compaction.lag.ms',
  'min.insync.replicas': 'min.insync.replicas',
  'retention.bytes': 'log.retention.bytes',
  'retention.ms': 'log.retention.ms',
  'segment.bytes': 'log.segment.bytes',
  'segment.index.bytes': 'log.index.size.max.bytes',
  'segment.jitter.ms': 'log.roll.jitter.ms',
  'segment.ms': 'log.roll.ms',
  'unclean.leader.election.enable': 'unclean.leader.election.enable',
};

/** A topic's configuration: its own values over its broker's. @throws {ConfigError} */
export function topicConfig(overrides: ConfigValues, broker: BrokerConfig): TopicConfig {
  const inherited = Object.fromEntries(Object.entries(BROKER_KEYS).map(([key, brokerKey]) => [key, broker[brokerKey]]));
  return parseConfig(TOPIC_CONFIG, { ...inherited, ...overrides });
}

/** Whether older values of a key are removed (RT-3). */
export function isCompacted({ 'cleanup.policy': policy }: Pick<TopicConfig, 'cleanup.policy'>): boolean {
  return policy !== 'delete';
}

/** Whether old segments are deleted (RT-1). */
export function isDeleted({ 'cleanup.policy': policy }: Pick<TopicConfig, 'cleanup.policy'>): boolean {
  return policy !== 'compact';
}
