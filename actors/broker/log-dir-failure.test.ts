/** @module What faults of a disk come to in a whole cluster: who halts, who leads, what clients are told, what is lost. */
import { describe, expect, it } from 'vitest';
import { ConnectionError, MILLISECOND, SECOND } from '../../runtime/index.ts';
import type { ActorContext, Connection, Task } from '../../runtime/index.ts';
import type { TimedFault } from '../../runtime/faults/plan.ts';
import { brokerName, controllerName } from '../client/bootstrap.ts';
import { runCluster } from '../testing/cluster.ts';
import type { ClusterOptions, ClusterRun } from '../testing/cluster.ts';
import { createTopic, endOffsetAt, fetchFrom, ofKind, produceTo } from '../testing/requests.ts';
import { LOG_DIR_FAILURE_US } from './log-dir-failure.ts';

const KAFKA_STORAGE_ERROR = 56;
const NOT_COMMITTED_IN_TIME = 7;
const LEADER = brokerName(0);
/** More than a block: a full disk cannot take it. */
const LARGE = new Uint8Array(5_000);

const onDisk = (kind: TimedFault['kind'], at: number, lasts: number, actor = LEADER, amount?: number): TimedFault => ({ id: `${kind}-${at}`, kind, at, for: lasts, target: { actor }, ...(amount === undefined ? {} : { amount }) });

function run(script: (context: ActorContext) => Task, faults: readonly TimedFault[], more: Partial<ClusterOptions> = {}): ClusterRun {
  return runCluster({ faults, scripts: { client: script }, ...more });
}

function* until(context: ActorContext, time: number): Task {
  yield* context.sleep(time - context.now);
}

/** What a connection's call comes to: an error code, or how the connection failed. */
function* outcomeOf(call: Task<{ errorCode: number }>): Task<number | string> {
  try {
    return (yield* call).errorCode;
  } catch (error) {
    if (error instanceof ConnectionError) return error.reason;
    throw error;
  }
}

describe.each(['disk-full', 'disk-error'] as const)('%s: the only log directory of the leader fails', (kind) => {
  // Between two checkpoints of the high watermarks.
  const strikesAt = 6 * SECOND;
  const endsAt = 25 * SECOND;
  const told = { produce: [] as (number | string)[], fetch: [] as (number | string)[], listOffsets: [] as (number | string)[] };
  const result = run(function* (context) {
    yield* createTopic(context, 3, 2);
    const connections: Connection[] = [];
    for (let i = 0; i < 45; i += 1) connections.push(yield* context.connect(LEADER, SECOND));
    for (let i = 0; i < 5; i += 1) expect((yield* produceTo(connections[0]!, -1)).errorCode).toBe(0);
    yield* until(context, strikesAt + 10 * MILLISECOND);
    const ask = function* (question: Task<{ errorCode: number }>, answers: (number | string)[]): Task {
      answers.push(yield* outcomeOf(question));
    };
    for (let i = 0; i < 45; i += 3) {
      context.spawn(ask(produceTo(connections[i]!, -1, 5_000, LARGE), told.produce));
      context.spawn(ask(fetchFrom(connections[i + 1]!, 0), told.fetch));
      context.spawn(ask(endOffsetAt(connections[i + 2]!), told.listOffsets));
      yield* context.sleep(LOG_DIR_FAILURE_US / 10);
    }
    yield* until(context, 20 * SECOND);
    const next = yield* context.connect(brokerName(1), SECOND);
    expect(yield* produceTo(next, -1)).toMatchObject({ errorCode: 0, baseOffset: 5 });
    yield* until(context, 40 * SECOND);
  }, [onDisk(kind, strikesAt, endsAt - strikesAt)]);
  const [offline] = ofKind(result, 'log-directory-offline');

  it('the first error takes it offline, and says so once (DF-1)', () => {
    expect(ofKind(result, 'log-directory-offline')).toEqual([{ time: offline!.time, actor: LEADER, kind: 'log-directory-offline', broker: 0, cause: `${kind === 'disk-full' ? 'full' : 'io'}: orders-0/00000000000000000000.log` }]);
  });

  it('whoever wrote, or asks before the broker is gone, gets KAFKA_STORAGE_ERROR (DF-1, DF-2)', () => {
    expect(new Set(told.produce)).toEqual(new Set([KAFKA_STORAGE_ERROR, 'reset']));
    for (const answers of [told.fetch, told.listOffsets]) expect(new Set([0, ...answers])).toEqual(new Set([0, KAFKA_STORAGE_ERROR, 'reset']));
  });

  it('the broker reports nothing and waits for nothing: with its last directory gone it halts, and is started when the disk is well (DF-3, DF-4, DF-5)', () => {
    expect(result.lives).toEqual([`${offline!.time + LOG_DIR_FAILURE_US} ${LEADER} halt`, `${endsAt} ${LEADER} started`]);
  });

  it('another replica leads once the session is over, nothing acknowledged is lost, and the broker is in sync again after an unclean recovery (DF-7)', () => {
    expect(ofKind(result, 'broker-fenced').map(({ broker }) => broker)).toEqual([0]);
    expect(ofKind(result, 'leader-started').map(({ broker, leaderEpoch, epochStartOffset }) => [broker, leaderEpoch, epochStartOffset])).toEqual([[0, 0, 0], [1, 1, 5]]);
    expect(ofKind(result, 'log-opened').at(-1)).toMatchObject({ broker: 0, logEndOffset: 5, recoveredFrom: 0 });
    expect(ofKind(result, 'partition-changed').at(-1)!.isr.toSorted((a, b) => a - b)).toEqual([0, 1, 2]);
  });
});

