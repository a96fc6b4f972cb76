/** @module Which segments of a log may go (RT-1). */
import { isDeleted } from '../config/topic-config.ts';
import type { LogConfig } from './log-options.ts';
import type { LogSegment } from './log-segment.ts';
import type { Offset } from './record-batch.ts';

/** Of retention.ms and retention.bytes: everything is kept. */
const UNLIMITED = -1;

type SegmentView = Pick<LogSegment, 'baseOffset' | 'sizeInBytes' | 'maxTimestamp'>;

/**
 * How many segments, the oldest first, are to be deleted: those that lie below the start of the log, then those by which it is larger than
 * retention.bytes, then those whose latest record is older than retention.ms; with cleanup.policy=compact only the first. None that reaches beyond the
 * high watermark, and not the last if it is empty.
 */
export function segmentsToDelete(segments: readonly SegmentView[], logStartOffset: Offset, highWatermark: Offset, logEndOffset: Offset, nowMs: number, config: LogConfig): number {
  const hasRetention = isDeleted(config);
  let excessBytes = config['retention.bytes'] === UNLIMITED ? 0 : segments.reduce((bytes, { sizeInBytes }) => bytes + sizeInBytes, 0) - config['retention.bytes'];
  const isExpired = ({ maxTimestamp }: SegmentView): boolean => config['retention.ms'] !== UNLIMITED && nowMs - maxTimestamp > config['retention.ms'];
  let count = 0;
  for (const [at, segment] of segments.entries()) {
    const next = segments[at + 1];
    const endOffset = next?.baseOffset ?? logEndOffset;
    if (endOffset > highWatermark || (next === undefined && segment.sizeInBytes === 0)) break;
    const isBelowStart = next !== undefined && next.baseOffset <= logStartOffset;
    const isExcess = config['retention.bytes'] !== UNLIMITED && excessBytes >= segment.sizeInBytes;
    if (!isBelowStart && !(hasRetention && (isExcess || isExpired(segment)))) break;
    excessBytes -= segment.sizeInBytes;
    count += 1;
  }
  return count;
}
