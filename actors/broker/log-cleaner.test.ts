/** @module Compaction in a whole cluster (RT-3): brokers compact in the background, and clients, followers and later starts get what is left. */
import { describe, expect, it } from 'vitest';
import { MILLISECOND, SECOND, done } from '../../runtime/index.ts';
import type { ActorContext, Task } from '../../runtime/index.ts';
import { brokerName } from '../client/bootstrap.ts';
import type { Lock } from '../concurrency/lock.ts';
import { BROKER_CONFIG } from '../config/broker-config.ts';
import { CONSUMER_CONFIG } from '../config/consumer-config.ts';
import { parseConfig } from '../config/config-definition.ts';
import { KafkaConsumer } from '../consumer/kafka-consumer.ts';
import { encodeRecordBatch } from '../log/records.ts';
import { offsetFile } from '../log/segment-files.ts';
import { ERRORS } from '../protocol/errors.ts';
import { API_KEYS } from '../protocol/messages.ts';
import type { ProduceRequest } from '../protocol/messages.ts';
import { createTopic, isr, ofKind } from '../testing/cluster-scripts.ts';
import { runCluster } from '../testing/cluster.ts';
import { write, written } from '../testing/compaction-bench.ts';
import { DIRECTORY, segmentsBench } from '../testing/segments-bench.ts';
import type { SegmentsBench } from '../testing/segments-bench.ts';
import { LogCleaner } from './log-cleaner.ts';
import type { ManagedLog } from './log-manager.ts';

const COMPACTED = { 'cleanup.policy': 'compact', 'segment.bytes': '300', 'min.cleanable.dirty.ratio': '0.01', 'delete.retention.ms': '5000' };
const OFTEN = { 'log.cleaner.backoff.ms': 200 };

/** Sends `orders-0` one record; value null: a tombstone. @returns the error code */
function* put(context: ActorContext, key: string | null, value: string | null, brokerId = 0): Task<number> {
  const bytes = (text: string | null): Uint8Array | null => (text === null ? null : new TextEncoder().encode(text));
  const records = encodeRecordBatch([{ key: bytes(key), value: bytes(value), timestamp: Math.floor(context.clock() / MILLISECOND) }]);
  const request: ProduceRequest = { apiKey: API_KEYS.Produce, clientId: 'test', transactionalId: null, acks: -1, timeoutMs: 2_000, topicData: [{ name: 'orders', partitionData: [{ index: 0, records }] }] };
  const connection = yield* context.connect(brokerName(brokerId), SECOND);
  const { responses } = yield* connection.call(request, 5 * SECOND);
  connection.close();
  return responses[0]!.partitionResponses[0]!.errorCode;
}

/** All of `orders-0`, as a new consumer reads it: `a=1@17`. */
function* readAll(context: ActorContext): Task<string[]> {
  const at = { topic: 'orders', partition: 0 };
  const consumer = new KafkaConsumer(context, { bootstrapServers: [0, 1, 2].map(brokerName), config: parseConfig(CONSUMER_CONFIG, { 'auto.offset.reset': 'earliest', 'enable.auto.commit': false, 'max.partition.fetch.bytes': 400 }) });
  consumer.assign([at]);
  const [end] = yield* consumer.endOffsets([at]);
  const decoder = new TextDecoder();
  const read: string[] = [];
  while ((consumer.position(at) ?? 0) < end!.offset) {
    for (const { key, value, offset } of yield* consumer.poll(500)) read.push(`${decoder.decode(key ?? undefined)}${value === null ? '-' : `=${decoder.decode(value)}`}@${offset}`);
  }
  yield* consumer.close();
  return read;
}

/** Forty records of four keys, the last values 36 to 39. */
function* fill(context: ActorContext): Task {
  yield* createTopic(context, { config: COMPACTED });
  for (let i = 0; i < 40; i += 1) expect(yield* put(context, 'abcd'[i % 4]!, String(i))).toBe(ERRORS.NONE.code);
}

