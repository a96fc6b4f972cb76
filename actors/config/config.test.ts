import { describe, expect, test } from 'vitest';
import { BROKER_CONFIG } from './broker-config.ts';
import { ConfigError, MS_MAX, describeProblem, describeValues, parseConfig } from './config-definition.ts';
import type { ConfigDefinition, ConfigKeys, ConfigValues } from './config-definition.ts';
import { CONSUMER_CONFIG } from './consumer-config.ts';
import { PRODUCER_CONFIG, acksOf } from './producer-config.ts';
import { TOPIC_CONFIG, topicConfig } from './topic-config.ts';
import type { TopicConfig } from './topic-config.ts';

type TopicValues = Partial<TopicConfig>;

/** What every producer must say as long as idempotence is not built. */
const PLAIN = { 'enable.idempotence': false };

function problems<K extends ConfigKeys>(definition: ConfigDefinition<K>, values: ConfigValues): string[] {
  try {
    parseConfig(definition, values);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(describeProblem);
  }
}

describe('producer', () => {
  test('has the defaults of Kafka 4.2 (§10)', () => {
    expect(parseConfig(PRODUCER_CONFIG, PLAIN)).toEqual({
      acks: 'all', 'compression.gzip.level': -1, 'compression.type': 'none', 'enable.idempotence': false, retries: 2_147_483_647, 'max.in.flight.requests.per.connection': 5, 'batch.size': 16_384, 'linger.ms': 5,
      'buffer.memory': 33_554_432, 'max.block.ms': 60_000, 'request.timeout.ms': 30_000, 'delivery.timeout.ms': 120_000, 'retry.backoff.ms': 100,
      'retry.backoff.max.ms': 1_000, 'reconnect.backoff.ms': 50, 'reconnect.backoff.max.ms': 1_000, 'max.request.size': 1_048_576, 'metadata.max.age.ms': 300_000,
      'socket.connection.setup.timeout.ms': 10_000, 'socket.connection.setup.timeout.max.ms': 30_000,
    });
  });

  test('takes values as text, as a command line gives them', () => {
    const config = parseConfig(PRODUCER_CONFIG, { 'linger.ms': '20', acks: '1', 'enable.idempotence': 'false', retries: ' 3 ' });
    expect(config['linger.ms']).toBe(20);
    expect(config.retries).toBe(3);
    expect(config['enable.idempotence']).toBe(false);
  });

  test.each([['all', -1], ['-1', -1], [-1, -1], [0, 0], ['0', 0], [1, 1], ['1', 1]] as const)('acks=%s', (acks, wire) => {
    expect(acksOf(parseConfig(PRODUCER_CONFIG, { ...PLAIN, acks }))).toBe(wire);
  });

  test.each<[ConfigValues, string]>([
    [{ 'linger.msec': 5 }, "Unknown key 'linger.msec': did you mean 'linger.ms'?"],
    [{ 'max.inflight.requests.per.connection': 1 }, "Unknown key 'max.inflight.requests.per.connection': did you mean 'max.in.flight.requests.per.connection'?"],
    [{ colour: 'blue' }, "Unknown key 'colour'."],
    [{ toString: 'x' }, "Unknown key 'toString'."],
    [{ 'compression.lz4.level': 3 }, "'compression.lz4.level' is a key of Kafka that is not simulated yet."],
    [{ 'compression.type': 'zstd' }, "'compression.type' cannot be 'zstd': it takes none, gzip."],
    [{ 'compression.gzip.level': 0 }, 'compression.gzip.level is 1 to 9, or -1.'],
    [{ acks: '2' }, "'acks' cannot be '2': it takes all, -1, 0, 1."],
    [{ acks: true }, "'acks' cannot be 'true': it takes all, -1, 0, 1."],
    [{ 'linger.ms': 'soon' }, "'linger.ms' cannot be 'soon': it takes a whole number of ms, 0 or more."],
    [{ 'linger.ms': 1.5 }, "'linger.ms' cannot be '1.5': it takes a whole number of ms, 0 or more."],
    [{ 'linger.ms': -1 }, "'linger.ms' cannot be '-1': it takes a whole number of ms, 0 or more."],
    [{ 'linger.ms': '' }, "'linger.ms' cannot be '': it takes a whole number of ms, 0 or more."],
    [{ 'max.in.flight.requests.per.connection': 0 }, "'max.in.flight.requests.per.connection' cannot be '0': it takes a whole number, 1 or more."],
    [{ retries: 2_147_483_648 }, "'retries' cannot be '2147483648': it takes a whole number, 0 or more."],
    [{ 'enable.idempotence': 'no' }, "'enable.idempotence' cannot be 'no': it takes true or false."],
    [{ 'delivery.timeout.ms': 30_004 }, 'delivery.timeout.ms (30004) must be at least linger.ms (5) + request.timeout.ms (30000).'],
    [{ 'batch.size': 2_000, 'buffer.memory': 1_999 }, 'batch.size (2000) must fit into buffer.memory (1999).'],
  ])('%j is refused', (values, said) => {
    expect(problems(PRODUCER_CONFIG, { ...PLAIN, ...values })).toEqual([said]);
  });

  test('says everything that is wrong at once', () => {
    expect(problems(PRODUCER_CONFIG, { ...PLAIN, 'linger.msec': 1, acks: 7, 'transactional.id': 't' })).toHaveLength(3);
    expect(() => parseConfig(PRODUCER_CONFIG, { 'linger.msec': 1, acks: 7 })).toThrow("producer config: Unknown key 'linger.msec': did you mean 'linger.ms'? 'acks' cannot be '7'");
  });

  test("refuses idempotence, Kafka's default, with what to set instead", () => {
    const said = "enable.idempotence=true (Kafka's default) is not built yet: set enable.idempotence=false, and max.in.flight.requests.per.connection=1 to keep records in order.";
    expect(problems(PRODUCER_CONFIG, {})).toEqual([said]);
    expect(problems(PRODUCER_CONFIG, { 'enable.idempotence': true })).toEqual([said]);
    expect(problems(PRODUCER_CONFIG, { 'enable.idempotence': true, acks: 1 })).toEqual([said]);
  });

  test.each<ConfigValues>([{ acks: 1 }, { acks: 0 }, { retries: 0 }])('%j alone switches idempotence off, silently (SQ-1)', (values) => {
    expect(parseConfig(PRODUCER_CONFIG, values)['enable.idempotence']).toBe(false);
  });

  test('a delivery timeout that was not given covers linger and request timeout', () => {
    expect(parseConfig(PRODUCER_CONFIG, { ...PLAIN, 'request.timeout.ms': 200_000 })['delivery.timeout.ms']).toBe(200_005);
  });

  test("Kafka's largest long means never, and can be reckoned with", () => {
    const { 'max.block.ms': blockMs } = parseConfig(PRODUCER_CONFIG, { ...PLAIN, 'max.block.ms': '9223372036854775807' });
    expect(Number.isSafeInteger(2 * blockMs * 1_000)).toBe(true);
    expect(problems(PRODUCER_CONFIG, { ...PLAIN, 'max.block.ms': '9223372036854775808' })).toHaveLength(1);
  });
});

