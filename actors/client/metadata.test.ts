import { expect, test } from 'vitest';
import { MILLISECOND, SECOND } from '../../runtime/index.ts';
import type { ActorContext, Task } from '../../runtime/index.ts';
import { runClient } from '../testing/run-client.ts';
import type { ClientRunOptions } from '../testing/run-client.ts';
import { ScriptedCluster } from '../testing/scripted-cluster.ts';
import { ClientMetadata } from './metadata.ts';
import { NetworkClient } from './network-client.ts';

const CONFIG = {
  'request.timeout.ms': 1_000,
  'reconnect.backoff.ms': 50,
  'reconnect.backoff.max.ms': 1_000,
  'socket.connection.setup.timeout.ms': 10_000,
  'socket.connection.setup.timeout.max.ms': 30_000,
  'retry.backoff.ms': 100,
  'retry.backoff.max.ms': 1_000,
  'metadata.max.age.ms': 20_000,
};

function run(cluster: ScriptedCluster, application: (metadata: ClientMetadata, context: ActorContext) => Task, options?: ClientRunOptions): void {
  runClient(
    cluster.actors,
    (context) => {
      const network = new NetworkClient(context, { config: CONFIG, maxInFlight: 5, onChange: () => metadata.connectionsChanged(), onDisconnect: () => metadata.requestUpdate() });
      const metadata = new ClientMetadata(context, network, { config: CONFIG, clientId: null, bootstrapServers: cluster.bootstrapServers, onUpdate: () => undefined });
      context.spawn(metadata.run());
      return application(metadata, context);
    },
    options,
  );
}

function times(cluster: ScriptedCluster): number[] {
  return cluster.seen('Metadata').map(({ at }) => at / MILLISECOND);
}

test('nothing is asked before there is a topic to ask for', () => {
  const cluster = new ScriptedCluster({ orders: 2 }, 2);
  run(cluster, function* (metadata, context) {
    yield* context.sleep(60 * SECOND);
    expect(cluster.requests).toEqual([]);
    metadata.addTopic('orders');
    expect(yield* metadata.awaitUpdate(SECOND)).toBe(true);
    expect(metadata.partitionCount('orders')).toBe(2);
    expect(metadata.leaderOf('orders', 1)).toEqual({ peer: 'broker-2', epoch: 0 });
    expect(metadata.leaderOf('orders', 2)).toBeUndefined();
    expect(metadata.partitionCount('payments')).toBeUndefined();
  });
});

test('it is refreshed when it is metadata.max.age.ms old', () => {
  const cluster = new ScriptedCluster({ orders: 1 });
  run(cluster, function* (metadata, context) {
    metadata.addTopic('orders');
    yield* context.sleep(61 * SECOND);
  });
  const [first, ...later] = times(cluster);
  expect(later.map((at) => Math.round((at - first!) / 1_000))).toEqual([20, 40, 60]);
});

test('requests for an update become one, with retry.backoff.ms between two; while they tell nothing new it doubles', () => {
  const cluster = new ScriptedCluster({ orders: 1 });
  run(cluster, function* (metadata, context) {
    metadata.addTopic('orders');
    for (let i = 0; i < 2_000; i += 1) {
      metadata.requestUpdate();
      yield* context.sleep(MILLISECOND);
    }
  });
  const at = times(cluster);
  const pauses = at.slice(1).map((time, i) => time - at[i]! - 2);
  [100, 100, 200, 400].forEach((ms, i) => {
    expect(pauses[i]).toBeGreaterThanOrEqual(ms * 0.8 - 1);
    expect(pauses[i]).toBeLessThanOrEqual(ms * 1.2 + 1);
  });
});

test('a new topic is asked for at once, beside the others', () => {
  const cluster = new ScriptedCluster({ orders: 1, payments: 3 });
  run(cluster, function* (metadata, context) {
    metadata.addTopic('orders');
    yield* metadata.awaitUpdate(SECOND);
    const before = context.now;
    metadata.addTopic('payments');
    yield* metadata.awaitUpdate(SECOND);
    expect(context.now - before).toBe(2 * MILLISECOND);
    expect(metadata.partitionCount('payments')).toBe(3);
  });
  expect(cluster.seen('Metadata')[1]!.request).toMatchObject({ topics: ['orders', 'payments'] });
});

