/**
 * @module
 * The log of one replica: its batches, its offsets, its leader epochs (§1.2). It lives in a directory such as `orders-0`:
 *
 *     orders-0/00000000000000000000.log   batches of magic 2; the name is the first offset it may hold
 *     orders-0/leader-epoch-checkpoint    which epoch began where (LEC-5)
 *
 * One writer at a time: the partition holds the lock around every task here but `read`. Readers may run wherever a writer waits, so
 * offsets move only when the bytes are there, and the other way round when they go.
 */
import type { Disk, Task } from '../../runtime/index.ts';
import { readEpochCheckpoint, writeEpochCheckpoint } from './checkpoint-file.ts';
import { LeaderEpochCache } from './leader-epoch-cache.ts';
import type { EpochEndOffset, EpochEntry } from './leader-epoch-cache.ts';
import { LogSegment, isLogFile, segmentsIn } from './log-segment.ts';
import { baseOffsetOf, isValidBatch, isWholeBatch, lastOffsetOf, partitionLeaderEpochOf, sizeInBytesOf, stampBatch } from './record-batch.ts';
import type { Offset } from './record-batch.ts';

/** The offsets that an append was given, both included. */
export interface AppendedRange {
  readonly baseOffset: Offset;
  readonly lastOffset: Offset;
}

/** `corrupt`: fetch again. `offsets-out-of-order`: the replica is not what its leader thinks, and the partition has failed (FT-6). */
export type InvalidAppendReason = 'corrupt' | 'offsets-out-of-order';

/** Thrown when what a leader sent cannot be appended; nothing has been. */
export class InvalidAppendError extends Error {
  readonly reason: InvalidAppendReason;

  constructor(reason: InvalidAppendReason, message: string) {
    super(message);
    this.name = 'InvalidAppendError';
    this.reason = reason;
  }
}

const NO_BYTES = new Uint8Array(0);

/** Directories with a log in them, sorted by code unit. */
export function logDirectoriesIn(disk: Disk): string[] {
  return [...new Set(disk.list('').filter(isLogFile).map((file) => file.slice(0, file.indexOf('/'))))];
}

export class Log {
  /** e.g. `orders-0`. */
  readonly directory: string;
  readonly #disk: Disk;
  readonly #epochs: LeaderEpochCache;
  /** What lies below was not read when the log was opened: it is as it was. */
  readonly recoveredFrom: Offset;
  #segment: LogSegment;
  #logStartOffset: Offset;
  #logEndOffset: Offset;
  #highWatermark: Offset;
  /** Memory has fewer epochs than the file: a truncation was not written yet. */
  #epochsToFlush = false;

  private constructor(disk: Disk, directory: string, segment: LogSegment, epochs: LeaderEpochCache, logEndOffset: Offset) {
    this.directory = directory;
    this.#disk = disk;
    this.#segment = segment;
    this.#epochs = epochs;
    this.recoveredFrom = segment.baseOffset;
    this.#logStartOffset = segment.baseOffset;
    this.#logEndOffset = logEndOffset;
    this.#highWatermark = segment.baseOffset;
  }

  /**
   * Opens the log in a directory, or makes an empty one. What a crash left is recovered: a torn tail is cut off (RC-3), then epochs that
   * begin at or beyond the end (LEC-5). The high watermark is the start: its checkpoint is the caller's (HW-7).
   * @param visit sees every batch that was read to find the sound end, from `recoveredFrom` on
   * @throws {MalformedCheckpointError}
   */
  static *open(disk: Disk, directory: string, visit?: (bytes: Uint8Array, position: number) => void): Task<Log> {
    const bases = segmentsIn(disk, directory);
    if (bases.length > 1) throw new RangeError(`${directory} has ${bases.length} segments`);
    const segment = new LogSegment(disk, directory, bases[0] ?? 0);
    if (bases.length === 0) yield* segment.create();

    const epochs = new LeaderEpochCache(yield* readEpochCheckpoint(disk, epochFile(directory)));
    let hasNewEpoch = false;
    const logEndOffset = yield* segment.recover((bytes, position) => {
      visit?.(bytes, position);
      const epoch = partitionLeaderEpochOf(bytes, position);
      if (epoch > (epochs.latest?.epoch ?? -1)) hasNewEpoch = epochs.assign(epoch, baseOffsetOf(bytes, position));
    });
    const log = new Log(disk, directory, segment, epochs, logEndOffset);
    log.#epochsToFlush = epochs.truncateFromEnd(logEndOffset);
    if (epochs.truncateFromStart(segment.baseOffset)) log.#epochsToFlush = true;
    if (hasNewEpoch) yield* log.#persistEpochs();
    return log;
  }