it.each(['disk-full', 'disk-error', 'disk-fsync-error'] as const)('%s: a checkpoint that cannot be written is reason enough (DF-1)', (kind) => {
  const result = run(function* (context) {
    yield* createTopic(context, 3, 2);
    yield* until(context, 20 * SECOND);
  }, [onDisk(kind, 3 * SECOND, 12 * SECOND, brokerName(2))]);
  expect(ofKind(result, 'log-directory-offline').map(({ broker, cause }) => `${broker} ${cause}`)).toEqual([`2 ${kind === 'disk-full' ? 'full' : 'io'}: replication-offset-checkpoint.tmp`]);
  expect(result.lives.map((line) => line.split(' ').slice(1).join(' '))).toEqual([`${brokerName(2)} halt`, `${brokerName(2)} started`]);
});

it('a produce that waits for its commit when the directory fails is told KAFKA_STORAGE_ERROR (DF-2, DP-1)', () => {
  let told: number | string | undefined;
  run(function* (context) {
    yield* createTopic(context, 3, 2);
    const [waiting, failing] = [yield* context.connect(LEADER, SECOND), yield* context.connect(LEADER, SECOND)];
    yield* until(context, 5_100 * MILLISECOND);
    context.spawn(
      (function* () {
        told = yield* outcomeOf(produceTo(waiting, -1, 20_000));
      })(),
    );
    yield* until(context, 7 * SECOND);
    yield* outcomeOf(produceTo(failing, 1));
    yield* until(context, 8 * SECOND);
  }, [
    { id: 'cut', kind: 'partition', at: 5 * SECOND, for: 20 * SECOND, target: { between: [LEADER], and: [brokerName(1), brokerName(2)] } },
    onDisk('disk-error', 6 * SECOND, 10 * SECOND),
  ]);
  expect(told).toBe(KAFKA_STORAGE_ERROR);
});

it('a follower whose directory fails stops fetching and halts; the leader goes on without it (DF-2)', () => {
  const result = run(function* (context) {
    yield* createTopic(context, 3, 2);
    const leader = yield* context.connect(LEADER, SECOND);
    yield* until(context, 5 * SECOND);
    expect((yield* produceTo(leader, -1, 30_000)).errorCode).toBe(0);
    yield* until(context, 25 * SECOND);
  }, [onDisk('disk-error', 4 * SECOND, 10 * SECOND, brokerName(1))]);
  expect(result.lives.map((line) => line.split(' ').slice(1).join(' '))).toEqual([`${brokerName(1)} halt`, `${brokerName(1)} started`]);
  expect(ofKind(result, 'leader-started')).toHaveLength(1);
  expect(ofKind(result, 'appended').filter(({ broker }) => broker === 1)).toHaveLength(1);
});

