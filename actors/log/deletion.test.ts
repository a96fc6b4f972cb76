/** @module Segments that leave a log at its start, and their readers (RT-1, RT-2). */
import { describe, expect, it } from 'vitest';
import { SlowDisk, finish } from '../testing/log-bench.ts';
import { DIRECTORY, ONE, segmentBatch, segmentContent, segmentsBench } from '../testing/segments-bench.ts';
import { DEFAULT_LOG_CONFIG } from './log-options.ts';
import { Log } from './log.ts';

describe('deleting old segments (RT-1)', () => {
  it('renames their files at once, removes them later, and the log begins after them', () => {
    const world = segmentsBench({ config: { 'segment.bytes': 2 * ONE, 'retention.bytes': 3 * ONE } });
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
    const world = segmentsBench({ config: { 'segment.bytes': 2 * ONE, 'retention.ms': 10 } });
    for (let i = 0; i < 5; i += 1) world.append(1, { timestamp: i });
    world.log.highWatermark = 5;
    world.run(world.log.deleteOldSegments(1_000));
    expect([world.log.logStartOffset, world.log.logEndOffset, world.log.segmentBaseOffsets]).toEqual([5, 5, [5]]);
    world.append(1);
    expect(segmentContent(world)).toEqual(['5..5 @1']);
    expect([world.open().logStartOffset, world.log.logEndOffset]).toEqual([5, 6]);
  });

  it('does not trouble a reader that waits: it is told nothing of what has gone', () => {
    const disk = new SlowDisk();
    for (let steps = 1; steps <= 2; steps += 1) {
      const log = finish(Log.open(disk, `orders-${steps}`, { config: { ...DEFAULT_LOG_CONFIG, 'segment.bytes': ONE, 'retention.bytes': 0 } }));
      for (let i = 0; i < 3; i += 1) finish(log.appendAsLeader(segmentBatch(1, 1, 39), 1));
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
    const world = segmentsBench({ config: { 'segment.bytes': 2 * ONE } });
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
