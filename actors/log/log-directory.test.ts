/** @module What an I/O error does to a log directory and to the logs in it, operation by operation. */
import { describe, expect, it } from 'vitest';
import { SimulatedDisk } from '../../runtime/disk/simulated-disk.ts';
import type { ActorContext, Disk, Task } from '../../runtime/index.ts';
import { randomStream } from '../../runtime/random/random.ts';
import { ManualClock, runTask } from '../../runtime/testing/run-task.ts';
import { MalformedCheckpointError, readOffsetCheckpoint, writeOffsetCheckpoint } from './checkpoint-file.ts';
import { KafkaStorageError, LogDirectory } from './log-directory.ts';
import { Log } from './log.ts';
import { encodeRecordBatch } from './records.ts';

const ENDS = 1_000_000_000;
const batch = (bytes = 10): Uint8Array => encodeRecordBatch([{ timestamp: 1, key: null, value: new Uint8Array(bytes) }]);

/** A directory on a disk with a log of three records in it. */
function bench(appendsAfterIoError = false) {
  const clock = new ManualClock();
  const disk = new SimulatedDisk({ now: () => clock.now(), sleep: (us) => clock.sleep(us), record: () => undefined }, { fsyncUs: 0, usPerMiB: 0 });
  const observed: object[] = [];
  const context = { disk, observe: (observation: object) => observed.push(observation), signal: () => ({ notify: () => undefined }) } as unknown as ActorContext;
  const directory = new LogDirectory(context, { brokerId: 4, appendsAfterIoError });
  const run = <T>(task: Task<T>): T => runTask(task, clock);
  const log = run(Log.open(directory.disk, 'orders-0'));
  for (let i = 0; i < 3; i += 1) run(log.appendAsLeader(batch(), 1));
  const breakDisk = (): void => disk.begin('f1', 'disk-error', 0, ENDS);
  return { disk, directory, observed, run, log, breakDisk };
}

describe('an I/O error takes the directory offline at once, and the caller gets KAFKA_STORAGE_ERROR (DF-1)', () => {
  it.each<[string, (log: Log, disk: Disk) => Task<unknown>]>([
    ['append', (log) => log.appendAsLeader(batch(), 1)],
    ['append of a follower', (log) => log.appendAsFollower(stamped(3))],
    ['flush', (log) => log.flush()],
    ['truncate', (log) => log.truncateTo(1)],
    ['truncate fully', (log) => log.truncateFullyAndStartAt(9)],
    ['a new leader epoch', (log) => log.assignEpochStart(2)],
    ['checkpoint', (_log, disk) => writeOffsetCheckpoint(disk, 'replication-offset-checkpoint', [])],
    ['a new log', (_log, disk) => Log.open(disk, 'orders-1')],
  ])('%s', (_what, act) => {
    const { directory, observed, run, log, breakDisk } = bench();
    breakDisk();
    expect(() => run(act(log, directory.disk))).toThrow(expect.objectContaining({ name: 'KAFKA_STORAGE_ERROR', error: 'KAFKA_STORAGE_ERROR' }) as Error);
    expect(directory.isOffline).toBe(true);
    expect(observed).toEqual([{ kind: 'log-directory-offline', broker: 4, cause: directory.cause }]);
  });

  it('a full disk is an I/O error like any other', () => {
    const { disk, directory, run, log } = bench();
    disk.begin('f1', 'disk-full', 0, ENDS);
    expect(() => run(log.appendAsLeader(batch(5_000), 1))).toThrow(KafkaStorageError);
    expect(directory.cause).toBe('full: orders-0/00000000000000000000.log');
  });

  it('the log ends where it ended: what was written in part is not counted', () => {
    const { disk, run, log } = bench();
    disk.begin('f1', 'disk-full', 0, ENDS);
    const sizeBefore = log.sizeInBytes;
    expect(() => run(log.appendAsLeader(batch(5_000), 1))).toThrow(KafkaStorageError);
    expect([log.logEndOffset, log.sizeInBytes]).toEqual([3, sizeBefore]);
    expect(disk.size('orders-0/00000000000000000000.log')).toBe(4_096);
  });

  it('a file that does not exist is a mistake of the program, and a slow or hung disk is no error', () => {
    const { disk, directory, run, log } = bench();
    expect(() => run(directory.disk.fsync('nothing'))).toThrow('no-such-file');
    disk.begin('f1', 'disk-hung', 0, 1_000);
    disk.begin('f2', 'disk-slow', 5, ENDS);
    run(log.appendAsLeader(batch(), 1));
    expect([directory.isOffline, log.logEndOffset]).toEqual([false, 4]);
  });

  it('a checkpoint that has rotted is one, too: the task that read it ends, and the broker with it', () => {
    const { disk, directory, run } = bench();
    run(disk.append('replication-offset-checkpoint', Uint8Array.of(1, 2, 3)));
    expect(() => run(readOffsetCheckpoint(directory.disk, 'replication-offset-checkpoint'))).toThrow(MalformedCheckpointError);
    run(directory.whileOnline(readOffsetCheckpoint(directory.disk, 'replication-offset-checkpoint') as Task<never>));
    expect(directory.isOffline).toBe(true);
  });
});

