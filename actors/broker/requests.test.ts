/** @module What a broker answers to requests that a script sends by hand: as a consumer, as a follower that is not one, as a producer. */
import { expect, it, test } from 'vitest';
import { ConnectionError, MILLISECOND, SECOND } from '../../runtime/index.ts';
import type { ActorContext, Connection, Task } from '../../runtime/index.ts';
import { brokerName, controllerName } from '../client/bootstrap.ts';
import type { DescribeTopicPartitionsRequest } from '../protocol/admin-messages.ts';
import type { ProtocolVariant } from '../protocol-variant.ts';
import { errorName } from '../protocol/errors.ts';
import { API_KEYS, LATEST_TIMESTAMP } from '../protocol/messages.ts';
import type { CreateTopicsRequest, FetchRequest, FetchResponse, ListOffsetsRequest, OffsetForLeaderEpochRequest, ProduceRequest } from '../protocol/messages.ts';
import { runCluster } from '../testing/cluster.ts';
import { createTopic, fetchFrom, produceRequest, produceTo } from '../testing/requests.ts';

interface Wanted {
  readonly replicaId?: number;
  readonly replicaEpoch?: number;
  readonly currentLeaderEpoch?: number;
  readonly fetchOffset?: number;
  readonly lastFetchedEpoch?: number;
  readonly maxWaitMs?: number;
}

type Fetched = FetchResponse['responses'][number]['partitions'][number];

function* fetch(connection: Connection, { replicaId = -1, replicaEpoch = -1, currentLeaderEpoch = -1, fetchOffset = 0, lastFetchedEpoch = -1, maxWaitMs = 0 }: Wanted): Task<Fetched> {
  const wanted = { partition: 0, currentLeaderEpoch, fetchOffset, lastFetchedEpoch, logStartOffset: 0, partitionMaxBytes: 1_000_000 };
  const request: FetchRequest = {
    apiKey: API_KEYS.Fetch, clientId: 'test', replicaState: { replicaId, replicaEpoch }, maxWaitMs, minBytes: 1, maxBytes: 1_000_000, isolationLevel: 0, topics: [{ topic: 'orders', topicId: null, partitions: [wanted] }],
  };
  const { responses } = yield* connection.call(request, 10 * SECOND);
  return responses[0]!.partitions[0]!;
}

/** Two brokers, and orders-0 on both with two records: 0 leads in epoch 0. */
function withOrders(script: (context: ActorContext, leader: Connection) => Task, protocol: Partial<ProtocolVariant> = {}): void {
  runCluster({
    brokers: 2,
    protocol,
    scripts: {
      *client(context) {
        yield* createTopic(context, 2, 1);
        const leader = yield* context.connect(brokerName(0), SECOND);
        for (let i = 0; i < 2; i += 1) yield* produceTo(leader, -1);
        yield* context.sleep(SECOND);
        yield* script(context, leader);
      },
    },
  });
}

test.each<[string, Wanted, string]>([
  ['F-1: no leader epoch is not checked', { replicaId: 1, fetchOffset: 2 }, 'NONE'],
  ['F-1: a newer one is not known', { currentLeaderEpoch: 1 }, 'UNKNOWN_LEADER_EPOCH'],
  ['F-3: a replica that is not assigned, with an epoch', { replicaId: 2, currentLeaderEpoch: 0 }, 'UNKNOWN_LEADER_EPOCH'],
  ['F-3: … and without one', { replicaId: 2 }, 'NOT_LEADER_OR_FOLLOWER'],
  ['FS-1: a follower of an older broker epoch', { replicaId: 1, replicaEpoch: 0, fetchOffset: 2 }, 'NOT_LEADER_OR_FOLLOWER'],
  ['F-4: an epoch above all that is known', { replicaId: 1, lastFetchedEpoch: 3, fetchOffset: 2 }, 'OFFSET_OUT_OF_RANGE'],
  ['F-5: an offset beyond the end', { replicaId: 1, fetchOffset: 3 }, 'OFFSET_OUT_OF_RANGE'],
  ['F-5: exactly the end', { replicaId: 1, fetchOffset: 2 }, 'NONE'],
])('%s', (_, wanted, error) => {
  withOrders(function* (_context, leader) {
    expect(errorName((yield* fetch(leader, wanted)).errorCode)).toBe(error);
  });
});

test.each([
  [{}, 'NONE'],
  [{ followersServeConsumers: false }, 'NOT_LEADER_OR_FOLLOWER'],
])('F-2: a consumer that asks a follower, %j: %s; a follower that asks one is always refused', (protocol, error) => {
  withOrders(function* (context) {
    const follower = yield* context.connect(brokerName(1), SECOND);
    const fetched = yield* fetch(follower, {});
    expect(errorName(fetched.errorCode)).toBe(error);
    expect(fetched.records.length > 0).toBe(error === 'NONE');
    expect(errorName((yield* fetch(follower, { replicaId: 0 })).errorCode)).toBe('NOT_LEADER_OR_FOLLOWER');
  }, protocol);
});

