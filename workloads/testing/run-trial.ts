/** @module A trial in this thread, on one worker: for tests that need no threads. */
import xxhash from 'xxhash-wasm';
import type { Simulation } from '../../runtime/simulation.ts';
import { ControlBlock } from '../../runtime/workers/control-block.ts';
import { runPart } from '../../runtime/workers/run-part.ts';
import type { TrialVerdict } from '../verdict.ts';

const hasher = await xxhash();

export interface TrialRun {
  readonly verdict: TrialVerdict;
  /** Digests of all lanes, in the order of the actors. */
  readonly lanes: string;
  readonly frames: number;
  readonly diskBytes: number;
}

/** Runs a simulation of a trial. @throws what the simulator failed of */
export function runTrial(simulation: Simulation): TrialRun {
  const outcome = runPart({ simulation, worker: 0, placement: simulation.actors.map(() => 0), control: new ControlBlock(1), rings: [undefined], hasher, traceAll: false });
  if (!outcome.ok) throw new Error(outcome.failure === 'aborted' ? 'aborted' : `${outcome.failure.actor}: ${outcome.failure.stack}`);
  const { verdict, lanes, counts, diskBytes } = outcome.result;
  return { verdict: verdict as TrialVerdict, lanes: lanes.map(({ digest }) => digest).join(), frames: counts.frames, diskBytes };
}
