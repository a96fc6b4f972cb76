import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isDiskFaultKind, isLinkFaultKind } from '../../runtime/faults/plan.ts';
import type { FaultPlan, Target, TimedFault } from '../../runtime/faults/plan.ts';
import { SECOND } from '../../runtime/index.ts';
import { clockTime } from '../checkers/words.ts';
import { parseFaultPlan } from './plan-schema.ts';
import { FAULT_PROFILES, planFaults } from './profiles.ts';
import { latestEndOf } from './role.ts';
import type { FaultScene } from './scene.ts';

const numbered = (what: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${what}-${i}`);
const SCENE: FaultScene = { brokers: numbered('broker', 3), controllers: ['controller-0'], clients: ['producer-0', 'producer-1', 'consumer-0'], topics: { orders: 6 }, replicationFactor: 3, racks: { 'rack-0': numbered('broker', 3) }, fromUs: 7 * SECOND, healUs: 65 * SECOND };
const SESSION_US = 9 * SECOND;

const anySeed = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String);
const anyScene: fc.Arbitrary<FaultScene> = fc
  .record({ brokers: fc.integer({ min: 1, max: 5 }), controllers: fc.integer({ min: 0, max: 3 }), clients: fc.integer({ min: 0, max: 4 }), partitions: fc.integer({ min: 0, max: 6 }), from: fc.integer({ min: 0, max: 10 * SECOND }), length: fc.integer({ min: 0, max: 300 * SECOND }) })
  .map(({ brokers, controllers, clients, partitions, from, length }) => ({
    brokers: numbered('broker', brokers), controllers: numbered('controller', controllers), clients: numbered('producer', clients), topics: partitions === 0 ? {} : { orders: partitions }, replicationFactor: Math.min(3, brokers), racks: { 'rack-0': numbered('broker', brokers) }, fromUs: from, healUs: from + length,
  }));
const actorsOf = ({ brokers, controllers, clients }: FaultScene): string[] => [...brokers, ...controllers, ...clients];
const isDown = ({ kind }: TimedFault): boolean => kind === 'crash' || kind === 'power-loss';

/** A plan as a person reads it, one fault a line. */
function told({ timed }: FaultPlan): string {
  const targetText = (target: Target): string => {
    if ('actor' in target) return target.actor;
    if ('role' in target) return target.role;
    return 'from' in target ? `${target.from.join('+')} > ${target.to.join('+')}` : `${target.between.join('+')} <> ${target.and.join('+')}`;
  };
  return timed.map(({ id, kind, at, for: duration, target, amount }) => `${id} ${clockTime(at)} +${clockTime(duration)} ${kind} ${targetText(target)}${amount === undefined ? '' : ` (${amount})`}`).join('\n');
}

describe('fault profiles', () => {
  it('no regression: what a seed generates', () => {
    expect(['crash', 'network', 'mixed'].flatMap((profile) => ['1', '8814'].map((seed) => `${profile}, seed ${seed}\n${told(planFaults(profile, seed, SCENE))}`)).join('\n\n')).toMatchInlineSnapshot(`
      "crash, seed 1
      f1 00:10.775 +00:02.029 crash leader of orders-5
      f2 00:23.478 +00:10.519 crash broker-0
      f3 00:41.203 +00:02.492 crash controller-0
      f4 00:51.602 +00:01.634 crash controller-0
      f5 00:59.104 +00:02.795 crash leader of orders-5

      crash, seed 8814
      f1 00:10.433 +00:10.380 crash broker-0
      f2 00:29.060 +00:03.324 crash leader of orders-4
      f3 00:39.722 +00:01.503 crash controller-0
      f4 00:45.518 +00:03.034 crash leader of orders-3
      f5 01:00.130 +00:02.975 crash controller-0

      network, seed 1
      f1 00:11.147 +00:01.207 refuse broker-2
      f2 00:11.818 +00:01.455 slow producer-1 <> broker-2 (100000)
      f3 00:13.001 +00:06.058 partition broker-1 > controller-0
      f4 00:16.090 +00:04.084 partition leader of orders-2
      f5 00:19.900 +00:00.000 reset broker-0 <> controller-0
      f6 00:21.943 +00:08.015 partition producer-0 <> broker-0
      f7 00:25.151 +00:01.275 delay broker-1 <> broker-0+broker-2+controller-0 (64549)
      f8 00:25.254 +00:02.761 slow broker-1 <> broker-2 (500000)
      f9 00:25.779 +00:03.269 refuse broker-2
      f10 00:30.191 +00:00.000 half-open producer-0 <> broker-2
      f11 00:30.677 +00:00.000 reset broker-0 <> broker-1
      f12 00:33.468 +00:00.000 reset consumer-0 <> broker-0
      f13 00:33.582 +00:00.000 reset producer-1 <> broker-0
      f14 00:34.523 +00:01.714 partition broker-0 <> broker-1+broker-2+controller-0
      f15 00:37.151 +00:09.768 partition broker-0 > broker-2
      f16 00:37.560 +00:01.874 refuse broker-1
      f17 00:40.634 +00:09.710 partition leader of orders-3
      f18 00:43.034 +00:02.372 delay producer-0 <> broker-1 (350751)
      f19 00:43.770 +00:00.000 half-open broker-0 <> broker-1
      f20 00:44.143 +00:00.000 reset broker-0 <> broker-1+broker-2+controller-0
      f21 00:50.282 +00:00.635 delay broker-0 <> broker-2 (465856)
      f22 00:51.945 +00:05.502 partition broker-2 <> broker-0+broker-1+controller-0
      f23 00:53.084 +00:00.745 refuse broker-1
      f24 00:56.032 +00:00.000 half-open consumer-0 <> broker-0
      f25 00:58.922 +00:04.288 refuse broker-1

      network, seed 8814
      f1 00:09.779 +00:01.149 delay broker-2 <> broker-1 (676882)
      f2 00:14.127 +00:11.758 partition broker-2 <> controller-0
      f3 00:14.449 +00:02.799 delay broker-2 <> controller-0 (313389)
      f4 00:17.472 +00:00.000 reset broker-1 <> controller-0
      f5 00:19.502 +00:00.000 reset broker-0 <> controller-0
      f6 00:22.604 +00:02.667 jam broker-0 <> broker-2
      f7 00:29.228 +00:03.492 partition producer-0 <> broker-1
      f8 00:30.722 +00:00.617 jam broker-0 > broker-1+broker-2+controller-0
      f9 00:32.940 +00:04.379 slow broker-0 <> controller-0 (100000)
      f10 00:33.123 +00:10.285 partition leader of orders-4
      f11 00:34.576 +00:04.183 partition broker-1 > broker-0+broker-2+controller-0
      f12 00:35.444 +00:09.400 partition broker-1 <> broker-2
      f13 00:35.779 +00:11.622 partition broker-1 <> controller-0
      f14 00:36.750 +00:00.000 half-open broker-0 <> broker-1+broker-2+controller-0
      f15 00:38.648 +00:01.974 delay broker-2 <> controller-0 (462202)
      f16 00:39.896 +00:00.897 partition producer-0 <> broker-0
      f17 00:40.433 +00:00.000 half-open broker-2 <> broker-0+broker-1+controller-0
      f18 00:46.386 +00:00.000 reset consumer-0 <> broker-2
      f19 00:48.189 +00:03.863 jam producer-0 <> broker-1
      f20 00:48.683 +00:07.746 jam broker-2 <> controller-0
      f21 00:53.746 +00:10.638 partition broker-2 <> broker-0+broker-1+controller-0
      f22 00:58.957 +00:00.000 half-open broker-0 <> broker-1+broker-2+controller-0
      f23 00:59.518 +00:04.948 partition producer-1 <> broker-1
      f24 01:03.939 +00:00.000 reset producer-1 <> broker-0

      mixed, seed 1
      f1 00:10.775 +00:02.029 pause leader of orders-5
      f2 00:16.954 +00:01.207 refuse broker-2
      f3 00:17.055 +00:07.395 clock-skew producer-0 (30000000)
      f4 00:18.563 +00:01.455 slow producer-1 <> broker-2 (100000)
      f5 00:21.403 +00:06.058 partition broker-1 > controller-0
      f6 00:23.478 +00:10.519 power-loss broker-0
      f7 00:28.817 +00:04.084 partition leader of orders-2
      f8 00:34.433 +00:01.700 clock-skew producer-0 (-30000000)
      f9 00:37.960 +00:00.000 reset broker-0 <> controller-0
      f10 00:42.865 +00:08.015 partition producer-0 <> broker-0
      f11 00:47.512 +00:05.240 clock-skew controller-0 (-2000000)
      f12 00:50.562 +00:01.275 delay broker-1 <> broker-0+broker-2+controller-0 (64549)
      f13 00:50.678 +00:13.898 clock-skew producer-0 (-2000000)
      f14 00:50.811 +00:02.761 slow broker-1 <> broker-2 (500000)
      f15 00:51.669 +00:13.330 pause consumer-0
      f16 00:52.071 +00:03.269 refuse broker-2
      f17 00:56.896 +00:05.538 clock-skew broker-1 (-50000)
      f18 01:02.658 +00:00.000 half-open producer-0 <> broker-2
      f19 01:03.826 +00:00.000 reset broker-0 <> broker-1

      mixed, seed 8814
      f1 00:10.433 +00:10.380 crash broker-0
      f2 00:13.670 +00:01.149 delay broker-2 <> broker-1 (676882)
      f3 00:24.105 +00:11.758 partition broker-2 <> controller-0
      f4 00:24.879 +00:02.799 delay broker-2 <> controller-0 (313389)
      f5 00:29.060 +00:03.324 power-loss leader of orders-4
      f6 00:32.134 +00:00.000 reset broker-1 <> controller-0
      f7 00:37.006 +00:00.000 reset broker-0 <> controller-0
      f8 00:44.450 +00:02.667 jam broker-0 <> broker-2
      f9 00:50.683 +00:01.503 crash controller-0
      f10 00:51.157 +00:03.592 clock-skew consumer-0 (-2000000)
      f11 00:54.101 +00:05.422 clock-skew broker-1 (50000)
      f12 00:55.404 +00:04.889 clock-skew broker-1 (2000000)
      f13 00:56.479 +00:03.034 crash leader of orders-3
      f14 01:00.347 +00:03.492 partition producer-0 <> broker-1
      f15 01:02.328 +00:02.333 clock-skew producer-1 (30000000)
      f16 01:03.932 +00:00.617 jam broker-0 > broker-1+broker-2+controller-0"
    `);
  });

  it('none does nothing, and mild leaves everything to the weather', () => {
    expect(planFaults('none', '1', SCENE)).toMatchObject({ timed: [], weather: [] });
    expect(planFaults('mild', '1', SCENE)).toMatchObject({ timed: [], weather: [{}], weatherFrom: SCENE.fromUs, weatherUntil: SCENE.healUs });
  });

  it('refuses a profile that does not exist', () => {
    expect(() => planFaults('wild', '1', SCENE)).toThrow('there is no fault profile wild');
  });

  it('a new profile or another one draws nothing from this one: the process faults of a seed are its own', () => {
    const crashes = planFaults('crash', '5', SCENE).timed;
    expect(planFaults('crash', '5', { ...SCENE, topics: { ...SCENE.topics } }).timed).toEqual(crashes);
    expect(planFaults('crash', '6', SCENE).timed).not.toEqual(crashes);
  });

  it('disk: must happen over a hundred seeds: every fault that a cluster must survive, of every length, of any broker and of leaders', () => {
    const faults = Array.from({ length: 100 }, (_, i) => planFaults('disk', String(i), SCENE).timed).flat();
    expect([...new Set(faults.map(({ kind }) => kind))].sort((a, b) => (a < b ? -1 : 1))).toEqual(['disk-error', 'disk-fsync-error', 'disk-full', 'disk-hung', 'disk-slow']);
    expect(faults.some((fault) => fault.for < SESSION_US)).toBe(true);
    expect(faults.some((fault) => fault.for > 30 * SECOND)).toBe(true);
    expect(new Set(faults.map(({ target }) => Object.keys(target)[0]))).toEqual(new Set(['actor', 'role']));
  });

  describe.each(FAULT_PROFILES.map(({ name }) => name))('%s, whatever the seed and the scene', (profile) => {
    it('makes a plan that is valid as a file, in the order of time, and over by the heal', () => {
      fc.assert(
        fc.property(anySeed, anyScene, (seed, scene) => {
          const plan = planFaults(profile, seed, scene);
          fc.pre(scene.healUs > scene.fromUs);
          expect(parseFaultPlan(JSON.parse(JSON.stringify(plan)), { ...scene, actors: actorsOf(scene), healsAt: scene.healUs })).toEqual({ plan });
          for (const [i, fault] of plan.timed.entries()) {
            expect(fault.at).toBeGreaterThanOrEqual(Math.max(scene.fromUs, plan.timed[i - 1]?.at ?? 0));
            expect(latestEndOf(fault)).toBeLessThanOrEqual(scene.healUs);
          }
        }),
        { numRuns: 50 },
      );
    });

    it('never has two processes down or paused at once, and lets the cluster recover in between', () => {
      fc.assert(
        fc.property(anySeed, anyScene, (seed, scene) => {
          const deaths = planFaults(profile, seed, scene).timed.filter((fault) => isDown(fault) || fault.kind === 'pause' || isDiskFaultKind(fault.kind));
          for (const [i, fault] of deaths.slice(0, -1).entries()) {
            const gap = deaths[i + 1]!.at - latestEndOf(fault);
            expect(gap).toBeGreaterThanOrEqual(fault.kind === 'power-loss' ? 15 * SECOND : 4 * SECOND);
          }
        }),
        { numRuns: 50 },
      );
    });
  });

  it('must happen over a hundred seeds: every kind of fault, both lengths of an outage, every kind of target', () => {
    const seeds = Array.from({ length: 100 }, (_, i) => String(i));
    const faults = seeds.flatMap((seed) => ['crash', 'network', 'mixed'].flatMap((profile) => planFaults(profile, seed, SCENE).timed));
    expect([...new Set(faults.map(({ kind }) => kind))].sort((a, b) => (a < b ? -1 : 1))).toEqual(['clock-skew', 'crash', 'delay', 'half-open', 'jam', 'partition', 'pause', 'power-loss', 'refuse', 'reset', 'slow']);
    const brokerCrashes = faults.filter(({ kind, target }) => kind === 'crash' && 'actor' in target && target.actor.startsWith('broker'));
    expect(brokerCrashes.some((fault) => fault.for > SESSION_US)).toBe(true);
    expect(brokerCrashes.some((fault) => fault.for < SESSION_US)).toBe(true);
    const forms = new Set(faults.map(({ kind, target }) => `${isLinkFaultKind(kind) ? 'link' : 'process'} ${Object.keys(target)[0]}`));
    expect([...forms].sort((a, b) => (a < b ? -1 : 1))).toEqual(['link between', 'link from', 'link role', 'process actor', 'process role']);
  });
});
