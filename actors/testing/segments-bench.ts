/** @module Test support: a log of many segments, and what a broker keeps and does for it. */
import { SimulatedDisk } from '../../runtime/disk/simulated-disk.ts';
import type { Task } from '../../runtime/index.ts';
import { randomStream } from '../../runtime/random/random.ts';
import { ManualClock, runTask } from '../../runtime/testing/run-task.ts';
import { DEFAULT_LOG_CONFIG, DEFAULT_LOG_PROTOCOL } from '../log/log-options.ts';
import type { LogConfig, LogHost, LogOptions, LogProtocol } from '../log/log-options.ts';
import { Log } from '../log/log.ts';
import { lastOffsetOf, baseOffsetOf, partitionLeaderEpochOf, sizeInBytesOf } from '../log/record-batch.ts';
import { encodeRecordBatch } from '../log/records.ts';

export const DIRECTORY = 'orders-0';
const NONE_SURVIVES = { ...randomStream('', ''), below: () => 0, between: (low: number) => low, chance: () => false };

export interface SegmentsBenchOptions {
  readonly config?: Partial<LogConfig>;
  readonly protocol?: Partial<LogProtocol>;
  /** The disk takes POSIX to the letter. */
  readonly namesNeedDirectorySync?: boolean;
}

/** The broker is dead: what it was doing was not done. */
export class DiedError extends Error {}

/** A disk whose broker may be made to die before any change of it. */
class MortalDisk extends SimulatedDisk {
  /** It dies before the next but so many changes. */
  livesFor = Infinity;

  override append(file: string, bytes: Uint8Array): Task {
    return this.#alive(super.append(file, bytes));
  }

  override truncate(file: string, size: number): Task {
    return this.#alive(super.truncate(file, size));
  }

  override fsync(file: string): Task {
    return this.#alive(super.fsync(file));
  }

  override rename(from: string, to: string): Task {
    return this.#alive(super.rename(from, to));
  }

  override remove(file: string): Task {
    return this.#alive(super.remove(file));
  }

  override syncDirectory(): Task {
    return this.#alive(super.syncDirectory());
  }

  *#alive(task: Task): Task {
    if (this.livesFor <= 0) throw new DiedError();
    this.livesFor -= 1;
    yield* task;
  }
}

/** A disk, and what a broker keeps for a log from one incarnation to the next. */
export function segmentsBench({ config = {}, protocol = {}, namesNeedDirectorySync = false }: SegmentsBenchOptions = {}) {
  const clock = new ManualClock();
  const disk = new MortalDisk({ now: () => clock.now(), sleep: (us) => clock.sleep(us), record: () => undefined }, { fsyncUs: 0, usPerMiB: 0, namesNeedDirectorySync });
  const run = <T>(task: Task<T>): T => runTask(task, clock);
  let scheduled: Task[] = [];
  const checkpoint = { recoveryPoint: 0, logStartOffset: 0 };
  const world = {
    clock, disk, run, checkpoint,
    log: undefined as unknown as Log,
    /** What the background has to do. */
    background(): void {
      const tasks = scheduled;
      scheduled = [];
      for (const task of tasks) run(task);
    },
    writeCheckpoint(): void {
      checkpoint.recoveryPoint = world.log.recoveryPoint;
      checkpoint.logStartOffset = world.log.logStartOffset;
    },
    open(options: LogOptions = {}): Log {
      scheduled = [];
      const host: LogHost = {
        now: () => clock.now(),
        schedule: (task) => scheduled.push(task),
        flushed: () => undefined,
        random: (limit) => limit - 1,
        // eslint-disable-next-line require-yield -- a task that never waits
        *checkpoint() {
          world.writeCheckpoint();
        },
      };
      world.log = run(Log.open(disk, DIRECTORY, { ...checkpoint, config: { ...DEFAULT_LOG_CONFIG, ...config }, protocol: { ...DEFAULT_LOG_PROTOCOL, ...protocol }, host, ...options }));
      return world.log;
    },
    append(count: number, { epoch = 1, timestamp = 1, valueBytes = 39 } = {}): void {
      run(world.log.appendAsLeader(segmentBatch(count, timestamp, valueBytes), epoch));
    },
    files: (suffix: string): number[] => disk.list(`${DIRECTORY}/`).filter((file) => file.endsWith(suffix)).map((file) => Number(file.slice(DIRECTORY.length + 1, -suffix.length))),
    loseEverythingUnsynced: (): void => disk.powerLoss(NONE_SURVIVES),
  };
  world.open();
  return world;
}
export type SegmentsBench = ReturnType<typeof segmentsBench>;

/** A batch as a producer sends it. */
export function segmentBatch(count: number, timestamp: number, valueBytes: number): Uint8Array {
  return encodeRecordBatch(Array.from({ length: count }, () => ({ timestamp, key: null, value: new Uint8Array(valueBytes) })));
}

/** What is in the log, segment by segment: one line a batch. */
export function segmentContent({ run, log }: SegmentsBench): string[] {
  const found: string[] = [];
  for (let offset = log.logStartOffset; offset < log.logEndOffset; ) {
    const bytes = run(log.read(offset, 1_000_000, log.logEndOffset, true)).slice();
    if (bytes.length === 0) break;
    for (let at = 0; at < bytes.length; at += sizeInBytesOf(bytes, at)) {
      found.push(`${baseOffsetOf(bytes, at)}..${lastOffsetOf(bytes, at)} @${partitionLeaderEpochOf(bytes, at)}`);
      offset = lastOffsetOf(bytes, at) + 1;
    }
  }
  return found;
}

/** A batch of one record with 39 bytes has 108 bytes in all. */
export const ONE = segmentBatch(1, 1, 39).length;
