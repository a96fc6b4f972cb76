/** @module Configuration of a consumer. Defaults of Kafka 4.2 (§10). */
import { CLIENT_KEYS, CLIENT_KEYS_NOT_SIMULATED } from './client-keys.ts';
import type { ConfigDefinition, ConfigOf } from './config-definition.ts';
import { choice, count, durationMs, flag, sizeBytes } from './keys.ts';

const KEYS = {
  ...CLIENT_KEYS,
  'auto.offset.reset': choice(['earliest', 'latest', 'none'], 'latest', 'Where to read when there is no position, or the log no longer has it (RS-1).'),
  'check.crcs': flag(true, 'Whether the checksum of every batch is checked.'),
  'default.api.timeout.ms': durationMs(60_000, 'How long a call may block that is given no timeout of its own.'),
  'enable.auto.commit': flag(true, 'Whether positions are committed to the group now and then.'),
  'fetch.max.bytes': sizeBytes(52_428_800, 'Most bytes of a fetch; a first batch that is larger is returned all the same (F-8).'),
  'fetch.max.wait.ms': durationMs(500, 'How long a broker waits for fetch.min.bytes.'),
  'fetch.min.bytes': sizeBytes(1, 'Bytes a broker waits for before it answers.'),
  'isolation.level': choice(['read_uncommitted', 'read_committed'], 'read_uncommitted', 'Whether records of open transactions are read.'),
  'max.partition.fetch.bytes': sizeBytes(1_048_576, 'Most bytes of one partition in a fetch (F-8).'),
  'max.poll.records': count(500, 'Most records that one poll returns.', { atLeast: 1 }),
} as const;

export type ConsumerConfig = ConfigOf<typeof KEYS>;

export const CONSUMER_CONFIG: ConfigDefinition<typeof KEYS> = {
  name: 'consumer',
  keys: KEYS,
  notSimulated: [
    ...CLIENT_KEYS_NOT_SIMULATED, 'allow.auto.create.topics', 'auto.commit.interval.ms', 'exclude.internal.topics', 'group.id', 'group.instance.id', 'group.protocol',
    'group.remote.assignor', 'heartbeat.interval.ms', 'key.deserializer', 'max.poll.interval.ms', 'partition.assignment.strategy', 'session.timeout.ms', 'value.deserializer',
  ],
  adjust(config, given) {
    // As in Kafka: without a group nothing is committed, unless that was asked for; then it is refused.
    return given.has('enable.auto.commit') ? config : { ...config, 'enable.auto.commit': false };
  },
  conflicts(config) {
    return config['enable.auto.commit'] ? ['enable.auto.commit=true needs a consumer group, and groups are not built yet: leave it out or set it to false.'] : [];
  },
};
