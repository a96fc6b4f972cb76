/** @module Compaction of one log (RT-3): what stays, what goes, and that no crash in the middle loses anything. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomStream } from '../../runtime/random/random.ts';
import type { Task } from '../../runtime/index.ts';
import { batches, clean, write, written } from '../testing/compaction-bench.ts';
import type { Written } from '../testing/compaction-bench.ts';
import { SlowDisk, finish, rangesOf } from '../testing/log-bench.ts';
import { DIRECTORY, DiedError, segmentsBench } from '../testing/segments-bench.ts';
import type { SegmentsBench, SegmentsBenchOptions } from '../testing/segments-bench.ts';
import { LogCleaningAbortedError, cleanLog } from './cleaner.ts';
import { DEFAULT_LOG_CONFIG } from './log-options.ts';
import { logToClean } from './log-to-clean.ts';
import { Log } from './log.ts';
import { OffsetMap } from './offset-map.ts';
import { baseOffsetOf, batchPositions, isValidBatch, lastOffsetOf } from './record-batch.ts';
import { encodeRecordBatch } from './records.ts';
import { offsetFile } from './segment-files.ts';

/** One batch for each list, each in a segment of its own; the last is the active one. */
function logOf(lists: readonly (readonly Written[])[], options: SegmentsBenchOptions = {}): SegmentsBench {
  const world = segmentsBench({ ...options, config: { 'cleanup.policy': 'compact', 'segment.bytes': 1, 'index.interval.bytes': 1, ...options.config } });
  for (const list of lists) write(world, list);
  return world;
}

