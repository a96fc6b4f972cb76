import { describe, expect, it } from 'vitest';
import { Admin } from '../../actors/admin/admin.ts';
import { brokerName } from '../../actors/client/bootstrap.ts';
import { ADMIN_CONFIG } from '../../actors/config/admin-config.ts';
import { parseConfig } from '../../actors/config/config-definition.ts';
import { ofKind } from '../../actors/testing/cluster-scripts.ts';
import { runCluster } from '../../actors/testing/cluster.ts';
import { SECOND, seconds } from '../../runtime/index.ts';
import { SimulatorError } from '../../runtime/simulator-error.ts';
import { administrator } from '../applications/administrator.ts';
import { alterConfig, electLeaders, reassign } from './administration.ts';
import type { AdminAction } from './administration.ts';
import { anyBroker, followerOf, leaderOf, replicaOf } from './aim.ts';
import type { FaultScene } from './scene.ts';
import { LATER_US_MAX, every, planAdministration, planSchedule } from './step.ts';
import type { Step } from './step.ts';

const SCENE: FaultScene = { brokers: ['broker-0'], controllers: ['controller-0'], clients: ['producer-0'], topics: { orders: 3 }, replicationFactor: 3, racks: {}, fromUs: 7 * SECOND, healUs: 60 * SECOND };
const actionsOf = (step: Step, seed = '1'): readonly AdminAction[] => planAdministration([step], seed, SCENE);

describe('steps of administration', () => {
  it('break nothing, come a little later than declared, and at another moment on every seed', () => {
    const steps = [electLeaders('preferred', { at: seconds(5) }), reassign(leaderOf('orders', 0), { at: seconds(5) })];
    expect(planSchedule(steps, '1', SCENE).timed).toEqual([]);
    const moments = Array.from({ length: 20 }, (_, seed) => actionsOf(steps[0]!, String(seed))[0]!.at);
    for (const at of moments) expect(at - SCENE.fromUs - seconds(5)).toBeLessThanOrEqual(LATER_US_MAX);
    expect(new Set(moments).size).toBe(20);
  });

  it('come again and again, and not after the heal', () => {
    expect(actionsOf(every(seconds(20), electLeaders('preferred', { at: seconds(14) }))).map(({ at }) => Math.floor((at - SCENE.fromUs) / seconds(10)))).toEqual([1, 3]);
    expect(actionsOf(electLeaders('unclean', { at: seconds(60) }))).toEqual([]);
  });

  it.each([
    [leaderOf('orders', 1), { kind: 'leader', topic: 'orders', partition: 1 }],
    [followerOf('orders', 0), { kind: 'follower', topic: 'orders', partition: 0 }],
    [replicaOf('orders', 0, 2), { kind: 'replica', topic: 'orders', partition: 0, replica: 2 }],
  ])('move the replica that plays a role: %j', (aim, role) => {
    expect(actionsOf(reassign(aim, {}))).toMatchObject([{ kind: 'reassign', role }]);
  });

  it('move nothing that is no replica', () => {
    expect(() => actionsOf(reassign(anyBroker, {}))).toThrow(SimulatorError);
  });

  it('take a config back when its time is over, at the heal at the latest', () => {
    const [set, reset] = actionsOf(alterConfig('orders', { 'min.insync.replicas': '3' }, { at: seconds(5), for: seconds(10) }));
    expect([set, reset]).toMatchObject([{ ops: [{ name: 'min.insync.replicas', value: '3' }] }, { ops: [{ name: 'min.insync.replicas', value: null }] }]);
    expect(reset!.at - set!.at).toBeGreaterThanOrEqual(seconds(10));
    expect(actionsOf(alterConfig('orders', { 'min.insync.replicas': '3' }, { at: seconds(5), for: seconds(100) })).at(-1)!.at).toBe(SCENE.healUs);
  });
});

describe('the administrator', () => {
  it('has configs changed, leaders elected and replicas moved, and waits for whoever cannot answer', () => {
    const minIsr: (string | null)[] = [];
    const run = runCluster({
      faults: [{ id: 'f1', kind: 'crash', at: 9 * SECOND, for: 3 * SECOND, target: { actor: 'controller-0' } }],
      scripts: {
        *client(context) {
          const bootstrap = [0, 1, 2].map(brokerName);
          const admin = new Admin(context, { clientId: 'test', bootstrapServers: bootstrap, config: parseConfig(ADMIN_CONFIG, {}) });
          while ((yield* admin.createTopics([{ name: 'orders', replicasAssignments: [[0, 1]] }]))[0]!.error !== 'NONE') yield* context.sleep(SECOND / 10);
          const topic = 'orders';
          const actions: AdminAction[] = [
            { kind: 'alter-config', topic, ops: [{ name: 'min.insync.replicas', value: '2' }], at: 8 * SECOND },
            { kind: 'reassign', role: { kind: 'leader', topic, partition: 0 }, at: 10 * SECOND },
            { kind: 'reassign', role: { kind: 'replica', replica: 1, topic, partition: 0 }, at: 18 * SECOND },
            { kind: 'elect-leaders', type: 'preferred', partitions: null, at: 22 * SECOND },
            { kind: 'alter-config', topic, ops: [{ name: 'min.insync.replicas', value: null }], at: 24 * SECOND },
          ];
          administrator({ bootstrap, brokers: [0, 1, 2], actions, until: 30 * SECOND }).start(context);
          for (const at of [9, 26]) {
            yield* context.sleep(at * SECOND - context.now - SECOND / 10);
            minIsr.push((yield* admin.describeConfigs(topic)).find(({ name }) => name === 'min.insync.replicas')!.value);
          }
        },
      },
    });
    expect(minIsr).toEqual(['2', '1']);
    expect(ofKind(run, 'reassignment-begun').map(({ replicas }) => replicas)).toEqual([[2, 1], [2, 0]]);
    expect(ofKind(run, 'partition-changed').at(-1)).toMatchObject({ leader: 2, replicas: [2, 0], isr: expect.arrayContaining([0, 2]) as number[] });
  });
});
