/**
 * @module
 * One process: the tasks, timers and life of an actor. A crash drops everything here but the sequence counter, the lane and the
 * disk, which go on across incarnations.
 *
 *     event ──► resume the task that waited ──► it wakes others (ready) ──► run them, in order ──► next event
 */
import { ActorError } from '../actor.ts';
import type { Actor, RequestHandler, Signal, SpawnedTask } from '../actor.ts';
import type { SimulatedDisk } from '../disk/simulated-disk.ts';
import type { Endpoint } from '../network/endpoint.ts';
import type { Random } from '../random/random.ts';
import { SimulatorError } from '../simulator-error.ts';
import { SEQUENCE_MAX } from './event-key.ts';
import { EVENTS_PER_INSTANT_MAX } from './event-loop.ts';
import type { Task } from '../task.ts';
import type { Lane } from '../trace/lane.ts';
import type { Micros } from '../units.ts';

/** `down`: crashed, its machine answers for it. `off`: no power, silence. */
export type ProcessState = 'up' | 'down' | 'off';

/** Slot of a timer that is not armed. */
export const UNARMED = -1;
/** Slot of a timer that came due while its process was paused: it expires at the resumption, unless it is disarmed before. */
export const HELD = -2;

/** Something that is due at a time unless it is disarmed before. */
export abstract class Timer {
  /** Slot in the event queue, or `UNARMED`, or `HELD`. */
  slot = UNARMED;
  abstract expire(): void;

  get isArmed(): boolean {
    return this.slot !== UNARMED;
  }
}

/** What a process needs of the engine it runs in. */
export interface ProcessHost {
  readonly now: Micros;
  armTimer(process: Process, timer: Timer, at: Micros): void;
  disarmTimer(timer: Timer): void;
  /** An application failed of an error of its own world. */
  failed(process: Process, error: ActorError): void;
}

/** Is told when the task it spawned has ended. An object and not a closure: there is one such task per request. */
export interface TaskOwner {
  taskEnded(result: unknown): void;
}

/** A task being run by a process. */
export class TaskCell implements SpawnedTask {
  readonly #process: Process;
  readonly #generator: Task<unknown>;
  readonly #owner: TaskOwner | undefined;
  isDone = false;
  /** What it waits for, so that dropping it leaves nothing behind. */
  waitsFor: Timer | undefined;

  constructor(process: Process, generator: Task<unknown>, owner: TaskOwner | undefined) {
    this.#process = process;
    this.#generator = generator;
    this.#owner = owner;
  }

  /** Runs until it next waits or ends. */
  step(): void {
    this.waitsFor = undefined;
    const result = this.#generator.next();
    if (result.done !== true) return;
    this.isDone = true;
    this.#owner?.taskEnded(result.value);
  }

  cancel(): void {
    if (this.isDone) return;
    this.isDone = true;
    if (this.waitsFor?.isArmed === true) this.#process.disarm(this.waitsFor);
    this.waitsFor = undefined;
  }
}

class Sleep extends Timer {
  readonly #process: Process;
  readonly #cell: TaskCell;

  constructor(process: Process, cell: TaskCell) {
    super();
    this.#process = process;
    this.#cell = cell;
  }

  expire(): void {
    this.#process.wake(this.#cell);
  }
}

class SignalWait extends Timer {
  readonly #signal: TaskSignal;
  readonly cell: TaskCell;
  notified = false;

  constructor(signal: TaskSignal, cell: TaskCell) {
    super();
    this.#signal = signal;
    this.cell = cell;
  }

  expire(): void {
    this.#signal.abandon(this);
  }
}

class TaskSignal implements Signal {
  readonly #process: Process;
  #waits: SignalWait[] = [];

  constructor(process: Process) {
    this.#process = process;
  }