describe('a round of compaction (RT-3)', () => {
  it.each<{ says: string; lists: Written[][]; left: string[]; endOffset: number; keysMax?: number }>([
    { says: 'keeps the last value of each key, at its offset', lists: [['a1', 'b1'], ['a2', 'c1'], ['d1'], ['z1']], left: ['b1@1', 'a2@2', 'c1@3', 'd1@4', 'z1@5'], endOffset: 5 },
    { says: 'never touches the active segment, nor goes by it', lists: [['a1', 'b1'], ['a2']], left: ['a1@0', 'b1@1', 'a2@2'], endOffset: 2 },
    { says: 'keeps several values of a key in the active segment', lists: [['b1'], ['a1', 'a2']], left: ['b1@0', 'a1@1', 'a2@2'], endOffset: 1 },
    { says: 'keeps a tombstone that it meets first, and nothing before it', lists: [['a1'], ['a-', 'b1'], ['z1']], left: ['a-@1', 'b1@2', 'z1@3'], endOffset: 3 },
    { says: 'removes what has no key, from before the topic was compacted', lists: [['1', 'a1'], ['2'], ['z1']], left: ['a1@1', 'z1@3'], endOffset: 3 },
    { says: 'goes as far as its memory for keys', lists: [['a1', 'b1'], ['a2', 'b2'], ['c1', 'a3'], ['z1']], keysMax: 3, left: ['a2@2', 'b2@3', 'c1@4', 'a3@5', 'z1@6'], endOffset: 5 },
  ])('$says', ({ lists, left, endOffset, keysMax = 100 }) => {
    const world = logOf(lists);
    expect(clean(world, { keysMax })?.endOffset).toBe(endOffset);
    expect(written(world)).toEqual(left);
    expect(batches(world).every(({ bytes }) => isValidBatch(bytes))).toBe(true);
    const reopened = { ...world, log: world.open() };
    expect(written(reopened)).toEqual(left);
  });

  it('stops where something is not decided: at the segment that holds the high watermark', () => {
    const world = logOf([['a1'], ['a2'], ['a3'], ['a4']]);
    world.log.highWatermark = 2;
    expect(clean(world)?.endOffset).toBe(2);
    expect(written(world)).toEqual(['a2@1', 'a3@2', 'a4@3']);
  });

  it('goes on where the round before ended, and again over what is clean', () => {
    const world = logOf([['a1', 'b1'], ['a2'], ['c1']]);
    clean(world);
    write(world, ['b2']);
    write(world, ['d1']);
    expect([world.log.lastCleanOffset, logToClean(world.log, 0)?.firstDirtyOffset]).toEqual([3, 3]);
    clean(world);
    expect(written(world)).toEqual(['a2@2', 'c1@3', 'b2@4', 'd1@5']);
  });

  it('makes one segment of as many as fit', () => {
    const world = segmentsBench({ config: { 'cleanup.policy': 'compact', 'segment.bytes': 200 } });
    for (let i = 0; i < 12; i += 1) write(world, [`a${i}`]);
    const before = world.log.segmentBaseOffsets;
    world.log.config = { ...world.log.config, 'segment.bytes': 500 };
    clean(world);
    expect([before, world.log.segmentBaseOffsets]).toEqual([[0, 2, 4, 6, 8, 10], [0, 6, 10]]);
    expect(world.files('.snapshot')).toEqual([6, 10]);
    expect(written(world)).toEqual(['a9@9', 'a10@10', 'a11@11']);
  });

  it('keeps the end of its last segment, so that readers find where it ends: with its header if nothing else is left', () => {
    const world = logOf([['b1', 'a1'], ['-'], ['a2'], ['z1']]);
    world.log.config = { ...world.log.config, 'delete.retention.ms': 0 };
    write(world, ['y1']);
    clean(world);
    write(world, ['a-', 'z-']);
    write(world, ['x1']);
    clean(world, { nowMs: 2_000 });
    clean(world, { nowMs: 3_000 });
    expect(written(world)).toEqual(['b1@0', 'y1@5', 'x1@8']);
    expect(batches(world).map(({ header: { baseOffset, lastOffset, recordsCount } }) => [baseOffset, lastOffset, recordsCount])).toEqual([[0, 1, 1], [5, 5, 1], [6, 7, 0], [8, 8, 1]]);
  });

  it("keeps the header of each producer's last data, with its sequence numbers (RB-3)", () => {
    const world = segmentsBench({ config: { 'cleanup.policy': 'compact', 'segment.bytes': 1 } });
    const by = (producerId: number, baseSequence: number) => ({ origin: { producerId, producerEpoch: 3, baseSequence, isTransactional: false } });
    write(world, ['a1', 'b1'], by(7, 10));
    write(world, ['a2', 'b2'], by(7, 12));
    write(world, ['a3', 'b3'], by(8, 0));
    write(world, ['z1']);
    clean(world);
    expect(written(world)).toEqual(['a3@4', 'b3@5', 'z1@6']);
    const [first] = batches(world);
    expect(first?.header).toMatchObject({ baseOffset: 2, lastOffset: 3, recordsCount: 0, producerId: 7, producerEpoch: 3, baseSequence: 12, lastSequence: 13, partitionLeaderEpoch: 1, sizeInBytes: 61 });
    expect(isValidBatch(first!.bytes)).toBe(true);
  });

  it('leaves no gap between segments where recovery would take one for a loss (recoveryKeepsGaps=false)', () => {
    const world = logOf([['a1', 'b1'], ['a2', 'b2'], ['a3', 'b3'], ['z1']], { protocol: { recoveryKeepsGaps: false } });
    clean(world, { leavesNoGaps: true });
    world.open();
    expect([written(world), world.log.logEndOffset]).toEqual([['a3@4', 'b3@5', 'z1@6'], 7]);
  });
});

describe('a tombstone (RT-3)', () => {
  it('goes delete.retention.ms after the first round that met it, whatever its own time', () => {
    const world = logOf([['a1'], ['a-', 'b1'], ['z1']], { config: { 'delete.retention.ms': 100 } });
    clean(world, { nowMs: 5_000 });
    const marked = batches(world).find(({ header }) => header.hasDeleteHorizon)!;
    expect([marked.header.baseTimestamp, marked.header.maxTimestamp, isValidBatch(marked.bytes)]).toEqual([5_100, 1, true]);
    const dirty = (nowMs: number, text: string): void => {
      write(world, [text]);
      clean(world, { nowMs });
    };
    dirty(5_099, 'y1');
    expect(written(world)).toContain('a-@1');
    dirty(5_100, 'y2');
    expect(written(world)).not.toContain('a-@1');
    expect(written(world)).toContain('b1@2');
  });

  it('keeps the times of the records beside it', () => {
    const world = segmentsBench({ config: { 'cleanup.policy': 'compact', 'segment.bytes': 1 } });
    write(world, ['a-', 'b1'], { timestamp: 777 });
    write(world, ['z1']);
    clean(world, { nowMs: 5_000 });
    expect(world.run(world.log.offsetForTimestamp(700))).toEqual({ timestamp: 777, offset: 0 });
  });
});

