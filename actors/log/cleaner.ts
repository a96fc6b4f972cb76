/**
 * @module
 * One round of compaction of one log (RT-3): learns the last offset of each key in the dirty part, then writes all segments up to its end anew, group by group,
 * without what has a later value. Beside whoever appends; the log's lock is held only while a new segment takes the place of the old ones.
 */
import type { Task } from '../../runtime/index.ts';
import type { LogSegment } from './log-segment.ts';
import { filterBatch } from './batch-filter.ts';
import type { CleaningRound } from './batch-filter.ts';
import type { Log } from './log.ts';
import { groupSegments, segmentsBetween } from './log-to-clean.ts';
import type { LogToClean } from './log-to-clean.ts';
import type { OffsetMap } from './offset-map.ts';
import { NONE, readBatchHeader, sizeInBytesOf } from './record-batch.ts';
import type { BatchHeader, Offset } from './record-batch.ts';
import { readRecords } from './records.ts';

/** Segments are read in pieces of so many bytes: half of log.cleaner.io.buffer.size. */
const PIECE_BYTES = 262_144;

/** Thrown when the log was cut, deleted or closed while it was compacted: what is not swapped in yet will not be. */
export class LogCleaningAbortedError extends Error {
  constructor(directory: string) {
    super(`compaction of ${directory} was aborted`);
    this.name = 'LogCleaningAbortedError';
  }
}

/** What a round needs besides the log. */
export interface CleanerOptions {
  readonly offsets: OffsetMap;
  /** The broker's clock, ms. */
  readonly nowMs: number;
  /** Every segment that compaction leaves ends where the next begins, as if nothing had been removed there. */
  readonly leavesNoGaps: boolean;
  /** A planted bug. */
  readonly forgetsLastValues?: boolean;
  /** The broker is about to close its logs. */
  readonly isStopped: () => boolean;
  /** Does something while nobody else changes the log. */
  readonly exclusively: <T>(task: Task<T>) => Task<T>;
  /** A segment is about to be replaced: from now on the log may be without older values below the end of the round. */
  readonly replacing: (endOffset: Offset) => void;
}

/** What a round has come to. */
export interface CleaningResult {
  /** Below it the log is clean. */
  readonly endOffset: Offset;
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

/** @throws {LogCleaningAbortedError} @throws {RangeError} where the log holds no batch, or one that cannot be read */
export function cleanLog(log: Log, toClean: LogToClean, options: CleanerOptions): Task<CleaningResult> {
  return new Round(log, toClean, options).run();
}

class Round {
  readonly #log: Log;
  readonly #toClean: LogToClean;
  readonly #options: CleanerOptions;
  readonly #truncations: number;
  /** The last data of each producer, as far as the round looks. Its sequence number must stay known: the batch keeps its header. */
  readonly #lastOffsets = new Map<number, Offset>();
  #bytesRead = 0;
  #bytesWritten = 0;

  constructor(log: Log, toClean: LogToClean, options: CleanerOptions) {
    this.#log = log;
    this.#toClean = toClean;
    this.#options = options;
    this.#truncations = log.truncations;
  }