describe('consumer', () => {
  test('has the defaults of Kafka 4.2 (§10), without a group', () => {
    expect(parseConfig(CONSUMER_CONFIG, {})).toMatchObject({
      'auto.offset.reset': 'latest', 'check.crcs': true, 'default.api.timeout.ms': 60_000, 'enable.auto.commit': false, 'fetch.max.bytes': 52_428_800,
      'fetch.max.wait.ms': 500, 'fetch.min.bytes': 1, 'isolation.level': 'read_uncommitted', 'max.partition.fetch.bytes': 1_048_576, 'max.poll.records': 500,
    });
  });

  test.each<[ConfigValues, string]>([
    [{ 'enable.auto.commit': true }, 'enable.auto.commit=true needs a consumer group, and groups are not built yet: leave it out or set it to false.'],
    [{ 'group.id': 'billing' }, "'group.id' is a key of Kafka that is not simulated yet."],
    [{ 'auto.offset.reset': 'oldest' }, "'auto.offset.reset' cannot be 'oldest': it takes earliest, latest, none."],
    [{ 'max.poll.record': 1 }, "Unknown key 'max.poll.record': did you mean 'max.poll.records'?"],
  ])('%j is refused', (values, said) => {
    expect(problems(CONSUMER_CONFIG, values)).toEqual([said]);
  });
});

