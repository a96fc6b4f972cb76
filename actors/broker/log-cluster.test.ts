/** @module What a whole cluster makes of its logs: retention, deleted records, lookups by time, losses of power. */
import { describe, expect, it, test } from 'vitest';
import { MILLISECOND, SECOND } from '../../runtime/index.ts';
import type { ActorContext, Task } from '../../runtime/index.ts';
import { brokerName } from '../client/bootstrap.ts';
import { encodeRecordBatch } from '../log/records.ts';
import { ERRORS } from '../protocol/errors.ts';
import { API_KEYS, EARLIEST_TIMESTAMP, LATEST_TIMESTAMP } from '../protocol/messages.ts';
import type { DeleteRecordsRequest, FetchRequest, ListOffsetsRequest, ProduceRequest } from '../protocol/messages.ts';
import { createTopic, isr, ofKind, produceTo } from '../testing/cluster-scripts.ts';
import { runCluster } from '../testing/cluster.ts';

/** Sends one batch of `orders-0` to this broker. @returns the error code */
function* produce(context: ActorContext, brokerId: number, batch: Uint8Array, acks = -1): Task<number> {
  const request: ProduceRequest = { apiKey: API_KEYS.Produce, clientId: 'test', transactionalId: null, acks, timeoutMs: 2_000, topicData: [{ name: 'orders', partitionData: [{ index: 0, records: batch }] }] };
  const connection = yield* context.connect(brokerName(brokerId), SECOND);
  const { responses } = yield* connection.call(request, 5 * SECOND);
  connection.close();
  return responses[0]!.partitionResponses[0]!.errorCode;
}

function batchAt(timestamp: number, valueBytes = 100): Uint8Array {
  return encodeRecordBatch([{ key: null, value: new Uint8Array(valueBytes), timestamp }]);
}

function* deleteRecords(context: ActorContext, brokerId: number, offset: number, timeoutMs = 2_000, partitionIndex = 0): Task<readonly [errorCode: number, lowWatermark: number]> {
  const request: DeleteRecordsRequest = { apiKey: API_KEYS.DeleteRecords, clientId: 'test', topics: [{ name: 'orders', partitions: [{ partitionIndex, offset }] }], timeoutMs };
  const connection = yield* context.connect(brokerName(brokerId), SECOND);
  const { topics } = yield* connection.call(request, 10 * SECOND);
  connection.close();
  const { errorCode, lowWatermark } = topics[0]!.partitions[0]!;
  return [errorCode, lowWatermark];
}

function* listOffset(context: ActorContext, timestamp: number): Task<{ offset: number; timestamp: number; errorCode: number }> {
  const request: ListOffsetsRequest = { apiKey: API_KEYS.ListOffsets, clientId: 'test', replicaId: -1, isolationLevel: 0, topics: [{ name: 'orders', partitions: [{ partitionIndex: 0, currentLeaderEpoch: -1, timestamp }] }] };
  const connection = yield* context.connect(brokerName(0), SECOND);
  const { topics } = yield* connection.call(request, 10 * SECOND);
  connection.close();
  return topics[0]!.partitions[0]!;
}

function* fetchError(context: ActorContext, fetchOffset: number): Task<number> {
  const wanted = { partition: 0, currentLeaderEpoch: -1, fetchOffset, lastFetchedEpoch: -1, logStartOffset: -1, partitionMaxBytes: 1_000 };
  const request: FetchRequest = { apiKey: API_KEYS.Fetch, clientId: 'test', replicaState: { replicaId: -1, replicaEpoch: -1 }, maxWaitMs: 0, minBytes: 1, maxBytes: 1_000, isolationLevel: 0, topics: [{ topic: 'orders', topicId: null, partitions: [wanted] }] };
  const connection = yield* context.connect(brokerName(0), SECOND);
  const { responses } = yield* connection.call(request, 10 * SECOND);
  connection.close();
  return responses[0]!.partitions[0]!.errorCode;
}

