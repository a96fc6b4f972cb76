import { describe, expect, test } from 'vitest';
import { MILLISECOND, SECOND } from '../../runtime/index.ts';
import type { ActorContext, Task } from '../../runtime/index.ts';
import { parseConfig } from '../config/config-definition.ts';
import type { ConfigValues } from '../config/config-definition.ts';
import { CONSUMER_CONFIG } from '../config/consumer-config.ts';
import { encodeControlBatch, encodeRecordBatch } from '../log/records.ts';
import type { FetchRequest, ListOffsetsRequest } from '../protocol/messages.ts';
import { runClient } from '../testing/run-client.ts';
import type { ClientRunOptions } from '../testing/run-client.ts';
import { ScriptedCluster } from '../testing/scripted-cluster.ts';
import { KafkaConsumer } from './kafka-consumer.ts';
import type { ConsumerRecord } from './kafka-consumer.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const ORDERS_0 = { topic: 'orders', partition: 0 };
const ORDERS_1 = { topic: 'orders', partition: 1 };
const EARLIEST = { 'auto.offset.reset': 'earliest' };

/** One batch with these values. */
function batch(...values: string[]): Uint8Array {
  return encodeRecordBatch(values.map((value) => ({ timestamp: 1_000, key: null, value: encoder.encode(value) })));
}

/** A cluster whose partition orders-0 holds these batches. */
function holding(...batches: readonly string[][]): ScriptedCluster {
  const cluster = new ScriptedCluster({ orders: 1 });
  for (const values of batches) cluster.append('orders-0', batch(...values));
  return cluster;
}

/** Runs an application with a consumer. */
function run(cluster: ScriptedCluster, values: ConfigValues, application: (consumer: KafkaConsumer, context: ActorContext) => Task, options?: ClientRunOptions): { events: number } {
  const config = parseConfig(CONSUMER_CONFIG, values);
  return runClient(cluster.actors, (context) => application(new KafkaConsumer(context, { bootstrapServers: cluster.bootstrapServers, config }), context), options);
}

function seen(records: readonly ConsumerRecord[]): string[] {
  return records.map(({ offset, value }) => `${offset} ${value === null ? 'null' : decoder.decode(value)}`);
}

/** What a task throws. */
function* thrownBy(task: Task<unknown>): Task<string> {
  try {
    yield* task;
    return 'nothing';
  } catch (error) {
    return (error as Error).name;
  }
}

function fetchOffsets(cluster: ScriptedCluster): number[] {
  return cluster.seen('Fetch').flatMap(({ request }) => (request as FetchRequest).topics.flatMap(({ partitions }) => partitions.map(({ fetchOffset }) => fetchOffset)));
}

