/**
 * @module
 * The log of one replica: its batches, its offsets, its leader epochs (§1.2). It lives in a directory such as `orders-0`:
 *
 *     orders-0/00000000000000000000.log        a segment that is closed, with its indexes
 *     orders-0/00000000000000000000.index
 *     orders-0/00000000000000000000.timeindex
 *     orders-0/00000000000000001207.log        the segment that is written to; the name is the first offset it may hold
 *     orders-0/00000000000000001207.snapshot   the producers' state below that offset
 *     orders-0/leader-epoch-checkpoint         which epoch began where (LEC-5)
 *
 *     logStartOffset ≤ highWatermark ≤ logEndOffset
 *
 * One writer at a time: the broker holds the log's lock around every task here but `read`, `flush` and `offsetForTimestamp`. Those may run
 * wherever a writer waits. The segments themselves are the {@link LocalLog}'s.
 */
import type { Disk, Micros, Task } from '../../runtime/index.ts';
import { writeEpochCheckpoint } from './checkpoint-file.ts';
import type { LeaderEpochCache } from './leader-epoch-cache.ts';
import type { EpochEndOffset, EpochEntry } from './leader-epoch-cache.ts';
import { LocalLog } from './local-log.ts';
import { epochFile, loadLog } from './log-loader.ts';
import type { LoadedLog } from './log-loader.ts';
import type { LogConfig, LogHost, LogOptions } from './log-options.ts';
import type { LogSegment, NOT_CACHED } from './log-segment.ts';
import { baseOffsetOf, isValidBatch, isWholeBatch, lastOffsetOf, maxTimestampOf, partitionLeaderEpochOf, sizeInBytesOf, stampBatch } from './record-batch.ts';
import type { Offset } from './record-batch.ts';
import { segmentsToDelete } from './retention.ts';
import { isLogFile } from './segment-files.ts';
import type { TimestampOffset } from './time-index.ts';

/** The offsets that an append was given, both included. */
export interface AppendedRange {
  readonly baseOffset: Offset;
  readonly lastOffset: Offset;
}

/** `corrupt`: fetch again. `offsets-out-of-order`, `invalid-epoch`: the replica is not what its leader thinks, and the partition has failed (FT-6). */
export type InvalidAppendReason = 'corrupt' | 'offsets-out-of-order' | 'invalid-epoch';

/** Thrown when what a leader sent cannot be appended; nothing has been. */
export class InvalidAppendError extends Error {
  readonly reason: InvalidAppendReason;

  constructor(reason: InvalidAppendReason, message: string) {
    super(message);
    this.name = 'InvalidAppendError';
    this.reason = reason;
  }
}

/** Directories with a log in them, sorted by code unit. */
export function logDirectoriesIn(disk: Disk): string[] {
  return [...new Set(disk.list('').filter(isLogFile).map((file) => file.slice(0, file.indexOf('/'))))];
}

export class Log {
  /** What lies below was not read when the log was opened: it is as it was. */
  readonly recoveredFrom: Offset;
  readonly #local: LocalLog;
  readonly #disk: Disk;
  readonly #host: LogHost | undefined;
  readonly #epochs: LeaderEpochCache;
  #logStartOffset: Offset;
  #highWatermark: Offset;
  /** Memory has fewer epochs than the file: a truncation was not written yet. */
  #epochsToFlush: boolean;
  #lastCleanOffset: Offset | undefined;

  private constructor(disk: Disk, directory: string, options: LogOptions, loaded: LoadedLog) {
    this.recoveredFrom = loaded.recoveredFrom;
    this.#local = new LocalLog(disk, directory, options, loaded);
    this.#disk = disk;
    this.#host = options.host;
    this.#epochs = loaded.epochs;
    this.#logStartOffset = loaded.logStartOffset;
    this.#highWatermark = loaded.logStartOffset;
    this.#epochsToFlush = loaded.hasStaleEpoch;
    this.#lastCleanOffset = options.lastCleanOffset;
  }

