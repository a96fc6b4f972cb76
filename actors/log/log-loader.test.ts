/** @module What a start makes of what it finds: after a clean shutdown, a crash, or damage (RC-1, RC-3…RC-6). */
import { describe, expect, it } from 'vitest';
import { EPOCHS, FILE, batchOf, bench, contentOf, epochsOf, example, stamped } from '../testing/log-bench.ts';
import { DIRECTORY, ONE, segmentContent, segmentsBench } from '../testing/segments-bench.ts';
import type { SegmentsBench, SegmentsBenchOptions } from '../testing/segments-bench.ts';
import { baseOffsetOf } from './record-batch.ts';

describe('opening after a crash (RC-3)', () => {
  const size = batchOf(5).length;
  it('makes an empty log where there was none', () => {
    const world = bench();
    const log = world.open();
    expect([log.logStartOffset, log.highWatermark, log.logEndOffset, log.latestEpoch, world.disk.list('')]).toEqual([0, 0, 0, undefined, [FILE]]);
  });

  it('loses nothing when only the process crashed (ST-2)', () => {
    const { log, ...world } = example();
    const before = contentOf(world, log);
    const reopened = world.open();
    expect([contentOf(world, reopened), epochsOf(reopened), reopened.highWatermark]).toEqual([before, epochsOf(log), 0]);
  });

  it.each<{ says: string; tail: Uint8Array }>([
    { says: 'a batch cut short', tail: stamped([20, 5, 4]).slice(0, -1) },
    { says: 'less than a header', tail: Uint8Array.of(1, 2, 3) },
    { says: 'a page of zeros', tail: new Uint8Array(4096) },
    { says: 'garbage', tail: new Uint8Array(300).fill(0xa5) },
    { says: 'a flipped bit, and a sound batch after it', tail: Uint8Array.of(...stamped([20, 5, 4]).with(66, 77), ...stamped([25, 5, 4])) },
    { says: 'offsets that go back', tail: stamped([19, 5, 4]) },
    { says: 'an offset beyond 2^53 (RB-1)', tail: stamped([20, 5, 4]).with(0, 0x7f) },
  ])('cuts off $says, and the epochs that begin there (LEC-5)', ({ tail }) => {
    const { log, ...world } = example();
    const before = contentOf(world, log);
    world.run(log.assignEpochStart(8));
    world.run(world.disk.append(FILE, tail));
    const reopened = world.open();
    expect([contentOf(world, reopened), epochsOf(reopened), reopened.logEndOffset]).toEqual([before, [[1, 0], [2, 10], [4, 15]], 20]);
    expect(world.disk.size(FILE)).toBe(4 * size);
  });

  it('reads batches that are larger than a piece, and smaller ones after them', () => {
    const world = bench();
    const log = world.open();
    const sizes = [10, 3_000_000, 500_000, 600_000, 1_100_000, 10];
    for (const valueBytes of sizes) world.run(log.appendAsLeader(batchOf(1, 1, valueBytes), 0));
    expect(world.open().logEndOffset).toBe(sizes.length);
  });

  it('finds an epoch again that the checkpoint has lost', () => {
    const { log, ...world } = example();
    world.run(world.disk.remove(EPOCHS));
    expect(epochsOf(world.open())).toEqual(epochsOf(log));
    expect(world.disk.size(EPOCHS)).toBeGreaterThan(0);
  });
});

describe('opening', () => {
  /** Six segments of two batches each, flushed up to the third. */
  function sixSegments(options: SegmentsBenchOptions = {}): SegmentsBench {
    const world = segmentsBench({ ...options, config: { 'segment.bytes': 2 * ONE, 'index.interval.bytes': 1, ...options.config } });
    for (let i = 0; i < 6; i += 1) world.append(1);
    world.run(world.log.flush());
    world.writeCheckpoint();
    for (let i = 0; i < 6; i += 1) world.append(1);
    return world;
  }

  const fileOf = (base: number, suffix = '.log'): string => `${DIRECTORY}/${String(base).padStart(20, '0')}${suffix}`;
  function corrupt({ disk, run }: SegmentsBench, file: string, at: number): void {
    const bytes = run(disk.read(file, 0, disk.size(file)!)).slice();
    bytes[at]! ^= 0xff;
    run(disk.truncate(file, 0));
    run(disk.append(file, bytes));
  }

  it('after a clean shutdown reads no batch, and finds everything (RC-1)', () => {
    const world = sixSegments();
    const before = segmentContent(world);
    world.run(world.log.close());
    const seen: number[] = [];
    world.open({ isClean: true, visit: (bytes, at) => seen.push(baseOffsetOf(bytes, at)) });
    expect(segmentContent(world)).toEqual(before);
    expect([seen, world.log.recoveryPoint, world.log.recoveredFrom, world.files('.snapshot').at(-1)]).toEqual([[], 12, 12, 12]);
    world.loseEverythingUnsynced();
    world.open({ isClean: true });
    expect(segmentContent(world)).toEqual(before);
  });

  it('after a crash reads the segments that reach beyond the recovery point, and leaves the recovery point where it was (RC-3)', () => {
    const world = sixSegments();
    const before = segmentContent(world);
    const seen: number[] = [];
    world.open({ visit: (bytes, at) => seen.push(baseOffsetOf(bytes, at)) });
    expect(segmentContent(world)).toEqual(before);
    expect([seen, world.log.recoveryPoint, world.log.recoveredFrom]).toEqual([[6, 7, 8, 9, 10, 11], 6, 6]);
  });

  it('ends at the first batch that is not sound, and deletes later segments (RC-3)', () => {
    const world = sixSegments();
    corrupt(world, fileOf(8), ONE + 70);
    expect(world.open().logEndOffset).toBe(9);
    expect(world.files('.log')).toEqual([0, 2, 4, 6, 8]);
    world.append(1, { epoch: 2 });
    expect(segmentContent(world).at(-1)).toBe('9..9 @2');
  });

  it('trusts what lies below the recovery point; the damage shows when it is read (RC-4)', () => {
    const world = sixSegments();
    corrupt(world, fileOf(2), 70);
    expect(world.open().logEndOffset).toBe(12);
    expect(segmentContent(world)).toHaveLength(12);
  });

  it.each(['.index', '.timeindex'])('builds %s again where it is missing, or is none (RC-4)', (suffix) => {
    for (const damage of ['missing', 'garbage'] as const) {
      const world = sixSegments();
      const before = segmentContent(world);
      world.run(world.disk.remove(fileOf(2, suffix)));
      if (damage === 'garbage') world.run(world.disk.append(fileOf(2, suffix), new Uint8Array(13).fill(0xa5)));
      world.open();
      expect(segmentContent(world)).toEqual(before);
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
    const world = segmentsBench({ config: { 'segment.bytes': 2 * ONE }, protocol: { recoveryKeepsGaps } });
    for (let i = 0; i < 4; i += 1) world.append(1);
    world.run(world.disk.truncate(fileOf(0), ONE));
    expect(world.open().logEndOffset).toBe(end);
  });
});
