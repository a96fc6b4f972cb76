import { describe, expect, test } from 'vitest';
import { MILLISECOND, SECOND } from '../../runtime/index.ts';
import { brokerName, controllerName } from '../client/bootstrap.ts';
import { CONFIG_OPERATION, CONFIG_RESOURCE } from '../protocol/admin-messages.ts';
import { ERRORS, NONE } from '../protocol/errors.ts';
import { API_KEYS } from '../protocol/messages.ts';
import { createTopic, ofKind } from '../testing/cluster-scripts.ts';
import { runCluster } from '../testing/cluster.ts';
import { TestController } from '../testing/controller-state.ts';
import { incrementalAlterConfigs } from './config-control.ts';
import { createTopics } from './topic-control.ts';

const NO_ELR = { eligibleLeaderReplicas: false };

describe('registration (BL-1)', () => {
  test('the broker epoch is the offset of the registration record, and the broker begins fenced', () => {
    const controller = new TestController();
    expect(controller.register(4)).toEqual({ errorCode: NONE, brokerEpoch: 0 });
    expect(controller.register(5)).toEqual({ errorCode: NONE, brokerEpoch: 1 });
    expect(controller.records.map((record) => record.type === 'RegisterBroker' && record.brokerEpoch)).toEqual([0, 1]);
    expect(controller.state.image.brokers.get(4)).toMatchObject({ fenced: true, inControlledShutdown: false });
  });

  test('another incarnation is refused while the session of the one before lasts', () => {
    const controller = new TestController().withOrders();
    controller.now = 9 * SECOND;
    expect(controller.register(1, 'second').errorCode).toBe(ERRORS.DUPLICATE_BROKER_REGISTRATION.code);
    controller.now = 9 * SECOND + 1;
    expect(controller.register(1, 'second').errorCode).toBe(NONE);
  });

  test.each([
    ['though it shut down in good order', {}, 'DUPLICATE_BROKER_REGISTRATION'],
    ['unless it is fenced, up to 3.9 (fencedBrokersHaveNoSession)', { fencedBrokersHaveNoSession: true }, 'NONE'],
  ] as const)('%s', (_, variant, error) => {
    const controller = new TestController({}, variant).withOrders();
    expect(controller.heartbeat(1, { wantShutDown: true }).shouldShutDown).toBe(true);
    controller.now = SECOND;
    expect(controller.register(1, 'second', controller.epochOf(1)).errorCode).toBe(ERRORS[error].code);
  });

  test('a controller that has just become active knows of no session of a fenced broker', () => {
    const controller = new TestController();
    controller.register(1);
    expect(controller.state.sessions.isValid(1, 0)).toBe(false);
    expect(controller.register(1, 'second').errorCode).toBe(NONE);
  });

  test('the same incarnation registers again as it stands', () => {
    const controller = new TestController().withOrders();
    const before = controller.epochOf(1);
    expect(controller.register(1).errorCode).toBe(NONE);
    expect(controller.epochOf(1)).toBe(before);
    expect(controller.state.image.brokers.get(1)!.fenced).toBe(false);
    expect(controller.orders.isr).toEqual([0, 1, 2]);
  });
});

describe('a new incarnation, with too few in sync: broker 2 and then 1 have left (EL-10)', () => {
  function left(variant = {}): TestController {
    const controller = new TestController({}, variant).withOrders();
    for (const broker of [2, 1]) controller.heartbeat(broker, { wantFence: true });
    controller.now = 10 * SECOND;
    return controller;
  }

  test('after an unclean shutdown it is not eligible any more, and its registration is the last record', () => {
    const controller = left();
    expect(controller.orders).toMatchObject({ isr: [0], elr: [1] });
    controller.register(1, 'second', -1);
    expect(controller.orders).toMatchObject({ isr: [0], elr: [] });
    expect(controller.records.slice(-2).map(({ type }) => type)).toEqual(['PartitionChange', 'RegisterBroker']);
  });

  test('after a clean one it stays eligible', () => {
    const controller = left();
    controller.register(1, 'second', controller.epochOf(1));
    expect(controller.orders).toMatchObject({ isr: [0], elr: [1] });
  });

  test('a shutdown two incarnations ago is not this one', () => {
    const controller = left();
    controller.register(1, 'second', controller.epochOf(1) - 1);
    expect(controller.orders.elr).toEqual([]);
  });

  test('the leader, cleanly: it passes from the in-sync set to the eligible ones', () => {
    const controller = left();
    controller.heartbeat(0, { wantFence: true });
    expect(controller.orders).toMatchObject({ leader: -1, isr: [], lastKnownElr: [0] });
    controller.now = 20 * SECOND;
    controller.register(0, 'second', controller.epochOf(0));
    expect(controller.orders.elr).toEqual([1, 0]);
  });

  test('without eligible leader replicas nobody asks how it ended: the last one standing stays in sync (EL-5, B16)', () => {
    const controller = left(NO_ELR);
    controller.heartbeat(0, { wantFence: true });
    controller.now = 20 * SECOND;
    controller.register(0, 'second', -1);
    expect(controller.orders).toMatchObject({ leader: -1, isr: [0] });
    controller.heartbeat(0);
    expect(controller.orders).toMatchObject({ leader: 0, isr: [0] });
  });
});