  /**
   * Opens the log in a directory, or makes an empty one. What an unclean shutdown left is recovered (RC-3), then epochs that begin at or
   * beyond the end are cut (LEC-5). The high watermark is the start: its checkpoint is the caller's (HW-7).
   * @throws {MalformedCheckpointError}
   */
  static *open(disk: Disk, directory: string, options: LogOptions = {}): Task<Log> {
    const loaded = yield* loadLog(disk, directory, options);
    const log = new Log(disk, directory, options, loaded);
    if (loaded.hasNewEpoch) yield* log.#persistEpochs();
    return log;
  }

  /** e.g. `orders-0`. */
  get directory(): string {
    return this.#local.directory;
  }

  /** May be replaced at any time: it holds from the next append on. */
  get config(): LogConfig {
    return this.#local.config;
  }

  set config(config: LogConfig) {
    this.#local.config = config;
  }

  /** When it was last flushed, or opened. */
  get lastFlushedAt(): Micros {
    return this.#local.lastFlushedAt;
  }

  /** The first offset that is still there. */
  get logStartOffset(): Offset {
    return this.#logStartOffset;
  }

  /** The offset that the next record will get. */
  get logEndOffset(): Offset {
    return this.#local.logEndOffset;
  }

  /** Offsets below are durable (ST-4). */
  get recoveryPoint(): Offset {
    return this.#local.recoveryPoint;
  }

  /** Offsets below are committed, as far as this replica knows. */
  get highWatermark(): Offset {
    return this.#highWatermark;
  }

