import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isProcessFault } from '../../runtime/faults/plan.ts';
import type { FaultPlan, Target, TimedFault } from '../../runtime/faults/plan.ts';
import { SECOND } from '../../runtime/index.ts';
import { clockTime } from '../checkers/words.ts';
import { parseFaultPlan } from './plan-schema.ts';
import { FAULT_PROFILES, planFaults } from './profiles.ts';
import { latestEndOf } from './role.ts';
import type { FaultScene } from './scene.ts';

const numbered = (what: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${what}-${i}`);
const SCENE: FaultScene = { brokers: numbered('broker', 3), controllers: ['controller-0'], clients: ['producer-0', 'producer-1', 'consumer-0'], topics: { orders: 6 }, fromUs: 7 * SECOND, healUs: 65 * SECOND };
const SESSION_US = 9 * SECOND;

const anySeed = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String);
const anyScene: fc.Arbitrary<FaultScene> = fc
  .record({ brokers: fc.integer({ min: 1, max: 5 }), controllers: fc.integer({ min: 0, max: 3 }), clients: fc.integer({ min: 0, max: 4 }), partitions: fc.integer({ min: 0, max: 6 }), from: fc.integer({ min: 0, max: 10 * SECOND }), length: fc.integer({ min: 0, max: 300 * SECOND }) })
  .map(({ brokers, controllers, clients, partitions, from, length }) => ({
    brokers: numbered('broker', brokers), controllers: numbered('controller', controllers), clients: numbered('producer', clients), topics: partitions === 0 ? {} : { orders: partitions }, fromUs: from, healUs: from + length,
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
    expect(['crash', 'network', 'mixed'].flatMap((profile) => ['1', '8814'].map((seed) => `${profile}, seed ${seed}\n${told(planFaults(profile, seed, SCENE))}`)).join('\n\n')).toMatchInlineSnapshot();
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

  describe.each(FAULT_PROFILES.map(({ name }) => name))('%s, whatever the seed and the scene', (profile) => {
    it('makes a plan that is valid as a file, in the order of time, and over by the heal', () => {
      fc.assert(
        fc.property(anySeed, anyScene, (seed, scene) => {
          const plan = planFaults(profile, seed, scene);
          fc.pre(scene.healUs > scene.fromUs);
          expect(parseFaultPlan(JSON.parse(JSON.stringify(plan)), actorsOf(scene))).toEqual({ plan });
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
          const deaths = planFaults(profile, seed, scene).timed.filter((fault) => isDown(fault) || fault.kind === 'pause');
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
    const forms = new Set(faults.map(({ kind, target }) => `${isProcessFault(kind) ? 'process' : 'link'} ${Object.keys(target)[0]}`));
    expect([...forms].sort((a, b) => (a < b ? -1 : 1))).toEqual(['link between', 'link from', 'link role', 'process actor', 'process role']);
  });
});