it('a directory that fails while its logs are loaded halts the broker before it registers (DF-1, DF-5)', () => {
  const result = run(function* (context) {
    yield* createTopic(context, 3, 2);
    yield* until(context, 40 * SECOND);
  }, [{ id: 'power', kind: 'power-loss', at: 4 * SECOND, for: SECOND, target: { actor: LEADER } }, onDisk('disk-error', 4_500 * MILLISECOND, 10 * SECOND)]);
  expect(result.lives.map((line) => line.replace(` ${LEADER}`, ''))).toEqual(['4000000 power-loss', '5000000 started', '5001000 halt', '14500000 started']);
  expect(ofKind(result, 'broker-registered').filter(({ broker }) => broker === 0)).toHaveLength(2);
});

describe('a hung disk of the leader', () => {
  const strikesAt = 5 * SECOND;
  const endsAt = 30 * SECOND;
  const result = run(function* (context) {
    yield* createTopic(context, 3, 2);
    const [leader, reader] = [yield* context.connect(LEADER, SECOND), yield* context.connect(LEADER, SECOND)];
    expect((yield* produceTo(leader, -1)).errorCode).toBe(0);
    yield* until(context, strikesAt + MILLISECOND);
    // Its own client gives up sooner than the disk.
    context.spawn(outcomeOf(produceTo(leader, -1, 5_000)));
    const fetched = yield* fetchFrom(reader, 0);
    expect(fetched.errorCode).toBe(0);
    expect(fetched.records.length).toBeGreaterThan(0);
    yield* until(context, 50 * SECOND);
  }, [onDisk('disk-hung', strikesAt, endsAt - strikesAt)]);

  it('holds its heartbeats up in nothing: it stays the leader, in a session that does not end, and its partitions stand still (BL-2, BL-4)', () => {
    expect(ofKind(result, 'broker-fenced')).toEqual([]);
    expect(ofKind(result, 'leader-started')).toHaveLength(1);
    expect(ofKind(result, 'appended').filter(({ time }) => time > strikesAt && time < endsAt)).toEqual([]);
  });

  it('writes what it was asked for when it is over, though nobody waits any more (§14.2)', () => {
    const late = ofKind(result, 'appended').filter(({ time }) => time >= endsAt);
    expect(late.map(({ broker, baseOffset }) => [broker, baseOffset]).sort(([a = 0], [b = 0]) => a - b)).toEqual([[0, 1], [1, 1], [2, 1]]);
  });
});

it('a hung disk of a follower: it leaves the in-sync set after replica.lag.time.max.ms, and only then acks=all is answered again (FS-4)', () => {
  const strikesAt = 5 * SECOND;
  let answeredAt = 0;
  const result = run(function* (context) {
    yield* createTopic(context, 3, 2);
    const leader = yield* context.connect(LEADER, SECOND);
    yield* until(context, strikesAt + MILLISECOND);
    expect((yield* produceTo(leader, -1, 2_000)).errorCode).toBe(NOT_COMMITTED_IN_TIME);
    expect((yield* produceTo(leader, -1, 30_000)).errorCode).toBe(0);
    answeredAt = context.now;
    yield* until(context, 60 * SECOND);
  }, [onDisk('disk-hung', strikesAt, 40 * SECOND, brokerName(1))], { config: { 'replica.lag.time.max.ms': 10_000 } });
  const shrunk = ofKind(result, 'partition-changed').find(({ isr }) => isr.length === 2)!;
  expect(shrunk.isr).toEqual([0, 2]);
  expect(shrunk.time).toBeGreaterThan(strikesAt + 9 * SECOND);
  expect(answeredAt).toBeGreaterThan(shrunk.time);
  expect(ofKind(result, 'broker-fenced')).toEqual([]);
  expect(ofKind(result, 'partition-changed').at(-1)!.isr.toSorted((a, b) => a - b)).toEqual([0, 1, 2]);
});