describe('DeleteRecords (RT-2)', () => {
  it.each([
    { says: 'below the high watermark', offset: 3, broker: 0, answer: [0, 3] },
    { says: 'to the high watermark', offset: 5, broker: 0, answer: [0, 5] },
    { says: 'of all that is committed', offset: -1, broker: 0, answer: [0, 5] },
    { says: 'of nothing', offset: 0, broker: 0, answer: [0, 0] },
    { says: 'beyond the high watermark', offset: 6, broker: 0, answer: [ERRORS.OFFSET_OUT_OF_RANGE.code, -1] },
    { says: 'at an offset that is none', offset: -2, broker: 0, answer: [ERRORS.OFFSET_OUT_OF_RANGE.code, -1] },
    { says: 'at a broker that does not lead', offset: 3, broker: 1, answer: [ERRORS.NOT_LEADER_OR_FOLLOWER.code, -1] },
    { says: 'of a partition that is not there', offset: 3, broker: 0, partition: 9, answer: [ERRORS.UNKNOWN_TOPIC_OR_PARTITION.code, -1] },
  ])('$says answers $answer', ({ offset, broker, partition, answer }) => {
    runCluster({
      scripts: {
        *client(context) {
          yield* createTopic(context);
          for (let i = 0; i < 5; i += 1) expect(yield* produceTo(context, 0)).toBe(0);
          expect(yield* deleteRecords(context, broker, offset, 2_000, partition)).toEqual(answer);
        },
      },
    });
  });

  it('answers when every live replica begins there, and none of them begins earlier again', () => {
    const run = runCluster({
      scripts: {
        *client(context) {
          yield* createTopic(context);
          for (let i = 0; i < 5; i += 1) yield* produceTo(context, 0);
          expect(yield* deleteRecords(context, 0, 4)).toEqual([0, 4]);
          expect(yield* deleteRecords(context, 0, 2)).toEqual([0, 4]);
          expect([(yield* listOffset(context, EARLIEST_TIMESTAMP)).offset, (yield* listOffset(context, LATEST_TIMESTAMP)).offset]).toEqual([4, 5]);
          expect([yield* fetchError(context, 3), yield* fetchError(context, 4)]).toEqual([ERRORS.OFFSET_OUT_OF_RANGE.code, 0]);
        },
      },
    });
    expect(ofKind(run, 'log-start').map(({ broker, logStartOffset, reason }) => [broker, logStartOffset, reason])).toEqual([[0, 4, 'delete-records'], [1, 4, 'leader'], [2, 4, 'leader']]);
  });

  it('waits for a replica that is cut off until its time is up, and not for one that is fenced', () => {
    runCluster({
      config: { 'broker.session.timeout.ms': 6_000 },
      faults: [{ id: 'f1', kind: 'partition', at: 5 * SECOND, for: 60 * SECOND, target: { between: [brokerName(2)], and: [brokerName(0), brokerName(1), 'controller-0'] } }],
      scripts: {
        *client(context) {
          yield* createTopic(context);
          for (let i = 0; i < 5; i += 1) yield* produceTo(context, 0);
          yield* context.sleep(5 * SECOND + 100 * MILLISECOND - context.now);
          const before = context.now;
          expect(yield* deleteRecords(context, 0, 3, 1_000)).toEqual([ERRORS.REQUEST_TIMED_OUT.code, -1]);
          expect(context.now - before).toBeGreaterThanOrEqual(SECOND);
          yield* context.sleep(8 * SECOND);
          expect(yield* deleteRecords(context, 0, 3, 1_000)).toEqual([0, 3]);
        },
      },
    });
  });

  it('survives a loss of power once the log start checkpoint was written, and the log goes on (ST-5, RC-5)', () => {
    const run = runCluster({
      faults: [{ id: 'f1', kind: 'power-loss', at: 100 * SECOND, for: SECOND, target: { actor: brokerName(1) } }],
      scripts: {
        *client(context) {
          yield* createTopic(context);
          for (let i = 0; i < 5; i += 1) yield* produceTo(context, 0);
          yield* deleteRecords(context, 0, 3);
          yield* context.sleep(115 * SECOND - context.now);
          expect(yield* produceTo(context, 0)).toBe(0);
        },
      },
    });
    expect(ofKind(run, 'log-opened').at(-1)).toMatchObject({ broker: 1, logStartOffset: 3 });
  });
});

test('retention deletes old segments on every replica, below the high watermark alone, and readers begin after them (RT-1)', () => {
  const run = runCluster({
    config: { 'log.retention.check.interval.ms': 1_000 },
    scripts: {
      *client(context) {
        yield* createTopic(context, { config: { 'segment.bytes': '1000', 'retention.bytes': '2000' } });
        for (let i = 0; i < 40; i += 1) expect(yield* produce(context, 0, batchAt(i))).toBe(0);
        yield* context.sleep(35 * SECOND - context.now);
        const { offset } = yield* listOffset(context, EARLIEST_TIMESTAMP);
        expect(offset).toBeGreaterThan(20);
        expect(yield* fetchError(context, 0)).toBe(ERRORS.OFFSET_OUT_OF_RANGE.code);
        expect(yield* produceTo(context, 0)).toBe(0);
      },
    },
  });
  const starts = ofKind(run, 'log-start');
  expect(new Set(starts.map(({ broker }) => broker))).toEqual(new Set([0, 1, 2]));
  expect(new Set(starts.map(({ logStartOffset }) => logStartOffset)).size).toBe(1);
});

test('a batch that no segment can hold is refused (LA-3)', () => {
  runCluster({
    scripts: {
      *client(context) {
        yield* createTopic(context, { config: { 'segment.bytes': '1000' } });
        expect(yield* produce(context, 0, batchAt(0, 1_000))).toBe(ERRORS.RECORD_LIST_TOO_LARGE.code);
        expect(yield* produce(context, 0, batchAt(0, 900))).toBe(0);
      },
    },
  });
});