describe('while a log is compacted', () => {
  it.each<{ says: string; change: (world: SegmentsBench) => void; left: string[] }>([
    { says: 'it is cut', change: (world) => world.run(world.log.truncateTo(2)), left: ['a1@0', 'b1@1'] },
    { says: 'it is cut to nothing', change: (world) => world.run(world.log.truncateFullyAndStartAt(9)), left: [] },
  ])('$says: the round is given up and leaves nothing behind', ({ change, left }) => {
    const world = logOf([['a1', 'b1'], ['a2'], ['z1']]);
    const round = cleanLog(world.log, logToClean(world.log, 0)!, {
      offsets: new OffsetMap(1_000, 1), nowMs: 0, leavesNoGaps: false, isStopped: () => false, replacing: () => undefined,
      *exclusively(task) {
        change(world);
        return yield* task;
      },
    });
    expect(() => world.run(round)).toThrow(LogCleaningAbortedError);
    expect([written(world), world.files('.cleaned'), world.files('.swap')]).toEqual([left, [], []]);
  });

  it('whoever reads meanwhile, and waits for the device at whatever step, gets what stood there before or what stands there after', () => {
    class StepwiseDisk extends SlowDisk {
      override *rename(from: string, to: string): Task {
        yield;
        yield* super.rename(from, to);
      }
    }
    const before = '0..0 @1';
    const after = '1..1 @1';
    for (let steps = 0, hasEnded = false; !hasEnded; steps += 1) {
      const disk = new StepwiseDisk();
      const log = finish(Log.open(disk, DIRECTORY, { config: { ...DEFAULT_LOG_CONFIG, 'cleanup.policy': 'compact', 'segment.bytes': 1 } }));
      for (const value of [1, 2, 3]) finish(log.appendAsLeader(encodeRecordBatch([{ timestamp: 1, key: Uint8Array.of(value < 3 ? 1 : 2), value: Uint8Array.of(value) }]), 1));
      log.highWatermark = 3;
      const round = cleanLog(log, logToClean(log, 0)!, { offsets: new OffsetMap(1_000, 1), nowMs: 0, leavesNoGaps: false, isStopped: () => false, exclusively: (task) => task, replacing: () => undefined });
      for (let step = 0; step < steps && !hasEnded; step += 1) hasEnded = round.next().done === true;
      // One that finds the file in the page cache, and one that has to wait while the round goes on.
      disk.cold = 0;
      expect([before, after]).toContain(rangesOf(finish(log.read(0, 9_999, 3, true)))[0]);
      disk.cold = 1;
      const waiting = log.read(0, 9_999, 3, true);
      waiting.next();
      if (!hasEnded) finish(round);
      expect(rangesOf(finish(waiting))[0]).toBe(after);
    }
  });

  it('a batch that cannot be read ends the round, and the log is as it was', () => {
    const world = logOf([['a1'], ['a2'], ['z1']]);
    const file = offsetFile(DIRECTORY, 1, '.log');
    const bytes = world.run(world.disk.read(file, 0, 1_000)).slice();
    // The length of the batch, beyond the end of the file.
    world.run(world.disk.truncate(file, 0));
    world.run(world.disk.append(file, bytes.with(10, 99)));
    expect(() => clean(world)).toThrow(RangeError);
    expect([world.log.segmentBaseOffsets, world.files('.cleaned'), world.log.lastCleanOffset]).toEqual([[0, 1, 2], [], undefined]);
  });

  it('a truncation makes dirty again what will be appended there', () => {
    const world = logOf([['a1'], ['a2'], ['a3'], ['z1']]);
    clean(world);
    expect(world.log.lastCleanOffset).toBe(3);
    world.run(world.log.truncateTo(1));
    expect(world.log.lastCleanOffset).toBe(world.log.segmentBaseOffsets.at(-1));
    for (const text of ['b1', 'b2', 'z2']) write(world, [text]);
    clean(world);
    expect(written(world)).toEqual(['b2@2', 'z2@3']);
  });
});

const keyed = fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.integer({ min: 0, max: 9 }), fc.boolean()).map(([key, value, isTombstone]) => (isTombstone ? `${key}-` : `${key}${value}`));
const lists = fc.array(fc.array(keyed, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 20 });

