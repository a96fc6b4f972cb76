/**
 * @module
 * What of a log is to be compacted, and whether it is worth while (RT-3):
 *
 *     clean: compacted before │ dirty: to be compacted │ not yet: active, undecided, or too young
 *                    firstDirtyOffset        firstUncleanableOffset
 */
import { MS_MAX } from '../config/config-definition.ts';
import type { LogConfig } from './log-options.ts';
import type { LogSegment } from './log-segment.ts';
import { RELATIVE_OFFSET_MAX } from './offset-index.ts';
import type { Offset } from './record-batch.ts';

type SegmentView = Pick<LogSegment, 'baseOffset' | 'sizeInBytes' | 'maxTimestamp' | 'firstTimestamp' | 'indexBytes' | 'timeIndexBytes'>;

/** What is looked at of a log. */
export interface CleanableLog<S extends SegmentView = SegmentView> {
  readonly config: LogConfig;
  /** Ascending, at least one; the last is written to. */
  readonly segments: readonly S[];
  readonly logStartOffset: Offset;
  readonly logEndOffset: Offset;
  /** The first undecided offset: what lies below is committed, and of no transaction that is open. */
  readonly lastStableOffset: Offset;
  /** Below it the log was compacted; undefined: never. */
  readonly lastCleanOffset: Offset | undefined;
}

/** The sections of a log. */
export interface LogToClean {
  readonly firstDirtyOffset: Offset;
  /** Base of the first segment that is left as it is. */
  readonly firstUncleanableOffset: Offset;
  /** Bytes that would be compacted. */
  readonly dirtyBytes: number;
  /** Their share of what would be written anew, 0 to 1. */
  readonly dirtyRatio: number;
  /** By how much its oldest dirty segment has outlived max.compaction.lag.ms; 0: it has not. */
  readonly overdueMs: number;
}

/** The sections of a log at this time of the broker's clock; undefined: it holds nothing that could be compacted. */
export function logToClean(log: CleanableLog, nowMs: number): LogToClean | undefined {
  const firstDirtyOffset = firstDirtyOffsetOf(log);
  const firstUncleanableOffset = firstUncleanableOffsetOf(log, firstDirtyOffset, nowMs);
  const cleanBytes = bytesOf(segmentsBetween(log.segments, 0, firstDirtyOffset));
  const dirtyBytes = bytesOf(segmentsBetween(log.segments, Math.min(firstDirtyOffset, firstUncleanableOffset), firstUncleanableOffset));
  if (cleanBytes + dirtyBytes === 0) return undefined;
  return { firstDirtyOffset, firstUncleanableOffset, dirtyBytes, dirtyRatio: dirtyBytes / (cleanBytes + dirtyBytes), overdueMs: overdueMs(log, firstDirtyOffset, nowMs) };
}

/** Whether it is dirty enough, or has waited too long. */
export function isWorthCleaning({ dirtyBytes, dirtyRatio, overdueMs: overdue }: LogToClean, config: LogConfig): boolean {
  return (overdue > 0 && dirtyBytes > 0) || dirtyRatio > config['min.cleanable.dirty.ratio'];
}

/** A clean section that the log does not reach, or has deleted, was another one: all is dirty. */
function firstDirtyOffsetOf({ lastCleanOffset, logStartOffset, logEndOffset }: CleanableLog): Offset {
  const offset = lastCleanOffset ?? logStartOffset;
  return offset < logStartOffset || offset > logEndOffset ? logStartOffset : offset;
}

/** Never the active segment, nor what is not decided, nor a segment with a record younger than min.compaction.lag.ms, nor what follows it. */
function firstUncleanableOffsetOf({ config, segments, lastStableOffset }: CleanableLog, firstDirtyOffset: Offset, nowMs: number): Offset {
  const lagMs = config['min.compaction.lag.ms'];
  const active = segments.at(-1)!.baseOffset;
  const tooYoung = lagMs > 0 ? closedFrom(segments, firstDirtyOffset).find(({ maxTimestamp }) => maxTimestamp > nowMs - lagMs)?.baseOffset : undefined;
  const bound = Math.max(firstDirtyOffset, Math.min(lastStableOffset, active, tooYoung ?? Infinity));
  // Segments are compacted whole: the one that holds the bound is left as it is.
  return closedFrom(segments, bound)[0]?.baseOffset ?? active;
}

function overdueMs({ config, segments }: CleanableLog, firstDirtyOffset: Offset, nowMs: number): number {
  const lagMs = config['max.compaction.lag.ms'];
  if (lagMs >= MS_MAX) return 0;
  let oldest = Infinity;
  for (const { firstTimestamp = 0 } of closedFrom(segments, firstDirtyOffset)) if (firstTimestamp > 0) oldest = Math.min(oldest, firstTimestamp);
  return Math.max(0, nowMs - lagMs - oldest);
}

/** Segments that hold offsets from `from` on, up to the one that begins at `upTo`. */
export function segmentsBetween<S extends Pick<SegmentView, 'baseOffset'>>(segments: readonly S[], from: Offset, upTo: Offset): readonly S[] {
  const first = Math.max(0, segments.findLastIndex(({ baseOffset }) => baseOffset <= from));
  return from >= upTo ? [] : segments.slice(first).filter(({ baseOffset }) => baseOffset < upTo);
}

/** All but the active one that hold offsets from `from` on. */
function closedFrom<S extends Pick<SegmentView, 'baseOffset'>>(segments: readonly S[], from: Offset): readonly S[] {
  const active = segments.at(-1)!.baseOffset;
  return from > active ? [] : segmentsBetween(segments, from, active);
}

function bytesOf(segments: readonly SegmentView[]): number {
  return segments.reduce((bytes, { sizeInBytes }) => bytes + sizeInBytes, 0);
}

/** Which neighbours become one segment: as many as fit into one, by their sizes before. */
export function groupSegments<S extends SegmentView>(segments: readonly S[], endOffset: Offset, config: LogConfig): S[][] {
  const groups: S[][] = [];
  let [bytes, indexBytes, timeIndexBytes] = [0, 0, 0];
  for (const [at, segment] of segments.entries()) {
    const group = groups.at(-1);
    bytes += segment.sizeInBytes;
    indexBytes += segment.indexBytes;
    timeIndexBytes += segment.timeIndexBytes;
    const lastOffset = (segments[at + 1]?.baseOffset ?? endOffset) - 1;
    const fits =
      bytes <= config['segment.bytes'] && indexBytes <= config['segment.index.bytes'] && timeIndexBytes <= config['segment.index.bytes'] &&
      (segment.sizeInBytes === 0 || (group !== undefined && lastOffset - group[0]!.baseOffset <= RELATIVE_OFFSET_MAX));
    if (group !== undefined && fits) {
      group.push(segment);
      continue;
    }
    groups.push([segment]);
    [bytes, indexBytes, timeIndexBytes] = [segment.sizeInBytes, segment.indexBytes, segment.timeIndexBytes];
  }
  return groups;
}