test('another min.insync.replicas: nobody is eligible any more but who is in sync, and an offline partition waits for the last leader (EL-6)', () => {
  const controller = new TestController().withOrders();
  for (const broker of [2, 1, 0]) controller.heartbeat(broker, { wantFence: true });
  expect(controller.orders).toMatchObject({ leader: -1, isr: [], elr: [1, 0] });
  const { partitionEpoch, leaderEpoch } = controller.orders;
  const configs = [{ name: 'min.insync.replicas', configOperation: CONFIG_OPERATION.set, value: '3' }];
  incrementalAlterConfigs(controller.state, { apiKey: API_KEYS.IncrementalAlterConfigs, clientId: null, resources: [{ resourceType: CONFIG_RESOURCE.topic, resourceName: 'orders', configs }], validateOnly: false });
  expect(controller.orders).toMatchObject({ leader: -1, isr: [], elr: [], lastKnownElr: [], partitionEpoch: partitionEpoch + 1, leaderEpoch });
  controller.heartbeat(1);
  expect(controller.orders.leader).toBe(-1);
});

test('a topic is made though a broker is fenced: it gets replicas, and is not in sync (StripedReplicaPlacer)', () => {
  const controller = new TestController().withOrders();
  controller.heartbeat(1, { wantFence: true });
  const create = (name: string, replicationFactor: number): number => createTopics(controller.state, { apiKey: API_KEYS.CreateTopics, clientId: null, topics: [{ name, numPartitions: 3, replicationFactor, assignments: [], configs: [] }] }).topics[0]!.errorCode;
  expect(create('payments', 3)).toBe(NONE);
  for (const partition of [0, 1, 2]) {
    const { replicas, isr, leader } = controller.state.image.partition('payments', partition)!;
    expect(new Set(replicas)).toEqual(new Set([0, 1, 2]));
    expect(new Set(isr)).toEqual(new Set([0, 2]));
    expect([0, 2]).toContain(leader);
  }
  expect(create('refunds', 4)).toBe(ERRORS.INVALID_REPLICATION_FACTOR.code);
  for (const broker of [0, 2]) controller.heartbeat(broker, { wantFence: true });
  expect(create('refunds', 1)).toBe(ERRORS.INVALID_REPLICATION_FACTOR.code);
});

describe('heartbeats (BL-2)', () => {
  test('of a broker that is not registered, or is registered anew, are refused', () => {
    const controller = new TestController().withOrders();
    expect(controller.heartbeat(7).errorCode).toBe(ERRORS.STALE_BROKER_EPOCH.code);
    expect(controller.heartbeat(1, { brokerEpoch: 0 }).errorCode).toBe(ERRORS.STALE_BROKER_EPOCH.code);
  });

  test('keep the session alive', () => {
    const controller = new TestController().withOrders();
    controller.now = 5 * SECOND;
    controller.heartbeat(1);
    const { sessions } = controller.state;
    // Broker 2 was last heard of at 0 s. A session of 9 s is over when more than 9 s have passed.
    expect([sessions.isValid(1, 14 * SECOND), sessions.isValid(1, 14 * SECOND + 1)]).toEqual([true, false]);
    expect([sessions.isValid(2, 9 * SECOND), sessions.isValid(2, 9 * SECOND + 1)]).toEqual([true, false]);
    expect(sessions.endExpired(9 * SECOND)).toBeUndefined();
    expect([0, 1].map(() => sessions.endExpired(9 * SECOND + 1))).toEqual([0, 2]);
  });
});

