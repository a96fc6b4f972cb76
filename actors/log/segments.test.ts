/** @module A log of many segments: when it rolls, what is durable, what a start finds again, what goes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DiskError } from '../../runtime/index.ts';
import type { Task } from '../../runtime/index.ts';
import { SimulatedDisk } from '../../runtime/disk/simulated-disk.ts';
import { randomStream } from '../../runtime/random/random.ts';
import { ManualClock, runTask } from '../../runtime/testing/run-task.ts';
import { DEFAULT_LOG_CONFIG, DEFAULT_LOG_PROTOCOL } from './log-options.ts';
import type { LogConfig, LogHost, LogOptions, LogProtocol } from './log-options.ts';
import { Log } from './log.ts';
import { baseOffsetOf, lastOffsetOf, partitionLeaderEpochOf, sizeInBytesOf, stampBatch } from './record-batch.ts';
import { encodeRecordBatch } from './records.ts';

const DIRECTORY = 'orders-0';
const NONE_SURVIVES = { ...randomStream('', ''), below: () => 0, between: (low: number) => low, chance: () => false };

interface BenchOptions {
  readonly config?: Partial<LogConfig>;
  readonly protocol?: Partial<LogProtocol>;
  /** The disk takes POSIX to the letter. */
  readonly namesNeedDirectorySync?: boolean;
}

/** A disk, and what a broker keeps for a log from one incarnation to the next. */
function bench({ config = {}, protocol = {}, namesNeedDirectorySync = false }: BenchOptions = {}) {
  const clock = new ManualClock();
  const disk = new SimulatedDisk({ now: () => clock.now(), sleep: (us) => clock.sleep(us), record: () => undefined }, { fsyncUs: 0, usPerMiB: 0, namesNeedDirectorySync });
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
      run(world.log.appendAsLeader(batchOf(count, timestamp, valueBytes), epoch));
    },
    files: (suffix: string): number[] => disk.list(`${DIRECTORY}/`).filter((file) => file.endsWith(suffix)).map((file) => Number(file.slice(DIRECTORY.length + 1, -suffix.length))),
    loseEverythingUnsynced: (): void => disk.powerLoss(NONE_SURVIVES),
  };
  world.open();
  return world;
}
type Bench = ReturnType<typeof bench>;

function batchOf(count: number, timestamp: number, valueBytes: number): Uint8Array {
  return encodeRecordBatch(Array.from({ length: count }, () => ({ timestamp, key: null, value: new Uint8Array(valueBytes) })));
}

