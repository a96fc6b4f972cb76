import { describe, expect, test } from 'vitest';
import { MILLISECOND, SECOND } from '../../runtime/index.ts';
import type { ActorContext, Micros, Task } from '../../runtime/index.ts';
import { UsageError } from '../client/client-errors.ts';
import { parseConfig } from '../config/config-definition.ts';
import type { ConfigValues } from '../config/config-definition.ts';
import { PRODUCER_CONFIG } from '../config/producer-config.ts';
import { runClient } from '../testing/run-client.ts';
import type { ClientRunOptions } from '../testing/run-client.ts';
import { ScriptedCluster } from '../testing/scripted-cluster.ts';
import { KafkaProducer } from './kafka-producer.ts';
import { murmur2 } from './murmur2.ts';
import type { ProducerRecord, RecordFuture } from './record-future.ts';

const encoder = new TextEncoder();
const TOPIC = 'orders';
/** Each record travels in a batch of its own. */
const SINGLY = { 'batch.size': 0, 'linger.ms': 0 };

function record(value: string, more: Partial<ProducerRecord> = {}): ProducerRecord {
  return { topic: TOPIC, partition: 0, value: encoder.encode(value), ...more };
}

/** Runs an application with a producer. */
function run(cluster: ScriptedCluster, values: ConfigValues, application: (producer: KafkaProducer, context: ActorContext) => Task, options?: ClientRunOptions): { events: number } {
  const config = parseConfig(PRODUCER_CONFIG, { 'enable.idempotence': false, ...values });
  return runClient(cluster.actors, (context) => application(new KafkaProducer(context, { bootstrapServers: cluster.bootstrapServers, config }), context), options);
}

/** Sends these values to partition 0, one after the other. */
function* sendAll(producer: KafkaProducer, ...values: string[]): Task<RecordFuture[]> {
  const futures: RecordFuture[] = [];
  for (const value of values) futures.push(yield* producer.send(record(value)));
  return futures;
}

/** How it ended, in a word: `@7`, or the error, with a `?` if it may be in the log all the same. */
function* endOf(future: RecordFuture): Task<string> {
  const outcome = yield* future.settled();
  return outcome.isAcknowledged ? `@${outcome.metadata.offset}` : `${outcome.error.name}${outcome.isIndeterminate ? '?' : ''}`;
}

function* endsOf(futures: readonly RecordFuture[]): Task<string[]> {
  const ends: string[] = [];
  for (const future of futures) ends.push(yield* endOf(future));
  return ends;
}

/** Sends these values and gives back how each ended. */
function produced(cluster: ScriptedCluster, values: ConfigValues, records: readonly string[], options?: ClientRunOptions): string[] {
  let ends: string[] = [];
  run(
    cluster,
    values,
    function* (producer) {
      ends = yield* endsOf(yield* sendAll(producer, ...records));
    },
    options,
  );
  return ends;
}

/** Times between the Produce requests, in ms. */
function pauses(cluster: ScriptedCluster): number[] {
  const times = cluster.seen('Produce').map(({ at }) => at);
  return times.slice(1).map((at, i) => (at - times[i]!) / MILLISECOND);
}

