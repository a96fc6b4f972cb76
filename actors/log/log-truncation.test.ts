/** @module Truncation of a log, within a segment and across segments (LEC-4, LEC-5, FT-5). */
import { describe, expect, it } from 'vitest';
import { randomStream } from '../../runtime/random/random.ts';
import { EPOCHS, SlowDisk, batchOf, bench, contentOf, epochsOf, example, finish, rangesOf, stamped } from '../testing/log-bench.ts';
import { ONE, segmentContent, segmentsBench } from '../testing/segments-bench.ts';
import { Log } from './log.ts';
import { baseOffsetOf } from './record-batch.ts';

describe('truncation', () => {
  it.each<{ says: string; to: number; end: number; batches: number; epochs: [number, number][] }>([
    { says: 'at the end: nothing', to: 20, end: 20, batches: 4, epochs: [[1, 0], [2, 10], [4, 15]] },
    { says: 'beyond the end: nothing', to: 30, end: 20, batches: 4, epochs: [[1, 0], [2, 10], [4, 15]] },
    { says: 'between batches', to: 10, end: 10, batches: 2, epochs: [[1, 0]] },
    { says: 'within a batch: the whole of it', to: 13, end: 10, batches: 2, epochs: [[1, 0]] },
    { says: 'within an epoch', to: 5, end: 5, batches: 1, epochs: [[1, 0]] },
    { says: 'everything', to: 0, end: 0, batches: 0, epochs: [] },
  ])('to $to, $says', ({ to, end, batches, epochs }) => {
    const { log, ...world } = example();
    const before = contentOf(world, log);
    log.highWatermark = 12;
    world.run(log.truncateTo(to));
    expect([log.logStartOffset, log.highWatermark, log.logEndOffset]).toEqual([0, Math.min(12, end), end]);
    expect(contentOf(world, log)).toEqual(before.slice(0, batches));
    expect(epochsOf(log)).toEqual(epochs);
    const reopened = world.open();
    expect([contentOf(world, reopened), epochsOf(reopened)]).toEqual([before.slice(0, batches), epochs]);
  });

  it('at or beyond the end cuts an epoch that has written nothing, at the end (LEC-4)', () => {
    for (const to of [20, 25]) {
      const { log, run } = example();
      run(log.assignEpochStart(6));
      run(log.truncateTo(to));
      expect(epochsOf(log)).toEqual([[1, 0], [2, 10], [4, 15]]);
    }
  });

  it('changes epochs in memory at once and in the file when it is told to (LEC-5)', () => {
    const { log, run, disk } = example();
    const fileText = (): string => new TextDecoder().decode(run(disk.read(EPOCHS, 0, 1000)));
    run(log.truncateTo(10));
    expect(log.latestEpoch).toBe(1);
    expect(fileText()).toBe('0\n3\n1 0\n2 10\n4 15\n');
    run(log.flushEpochs());
    expect(fileText()).toBe('0\n1\n1 0\n');
  });

  it('lets the log go on', () => {
    const { log, ...world } = example();
    world.run(log.truncateTo(10));
    world.run(log.appendAsLeader(batchOf(1), 5));
    expect(contentOf(world, log)).toEqual(['0..4 @1', '5..9 @1', '10..10 @5']);
    expect(epochsOf(log)).toEqual([[1, 0], [5, 10]]);
  });

  it('forgets where the batches lay', () => {
    const world = bench();
    const log = world.open();
    for (let i = 0; i < 6; i += 1) world.run(log.appendAsLeader(batchOf(1, 0, 5000), 1));
    world.run(log.truncateTo(2));
    for (let i = 0; i < 6; i += 1) world.run(log.appendAsLeader(batchOf(1, 0, 7000), 1));
    for (let offset = 0; offset < 8; offset += 1) expect(baseOffsetOf(world.run(log.read(offset, 0, 8, true)))).toBe(offset);
  });

  it('does not mislead a reader that waits while it happens', () => {
    const disk = new SlowDisk();
    for (let steps = 1; steps <= 2; steps += 1) {
      const log = finish(Log.open(disk, `orders-${steps}`));
      finish(log.appendAsFollower(stamped([0, 5, 1], [5, 5, 1], [10, 5, 2], [15, 5, 4])));
      disk.cold = 2;
      const read = log.read(15, 9999, 20, true);
      for (let step = 0; step < steps; step += 1) read.next();
      finish(log.truncateTo(0));
      finish(log.appendAsLeader(batchOf(18, 0, 3), 5));
      expect(rangesOf(finish(read))).toEqual(['0..17 @5']);
    }
  });

  it.each([7, 20, 1000])('of everything, to start at %d, leaves an empty log there (FT-5)', (offset) => {
    const { log, ...world } = example();
    world.run(log.truncateFullyAndStartAt(offset));
    for (const emptied of [log, world.open()]) {
      expect([emptied.logStartOffset, emptied.highWatermark, emptied.logEndOffset, epochsOf(emptied)]).toEqual([offset, offset, offset, []]);
      expect(contentOf(world, emptied)).toEqual([]);
    }
    world.run(log.appendAsFollower(stamped([offset, 2, 9])));
    expect(contentOf(world, world.open())).toEqual([`${offset}..${offset + 1} @9`]);
  });

  it('of everything leaves one log, whatever of it survives a power loss', () => {
    for (let seed = 0; seed < 50; seed += 1) {
      const { log, ...world } = example();
      world.run(log.flush());
      world.run(log.truncateFullyAndStartAt(100));
      world.run(log.flush());
      world.disk.powerLoss(randomStream(String(seed), 'power'));
      expect(world.open().logEndOffset).toBe(100);
    }
  });

  it('below the start of the log starts it anew there', () => {
    const { log, run } = example();
    run(log.truncateFullyAndStartAt(100));
    run(log.truncateTo(50));
    expect([log.logStartOffset, log.logEndOffset]).toEqual([50, 50]);
  });
});

describe('a truncation', () => {
  it.each([
    { to: 9, bases: [0, 2, 4, 6, 8] }, { to: 8, bases: [0, 2, 4, 6, 8] }, { to: 7, bases: [0, 2, 4, 6] }, { to: 1, bases: [0] }, { to: 0, bases: [0] },
  ])('to $to takes the segments beyond it, whether a crash or a loss of power follows', ({ to, bases }) => {
    for (const isPowerLost of [false, true]) {
      const world = segmentsBench({ config: { 'segment.bytes': 2 * ONE, 'index.interval.bytes': 1 } });
      for (let i = 0; i < 12; i += 1) world.append(1, { timestamp: i });
      world.run(world.log.flush());
      world.writeCheckpoint();
      world.run(world.log.truncateTo(to));
      expect([world.log.segmentBaseOffsets, world.log.logEndOffset]).toEqual([bases, to]);
      world.append(1, { epoch: 2, timestamp: 50 });
      const content = segmentContent(world);
      world.run(world.log.flush());
      if (isPowerLost) world.loseEverythingUnsynced();
      world.open();
      expect(segmentContent(world)).toEqual(content);
      expect(world.run(world.log.offsetForTimestamp(20))).toEqual({ timestamp: 50, offset: to });
    }
  });
});