describe('poll', () => {
  test('returns the records of a partition in the order of their offsets, and goes on after them', () => {
    const cluster = holding(['a', 'b'], ['c']);
    run(cluster, EARLIEST, function* (consumer) {
      consumer.assign([ORDERS_0]);
      expect(seen(yield* consumer.poll(1_000))).toEqual(['0 a', '1 b', '2 c']);
      expect(consumer.position(ORDERS_0)).toBe(3);
      cluster.append('orders-0', batch('d'));
      const [record] = yield* consumer.poll(1_000);
      expect(record).toMatchObject({ topic: 'orders', partition: 0, offset: 3, timestamp: 1_000, leaderEpoch: 0, key: null, headers: [] });
      expect(consumer.metrics).toMatchObject({ 'records-consumed-total': 4 });
    });
  });

  test('§8: the lag is what is left up to the high watermark after a poll, of each partition and the most of all', () => {
    const cluster = holding(['a', 'b', 'c', 'd']);
    run(cluster, { ...EARLIEST, 'max.poll.records': 1 }, function* (consumer, context) {
      consumer.assign([ORDERS_0]);
      expect(consumer.metrics['records-lag-max']).toBeUndefined();
      for (const lag of [3, 2]) {
        yield* consumer.poll(1_000);
        expect(consumer.currentLag(ORDERS_0)).toBe(lag);
        expect(consumer.metrics).toMatchObject({ 'records-lag-max': 3, 'records-lead-min': 1, 'records-consumed-total': 4 - lag, 'fetch-total': 1 });
      }
      // Nothing in the window any more.
      yield* context.sleep(60 * SECOND);
      expect(consumer.metrics).toMatchObject({ 'records-lag-max': undefined, 'records-consumed-total': 2, 'records-consumed-rate': 0 });
    });
  });

  test('waits for records, and returns as soon as there are some', () => {
    const cluster = holding();
    cluster.later(3 * SECOND, 1, () => cluster.append('orders-0', batch('a')));
    run(cluster, EARLIEST, function* (consumer, context) {
      consumer.assign([ORDERS_0]);
      expect(seen(yield* consumer.poll(60_000))).toEqual(['0 a']);
      expect(context.now).toBe(3 * SECOND + 1 * MILLISECOND);
    });
  });

  test('returns nothing when its time is over, at that very moment', () => {
    run(holding(), EARLIEST, function* (consumer, context) {
      consumer.assign([ORDERS_0]);
      expect(yield* consumer.poll(1_234)).toEqual([]);
      expect(context.now).toBe(1_234 * MILLISECOND);
      expect(yield* consumer.poll(0)).toEqual([]);
      expect(context.now).toBe(1_234 * MILLISECOND);
    });
  });

  test('returns at most max.poll.records, and the rest with the next polls, without fetching again', () => {
    const cluster = holding(['a', 'b', 'c'], ['d', 'e']);
    run(cluster, { ...EARLIEST, 'max.poll.records': 2 }, function* (consumer) {
      consumer.assign([ORDERS_0]);
      expect(seen(yield* consumer.poll(1_000))).toEqual(['0 a', '1 b']);
      expect(consumer.position(ORDERS_0)).toBe(2);
      expect(seen(yield* consumer.poll(1_000))).toEqual(['2 c', '3 d']);
      expect(cluster.seen('Fetch')).toHaveLength(1);
      expect(seen(yield* consumer.poll(1_000))).toEqual(['4 e']);
    });
  });

  test('F-6: never returns what the broker did not give: records above the high watermark stay unseen', () => {
    const cluster = holding(['a'], ['b'], ['c']);
    cluster.partition('orders-0').highWatermark = 2;
    run(cluster, EARLIEST, function* (consumer) {
      consumer.assign([ORDERS_0]);
      expect(seen(yield* consumer.poll(1_000))).toEqual(['0 a', '1 b']);
      expect(yield* consumer.poll(5_000)).toEqual([]);
      expect(consumer.position(ORDERS_0)).toBe(2);
      expect(consumer.currentLag(ORDERS_0)).toBe(0);
    });
  });

  test('F-8: records below the requested offset, of a batch that holds both, are dropped', () => {
    const cluster = holding(['a', 'b', 'c', 'd']);
    run(cluster, EARLIEST, function* (consumer) {
      consumer.assign([ORDERS_0]);
      consumer.seek(ORDERS_0, 2);
      expect(seen(yield* consumer.poll(1_000))).toEqual(['2 c', '3 d']);
    });
    expect(cluster.seen('ListOffsets')).toEqual([]);
  });

  test('control records are not for the application, but its position moves over them', () => {
    const cluster = holding(['a']);
    cluster.append('orders-0', encodeControlBatch('COMMIT', new Uint8Array(6), 1_000));
    run(cluster, EARLIEST, function* (consumer) {
      consumer.assign([ORDERS_0]);
      expect(seen(yield* consumer.poll(1_000))).toEqual(['0 a']);
      expect(consumer.position(ORDERS_0)).toBe(2);
    });
  });

  test('one fetch per broker at a time, for all the partitions it leads', () => {
    const cluster = new ScriptedCluster({ orders: 4 }, 2);
    run(cluster, EARLIEST, function* (consumer, context) {
      consumer.assign([0, 1, 2, 3].map((partition) => ({ topic: 'orders', partition })));
      yield* consumer.poll(5_000);
      expect(context.now).toBe(5 * SECOND);
    });
    const first = cluster.seen('Fetch').slice(0, 2);
    expect(first.map(({ broker }) => broker).sort((a, b) => a - b)).toEqual([1, 2]);
    for (const { request } of first) expect((request as FetchRequest).topics[0]!.partitions).toHaveLength(2);
    // A fetch takes fetch.max.wait.ms and the way there and back.
    expect(cluster.seen('Fetch').length).toBeLessThanOrEqual(2 * 10);
  });

  test('a partition with much to read does not starve another', () => {
    const cluster = new ScriptedCluster({ orders: 2 });
    for (let i = 0; i < 20; i += 1) cluster.append('orders-0', batch('a', 'b', 'c'));
    cluster.append('orders-1', batch('x'));
    run(cluster, { ...EARLIEST, 'max.poll.records': 60 }, function* (consumer) {
      consumer.assign([ORDERS_0, ORDERS_1]);
      yield* consumer.poll(1_000);
      expect((yield* consumer.poll(1_000)).map(({ partition }) => partition)).toEqual([1]);
    });
  });

  test('a fetch says who asks and from which epoch; consumers do not ask for divergence', () => {
    const cluster = holding(['a']);
    cluster.elect('orders-0', 1);
    run(cluster, { ...EARLIEST, 'isolation.level': 'read_committed' }, function* (consumer) {
      consumer.assign([ORDERS_0]);
      yield* consumer.poll(1_000);
    });
    expect(cluster.seen('Fetch')[0]!.request).toEqual({
      apiKey: 1,
      clientId: 'app',
      replicaState: { replicaId: -1, replicaEpoch: -1 },
      maxWaitMs: 500,
      minBytes: 1,
      maxBytes: 52_428_800,
      isolationLevel: 1,
      topics: [{ topic: 'orders', topicId: null, partitions: [{ partition: 0, currentLeaderEpoch: 1, fetchOffset: 0, lastFetchedEpoch: -1, logStartOffset: -1, partitionMaxBytes: 1_048_576 }] }],
    });
  });
});

