/** @module A log of many segments: when it rolls, what is durable, and that it stands whatever happens. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DiskError } from '../../runtime/index.ts';
import { SimulatedDisk } from '../../runtime/disk/simulated-disk.ts';
import { randomStream } from '../../runtime/random/random.ts';
import { ManualClock, runTask } from '../../runtime/testing/run-task.ts';
import { DIRECTORY, ONE, segmentBatch, segmentContent, segmentsBench } from '../testing/segments-bench.ts';
import type { LogConfig } from './log-options.ts';
import { Log } from './log.ts';
import { baseOffsetOf, lastOffsetOf, partitionLeaderEpochOf, stampBatch } from './record-batch.ts';

describe('a new segment begins (§2.2)', () => {
  it.each<{ says: string; config: Partial<LogConfig>; times?: number[]; bases: number[] }>([
    { says: 'not before the batch that would exceed segment.bytes', config: { 'segment.bytes': 2 * ONE }, bases: [0, 2, 4] },
    { says: 'with a batch that is larger than segment.bytes: it has one to itself', config: { 'segment.bytes': ONE - 1 }, bases: [0, 1, 2, 3, 4] },
    { says: 'segment.ms after the first batch, by the timestamps of the records', config: { 'segment.ms': 100 }, times: [0, 100, 101, 150, 202], bases: [0, 2, 4] },
    { says: 'earlier by the jitter', config: { 'segment.ms': 100, 'segment.jitter.ms': 11 }, times: [0, 90, 91, 150, 182], bases: [0, 2, 4] },
    { says: 'max.compaction.lag.ms after it, if that is less and the log is compacted (RT-3)', config: { 'max.compaction.lag.ms': 100, 'cleanup.policy': 'compact' }, times: [0, 100, 101, 150, 202], bases: [0, 2, 4] },
    { says: 'no earlier for max.compaction.lag.ms if it is not', config: { 'max.compaction.lag.ms': 100 }, times: [0, 100, 101, 150, 202], bases: [0] },
    { says: 'when the offset index is full', config: { 'segment.index.bytes': 36, 'index.interval.bytes': 1 }, times: [1, 1, 1, 1, 1], bases: [0] },
    { says: 'when the time index is full', config: { 'segment.index.bytes': 36, 'index.interval.bytes': 1 }, times: [1, 2, 3, 4, 5], bases: [0, 3] },
  ])('$says', ({ config, times = [1, 1, 1, 1, 1], bases }) => {
    const world = segmentsBench({ config });
    for (const timestamp of times) world.append(1, { timestamp });
    expect(world.log.segmentBaseOffsets).toEqual(bases);
    expect(world.files('.log')).toEqual(bases);
    expect(segmentContent(world)).toHaveLength(5);
  });

  it('in the middle of what a follower fetched, where it does not fit', () => {
    const world = segmentsBench({ config: { 'segment.bytes': 3 * ONE } });
    const batches = [0, 1, 2, 3, 4, 5, 6].map((offset) => {
      const batch = segmentBatch(1, 1, 39);
      stampBatch(batch, 0, offset, 1);
      return batch;
    });
    world.run(world.log.appendAsFollower(Uint8Array.from(batches.flatMap((batch) => [...batch]))));
    expect(world.log.segmentBaseOffsets).toEqual([0, 3, 6]);
    expect(segmentContent(world)).toHaveLength(7);
  });

  it('at offsets that an index could not hold otherwise', () => {
    const world = segmentsBench();
    for (const offset of [0, 2_147_483_647, 2_147_483_648]) {
      const batch = segmentBatch(1, 1, 39);
      stampBatch(batch, 0, offset, 1);
      world.run(world.log.appendAsFollower(batch));
    }
    expect(world.log.segmentBaseOffsets).toEqual([0, 2_147_483_648]);
  });

  it('and leaves indexes and a snapshot of the producers behind (RC-6)', () => {
    const world = segmentsBench({ config: { 'segment.bytes': 2 * ONE, 'index.interval.bytes': 1 } });
    for (let i = 0; i < 5; i += 1) world.append(1, { timestamp: 7 + i });
    expect([world.files('.index'), world.files('.timeindex'), world.files('.snapshot')]).toEqual([[0, 2], [0, 2], [2, 4]]);
    expect(world.disk.size(`${DIRECTORY}/00000000000000000000.timeindex`)).toBe(12);
  });
});

describe('what is durable', () => {
  it('is the old segment once the background has flushed it after a roll (ST-3)', () => {
    const world = segmentsBench({ config: { 'segment.bytes': 2 * ONE } });
    for (let i = 0; i < 3; i += 1) world.append(1);
    expect(world.log.recoveryPoint).toBe(0);
    world.background();
    expect(world.log.recoveryPoint).toBe(2);
    world.loseEverythingUnsynced();
    expect(world.open().logEndOffset).toBe(2);
  });

  it('is everything after a flush, and the recovery point says so (ST-4)', () => {
    const world = segmentsBench({ config: { 'segment.bytes': 2 * ONE } });
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
    const world = segmentsBench({ config: { 'segment.bytes': 2 * ONE }, protocol: { segmentsWithoutDirectorySync }, namesNeedDirectorySync: true });
    for (let i = 0; i < 5; i += 1) world.append(1);
    world.background();
    world.run(world.log.flush());
    world.loseEverythingUnsynced();
    expect(world.open().logEndOffset).toBe(end);
  });

  it('is of the indexes of a closed segment what they hold, even where every append is flushed (RC-4)', () => {
    const world = segmentsBench({ config: { 'segment.bytes': 2 * ONE, 'index.interval.bytes': 1, 'flush.messages': 1 } });
    for (let i = 0; i < 5; i += 1) world.append(1, { timestamp: 7 + i });
    world.background();
    world.loseEverythingUnsynced();
    expect(world.disk.size(`${DIRECTORY}/00000000000000000000.timeindex`)).toBe(12);
  });

  it.each([[1, [1, 2, 3, 4]], [3, [0, 0, 3, 3]]] as const)('is with flush.messages=%d what an append has answered (ST-3)', (flushMessages, points) => {
    const world = segmentsBench({ config: { 'flush.messages': flushMessages } });
    for (const point of points) {
      world.append(1);
      expect(world.log.recoveryPoint).toBe(point);
    }
  });

  it('is nothing of what a truncation took while a flush waited (ST-4)', () => {
    const clock = new ManualClock();
    const disk = new SimulatedDisk({ now: () => clock.now(), sleep: (us) => clock.sleep(us), record: () => undefined }, { fsyncUs: 100, usPerMiB: 0 });
    const log = runTask(Log.open(disk, DIRECTORY), clock);
    for (let i = 0; i < 4; i += 1) runTask(log.appendAsLeader(segmentBatch(1, 1, 39), 1), clock);
    const flush = log.flush();
    flush.next();
    runTask(log.truncateTo(1), clock);
    runTask(log.appendAsLeader(segmentBatch(3, 1, 39), 2), clock);
    runTask(flush, clock);
    expect([log.logEndOffset, log.recoveryPoint]).toEqual([4, 0]);
  });

  it('goes back in the checkpoint before the log goes on after a truncation (ST-4)', () => {
    const world = segmentsBench({ config: { 'segment.bytes': 2 * ONE } });
    for (let i = 0; i < 6; i += 1) world.append(1);
    world.run(world.log.flush());
    world.writeCheckpoint();
    world.run(world.log.truncateTo(3));
    expect([world.log.recoveryPoint, world.checkpoint.recoveryPoint]).toEqual([3, 3]);
    world.run(world.log.truncateFullyAndStartAt(1));
    expect(world.checkpoint).toEqual({ recoveryPoint: 1, logStartOffset: 1 });
  });
});

it('a write that fails leaves memory as it was: no offset without its bytes (DF-6)', () => {
  const world = segmentsBench({ config: { 'segment.bytes': 3 * ONE } });
  for (let i = 0; i < 2; i += 1) world.append(1);
  const before = segmentContent(world);
  world.disk.begin('f1', 'disk-error', 0, 1_000_000);
  expect(() => world.append(1)).toThrow(DiskError);
  expect([world.log.logEndOffset, segmentContent(world)]).toEqual([2, before]);
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
  const content = segmentContent(world);
  const end = world.log.logEndOffset;
  world.open();
  expect([world.log.logEndOffset, segmentContent(world)]).toEqual([end, content]);
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
        const world = segmentsBench({ config: { 'segment.bytes': 400, 'index.interval.bytes': 100 }, protocol: { recoveryKeepsGaps: false } });
        const power = randomStream(seed, 'power');
        let epoch = 1;
        let versions: string[][] = [[]];
        for (const action of steps) {
          const before = segmentContent(world);
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
          const now = segmentContent(world);
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