describe('batches', () => {
  test('records are acknowledged with their offsets, in the order in which they were sent', () => {
    const cluster = new ScriptedCluster({ orders: 1 });
    expect(produced(cluster, {}, ['a', 'b', 'c'])).toEqual(['@0', '@1', '@2']);
    expect(cluster.values('orders-0')).toEqual(['a', 'b', 'c']);
  });

  test('PR-3: a batch waits linger.ms for more records, from its first one on', () => {
    const cluster = new ScriptedCluster({ orders: 1 });
    let sentAt = 0;
    run(cluster, { 'linger.ms': 20 }, function* (producer, context) {
      const [first] = yield* sendAll(producer, 'a');
      sentAt = context.now;
      yield* context.sleep(15 * MILLISECOND);
      const later = yield* sendAll(producer, 'b', 'c');
      yield* context.sleep(10 * MILLISECOND);
      yield* endsOf([first!, ...later, ...(yield* sendAll(producer, 'd'))]);
    });
    expect(cluster.producedCounts).toEqual([[3], [1]]);
    expect(cluster.seen('Produce')[0]!.at).toBe(sentAt + 21 * MILLISECOND);
  });

  test('PR-2, PR-3: a batch that is full goes at once', () => {
    const cluster = new ScriptedCluster({ orders: 1 });
    // 61 bytes of header, 9 each record.
    expect(produced(cluster, { 'batch.size': 61 + 2 * 9, 'linger.ms': 60_000, 'delivery.timeout.ms': 200_000 }, ['aa', 'bb', 'cc', 'dd'], { endsAt: SECOND })).toEqual(['@0', '@1', '@2', '@3']);
    expect(cluster.producedCounts).toEqual([[2], [2]]);
  });

  test('PR-3: a batch with another behind it does not linger', () => {
    const cluster = new ScriptedCluster({ orders: 1 });
    run(cluster, { 'batch.size': 61 + 2 * 9, 'linger.ms': 1_000 }, function* (producer, context) {
      yield* sendAll(producer, 'aa', 'bigger than what is left');
      yield* context.sleep(100 * MILLISECOND);
      expect(cluster.producedCounts.flat()).toEqual([1, 1]);
    });
  });

  test('§4.2.3: one batch of each partition in a request to their leader', () => {
    const cluster = new ScriptedCluster({ orders: 4 }, 2);
    run(cluster, {}, function* (producer) {
      const futures: RecordFuture[] = [];
      for (const partition of [0, 1, 2, 3, 0, 1]) futures.push(yield* producer.send(record('a', { partition })));
      yield* endsOf(futures);
    });
    expect(cluster.producedCounts).toEqual([[2, 1], [2, 1]]);
    expect(new Set(cluster.seen('Produce').map(({ broker }) => broker))).toEqual(new Set([1, 2]));
  });

  test('§4.2.3: a request holds no more than max.request.size, and every partition has its turn', () => {
    const cluster = new ScriptedCluster({ orders: 3 });
    run(cluster, { 'max.request.size': 140, 'max.in.flight.requests.per.connection': 1 }, function* (producer) {
      const futures: RecordFuture[] = [];
      for (const partition of [0, 1, 2]) futures.push(yield* producer.send(record('a', { partition })));
      yield* endsOf(futures);
    });
    expect(cluster.producedCounts).toEqual([[1, 1], [1]]);
  });

  test('§4.2.2: no more requests are in flight than max.in.flight.requests.per.connection', () => {
    const cluster = new ScriptedCluster({ orders: 1 }).script('Produce', { isSilent: true });
    run(cluster, { ...SINGLY, 'max.in.flight.requests.per.connection': 2 }, function* (producer, context) {
      yield* sendAll(producer, 'a', 'b', 'c', 'd');
      yield* context.sleep(SECOND);
      expect(producer.metrics['requests-in-flight']).toBe(2);
    });
  });
});

describe('§8: metrics', () => {
  test('rates of sends, retries and errors are those of the last minute', () => {
    const cluster = new ScriptedCluster({ orders: 1 }).script('Produce', { error: 'NOT_ENOUGH_REPLICAS' }, {}, { error: 'MESSAGE_TOO_LARGE' });
    run(cluster, {}, function* (producer, context) {
      yield* endsOf(yield* sendAll(producer, 'a', 'b'));
      yield* endsOf(yield* sendAll(producer, 'c'));
      expect(producer.metrics).toMatchObject({ 'record-send-total': 5, 'record-retry-total': 2, 'record-error-total': 1, 'requests-in-flight': 0, 'records-per-request-avg': 5 / 3 });
      // What has lasted less than 30 s is a rate over 30 s and a bit.
      for (const [rate, records] of [['record-send-rate', 5], ['record-retry-rate', 2], ['record-error-rate', 1]] as const) {
        expect(producer.metrics[rate]).toBeLessThanOrEqual(records / 30);
        expect(producer.metrics[rate]).toBeGreaterThan(records / 31);
      }
      expect(producer.metrics['request-latency-max']).toBeGreaterThanOrEqual(2);
      yield* context.sleep(60 * SECOND);
      expect(producer.metrics).toMatchObject({ 'record-send-rate': 0, 'record-retry-rate': 0, 'record-error-rate': 0, 'record-error-total': 1, 'request-latency-max': undefined });
    });
  });
});