test('RS-4: a leader epoch never goes back', () => {
  const cluster = new ScriptedCluster({ orders: 1 }, 2);
  cluster.elect('orders-0', 2);
  run(cluster, function* (metadata, context) {
    metadata.addTopic('orders');
    yield* metadata.awaitUpdate(SECOND);
    // A broker that lags behind still believes in the first leader.
    Object.assign(cluster.partition('orders-0'), { leaderId: 1, leaderEpoch: 0 });
    metadata.requestUpdate();
    yield* context.sleep(SECOND);
    expect(cluster.seen('Metadata')).toHaveLength(2);
    expect(metadata.leaderOf('orders', 0)).toEqual({ peer: 'broker-2', epoch: 1 });
  });
});

test('KIP-951: a hint is taken if it is newer and its broker is known', () => {
  run(new ScriptedCluster({ orders: 1 }, 2), function* (metadata) {
    metadata.addTopic('orders');
    yield* metadata.awaitUpdate(SECOND);
    for (const hint of [{ leaderId: -1, leaderEpoch: -1 }, { leaderId: 2, leaderEpoch: 0 }, { leaderId: 9, leaderEpoch: 5 }]) metadata.applyLeaderHint('orders', 0, hint);
    expect(metadata.leaderOf('orders', 0)).toEqual({ peer: 'broker-1', epoch: 0 });
    metadata.applyLeaderHint('orders', 0, { leaderId: 2, leaderEpoch: 1 });
    expect(metadata.leaderOf('orders', 0)).toEqual({ peer: 'broker-2', epoch: 1 });
    metadata.applyLeaderHint('payments', 0, { leaderId: 2, leaderEpoch: 1 });
  });
});

test('a partition without a leader is asked for until it has one', () => {
  const cluster = new ScriptedCluster({ orders: 1 });
  cluster.elect('orders-0', -1);
  run(cluster, function* (metadata, context) {
    metadata.addTopic('orders');
    yield* context.sleep(5 * SECOND);
    cluster.elect('orders-0', 1);
    yield* context.sleep(1_300 * MILLISECOND);
    expect(metadata.leaderOf('orders', 0)).toEqual({ peer: 'broker-1', epoch: 2 });
  });
});

test('a topic that is refused has an error, until it is not any more', () => {
  const cluster = new ScriptedCluster({ orders: 1 }).script('Metadata', { error: 'UNKNOWN_TOPIC_OR_PARTITION' });
  run(cluster, function* (metadata, context) {
    metadata.addTopic('orders');
    yield* metadata.awaitUpdate(SECOND);
    expect(metadata.topicError('orders')).toBe('UNKNOWN_TOPIC_OR_PARTITION');
    yield* context.sleep(SECOND);
    expect(metadata.topicError('orders')).toBeUndefined();
    expect(metadata.partitionCount('orders')).toBe(1);
  });
});

test('another broker is asked when one does not answer', () => {
  const cluster = new ScriptedCluster({ orders: 1 }, 3).script('Metadata', { isSilent: true });
  run(cluster, function* (metadata, context) {
    metadata.addTopic('orders');
    expect(yield* metadata.awaitUpdate(5 * SECOND)).toBe(true);
    expect(context.now).toBeLessThan(1_300 * MILLISECOND);
  });
});

test('as long as every broker refuses to connect, it goes on trying, with pauses', () => {
  const cluster = new ScriptedCluster({ orders: 1 }, 2);
  const refuse = cluster.bootstrapServers.map((actor) => ({ id: actor, kind: 'refuse', at: 0, for: 30 * SECOND, target: { actor } }) as const);
  run(
    cluster,
    function* (metadata, context) {
      metadata.addTopic('orders');
      expect(yield* metadata.awaitUpdate(60 * SECOND)).toBe(true);
      expect(context.now).toBeLessThan(32 * SECOND);
    },
    { faults: refuse },
  );
});