test('ListOffsets finds the first record that is not earlier than a time (F-11)', () => {
  runCluster({
    scripts: {
      *client(context) {
        yield* createTopic(context, { config: { 'segment.bytes': '500', 'index.interval.bytes': '200' } });
        for (let i = 0; i < 20; i += 1) yield* produce(context, 0, batchAt(1_000 + 10 * i));
        for (const [time, offset, found] of [[0, 0, 1_000], [1_000, 0, 1_000], [1_001, 1, 1_010], [1_110, 11, 1_110], [1_189, 19, 1_190], [1_191, -1, -1]] as const)
          expect(yield* listOffset(context, time)).toMatchObject({ errorCode: 0, offset, timestamp: found });
      },
    },
  });
});

test('a broker that loses power while it appends recovers before it registers, fetches what it lost, and is in sync again (ST-1, RC-3, RC-7, RC-8)', () => {
  for (const seed of ['1', '2', '3']) {
    const run = runCluster({
      seed,
      faults: [{ id: 'f1', kind: 'power-loss', at: 6 * SECOND, for: 5 * SECOND, target: { actor: brokerName(1) } }],
      scripts: {
        *client(context) {
          yield* createTopic(context, { config: { 'segment.bytes': '2000', 'min.insync.replicas': '1' } });
          while (context.now < 8 * SECOND) {
            yield* produce(context, 0, batchAt(0), 1);
            yield* context.sleep(5 * MILLISECOND);
          }
          yield* context.sleep(20 * SECOND);
        },
      },
    });
    const reopened = ofKind(run, 'log-opened').filter(({ broker }) => broker === 1).at(-1)!;
    const written = ofKind(run, 'appended').filter(({ asLeader }) => asLeader).at(-1)!;
    expect(reopened.logEndOffset).toBeLessThan(written.lastOffset);
    expect(ofKind(run, 'appended').filter(({ broker }) => broker === 1).at(-1)!.lastOffset).toBe(written.lastOffset);
    expect(ofKind(run, 'broker-registered').filter(({ broker }) => broker === 1).at(-1)!.time).toBeGreaterThan(reopened.time);
    expect(isr(run)).toEqual([0, 1, 2]);
  }
});

describe('when all brokers lose power at once', () => {
  function endsAfterwards(flushMessages: string): { acknowledged: number; ends: number[] } {
    let acknowledged = 0;
    const run = runCluster({
      faults: [0, 1, 2].map((id) => ({ id: `f${id}`, kind: 'power-loss' as const, at: 6 * SECOND, for: SECOND, target: { actor: brokerName(id) } })),
      scripts: {
        *client(context) {
          yield* createTopic(context, { config: { 'segment.bytes': '2000', 'flush.messages': flushMessages } });
          while (context.now < 6 * SECOND - 50 * MILLISECOND) if ((yield* produce(context, 0, batchAt(0))) === 0) acknowledged += 1;
          yield* context.sleep(10 * SECOND);
        },
      },
    });
    return { acknowledged, ends: ofKind(run, 'log-opened').slice(-3).map(({ logEndOffset }) => logEndOffset) };
  }

  it('flush.messages=1 keeps everything that was acknowledged, on every replica (ST-3, ST-4)', () => {
    const { acknowledged, ends } = endsAfterwards('1');
    expect(acknowledged).toBeGreaterThan(100);
    for (const end of ends) expect(end).toBeGreaterThanOrEqual(acknowledged);
  });

  it('and without it something may be gone everywhere (ST-1, ST-2)', () => {
    const { acknowledged, ends } = endsAfterwards(String(Number.MAX_SAFE_INTEGER));
    expect(Math.max(...ends)).toBeLessThan(acknowledged);
  });
});

test('after a clean shutdown nothing is read again, after a crash only what lies beyond the recovery point (RC-1, RC-3, RC-4)', () => {
  const run = runCluster({
    config: { 'log.flush.offset.checkpoint.interval.ms': 1_000 },
    faults: [
      { id: 'f1', kind: 'shutdown', at: 40 * SECOND, for: 5 * SECOND, target: { actor: brokerName(1) } },
      { id: 'f2', kind: 'crash', at: 40 * SECOND, for: 5 * SECOND, target: { actor: brokerName(2) } },
    ],
    scripts: {
      *client(context) {
        yield* createTopic(context, { config: { 'segment.bytes': '1000', 'min.insync.replicas': '1' } });
        for (let i = 0; i < 50; i += 1) yield* produce(context, 0, batchAt(i));
        yield* context.sleep(60 * SECOND - context.now);
      },
    },
  });
  const [clean, crashed] = [1, 2].map((id) => ofKind(run, 'log-opened').filter(({ broker }) => broker === id).at(-1)!);
  expect(clean).toMatchObject({ logEndOffset: 50, recoveredFrom: 50, lastOffsets: [] });
  expect(crashed!.logEndOffset).toBe(50);
  expect(crashed!.recoveredFrom).toBeGreaterThan(30);
  expect(crashed!.recoveredFrom).toBeLessThan(50);
});