describe('a compacted topic', () => {
  it('is read as its last values, across the gaps that the others leave, at their offsets', () => {
    let read: string[] = [];
    const run = runCluster({
      config: OFTEN,
      scripts: {
        *client(context) {
          yield* fill(context);
          yield* context.sleep(5 * SECOND);
          read = yield* readAll(context);
        },
      },
    });
    expect(read.slice(-4)).toEqual(['a=36@36', 'b=37@37', 'c=38@38', 'd=39@39']);
    // What the active segment holds, and no more than one value of each key before it.
    expect(read.length).toBeLessThan(12);
    expect(new Set(ofKind(run, 'log-cleaned').map(({ broker }) => broker))).toEqual(new Set([0, 1, 2]));
  });

  it('takes no record without a key (RB-7)', () => {
    runCluster({
      scripts: {
        *client(context) {
          yield* createTopic(context, { config: COMPACTED });
          expect(yield* put(context, null, 'x')).toBe(ERRORS.INVALID_RECORD.code);
          expect(yield* put(context, 'a', 'x')).toBe(ERRORS.NONE.code);
        },
      },
    });
  });

  it('forgets a key for good some time after its tombstone', () => {
    let early: string[] = [];
    let late: string[] = [];
    runCluster({
      config: OFTEN,
      scripts: {
        *client(context) {
          yield* createTopic(context, { config: COMPACTED });
          yield* put(context, 'a', '1');
          yield* put(context, 'a', null);
          for (let i = 0; i < 10; i += 1) yield* put(context, 'b', String(i));
          yield* context.sleep(2 * SECOND);
          early = yield* readAll(context);
          yield* context.sleep(6 * SECOND);
          for (let i = 0; i < 10; i += 1) yield* put(context, 'b', String(i));
          yield* context.sleep(2 * SECOND);
          late = yield* readAll(context);
        },
      },
    });
    expect(early[0]).toBe('a-@1');
    expect(late.filter((text) => text.startsWith('a'))).toEqual([]);
  });

  it.each(['crash', 'power-loss', 'shutdown'] as const)('is what it was after a %s of a broker, which fetches compacted batches then', (kind) => {
    let read: string[] = [];
    const run = runCluster({
      config: OFTEN,
      faults: [{ id: 'f1', kind, at: 9 * SECOND, for: 12 * SECOND, target: { actor: brokerName(2) } }],
      scripts: {
        *client(context) {
          yield* fill(context);
          yield* context.sleep(10 * SECOND - context.now);
          for (let i = 40; i < 60; i += 1) yield* put(context, 'abcd'[i % 4]!, String(i));
          yield* context.sleep(50 * SECOND - context.now);
          read = yield* readAll(context);
        },
      },
    });
    expect(read.slice(-4)).toEqual(['a=56@56', 'b=57@57', 'c=58@58', 'd=59@59']);
    expect(isr(run)).toEqual([0, 1, 2]);
    const reopened = ofKind(run, 'log-opened').filter(({ broker }) => broker === 2).at(-1)!;
    if (kind !== 'power-loss') expect(reopened.logEndOffset).toBe(40);
    const fetched = ofKind(run, 'appended').filter(({ broker, time }) => broker === 2 && time > reopened.time);
    expect(fetched.at(-1)!.lastOffset).toBe(59);
    // Superseded by then, and removed at the leader.
    expect(fetched.flatMap(({ lastOffsets }) => lastOffsets)).not.toContain(41);
  });

  it('is not compacted where log.cleaner.enable=false, and deleted where the policy says that, too', () => {
    const run = runCluster({
      config: { ...OFTEN, 'log.cleaner.enable': false },
      scripts: {
        *client(context) {
          yield* fill(context);
          yield* context.sleep(5 * SECOND);
          expect(yield* readAll(context)).toHaveLength(40);
        },
      },
    });
    expect(ofKind(run, 'log-cleaned')).toEqual([]);
    const both = runCluster({
      config: OFTEN,
      scripts: {
        *client(context) {
          yield* createTopic(context, { config: { ...COMPACTED, 'cleanup.policy': 'compact,delete', 'retention.ms': '3000' } });
          for (let i = 0; i < 20; i += 1) yield* put(context, 'abcd'[i % 4]!, String(i));
          yield* context.sleep(10 * SECOND);
        },
      },
    });
    expect(ofKind(both, 'log-start').some(({ reason, logStartOffset }) => reason === 'retention' && logStartOffset > 0)).toBe(true);
  });

  it('is told of by metrics', () => {
    const run = runCluster({
      config: OFTEN,
      metricsIntervalUs: SECOND,
      scripts: {
        *client(context) {
          yield* fill(context);
          yield* context.sleep(5 * SECOND);
        },
      },
    });
    const names = ofKind(run, 'metrics-registered').filter(({ owner }) => owner === brokerName(0)).flatMap(({ names: registered }) => registered);
    const last = (name: string): number | null | undefined => {
      const index = names.indexOf(`kafka.log:type=${name}:Value`);
      const samples = ofKind(run, 'metrics-sampled').filter(({ owner, indices }) => owner === brokerName(0) && indices.includes(index));
      return samples.map(({ indices, values }) => values[indices.indexOf(index)]).at(-1);
    };
    expect(last('LogCleaner,name=cleaner-recopy-percent')).toBeGreaterThan(0);
    expect(last('LogCleaner,name=cleaner-recopy-percent')).toBeLessThan(100);
    expect(last('LogCleanerManager,name=max-dirty-percent')).toBe(0);
    expect(last('LogCleanerManager,name=uncleanable-partitions-count')).toBe(0);
  });
});