it('a slow disk makes every append wait its turn, and costs nobody the leadership', () => {
  const slowUs = 50 * MILLISECOND;
  const took: number[] = [];
  const result = run(function* (context) {
    yield* createTopic(context, 3, 2);
    const leader = yield* context.connect(LEADER, SECOND);
    yield* until(context, 5 * SECOND);
    for (let i = 0; i < 10; i += 1) {
      const sentAt = context.now;
      expect((yield* produceTo(leader, 1)).errorCode).toBe(0);
      took.push(context.now - sentAt);
    }
    yield* until(context, 20 * SECOND);
  }, [onDisk('disk-slow', 4 * SECOND, 10 * SECOND, LEADER, slowUs)]);
  for (const us of took) expect(us).toBeGreaterThanOrEqual(slowUs);
  expect(ofKind(result, 'broker-fenced')).toEqual([]);
  expect(ofKind(result, 'leader-started')).toHaveLength(1);
});

it.each(['disk-error', 'disk-fsync-error'] as const)('%s: a controller that cannot write its metadata log halts, and is back when the disk is (DF-5)', (kind) => {
  const result = run(function* (context) {
    yield* createTopic(context, 3, 2);
    yield* until(context, 45 * SECOND);
    const leader = yield* context.connect(brokerName(0), SECOND);
    expect((yield* produceTo(leader, -1)).errorCode).toBe(0);
    // A broker that dies has something written to the log.
  }, [onDisk(kind, 5 * SECOND, 20 * SECOND, controllerName(0)), { id: 'crash', kind: 'crash', at: 4 * SECOND, for: 500 * MILLISECOND, target: { actor: brokerName(2) } }]);
  expect(result.lives.filter((line) => line.includes(controllerName(0))).map((line) => line.split(' ').slice(1).join(' '))).toEqual([`${controllerName(0)} halt`, `${controllerName(0)} started`]);
});

describe('records that have rotted on the only disk that has them', () => {
  const cutOff: TimedFault = { id: 'cut', kind: 'partition', at: 4_100 * MILLISECOND, for: 4 * SECOND, target: { between: [brokerName(1), brokerName(2)], and: [LEADER] } };
  const rot: TimedFault = { id: 'rot', kind: 'disk-bit-rot', at: 6 * SECOND, for: 0, target: { actor: LEADER }, amount: 40 };
  const restart: TimedFault = { id: 'restart', kind: 'crash', at: 20 * SECOND, for: 100 * MILLISECOND, target: { actor: LEADER } };
  const sound = new Uint8Array(20_000).fill(7);
  const result = run(function* (context) {
    yield* createTopic(context, 3, 1);
    const leader = yield* context.connect(LEADER, SECOND);
    yield* until(context, 5 * SECOND);
    for (let i = 0; i < 3; i += 1) expect((yield* produceTo(leader, 1, 5_000, sound)).errorCode).toBe(0);
    yield* until(context, 40 * SECOND);
  }, [cutOff, rot, restart], { config: { 'replica.lag.time.max.ms': 60_000 } });

  it('are never appended by a follower, which asks again and again for them (FT-6, RB-1)', () => {
    const followed = ofKind(result, 'appended').filter(({ broker, time }) => broker !== 0 && time < 20 * SECOND);
    expect(followed).toEqual([]);
    expect(ofKind(result, 'appended').filter(({ broker }) => broker === 0)).toHaveLength(3);
  });

  it('are cut off by the recovery after the restart, and those after them (RC-3)', () => {
    expect(ofKind(result, 'log-opened').filter(({ broker, time }) => broker === 0 && time > 20 * SECOND)).toMatchObject([{ logEndOffset: 0 }]);
  });
});
