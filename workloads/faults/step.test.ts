import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TimedFault } from '../../runtime/faults/plan.ts';
import { SECOND, milliseconds, seconds } from '../../runtime/index.ts';
import { TRIALS } from '../catalogue.ts';
import { activeController, allReplicasButOne, anyBroker, anyRack, everyBroker, followerOf, leaderOf, replicaOf } from './aim.ts';
import { parseFaultPlan } from './plan-schema.ts';
import { latestEndOf } from './role.ts';
import type { FaultScene } from './scene.ts';
import { LATER_US_MAX, LONGER_US_MAX, every, planSchedule, weather } from './step.ts';
import type { Step } from './step.ts';
import { clocksJump, crash, delayed, diskFull, diskHung, diskSlow, isolate, oneByOne, pause, powerLoss, rolling } from './steps.ts';
import { LIGHT_WEATHER } from './weathers.ts';

const numbered = (what: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${what}-${i}`);
const SCENE: FaultScene = {
  brokers: numbered('broker', 6), controllers: ['controller-0'], clients: ['producer-0', 'consumer-0'], topics: { orders: 6 }, replicationFactor: 3,
  racks: { 'rack-0': ['broker-0', 'broker-3'], 'rack-1': ['broker-1', 'broker-4'], 'rack-2': ['broker-2', 'broker-5'] }, fromUs: 7 * SECOND, healUs: 127 * SECOND,
};
const FOR = { for: seconds(10) };
const faultsOf = (step: Step, seed = '1', scene = SCENE): readonly TimedFault[] => planSchedule([step], seed, scene).timed;
const targetsOf = (step: Step, seed = '1'): unknown[] => faultsOf(step, seed).map(({ target }) => target);

describe('whom a step hits', () => {
  it.each<[string, Step, readonly object[]]>([
    ['a leader', crash(leaderOf('orders', 2), FOR), [{ role: 'leader of orders-2' }]],
    ['a follower', crash(followerOf('orders', 0), FOR), [{ role: 'follower of orders-0' }]],
    ['a replica', pause(replicaOf('orders', 0, 2), FOR), [{ role: 'replica 2 of orders-0' }]],
    ['the active controller', crash(activeController, FOR), [{ role: 'active controller' }]],
    ['everybody', powerLoss(everyBroker, FOR), SCENE.brokers.map((actor) => ({ actor }))],
    ['a role, cut off from everybody', isolate(leaderOf('orders', 0), 'brokers', FOR), [{ role: 'leader of orders-0' }]],
  ])('%s', (_what, step, targets) => {
    expect(targetsOf(step)).toEqual(targets);
  });

  it('every broker of one rack, and of another rack on another seed', () => {
    const racks = numbered('', 20).map((seed) => JSON.stringify(targetsOf(powerLoss(anyRack, FOR), seed)));
    expect(new Set(racks)).toEqual(new Set(Object.values(SCENE.racks).map((brokers) => JSON.stringify(brokers.map((actor) => ({ actor }))))));
  });

  it('every replica but one, whatever the replication factor', () => {
    for (const replicationFactor of [1, 2, 3, 5]) {
      const hit = faultsOf(crash(allReplicasButOne('orders', 0), FOR), '1', { ...SCENE, replicationFactor }).map(({ target }) => ('role' in target ? target.role : ''));
      expect(new Set(hit).size).toBe(replicationFactor - 1);
    }
  });

  it('a broker and all links to the others that are meant, and no link to itself', () => {
    expect(targetsOf(isolate({ says: 'x', targets: () => [{ actor: 'broker-1' }] }, 'brokers', FOR))).toEqual([{ between: ['broker-1'], and: ['broker-0', 'broker-2', 'broker-3', 'broker-4', 'broker-5'] }]);
    expect(targetsOf(isolate({ says: 'x', targets: () => [{ actor: 'broker-1' }] }, 'clients', FOR))).toEqual([{ between: ['broker-1'], and: ['producer-0', 'consumer-0'] }]);
    expect(targetsOf(isolate({ says: 'x', targets: () => [{ actor: 'controller-0' }] }, 'controllers', FOR))).toEqual([]);
  });

  it('all of them at the same instant', () => {
    expect(new Set(faultsOf(powerLoss(everyBroker, FOR)).map(({ at, for: us }) => `${at} ${us}`)).size).toBe(1);
  });
});

describe('when', () => {
  it('a little later than declared, for a little longer, and at another moment on every seed', () => {
    const faults = numbered('', 50).flatMap((seed) => faultsOf(crash(leaderOf('orders', 0), { at: seconds(20), for: seconds(10) }), seed));
    for (const { at, for: us } of faults) {
      expect(at - SCENE.fromUs - seconds(20)).toBeGreaterThanOrEqual(0);
      expect(at - SCENE.fromUs - seconds(20)).toBeLessThanOrEqual(LATER_US_MAX);
      expect(us - seconds(10)).toBeGreaterThanOrEqual(0);
      expect(us - seconds(10)).toBeLessThanOrEqual(LONGER_US_MAX);
    }
    expect(new Set(faults.map(({ at }) => at)).size).toBe(50);
  });

  it('again and again, until the heal', () => {
    expect(faultsOf(every(seconds(30), crash(anyBroker, FOR))).map(({ at }) => Math.floor((at - SCENE.fromUs) / seconds(30)))).toEqual([0, 1, 2, 3]);
  });

  it('one broker after the other, each once, the one back before the next goes', () => {
    const faults = faultsOf(rolling({ every: seconds(15), downFor: seconds(5), how: 'shutdown' }));
    expect(faults.map(({ target }) => ('actor' in target ? target.actor : '')).sort()).toEqual(SCENE.brokers);
    for (const [i, fault] of faults.slice(1).entries()) expect(fault.at).toBeGreaterThan(latestEndOf(faults[i]!));
  });

  it('replicas one by one: each stops while the one before is down, all are down together, and they start in the order in which they stopped', () => {
    for (const seed of numbered('', 20)) {
      const faults = faultsOf(oneByOne('orders', 0), seed);
      expect(faults.map(({ target }) => target)).toEqual([2, 1, 0].map((replica) => ({ role: `replica ${replica} of orders-0` })));
      const ends = faults.map(({ at, for: us }) => at + us);
      expect(faults[2]!.at).toBeLessThan(ends[0]!);
      expect(ends).toEqual(ends.toSorted((a, b) => a - b));
    }
  });

  it('a step draws nothing from another one, wherever it stands', () => {
    const [first, second] = [crash(leaderOf('orders', 0), FOR), pause(leaderOf('orders', 1), { at: seconds(40), for: seconds(10) })];
    const changed = planSchedule([every(seconds(30), crash(anyBroker, FOR)), second], '1', SCENE);
    expect(changed.timed.filter(({ kind }) => kind === 'pause').map(({ at }) => at)).toEqual(planSchedule([first, second], '1', SCENE).timed.filter(({ kind }) => kind === 'pause').map(({ at }) => at));
  });

  it('weather blows while there are faults', () => {
    expect(planSchedule([weather(LIGHT_WEATHER)], '1', SCENE)).toMatchObject({ timed: [], weather: [LIGHT_WEATHER], weatherFrom: SCENE.fromUs, weatherUntil: SCENE.healUs });
  });
});

const STEPS: readonly Step[] = [
  crash(leaderOf('orders', 0), FOR), powerLoss(anyRack, FOR), pause(followerOf('orders', 0), FOR), every(seconds(9), isolate(anyBroker, 'cluster', FOR)), delayed(anyBroker, 'clients', milliseconds(500), FOR),
  every(seconds(20), diskFull(leaderOf('orders', 0), FOR)), diskHung(anyBroker, FOR), diskSlow(anyBroker, milliseconds(50), FOR), rolling({ every: seconds(15), downFor: seconds(5), how: 'crash' }), oneByOne('orders', 0), clocksJump,
];
const anySeed = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String);
const anyScene = fc
  .record({ brokers: fc.integer({ min: 1, max: 6 }), controllers: fc.integer({ min: 0, max: 3 }), clients: fc.integer({ min: 1, max: 4 }), racks: fc.integer({ min: 1, max: 3 }), length: fc.integer({ min: 0, max: 200 * SECOND }) })
  .map(({ brokers, controllers, clients, racks, length }): FaultScene => ({
    brokers: numbered('broker', brokers), controllers: numbered('controller', controllers), clients: numbered('producer', clients), topics: { orders: 3 }, replicationFactor: Math.min(3, brokers),
    racks: Object.fromEntries(Array.from({ length: racks }, (_, rack) => [`rack-${rack}`, numbered('broker', brokers).filter((_name, i) => i % racks === rack)])), fromUs: 7 * SECOND, healUs: 7 * SECOND + length,
  }));

describe('every schedule, whatever the seed and the scene', () => {
  it('makes a plan that is valid as a file, in the order of time, and over by the heal', () => {
    fc.assert(
      fc.property(anySeed, anyScene, fc.subarray([...STEPS]), (seed, scene, steps) => {
        const plan = planSchedule(steps, seed, scene);
        const actors = [...scene.brokers, ...scene.controllers, ...scene.clients];
        expect(parseFaultPlan(JSON.parse(JSON.stringify(plan)), { ...scene, actors, healsAt: scene.healUs })).toEqual({ plan });
        for (const [i, fault] of plan.timed.entries()) {
          expect(fault.at).toBeGreaterThanOrEqual(Math.max(scene.fromUs, plan.timed[i - 1]?.at ?? 0));
          expect(latestEndOf(fault)).toBeLessThanOrEqual(scene.healUs);
        }
        expect(planSchedule(steps, seed, scene)).toEqual(plan);
      }),
      { numRuns: 100 },
    );
  });

  it('says what it does', () => {
    for (const { faults } of TRIALS) if (typeof faults !== 'string') for (const { says } of faults) expect(says).not.toBe('');
  });
});