describe('the cleaner', () => {
  /** Compacted logs of three segments each, of 100, 200 … bytes, and the cleaner until it first waits. */
  function cleanerOf(worlds: readonly SegmentsBench[]): LogCleaner {
    let running: Task | undefined;
    const all = worlds.map(({ log }, partition): ManagedLog => ({ topic: 'orders', partition, log, lock: { hold: (task: Task) => task } as unknown as Lock }));
    const context = { now: 0, clock: () => SECOND, observe: () => undefined, *sleep() { yield; } } as unknown as ActorContext;
    const host = { all, isShutDown: false, writeCleanerOffsets: () => done(undefined), deleteOldSegments: () => done(undefined), spawn: (task: Task) => (running = task) };
    const cleaner = new LogCleaner(context, host, { brokerId: 0, config: parseConfig(BROKER_CONFIG, {}), protocol: { recoveryKeepsGaps: true } });
    cleaner.start();
    running!.next();
    return cleaner;
  }

  function dirtyLog(dirty = 3): SegmentsBench {
    const world = segmentsBench({ config: { 'cleanup.policy': 'compact', 'segment.bytes': 1 } });
    for (let i = 0; i < 4; i += 1) write(world, [`a${i}`]);
    world.log.lastCleanOffset = 3 - dirty;
    return world;
  }

  it('compacts every log that is dirty enough, before it waits', () => {
    const worlds = [dirtyLog(1), dirtyLog(2), dirtyLog(3)];
    const cleaner = cleanerOf(worlds);
    expect(worlds.map(written)).toEqual([['a0@0', 'a1@1', 'a2@2', 'a3@3'], ['a2@2', 'a3@3'], ['a2@2', 'a3@3']]);
    // What is left to do is not worth while: one segment of three.
    expect(cleaner.dirtiestRatio).toBeCloseTo(1 / 3);
    expect(cleaner.last).toMatchObject({ endOffset: 3 });
  });

  it('leaves a log that cannot be read alone, and goes on with the others', () => {
    const [sound, rotten] = [dirtyLog(2), dirtyLog(3)] as const;
    const file = offsetFile(DIRECTORY, 1, '.log');
    const bytes = rotten.run(rotten.disk.read(file, 0, 1_000)).slice();
    rotten.run(rotten.disk.truncate(file, 0));
    rotten.run(rotten.disk.append(file, bytes.with(10, 99)));
    const cleaner = cleanerOf([sound, rotten]);
    expect(cleaner.uncleanablePartitions).toBe(1);
    expect(written(sound)).toEqual(['a2@2', 'a3@3']);
    expect(rotten.log.segmentBaseOffsets).toEqual([0, 1, 2, 3]);
  });
});
