import { describe, expect, test } from 'vitest';
import { MILLISECOND, SECOND } from '../../runtime/index.ts';
import type { ActorContext, Task } from '../../runtime/index.ts';
import { brokerName, controllerName } from '../client/bootstrap.ts';
import { ADMIN_CONFIG } from '../config/admin-config.ts';
import { parseConfig } from '../config/config-definition.ts';
import { isr, ofKind, produceTo } from '../testing/cluster-scripts.ts';
import { runCluster } from '../testing/cluster.ts';
import type { ClusterOptions, ClusterRun } from '../testing/cluster.ts';
import { KafkaError } from '../protocol/errors.ts';
import { Admin } from './admin.ts';
import type { NewTopic } from './admin-types.ts';

const orders: NewTopic = { name: 'orders', numPartitions: 1, replicationFactor: 3, configs: { 'min.insync.replicas': '2' } };

/** Makes `orders` when the brokers are there, then does what is to be tested. */
function withAdmin(script: (admin: Admin, context: ActorContext) => Task, options: Partial<ClusterOptions> = {}, topic = orders): ClusterRun {
  return runCluster({
    ...options,
    scripts: {
      *client(context) {
        const admin = new Admin(context, { clientId: 'test', bootstrapServers: [0, 1, 2].map(brokerName), config: parseConfig(ADMIN_CONFIG, {}) });
        while ((yield* admin.createTopics([topic]))[0]!.error !== 'NONE') yield* context.sleep(100 * MILLISECOND);
        yield* context.sleep(SECOND);
        yield* script(admin, context);
      },
    },
  });
}

function* untilDone(context: ActorContext, isDone: () => Task<boolean>): Task {
  while (!(yield* isDone())) yield* context.sleep(200 * MILLISECOND);
}