test.each(['UNKNOWN_TOPIC_ID', 'INCONSISTENT_TOPIC_ID', 'NONE'] as const)('a topic of the same name is another one if it has another id (KIP-516): %s', (error) => {
  withOrders(function* (context, leader) {
    const admin = yield* context.connect(controllerName(0), SECOND);
    const describe: DescribeTopicPartitionsRequest = { apiKey: API_KEYS.DescribeTopicPartitions, clientId: 'test', topics: [{ name: 'orders' }, { name: 'other' }] };
    const create: CreateTopicsRequest = { apiKey: API_KEYS.CreateTopics, clientId: 'test', topics: [{ name: 'other', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }] };
    yield* admin.call(create, SECOND);
    yield* context.sleep(SECOND);
    const [orders, other] = (yield* leader.call(describe, SECOND)).topics;
    const topicId = { UNKNOWN_TOPIC_ID: 'no such id', INCONSISTENT_TOPIC_ID: other!.topicId, NONE: orders!.topicId }[error];
    const wanted = { partition: 0, currentLeaderEpoch: 0, fetchOffset: 0, lastFetchedEpoch: -1, logStartOffset: 0, partitionMaxBytes: 1_000_000 };
    const request: FetchRequest = {
      apiKey: API_KEYS.Fetch, clientId: 'test', replicaState: { replicaId: 1, replicaEpoch: -1 }, maxWaitMs: 0, minBytes: 1, maxBytes: 1_000_000, isolationLevel: 0, topics: [{ topic: 'orders', topicId, partitions: [wanted] }],
    };
    const fetched = (yield* leader.call(request, SECOND)).responses[0]!.partitions[0]!;
    expect([errorName(fetched.errorCode), fetched.records.length > 0]).toEqual([error, error === 'NONE']);
  });
});

test('ListOffsets of a partition that is elsewhere, and of one that is nowhere', () => {
  withOrders(function* (context, leader) {
    const admin = yield* context.connect(controllerName(0), SECOND);
    const create: CreateTopicsRequest = {
      apiKey: API_KEYS.CreateTopics, clientId: 'test', topics: [{ name: 'other', numPartitions: -1, replicationFactor: -1, assignments: [{ partitionIndex: 0, brokerIds: [1] }], configs: [] }],
    };
    yield* admin.call(create, SECOND);
    yield* context.sleep(SECOND);
    const partition = { partitionIndex: 0, currentLeaderEpoch: -1, timestamp: LATEST_TIMESTAMP };
    const request: ListOffsetsRequest = { apiKey: API_KEYS.ListOffsets, clientId: 'test', replicaId: -1, isolationLevel: 0, topics: ['other', 'nowhere'].map((name) => ({ name, partitions: [partition] })) };
    const { topics } = yield* leader.call(request, SECOND);
    expect(topics.map(({ partitions }) => errorName(partitions[0]!.errorCode))).toEqual(['NOT_LEADER_OR_FOLLOWER', 'UNKNOWN_TOPIC_OR_PARTITION']);
  });
});

test.each<[string, number, number, string, number]>([
  ['asks for one: everything is answered, and none is granted', 0, 0, 'NONE', 1],
  ['wants none', 0, -1, 'NONE', 1],
  ['closes the one it has, and wants another', 7, 0, 'NONE', 1],
  ['closes the one it has', 7, -1, 'NONE', 1],
  ['goes on with one that is not there', 7, 1, 'FETCH_SESSION_ID_NOT_FOUND', 0],
  ['goes on without having one', 0, 3, 'FETCH_SESSION_ID_NOT_FOUND', 0],
])('F-10: a client that knows fetch sessions and %s', (_, sessionId, sessionEpoch, error, topics) => {
  withOrders(function* (_context, leader) {
    const wanted = { partition: 0, currentLeaderEpoch: -1, fetchOffset: 0, lastFetchedEpoch: -1, logStartOffset: -1, partitionMaxBytes: 1_000_000 };
    const request: FetchRequest = {
      apiKey: API_KEYS.Fetch, clientId: 'test', replicaState: { replicaId: -1, replicaEpoch: -1 }, maxWaitMs: 0, minBytes: 1, maxBytes: 1_000_000, isolationLevel: 0, sessionId, sessionEpoch,
      topics: [{ topic: 'orders', topicId: null, partitions: [wanted] }],
    };
    const answer = yield* leader.call(request, 10 * SECOND);
    expect([errorName(answer.errorCode), answer.sessionId, answer.responses.length]).toEqual([error, 0, topics]);
    expect(answer.responses.every(({ partitions }) => partitions[0]!.records.length > 0)).toBe(true);
  });
});

