/**
 * @module
 * The log directory of a broker. The first I/O error takes it offline, for good: only a restart brings it back, and recovers its logs (DF-1, DF-7).
 *
 *     online ── any operation fails ──► offline: every operation is refused ── restart ──► online
 */
import type { ActorContext, Disk, DiskError, Signal, Task } from '../../runtime/index.ts';
import type { Observation } from '../observation.ts';
import { KafkaError } from '../protocol/errors.ts';
import { MalformedCheckpointError } from './checkpoint-file.ts';
import { GuardedDisk } from './guarded-disk.ts';
import type { DiskGuard } from './guarded-disk.ts';

/** Thrown when the log directory is offline, or is taken offline by this very operation. What was to be written may be there in part. */
export class KafkaStorageError extends KafkaError {
  constructor(message: string) {
    super('KAFKA_STORAGE_ERROR', message);
  }
}

export interface LogDirectoryOptions {
  readonly brokerId: number;
  /** See `ProtocolVariant`. */
  readonly appendsAfterIoError: boolean;
}

export class LogDirectory implements DiskGuard {
  /** The disk as logs may use it. Every operation may throw a {@link KafkaStorageError}. */
  readonly disk: Disk;
  readonly #context: ActorContext;
  readonly #options: LogDirectoryOptions;
  readonly #wentOffline: Signal;
  #cause: string | undefined;

  constructor(context: ActorContext, options: LogDirectoryOptions) {
    this.#context = context;
    this.#options = options;
    this.#wentOffline = context.signal();
    this.disk = new GuardedDisk(context.disk, this);
  }

  get isOffline(): boolean {
    return this.#cause !== undefined;
  }

  /** What took it offline; empty while it is online. */
  get cause(): string {
    return this.#cause ?? '';
  }

  /** DF-6: what memory says of a log after a failed write is not what the disk says, and nothing is appended to it any more. */
  admit(operation: 'append' | 'other'): void {
    if (this.#cause === undefined || (operation === 'append' && this.#options.appendsAfterIoError)) return;
    throw new KafkaStorageError(`the log directory is offline: ${this.#cause}`);
  }

  *failed(error: DiskError): Task<never> {
    this.takeOffline(error.message);
    yield* [];
    throw new KafkaStorageError(error.message);
  }

  /** DF-1. The first cause counts. */
  takeOffline(cause: string): void {
    if (this.#cause !== undefined) return;
    this.#cause = cause;
    this.#context.observe({ kind: 'log-directory-offline', broker: this.#options.brokerId, cause } satisfies Observation);
    this.#wentOffline.notify();
  }

  *untilOffline(): Task {
    while (!this.isOffline) yield* this.#wentOffline.wait();
  }

  /** Runs a task that needs the directory, beside the others of the broker. */
  spawn(task: Task): void {
    this.#context.spawn(this.whileOnline(task));
  }

  /** Does what needs the directory, until the directory fails it. */
  *whileOnline(task: Task): Task {
    try {
      yield* task;
    } catch (error) {
      // Bytes that have rotted are an I/O error found late.
      if (error instanceof MalformedCheckpointError) this.takeOffline(error.message);
      else if (!(error instanceof KafkaStorageError)) throw error;
    }
  }
}