  notify(): void {
    if (this.#waits.length === 0) return;
    const waits = this.#waits;
    this.#waits = [];
    for (const wait of waits) {
      wait.notified = true;
      if (wait.isArmed) this.#process.disarm(wait);
      this.#process.wake(wait.cell);
    }
  }

  *wait(timeoutUs?: Micros): Task<boolean> {
    const wait = new SignalWait(this, this.#process.runningTask());
    this.#waits.push(wait);
    wait.cell.waitsFor = wait;
    if (timeoutUs !== undefined) this.#process.arm(wait, timeoutUs);
    yield;
    return wait.notified;
  }

  /** The wait timed out: it is no longer waiting here. */
  abandon(wait: SignalWait): void {
    this.#waits.splice(this.#waits.indexOf(wait), 1);
    this.#process.wake(wait.cell);
  }
}

/** An event that came while the process was paused. */
export interface HeldEvent {
  readonly order: number;
  readonly payload: unknown;
}

export class Process {
  readonly index: number;
  readonly actor: Actor;
  readonly lane: Lane;
  readonly disk: SimulatedDisk;
  readonly #host: ProcessHost;

  state: ProcessState = 'down';
  incarnation = -1;
  /** Next sequence number of events this actor causes; goes on across incarnations. */
  #sequence = 0;
  #connections = 0;

  #ready: TaskCell[] = [];
  #running: TaskCell | undefined;
  /** Connections of this incarnation, in the order they came to be. */
  endpoints = new Map<number, Endpoint>();
  handler: RequestHandler | undefined;
  /** What it does when it is asked to end. */
  shutDown: (() => Task) | undefined;
  /** It was asked to end. */
  isTerminating = false;
  streams = new Map<string, Random>();
  /** What is sent leaves no sooner than this: the actor is a single server. */
  busyUntil: Micros = 0;
  clockSkew: Micros = 0;
  finished = false;

  /** More than 0: the process does not run, though its machine does. */
  pauses = 0;
  heldEvents: HeldEvent[] = [];
  /** More than 0: new connections are refused. */
  refusals = 0;

  constructor(index: number, actor: Actor, lane: Lane, disk: SimulatedDisk, host: ProcessHost) {
    this.index = index;
    this.actor = actor;
    this.lane = lane;
    this.disk = disk;
    this.#host = host;
  }

  nextSequence(): number {
    const sequence = this.#sequence;
    if (sequence > SEQUENCE_MAX) throw new SimulatorError('tie', `${this.actor.name} has caused ${sequence} events: there are no more keys to order them by`);
    this.#sequence = sequence + 1;
    return sequence;
  }

  nextConnection(): number {
    this.#connections += 1;
    return this.#connections;
  }

  /** The task that is running now: the one that is about to wait. */
  runningTask(): TaskCell {
    if (this.#running === undefined) throw new SimulatorError('actor', `${this.actor.name} waits outside of a task`);
    return this.#running;
  }

  spawn(generator: Task<unknown>, owner?: TaskOwner): TaskCell {
    const cell = new TaskCell(this, generator, owner);
    this.#ready.push(cell);
    return cell;
  }

  wake(cell: TaskCell): void {
    this.#ready.push(cell);
  }

  /**
   * Runs every task that is ready, and those they make ready, in the order they became so.
   * @throws {SimulatorError} `livelock` if they make each other ready for ever
   */
  drain(): void {
    const ready = this.#ready;
    const incarnation = this.incarnation;
    for (let i = 0; i < ready.length; i += 1) {
      const cell = ready[i]!;
      if (cell.isDone) continue;
      if (i >= EVENTS_PER_INSTANT_MAX) throw new SimulatorError('livelock', `the tasks of ${this.actor.name} wake each other for ever at ${this.#host.now} µs: virtual time stands still`);
      this.#running = cell;
      try {
        cell.step();
      } catch (error) {
        cell.isDone = true;
        this.#running = undefined;
        if (!(error instanceof ActorError)) throw error;
        this.#host.failed(this, error);
      }
      // A failure ends the incarnation, and with it the tasks that were ready.
      if (this.incarnation !== incarnation || this.state !== 'up') break;
    }
    this.#running = undefined;
    // One or two as a rule; `length = 0` would drop the array's store and have the next event allocate it anew.
    while (ready.length > 0) ready.pop();
  }

  *sleep(durationUs: Micros): Task {
    const cell = this.runningTask();
    const sleep = new Sleep(this, cell);
    cell.waitsFor = sleep;
    this.arm(sleep, durationUs);
    yield;
  }

  signal(): Signal {
    return new TaskSignal(this);
  }

  arm(timer: Timer, durationUs: Micros): void {
    if (!(durationUs >= 0 && Number.isSafeInteger(durationUs))) throw new SimulatorError('actor', `${this.actor.name} waits for ${durationUs} µs: a duration is a whole number, 0 or more`);
    this.#host.armTimer(this, timer, this.#host.now + durationUs);
  }

  disarm(timer: Timer): void {
    this.#host.disarmTimer(timer);
  }

  /** Forgets all that lived in memory. */
  forget(): void {
    this.#ready = [];
    this.endpoints = new Map();
    this.streams = new Map();
    this.handler = undefined;
    this.shutDown = undefined;
    this.isTerminating = false;
    this.heldEvents = [];
  }
}