/** What is in the log, segment by segment: one line a batch. */
function contentOf({ run, log }: Bench): string[] {
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
const ONE = batchOf(1, 1, 39).length;

describe('a new segment begins (§2.2)', () => {
  it.each<{ says: string; config: Partial<LogConfig>; times?: number[]; bases: number[] }>([
    { says: 'not before the batch that would exceed segment.bytes', config: { 'segment.bytes': 2 * ONE }, bases: [0, 2, 4] },
    { says: 'with a batch that is larger than segment.bytes: it has one to itself', config: { 'segment.bytes': ONE - 1 }, bases: [0, 1, 2, 3, 4] },
    { says: 'segment.ms after the first batch, by the timestamps of the records', config: { 'segment.ms': 100 }, times: [0, 100, 101, 150, 202], bases: [0, 2, 4] },
    { says: 'earlier by the jitter', config: { 'segment.ms': 100, 'segment.jitter.ms': 11 }, times: [0, 90, 91, 150, 182], bases: [0, 2, 4] },
    { says: 'when the offset index is full', config: { 'segment.index.bytes': 36, 'index.interval.bytes': 1 }, times: [1, 1, 1, 1, 1], bases: [0] },
    { says: 'when the time index is full', config: { 'segment.index.bytes': 36, 'index.interval.bytes': 1 }, times: [1, 2, 3, 4, 5], bases: [0, 3] },
  ])('$says', ({ config, times = [1, 1, 1, 1, 1], bases }) => {
    const world = bench({ config });
    for (const timestamp of times) world.append(1, { timestamp });
    expect(world.log.segmentBaseOffsets).toEqual(bases);
    expect(world.files('.log')).toEqual(bases);
    expect(contentOf(world)).toHaveLength(5);
  });

  it('in the middle of what a follower fetched, where it does not fit', () => {
    const world = bench({ config: { 'segment.bytes': 3 * ONE } });
    const batches = [0, 1, 2, 3, 4, 5, 6].map((offset) => {
      const batch = batchOf(1, 1, 39);
      stampBatch(batch, 0, offset, 1);
      return batch;
    });
    world.run(world.log.appendAsFollower(Uint8Array.from(batches.flatMap((batch) => [...batch]))));
    expect(world.log.segmentBaseOffsets).toEqual([0, 3, 6]);
    expect(contentOf(world)).toHaveLength(7);
  });

  it('at offsets that an index could not hold otherwise', () => {
    const world = bench();
    for (const offset of [0, 2_147_483_647, 2_147_483_648]) {
      const batch = batchOf(1, 1, 39);
      stampBatch(batch, 0, offset, 1);
      world.run(world.log.appendAsFollower(batch));
    }
    expect(world.log.segmentBaseOffsets).toEqual([0, 2_147_483_648]);
  });

  it('and leaves indexes and a snapshot of the producers behind (RC-6)', () => {
    const world = bench({ config: { 'segment.bytes': 2 * ONE, 'index.interval.bytes': 1 } });
    for (let i = 0; i < 5; i += 1) world.append(1, { timestamp: 7 + i });
    expect([world.files('.index'), world.files('.timeindex'), world.files('.snapshot')]).toEqual([[0, 2], [0, 2], [2, 4]]);
    expect(world.disk.size(`${DIRECTORY}/00000000000000000000.timeindex`)).toBe(12);
  });
});

describe('what is durable', () => {
  it('is the old segment once the background has flushed it after a roll (ST-3)', () => {
    const world = bench({ config: { 'segment.bytes': 2 * ONE } });
    for (let i = 0; i < 3; i += 1) world.append(1);
    expect(world.log.recoveryPoint).toBe(0);
    world.background();
    expect(world.log.recoveryPoint).toBe(2);
    world.loseEverythingUnsynced();
    expect(world.open().logEndOffset).toBe(2);
  });

  it('is everything after a flush, and the recovery point says so (ST-4)', () => {
    const world = bench({ config: { 'segment.bytes': 2 * ONE } });
    for (let i = 0; i < 5; i += 1) world.append(1);
    world.run(world.log.flush());
    expect(world.log.recoveryPoint).toBe(5);
    world.loseEverythingUnsynced();
    expect(world.open().logEndOffset).toBe(5);
  });

  it.each([
    { says: 'its name too, which is synced with the first flush', segmentsWithoutDirectorySync: false, end: 5 },
    { says: 'before 3.0 not its name: a loss of power may take the file', segmentsWithoutDirectorySync: true, end: 2 },
  ])('is of a new segment $says (ST-6, KAFKA-3968)', ({ segmentsWithoutDirectorySync, end }) => {
    const world = bench({ config: { 'segment.bytes': 2 * ONE }, protocol: { segmentsWithoutDirectorySync }, namesNeedDirectorySync: true });
    for (let i = 0; i < 5; i += 1) world.append(1);
    world.background();
    world.run(world.log.flush());
    world.loseEverythingUnsynced();
    expect(world.open().logEndOffset).toBe(end);
  });

  it('is of the indexes of a closed segment what they hold, even where every append is flushed (RC-4)', () => {
    const world = bench({ config: { 'segment.bytes': 2 * ONE, 'index.interval.bytes': 1, 'flush.messages': 1 } });
    for (let i = 0; i < 5; i += 1) world.append(1, { timestamp: 7 + i });
    world.background();
    world.loseEverythingUnsynced();
    expect(world.disk.size(`${DIRECTORY}/00000000000000000000.timeindex`)).toBe(12);
  });

  it.each([[1, [1, 2, 3, 4]], [3, [0, 0, 3, 3]]] as const)('is with flush.messages=%d what an append has answered (ST-3)', (flushMessages, points) => {
    const world = bench({ config: { 'flush.messages': flushMessages } });
    for (const point of points) {
      world.append(1);
      expect(world.log.recoveryPoint).toBe(point);
    }
  });

  it('is nothing of what a truncation took while a flush waited (ST-4)', () => {
    const clock = new ManualClock();
    const disk = new SimulatedDisk({ now: () => clock.now(), sleep: (us) => clock.sleep(us), record: () => undefined }, { fsyncUs: 100, usPerMiB: 0 });
    const log = runTask(Log.open(disk, DIRECTORY), clock);
    for (let i = 0; i < 4; i += 1) runTask(log.appendAsLeader(batchOf(1, 1, 39), 1), clock);
    const flush = log.flush();
    flush.next();
    runTask(log.truncateTo(1), clock);
    runTask(log.appendAsLeader(batchOf(3, 1, 39), 2), clock);
    runTask(flush, clock);
    expect([log.logEndOffset, log.recoveryPoint]).toEqual([4, 0]);
  });

  it('goes back in the checkpoint before the log goes on after a truncation (ST-4)', () => {
    const world = bench({ config: { 'segment.bytes': 2 * ONE } });
    for (let i = 0; i < 6; i += 1) world.append(1);
    world.run(world.log.flush());
    world.writeCheckpoint();
    world.run(world.log.truncateTo(3));
    expect([world.log.recoveryPoint, world.checkpoint.recoveryPoint]).toEqual([3, 3]);
    world.run(world.log.truncateFullyAndStartAt(1));
    expect(world.checkpoint).toEqual({ recoveryPoint: 1, logStartOffset: 1 });
  });
});

describe('opening', () => {
  /** Six segments of two batches each, flushed up to the third. */
  function sixSegments(options: BenchOptions = {}): Bench {
    const world = bench({ ...options, config: { 'segment.bytes': 2 * ONE, 'index.interval.bytes': 1, ...options.config } });
    for (let i = 0; i < 6; i += 1) world.append(1);
    world.run(world.log.flush());
    world.writeCheckpoint();
    for (let i = 0; i < 6; i += 1) world.append(1);
    return world;
  }

  const fileOf = (base: number, suffix = '.log'): string => `${DIRECTORY}/${String(base).padStart(20, '0')}${suffix}`;
  function corrupt({ disk, run }: Bench, file: string, at: number): void {
    const bytes = run(disk.read(file, 0, disk.size(file)!)).slice();
    bytes[at]! ^= 0xff;
    run(disk.truncate(file, 0));
    run(disk.append(file, bytes));
  }

  it('after a clean shutdown reads no batch, and finds everything (RC-1)', () => {
    const world = sixSegments();
    const before = contentOf(world);
    world.run(world.log.close());
    const seen: number[] = [];
    world.open({ isClean: true, visit: (bytes, at) => seen.push(baseOffsetOf(bytes, at)) });
    expect(contentOf(world)).toEqual(before);
    expect([seen, world.log.recoveryPoint, world.log.recoveredFrom, world.files('.snapshot').at(-1)]).toEqual([[], 12, 12, 12]);
    world.loseEverythingUnsynced();
    world.open({ isClean: true });
    expect(contentOf(world)).toEqual(before);
  });

  it('after a crash reads the segments that reach beyond the recovery point, and leaves the recovery point where it was (RC-3)', () => {
    const world = sixSegments();
    const before = contentOf(world);
    const seen: number[] = [];
    world.open({ visit: (bytes, at) => seen.push(baseOffsetOf(bytes, at)) });
    expect(contentOf(world)).toEqual(before);
    expect([seen, world.log.recoveryPoint, world.log.recoveredFrom]).toEqual([[6, 7, 8, 9, 10, 11], 6, 6]);
  });

  it('ends at the first batch that is not sound, and deletes later segments (RC-3)', () => {
    const world = sixSegments();
    corrupt(world, fileOf(8), ONE + 70);
    expect(world.open().logEndOffset).toBe(9);
    expect(world.files('.log')).toEqual([0, 2, 4, 6, 8]);
    world.append(1, { epoch: 2 });
    expect(contentOf(world).at(-1)).toBe('9..9 @2');
  });

  it('trusts what lies below the recovery point; the damage shows when it is read (RC-4)', () => {
    const world = sixSegments();
    corrupt(world, fileOf(2), 70);
    expect(world.open().logEndOffset).toBe(12);
    expect(contentOf(world)).toHaveLength(12);
  });

  it.each(['.index', '.timeindex'])('builds %s again where it is missing, or is none (RC-4)', (suffix) => {
    for (const damage of ['missing', 'garbage'] as const) {
      const world = sixSegments();
      const before = contentOf(world);
      world.run(world.disk.remove(fileOf(2, suffix)));
      if (damage === 'garbage') world.run(world.disk.append(fileOf(2, suffix), new Uint8Array(13).fill(0xa5)));
      world.open();
      expect(contentOf(world)).toEqual(before);
      expect(world.disk.size(fileOf(2, suffix))! % 4).toBe(0);
    }
  });

  it('below its start begins empty at the start (RC-5)', () => {
    const world = sixSegments();
    const log = world.open({ logStartOffset: 50 });
    expect([log.logStartOffset, log.logEndOffset, log.highWatermark, log.epochs, log.recoveryPoint]).toEqual([50, 50, 50, [], 6]);
    expect(world.files('.log')).toEqual([50]);
  });

  it('begins where its checkpoint says, if that lies within the log (RC-5)', () => {
    const world = sixSegments();
    const log = world.open({ logStartOffset: 5 });
    expect([log.logStartOffset, log.logEndOffset]).toEqual([5, 12]);
    expect(log.epochs).toEqual([{ epoch: 1, startOffset: 5 }]);
  });

  it('keeps sound snapshots of its segments and the newest, and no others (RC-6)', () => {
    const world = sixSegments();
    corrupt(world, fileOf(4, '.snapshot'), 9);
    for (const stray of [3, 12, 99]) {
      world.run(world.disk.append(fileOf(stray, '.snapshot'), world.run(world.disk.read(fileOf(2, '.snapshot'), 0, 100)).slice()));
    }
    world.open();
    expect(world.files('.snapshot')).toEqual([2, 6, 8, 10, 12]);
  });

  it.each([
    { says: 'Kafka keeps what comes after a gap', recoveryKeepsGaps: true, end: 4 },
    { says: 'hardened, the log ends at the gap', recoveryKeepsGaps: false, end: 1 },
  ])('where a segment lost its tail between two batches: $says (RC-3)', ({ recoveryKeepsGaps, end }) => {
    const world = bench({ config: { 'segment.bytes': 2 * ONE }, protocol: { recoveryKeepsGaps } });
    for (let i = 0; i < 4; i += 1) world.append(1);
    world.run(world.disk.truncate(fileOf(0), ONE));
    expect(world.open().logEndOffset).toBe(end);
  });
});

describe('a truncation', () => {
  it.each([
    { to: 9, bases: [0, 2, 4, 6, 8] }, { to: 8, bases: [0, 2, 4, 6, 8] }, { to: 7, bases: [0, 2, 4, 6] }, { to: 1, bases: [0] }, { to: 0, bases: [0] },
  ])('to $to takes the segments beyond it, whether a crash or a loss of power follows', ({ to, bases }) => {
    for (const isPowerLost of [false, true]) {
      const world = bench({ config: { 'segment.bytes': 2 * ONE, 'index.interval.bytes': 1 } });
      for (let i = 0; i < 12; i += 1) world.append(1, { timestamp: i });
      world.run(world.log.flush());
      world.writeCheckpoint();
      world.run(world.log.truncateTo(to));
      expect([world.log.segmentBaseOffsets, world.log.logEndOffset]).toEqual([bases, to]);
      world.append(1, { epoch: 2, timestamp: 50 });
      const content = contentOf(world);
      world.run(world.log.flush());
      if (isPowerLost) world.loseEverythingUnsynced();
      world.open();
      expect(contentOf(world)).toEqual(content);
      expect(world.run(world.log.offsetForTimestamp(20))).toEqual({ timestamp: 50, offset: to });
    }
  });
});

describe('deleting old segments (RT-1)', () => {
  it('renames their files at once, removes them later, and the log begins after them', () => {
    const world = bench({ config: { 'segment.bytes': 2 * ONE, 'retention.bytes': 3 * ONE } });
    for (let i = 0; i < 6; i += 1) world.append(1);
    world.background();
    world.log.highWatermark = 6;
    expect(world.run(world.log.deleteOldSegments(0))).toBe(true);
    expect([world.log.logStartOffset, world.log.segmentBaseOffsets, world.files('.log'), world.files('.log.deleted')]).toEqual([2, [2, 4], [2, 4], [0]]);
    expect(world.files('.snapshot')).toEqual([2, 4]);
    expect(world.log.epochs).toEqual([{ epoch: 1, startOffset: 2 }]);
    world.background();
    expect(world.disk.list(`${DIRECTORY}/`).filter((file) => file.endsWith('.deleted'))).toEqual([]);
    expect(world.run(world.log.deleteOldSegments(0))).toBe(false);
  });

  it('all of them leaves an empty one at the end', () => {
    const world = bench({ config: { 'segment.bytes': 2 * ONE, 'retention.ms': 10 } });
    for (let i = 0; i < 5; i += 1) world.append(1, { timestamp: i });
    world.log.highWatermark = 5;
    world.run(world.log.deleteOldSegments(1_000));
    expect([world.log.logStartOffset, world.log.logEndOffset, world.log.segmentBaseOffsets]).toEqual([5, 5, [5]]);
    world.append(1);
    expect(contentOf(world)).toEqual(['5..5 @1']);
    expect([world.open().logStartOffset, world.log.logEndOffset]).toEqual([5, 6]);
  });

  it('does not trouble a reader that waits: it is told nothing of what has gone', () => {
    class SlowDisk extends SimulatedDisk {
      /** So many times the device must be asked. */
      cold = 0;

      override readCached(file: string, position: number, length: number): Uint8Array | undefined {
        this.cold -= 1;
        return this.cold >= 0 ? undefined : super.readCached(file, position, length);
      }

      override *read(file: string, position: number, length: number): Task<Uint8Array> {
        yield;
        return yield* super.read(file, position, length);
      }
    }
    const disk = new SlowDisk({ now: () => 0, sleep: function* () {}, record: () => undefined }, { fsyncUs: 0, usPerMiB: 0 });
    const finish = <T>(task: Task<T>): T => {
      for (;;) {
        const step = task.next();
        if (step.done === true) return step.value;
      }
    };
    for (let steps = 1; steps <= 2; steps += 1) {
      const log = finish(Log.open(disk, `orders-${steps}`, { config: { ...DEFAULT_LOG_CONFIG, 'segment.bytes': ONE, 'retention.bytes': 0 } }));
      for (let i = 0; i < 3; i += 1) finish(log.appendAsLeader(batchOf(1, 1, 39), 1));
      log.highWatermark = 3;
      disk.cold = 2;
      const read = log.read(0, 1_000, 3, true);
      for (let step = 0; step < steps; step += 1) read.next();
      finish(log.deleteOldSegments(0));
      expect(finish(read)).toHaveLength(0);
    }
  });
});

describe('deleted records (RT-2)', () => {
  it('raise the start of the log at once, and epochs with it; the bytes go with their segment (LEC-4)', () => {
    const world = bench({ config: { 'segment.bytes': 2 * ONE } });
    for (let epoch = 1; epoch <= 6; epoch += 1) world.append(1, { epoch });
    world.log.highWatermark = 5;
    expect([world.log.raiseLogStartOffset(3), world.log.raiseLogStartOffset(2), world.log.logStartOffset]).toEqual([true, false, 3]);
    expect(world.log.epochs.map(({ epoch, startOffset }) => [epoch, startOffset])).toEqual([[4, 3], [5, 4], [6, 5]]);
    expect(() => world.log.raiseLogStartOffset(6)).toThrow('above the high watermark');
    expect(() => world.run(world.log.read(2, 100, 6, true))).toThrow('outside 3..6');
    world.run(world.log.deleteOldSegments(0));
    expect(world.files('.log')).toEqual([2, 4]);
  });
});

it('a write that fails leaves memory as it was: no offset without its bytes (DF-6)', () => {
  const world = bench({ config: { 'segment.bytes': 3 * ONE } });
  for (let i = 0; i < 2; i += 1) world.append(1);
  const before = contentOf(world);
  world.disk.begin('f1', 'disk-error', 0, 1_000_000);
  expect(() => world.append(1)).toThrow(DiskError);
  expect([world.log.logEndOffset, contentOf(world)]).toEqual([2, before]);
  world.disk.end('f1');
  // Only part of it is written: recovery cuts that off.
  world.disk.begin('f2', 'disk-full', 0, 1_000_000);
  for (let i = 0; i < 100; i += 1) {
    try {
      world.append(1, { valueBytes: 1_000 });
    } catch (error) {
      expect(error).toBeInstanceOf(DiskError);
      break;
    }
  }
  world.disk.end('f2');
  const content = contentOf(world);
  const end = world.log.logEndOffset;
  world.open();
  expect([world.log.logEndOffset, contentOf(world)]).toEqual([end, content]);
});

describe('a log of small segments, whatever happens to it', () => {
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant('append' as const), count: fc.integer({ min: 1, max: 3 }), valueBytes: fc.constantFrom(1, 40, 200) }) },
    fc.record({ do: fc.constant('elect' as const) }),
    fc.record({ do: fc.constant('truncate' as const), share: fc.nat(8) }),
    fc.record({ do: fc.constant('flush' as const) }),
    { weight: 2, arbitrary: fc.record({ do: fc.constant('background' as const) }) },
    fc.record({ do: fc.constant('checkpoint' as const) }),
    fc.record({ do: fc.constant('shutdown' as const) }),
    fc.record({ do: fc.constant('crash' as const) }),
    { weight: 2, arbitrary: fc.record({ do: fc.constant('power-loss' as const) }) },
  );

  it('is after a crash what it was, after a loss of power a prefix of it with all that was flushed, and every offset can be found (ST-1, ST-2, ST-4, RC-3)', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.string(), (steps, seed) => {
        const world = bench({ config: { 'segment.bytes': 400, 'index.interval.bytes': 100 }, protocol: { recoveryKeepsGaps: false } });
        const power = randomStream(seed, 'power');
        let epoch = 1;
        let versions: string[][] = [[]];
        for (const action of steps) {
          const before = contentOf(world);
          const durable = world.log.recoveryPoint;
          switch (action.do) {
            case 'append':
              world.append(action.count, { epoch, valueBytes: action.valueBytes });
              break;
            case 'elect':
              epoch += 1;
              world.run(world.log.assignEpochStart(epoch));
              break;
            case 'truncate':
              world.run(world.log.truncateTo(Math.floor((world.log.logEndOffset * action.share) / 8)));
              world.run(world.log.flushEpochs());
              break;
            case 'flush':
              world.run(world.log.flush());
              break;
            case 'background':
              world.background();
              break;
            case 'checkpoint':
              world.writeCheckpoint();
              break;
            case 'shutdown':
              world.run(world.log.close());
              world.writeCheckpoint();
              world.open({ isClean: true });
              break;
            case 'crash':
              world.open();
              break;
            case 'power-loss':
              world.disk.powerLoss(power);
              world.open();
              break;
          }
          const now = contentOf(world);
          if (action.do !== 'append' && action.do !== 'truncate' && action.do !== 'power-loss') expect(now).toEqual(before);
          if (action.do === 'power-loss') {
            expect(versions.some((version) => now.every((range, at) => version[at] === range)), `${now.join()} of ${JSON.stringify(versions)}`).toBe(true);
            expect(world.log.logEndOffset).toBeGreaterThanOrEqual(durable);
            versions = [];
          }
          versions.push(now);
          for (let offset = world.log.logStartOffset; offset < world.log.logEndOffset; offset += 1) {
            const bytes = world.run(world.log.read(offset, 0, world.log.logEndOffset, true));
            expect(baseOffsetOf(bytes) <= offset && lastOffsetOf(bytes) >= offset).toBe(true);
            expect(world.log.epochOf(baseOffsetOf(bytes))).toBe(partitionLeaderEpochOf(bytes));
          }
        }
      }),
      { numRuns: 400 },
    );
  });
});
