/**
 * @module
 * What a simulation is made of. Every worker builds the whole declaration and brings its own share of the actors to life.
 */
import type { Actor } from './actor.ts';
import type { SimulatedDiskOptions } from './disk/simulated-disk.ts';
import type { FaultPlan } from './faults/plan.ts';
import type { NetworkOptions } from './network/options.ts';
import type { Structures } from './network/codec.ts';
import type { TraceEvent } from './trace/trace-event.ts';
import type { Micros } from './units.ts';

/** An event as a judge sees it: actors by name. */
export interface JudgedEvent {
  readonly time: Micros;
  readonly actor: string;
  readonly event: TraceEvent;
}

/** Fed with the merged trace, in its order; asked once, at the end, what it found. */
export interface Judge {
  /** Sees observations, strikes and the life of processes; never frames or disks. */
  judge(event: JudgedEvent): void;
  /** What it found, as plain data: it crosses threads. */
  verdict(end: RunEnd): unknown;
}

export interface RunEnd {
  readonly endedAt: Micros;
  /** The run was stopped from outside before its end: what was not seen proves nothing. */
  readonly stopped: boolean;
  /** Names of the actors that should have finished and had not. */
  readonly stalled: readonly string[];
}

export interface Simulation {
  /** A string: a 64-bit number must survive. */
  readonly seed: string;
  /** An actor's index in this list is its place in every order. */
  readonly actors: readonly Actor[];
  /** Keys of every kind of message, fixed for the whole run. */
  readonly structures: Structures;
  readonly network: NetworkOptions;
  readonly disk: SimulatedDiskOptions;
  readonly faults: FaultPlan;
  /** The run ends here if the actors that should finish have not. */
  readonly endsAt: Micros;
  /** Built on one worker only. */
  createJudge(): Judge;
}
