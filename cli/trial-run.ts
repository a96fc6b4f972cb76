/** @module One run of a trial on a crew of worker threads. */
import { SimulatorError } from '../runtime/simulator-error.ts';
import { TRACE_BYTES_MAX } from '../runtime/trace/trace-file.ts';
import type { FaultPlan } from '../runtime/faults/plan.ts';
import type { Crew, RunResult } from '../runtime/workers/crew.ts';
import type { TrialArgument } from '../workloads/trial.ts';
import type { TrialVerdict } from '../workloads/verdict.ts';
import type { Trials } from './trials.ts';

export interface TrialRun {
  readonly argument: TrialArgument;
  /** Names of its actors, in their order. */
  readonly actors: readonly string[];
  /** As executed. */
  readonly plan: FaultPlan;
  readonly workers: number;
  readonly result: RunResult;
  readonly verdict: TrialVerdict;
}

export interface TrialRunOptions {
  readonly workers: number;
  readonly signal: AbortSignal;
  /** Write every event to this file. */
  readonly traceFile?: string | undefined;
  /** How far it is, and how far it may go: µs of virtual time. */
  readonly onProgress?: (progress: { readonly time: number; readonly until: number; readonly events: number }) => void;
}

/** @throws {SimulatorError} */
export async function runTrial(crew: Crew, argument: TrialArgument, trials: Trials, { workers, signal, traceFile, onProgress }: TrialRunOptions): Promise<TrialRun> {
  const { actors, plan, virtualUs } = trials.describeRun(argument);
  const result = await crew.run({ module: trials.TRIAL_MODULE, argument }, actors, {
    workers,
    signal,
    ...(traceFile !== undefined && { trace: { file: traceFile, bytesMax: TRACE_BYTES_MAX, about: argument } }),
    ...(onProgress !== undefined && { onProgress: ({ time, events }) => onProgress({ time, events, until: virtualUs }) }),
  });
  return { argument, actors, plan, workers, result, verdict: result.verdict as TrialVerdict };
}

/** A failure of the simulator, with the command that shows it again; anything else as it is. */
export function withCommand(error: unknown, command: string): unknown {
  if (!(error instanceof SimulatorError)) return error;
  return new SimulatorError(error.code, `${error.message}\n  to see it again: ${command}`, { cause: error });
}
