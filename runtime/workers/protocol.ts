/** @module What goes over the control plane between the main thread and a worker. Plain data only: failures too, for comlink loses an error's class. */
import type { Micros } from '../units.ts';
import type { PlacedEvent } from '../trace/trace-event.ts';
import type { TraceFileSummary } from '../trace/trace-file.ts';
import type { PartFailure, PartResult } from './run-part.ts';

/** A simulation that a worker can build for itself. */
export interface SimulationSource {
  /** URL of a module that exports `createSimulation(argument): Simulation`. */
  readonly module: string;
  /** Plain data. */
  readonly argument: unknown;
}

/** Disturbs the timing of workers: between windows a worker sleeps now and then. The outcome must not change. */
export interface Disturbance {
  readonly seed: string;
  /** Chance per window, in a thousand. */
  readonly perMille: number;
  readonly sleepMsMax: number;
}

export interface PartRequest {
  readonly source: SimulationSource;
  readonly worker: number;
  readonly workers: number;
  readonly placement: readonly number[];
  readonly control: SharedArrayBuffer;
  readonly rings: readonly (SharedArrayBuffer | undefined)[];
  /** Write every event to this file. */
  readonly trace?: { readonly file: string; readonly bytesMax: number; readonly about: unknown } | undefined;
  /** Keep every event between these times, at most so many, and return them. */
  readonly keep?: { readonly from: Micros; readonly to: Micros; readonly eventsMax: number } | undefined;
  readonly disturbance?: Disturbance | undefined;
}

/** Of worker 0, the trace that was asked for. */
export interface PartTrace {
  readonly file?: TraceFileSummary | undefined;
  readonly kept?: readonly PlacedEvent[] | undefined;
  /** The kept events again, as a person reads them. */
  readonly keptLines?: readonly string[] | undefined;
}

export type PartReply = { readonly ok: true; readonly result: PartResult; readonly trace: PartTrace } | { readonly ok: false; readonly failure: PartFailure | 'aborted' };

/** What a worker offers over comlink. */
export interface WorkerApi {
  run(request: PartRequest): Promise<PartReply>;
}