  *run(): Task<CleaningResult> {
    const { segments, config } = this.#log;
    const { firstUncleanableOffset } = this.#toClean;
    yield* this.#learn(segmentsBetween(segments, 0, firstUncleanableOffset));
    const endOffset = this.#options.offsets.latestOffset + 1;
    for (const group of groupSegments(segmentsBetween(segments, 0, endOffset), firstUncleanableOffset, config)) yield* this.#clean(group, endOffset);
    return { endOffset, bytesRead: this.#bytesRead, bytesWritten: this.#bytesWritten };
  }

  /** Until the map is full, or the dirty part ends. */
  *#learn(segments: readonly LogSegment[]): Task {
    const { offsets } = this.#options;
    for (const segment of segments) {
      for (let position = 0; position < segment.sizeInBytes; ) {
        const bytes = yield* this.#read(segment, position);
        position += bytes.length;
        for (let at = 0; at < bytes.length; at += sizeInBytesOf(bytes, at)) if (!this.#learnBatch(bytes, at)) return;
      }
    }
    offsets.reach(this.#toClean.firstUncleanableOffset - 1);
  }

  /** @returns false if the map is full */
  #learnBatch(bytes: Uint8Array, at: number): boolean {
    const { offsets } = this.#options;
    const { firstDirtyOffset } = this.#toClean;
    const { producerId, isControl, lastOffset } = readBatchHeader(bytes, at);
    if (producerId !== NONE && !isControl) this.#lastOffsets.set(producerId, lastOffset);
    if (lastOffset < firstDirtyOffset) return true;
    if (!isControl) {
      for (const { key, offset } of readRecords(bytes, at)) {
        if (key === null || offset < firstDirtyOffset) continue;
        if (offsets.isFull) return false;
        offsets.put(key, offset);
      }
    }
    offsets.reach(lastOffset);
    return true;
  }

  /** Writes segments that follow one another anew, as one. */
  *#clean(group: readonly LogSegment[], endOffset: Offset): Task {
    const cleaned = yield* this.#log.newCleanedSegment(group[0]!.baseOffset);
    try {
      yield* this.#copy(group, cleaned);
      yield* cleaned.close();
      yield* this.#log.flushSegment(cleaned);
      yield* this.#options.exclusively(this.#swapIn(cleaned, group, endOffset));
    } catch (error) {
      if (error instanceof LogCleaningAbortedError || error instanceof RangeError) yield* cleaned.discard();
      throw error;
    }
  }

  *#copy(group: readonly LogSegment[], cleaned: LogSegment): Task {
    const round = this.#roundOf(group.at(-1)!);
    for (const segment of group) {
      for (let position = 0; position < segment.sizeInBytes; ) {
        const bytes = yield* this.#read(segment, position);
        position += bytes.length;
        const kept: Uint8Array[] = [];
        for (let at = 0; at < bytes.length; at += sizeInBytesOf(bytes, at)) {
          const left = filterBatch(bytes, at, round);
          if (left !== undefined) kept.push(left);
        }
        // Copied: what was read is valid only until this waits.
        const batches = joined(kept);
        this.#bytesRead += bytes.length;
        this.#bytesWritten += batches.length;
        if (batches.length > 0) yield* cleaned.append(batches, this.#log.config['index.interval.bytes']);
      }
    }
  }

  *#swapIn(cleaned: LogSegment, group: readonly LogSegment[], endOffset: Offset): Task {
    this.#checkGround();
    if (group.some((segment) => segment.isDropped)) throw new LogCleaningAbortedError(this.#log.directory);
    this.#options.replacing(endOffset);
    yield* this.#log.replaceSegments(cleaned, group);
  }

  #roundOf(last: LogSegment): CleaningRound {
    const { offsets, nowMs, leavesNoGaps, forgetsLastValues = false } = this.#options;
    const { segments, config } = this.#log;
    const nextBase = segments[segments.indexOf(last) + 1]!.baseOffset;
    const { firstUncleanableOffset } = this.#toClean;
    return {
      offsets,
      nowMs,
      forgetsLastValues,
      deleteRetentionMs: config['delete.retention.ms'],
      keepsHeader: ({ producerId, lastOffset }: BatchHeader) =>
        // Readers and followers find the end of the round by its last batch.
        lastOffset + 1 === firstUncleanableOffset || (leavesNoGaps && lastOffset + 1 === nextBase) || (producerId !== NONE && this.#lastOffsets.get(producerId) === lastOffset),
    };
  }

  *#read(segment: LogSegment, position: number): Task<Uint8Array> {
    this.#checkGround();
    const bytes = yield* segment.readAt(position, PIECE_BYTES);
    this.#checkGround();
    if (bytes === undefined) throw new LogCleaningAbortedError(this.#log.directory);
    return bytes;
  }

  #checkGround(): void {
    if (this.#log.truncations !== this.#truncations || this.#options.isStopped()) throw new LogCleaningAbortedError(this.#log.directory);
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((size, { length }) => size + length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
