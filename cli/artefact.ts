/**
 * @module
 * A failure, kept: all that is needed to run it again, and what it came to. The plan stands as it was executed, so that a strike can
 * be switched off by hand (`plan.switchedOff`); a hash over argument and plan tells whether anybody did.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { FaultPlan } from '../runtime/faults/plan.ts';
import { createHasher } from '../runtime/workers/hasher.ts';
import type { Anomaly } from '../workloads/checkers/checker.ts';
import type { TrialArgument } from '../workloads/trial.ts';
import { checked } from './argument.ts';
import { commit, version } from './commit.ts';
import { ARTEFACT_FORMAT, readJson, writeWhole } from './files.ts';
import type { TrialRun } from './trial-run.ts';
import type { Trials } from './trials.ts';
import { UsageError, problemsOf } from './usage-error.ts';

const VERSION = 1;

const anomalyFields = z.object({
  name: z.string(),
  row: z.string(),
  class: z.enum(['safety', 'liveness', 'availability']),
  byDesign: z.string().nullable(),
  time: z.number(),
  causedAt: z.number().optional(),
  detail: z.string(),
});
/** An artefact of before it was recorded when an anomaly came about. */
const anomalySchema = anomalyFields.transform((anomaly) => ({ ...anomaly, causedAt: anomaly.causedAt ?? anomaly.time }));

const artefactSchema = z.object({
  format: z.literal(ARTEFACT_FORMAT),
  version: z.literal(VERSION),
  /** Without its plan, which stands below. */
  argument: z.strictObject({
    workload: z.string(),
    seed: z.string().regex(/^\d{1,20}$/, 'a seed is a whole number, as a string'),
    protocol: z.string(),
    durationUs: z.int().positive().optional(),
    settings: z.record(z.string(), z.string()),
    faults: z.string().optional(),
  }),
  /** As executed. What it may hold is checked by the trials. */
  plan: z.looseObject({ switchedOff: z.array(z.string()) }),
  /** xxh64 over argument and plan. */
  planHash: z.string(),
  digest: z.string(),
  anomalies: z.array(anomalySchema),
  /** µs of virtual time. */
  endedAt: z.number(),
  /** It was ended by hand: digest and verdict are of its beginning only. */
  stopped: z.boolean(),
  /** Of the code that made it; see `commit.ts`. */
  commit: z.string(),
  /** Version of kafka-trial. */
  createdBy: z.string(),
});

export type Artefact = z.infer<typeof artefactSchema>;

/** An artefact, ready to be run again. */
export interface Recorded {
  readonly artefact: Artefact;
  /** With the plan as executed, or as edited since. */
  readonly argument: TrialArgument;
  /** Argument or plan are not what was run: it promises to run, and nothing more. */
  readonly isEdited: boolean;
}

/** Of a run that failed. */
export async function artefactOf({ argument, plan, result, verdict }: TrialRun): Promise<Artefact> {
  const { plan: _, ...rest } = argument;
  return {
    format: ARTEFACT_FORMAT,
    version: VERSION,
    argument: { ...rest },
    plan: { ...plan, switchedOff: [...plan.switchedOff] },
    planHash: await hashOf(rest, plan),
    digest: result.digest,
    anomalies: verdict.anomalies.map((anomaly) => ({ ...anomaly })),
    endedAt: result.endedAt,
    stopped: result.stopped,
    commit: commit(),
    createdBy: version(),
  };
}

/** Where the artefact of a failure is kept, below `folder`: a file that is not there, or holds the same run. Another run of the seed, and what was edited by hand, stay beside it. */
export async function artefactFile(folder: string, artefact: Artefact): Promise<string> {
  for (const name of artefactNames(artefact)) {
    const file = join('results', 'failures', `${name}.json`);
    if (!existsSync(join(folder, file)) || (await holdsSameRun(folder, file, artefact))) return file;
  }
  throw new Error('unreachable: there is no end of names');
}

function* artefactNames({ argument: { workload, seed }, planHash }: Artefact): Generator<string> {
  const named = `${workload}-${seed}`;
  const hashed = `${named}-${planHash.slice(0, 8)}`;
  yield named;
  yield hashed;
  for (let i = 2; ; i += 1) yield `${hashed}-${i}`;
}

/** Unedited, and of the same argument and plan. What cannot be read is something else. */
async function holdsSameRun(folder: string, file: string, { planHash }: Artefact): Promise<boolean> {
  try {
    const { data: kept } = artefactSchema.safeParse(readJson(folder, file));
    return kept?.planHash === planHash && (await hashOf(kept.argument, kept.plan)) === planHash;
  } catch (error) {
    if (error instanceof UsageError) return false;
    throw error;
  }
}

export function writeArtefact(file: string, artefact: Artefact): void {
  writeWhole(file, `${JSON.stringify(artefact, undefined, 2)}\n`);
}

/** @param file below `folder`, as the user named it. @throws {UsageError} if it cannot be read, is something else, is of another format version, or names what is unknown here */
export async function readArtefact(folder: string, file: string, trials: Trials): Promise<Recorded> {
  const content = readJson(folder, file);
  const { format, version: fileVersion } = z.looseObject({ format: z.unknown(), version: z.unknown() }).catch({ format: undefined, version: undefined }).parse(content);
  if (format !== ARTEFACT_FORMAT) throw new UsageError(`${file} is not an artefact of kafka-trial`);
  if (fileVersion !== VERSION) throw new UsageError(`${file} has artefact version ${String(fileVersion)}; this version of kafka-trial reads ${VERSION}`);
  const { success, data: artefact, error } = artefactSchema.safeParse(content);
  if (!success) throw problemsOf(`${file} is a broken artefact`, error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`));
  const bare = checked(artefact.argument, trials);
  const parsed = trials.parsePlanFile(artefact.plan, bare);
  if ('errors' in parsed) throw problemsOf(`${file} holds a plan that cannot be executed`, parsed.errors);
  const isEdited = artefact.planHash !== (await hashOf(artefact.argument, artefact.plan));
  return { artefact, argument: { ...bare, plan: parsed.plan }, isEdited };
}

/** What makes two verdicts the same: which anomalies, and when; not how they are worded. */
export function verdictKey(anomalies: readonly Anomaly[]): string {
  return anomalies
    .map(({ name, row, class: kind, byDesign, time }) => JSON.stringify([name, row, kind, byDesign, time]))
    .sort()
    .join('\n');
}

async function hashOf(argument: Omit<TrialArgument, 'plan'>, plan: FaultPlan | Artefact['plan']): Promise<string> {
  const hasher = await createHasher();
  return hasher.h64ToString(canonical({ argument, plan }));
}

/** JSON that does not depend on the order of keys, nor on layout. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, field: unknown) => {
    if (typeof field !== 'object' || field === null || Array.isArray(field)) return field;
    return Object.fromEntries(Object.entries(field).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