describe('retries', () => {
  test('§4.4.3, PR-4: an error that may pass is retried, with a doubling backoff', () => {
    const refused = { error: 'NOT_ENOUGH_REPLICAS' } as const;
    const cluster = new ScriptedCluster({ orders: 1 }).script('Produce', refused, refused, refused);
    run(cluster, {}, function* (producer) {
      expect(yield* endsOf(yield* sendAll(producer, 'a', 'b'))).toEqual(['@0', '@1']);
      expect(producer.metrics).toMatchObject({ 'record-send-total': 8, 'record-retry-total': 6, 'record-error-total': 0, 'request-total': cluster.requests.length, 'response-total': cluster.requests.length });
    });
    expect(cluster.values('orders-0')).toEqual(['a', 'b']);
    const [first, second, third] = pauses(cluster).map((ms) => ms - 2);
    expect(first).toBeGreaterThanOrEqual(80);
    expect(first).toBeLessThanOrEqual(120);
    expect(second).toBeGreaterThanOrEqual(160);
    expect(second).toBeLessThanOrEqual(240);
    expect(third).toBeGreaterThanOrEqual(320);
    expect(third).toBeLessThanOrEqual(480);
  });

  test('§4.2.4: with one request in flight, a retry keeps the order', () => {
    const cluster = new ScriptedCluster({ orders: 1 }).script('Produce', { error: 'NOT_ENOUGH_REPLICAS' });
    expect(produced(cluster, { ...SINGLY, 'max.in.flight.requests.per.connection': 1 }, ['a', 'b', 'c'])).toEqual(['@0', '@1', '@2']);
    expect(cluster.values('orders-0')).toEqual(['a', 'b', 'c']);
  });

  test('§4.2.4: order is kept even when the partition moves to another leader meanwhile', () => {
    const cluster = new ScriptedCluster({ orders: 1 }, 2);
    cluster.script('Produce', { error: 'NOT_LEADER_OR_FOLLOWER', currentLeader: { leaderId: 2, leaderEpoch: 1 }, does: () => cluster.elect('orders-0', 2) });
    expect(produced(cluster, { ...SINGLY, 'max.in.flight.requests.per.connection': 1 }, ['a', 'b', 'c'])).toEqual(['@0', '@1', '@2']);
  });

  test('§4.4.3: with more in flight and no idempotence, a retry reorders', () => {
    const cluster = new ScriptedCluster({ orders: 1 }).script('Produce', { error: 'NOT_ENOUGH_REPLICAS' });
    expect(produced(cluster, { ...SINGLY, 'max.in.flight.requests.per.connection': 5 }, ['a', 'b', 'c'])).toEqual(['@2', '@0', '@1']);
    expect(cluster.values('orders-0')).toEqual(['b', 'c', 'a']);
  });

  test('§4.2.7: a request executed and not answered is sent again: the record is there twice', () => {
    const cluster = new ScriptedCluster({ orders: 1 }).script('Produce', { isSilent: true });
    expect(produced(cluster, { 'request.timeout.ms': 500 }, ['a'])).toEqual(['@1']);
    expect(cluster.values('orders-0')).toEqual(['a', 'a']);
    expect(pauses(cluster)[0]).toBeGreaterThanOrEqual(500 + 80);
  });

  test('§4.2.7: a timeout closes the connection, and everything in flight on it fails', () => {
    const cluster = new ScriptedCluster({ orders: 1 }).script('Produce', { isSilent: true });
    expect(produced(cluster, { ...SINGLY, 'request.timeout.ms': 500, retries: 0 }, ['a', 'b', 'c'])).toEqual(['REQUEST_TIMED_OUT?', 'NETWORK_EXCEPTION?', 'NETWORK_EXCEPTION?']);
  });

  test('§4.4.6: NOT_LEADER_OR_FOLLOWER has the metadata refreshed; the new leader is not made to wait for (KAFKA-15415)', () => {
    const cluster = new ScriptedCluster({ orders: 1 }, 2);
    run(cluster, { 'retry.backoff.ms': 5_000, 'retry.backoff.max.ms': 5_000 }, function* (producer, context) {
      yield* endsOf(yield* sendAll(producer, 'a'));
      cluster.elect('orders-0', 2);
      // The metadata may be refreshed again only after its own backoff: let that pass.
      yield* context.sleep(6 * SECOND);
      expect(yield* endsOf(yield* sendAll(producer, 'b'))).toEqual(['@1']);
    });
    expect(cluster.seen('Produce').map(({ broker }) => broker)).toEqual([1, 1, 2]);
    expect(pauses(cluster)[1]).toBeLessThan(10);
  });

  test('KIP-951: a leader named in the refusal is used without waiting for the metadata', () => {
    const cluster = new ScriptedCluster({ orders: 1 }, 2);
    cluster.script('Produce', { error: 'NOT_LEADER_OR_FOLLOWER', currentLeader: { leaderId: 2, leaderEpoch: 1 }, does: () => cluster.elect('orders-0', 2) });
    expect(produced(cluster, {}, ['a'])).toEqual(['@0']);
    expect(cluster.seen('Produce').map(({ broker }) => broker)).toEqual([1, 2]);
    // The refusal comes back, and there may be a connection to open.
    expect(pauses(cluster)[0]).toBeLessThanOrEqual(4);
  });

  test('§14.2: a broker that was down is found again', () => {
    const cluster = new ScriptedCluster({ orders: 1 });
    const crash = { id: 'f1', kind: 'crash', at: 1 * SECOND, for: 3 * SECOND, target: { actor: 'broker-1' } } as const;
    let tookUs: Micros = 0;
    run(
      cluster,
      {},
      function* (producer, context) {
        yield* endsOf(yield* sendAll(producer, 'a'));
        yield* context.sleep(2 * SECOND - context.now);
        expect(yield* endsOf(yield* sendAll(producer, 'b'))).toEqual(['@1']);
        tookUs = context.now - 2 * SECOND;
      },
      { faults: [crash] },
    );
    expect(tookUs).toBeGreaterThan(2 * SECOND);
    expect(tookUs).toBeLessThan(3.1 * SECOND);
  });
});

