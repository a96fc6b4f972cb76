/** @module Test support: a log on a disk, without a broker around it. */
import { SimulatedDisk } from '../../runtime/disk/simulated-disk.ts';
import type { DiskEvent } from '../../runtime/disk/simulated-disk.ts';
import { done } from '../../runtime/index.ts';
import type { Task } from '../../runtime/index.ts';
import { ManualClock, runTask } from '../../runtime/testing/run-task.ts';
import { Log } from '../log/log.ts';
import { baseOffsetOf, batchPositions, lastOffsetOf, partitionLeaderEpochOf, stampBatch } from '../log/record-batch.ts';
import { encodeRecordBatch } from '../log/records.ts';

export const FILE = 'orders-0/00000000000000000000.log';
export const EPOCHS = 'orders-0/leader-epoch-checkpoint';

/** A disk, and whatever log is opened on it. */
export function bench(fsyncUs = 0) {
  const clock = new ManualClock();
  const events: DiskEvent[] = [];
  const disk = new SimulatedDisk({ now: () => clock.now(), sleep: (us) => clock.sleep(us), record: (event) => events.push(event) }, { fsyncUs, usPerMiB: 0 });
  const run = <T>(task: Task<T>): T => runTask(task, clock);
  const open = (): Log => run(Log.open(disk, 'orders-0'));
  return { clock, events, disk, run, open };
}
export type Bench = ReturnType<typeof bench>;

/** A batch as a producer sends it. */
export function batchOf(count: number, value = 0, valueBytes = 4): Uint8Array {
  return encodeRecordBatch(Array.from({ length: count }, () => ({ timestamp: 1, key: null, value: new Uint8Array(valueBytes).fill(value) })));
}

/** Batches as a leader has stamped them: (base offset, number of records, leader epoch) each. */
export function stamped(...batches: [baseOffset: number, count: number, epoch: number][]): Uint8Array {
  return Uint8Array.from(
    batches.flatMap(([baseOffset, count, epoch]) => {
      const batch = batchOf(count);
      stampBatch(batch, 0, baseOffset, epoch);
      return [...batch];
    }),
  );
}

/** What is in the log: one line a batch, e.g. `10..14 @3`. */
export function contentOf({ run }: Bench, log: Log): string[] {
  return rangesOf(run(log.read(log.logStartOffset, Number.MAX_SAFE_INTEGER, log.logEndOffset, true)));
}

/** The same of batches in memory. */
export function rangesOf(bytes: Uint8Array): string[] {
  return [...batchPositions(bytes)].map((at) => `${baseOffsetOf(bytes, at)}..${lastOffsetOf(bytes, at)} @${partitionLeaderEpochOf(bytes, at)}`);
}

/** Epoch and start offset of each. */
export const epochsOf = (log: Log): [number, number][] => log.epochs.map(({ epoch, startOffset }) => [epoch, startOffset]);

/** Batches 0..4 and 5..9 of epoch 1, 10..14 of epoch 2, 15..19 of epoch 4. */
export function example(world = bench()) {
  const log = world.open();
  world.run(log.appendAsFollower(stamped([0, 5, 1], [5, 5, 1], [10, 5, 2], [15, 5, 4])));
  return { ...world, log };
}

/** A disk whose every read waits, and whose page cache is cold for a while. */
export class SlowDisk extends SimulatedDisk {
  /** So many times the device must be asked. */
  cold = 0;

  constructor() {
    super({ now: () => 0, sleep: () => done(undefined), record: () => undefined }, { fsyncUs: 0, usPerMiB: 0 });
  }

  override readCached(file: string, position: number, length: number): Uint8Array | undefined {
    this.cold -= 1;
    return this.cold >= 0 ? undefined : super.readCached(file, position, length);
  }

  override *read(file: string, position: number, length: number): Task<Uint8Array> {
    yield;
    return yield* super.read(file, position, length);
  }
}

/** Runs a task to its end, whatever it waits for. */
export function finish<T>(task: Task<T>): T {
  for (;;) {
    const step = task.next();
    if (step.done === true) return step.value;
  }
}
