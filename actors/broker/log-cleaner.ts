/**
 * @module
 * The log cleaner of a broker (RT-3): again and again it compacts the log with the largest share of dirty bytes, and deletes what compacted logs no longer want;
 * if no log is dirty enough it waits log.cleaner.backoff.ms. It begins with the first compacted log, so that a broker without one does nothing at all.
 *
 * A log that holds a batch which cannot be read is not touched again: uncleanable.
 */
import { MILLISECOND } from '../../runtime/index.ts';
import type { ActorContext, Micros, Task } from '../../runtime/index.ts';
import type { BrokerConfig } from '../config/broker-config.ts';
import { LogCleaningAbortedError, cleanLog } from '../log/cleaner.ts';
import type { CleaningResult } from '../log/cleaner.ts';
import { isWorthCleaning, logToClean } from '../log/log-to-clean.ts';
import type { LogToClean } from '../log/log-to-clean.ts';
import { OffsetMap } from '../log/offset-map.ts';
import type { Observation } from '../observation.ts';
import type { PlantedBugs } from '../protocol-variant.ts';
import type { ManagedLog } from './log-manager.ts';

export interface LogCleanerHost {
  readonly all: Iterable<ManagedLog>;
  /** Nothing is changed any more: the logs are being closed. */
  readonly isShutDown: boolean;
  /** Up to where each log is clean has changed, and is written. */
  writeCleanerOffsets(): Task;
  /** RT-1, for one log. */
  deleteOldSegments(managed: ManagedLog): Task;
  /** Runs beside the other tasks of the broker, as long as its log directory is online. */
  spawn(task: Task): void;
}

export interface LogCleanerOptions {
  readonly brokerId: number;
  readonly config: BrokerConfig;
  readonly protocol: { readonly recoveryKeepsGaps: boolean };
  readonly planted?: PlantedBugs;
}

/** What the cleaner did last, for its metrics. */
export interface CleaningStats extends CleaningResult {
  readonly durationUs: Micros;
}

export class LogCleaner {
  readonly #context: ActorContext;
  readonly #host: LogCleanerHost;
  readonly #options: LogCleanerOptions;
  readonly #uncleanable = new Set<ManagedLog>();
  #isRunning = false;
  /** The largest share of dirty bytes of any log when it last looked, 0 to 1. */
  dirtiestRatio = 0;
  /** By how much the log that waited longest had outlived max.compaction.lag.ms when it last found one to compact. */
  maxOverdueMs = 0;
  last: CleaningStats = { endOffset: 0, bytesRead: 0, bytesWritten: 0, durationUs: 0 };

  constructor(context: ActorContext, host: LogCleanerHost, options: LogCleanerOptions) {
    this.#context = context;
    this.#host = host;
    this.#options = options;
  }

  /** There is a log to compact. */
  start(): void {
    if (this.#isRunning || !this.#options.config['log.cleaner.enable']) return;
    this.#isRunning = true;
    this.#host.spawn(this.#run());
  }

  get uncleanablePartitions(): number {
    return this.#uncleanable.size;
  }

  *#run(): Task {
    while (!this.#host.isShutDown) {
      const hasCleaned = yield* this.#cleanFilthiest();
      for (const managed of this.#compacted()) if (!this.#host.isShutDown) yield* this.#host.deleteOldSegments(managed);
      if (!hasCleaned) yield* this.#context.sleep(Math.max(1, this.#options.config['log.cleaner.backoff.ms']) * MILLISECOND);
      this.#forgetDeleted();
    }
  }

  /** @returns whether there was a log dirty enough */
  *#cleanFilthiest(): Task<boolean> {
    const nowMs = this.#clockMs();
    const dirty = this.#compacted().flatMap((managed) => {
      const toClean = logToClean(managed.log, nowMs);
      return toClean === undefined ? [] : [{ managed, toClean }];
    });
    this.dirtiestRatio = Math.max(0, ...dirty.map(({ toClean }) => toClean.dirtyRatio));
    const candidates = dirty.filter(({ managed, toClean }) => isWorthCleaning(toClean, managed.log.config));
    if (candidates.length === 0) return false;
    this.maxOverdueMs = Math.max(...dirty.map(({ toClean }) => toClean.overdueMs));
    // Of two that are as dirty as each other the first.
    const filthiest = candidates.reduce((worst, candidate) => (candidate.toClean.dirtyRatio > worst.toClean.dirtyRatio ? candidate : worst));
    yield* this.#clean(filthiest.managed, filthiest.toClean, nowMs);
    return true;
  }

  *#clean(managed: ManagedLog, toClean: LogToClean, nowMs: number): Task {
    const { config, protocol, planted, brokerId } = this.#options;
    const { topic, partition, log, lock } = managed;
    const offsets = new OffsetMap(config['log.cleaner.dedupe.buffer.size'], config['log.cleaner.io.buffer.load.factor']);
    const startedAt = this.#context.now;
    let isObserved = false;
    const replacing = (endOffset: number): void => {
      if (!isObserved) this.#context.observe({ kind: 'log-cleaned', topic, partition, broker: brokerId, endOffset } satisfies Observation);
      isObserved = true;
    };
    try {
      const result = yield* cleanLog(log, toClean, {
        offsets, nowMs, replacing,
        forgetsLastValues: planted?.compactsLastValues === true,
        leavesNoGaps: !protocol.recoveryKeepsGaps,
        isStopped: () => this.#host.isShutDown,
        exclusively: (task) => lock.hold(task),
      });
      log.lastCleanOffset = result.endOffset;
      this.last = { ...result, durationUs: this.#context.now - startedAt };
      yield* this.#host.writeCleanerOffsets();
    } catch (error) {
      if (error instanceof LogCleaningAbortedError) return;
      if (!(error instanceof RangeError)) throw error;
      this.#uncleanable.add(managed);
    }
  }

  /** Logs that are compacted and can be. */
  #compacted(): ManagedLog[] {
    return [...this.#host.all].filter((managed) => managed.log.isCompacted && !this.#uncleanable.has(managed));
  }

  #forgetDeleted(): void {
    if (this.#uncleanable.size === 0) return;
    const all = new Set(this.#host.all);
    for (const managed of this.#uncleanable) if (!all.has(managed)) this.#uncleanable.delete(managed);
  }

  #clockMs(): number {
    return Math.floor(this.#context.clock() / MILLISECOND);
  }
}
