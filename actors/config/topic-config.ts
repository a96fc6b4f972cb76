/** @module Configuration of a topic: what overrides the brokers' defaults. */
import type { BrokerConfig } from './broker-config.ts';
import { parseConfig } from './config-definition.ts';
import type { ConfigDefinition, ConfigOf, ConfigValues } from './config-definition.ts';
import { count, flag, sizeBytes } from './keys.ts';

const KEYS = {
  'max.message.bytes': sizeBytes(1_048_588, "Largest batch. Overrides the broker's message.max.bytes."),
  'min.insync.replicas': count(1, 'Fewest in-sync replicas with which acks=all is accepted.', { atLeast: 1 }),
  'unclean.leader.election.enable': flag(false, 'Whether a replica out of sync may lead when no other is there (EL-2).'),
} as const;

export type TopicConfig = ConfigOf<typeof KEYS>;

export const TOPIC_CONFIG: ConfigDefinition<typeof KEYS> = {
  name: 'topic',
  keys: KEYS,
  notSimulated: [
    'cleanup.policy', 'compression.type', 'delete.retention.ms', 'file.delete.delay.ms', 'flush.messages', 'flush.ms', 'index.interval.bytes', 'max.compaction.lag.ms',
    'message.timestamp.after.max.ms', 'message.timestamp.before.max.ms', 'message.timestamp.type', 'min.cleanable.dirty.ratio', 'min.compaction.lag.ms', 'preallocate',
    'remote.storage.enable', 'retention.bytes', 'retention.ms', 'segment.bytes', 'segment.index.bytes', 'segment.jitter.ms', 'segment.ms',
  ],
};

/** A topic's configuration: its own values over its broker's. @throws {ConfigError} */
export function topicConfig(overrides: ConfigValues, broker: BrokerConfig): TopicConfig {
  return parseConfig(TOPIC_CONFIG, { 'max.message.bytes': broker['message.max.bytes'], 'min.insync.replicas': broker['min.insync.replicas'], 'unclean.leader.election.enable': broker['unclean.leader.election.enable'], ...overrides });
}