  /** @throws {RangeError} unless logStartOffset ≤ offset ≤ logEndOffset (W4). */
  set highWatermark(offset: Offset) {
    if (!(offset >= this.#logStartOffset && offset <= this.logEndOffset))
      throw new RangeError(`${this.directory}: high watermark ${offset} outside ${this.#logStartOffset}..${this.logEndOffset}`);
    this.#highWatermark = offset;
  }

  /** The first undecided offset: what lies below is committed, and of no transaction that is open. There are no transactions yet. */
  get lastStableOffset(): Offset {
    return this.#highWatermark;
  }

  /** See `isCompacted` of the topic's configuration. */
  get isCompacted(): boolean {
    return this.#local.isCompacted;
  }

  /** Below it the log was compacted; undefined: never (RT-3). */
  get lastCleanOffset(): Offset | undefined {
    return this.#lastCleanOffset;
  }

  set lastCleanOffset(offset: Offset | undefined) {
    this.#lastCleanOffset = offset;
  }

  /** Ascending, at least one; the last is written to. */
  get segments(): readonly LogSegment[] {
    return this.#local.segments;
  }

  /** How often the end has gone back. */
  get truncations(): number {
    return this.#local.truncations;
  }

  get sizeInBytes(): number {
    return this.#local.segments.reduce((bytes, segment) => bytes + segment.sizeInBytes, 0);
  }

  /** Base offsets, ascending. */
  get segmentBaseOffsets(): readonly Offset[] {
    return this.#local.segments.map(({ baseOffset }) => baseOffset);
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
    return this.#epochs.endOffsetFor(epoch, this.logEndOffset);
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

  /** Whether both offsets lie in the same segment: a fetch that waits ends when the segment does (F-9). */
  isInOneSegment(offset: Offset, other: Offset): boolean {
    return this.#local.isInOneSegment(offset, other);
  }

  /** A new leader takes office: its epoch begins at the end of the log, even if nothing is appended (LEC-2, KAFKA-7415). */
  *assignEpochStart(epoch: number): Task {
    if (this.#epochs.assign(epoch, this.logEndOffset)) yield* this.#persistEpochs();
  }

  /** Appends one batch at the end: gives it its offsets and the leader's epoch, in its own bytes, and copies it (LA-3). It has been validated. */
  *appendAsLeader(batch: Uint8Array, leaderEpoch: number): Task<AppendedRange> {
    if (!isWholeBatch(batch) || sizeInBytesOf(batch) !== batch.length) throw new RangeError(`${this.directory}: not exactly one batch`);
    const baseOffset = this.logEndOffset;
    stampBatch(batch, 0, baseOffset, leaderEpoch);
    if (this.#epochs.assign(leaderEpoch, baseOffset)) yield* this.#persistEpochs();
    const lastOffset = lastOffsetOf(batch);
    yield* this.#local.append(batch, maxTimestampOf(batch), lastOffset);
    if (this.logEndOffset - this.recoveryPoint >= this.config['flush.messages']) yield* this.flush();
    return { baseOffset, lastOffset };
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
    yield* this.#local.appendInSegments(batches);
    if (this.logEndOffset - this.recoveryPoint >= this.config['flush.messages']) yield* this.flush();
    return { baseOffset: baseOffsetOf(batches), lastOffset };
  }

  /**
   * A view of whole batches of one segment: from the one that holds `fromOffset`, none that reaches `upToOffset`, together at most `maxBytes`,
   * or with `atLeastOneBatch` the first one even if it is larger (F-8). Empty where there is none. Valid until the reader next waits.
   * @throws {RangeError} unless logStartOffset ≤ fromOffset ≤ logEndOffset: who asks has checked (F-5).
   */
  read(fromOffset: Offset, maxBytes: number, upToOffset: Offset, atLeastOneBatch: boolean): Task<Uint8Array> {
    this.#checkRange(fromOffset);
    return this.#local.read(fromOffset, maxBytes, upToOffset, atLeastOneBatch);
  }

  /** The same at once, where the page cache has it. @throws {RangeError} as `read` */
  readCached(fromOffset: Offset, maxBytes: number, upToOffset: Offset, atLeastOneBatch: boolean): Uint8Array | typeof NOT_CACHED {
    this.#checkRange(fromOffset);
    return this.#local.readCached(fromOffset, maxBytes, upToOffset, atLeastOneBatch);
  }

  #checkRange(fromOffset: Offset): void {
    if (!(fromOffset >= this.#logStartOffset && fromOffset <= this.logEndOffset))
      throw new RangeError(`${this.directory}: read from ${fromOffset} outside ${this.#logStartOffset}..${this.logEndOffset}`);
  }

  /** The first record that is not earlier than a time, in ms: where it lies, and its own time (F-11). Undefined: there is none. */
  offsetForTimestamp(timestamp: number): Task<TimestampOffset | undefined> {
    return this.#local.offsetForTimestamp(timestamp, () => this.#logStartOffset);
  }

  /**
   * Removes everything from this offset on; a batch that straddles it goes whole. The high watermark is clamped. At or beyond the
   * end no data goes, but an epoch that has written nothing does (LEC-4). Epochs change in memory; `flushEpochs` writes them.
   */
  *truncateTo(offset: Offset): Task {
    if (offset < this.#logStartOffset) return yield* this.truncateFullyAndStartAt(offset);
    if (offset >= this.logEndOffset) {
      if (this.#epochs.truncateFromEnd(this.logEndOffset)) this.#epochsToFlush = true;
      return;
    }
    const tail = yield* this.#local.cutTail(offset);
    this.#highWatermark = Math.min(this.#highWatermark, this.logEndOffset);
    if (this.#epochs.truncateFromEnd(this.logEndOffset)) this.#epochsToFlush = true;
    const isBehindCleaner = this.#forgetCleaning();
    yield* this.#local.removeTail(tail);
    if (tail.isBehindCheckpoint || isBehindCleaner) yield* this.#checkpoint();
  }

  /** Drops the whole log, which is empty then and begins at this offset (FT-5). */
  *truncateFullyAndStartAt(offset: Offset): Task {
    const hasStartGoneBack = offset < this.#logStartOffset;
    const { dropped, isBehindCheckpoint } = this.#local.restartAt(offset);
    this.#logStartOffset = offset;
    this.#highWatermark = offset;
    this.#epochs.clear();
    const isBehindCleaner = this.#forgetCleaning();
    // Epochs first: recovery finds them again in the batches of a log that was not dropped yet, but could not tell stale ones of a log that was.
    yield* this.#persistEpochs();
    yield* this.#local.replaceAll(dropped);
    if (isBehindCheckpoint || isBehindCleaner || hasStartGoneBack) yield* this.#checkpoint();
  }

  /** The first offset that is still wanted has risen (RT-2, FT-4). What lies below goes with whole segments, later. @returns whether it has. */
  raiseLogStartOffset(offset: Offset): boolean {
    if (offset > this.#highWatermark) throw new RangeError(`${this.directory}: log start offset ${offset} above the high watermark ${this.#highWatermark}`);
    if (offset <= this.#logStartOffset) return false;
    this.#logStartOffset = offset;
    if (this.#epochs.truncateFromStart(offset)) this.#epochsToFlush = true;
    return true;
  }

  /** Drops the oldest segments that nobody may want any more (RT-1). `nowMs`: the broker's clock. @returns whether the start of the log has risen. */
  *deleteOldSegments(nowMs: number): Task<boolean> {
    const count = segmentsToDelete(this.#local.segments, this.#logStartOffset, this.#highWatermark, this.logEndOffset, nowMs, this.config);
    if (count === 0) return false;
    const dropped = yield* this.#local.cutHead(count);
    const hasRisen = this.raiseLogStartOffset(Math.max(this.#logStartOffset, this.#local.segments[0]!.baseOffset));
    yield* this.#local.removeHead(dropped);
    return hasRisen;
  }

  /** What compaction writes to. Belongs to the log by `replaceSegments`. */
  newCleanedSegment(baseOffset: Offset): Task<LogSegment> {
    return this.#local.newCleanedSegment(baseOffset);
  }

  /** Makes what a segment holds now durable. */
  flushSegment(segment: LogSegment): Task {
    return this.#local.flushSegment(segment);
  }

  /** Swaps a cleaned segment in, closed and durable, for the neighbours it was made of (RT-3). */
  replaceSegments(cleaned: LogSegment, replaced: readonly LogSegment[]): Task {
    return this.#local.replaceSegments(cleaned, replaced);
  }

  /** The end has gone back: what will be appended now is not compacted, wherever it comes to lie. @returns whether the checkpoint says otherwise */
  #forgetCleaning(): boolean {
    const { baseOffset } = this.#local.segments.at(-1)!;
    if (this.#lastCleanOffset === undefined || this.#lastCleanOffset <= baseOffset) return false;
    this.#lastCleanOffset = baseOffset;
    return true;
  }

  /** Makes everything appended so far durable (ST-4). Others may append meanwhile, and truncate. */
  flush(): Task {
    return this.#local.flush();
  }

  /** Writes epochs that a truncation has removed. The partition does it in the background, right after the truncation (LEC-5). */
  *flushEpochs(): Task {
    if (this.#epochsToFlush) yield* this.#persistEpochs();
  }

  /** A clean shutdown (RC-1): everything is durable, the state of producers too, and the indexes are files. */
  *close(): Task {
    yield* this.flushEpochs();
    yield* this.#local.close();
  }

  /** The log goes (ML-4): it takes nothing any more, and its files are removed after `file.delete.delay.ms`. */
  *delete(): Task {
    const dropped = this.#local.markDeleted();
    yield* this.#local.dropAll(dropped);
    yield* this.#disk.remove(epochFile(this.directory));
    yield* this.#local.removeLater(dropped);
  }

  /** Before anything is appended at offsets that the checkpoints take for durable (ST-4). */
  *#checkpoint(): Task {
    if (this.#host !== undefined) yield* this.#host.checkpoint();
  }

  *#persistEpochs(): Task {
    this.#epochsToFlush = true;
    yield* writeEpochCheckpoint(this.#disk, epochFile(this.directory), this.#epochs.entries);
    this.#epochsToFlush = false;
  }

  /** @returns the last offset of the batches. */
  #checkFetched(batches: Uint8Array): Offset {
    let lastOffset = this.logEndOffset - 1;
    for (let at = 0; at < batches.length; at += sizeInBytesOf(batches, at)) {
      if (!isValidBatch(batches, at)) throw new InvalidAppendError('corrupt', `${this.directory}: no sound batch after offset ${lastOffset}`);
      // Neither the offset nor the epoch is under the checksum (RB-1).
      if (partitionLeaderEpochOf(batches, at) < 0) throw new InvalidAppendError('invalid-epoch', `${this.directory}: a batch of epoch ${partitionLeaderEpochOf(batches, at)}`);
      const baseOffset = baseOffsetOf(batches, at);
      if (baseOffset <= lastOffset)
        throw new InvalidAppendError('offsets-out-of-order', `${this.directory}: a batch at offset ${baseOffset}, where ${lastOffset + 1} is next`);
      lastOffset = lastOffsetOf(batches, at);
    }
    return lastOffset;
  }
}
