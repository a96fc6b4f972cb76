/**
 * @module
 * The face an actor sees: what it is given (a context) and what it gives (a way to start).
 * An actor is a process: the unit of placement on a worker, of crash, of pause, of clock skew, of disk.
 */
import type { Disk } from './disk/disk.ts';
import type { Random } from './random/random.ts';
import type { Task } from './task.ts';
import type { Micros } from './units.ts';

/**
 * A process of the simulated world.
 * Everything it knows lives in what `start` creates, so that a restart begins with nothing but the disk.
 */
export interface Actor {
  /** Unique among the actors of a simulation, e.g. `broker-1`. Faults and traces name it. */
  readonly name: string;
  /** Called at boot and after every restart, with a fresh context. It may `serve`, and `spawn` what runs. */
  start(context: ActorContext): void;
  /** After an error that only this application's own code can answer for ({@link ActorError}): start it anew after so long. Absent: it stays down. */
  readonly restartAfterUs?: Micros;
  /** This actor says `finish` when its part is played; the run ends when all such actors have. */
  readonly finishes?: boolean;
}

/** A message that is answered by a `Reply`. The reply type exists for the compiler alone. */
export interface Request<Reply> {
  readonly __reply?: Reply;
}

/** A client's end of a connection: pipelined requests, answered in order. */
export interface Connection {
  readonly peer: string;
  /** False once it was closed by either side, reset, or refused. */
  readonly isOpen: boolean;
  /**
   * Sends a request and waits for its reply. A timeout closes the connection, as Kafka's clients do; what was sent may still arrive and be executed.
   * @throws {ConnectionError} `timeout`, `reset`, `closed`
   */
  call<Reply>(request: Request<Reply>, timeoutUs: Micros): Task<Reply>;
  call<Reply>(request: object, timeoutUs: Micros): Task<Reply>;
  /** Sends a request that gets no reply. @throws {ConnectionError} `closed` */
  send(request: object): void;
  /** Closes this end; the peer sees the close after everything that was sent before. Calls in flight fail with `closed`. */
  close(): void;
}

/** The server's end of a connection, as a request handler sees it. */
export interface Caller {
  /** Name of the actor at the other end. */
  readonly peer: string;
  /** Closes the connection without answering. */
  close(): void;
}

/**
 * Answers one request. A connection has at most one request in work; the next waits until this one is answered (Kafka mutes the channel, §14.2).
 * Returning undefined sends no reply.
 */
export type RequestHandler = (request: never, caller: Caller) => Task<object | undefined>;

/** A place to wait for something that other tasks of the same actor make happen. */
export interface Signal {
  /** Wakes every task that waits now, in the order they began to wait. */
  notify(): void;
  /** Waits for the next `notify`: true. Or until `timeoutUs` has passed: false. */
  wait(timeoutUs?: Micros): Task<boolean>;
}

/** A task that was spawned. */
export interface SpawnedTask {
  readonly isDone: boolean;
  /** Drops the task where it waits; nothing of it runs any more. */
  cancel(): void;
}

/** What a running actor may use: there is no other clock, timer, randomness or I/O. */
export interface ActorContext {
  readonly name: string;
  /** 0 at boot, one more after every restart. */
  readonly incarnation: number;
  /** Monotonic virtual time. For durations; not comparable with `clock()`. */
  readonly now: Micros;
  /** This machine's own wall clock, which may be skewed. For timestamps. */
  clock(): Micros;
  /** The named random stream of this actor and incarnation. Keep it: building one costs about 200 draws. */
  random(stream: string): Random;
  /** Opens a connection to another actor. @throws {ConnectionError} `refused`, `timeout`, `reset` */
  connect(peer: string, timeoutUs: Micros): Task<Connection>;
  /** Accepts connections and answers requests with `handler`. Before this, connections are refused. */
  serve(handler: RequestHandler): void;
  sleep(durationUs: Micros): Task;
  /** Runs a task beside the others of this actor. It starts when the current one next waits. */
  spawn(task: Task<unknown>): SpawnedTask;
  signal(): Signal;
  /** Service time: this actor is busy for so long, and what it sends leaves after that. */
  work(durationUs: Micros): void;
  readonly disk: Disk;
  /**
   * What this process does when it is asked to end (SIGTERM, the fault `shutdown`): the task runs beside the others, and the process exits when it
   * ends. Without it the process dies of the signal at once, as by a crash.
   */
  onTerminate(shutDown: () => Task): void;
  /** This process ends in good order: everything it has sent is delivered, then its connections are closed. The page cache stays. Never returns. */
  exit(): Task<never>;
  /** This process ends at once by its own decision, as by a crash (Java's `Runtime.halt`). It is started again, see `faults/plan.ts`. Never returns. */
  halt(reason: string): Task<never>;
  /** Tells the judges what happened: plain data without byte strings. It is frozen: whoever changes it afterwards gets an error. */
  observe(observation: object): void;
  /** This actor's part of the trial is played. */
  finish(): void;
  /** Only for the nemesis: makes a planned fault happen now, to the named targets. See `faults/plan.ts`. */
  strike(faultId: string, targets: readonly string[]): void;
}

/** An error of the world the actors model, which an application may fail to catch: it crashes that process and not the run. */
export class ActorError extends Error {}

export type ConnectionFailure = 'refused' | 'timeout' | 'reset' | 'closed';

/** Thrown when a connection cannot be opened, or breaks before the reply came. */
export class ConnectionError extends ActorError {
  readonly reason: ConnectionFailure;
  readonly peer: string;

  constructor(reason: ConnectionFailure, peer: string) {
    super(`connection to ${peer}: ${reason}`);
    this.name = 'ConnectionError';
    this.reason = reason;
    this.peer = peer;
  }
}
