/** @module Which part of a log is compacted, when it is worth while, and which segments become one (RT-3). */
import { describe, expect, it } from 'vitest';
import { MS_MAX } from '../config/config-definition.ts';
import { DEFAULT_LOG_CONFIG } from './log-options.ts';
import type { LogConfig } from './log-options.ts';
import { groupSegments, isWorthCleaning, logToClean } from './log-to-clean.ts';
import type { CleanableLog } from './log-to-clean.ts';

/** A segment of ten offsets and 100 bytes, with records of 1000 to 1900 ms for each ten offsets before it. */
const segment = (baseOffset: number, sizeInBytes = 100) =>
  ({ baseOffset, sizeInBytes, firstTimestamp: 1_000 + 100 * baseOffset, maxTimestamp: 1_900 + 100 * baseOffset, indexBytes: 8, timeIndexBytes: 12 });

/** Segments 0, 10, 20, 30 and the active one, 40. */
function logOf(log: Partial<CleanableLog>, config: Partial<LogConfig> = {}): CleanableLog {
  return {
    segments: [0, 10, 20, 30, 40].map((base) => segment(base)),
    logStartOffset: 0, logEndOffset: 50, lastStableOffset: 50, lastCleanOffset: undefined, ...log,
    config: { ...DEFAULT_LOG_CONFIG, 'cleanup.policy': 'compact', ...config },
  };
}

describe('the sections of a log', () => {
  it.each<{ says: string; log?: Partial<CleanableLog>; config?: Partial<LogConfig>; nowMs?: number; first: number; upTo: number; bytes: number; ratio: number }>([
    { says: 'never compacted: all but the active segment is dirty', first: 0, upTo: 40, bytes: 400, ratio: 1 },
    { says: 'dirty is what came after the last round', log: { lastCleanOffset: 20 }, first: 20, upTo: 40, bytes: 200, ratio: 0.5 },
    { says: 'a round that ended within a segment: it is dirty and clean', log: { lastCleanOffset: 25 }, first: 25, upTo: 40, bytes: 200, ratio: 200 / 500 },
    { says: 'all of it is clean', log: { lastCleanOffset: 40 }, first: 40, upTo: 40, bytes: 0, ratio: 0 },
    { says: 'not what is not decided, nor the segment it is in', log: { lastStableOffset: 27 }, first: 0, upTo: 20, bytes: 200, ratio: 1 },
    { says: 'decided up to the base of a segment', log: { lastStableOffset: 30 }, first: 0, upTo: 30, bytes: 300, ratio: 1 },
    { says: 'the clean section lies beyond what is decided now', log: { lastCleanOffset: 30, lastStableOffset: 5 }, first: 30, upTo: 30, bytes: 0, ratio: 0 },
    { says: 'not a segment with a record younger than min.compaction.lag.ms', config: { 'min.compaction.lag.ms': 1_000 }, nowMs: 4_800, first: 0, upTo: 20, bytes: 200, ratio: 1 },
    { says: 'a segment as old as min.compaction.lag.ms is', config: { 'min.compaction.lag.ms': 1_000 }, nowMs: 4_900, first: 0, upTo: 30, bytes: 300, ratio: 1 },
    { says: 'the start has risen beyond the clean section', log: { lastCleanOffset: 10, logStartOffset: 20 }, first: 20, upTo: 40, bytes: 200, ratio: 0.5 },
    { says: 'the checkpoint is of a longer log', log: { lastCleanOffset: 51, logStartOffset: 10 }, first: 10, upTo: 40, bytes: 300, ratio: 0.75 },
  ])('$says', ({ log = {}, config = {}, nowMs = 10_000, first, upTo, bytes, ratio }) => {
    expect(logToClean(logOf(log, config), nowMs)).toEqual({ firstDirtyOffset: first, firstUncleanableOffset: upTo, dirtyBytes: bytes, dirtyRatio: ratio, overdueMs: 0 });
  });

  it('there are none where there is only the active segment', () => {
    expect(logToClean(logOf({ segments: [segment(40)], logStartOffset: 40 }), 10_000)).toBeUndefined();
  });
});

describe('a log is worth compacting', () => {
  it.each<{ says: string; cleanUpTo: number; config?: Partial<LogConfig>; nowMs?: number; is: boolean }>([
    { says: 'with more than min.cleanable.dirty.ratio dirty', cleanUpTo: 10, is: true },
    { says: 'not with just as much', cleanUpTo: 20, is: false },
    { says: 'with little, if that is asked for', cleanUpTo: 30, config: { 'min.cleanable.dirty.ratio': 0.2 }, is: true },
    { says: 'with little that has waited longer than max.compaction.lag.ms', cleanUpTo: 30, config: { 'max.compaction.lag.ms': 1_000 }, nowMs: 5_001, is: true },
    { says: 'not with little that has waited just as long', cleanUpTo: 30, config: { 'max.compaction.lag.ms': 1_000 }, nowMs: 5_000, is: false },
    { says: 'not with nothing, however old', cleanUpTo: 40, config: { 'max.compaction.lag.ms': 1_000 }, nowMs: 100_000, is: false },
    { says: 'not with the largest lag there is', cleanUpTo: 30, config: { 'max.compaction.lag.ms': MS_MAX }, nowMs: MS_MAX, is: false },
  ])('$says', ({ cleanUpTo, config = {}, nowMs = 10_000, is }) => {
    const log = logOf({ lastCleanOffset: cleanUpTo }, config);
    expect(isWorthCleaning(logToClean(log, nowMs)!, log.config)).toBe(is);
  });
});

describe('neighbours become one segment', () => {
  it.each<{ says: string; sizes: [number, number][]; config?: Partial<LogConfig>; endOffset?: number; groups: number[][] }>([
    { says: 'as many as fit into segment.bytes', sizes: [[0, 100], [10, 100], [20, 101], [30, 99]], config: { 'segment.bytes': 200 }, groups: [[0, 10], [20, 30]] },
    { says: 'a larger one by itself', sizes: [[0, 100], [10, 300], [20, 100]], config: { 'segment.bytes': 200 }, groups: [[0], [10], [20]] },
    { says: 'empty ones with what is before them', sizes: [[0, 200], [10, 0], [20, 0], [30, 1]], config: { 'segment.bytes': 200 }, groups: [[0, 10, 20], [30]] },
    { says: 'as long as their indexes fit, too', sizes: [[0, 1], [10, 1], [20, 1], [30, 1]], config: { 'segment.index.bytes': 36 }, groups: [[0, 10, 20], [30]] },
    { says: 'as long as an index can hold their offsets', sizes: [[0, 1], [10, 1], [2_147_483_649, 1]], endOffset: 2_147_483_650, groups: [[0], [10, 2_147_483_649]] },
    { says: 'up to the last offset that it can', sizes: [[0, 1], [10, 1]], endOffset: 2_147_483_648, groups: [[0, 10]] },
  ])('$says', ({ sizes, config = {}, endOffset = 40, groups }) => {
    const grouped = groupSegments(sizes.map(([base, size]) => segment(base, size)), endOffset, { ...DEFAULT_LOG_CONFIG, ...config });
    expect(grouped.map((group) => group.map(({ baseOffset }) => baseOffset))).toEqual(groups);
  });
});
