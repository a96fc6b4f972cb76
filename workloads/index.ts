/** @module The face of the trials, for the command line and the benches. */
import { PROTOCOLS } from '../actors/protocols.ts';
import { declaredMetrics } from '../actors/metrics/catalogue.ts';
import type { FaultPlan } from '../runtime/faults/plan.ts';
import { DEFAULT_TRIAL, TRIALS } from './catalogue.ts';
import { ANOMALIES } from './checkers/anomalies.ts';
import type { AnomalyClass } from './checkers/checker.ts';
import { parseFaultPlan } from './faults/plan-schema.ts';
import { FAULT_PROFILES } from './faults/profiles.ts';
import { promisesOf, resolveTrial } from './resolved-trial.ts';
import { settingKeys } from './settings.ts';
import { createSimulation } from './simulation.ts';
import type { Trial, TrialArgument } from './trial.ts';

export { DEFAULT_TRIAL, promisesOf, resolveTrial, settingKeys as configKeys };
export { isFailure } from './verdict.ts';
export type { Strike, TrialVerdict } from './verdict.ts';
export type { Anomaly, AnomalyClass } from './checkers/checker.ts';
export type { Trial, TrialArgument } from './trial.ts';

/** URL of the module that workers load to build a trial. */
export const TRIAL_MODULE = new URL(import.meta.url.endsWith('.ts') ? './simulation.ts' : './simulation.js', import.meta.url).href;

export function trials(): readonly Trial[] {
  return TRIALS;
}

export function faultProfiles(): readonly { readonly name: string; readonly says: string }[] {
  return FAULT_PROFILES.map(({ name, says }) => ({ name, says }));
}

/** With the value of every switch. */
export function protocols(): readonly { readonly name: string; readonly says: string; readonly switches: Readonly<Record<string, string | boolean>> }[] {
  return Object.entries(PROTOCOLS).map(([name, { says, variant }]) => ({ name, says, switches: variant }));
}

export function metricNames(): ReturnType<typeof declaredMetrics> {
  return declaredMetrics();
}

export function anomalyNames(): readonly { readonly name: string; readonly row: string; readonly class: AnomalyClass; readonly says: string }[] {
  return ANOMALIES;
}

/** Checks an argument as a user gave it. Each problem is one sentence that names what was wrong and the nearest right thing. */
export function checkArgument(argument: TrialArgument): readonly string[] {
  const result = resolveTrial(argument);
  return 'problems' in result ? result.problems : [];
}

/** Names of the actors of this trial, in order, the plan that will be executed, and when the run ends at the latest. The argument has been checked. */
export function describeRun(argument: TrialArgument): { readonly actors: readonly string[]; readonly plan: FaultPlan; readonly virtualUs: number } {
  const { actors, faults, endsAt } = createSimulation(argument);
  return { actors: actors.map(({ name }) => name), plan: faults, virtualUs: endsAt };
}

/** A fault plan from a file or an artefact, for this argument, which has been checked. */
export function parsePlanFile(json: unknown, argument: TrialArgument): { readonly plan: FaultPlan } | { readonly errors: readonly string[] } {
  const bare = { ...argument, plan: undefined };
  const result = resolveTrial(bare);
  if ('problems' in result) return { errors: result.problems };
  const { topics, racks, phases } = result.resolved;
  return parseFaultPlan(json, {
    actors: describeRun(bare).actors,
    topics: Object.fromEntries(topics.map(({ name, partitions }) => [name, partitions])),
    replicationFactor: topics[0]!.replicationFactor,
    racks,
    healsAt: phases.healsAt,
  });
}