describe('failures', () => {
  test('§4.4.2: a batch that is too large is split, first at batch.size, then in halves; each record keeps its future', () => {
    const tooLarge = { error: 'MESSAGE_TOO_LARGE' } as const;
    const cluster = new ScriptedCluster({ orders: 1 }).script('Produce', tooLarge, tooLarge);
    run(cluster, { 'max.in.flight.requests.per.connection': 1 }, function* (producer) {
      expect(yield* endsOf(yield* sendAll(producer, 'a', 'b', 'c', 'd', 'e', 'f'))).toEqual(['@0', '@1', '@2', '@3', '@4', '@5']);
      expect(producer.metrics['batch-split-total']).toBe(2);
      expect(producer.metrics['buffer-available-bytes']).toBe(33_554_432);
    });
    expect(cluster.producedCounts[0]).toEqual([6]);
    expect(cluster.producedCounts[1]).toEqual([6]);
    expect(cluster.producedCounts.slice(2).flat().every((count) => count < 6)).toBe(true);
    expect(cluster.values('orders-0')).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
  });

  test('§4.5: a record that alone is too large fails, for certain', () => {
    const cluster = new ScriptedCluster({ orders: 1 }).script('Produce', { error: 'MESSAGE_TOO_LARGE' });
    expect(produced(cluster, {}, ['a'])).toEqual(['MESSAGE_TOO_LARGE']);
  });

  test.each([
    ['NOT_ENOUGH_REPLICAS', 'NOT_ENOUGH_REPLICAS'],
    ['NOT_LEADER_OR_FOLLOWER', 'NOT_LEADER_OR_FOLLOWER?'],
    ['NOT_ENOUGH_REPLICAS_AFTER_APPEND', 'NOT_ENOUGH_REPLICAS_AFTER_APPEND?'],
    ['REQUEST_TIMED_OUT', 'REQUEST_TIMED_OUT?'],
    ['UNKNOWN_SERVER_ERROR', 'UNKNOWN_SERVER_ERROR?'],
    ['INVALID_RECORD', 'INVALID_RECORD'],
  ] as const)('§12.1: without retries, %s ends as %s', (error, end) => {
    expect(produced(new ScriptedCluster({ orders: 1 }).script('Produce', { error }), { retries: 0 }, ['a'])).toEqual([end]);
  });

  test('§12.1: one open attempt among definite refusals makes the failure indeterminate', () => {
    const cluster = new ScriptedCluster({ orders: 1 }).script('Produce', { closes: true }, { error: 'NOT_ENOUGH_REPLICAS' }, { error: 'NOT_ENOUGH_REPLICAS' });
    expect(produced(cluster, { retries: 2 }, ['a'])).toEqual(['NOT_ENOUGH_REPLICAS?']);
    expect(cluster.seen('Produce')).toHaveLength(3);
  });

  test('§4.2.5: a batch in flight at delivery.timeout.ms fails at that very moment, and may be in the log', () => {
    const cluster = new ScriptedCluster({ orders: 1 }).script('Produce', { isSilent: true });
    run(cluster, { 'request.timeout.ms': 900, 'delivery.timeout.ms': 905, 'linger.ms': 5 }, function* (producer, context) {
      const [future] = yield* sendAll(producer, 'a');
      const sentAt = context.now;
      expect(yield* endOf(future!)).toBe('TimeoutException?');
      expect(context.now - sentAt).toBe(905 * MILLISECOND);
      expect(producer.metrics['record-error-total']).toBe(1);
    });
    expect(cluster.values('orders-0')).toEqual(['a']);
  });

  test('§4.3: a success that comes after the timeout changes nothing, and gives the memory back', () => {
    const cluster = new ScriptedCluster({ orders: 1 }).script('Produce', { afterUs: 1_500 * MILLISECOND });
    run(cluster, { 'request.timeout.ms': 1_000, 'linger.ms': 0, 'delivery.timeout.ms': 1_000 }, function* (producer, context) {
      const [future] = yield* sendAll(producer, 'a');
      expect(yield* endOf(future!)).toBe('TimeoutException?');
      yield* context.sleep(2 * SECOND);
      expect(yield* endOf(future!)).toBe('TimeoutException?');
      expect(producer.metrics['buffer-available-bytes']).toBe(33_554_432);
    });
  });

  test('§4.2.5: a batch that was only ever refused before the append times out for certain', () => {
    const refused = Array.from({ length: 50 }, () => ({ error: 'NOT_ENOUGH_REPLICAS' }) as const);
    const cluster = new ScriptedCluster({ orders: 1 }).script('Produce', ...refused);
    expect(produced(cluster, { 'request.timeout.ms': 900, 'delivery.timeout.ms': 5_000 }, ['a'])).toEqual(['TimeoutException']);
    expect(cluster.values('orders-0')).toEqual([]);
  });

  test('§4.2.5: a batch whose partition has no leader times out', () => {
    const cluster = new ScriptedCluster({ orders: 1 });
    cluster.elect('orders-0', -1);
    expect(produced(cluster, { 'request.timeout.ms': 900, 'delivery.timeout.ms': 5_000 }, ['a'])).toEqual(['TimeoutException']);
    expect(cluster.seen('Produce')).toEqual([]);
  });
});