describe('broker and topic', () => {
  test('brokers have the defaults of Kafka 4.2 (§10)', () => {
    expect(parseConfig(BROKER_CONFIG, {})).toEqual({
      'log.cleaner.backoff.ms': 15_000, 'log.cleaner.dedupe.buffer.size': 134_217_728, 'log.cleaner.delete.retention.ms': 86_400_000, 'log.cleaner.enable': true,
      'log.cleaner.io.buffer.load.factor': 0.9, 'log.cleaner.max.compaction.lag.ms': MS_MAX, 'log.cleaner.min.cleanable.ratio': 0.5, 'log.cleaner.min.compaction.lag.ms': 0,
      'log.cleaner.threads': 1, 'log.cleanup.policy': 'delete',
      'log.flush.interval.messages': Number.MAX_SAFE_INTEGER, 'log.flush.interval.ms': MS_MAX, 'log.flush.offset.checkpoint.interval.ms': 60_000,
      'log.flush.scheduler.interval.ms': MS_MAX, 'log.flush.start.offset.checkpoint.interval.ms': 60_000, 'log.index.interval.bytes': 4_096,
      'log.index.size.max.bytes': 10_485_760, 'log.retention.bytes': -1, 'log.retention.check.interval.ms': 300_000, 'log.retention.hours': 168,
      'log.retention.minutes': 10_080, 'log.retention.ms': 604_800_000, 'log.roll.hours': 168, 'log.roll.jitter.hours': 0, 'log.roll.jitter.ms': 0,
      'log.roll.ms': 604_800_000, 'log.segment.bytes': 1_073_741_824, 'log.segment.delete.delay.ms': 60_000,
      'auto.leader.rebalance.enable': true, 'broker.heartbeat.interval.ms': 2_000, 'broker.session.timeout.ms': 9_000, 'controlled.shutdown.enable': true, 'controller.quorum.append.linger.ms': 25, 'controller.quorum.election.backoff.max.ms': 1_000,
      'controller.quorum.election.timeout.ms': 1_000, 'controller.quorum.fetch.timeout.ms': 2_000, 'controller.quorum.request.timeout.ms': 2_000, 'controller.quorum.retry.backoff.ms': 20,
      'metadata.log.max.record.bytes.between.snapshots': 20_971_520, 'metadata.log.max.snapshot.interval.ms': 3_600_000, 'metadata.log.segment.bytes': 1_073_741_824, 'metadata.log.segment.ms': 604_800_000,
      'metadata.max.retention.bytes': 104_857_600, 'metadata.max.retention.ms': 604_800_000, 'controller.quorum.fetch.snapshot.max.bytes': 8_388_608, 'metadata.max.idle.interval.ms': 500, 'default.replication.factor': 1, 'initial.broker.registration.timeout.ms': 60_000,
      'leader.imbalance.check.interval.seconds': 300, 'message.max.bytes': 1_048_588, 'min.insync.replicas': 1, 'num.partitions': 1, 'replica.fetch.backoff.ms': 1_000, 'replica.fetch.max.bytes': 1_048_576,
      'replica.fetch.min.bytes': 1, 'replica.fetch.response.max.bytes': 10_485_760, 'replica.fetch.wait.max.ms': 500,
      'replica.high.watermark.checkpoint.interval.ms': 5_000, 'replica.lag.time.max.ms': 30_000, 'replica.socket.timeout.ms': 30_000,
      'unclean.leader.election.enable': false, 'unclean.leader.election.interval.ms': 300_000,
    });
  });

  test.each<[ConfigValues, TopicValues]>([
    [{}, { 'retention.ms': 604_800_000, 'segment.ms': 604_800_000, 'flush.ms': MS_MAX }],
    [{ 'log.retention.hours': 1, 'log.roll.hours': 2, 'log.roll.jitter.hours': 1 }, { 'retention.ms': 3_600_000, 'segment.ms': 7_200_000, 'segment.jitter.ms': 3_600_000 }],
    [{ 'log.retention.hours': 1, 'log.retention.minutes': 3 }, { 'retention.ms': 180_000 }],
    [{ 'log.retention.minutes': 3, 'log.retention.ms': 5 }, { 'retention.ms': 5 }],
    [{ 'log.retention.hours': -1 }, { 'retention.ms': -1 }],
    [{ 'log.roll.hours': 2, 'log.roll.ms': 7 }, { 'segment.ms': 7 }],
    [{ 'log.flush.scheduler.interval.ms': 500 }, { 'flush.ms': 500 }],
    [{ 'log.flush.scheduler.interval.ms': 500, 'log.flush.interval.ms': 200 }, { 'flush.ms': 200 }],
    [{ 'log.segment.bytes': 1_000, 'log.flush.interval.messages': 1, 'log.segment.delete.delay.ms': 9 }, { 'segment.bytes': 1_000, 'flush.messages': 1, 'file.delete.delay.ms': 9 }],
    [{ 'log.cleanup.policy': 'compact,delete', 'log.cleaner.min.cleanable.ratio': 0.1, 'log.cleaner.delete.retention.ms': 7 }, { 'cleanup.policy': 'compact,delete', 'min.cleanable.dirty.ratio': 0.1, 'delete.retention.ms': 7 }],
    [{ 'log.cleaner.min.compaction.lag.ms': 3, 'log.cleaner.max.compaction.lag.ms': 4 }, { 'min.compaction.lag.ms': 3, 'max.compaction.lag.ms': 4 }],
    [{ 'log.flush.interval.messages': '9223372036854775807' }, { 'flush.messages': Number.MAX_SAFE_INTEGER }],
  ])('the log of a topic obeys %j of its broker, the finer of several keys first (ST-3, RT-1, RT-3)', (values, expected) => {
    expect(topicConfig({}, parseConfig(BROKER_CONFIG, values))).toMatchObject(expected);
  });

  test("a topic overrides its broker's values, and falls back on them", () => {
    const broker = parseConfig(BROKER_CONFIG, { 'min.insync.replicas': 2, 'message.max.bytes': 5_000 });
    expect(topicConfig({}, broker)).toMatchObject({ 'min.insync.replicas': 2, 'max.message.bytes': 5_000, 'unclean.leader.election.enable': false });
    expect(topicConfig({ 'min.insync.replicas': '1' }, broker)).toMatchObject({ 'min.insync.replicas': 1, 'max.message.bytes': 5_000, 'unclean.leader.election.enable': false });
  });

  test('a topic that is compacted no earlier than too late is refused (RT-3)', () => {
    expect(problems(TOPIC_CONFIG, { 'min.compaction.lag.ms': 5, 'max.compaction.lag.ms': 4 })).toEqual(["'min.compaction.lag.ms' (5) may not be more than 'max.compaction.lag.ms' (4)."]);
    expect(problems(TOPIC_CONFIG, { 'cleanup.policy': 'compacted' })).toEqual(["'cleanup.policy' cannot be 'compacted': it takes delete, compact, compact,delete, delete,compact."]);
  });

  test('unknown keys and keys of Kafka that are not simulated are told apart', () => {
    expect(problems(BROKER_CONFIG, { 'replica.lag.max.time.ms': 1 })).toEqual(["Unknown key 'replica.lag.max.time.ms': did you mean 'replica.lag.time.max.ms'?"]);
    expect(problems(BROKER_CONFIG, { 'broker.rack': 'a' })).toEqual(["'broker.rack' is a key of Kafka that is not simulated yet."]);
    expect(problems(TOPIC_CONFIG, { 'message.max.bytes': 1 })).toEqual(["Unknown key 'message.max.bytes': did you mean 'max.message.bytes'?"]);
  });
});