it('a parked fetch is answered when data comes, with a high watermark sampled then; without data when its time is over (F-7, F-9)', () => {
  withOrders(function* (context, leader) {
    const waits = context.now;
    expect(yield* fetch(leader, { fetchOffset: 2, maxWaitMs: 300 })).toMatchObject({ errorCode: 0, highWatermark: 2, records: new Uint8Array(0) });
    expect(context.now - waits).toBeGreaterThanOrEqual(300 * MILLISECOND);
    const producer = yield* context.connect(brokerName(0), SECOND);
    context.spawn(produceTo(producer, -1));
    const began = context.now;
    const fetched = yield* fetch(leader, { fetchOffset: 2, maxWaitMs: 5_000 });
    expect(fetched).toMatchObject({ errorCode: 0, highWatermark: 3 });
    expect(fetched.records.length).toBeGreaterThan(0);
    expect(context.now - began).toBeLessThan(SECOND);
  });
});

it('OffsetForLeaderEpoch is fenced as a fetch is, and answered by the leader alone (F-12, F-1)', () => {
  withOrders(function* (context, leader) {
    const asking = function* (connection: Connection, currentLeaderEpoch: number): Task<object> {
      const request: OffsetForLeaderEpochRequest = { apiKey: API_KEYS.OffsetForLeaderEpoch, clientId: 'test', replicaId: 1, topics: [{ topic: 'orders', partitions: [{ partition: 0, currentLeaderEpoch, leaderEpoch: 0 }] }] };
      const { topics } = yield* connection.call(request, SECOND);
      const { errorCode, leaderEpoch, endOffset } = topics[0]!.partitions[0]!;
      return { error: errorName(errorCode), leaderEpoch, endOffset };
    };
    const follower = yield* context.connect(brokerName(1), SECOND);
    expect(yield* asking(leader, 0)).toEqual({ error: 'NONE', leaderEpoch: 0, endOffset: 2 });
    expect(yield* asking(leader, 1)).toEqual({ error: 'UNKNOWN_LEADER_EPOCH', leaderEpoch: -1, endOffset: -1 });
    expect(yield* asking(follower, 0)).toEqual({ error: 'NOT_LEADER_OR_FOLLOWER', leaderEpoch: -1, endOffset: -1 });
  });
});

it('acks=0 gets no answer; that it failed is said by a closed connection (LA-6)', () => {
  withOrders(function* (context, leader) {
    leader.send(produceRequest(0, 1_000));
    yield* context.sleep(SECOND);
    expect(leader.isOpen).toBe(true);
    expect((yield* fetchFrom(leader, 2)).records.length).toBeGreaterThan(0);
    const follower = yield* context.connect(brokerName(1), SECOND);
    follower.send(produceRequest(0, 1_000));
    yield* context.sleep(SECOND);
    expect(follower.isOpen).toBe(false);
  });
});

it('topics that only brokers write are refused to others (LA-7)', () => {
  withOrders(function* (_context, leader) {
    for (const name of ['__consumer_offsets', '__transaction_state']) {
      const orders = produceRequest(-1, 1_000);
      const request: ProduceRequest = { ...orders, topicData: [{ ...orders.topicData[0]!, name }] };
      const { responses } = yield* leader.call(request, SECOND);
      expect(errorName(responses[0]!.partitionResponses[0]!.errorCode)).toBe('INVALID_TOPIC_EXCEPTION');
    }
  });
});

it('a replica that was killed knows of commits what it had written down, and no more (HW-7)', () => {
  const shown: number[] = [];
  runCluster({
    brokers: 1,
    config: { 'replica.high.watermark.checkpoint.interval.ms': 1_000, 'unclean.leader.election.enable': false },
    faults: [{ id: 'crash', kind: 'crash', at: 8 * SECOND, for: 2 * SECOND, target: { actor: brokerName(0) } }],
    scripts: {
      *client(context) {
        yield* createTopic(context, 1, 1);
        const leader = yield* context.connect(brokerName(0), SECOND);
        for (let i = 0; i < 3; i += 1) yield* produceTo(leader, -1);
        yield* context.sleep(30 * SECOND - context.now);
        for (;;) {
          try {
            const again = yield* context.connect(brokerName(0), SECOND);
            const { errorCode, highWatermark } = yield* fetch(again, {});
            if (errorCode === 0) shown.push(highWatermark);
            return;
          } catch (error) {
            if (!(error instanceof ConnectionError)) throw error;
            yield* context.sleep(SECOND);
          }
        }
      },
    },
  });
  expect(shown).toEqual([3]);
});