describe('auto.offset.reset', () => {
  test.each([
    ['earliest', ['0 a', '1 b', '2 c']],
    ['latest', ['2 c']],
  ])('RS-1: %s, when there is no position', (policy, expected) => {
    const cluster = holding(['a'], ['b']);
    run(cluster, { 'auto.offset.reset': policy }, function* (consumer) {
      consumer.assign([ORDERS_0]);
      const read = seen(yield* consumer.poll(100));
      cluster.append('orders-0', batch('c'));
      expect([...read, ...seen(yield* consumer.poll(1_000))]).toEqual(expected);
    });
  });

  test('RS-1: none, when there is no position', () => {
    run(holding(['a']), { 'auto.offset.reset': 'none' }, function* (consumer) {
      consumer.assign([ORDERS_0]);
      expect(yield* thrownBy(consumer.poll(1_000))).toBe('NoOffsetForPartitionException');
      consumer.seek(ORDERS_0, 0);
      expect(seen(yield* consumer.poll(1_000))).toEqual(['0 a']);
    });
  });

  test.each([
    ['earliest', ['2 c', '3 d']],
    ['latest', ['4 e']],
  ])('RS-2: %s, when retention has removed the position', (policy, expected) => {
    const cluster = holding(['a'], ['b'], ['c'], ['d']);
    cluster.partition('orders-0').logStartOffset = 2;
    cluster.partition('orders-0').batches.splice(0, 2);
    run(cluster, { 'auto.offset.reset': policy }, function* (consumer) {
      consumer.assign([ORDERS_0]);
      consumer.seek(ORDERS_0, 1);
      const read = seen(yield* consumer.poll(100));
      if (policy === 'latest') cluster.append('orders-0', batch('e'));
      expect(policy === 'latest' ? seen(yield* consumer.poll(1_000)) : read).toEqual(expected);
    });
  });

  test('RS-2: latest, when a truncation has removed the position, skips what was written since', () => {
    const cluster = holding(['a'], ['b'], ['c']);
    run(cluster, { 'auto.offset.reset': 'latest' }, function* (consumer) {
      consumer.assign([ORDERS_0]);
      consumer.seek(ORDERS_0, 9);
      expect(yield* consumer.poll(100)).toEqual([]);
      expect(consumer.position(ORDERS_0)).toBe(3);
    });
  });

  test('RS-2: none, when the log does not have the position', () => {
    run(holding(['a']), { 'auto.offset.reset': 'none' }, function* (consumer) {
      consumer.assign([ORDERS_0]);
      consumer.seek(ORDERS_0, 5);
      expect(yield* thrownBy(consumer.poll(1_000))).toBe('OffsetOutOfRangeException');
      expect(consumer.position(ORDERS_0)).toBe(5);
      consumer.seek(ORDERS_0, 0);
      expect(seen(yield* consumer.poll(1_000))).toEqual(['0 a']);
    });
  });

  test('F-11: a leader that does not know its end yet is asked again', () => {
    const notYet = { error: 'OFFSET_NOT_AVAILABLE' } as const;
    const cluster = holding(['a']).script('ListOffsets', notYet, notYet);
    run(cluster, EARLIEST, function* (consumer) {
      consumer.assign([ORDERS_0]);
      expect(seen(yield* consumer.poll(1_000))).toEqual(['0 a']);
    });
    const [first, second, third] = cluster.seen('ListOffsets').map(({ at }) => at / MILLISECOND);
    expect(second! - first!).toBeGreaterThanOrEqual(80);
    expect(third! - second!).toBeGreaterThanOrEqual(160);
  });

  test('a seek while the position is looked up wins', () => {
    const cluster = holding(['a'], ['b']).script('ListOffsets', { afterUs: 200 * MILLISECOND });
    run(cluster, EARLIEST, function* (consumer, context) {
      consumer.assign([ORDERS_0]);
      yield* consumer.poll(50);
      consumer.seek(ORDERS_0, 1);
      yield* context.sleep(SECOND);
      expect(seen(yield* consumer.poll(1_000))).toEqual(['1 b']);
    });
  });
});