describe('what becomes of a broker (BL-3)', () => {
  test.each([
    ['FENCED, has not read its registration: stays', {}, { currentMetadataOffset: -1 }, { isFenced: true, isCaughtUp: false, shouldShutDown: false }],
    ['FENCED, wants to stay so', {}, { wantFence: true }, { isFenced: true, isCaughtUp: true, shouldShutDown: false }],
    ['FENCED, has read its registration: UNFENCED (EL-8)', {}, {}, { isFenced: false, isCaughtUp: true, shouldShutDown: false }],
    ['FENCED, wants to go: SHUTDOWN_NOW', {}, { wantShutDown: true }, { isFenced: true, isCaughtUp: true, shouldShutDown: true }],
    ['unfencesEarly (B59): has not read its registration, and is unfenced', { unfencesEarly: true }, { currentMetadataOffset: -1 }, { isFenced: false, isCaughtUp: false, shouldShutDown: false }],
  ])('%s', (_, variant, heartbeat, answer) => {
    const controller = new TestController({}, variant);
    controller.register(3);
    expect(controller.heartbeat(3, heartbeat)).toMatchObject(answer);
  });

  test('UNFENCED, wants to be fenced: FENCED, and leads nothing (EL-7)', () => {
    const controller = new TestController().withOrders();
    expect(controller.heartbeat(0, { wantFence: true })).toMatchObject({ isFenced: true, shouldShutDown: false });
    expect(controller.orders).toMatchObject({ leader: 1, isr: [1, 2], leaderEpoch: 1 });
  });

  test('UNFENCED, wants to go and leads nothing: SHUTDOWN_NOW', () => {
    const controller = new TestController().withOrders();
    expect(controller.heartbeat(1, { wantShutDown: true })).toMatchObject({ isFenced: true, shouldShutDown: true });
    expect(controller.orders.isr).toEqual([0, 2]);
  });

  test('a leader that wants to go may when every active broker has read that another leads (EL-9)', () => {
    const controller = new TestController().withOrders();
    const before = controller.records.length - 1;
    expect(controller.heartbeat(0, { wantShutDown: true })).toMatchObject({ isFenced: false, shouldShutDown: false });
    expect(controller.orders).toMatchObject({ leader: 1, isr: [1, 2] });
    expect(controller.state.image.brokers.get(0)!.inControlledShutdown).toBe(true);
    expect(controller.heartbeat(0, { wantShutDown: true }).shouldShutDown).toBe(false);
    controller.heartbeat(1);
    controller.heartbeat(2, { currentMetadataOffset: before });
    expect(controller.heartbeat(0, { wantShutDown: true }).shouldShutDown).toBe(false);
    controller.heartbeat(2);
    expect(controller.heartbeat(0, { wantShutDown: true })).toMatchObject({ isFenced: true, shouldShutDown: true });
  });

  test('the last one in sync goes, too: with eligible leader replicas nobody is in sync then, without it stays (EL-5, EL-9)', () => {
    for (const [variant, isr] of [[{}, []], [NO_ELR, [0]]] as const) {
      const controller = new TestController({}, variant).withOrders();
      for (const broker of [2, 1]) controller.heartbeat(broker, { wantFence: true });
      controller.heartbeat(0, { wantShutDown: true });
      expect(controller.orders).toMatchObject({ leader: -1, isr });
      expect(controller.heartbeat(0, { wantShutDown: true }).shouldShutDown).toBe(true);
    }
  });
});

test('a new controller gives every broker a fresh session, and fences those that are gone one after the other (BL-5)', () => {
  const restartAt = 8 * SECOND;
  const run = runCluster({
    faults: [
      ...[1, 2].map((id) => ({ id: `f${id}`, kind: 'crash' as const, at: 6 * SECOND, for: 60 * SECOND, target: { actor: brokerName(id) } })),
      { id: 'c', kind: 'crash', at: restartAt - SECOND, for: SECOND, target: { actor: controllerName(0) } },
    ],
    scripts: {
      *client(context) {
        yield* createTopic(context);
        yield* context.sleep(20 * SECOND);
      },
    },
  });
  const fenced = ofKind(run, 'broker-fenced');
  expect(fenced.map(({ broker }) => broker).toSorted((a, b) => a - b)).toEqual([1, 2]);
  const activated = ofKind(run, 'controller-activated').at(-1)!;
  expect(activated.time).toBeGreaterThan(restartAt);
  expect(fenced[0]!.time - activated.time).toBeGreaterThanOrEqual(9 * SECOND);
  // It looks eight times in a session.
  expect(fenced[0]!.time - activated.time).toBeLessThan((9 * SECOND * 9) / 8 + 100 * MILLISECOND);
  // Each is a decision of its own.
  const changes = ofKind(run, 'partition-changed').filter(({ time }) => time >= fenced[0]!.time);
  expect(changes.map(({ isr }) => isr.length)).toEqual([2, 1]);
});

test('unfencesEarly (B59): a broker that is back takes up the leadership it held, with the log that a loss of power has left it', () => {
  const led = (unfencesEarly: boolean): readonly number[][] => {
    const run = runCluster({
      protocol: { unfencesEarly },
      faults: [{ id: 'f1', kind: 'power-loss', at: 5 * SECOND, for: SECOND, target: { actor: brokerName(0) } }],
      scripts: {
        *client(context) {
          yield* createTopic(context);
          yield* context.sleep(25 * SECOND);
        },
      },
    });
    return ofKind(run, 'leader-started').map(({ broker, leaderEpoch }) => [broker, leaderEpoch]);
  };
  expect(led(false)).toEqual([[0, 0], [1, 1]]);
  expect(led(true).slice(0, 2)).toEqual([[0, 0], [0, 0]]);
});
