import { expect, test } from 'vitest';
import { MILLISECOND, SECOND } from '../../runtime/index.ts';
import { brokerName } from '../client/bootstrap.ts';
import { runCluster } from '../testing/cluster.ts';
import { createTopic, ofKind, produceTo } from '../testing/requests.ts';
import { API_KEYS } from '../protocol/messages.ts';
import type { MetadataRequest } from '../protocol/messages.ts';

test('T1: acks=all is answered when all three replicas have the record, followers learn the high watermark one fetch later', () => {
  let answered = 0;
  const run = runCluster({
    scripts: {
      *client(context) {
        yield* createTopic(context, 3, 2);
        const leader = yield* context.connect(brokerName(0), SECOND);
        const answer = yield* produceTo(leader, -1);
        answered = context.now;
        expect(answer).toMatchObject({ errorCode: 0, baseOffset: 0 });
      },
    },
  });
  const appends = ofKind(run, 'appended');
  expect(appends.map(({ asLeader }) => asLeader)).toEqual([true, false, false]);
  const [moved] = ofKind(run, 'high-watermark');
  expect(moved).toMatchObject({ highWatermark: 1, isr: [0, 1, 2] });
  expect(moved!.time).toBeGreaterThan(Math.max(...appends.map(({ time }) => time)));
  expect(answered).toBeGreaterThan(moved!.time);
});

test('T2: a crashed leader is fenced after the session timeout, a follower of the in-sync set takes over in a higher epoch, the old leader comes back', () => {
  const sessionMs = 9_000;
  const crashAt = 5 * SECOND;
  const run = runCluster({
    config: { 'broker.session.timeout.ms': sessionMs },
    faults: [{ id: 'f1', kind: 'crash', at: crashAt, for: 15 * SECOND, target: { actor: brokerName(0) } }],
    scripts: {
      *client(context) {
        yield* createTopic(context, 3, 2);
        const leader = yield* context.connect(brokerName(0), SECOND);
        expect((yield* produceTo(leader, -1)).errorCode).toBe(0);
        yield* context.sleep(16 * SECOND);
        const next = yield* context.connect(brokerName(1), SECOND);
        expect(yield* produceTo(next, -1)).toMatchObject({ errorCode: 0, baseOffset: 1 });
        yield* context.sleep(10 * SECOND);
      },
    },
  });
  const [fenced] = ofKind(run, 'broker-fenced');
  expect(fenced!.broker).toBe(0);
  // The session runs from the last heartbeat, which came at most one interval (2 s) before the crash.
  expect(fenced!.time).toBeGreaterThan(crashAt + (sessionMs - 2_000) * MILLISECOND);
  expect(fenced!.time).toBeLessThanOrEqual(crashAt + (sessionMs + 100) * MILLISECOND);
  expect(ofKind(run, 'leader-started').map(({ broker, leaderEpoch }) => [broker, leaderEpoch])).toEqual([[0, 0], [1, 1]]);
  // Back in the in-sync set once it has caught up to the leader's epoch (FS-5).
  const last = ofKind(run, 'partition-changed').at(-1)!;
  expect(last).toMatchObject({ leader: 1, leaderEpoch: 1 });
  expect(last.isr.toSorted((a, b) => a - b)).toEqual([0, 1, 2]);
});

test('a leader that lost power and is back within its session does not lead with the log that is left to it (BL-1, BL-4, EL-10)', () => {
  const run = runCluster({
    faults: [{ id: 'f1', kind: 'power-loss', at: 5 * SECOND, for: SECOND, target: { actor: brokerName(0) } }],
    scripts: {
      *client(context) {
        yield* createTopic(context, 3, 2);
        const leader = yield* context.connect(brokerName(0), SECOND);
        for (let i = 0; i < 10; i += 1) expect((yield* produceTo(leader, -1)).errorCode).toBe(0);
        yield* context.sleep(25 * SECOND);
        const next = yield* context.connect(brokerName(1), SECOND);
        expect(yield* produceTo(next, -1)).toMatchObject({ errorCode: 0, baseOffset: 10 });
      },
    },
  });
  expect(ofKind(run, 'log-opened').at(-1)).toMatchObject({ broker: 0 });
  expect(ofKind(run, 'leader-started').map(({ broker, leaderEpoch }) => [broker, leaderEpoch])).toEqual([[0, 0], [1, 1]]);
  expect(ofKind(run, 'truncated').filter(({ broker }) => broker !== 0)).toEqual([]);
});

test('T3: a silent follower leaves the in-sync set 1 to 1.5 times replica.lag.time.max.ms later; below min.insync.replicas acks=all is refused, acks=1 is not committed (HW-1, LA-2)', () => {
  const lagMs = 10_000;
  const cutAt = 5 * SECOND;
  const run = runCluster({
    config: { 'replica.lag.time.max.ms': lagMs },
    endsAt: 90 * SECOND,
    faults: [{ id: 'f1', kind: 'partition', at: cutAt, for: 60 * SECOND, target: { between: [brokerName(1), brokerName(2)], and: [brokerName(0)] } }],
    scripts: {
      *client(context) {
        yield* createTopic(context, 3, 2);
        const leader = yield* context.connect(brokerName(0), SECOND);
        yield* context.sleep(cutAt - context.now + MILLISECOND);
        // In flight when the followers fall silent: not committed within its timeout (DP-2).
        expect((yield* produceTo(leader, -1, 2_000)).errorCode).toBe(7);
        yield* context.sleep(20 * SECOND);
        expect((yield* produceTo(leader, -1)).errorCode).toBe(19);
        expect((yield* produceTo(leader, 1)).errorCode).toBe(0);
      },
    },
  });
  const shrunk = ofKind(run, 'partition-changed').find(({ isr }) => isr.length === 1)!;
  expect(shrunk.isr).toEqual([0]);
  expect(shrunk.time - cutAt).toBeGreaterThan((lagMs - 1_000) * MILLISECOND);
  expect(shrunk.time - cutAt).toBeLessThan(1.6 * lagMs * MILLISECOND);
  expect(ofKind(run, 'high-watermark')).toEqual([]);
});

test('clients learn the leader from any broker', () => {
  runCluster({
    scripts: {
      *client(context) {
        yield* createTopic(context, 3, 1);
        for (const id of [0, 1, 2]) {
          const connection = yield* context.connect(brokerName(id), SECOND);
          const request: MetadataRequest = { apiKey: API_KEYS.Metadata, clientId: null, topics: ['orders'] };
          const { topics, brokers } = yield* connection.call(request, SECOND);
          expect(topics[0]?.partitions[0]).toMatchObject({ leaderId: 0, replicaNodes: [0, 1, 2], isrNodes: [0, 1, 2] });
          expect(brokers.map(({ nodeId }) => nodeId).toSorted((a, b) => a - b)).toEqual([0, 1, 2]);
        }
      },
    },
  });
});
