/**
 * @module
 * What all threads of a run share to steer it: stop, abort, progress, the barrier, and what each worker publishes at it.
 *
 * Published values stand twice, for even and odd windows: a worker that is already in the next window does not disturb one that
 * still reads what was said about the last.
 */
import { SimulatorError } from '../simulator-error.ts';
import type { Micros } from '../units.ts';

/** Rounds of spinning before a worker sleeps at the barrier: spinning costs 2–8 µs, waking up 35–40. */
const SPINS = 4_000;
/** Longest sleep at the barrier, ms: nobody sleeps through an abort, or leaves a full mailbox undrained. */
const SLEEP_MS = 1;

const ABORT = 0;
const ARRIVED = 1;
const GENERATION = 2;
const STOP = 3;
const HEADER_WORDS = 8;

/** Thrown inside a worker when the run was aborted elsewhere: not a failure of its own. */
export class RunAborted extends Error {}

/** What a worker says at the barrier, and what all of them say together. */
export interface Published {
  /** The next event here, or anything sent elsewhere. */
  readonly nextTime: Micros;
  /** Actors that have finished, and when the last of them did. */
  readonly finished: number;
  readonly lastFinish: Micros;
  /** The run was asked to stop. */
  readonly stopping: boolean;
}

const PUBLISHED_FIELDS = 4;
const BYTES_PER_WORKER = 8 + 2 * PUBLISHED_FIELDS * 8 + 16;

export class ControlBlock {
  readonly buffer: SharedArrayBuffer;
  readonly workers: number;
  readonly #words: Int32Array;
  /** Per worker: beats, actor + 1. */
  readonly #status: Int32Array;
  /** Per parity and worker: the fields of `Published`. */
  readonly #published: Float64Array;
  /** Virtual time and events, per worker. */
  readonly #progress: Float64Array;

  constructor(workers: number, buffer: SharedArrayBuffer = new SharedArrayBuffer(HEADER_WORDS * 4 + workers * BYTES_PER_WORKER)) {
    this.workers = workers;
    this.buffer = buffer;
    this.#words = new Int32Array(buffer, 0, HEADER_WORDS);
    this.#status = new Int32Array(buffer, HEADER_WORDS * 4, workers * 2);
    const doubles = HEADER_WORDS * 4 + workers * 8;
    this.#published = new Float64Array(buffer, doubles, workers * 2 * PUBLISHED_FIELDS);
    this.#progress = new Float64Array(buffer, doubles + workers * 2 * PUBLISHED_FIELDS * 8, workers * 2);
  }

  abort(): void {
    Atomics.store(this.#words, ABORT, 1);
    Atomics.notify(this.#words, GENERATION);
  }

  get isAborted(): boolean {
    return Atomics.load(this.#words, ABORT) === 1;
  }

  /** Asks the run to end at the next barrier, keeping what was found. */
  stop(): void {
    Atomics.store(this.#words, STOP, 1);
  }

  get isStopping(): boolean {
    return Atomics.load(this.#words, STOP) === 1;
  }

  /** Says that this worker is alive. */
  beat(worker: number): void {
    this.#status[worker * 2]! += 1;
  }

  beats(worker: number): number {
    return Atomics.load(this.#status, worker * 2);
  }

  /** Says which actor this worker is in: a plain store, for it happens at every event. */
  enter(worker: number, actor: number): void {
    this.#status[worker * 2 + 1] = actor + 1;
  }

  /** −1 if it has not been in any. */
  actorOf(worker: number): number {
    return Atomics.load(this.#status, worker * 2 + 1) - 1;
  }

  progressed(worker: number, time: Micros, events: number): void {
    this.#progress[worker * 2] = time;
    this.#progress[worker * 2 + 1] = events;
  }

  /** The latest virtual time any worker has reached, and the events of all. */
  get progress(): { time: Micros; events: number } {
    let time = 0;
    let events = 0;
    for (let worker = 0; worker < this.workers; worker += 1) {
      time = Math.max(time, this.#progress[worker * 2]!);
      events += this.#progress[worker * 2 + 1]!;
    }
    return { time, events };
  }

  /** Before the barrier. */
  publish(worker: number, parity: number, { nextTime, finished, lastFinish, stopping }: Published): void {
    const at = (parity * this.workers + worker) * PUBLISHED_FIELDS;
    this.#published[at] = nextTime;
    this.#published[at + 1] = finished;
    this.#published[at + 2] = lastFinish;
    this.#published[at + 3] = stopping ? 1 : 0;
  }

  /** After the barrier: earliest event, sum of finished, latest finish, whether anybody saw the wish to stop. */
  gathered(parity: number): Published {
    let nextTime = Infinity;
    let finished = 0;
    let lastFinish = 0;
    let stopping = false;
    for (let worker = 0; worker < this.workers; worker += 1) {
      const at = (parity * this.workers + worker) * PUBLISHED_FIELDS;
      if (this.#published[at]! < nextTime) nextTime = this.#published[at]!;
      finished += this.#published[at + 1]!;
      if (this.#published[at + 2]! > lastFinish) lastFinish = this.#published[at + 2]!;
      if (this.#published[at + 3] === 1) stopping = true;
    }
    return { nextTime, finished, lastFinish, stopping };
  }

  /**
   * Waits until every worker has come here.
   * @param meanwhile called now and then while waiting; it must drain what others may be waiting to write
   * @throws {RunAborted}
   */
  barrier(worker: number, meanwhile: () => void): void {
    if (this.workers === 1) {
      if (this.isAborted) throw new RunAborted();
      return;
    }
    const generation = Atomics.load(this.#words, GENERATION);
    if (Atomics.add(this.#words, ARRIVED, 1) === this.workers - 1) {
      Atomics.store(this.#words, ARRIVED, 0);
      Atomics.add(this.#words, GENERATION, 1);
      Atomics.notify(this.#words, GENERATION);
      return;
    }
    for (let spin = 0; Atomics.load(this.#words, GENERATION) === generation; spin += 1) {
      // Whoever aborted may have come through this very barrier: then its window is run here too, and the first of all failures found.
      if (this.isAborted && Atomics.load(this.#words, GENERATION) === generation) throw new RunAborted();
      if (spin < SPINS) continue;
      this.beat(worker);
      meanwhile();
      Atomics.wait(this.#words, GENERATION, generation, SLEEP_MS);
    }
  }

  /** Waits a moment for another worker to make room. @throws {RunAborted} */
  pause(worker: number, meanwhile: () => void): void {
    if (this.isAborted) throw new RunAborted();
    this.beat(worker);
    meanwhile();
  }

  static attach(workers: number, buffer: SharedArrayBuffer): ControlBlock {
    if (buffer.byteLength < HEADER_WORDS * 4 + workers * BYTES_PER_WORKER) throw new SimulatorError('format', 'the control block is too small for so many workers');
    return new ControlBlock(workers, buffer);
  }
}