describe('a directory that is offline', () => {
  it('stays so when the disk is well again: nothing is written, and nothing read (DF-6, DF-7)', () => {
    const { disk, directory, observed, run, log, breakDisk } = bench();
    breakDisk();
    expect(() => run(log.flush())).toThrow(KafkaStorageError);
    disk.end('f1');
    for (const task of [log.appendAsLeader(batch(), 1), log.read(0, 100, 3, true), log.flush(), directory.disk.syncDirectory()]) expect(() => run<unknown>(task)).toThrow(KafkaStorageError);
    expect(log.logEndOffset).toBe(3);
    expect(observed).toHaveLength(1);
  });

  it('is online after a restart, when its logs are recovered to the last whole batch (DF-7, RC-3, ST-2)', () => {
    const { disk, run, log } = bench();
    disk.begin('f1', 'disk-full', 0, ENDS);
    expect(() => run(log.appendAsLeader(batch(5_000), 1))).toThrow(KafkaStorageError);
    disk.end('f1');
    const next = new LogDirectory({ disk, observe: () => undefined, signal: () => ({}) } as unknown as ActorContext, { brokerId: 4, appendsAfterIoError: false });
    const recovered = run(Log.open(next.disk, 'orders-0'));
    expect([recovered.logEndOffset, disk.size('orders-0/00000000000000000000.log')]).toEqual([3, recovered.sizeInBytes]);
  });

  it('before 2.8 was appended to all the same: behind a batch that was cut short, where recovery cuts it off (DF-6, B21, KAFKA-10778)', () => {
    const { disk, run, log } = bench(true);
    disk.begin('f1', 'disk-full', 0, ENDS);
    expect(() => run(log.appendAsLeader(batch(5_000), 1))).toThrow(KafkaStorageError);
    disk.end('f1');
    expect(run(log.appendAsLeader(batch(), 1))).toEqual({ baseOffset: 3, lastOffset: 3 });
    expect(log.logEndOffset).toBe(4);
    expect(run(Log.open(disk, 'orders-0')).logEndOffset).toBe(3);
  });
});

describe('what survives (ST-1, ST-2)', () => {
  it('a crash of the process loses nothing that was appended (ST-2)', () => {
    const { disk, run } = bench();
    expect(run(Log.open(disk, 'orders-0')).logEndOffset).toBe(3);
  });

  it('a loss of power may take all that was not flushed, and takes nothing that was (ST-1)', () => {
    const { disk, run, log } = bench();
    run(log.flush());
    run(log.appendAsLeader(batch(), 1));
    disk.powerLoss({ below: () => 0, between: (low) => low, chance: () => false, exponential: () => 0, pick: (items) => items[0]! });
    expect(run(Log.open(disk, 'orders-0')).logEndOffset).toBe(3);
  });

  it('a flush that failed is not made good by one that succeeds: the records are gone with the power (ST-1)', () => {
    const { disk, run, log } = bench();
    disk.begin('f1', 'disk-fsync-error', 0, ENDS);
    expect(() => run(log.flush())).toThrow(KafkaStorageError);
    disk.end('f1');
    const restarted = run(Log.open(disk, 'orders-0'));
    run(restarted.flush());
    expect(restarted.logEndOffset).toBe(3);
    disk.powerLoss({ below: () => 0, between: (low) => low, chance: () => false, exponential: () => 0, pick: (items) => items[0]! });
    expect(run(Log.open(disk, 'orders-0')).logEndOffset).toBe(0);
  });
});

describe('bits that rot', () => {
  it('never make a log do worse than fail as a checkpoint that cannot be read, end sooner, refuse to be read, or hand out bytes that a follower refuses (RB-1, RC-3, RC-4, FT-6)', () => {
    for (let seed = 0; seed < 400; seed += 1) {
      const { disk, run, log } = bench();
      for (let epoch = 2; epoch < 6; epoch += 1) run(log.appendAsLeader(batch(epoch * 10), epoch));
      if (seed % 2 === 0) run(log.flush());
      disk.rot(1 + (seed % 12), randomStream(String(seed), 'rot'));
      const follower = run(Log.open(bench().disk, 'payments-0'));
      const attempt = (what: Task<unknown>, ...allowed: readonly string[]): void => {
        try {
          run(what);
        } catch (error) {
          expect(allowed, `seed ${seed}: ${String(error)}`).toContain((error as Error).name);
        }
      };
      for (let offset = 0; offset < 7; offset += 1) {
        attempt(replicate(log, follower, offset), 'InvalidAppendError', 'CORRUPT_MESSAGE');
      }
      attempt(Log.open(disk, 'orders-0'), 'MalformedCheckpointError');
    }
  });
});

function* replicate(leader: Log, follower: Log, offset: number): Task {
  yield* follower.appendAsFollower((yield* leader.read(offset, 10_000, 7, true)).slice());
}

/** One batch as a leader would have stamped it. */
function stamped(offset: number): Uint8Array {
  const bytes = batch();
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  view.setBigInt64(0, BigInt(offset));
  view.setInt32(12, 1);
  return bytes;
}