test.each([
  ['0.10', 'twice', 1],
  ['0.9', 'twice', 1],
  ['0.11', 'twice', 2],
  ['2.0', 'twice', 2],
  ['2.4', 'twice', 2],
  ['2.5', 'twice', 3],
  ['2.10', 'twice', 3],
  ['4.2', 'twice', 3],
  [undefined, 'twice', 3],
])('in version %s the default of a key that changed %s is %i', (version, key, expected) => {
  const definition: ConfigDefinition<ConfigKeys> = { name: 'test', keys: { [key]: { type: 'int', default: 3, doc: 'Changed.', earlier: [{ before: '2.5', default: 2 }, { before: '0.11', default: 1 }] } }, notSimulated: [] };
  expect(parseConfig(definition, {}, version)).toEqual({ [key]: expected });
  expect(parseConfig(definition, { [key]: 7 }, version)).toEqual({ [key]: 7 });
});

test('producers of older versions have the defaults of their time (§10)', () => {
  expect(parseConfig(PRODUCER_CONFIG, {}, '0.10')).toMatchObject({ acks: '1', retries: 0, 'enable.idempotence': false, 'linger.ms': 0 });
  expect(parseConfig(PRODUCER_CONFIG, {}, '2.4')).toMatchObject({ acks: '1', retries: 2_147_483_647, 'enable.idempotence': false });
  expect(parseConfig(PRODUCER_CONFIG, PLAIN, '3.9')).toMatchObject({ acks: 'all', 'linger.ms': 0 });
});

test.each<[string, { readonly keys: ConfigKeys; readonly notSimulated: readonly string[] }]>([
  ['producer', PRODUCER_CONFIG],
  ['consumer', CONSUMER_CONFIG],
  ['broker', BROKER_CONFIG],
  ['topic', TOPIC_CONFIG],
])('%s: every default is a possible value, every key is explained, and none is called not simulated', (_, { keys, notSimulated }) => {
  for (const [name, key] of Object.entries(keys)) {
    const alone: ConfigDefinition<ConfigKeys> = { name: 'test', keys: { [name]: key }, notSimulated: [] };
    const defaults = [key.default, ...(key.earlier ?? []).map((earlier) => earlier.default)];
    for (const value of defaults) expect(parseConfig(alone, { [name]: String(value) })).toEqual({ [name]: value });
    expect(notSimulated).not.toContain(name);
    expect(describeValues(key)).not.toBe('');
    expect(key.doc).toMatch(/^[A-Z].*\.$/);
  }
});