describe('errors', () => {
  test.each(['NOT_LEADER_OR_FOLLOWER', 'FENCED_LEADER_EPOCH', 'UNKNOWN_LEADER_EPOCH', 'UNKNOWN_TOPIC_OR_PARTITION', 'UNKNOWN_SERVER_ERROR'] as const)(
    'F-1: after %s the metadata is refreshed, and the fetch repeated after a backoff',
    (error) => {
      const cluster = holding(['a']).script('Fetch', { error });
      run(cluster, EARLIEST, function* (consumer, context) {
        consumer.assign([ORDERS_0]);
        expect(seen(yield* consumer.poll(1_000))).toEqual(['0 a']);
        yield* context.sleep(SECOND);
      });
      const [first, second] = cluster.seen('Fetch').map(({ at }) => at / MILLISECOND);
      expect(second! - first!).toBeGreaterThanOrEqual(80);
      expect(cluster.seen('Metadata')).toHaveLength(2);
    },
  );

  test('a new leader is found, and not made to wait for', () => {
    const cluster = new ScriptedCluster({ orders: 1 }, 2);
    cluster.append('orders-0', batch('a'));
    run(cluster, { ...EARLIEST, 'retry.backoff.ms': 20_000, 'retry.backoff.max.ms': 20_000 }, function* (consumer, context) {
      consumer.assign([ORDERS_0]);
      expect(seen(yield* consumer.poll(1_000))).toEqual(['0 a']);
      yield* context.sleep(30 * SECOND);
      cluster.elect('orders-0', 2);
      cluster.append('orders-0', batch('b'));
      expect(seen(yield* consumer.poll(2_000))).toEqual(['1 b']);
      expect(context.now).toBeLessThan(30.1 * SECOND);
    });
  });

  test('KIP-951: the leader named in the refusal is used at once', () => {
    const cluster = new ScriptedCluster({ orders: 1 }, 2);
    cluster.append('orders-0', batch('a'));
    cluster.script('Fetch', { error: 'NOT_LEADER_OR_FOLLOWER', currentLeader: { leaderId: 2, leaderEpoch: 1 }, does: () => cluster.elect('orders-0', 2) });
    run(cluster, EARLIEST, function* (consumer) {
      consumer.assign([ORDERS_0]);
      expect(seen(yield* consumer.poll(1_000))).toEqual(['0 a']);
    });
    const [first, second] = cluster.seen('Fetch');
    expect([first!.broker, second!.broker]).toEqual([1, 2]);
    expect(second!.at - first!.at).toBeLessThanOrEqual(4 * MILLISECOND);
  });

  test('a broker that does not answer is given up after request.timeout.ms, and asked again', () => {
    const cluster = holding(['a']).script('Fetch', { isSilent: true });
    run(cluster, { ...EARLIEST, 'request.timeout.ms': 2_000 }, function* (consumer, context) {
      consumer.assign([ORDERS_0]);
      expect(seen(yield* consumer.poll(10_000))).toEqual(['0 a']);
      expect(context.now).toBeGreaterThan(2 * SECOND);
      expect(context.now).toBeLessThan(2.2 * SECOND);
    });
  });

  test('RB-1, check.crcs: a batch with a wrong checksum is thrown, after what stands before it', () => {
    const cluster = holding(['a'], ['b']);
    const rotten = cluster.partition('orders-0').batches[1]!;
    rotten[rotten.length - 2]! ^= 1;
    run(cluster, EARLIEST, function* (consumer) {
      consumer.assign([ORDERS_0]);
      expect(seen(yield* consumer.poll(1_000))).toEqual(['0 a']);
      expect(yield* thrownBy(consumer.poll(1_000))).toBe('CORRUPT_MESSAGE');
      expect(consumer.position(ORDERS_0)).toBe(1);
      expect(yield* thrownBy(consumer.poll(1_000))).toBe('CORRUPT_MESSAGE');
      consumer.seek(ORDERS_0, 2);
      expect(yield* consumer.poll(1_000)).toEqual([]);
    });
    run(cluster, { ...EARLIEST, 'check.crcs': false }, function* (consumer) {
      consumer.assign([ORDERS_0]);
      expect(seen(yield* consumer.poll(1_000))).toHaveLength(2);
    });
  });

  test('a poll without partitions, and a position of one that is not assigned, are refused', () => {
    run(holding(), {}, function* (consumer) {
      expect(yield* thrownBy(consumer.poll(0))).toBe('IllegalStateException');
      expect(() => consumer.seek(ORDERS_0, 0)).toThrow('No current assignment for partition orders-0');
      yield* consumer.close();
      expect(yield* thrownBy(consumer.endOffsets([ORDERS_0]))).toBe('IllegalStateException');
    });
  });
});

