/** @module What one incarnation of an actor is handed: its only way to the world. */
import type { ActorContext, Connection, RequestHandler, Signal, SpawnedTask } from '../actor.ts';
import type { Disk } from '../disk/disk.ts';
import { randomStream } from '../random/random.ts';
import type { Random } from '../random/random.ts';
import { SimulatorError } from '../simulator-error.ts';
import type { Task } from '../task.ts';
import type { Micros } from '../units.ts';
import type { Process } from './process.ts';

/** What a context needs of the engine. */
export interface ContextHost {
  readonly now: Micros;
  readonly seed: string;
  connect(process: Process, peer: string, timeoutUs: Micros): Task<Connection>;
  observe(process: Process, observation: object): void;
  finish(process: Process): void;
  exit(process: Process): void;
  halt(process: Process, reason: string): void;
  strike(process: Process, faultId: string, targets: readonly string[]): void;
}

export class Context implements ActorContext {
  readonly #process: Process;
  readonly #host: ContextHost;
  readonly name: string;
  readonly incarnation: number;
  readonly disk: Disk;

  constructor(process: Process, host: ContextHost) {
    this.#process = process;
    this.#host = host;
    this.name = process.actor.name;
    this.incarnation = process.incarnation;
    this.disk = process.disk;
  }

  get now(): Micros {
    return this.#host.now;
  }

  clock(): Micros {
    return this.#host.now + this.#process.clockSkew;
  }

  random(stream: string): Random {
    let random = this.#process.streams.get(stream);
    if (random === undefined) {
      random = randomStream(this.#host.seed, `actor/${this.name}#${this.incarnation}/${stream}`);
      this.#process.streams.set(stream, random);
    }
    return random;
  }

  connect(peer: string, timeoutUs: Micros): Task<Connection> {
    return this.#host.connect(this.#process, peer, timeoutUs);
  }

  serve(handler: RequestHandler): void {
    this.#process.handler = handler;
  }

  sleep(durationUs: Micros): Task {
    return this.#process.sleep(durationUs);
  }

  spawn(task: Task<unknown>): SpawnedTask {
    return this.#process.spawn(task);
  }

  signal(): Signal {
    return this.#process.signal();
  }

  work(durationUs: Micros): void {
    if (!(durationUs >= 0 && Number.isSafeInteger(durationUs))) throw new SimulatorError('actor', `${this.name} works for ${durationUs} µs: a duration is a whole number, 0 or more`);
    const from = this.#process.busyUntil > this.#host.now ? this.#process.busyUntil : this.#host.now;
    this.#process.busyUntil = from + durationUs;
  }

  onTerminate(shutDown: () => Task): void {
    this.#process.shutDown = shutDown;
  }

  *exit(): Task<never> {
    this.#host.exit(this.#process);
    return yield* this.#neverAgain();
  }

  *halt(reason: string): Task<never> {
    this.#host.halt(this.#process, reason);
    return yield* this.#neverAgain();
  }

  observe(observation: object): void {
    this.#host.observe(this.#process, observation);
  }

  finish(): void {
    this.#host.finish(this.#process);
  }

  strike(faultId: string, targets: readonly string[]): void {
    this.#host.strike(this.#process, faultId, targets);
  }

  /** The process is dead, and this task with it. */
  *#neverAgain(): Task<never> {
    yield;
    throw new SimulatorError('actor', `a task of ${this.name} went on after its process had ended`);
  }
}