/** Holds what is left against all that was written, `a1@0` each: nothing is new or out of order, and of each key the last is there, unless it is a tombstone that may go. */
function expectCompacted(left: readonly string[], all: readonly string[], tombstonesMayGo: boolean): void {
  const at = new Map(all.map((text, index) => [text, index]));
  const places = left.map((text) => at.get(text) ?? -1);
  expect(places.every((place, i) => place >= 0 && (i === 0 || place > places[i - 1]!)), `${left.join()} of ${all.join()}`).toBe(true);
  const last = new Map(all.map((text) => [text[0], text]));
  for (const text of last.values()) if (!tombstonesMayGo || !text.includes('-')) expect(left).toContain(text);
}

/** Batch after batch and file after file, offsets ascend. */
function expectNoOverlap({ disk, run, files }: SegmentsBench): void {
  let last = -1;
  for (const base of files('.log')) {
    expect(base).toBeGreaterThan(last);
    const file = offsetFile(DIRECTORY, base, '.log');
    const bytes = run(disk.read(file, 0, disk.size(file)!));
    for (const at of batchPositions(bytes)) {
      expect(baseOffsetOf(bytes, at)).toBeGreaterThan(last);
      last = lastOffsetOf(bytes, at);
    }
  }
}

describe('a log, whatever is written to it and whenever it is compacted', () => {
  it('has of each key below the end of the round exactly the last, in order, at its offset, until tombstones go', () => {
    fc.assert(
      fc.property(lists, fc.array(fc.nat(19), { maxLength: 4 }), fc.constantFrom(1, 200, 700), fc.integer({ min: 1, max: 5 }), (written_, rounds, segmentBytes, keysMax) => {
        const world = segmentsBench({ config: { 'cleanup.policy': 'compact', 'segment.bytes': segmentBytes, 'index.interval.bytes': 100, 'delete.retention.ms': 50 } });
        const all: string[] = [];
        let nowMs = 0;
        for (const [at, list] of written_.entries()) {
          for (const [i, text] of list.entries()) all.push(`${text}@${world.log.logEndOffset + i}`);
          write(world, list);
          if (!rounds.includes(at)) continue;
          nowMs += 20;
          const result = clean(world, { nowMs, keysMax });
          expectCompacted(written(world), all, nowMs > 50);
          const below = written(world).filter((text) => Number(text.split('@')[1]) < (result?.endOffset ?? 0));
          expect(new Set(below.map((text) => text[0])).size).toBe(below.length);
          const end = world.log.logEndOffset;
          world.open();
          expect(world.log.logEndOffset).toBe(end);
          world.log.highWatermark = end;
        }
      }),
      { numRuns: 150 },
    );
  });

  it('is after a crash or a loss of power at any step of a round as good as before or after it, and can be compacted then', () => {
    fc.assert(
      fc.property(lists, fc.constantFrom(1, 200, 400), fc.boolean(), fc.string(), (written_, segmentBytes, isPowerLost, seed) => {
        for (let livesFor = 0; ; livesFor += 1) {
          const world = segmentsBench({ config: { 'cleanup.policy': 'compact', 'segment.bytes': segmentBytes, 'index.interval.bytes': 100, 'delete.retention.ms': 1_000_000 } });
          const all: string[] = [];
          for (const list of written_) {
            for (const [i, text] of list.entries()) all.push(`${text}@${world.log.logEndOffset + i}`);
            write(world, list);
          }
          world.run(world.log.flush());
          // A larger segment.bytes has a round make one of several.
          world.log.config = { ...world.log.config, 'segment.bytes': 3 * segmentBytes };
          world.disk.livesFor = livesFor;
          let hasDied = false;
          try {
            clean(world);
          } catch (error) {
            if (!(error instanceof DiedError)) throw error;
            hasDied = true;
          }
          world.disk.livesFor = Infinity;
          if (isPowerLost) world.disk.powerLoss(randomStream(seed, 'power'));
          const end = world.log.logEndOffset;
          world.open();
          expect(world.log.logEndOffset).toBe(end);
          world.log.highWatermark = end;
          expectCompacted(written(world), all, false);
          expectNoOverlap(world);
          expect(world.disk.list(`${DIRECTORY}/`).filter((file) => /\.(cleaned|swap|deleted)$/.test(file))).toEqual([]);
          clean(world);
          expectCompacted(written(world), all, false);
          if (!hasDied) return;
        }
      }),
      { numRuns: 25 },
    );
  });
});