  /** The first offset that is still there. */
  get logStartOffset(): Offset {
    return this.#logStartOffset;
  }

  /** The offset that the next record will get. */
  get logEndOffset(): Offset {
    return this.#logEndOffset;
  }

  /** Offsets below are committed, as far as this replica knows. */
  get highWatermark(): Offset {
    return this.#highWatermark;
  }

  /** @throws {RangeError} unless logStartOffset ≤ offset ≤ logEndOffset (W4). */
  set highWatermark(offset: Offset) {
    if (!(offset >= this.#logStartOffset && offset <= this.#logEndOffset))
      throw new RangeError(`${this.directory}: high watermark ${offset} outside ${this.#logStartOffset}..${this.#logEndOffset}`);
    this.#highWatermark = offset;
  }

  get sizeInBytes(): number {
    return this.#segment.sizeInBytes;
  }

  /** Epochs and where they began, ascending. */
  get epochs(): readonly EpochEntry[] {
    return this.#epochs.entries;
  }

  get latestEpoch(): number | undefined {
    return this.#epochs.latest?.epoch;
  }

  /** Where the largest known epoch ≤ `epoch` ends (LEC-3). Undefined: nothing can be said, on the wire (−1, −1). */
  endOffsetFor(epoch: number): EpochEndOffset | undefined {
    return this.#epochs.endOffsetFor(epoch, this.#logEndOffset);
  }

  /** The epoch that wrote this offset; undefined if it is not known. */
  epochOf(offset: Offset): number | undefined {
    return this.#epochs.epochOf(offset);
  }

  /** The last offset that exactly this epoch wrote; undefined if it wrote none. */
  lastOffsetOfEpoch(epoch: number): Offset | undefined {
    const startOffset = this.epochs.find((entry) => entry.epoch === epoch)?.startOffset;
    const endOffset = this.endOffsetFor(epoch)?.endOffset;
    return startOffset !== undefined && endOffset !== undefined && endOffset > startOffset ? endOffset - 1 : undefined;
  }

  /** A new leader takes office: its epoch begins at the end of the log, even if nothing is appended (LEC-2, KAFKA-7415). */
  *assignEpochStart(epoch: number): Task {
    if (this.#epochs.assign(epoch, this.#logEndOffset)) yield* this.#persistEpochs();
  }

  /** Appends one batch at the end: gives it its offsets and the leader's epoch, in its own bytes, and copies it (LA-3). It has been validated. */
  *appendAsLeader(batch: Uint8Array, leaderEpoch: number): Task<AppendedRange> {
    if (!isWholeBatch(batch) || sizeInBytesOf(batch) !== batch.length) throw new RangeError(`${this.directory}: not exactly one batch`);
    const baseOffset = this.#logEndOffset;
    stampBatch(batch, 0, baseOffset, leaderEpoch);
    if (this.#epochs.assign(leaderEpoch, baseOffset)) yield* this.#persistEpochs();
    return yield* this.#append(batch, baseOffset, lastOffsetOf(batch));
  }

  /**
   * Appends batches as the leader stamped them (FT-4). Undefined if there are none.
   * @throws {InvalidAppendError} if one is not sound, or begins before the end of the log.
   */
  *appendAsFollower(batches: Uint8Array): Task<AppendedRange | undefined> {
    if (batches.length === 0) return undefined;
    const lastOffset = this.#checkFetched(batches);
    let hasNewEpoch = false;
    for (let at = 0; at < batches.length; at += sizeInBytesOf(batches, at))
      if (this.#epochs.assign(partitionLeaderEpochOf(batches, at), baseOffsetOf(batches, at))) hasNewEpoch = true;
    if (hasNewEpoch) yield* this.#persistEpochs();
    return yield* this.#append(batches, baseOffsetOf(batches), lastOffset);
  }

  /**
   * A view of whole batches: from the one that holds `fromOffset`, none that reaches `upToOffset`, together at most `maxBytes`, or with
   * `atLeastOneBatch` the first one even if it is larger (F-8). Empty where there is none. Valid until the reader next waits.
   * @throws {RangeError} unless logStartOffset ≤ fromOffset ≤ logEndOffset: who asks has checked (F-5).
   */
  *read(fromOffset: Offset, maxBytes: number, upToOffset: Offset, atLeastOneBatch: boolean): Task<Uint8Array> {
    if (!(fromOffset >= this.#logStartOffset && fromOffset <= this.#logEndOffset))
      throw new RangeError(`${this.directory}: read from ${fromOffset} outside ${this.#logStartOffset}..${this.#logEndOffset}`);
    const bound = Math.min(upToOffset, this.#logEndOffset);
    if (fromOffset >= bound) return NO_BYTES;
    return yield* this.#segment.read(fromOffset, maxBytes, bound, atLeastOneBatch);
  }

  /**
   * Removes everything from this offset on; a batch that straddles it goes whole. The high watermark is clamped. At or beyond the
   * end no data goes, but an epoch that has written nothing does (LEC-4). Epochs change in memory; `flushEpochs` writes them.
   */
  *truncateTo(offset: Offset): Task {
    if (offset < this.#logStartOffset) return yield* this.truncateFullyAndStartAt(offset);
    const place = offset < this.#logEndOffset ? yield* this.#segment.find(offset) : undefined;
    this.#logEndOffset = Math.min(offset, place?.baseOffset ?? this.#logEndOffset);
    this.#highWatermark = Math.min(this.#highWatermark, this.#logEndOffset);
    if (this.#epochs.truncateFromEnd(this.#logEndOffset)) this.#epochsToFlush = true;
    if (place !== undefined) yield* this.#segment.truncateTo(place.position);
  }

  /** Drops the whole log, which is empty then and begins at this offset (FT-5). */
  *truncateFullyAndStartAt(offset: Offset): Task {
    const dropped = this.#segment;
    this.#segment = new LogSegment(this.#disk, this.directory, offset);
    this.#logStartOffset = offset;
    this.#logEndOffset = offset;
    this.#highWatermark = offset;
    this.#epochs.clear();
    // Epochs first: recovery finds them again in the batches of a log that was not dropped yet, but could not tell stale ones of a log that was.
    yield* this.#persistEpochs();
    yield* dropped.remove();
    yield* this.#segment.create();
    // A sync of the new file alone could make it durable beside the old one.
    yield* this.#disk.syncDirectory();
  }

  /** Makes everything appended so far durable (ST-4). */
  *flush(): Task {
    yield* this.#segment.flush();
  }

  /** Writes epochs that a truncation has removed. The partition does it in the background, right after the truncation (LEC-5). */
  *flushEpochs(): Task {
    if (this.#epochsToFlush) yield* this.#persistEpochs();
  }

  *#append(batches: Uint8Array, baseOffset: Offset, lastOffset: Offset): Task<AppendedRange> {
    yield* this.#segment.append(batches);
    this.#logEndOffset = lastOffset + 1;
    return { baseOffset, lastOffset };
  }

  *#persistEpochs(): Task {
    this.#epochsToFlush = false;
    yield* writeEpochCheckpoint(this.#disk, epochFile(this.directory), this.#epochs.entries);
  }

  /** @returns the last offset of the batches. */
  #checkFetched(batches: Uint8Array): Offset {
    let lastOffset = this.#logEndOffset - 1;
    for (let at = 0; at < batches.length; at += sizeInBytesOf(batches, at)) {
      if (!isValidBatch(batches, at)) throw new InvalidAppendError('corrupt', `${this.directory}: no sound batch after offset ${lastOffset}`);
      const baseOffset = baseOffsetOf(batches, at);
      if (baseOffset <= lastOffset)
        throw new InvalidAppendError('offsets-out-of-order', `${this.directory}: a batch at offset ${baseOffset}, where ${lastOffset + 1} is next`);
      lastOffset = lastOffsetOf(batches, at);
    }
    return lastOffset;
  }
}

function epochFile(directory: string): string {
  return `${directory}/leader-epoch-checkpoint`;
}