describe('topics', () => {
  test('what cannot be made is refused by its name (17, 36 to 40, 42)', () => {
    const cases: readonly (readonly [NewTopic, string])[] = [
      [orders, 'TOPIC_ALREADY_EXISTS'],
      [{ name: 'a b' }, 'INVALID_TOPIC_EXCEPTION'],
      [{ name: '..' }, 'INVALID_TOPIC_EXCEPTION'],
      [{ name: 'x'.repeat(250) }, 'INVALID_TOPIC_EXCEPTION'],
      [{ name: 'none', numPartitions: 0 }, 'INVALID_PARTITIONS'],
      [{ name: 'none', replicationFactor: 0 }, 'INVALID_REPLICATION_FACTOR'],
      [{ name: 'many', replicationFactor: 4 }, 'INVALID_REPLICATION_FACTOR'],
      [{ name: 'both', numPartitions: 1, replicasAssignments: [[0]] }, 'INVALID_REQUEST'],
      [{ name: 'twice', replicasAssignments: [[0, 0]] }, 'INVALID_REPLICA_ASSIGNMENT'],
      [{ name: 'uneven', replicasAssignments: [[0, 1], [0]] }, 'INVALID_REPLICA_ASSIGNMENT'],
      [{ name: 'unknown', replicasAssignments: [[7]] }, 'INVALID_REPLICA_ASSIGNMENT'],
      [{ name: 'config', configs: { 'min.insync.replicas': 'two' } }, 'INVALID_CONFIG'],
    ];
    withAdmin(function* (admin) {
      const outcomes = yield* admin.createTopics(cases.map(([topic]) => topic));
      expect(outcomes.map(({ name, error }) => [name, error])).toEqual(cases.map(([{ name }, error]) => [name, error]));
      expect((yield* admin.createTopics([{ name: 'or_ders' }]))[0]!.error).toBe('NONE');
      expect((yield* admin.createTopics([{ name: 'or.ders' }]))[0]).toMatchObject({ error: 'INVALID_TOPIC_EXCEPTION', message: "'or.ders' collides with 'or_ders'." });
    });
  });

  test('replicas stand where they were assigned; what is not said is the brokers’ default; any broker describes them with their eligible leader replicas', () => {
    withAdmin(
      function* (admin, context) {
        yield* admin.createTopics([{ name: 'placed', replicasAssignments: [[2, 0], [1, 2]] }, { name: 'plain' }]);
        yield* context.sleep(SECOND);
        const [placed, plain, unknown] = yield* admin.describeTopics(['placed', 'plain', 'missing']);
        expect(placed!.partitions.map(({ leader, replicas, isr: inSync, elr }) => [leader, replicas, inSync, elr])).toEqual([[2, [2, 0], [2, 0], []], [1, [1, 2], [1, 2], []]]);
        expect(plain!.partitions).toHaveLength(4);
        expect(plain!.topicId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
        expect(plain!.topicId).not.toBe(placed!.topicId);
        expect(unknown!.error).toBe('UNKNOWN_TOPIC_OR_PARTITION');
      },
      { config: { 'num.partitions': 4 } },
    );
  });

  test('a deleted topic goes with its logs, also from a broker that was down meanwhile; one of the same name begins anew (ML-4, ML-5)', () => {
    const run = withAdmin(
      function* (admin, context) {
        for (let i = 0; i < 3; i += 1) expect(yield* produceTo(context, 0)).toBe(0);
        yield* context.sleep(20 * SECOND - context.now);
        const [before] = yield* admin.describeTopics(['orders']);
        expect((yield* admin.deleteTopics(['orders', 'missing'])).map(({ error }) => error)).toEqual(['NONE', 'UNKNOWN_TOPIC_OR_PARTITION']);
        yield* context.sleep(SECOND);
        expect((yield* admin.describeTopics(['orders']))[0]!.error).toBe('UNKNOWN_TOPIC_OR_PARTITION');
        expect((yield* admin.createTopics([{ name: 'orders', replicasAssignments: [[0, 2, 1]], configs: { 'min.insync.replicas': '2' } }]))[0]!.error).toBe('NONE');
        yield* context.sleep(SECOND);
        expect((yield* admin.describeTopics(['orders']))[0]!.topicId).not.toBe(before!.topicId);
        expect(yield* produceTo(context, 0)).toBe(0);
        yield* context.sleep(25 * SECOND);
      },
      { faults: [{ id: 'f1', kind: 'crash', at: 7 * SECOND, for: 18 * SECOND, target: { actor: brokerName(1) } }] },
    );
    const opened = ofKind(run, 'log-opened');
    expect(opened.filter(({ broker }) => broker === 0).map(({ logEndOffset }) => logEndOffset)).toEqual([0, 0]);
    // Broker 1 found the old log when it started, and let it go for a new one.
    expect(opened.filter(({ broker }) => broker === 1).map(({ logEndOffset }) => logEndOffset)).toEqual([0, 3, 0]);
    expect(ofKind(run, 'appended').filter(({ broker }) => broker === 1).at(-1)).toMatchObject({ baseOffset: 0, lastOffset: 0 });
    expect(ofKind(run, 'partition-deleted')).toHaveLength(1);
    expect(isr(run)).toEqual([0, 1, 2]);
  });
});

describe('configs', () => {
  test('a topic’s config changes while it is used, and goes back to its default; what is impossible changes nothing', () => {
    withAdmin(function* (admin, context) {
      const minIsr = function* (): Task<string | null> {
        yield* context.sleep(SECOND);
        return (yield* admin.describeConfigs('orders')).find(({ name }) => name === 'min.insync.replicas')!.value;
      };
      expect(yield* minIsr()).toBe('2');
      const topic = { type: 'topic', name: 'orders' } as const;
      expect((yield* admin.incrementalAlterConfigs(topic, [{ name: 'min.insync.replicas', value: '3' }])).error).toBe('NONE');
      expect(yield* minIsr()).toBe('3');
      expect((yield* admin.incrementalAlterConfigs(topic, [{ name: 'min.insync.replicas', value: '0' }])).error).toBe('INVALID_CONFIG');
      expect((yield* admin.incrementalAlterConfigs(topic, [{ name: 'min.insync', value: '1' }])).error).toBe('INVALID_CONFIG');
      expect((yield* admin.incrementalAlterConfigs({ type: 'topic', name: 'missing' }, [])).error).toBe('UNKNOWN_TOPIC_OR_PARTITION');
      expect(yield* minIsr()).toBe('3');
      expect((yield* admin.incrementalAlterConfigs(topic, [{ name: 'min.insync.replicas', value: null }])).error).toBe('NONE');
      expect(yield* minIsr()).toBe('1');
    });
  });

  test('min.insync.replicas of one broker is refused where there are eligible leader replicas, and the topic’s is named instead (EL-6)', () => {
    withAdmin(function* (admin) {
      const outcome = yield* admin.incrementalAlterConfigs({ type: 'broker', name: '1' }, [{ name: 'min.insync.replicas', value: '2' }]);
      expect(outcome).toMatchObject({ error: 'INVALID_CONFIG', message: expect.stringContaining('set it on the topic') as string });
    });
  });

  test('with fewer needed in sync nobody need be eligible any more: the set is worked out anew at once (EL-6)', () => {
    const run = withAdmin(
      function* (admin, context) {
        yield* context.sleep(22 * SECOND);
        expect((yield* admin.describeTopics(['orders']))[0]!.partitions[0]).toMatchObject({ isr: [0], elr: [2] });
        yield* admin.incrementalAlterConfigs({ type: 'topic', name: 'orders' }, [{ name: 'min.insync.replicas', value: '1' }]);
        yield* context.sleep(SECOND);
      },
      { faults: [1, 2].map((id) => ({ id: `f${id}`, kind: 'crash', at: (4 + 3 * id) * SECOND, for: 60 * SECOND, target: { actor: brokerName(id) } })) },
    );
    expect(ofKind(run, 'partition-changed').at(-1)).toMatchObject({ isr: [0], elr: [] });
  });
});

describe('elections', () => {
  test('the preferred leader leads again when it is asked for; otherwise the error says why not (EL-12)', () => {
    const run = withAdmin(
      function* (admin, context) {
        expect(yield* admin.electLeaders('preferred', [{ topic: 'orders', partition: 0 }, { topic: 'orders', partition: 9 }])).toEqual([
          { topic: 'orders', partition: 0, error: 'ELECTION_NOT_NEEDED', message: null },
          { topic: 'orders', partition: 9, error: 'UNKNOWN_TOPIC_OR_PARTITION', message: null },
        ]);
        expect((yield* admin.electLeaders('unclean', [{ topic: 'orders', partition: 0 }]))[0]!.error).toBe('ELECTION_NOT_NEEDED');
        yield* context.sleep(10 * SECOND - context.now);
        // Broker 0 is out of sync: the one that leads is as good as it gets.
        expect((yield* admin.electLeaders('preferred', null)).map(({ error }) => error)).toEqual(['PREFERRED_LEADER_NOT_AVAILABLE']);
        yield* context.sleep(20 * SECOND);
        expect((yield* admin.electLeaders('preferred', null)).map(({ error }) => error)).toEqual(['NONE']);
        expect(yield* admin.electLeaders('preferred', null)).toEqual([]);
        yield* context.sleep(SECOND);
      },
      { faults: [{ id: 'f1', kind: 'shutdown', at: 6 * SECOND, for: 8 * SECOND, target: { actor: brokerName(0) } }] },
    );
    expect(ofKind(run, 'leader-started').map(({ broker, leaderEpoch }) => [broker, leaderEpoch])).toEqual([[0, 0], [1, 1], [0, 2]]);
  });

  test.each([
    ['auto.leader.rebalance.enable: the preferred leader leads again by itself', true, [[0, 0], [1, 1], [0, 2]]],
    ['without it another one goes on leading', false, [[0, 0], [1, 1]]],
  ])('%s (EL-11)', (_, isEnabled, leaders) => {
    const run = withAdmin(
      function* (_admin, context) {
        yield* context.sleep(70 * SECOND);
      },
      {
        config: { 'auto.leader.rebalance.enable': isEnabled, 'leader.imbalance.check.interval.seconds': 30 },
        faults: [{ id: 'f1', kind: 'shutdown', at: 6 * SECOND, for: 8 * SECOND, target: { actor: brokerName(0) } }],
      },
    );
    expect(ofKind(run, 'leader-started').map(({ broker, leaderEpoch }) => [broker, leaderEpoch])).toEqual(leaders);
  });
});

/** Broker 1 was long gone when broker 0, the only one in sync, went for good. */
function lastReplicaGone(script: (admin: Admin, context: ActorContext) => Task, options: Partial<ClusterOptions> = {}): ClusterRun {
  const cut = { id: 'cut', kind: 'partition', at: 5 * SECOND, for: 20 * SECOND, target: { between: [brokerName(1)], and: [brokerName(0), brokerName(2), controllerName(0)] } } as const;
  const gone = { id: 'gone', kind: 'crash', at: 20 * SECOND, for: 600 * SECOND, target: { actor: brokerName(0) } } as const;
  return withAdmin(
    function* (admin, context) {
      yield* context.sleep(16 * SECOND - context.now);
      expect(yield* produceTo(context, 0)).toBe(0);
      yield* context.sleep(40 * SECOND - context.now);
      yield* script(admin, context);
      yield* context.sleep(2 * SECOND);
    },
    { endsAt: 700 * SECOND, faults: [cut, gone], ...options },
    { name: 'orders', replicasAssignments: [[0, 1]] },
  );
}

describe('a partition whose only replica in sync is gone', () => {
  const unclean = { leader: 1, isr: [1], isUnclean: true };

  test('is led by nobody, however long, and an unclean election must be asked for (EL-2, EL-11, ML-3)', () => {
    const run = lastReplicaGone(function* (admin, context) {
      yield* context.sleep(400 * SECOND);
      expect((yield* admin.describeTopics(['orders']))[0]!.partitions[0]).toMatchObject({ leader: -1 });
      expect(yield* produceTo(context, 1)).toBe(6);
      expect((yield* admin.electLeaders('preferred', null))[0]!.error).toBe('PREFERRED_LEADER_NOT_AVAILABLE');
      expect((yield* admin.electLeaders('unclean', null))[0]!.error).toBe('NONE');
      yield* context.sleep(SECOND);
      expect(yield* produceTo(context, 1)).toBe(0);
    });
    expect(ofKind(run, 'partition-changed').filter(({ isUnclean }) => isUnclean)).toMatchObject([unclean]);
  });

  test('is led at once by whoever is there when its topic comes to allow that (EL-13)', () => {
    const run = lastReplicaGone(function* (admin, context) {
      yield* admin.incrementalAlterConfigs({ type: 'topic', name: 'orders' }, [{ name: 'unclean.leader.election.enable', value: 'true' }]);
      yield* context.sleep(100 * MILLISECOND);
      expect((yield* admin.describeTopics(['orders']))[0]!.partitions[0]).toMatchObject({ leader: 1, isr: [1], elr: [], lastKnownElr: [] });
    });
    expect(ofKind(run, 'partition-changed').filter(({ isUnclean }) => isUnclean)).toMatchObject([unclean]);
  });

  test('is led by whoever is there if the brokers allow that (EL-2, B19)', () => {
    const run = lastReplicaGone(
      function* (_admin, context) {
        yield* context.sleep(SECOND);
      },
      { config: { 'unclean.leader.election.enable': true } },
    );
    expect(ofKind(run, 'partition-changed').filter(({ isUnclean }) => isUnclean)).toMatchObject([unclean]);
  });
});

describe('reassignment', () => {
  test('a partition is moved to other brokers: the new ones catch up, the old ones leave and drop their logs (EL-14, ML-4, AP-2)', () => {
    const run = withAdmin(
      function* (admin, context) {
        for (let i = 0; i < 3; i += 1) expect(yield* produceTo(context, 0)).toBe(0);
        const at = { topic: 'orders', partition: 0 };
        expect((yield* admin.alterPartitionReassignments([{ ...at, replicas: [2, 1] }]))[0]).toMatchObject({ ...at, error: 'NONE' });
        yield* untilDone(context, function* () {
          return (yield* admin.listPartitionReassignments()).length === 0;
        });
        yield* context.sleep(SECOND);
        expect((yield* admin.describeTopics(['orders']))[0]!.partitions[0]).toMatchObject({ leader: 2, replicas: [2, 1], isr: [1, 2] });
        expect(yield* produceTo(context, 0)).toBe(6);
        expect(yield* produceTo(context, 2)).toBe(0);
        yield* context.sleep(SECOND);
      },
      {},
      { name: 'orders', replicasAssignments: [[0, 1]] },
    );
    const appended = ofKind(run, 'appended').filter(({ broker }) => broker === 2);
    expect(appended.at(-1)).toMatchObject({ lastOffset: 3, asLeader: true });
  });

  test('what is in progress is listed, and taken back; wrong wishes are refused (EL-14)', () => {
    withAdmin(
      function* (admin, context) {
        const at = { topic: 'orders', partition: 0 };
        // Broker 2 is down: it cannot catch up.
        yield* context.sleep(20 * SECOND - context.now);
        expect((yield* admin.alterPartitionReassignments([{ ...at, replicas: null }]))[0]!.error).toBe('NO_REASSIGNMENT_IN_PROGRESS');
        expect((yield* admin.alterPartitionReassignments([{ ...at, replicas: [1, 1] }]))[0]!.error).toBe('INVALID_REPLICA_ASSIGNMENT');
        expect((yield* admin.alterPartitionReassignments([{ ...at, replicas: [9] }]))[0]!.error).toBe('INVALID_REPLICA_ASSIGNMENT');
        expect((yield* admin.alterPartitionReassignments([{ topic: 'missing', partition: 0, replicas: [1] }]))[0]!.error).toBe('UNKNOWN_TOPIC_OR_PARTITION');
        expect((yield* admin.alterPartitionReassignments([{ ...at, replicas: [1, 2] }]))[0]!.error).toBe('NONE');
        expect(yield* admin.listPartitionReassignments()).toEqual([{ ...at, replicas: [1, 2, 0], addingReplicas: [2], removingReplicas: [0] }]);
        expect((yield* admin.alterPartitionReassignments([{ ...at, replicas: null }]))[0]!.error).toBe('NONE');
        expect(yield* admin.listPartitionReassignments()).toEqual([]);
      },
      { faults: [{ id: 'f1', kind: 'crash', at: 6 * SECOND, for: 100 * SECOND, target: { actor: brokerName(2) } }] },
      { name: 'orders', replicasAssignments: [[0, 1]] },
    );
  });
});

describe('deletion of records (RT-2)', () => {
  const two: NewTopic = { name: 'orders', replicasAssignments: [[0, 1], [1, 2]], configs: { 'min.insync.replicas': '1' } };
  const deleted = (outcomes: readonly { readonly partition: number; readonly error: string; readonly lowWatermark: number }[]): unknown[] => outcomes.map(({ partition, error, lowWatermark }) => [partition, error, lowWatermark]);

  test('each leader is asked for its own, and what is impossible is told beside what was done', () => {
    const run = withAdmin(
      function* (admin, context) {
        for (let i = 0; i < 3; i += 1) expect(yield* produceTo(context, 0)).toBe(0);
        const outcomes = yield* admin.deleteRecords([{ topic: 'orders', partition: 0, beforeOffset: 2 }, { topic: 'orders', partition: 1, beforeOffset: 1 }]);
        expect(deleted(outcomes)).toEqual([[0, 'NONE', 2], [1, 'OFFSET_OUT_OF_RANGE', -1]]);
        expect(deleted(yield* admin.deleteRecords([{ topic: 'orders', partition: 0, beforeOffset: -1 }]))).toEqual([[0, 'NONE', 3]]);
      },
      {},
      two,
    );
    // Done: the follower begins there, too.
    expect(ofKind(run, 'log-start').map(({ broker, logStartOffset }) => [broker, logStartOffset])).toEqual([[0, 2], [1, 2], [0, 3], [1, 3]]);
  });

  test('a leader that dies is replaced by the next, which is asked then', () => {
    withAdmin(
      function* (admin, context) {
        for (let i = 0; i < 3; i += 1) expect(yield* produceTo(context, 0)).toBe(0);
        yield* context.sleep(6_500 * MILLISECOND - context.now);
        expect(deleted(yield* admin.deleteRecords([{ topic: 'orders', partition: 0, beforeOffset: 2 }]))).toEqual([[0, 'NONE', 2]]);
        expect(context.now).toBeGreaterThan(12 * SECOND);
        expect(context.now).toBeLessThan(30 * SECOND);
      },
      { faults: [{ id: 'f1', kind: 'crash', at: 6 * SECOND, for: 100 * SECOND, target: { actor: brokerName(0) } }] },
      two,
    );
  });

  test('a follower that is cut off is waited for until it is fenced', () => {
    withAdmin(
      function* (admin, context) {
        for (let i = 0; i < 3; i += 1) expect(yield* produceTo(context, 0)).toBe(0);
        yield* context.sleep(6_100 * MILLISECOND - context.now);
        expect(deleted(yield* admin.deleteRecords([{ topic: 'orders', partition: 0, beforeOffset: 2 }]))).toEqual([[0, 'NONE', 2]]);
        expect(context.now).toBeGreaterThan(12 * SECOND);
      },
      { faults: [{ id: 'f1', kind: 'partition', at: 6 * SECOND, for: 100 * SECOND, target: { between: [brokerName(1)], and: [brokerName(0), controllerName(0)] } }] },
      two,
    );
  });

  test('of a partition that nobody knows it is asked for again until default.api.timeout.ms', () => {
    withAdmin(function* (admin, context) {
      const before = context.now;
      expect(deleted(yield* admin.deleteRecords([{ topic: 'missing', partition: 0, beforeOffset: 0 }, { topic: 'orders', partition: 7, beforeOffset: 0 }]))).toEqual([[0, 'REQUEST_TIMED_OUT', -1], [7, 'REQUEST_TIMED_OUT', -1]]);
      expect(context.now).toBe(before + 60 * SECOND);
    });
  });
});

test('a call that nobody answers ends with REQUEST_TIMED_OUT after default.api.timeout.ms', () => {
  let thrown: unknown;
  runCluster({
    faults: [0, 1, 2].map((id) => ({ id: `f${id}`, kind: 'crash', at: SECOND, for: 100 * SECOND, target: { actor: brokerName(id) } })),
    scripts: {
      *client(context) {
        yield* context.sleep(2 * SECOND);
        const admin = new Admin(context, { clientId: 'test', bootstrapServers: [0, 1, 2].map(brokerName), config: parseConfig(ADMIN_CONFIG, {}) });
        try {
          yield* admin.describeTopics(['orders']);
        } catch (error) {
          thrown = error;
        }
        expect(context.now).toBe(62 * SECOND);
      },
    },
  });
  expect(thrown).toBeInstanceOf(KafkaError);
  expect((thrown as KafkaError).error).toBe('REQUEST_TIMED_OUT');
});

test('a controller that is down for a while is waited for', () => {
  withAdmin(
    function* (admin, context) {
      yield* context.sleep(7 * SECOND - context.now);
      expect((yield* admin.createTopics([{ name: 'later' }]))[0]!.error).toBe('NONE');
      expect(context.now).toBeGreaterThan(16 * SECOND);
    },
    { faults: [{ id: 'f1', kind: 'crash', at: 6 * SECOND, for: 10 * SECOND, target: { actor: controllerName(0) } }] },
  );
});