describe('send', () => {
  test('PR-1, API-1: with no memory left it blocks for max.block.ms, and then gives a failed future', () => {
    const cluster = new ScriptedCluster({ orders: 1 }).script('Produce', { isSilent: true });
    run(cluster, { 'batch.size': 200, 'buffer.memory': 400, 'max.block.ms': 700, 'linger.ms': 0 }, function* (producer, context) {
      const value = 'x'.repeat(100);
      yield* sendAll(producer, value, value);
      const before = context.now;
      const [future] = yield* sendAll(producer, value);
      expect(context.now - before).toBe(700 * MILLISECOND);
      expect(yield* endOf(future!)).toBe('BufferExhaustedException');
      expect(producer.metrics['buffer-exhausted-total']).toBe(1);
    });
  });

  test('PR-3: whoever waits for memory makes every batch go at once, and has it when one is done', () => {
    const cluster = new ScriptedCluster({ orders: 2 });
    run(cluster, { 'batch.size': 200, 'buffer.memory': 200, 'linger.ms': 10_000 }, function* (producer, context) {
      const before = yield* producer.send(record('a'));
      const blocked = yield* producer.send(record('b', { partition: 1 }));
      expect(before.outcome).toMatchObject({ isAcknowledged: true });
      expect(context.now).toBeLessThan(20 * MILLISECOND);
      yield* producer.flush();
      expect(blocked.outcome).toMatchObject({ isAcknowledged: true });
      expect(producer.metrics['buffer-available-bytes']).toBe(200);
    });
  });

  test('PR-1: memory is given first come first served', () => {
    const cluster = new ScriptedCluster({ orders: 1 }).script('Produce', { afterUs: 100 * MILLISECOND });
    run(cluster, { ...SINGLY, 'buffer.memory': 400, 'max.in.flight.requests.per.connection': 1 }, function* (producer, context) {
      const sizes = [300, 250, 10, 10];
      const tasks = sizes.map((size, i) => context.spawn(producer.send(record(String(i).repeat(size)))));
      yield* context.sleep(SECOND);
      expect(tasks.every(({ isDone }) => isDone)).toBe(true);
    });
    expect(cluster.values('orders-0').map((value) => value[0])).toEqual(['0', '1', '2', '3']);
  });

  test.each([
    ['a topic that is not there', { topic: 'nothing' }, 'Topic nothing not present in metadata after 900 ms.'],
    ['a partition that is not there', { partition: 3 }, 'Partition 3 of topic orders with partition count 1 not present in metadata after 900 ms.'],
  ])('PR-1, API-1: %s is waited for, max.block.ms long', (_, more, message) => {
    run(new ScriptedCluster({ orders: 1 }), { 'max.block.ms': 900 }, function* (producer, context) {
      const future = yield* producer.send(record('a', more));
      expect(context.now).toBe(900 * MILLISECOND);
      const outcome = yield* future.settled();
      expect(outcome).toMatchObject({ isAcknowledged: false, isIndeterminate: false, error: { name: 'TimeoutException', error: 'REQUEST_TIMED_OUT', message } });
    });
  });

  test('PR-1: a topic that comes to be while send() waits is found', () => {
    const cluster = new ScriptedCluster({ orders: 1 }).script('Metadata', { error: 'UNKNOWN_TOPIC_OR_PARTITION' }, { error: 'LEADER_NOT_AVAILABLE' });
    expect(produced(cluster, {}, ['a'])).toEqual(['@0']);
  });

  test('§4.5: a topic that is refused fails at once', () => {
    const cluster = new ScriptedCluster({ orders: 1 }).script('Metadata', { error: 'INVALID_TOPIC_EXCEPTION' });
    expect(produced(cluster, {}, ['a'], { endsAt: SECOND })).toEqual(['INVALID_TOPIC_EXCEPTION']);
  });

  test.each(['max.request.size', 'buffer.memory'])('PR-1, API-1: a record larger than %s gives a failed future', (key) => {
    expect(produced(new ScriptedCluster({ orders: 1 }), { [key]: 1_000, 'batch.size': 500 }, ['x'.repeat(1_000)])).toEqual(['RecordTooLargeException']);
  });

  test('a partition is chosen by the key; without one, they take turns by the batch', () => {
    const cluster = new ScriptedCluster({ orders: 3 });
    const keyed = new Set<number>();
    const sticky: number[] = [];
    run(cluster, { 'batch.size': 150 }, function* (producer) {
      const key = encoder.encode('21');
      for (let i = 0; i < 5; i += 1) keyed.add((yield* producer.send({ topic: TOPIC, key, value: encoder.encode('a') })).partition);
      for (let i = 0; i < 60; i += 1) sticky.push((yield* producer.send({ topic: TOPIC, value: encoder.encode('x'.repeat(20)) })).partition);
      yield* producer.flush();
    });
    expect([...keyed]).toEqual([(murmur2(encoder.encode('21')) & 0x7fffffff) % 3]);
    expect(new Set(sticky)).toEqual(new Set([0, 1, 2]));
    const changes = sticky.filter((partition, i) => i > 0 && partition !== sticky[i - 1]).length;
    expect(changes).toBeGreaterThan(3);
    expect(changes).toBeLessThan(30);
  });

  test('callbacks come in the order of the records; one that is late is called at once', () => {
    const called: string[] = [];
    run(new ScriptedCluster({ orders: 1 }), {}, function* (producer) {
      const futures = yield* sendAll(producer, 'a', 'b', 'c');
      futures.forEach((future, i) => future.onCompletion(({ isAcknowledged }) => called.push(`${i} ${isAcknowledged}`)));
      const { offset, partition, topic } = yield* futures[2]!.get();
      expect({ offset, partition, topic }).toEqual({ offset: 2, partition: 0, topic: 'orders' });
      futures[1]!.onCompletion(() => called.push('late'));
    });
    expect(called).toEqual(['0 true', '1 true', '2 true', 'late']);
  });

  test('get() throws what it failed of', () => {
    const cluster = new ScriptedCluster({ orders: 1 }).script('Produce', { error: 'INVALID_RECORD' });
    let thrown: unknown;
    run(cluster, {}, function* (producer) {
      const [future] = yield* sendAll(producer, 'a');
      try {
        yield* future!.get();
      } catch (error) {
        thrown = error;
      }
    });
    expect(thrown).toMatchObject({ name: 'INVALID_RECORD', error: 'INVALID_RECORD' });
  });
});

