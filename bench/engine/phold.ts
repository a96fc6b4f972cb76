/**
 * @module
 * PHOLD, the standard benchmark of parallel simulation, on this engine's queue and loop: N processes, a constant population of N
 * events. Handling an event draws a number; with probability 0.25 a uniform process, else the process itself gets one event at
 * now + lookahead + Exp(mean). The draws are those of `phold-reference.ts`, so both do the same events in the same order.
 */
import { FRAME_EVENT, eventOrder } from '../../runtime/kernel/event-key.ts';
import { loopState, runUntil } from '../../runtime/kernel/event-loop.ts';
import type { EventSink } from '../../runtime/kernel/event-loop.ts';
import { EventQueue } from '../../runtime/kernel/event-queue.ts';
import { EXPONENTIAL_SCALE, exponentialQuantiles } from '../../runtime/random/exponential-table.ts';
import type { Micros } from '../../runtime/units.ts';

/** 1.0 of PHOLD's abstract time. */
export const LOOKAHEAD_US: Micros = 1_000;
export const MEAN_US: Micros = 1_000;
/** An event is for another process if a 32-bit draw lies below this: 0.25. */
export const REMOTE_BELOW = 2 ** 30;
const TWO_TO_32 = 2 ** 32;

/** What a run of PHOLD did. Equal outcomes: the same events in the same order. */
export interface PholdOutcome {
  readonly events: number;
  /** Folds the time and the process of every event, in the order they were handled. */
  readonly checksum: number;
}

/** One step of Marsaglia's xorshift32: the generator of both sides, one per process. */
export function xorshift32(state: number): number {
  state ^= state << 13;
  state ^= state >>> 17;
  return state ^ (state << 5);
}

/** The first state of a process's generator: never 0. */
export function firstState(process: number): number {
  return xorshift32(Math.imul(process + 1, 0x9e3779b1) | 1);
}

/** Lookahead and an exponential delay, drawn by this state of a generator. */
export function delayUs(state: number): Micros {
  return LOOKAHEAD_US + Math.floor((MEAN_US * exponentialQuantiles[state >>> 20]!) / EXPONENTIAL_SCALE);
}

/** One of `processes`, drawn by this state of a generator. */
export function uniform(state: number, processes: number): number {
  return Math.floor(((state >>> 0) * processes) / TWO_TO_32);
}

export function foldEvent(checksum: number, time: Micros, process: number): number {
  return Math.imul(checksum ^ time ^ (process << 8), 0x01000193);
}

class PholdSink implements EventSink<undefined> {
  readonly #queue: EventQueue<undefined>;
  readonly #processes: number;
  /** Generator of each process, and how many events it has caused. */
  readonly #states: Int32Array;
  readonly #sequences: Float64Array;
  checksum = 0;

  constructor(queue: EventQueue<undefined>, processes: number) {
    this.#queue = queue;
    this.#processes = processes;
    this.#states = Int32Array.from({ length: processes }, (_, process) => firstState(process));
    this.#sequences = new Float64Array(processes);
    for (let process = 0; process < processes; process += 1) this.#send(process, delayUs(this.#states[process]!), process);
  }

  dispatch(time: Micros, _order: number, process: number): void {
    this.checksum = foldEvent(this.checksum, time, process);
    let state = xorshift32(this.#states[process]!);
    let target = process;
    if (state >>> 0 < REMOTE_BELOW) {
      state = xorshift32(state);
      target = uniform(state, this.#processes);
    }
    state = xorshift32(state);
    this.#states[process] = state;
    this.#send(process, time + delayUs(state), target);
  }

  nameOf(process: number): string {
    return `process ${process}`;
  }

  #send(from: number, time: Micros, target: number): void {
    const sequence = this.#sequences[from]!;
    this.#sequences[from] = sequence + 1;
    this.#queue.push(time, eventOrder(FRAME_EVENT, from, sequence), target, undefined);
  }
}

/** Runs PHOLD on the engine's queue and loop, up to a virtual time. */
export function phold(processes: number, until: Micros): PholdOutcome {
  const queue = new EventQueue<undefined>();
  const sink = new PholdSink(queue, processes);
  const state = loopState();
  runUntil(queue, sink, state, until);
  return { events: state.events, checksum: sink.checksum };
}
