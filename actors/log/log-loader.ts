/**
 * @module
 * What is in the directory of a log, brought into order when it is opened (RC-3, RC-4, RC-5).
 *
 *     after a clean shutdown:   every segment is taken as it is
 *     otherwise:   below the recovery point as it is │ from there on read: the first batch that is not sound is the end
 */
import type { Disk, Task } from '../../runtime/index.ts';
import { readEpochCheckpoint } from './checkpoint-file.ts';
import { completeSwap } from './interrupted-swap.ts';
import { LeaderEpochCache } from './leader-epoch-cache.ts';
import { DEFAULT_LOG_CONFIG, DEFAULT_LOG_PROTOCOL, segmentJitterMs } from './log-options.ts';
import type { LogOptions } from './log-options.ts';
import { LogSegment } from './log-segment.ts';
import { ProducerSnapshots } from './producer-snapshots.ts';
import { baseOffsetOf, partitionLeaderEpochOf } from './record-batch.ts';
import type { Offset } from './record-batch.ts';
import { segmentsIn } from './segment-files.ts';

/** A log as it was found. */
export interface LoadedLog {
  /** Ascending, at least one; the last is written to. */
  readonly segments: LogSegment[];
  readonly epochs: LeaderEpochCache;
  /** The checkpoint of the epochs lacks some that were found in batches: it is written before the log goes on (LEC-5). */
  readonly hasNewEpoch: boolean;
  /** The checkpoint of the epochs has some that the log does not. */
  readonly hasStaleEpoch: boolean;
  readonly snapshots: ProducerSnapshots;
  readonly logStartOffset: Offset;
  readonly logEndOffset: Offset;
  readonly recoveryPoint: Offset;
  /** From here on every batch was read. */
  readonly recoveredFrom: Offset;
}

/** File of a log that says which epoch began where. */
export function epochFile(directory: string): string {
  return `${directory}/leader-epoch-checkpoint`;
}

/** @throws {MalformedCheckpointError} */
export function* loadLog(disk: Disk, directory: string, options: LogOptions): Task<LoadedLog> {
  const { config = DEFAULT_LOG_CONFIG, host, isClean = false, recoveryPoint: checkpointed = 0, logStartOffset: startCheckpoint = 0 } = options;
  yield* completeSwap(disk, directory);
  const epochs = new LeaderEpochCache(yield* readEpochCheckpoint(disk, epochFile(directory)));
  const found = yield* loadSegments(disk, directory, options, epochs);

  // RC-5: what is left lies below the start, so all of it was to go.
  const isBelowStart = found.segments.length > 0 && found.logEndOffset < startCheckpoint;
  if (isBelowStart) {
    for (const segment of found.segments.splice(0).reverse()) yield* dropForGood(segment);
    epochs.clear();
  }
  if (found.segments.length === 0) {
    const first = new LogSegment(disk, directory, startCheckpoint, segmentJitterMs(config, host));
    yield* first.create();
    found.segments.push(first);
    found.logEndOffset = startCheckpoint;
    found.recoveredFrom = startCheckpoint;
  }
  const logStartOffset = Math.max(startCheckpoint, found.segments[0]!.baseOffset);
  const hasLostTail = epochs.truncateFromEnd(found.logEndOffset);
  const hasLostHead = epochs.truncateFromStart(logStartOffset);
  const snapshots = new ProducerSnapshots(disk, directory);
  yield* snapshots.load(found.segments.map(({ baseOffset }) => baseOffset), found.logEndOffset);
  return {
    segments: found.segments,
    epochs,
    hasNewEpoch: found.hasNewEpoch,
    hasStaleEpoch: isBelowStart || hasLostTail || hasLostHead,
    snapshots,
    logStartOffset,
    logEndOffset: found.logEndOffset,
    // What was read again is not durable for that: only a flush moves the recovery point.
    recoveryPoint: isClean && !isBelowStart ? found.logEndOffset : Math.min(checkpointed, found.logEndOffset),
    recoveredFrom: found.recoveredFrom,
  };
}

interface FoundSegments {
  readonly segments: LogSegment[];
  logEndOffset: Offset;
  recoveredFrom: Offset;
  hasNewEpoch: boolean;
}

/** Every segment that can be kept: as it is where it can be trusted (RC-4), recovered where not (RC-3). */
function* loadSegments(disk: Disk, directory: string, options: LogOptions, epochs: LeaderEpochCache): Task<FoundSegments> {
  const { config = DEFAULT_LOG_CONFIG, protocol = DEFAULT_LOG_PROTOCOL, host, isClean = false, recoveryPoint = 0, visit } = options;
  const bases = segmentsIn(disk, directory);
  const firstUnflushed = isClean ? bases.length : Math.max(0, bases.findLastIndex((base) => base <= recoveryPoint));
  const found: FoundSegments = { segments: [], logEndOffset: 0, recoveredFrom: bases[firstUnflushed] ?? -1, hasNewEpoch: false };
  const seeEpoch = (bytes: Uint8Array, position: number): void => {
    const epoch = partitionLeaderEpochOf(bytes, position);
    if (epoch > (epochs.latest?.epoch ?? -1) && epochs.assign(epoch, baseOffsetOf(bytes, position))) found.hasNewEpoch = true;
  };
  const indexIntervalBytes = config['index.interval.bytes'];
  let isCut = false;
  for (const [at, base] of bases.entries()) {
    const segment = new LogSegment(disk, directory, base, segmentJitterMs(config, host));
    if (at < firstUnflushed) {
      // RC-4. Only an index that is missing or is none has the batches read; where they end is not asked, for more segments may follow.
      const isWhole = yield* segment.load();
      if (isWhole && at === bases.length - 1) found.logEndOffset = yield* segment.readEndOffset();
      if (!isWhole) found.logEndOffset = (yield* segment.recover(indexIntervalBytes, seeEpoch)).endOffset;
      found.segments.push(segment);
      continue;
    }
    // Kafka looks at each segment by itself: one that lost its tail between two batches leaves a gap before the next.
    isCut ||= at > firstUnflushed && base !== found.logEndOffset && !protocol.recoveryKeepsGaps;
    if (isCut) {
      yield* dropForGood(segment);
      continue;
    }
    const { endOffset, truncatedBytes } = yield* segment.recover(indexIntervalBytes, (bytes, position) => {
      visit?.(bytes, position);
      seeEpoch(bytes, position);
    });
    found.logEndOffset = endOffset;
    found.segments.push(segment);
    isCut = truncatedBytes > 0;
  }
  for (const segment of found.segments.slice(0, -1)) yield* segment.close();
  if (isClean) found.recoveredFrom = found.logEndOffset;
  return found;
}

function* dropForGood(segment: LogSegment): Task {
  yield* segment.drop();
  yield* segment.remove();
}