describe('acks=0', () => {
  test('§4.2.6: a record is done when it is written to the socket, at no known offset', () => {
    const cluster = new ScriptedCluster({ orders: 1 });
    run(cluster, { acks: 0, 'linger.ms': 5 }, function* (producer, context) {
      const [future] = yield* sendAll(producer, 'a');
      const before = context.now;
      expect(yield* endOf(future!)).toBe('@-1');
      // Two more for the connection, if it was not open yet: no answer is waited for.
      expect(context.now - before).toBe(5 * MILLISECOND);
      yield* context.sleep(10 * MILLISECOND);
    });
    expect(cluster.values('orders-0')).toEqual(['a']);
  });

  test('§4.2.6: what the broker refuses is lost without a word', () => {
    const cluster = new ScriptedCluster({ orders: 1 }).script('Produce', { error: 'MESSAGE_TOO_LARGE' });
    expect(produced(cluster, { acks: 0 }, ['a'])).toEqual(['@-1']);
    expect(cluster.values('orders-0')).toEqual([]);
  });
});

describe('flush and close', () => {
  test('flush() sends without lingering, and waits until all is done, split batches included', () => {
    const cluster = new ScriptedCluster({ orders: 1 }).script('Produce', { error: 'MESSAGE_TOO_LARGE' }, { error: 'MESSAGE_TOO_LARGE' });
    run(cluster, { 'linger.ms': 10_000 }, function* (producer, context) {
      const futures = yield* sendAll(producer, 'a', 'b', 'c', 'd');
      yield* producer.flush();
      expect(futures.map(({ outcome }) => outcome?.isAcknowledged)).toEqual([true, true, true, true]);
      expect(context.now).toBeLessThan(SECOND);
    });
  });

  test('API-2: close() sends what there is', () => {
    const cluster = new ScriptedCluster({ orders: 1 });
    run(cluster, { 'linger.ms': 10_000 }, function* (producer, context) {
      const [future] = yield* sendAll(producer, 'a');
      yield* producer.close(5_000);
      expect(future!.outcome).toMatchObject({ isAcknowledged: true });
      expect(context.now).toBeLessThan(SECOND);
    });
  });

  test('API-2: what is not done when the timeout of close() is over fails', () => {
    const cluster = new ScriptedCluster({ orders: 1 }).script('Produce', { isSilent: true });
    run(cluster, { ...SINGLY, 'max.in.flight.requests.per.connection': 1 }, function* (producer, context) {
      const futures = yield* sendAll(producer, 'a', 'b');
      yield* context.sleep(100 * MILLISECOND);
      const before = context.now;
      yield* producer.close(500);
      expect(context.now - before).toBe(500 * MILLISECOND);
      expect(yield* endsOf(futures)).toEqual(['KafkaException?', 'KafkaException']);
    });
  });

  test('API-1: after close(), send() throws; one that was waiting throws too', () => {
    const thrown: string[] = [];
    const caught = function* (task: Task<unknown>): Task {
      try {
        yield* task;
      } catch (error) {
        thrown.push((error as Error).name);
        if (!(error instanceof UsageError)) expect((error as Error).message).toBe('Producer closed while send in progress');
      }
    };
    run(new ScriptedCluster({ orders: 1 }), {}, function* (producer, context) {
      context.spawn(caught(producer.send(record('a', { topic: 'nothing' }))));
      yield* context.sleep(SECOND);
      yield* producer.close(0);
      yield* context.sleep(MILLISECOND);
      yield* caught(producer.send(record('b')));
      yield* caught(producer.send(record('c', { partition: -1 })));
    });
    expect(thrown).toEqual(['KafkaException', 'IllegalStateException', 'IllegalStateException']);
  });

  test('a negative partition is refused at the call', () => {
    let name = '';
    run(new ScriptedCluster({ orders: 1 }), {}, function* (producer) {
      try {
        yield* producer.send(record('a', { partition: -1 }));
      } catch (error) {
        ({ name } = error as Error);
      }
    });
    expect(name).toBe('IllegalArgumentException');
  });
});

test('nothing is polled: a record in a batch costs no event, and a producer with nothing to do none at all', () => {
  const events = (records: number, idleUs: Micros): number =>
    run(new ScriptedCluster({ orders: 1 }), {}, function* (producer, context) {
      for (let i = 0; i < records; i += 1) yield* producer.send(record(`${i}`));
      yield* producer.flush();
      yield* context.sleep(idleUs);
    }).events;
  const few = events(10, SECOND);
  expect(events(500, SECOND)).toBe(few);
  expect(events(10, 250 * SECOND)).toBe(few);
});