describe('assign and seek', () => {
  test('what was fetched for another position or assignment is not returned', () => {
    const cluster = new ScriptedCluster({ orders: 2 });
    for (const name of ['orders-0', 'orders-1']) cluster.append(name, batch('a', 'b', 'c'));
    run(cluster, { ...EARLIEST, 'max.poll.records': 1 }, function* (consumer) {
      consumer.assign([ORDERS_0]);
      expect(seen(yield* consumer.poll(1_000))).toEqual(['0 a']);
      consumer.seek(ORDERS_0, 2);
      expect(seen(yield* consumer.poll(1_000))).toEqual(['2 c']);
      consumer.assign([ORDERS_1]);
      expect((yield* consumer.poll(1_000)).map(({ partition, offset }) => [partition, offset])).toEqual([[1, 0]]);
    });
  });

  test('partitions that stay assigned go on where they stand', () => {
    const cluster = new ScriptedCluster({ orders: 2 });
    for (const name of ['orders-0', 'orders-1']) cluster.append(name, batch('a'));
    run(cluster, EARLIEST, function* (consumer) {
      consumer.assign([ORDERS_0]);
      yield* consumer.poll(1_000);
      consumer.assign([ORDERS_0, ORDERS_1]);
      // The look-up and the first fetch of the new one wait behind fetches of the other, for one broker leads both (§14.2).
      expect((yield* consumer.poll(3_000)).map(({ partition }) => partition)).toEqual([1]);
    });
    expect(fetchOffsets(cluster).filter((offset) => offset === 0)).toHaveLength(2);
  });
});

describe('beginningOffsets and endOffsets', () => {
  test('F-11: where partitions begin, and how far they may be read', () => {
    const cluster = new ScriptedCluster({ orders: 2 }, 2);
    for (let i = 0; i < 3; i += 1) cluster.append('orders-1', batch('a'));
    cluster.partition('orders-1').logStartOffset = 1;
    cluster.partition('orders-1').highWatermark = 2;
    run(cluster, {}, function* (consumer) {
      expect(yield* consumer.beginningOffsets([ORDERS_1, ORDERS_0])).toEqual([{ ...ORDERS_1, offset: 1 }, { ...ORDERS_0, offset: 0 }]);
      expect(yield* consumer.endOffsets([ORDERS_0, ORDERS_1])).toEqual([{ ...ORDERS_0, offset: 0 }, { ...ORDERS_1, offset: 2 }]);
    });
    const request = cluster.seen('ListOffsets')[0]!.request as ListOffsetsRequest;
    expect(request).toMatchObject({ replicaId: -1, isolationLevel: 0 });
  });

  test('they give up after default.api.timeout.ms', () => {
    const cluster = holding();
    cluster.elect('orders-0', -1);
    run(cluster, { 'default.api.timeout.ms': 3_000 }, function* (consumer, context) {
      expect(yield* thrownBy(consumer.endOffsets([ORDERS_0]))).toBe('TimeoutException');
      expect(context.now).toBe(3 * SECOND);
    });
  });
});

test('nothing is polled: waiting for records costs one fetch each fetch.max.wait.ms, and no other event', () => {
  const events = (waitMs: number): number =>
    run(holding(), EARLIEST, function* (consumer) {
      consumer.assign([ORDERS_0]);
      yield* consumer.poll(waitMs);
    }).events;
  // A request, the broker's wait, an answer: 3 events each 502 ms.
  expect((events(100_000) - events(50_000)) / 3).toBeLessThanOrEqual(100);
});
