/**
 * @module
 * A schedule: the steps of a trial that breaks the same things in the same order on every seed, at moments that differ. Steps read like the sentence they
 * stand for, `crash(leaderOf('orders', 0), { at: seconds(5), for: seconds(15) })`, and plot plain faults: all that remains of them is the fault plan, and what
 * an administrator is to ask for meanwhile.
 */
import type { FaultPlan, Weather } from '../../runtime/faults/plan.ts';
import { SECOND } from '../../runtime/index.ts';
import type { Micros } from '../../runtime/index.ts';
import { randomStream } from '../../runtime/random/random.ts';
import type { Random } from '../../runtime/random/random.ts';
import type { AdminAction } from './administration.ts';
import { fitting, planIn } from './scene.ts';
import type { FaultScene, UnnamedFault } from './scene.ts';

export interface Step {
  /** What it does, for a reader of `trial list`. */
  readonly says: string;
  /** Faults from `scene.fromUs` on. Those that are not over by the heal are shortened or left out. */
  plot(random: Random, scene: FaultScene): Plot;
}

export interface Plot {
  readonly faults: readonly UnnamedFault[];
  readonly weather?: readonly Weather[];
  readonly administration?: readonly AdminAction[];
}

/** A moment, counted from where faults begin, and how long it lasts; each seed adds a little to both. */
export interface When {
  /** At once if absent. */
  readonly at?: Micros;
  readonly for: Micros;
}

/** A step begins up to so much later than it says, and lasts up to so much longer. */
export const LATER_US_MAX: Micros = 2 * SECOND;
export const LONGER_US_MAX: Micros = SECOND;

/** The moment of a step on this seed. */
export function momentOf(random: Random, { fromUs }: FaultScene, when: When): { readonly at: Micros; readonly for: Micros } {
  return { at: fromUs + (when.at ?? 0) + random.between(0, LATER_US_MAX), for: when.for + random.between(0, LONGER_US_MAX) };
}

/** The plan that a schedule makes of a seed. Each step has a random stream of its own, so that a change of one shifts no other. */
export function planSchedule(steps: readonly Step[], seed: string, scene: FaultScene): FaultPlan {
  const plots = plotsOf(steps, seed, scene);
  const faults = plots.flatMap((plot) => plot.faults).flatMap((fault) => fitting(fault, scene.healUs) ?? []);
  return planIn(scene, faults, plots.flatMap(({ weather }) => weather ?? []));
}

/** What the administrator of a schedule is to ask for on a seed, in the order of time. */
export function planAdministration(steps: readonly Step[], seed: string, scene: FaultScene): readonly AdminAction[] {
  return plotsOf(steps, seed, scene).flatMap(({ administration }) => administration ?? []).toSorted((a, b) => a.at - b.at);
}

function plotsOf(steps: readonly Step[], seed: string, scene: FaultScene): Plot[] {
  return steps.map((step, i) => step.plot(randomStream(seed, `faults/step/${i}`), scene));
}

/** The step again and again, beginning at intervals of `period`, until the heal. */
export function every(period: Micros, step: Step): Step {
  return {
    says: `every ${period / SECOND} s ${step.says}`,
    plot(random, scene) {
      const faults: UnnamedFault[] = [];
      const administration: AdminAction[] = [];
      for (let fromUs = scene.fromUs; fromUs < scene.healUs; fromUs += period) {
        const plot = step.plot(random, { ...scene, fromUs });
        faults.push(...plot.faults);
        administration.push(...(plot.administration ?? []));
      }
      return { faults, administration };
    },
  };
}

/** Weather for as long as there are faults. */
export function weather(rates: Weather): Step {
  return { says: 'weather', plot: () => ({ faults: [], weather: [rates] }) };
}
