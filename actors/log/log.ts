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
 *     logStartOffset ≤ highWatermark ≤ logEndOffset        recoveryPoint ≤ logEndOffset: what lies below it is durable
 *
 * One writer at a time: the broker holds the log's lock around every task here but `read`, `flush` and `offsetForTimestamp`. Those may run
 * wherever a writer waits, so offsets move only when the bytes are there, and the other way round when they go.
 */
import type { Disk, Micros, Task } from '../../runtime/index.ts';
import { writeEpochCheckpoint } from './checkpoint-file.ts';
import type { LeaderEpochCache } from './leader-epoch-cache.ts';
import type { EpochEndOffset, EpochEntry } from './leader-epoch-cache.ts';
import { epochFile, loadLog } from './log-loader.ts';
import type { LoadedLog } from './log-loader.ts';
import { DEFAULT_LOG_CONFIG, DEFAULT_LOG_PROTOCOL, segmentJitterMs } from './log-options.ts';
import type { LogConfig, LogHost, LogOptions, LogProtocol } from './log-options.ts';
import { LogSegment, isLogFile } from './log-segment.ts';
import type { NOT_CACHED } from './log-segment.ts';
import type { ProducerSnapshots } from './producer-snapshots.ts';
import { baseOffsetOf, isValidBatch, isWholeBatch, lastOffsetOf, maxTimestampOf, partitionLeaderEpochOf, sizeInBytesOf, stampBatch } from './record-batch.ts';
import type { Offset } from './record-batch.ts';
import { readRecords } from './records.ts';
import { segmentsToDelete } from './retention.ts';
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

const NO_BYTES = new Uint8Array(0);
/** A search by time reads so many bytes at once. */
const SEARCH_BYTES = 65_536;

/** Directories with a log in them, sorted by code unit. */
export function logDirectoriesIn(disk: Disk): string[] {
  return [...new Set(disk.list('').filter(isLogFile).map((file) => file.slice(0, file.indexOf('/'))))];
}

export class Log {
  /** e.g. `orders-0`. */
  readonly directory: string;
  /** May be replaced at any time: it holds from the next append on. */
  config: LogConfig;
  /** What lies below was not read when the log was opened: it is as it was. */
  readonly recoveredFrom: Offset;
  /** When it was last flushed, or opened. */
  lastFlushedAt: Micros;
  readonly #disk: Disk;
  readonly #protocol: LogProtocol;
  readonly #host: LogHost | undefined;
  readonly #epochs: LeaderEpochCache;
  readonly #snapshots: ProducerSnapshots;
  /** Ascending, at least one; the last is written to. */
  readonly #segments: LogSegment[];
  #logStartOffset: Offset;
  #logEndOffset: Offset;
  #highWatermark: Offset;
  #recoveryPoint: Offset;
  /** Memory has fewer epochs than the file: a truncation was not written yet. */
  #epochsToFlush: boolean;
  /** How often the end has gone back. By it a flush knows that the ground moved while it waited. */
  #truncations = 0;
  #isDeleted = false;

  private constructor(disk: Disk, directory: string, { config = DEFAULT_LOG_CONFIG, protocol = DEFAULT_LOG_PROTOCOL, host }: LogOptions, loaded: LoadedLog) {
    this.directory = directory;
    this.config = config;
    this.recoveredFrom = loaded.recoveredFrom;
    this.lastFlushedAt = host?.now() ?? 0;
    this.#disk = disk;
    this.#protocol = protocol;
    this.#host = host;
    this.#epochs = loaded.epochs;
    this.#snapshots = loaded.snapshots;
    this.#segments = loaded.segments;
    this.#logStartOffset = loaded.logStartOffset;
    this.#logEndOffset = loaded.logEndOffset;
    this.#highWatermark = loaded.logStartOffset;
    this.#recoveryPoint = loaded.recoveryPoint;
    this.#epochsToFlush = loaded.hasStaleEpoch;
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

  /** The first offset that is still there. */
  get logStartOffset(): Offset {
    return this.#logStartOffset;
  }

  /** The offset that the next record will get. */
  get logEndOffset(): Offset {
    return this.#logEndOffset;
  }

  /** Offsets below are durable (ST-4). */
  get recoveryPoint(): Offset {
    return this.#recoveryPoint;
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
    return this.#segments.reduce((bytes, segment) => bytes + segment.sizeInBytes, 0);
  }

  /** Base offsets, ascending. */
  get segmentBaseOffsets(): readonly Offset[] {
    return this.#segments.map(({ baseOffset }) => baseOffset);
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

  /** Whether both offsets lie in the same segment: a fetch that waits ends when the segment does (F-9). */
  isInOneSegment(offset: Offset, other: Offset): boolean {
    return this.#floor(offset) === this.#floor(other);
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
    const lastOffset = lastOffsetOf(batch);
    yield* this.#append(batch, maxTimestampOf(batch), lastOffset);
    if (this.#logEndOffset - this.#recoveryPoint >= this.config['flush.messages']) yield* this.flush();
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
    yield* this.#appendInSegments(batches);
    if (this.#logEndOffset - this.#recoveryPoint >= this.config['flush.messages']) yield* this.flush();
    return { baseOffset: baseOffsetOf(batches), lastOffset };
  }

  /**
   * A view of whole batches of one segment: from the one that holds `fromOffset`, none that reaches `upToOffset`, together at most `maxBytes`,
   * or with `atLeastOneBatch` the first one even if it is larger (F-8). Empty where there is none. Valid until the reader next waits.
   * @throws {RangeError} unless logStartOffset ≤ fromOffset ≤ logEndOffset: who asks has checked (F-5).
   */
  *read(fromOffset: Offset, maxBytes: number, upToOffset: Offset, atLeastOneBatch: boolean): Task<Uint8Array> {
    this.#checkRange(fromOffset);
    let at = this.#floor(fromOffset);
    for (;;) {
      const bound = Math.min(upToOffset, this.#logEndOffset);
      const segment = this.#segments[at];
      if (fromOffset >= bound || segment === undefined) return NO_BYTES;
      const bytes = yield* segment.read(fromOffset, maxBytes, bound, atLeastOneBatch);
      if (bytes !== undefined) return bytes;
      // The log was cut, or its old segments were deleted, while this waited: what is there now? Otherwise the offset lies in the gap before the next segment.
      at = segment.isDropped ? this.#floor(fromOffset) : this.#segments.indexOf(segment) + 1;
    }
  }

  /** The same at once, where the page cache has it. @throws {RangeError} as `read` */
  readCached(fromOffset: Offset, maxBytes: number, upToOffset: Offset, atLeastOneBatch: boolean): Uint8Array | typeof NOT_CACHED {
    this.#checkRange(fromOffset);
    const bound = Math.min(upToOffset, this.#logEndOffset);
    if (fromOffset >= bound) return NO_BYTES;
    for (let at = this.#floor(fromOffset); at < this.#segments.length; at += 1) {
      const bytes = this.#segments[at]!.readCached(fromOffset, maxBytes, bound, atLeastOneBatch);
      if (bytes !== undefined) return bytes;
      // The offset lies in the gap before the next segment.
    }
    return NO_BYTES;
  }

  #checkRange(fromOffset: Offset): void {
    if (!(fromOffset >= this.#logStartOffset && fromOffset <= this.#logEndOffset))
      throw new RangeError(`${this.directory}: read from ${fromOffset} outside ${this.#logStartOffset}..${this.#logEndOffset}`);
  }

  /** The first record that is not earlier than a time, in ms: where it lies, and its own time (F-11). Undefined: there is none. */
  *offsetForTimestamp(timestamp: number): Task<TimestampOffset | undefined> {
    const segment = this.#segments.find(({ maxTimestamp }) => maxTimestamp >= timestamp);
    if (segment === undefined) return undefined;
    let offset = Math.max(segment.lookupTimestamp(timestamp), this.#logStartOffset);
    while (offset < this.#logEndOffset && offset >= this.#logStartOffset) {
      const bytes = yield* this.read(offset, SEARCH_BYTES, this.#logEndOffset, true);
      if (bytes.length === 0) return undefined;
      for (let at = 0; at < bytes.length; at += sizeInBytesOf(bytes, at)) {
        offset = lastOffsetOf(bytes, at) + 1;
        if (maxTimestampOf(bytes, at) < timestamp) continue;
        const found = readRecords(bytes, at).find((record) => record.timestamp >= timestamp && record.offset >= this.#logStartOffset);
        if (found !== undefined) return { timestamp: found.timestamp, offset: found.offset };
      }
    }
    return undefined;
  }

  /**
   * Removes everything from this offset on; a batch that straddles it goes whole. The high watermark is clamped. At or beyond the
   * end no data goes, but an epoch that has written nothing does (LEC-4). Epochs change in memory; `flushEpochs` writes them.
   */
  *truncateTo(offset: Offset): Task {
    if (offset < this.#logStartOffset) return yield* this.truncateFullyAndStartAt(offset);
    if (offset >= this.#logEndOffset) {
      if (this.#epochs.truncateFromEnd(this.#logEndOffset)) this.#epochsToFlush = true;
      return;
    }
    const last = this.#floor(offset);
    const segment = this.#segments[last]!;
    const place = yield* segment.find(offset);
    const dropped = this.#segments.splice(last + 1);
    const isBehindCheckpoint = this.#setEnd(Math.min(offset, place?.baseOffset ?? offset));
    if (this.#epochs.truncateFromEnd(this.#logEndOffset)) this.#epochsToFlush = true;
    yield* this.#removeTail(segment, place?.position, dropped);
    if (isBehindCheckpoint) yield* this.#checkpoint();
  }

  /** Drops the whole log, which is empty then and begins at this offset (FT-5). */
  *truncateFullyAndStartAt(offset: Offset): Task {
    const hasStartGoneBack = offset < this.#logStartOffset;
    const dropped = this.#segments.splice(0, this.#segments.length, this.#newSegment(offset));
    this.#logStartOffset = offset;
    this.#highWatermark = offset;
    const isBehindCheckpoint = this.#setEnd(offset) || hasStartGoneBack;
    this.#epochs.clear();
    yield* this.#replaceAll(dropped);
    if (isBehindCheckpoint) yield* this.#checkpoint();
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
    const count = segmentsToDelete(this.#segments, this.#logStartOffset, this.#highWatermark, this.#logEndOffset, nowMs, this.config);
    if (count === 0) return false;
    if (count === this.#segments.length) yield* this.#roll();
    const dropped = this.#segments.splice(0, count);
    const hasRisen = this.raiseLogStartOffset(Math.max(this.#logStartOffset, this.#segments[0]!.baseOffset));
    yield* this.#removeHead(dropped);
    return hasRisen;
  }

  /** Makes everything appended so far durable (ST-4). Others may append meanwhile, and truncate. */
  *flush(): Task {
    yield* this.#flushUpTo(this.#logEndOffset);
  }

  /** Writes epochs that a truncation has removed. The partition does it in the background, right after the truncation (LEC-5). */
  *flushEpochs(): Task {
    if (this.#epochsToFlush) yield* this.#persistEpochs();
  }

  /** A clean shutdown (RC-1): everything is durable, the state of producers too, and the indexes are files. */
  *close(): Task {
    yield* this.flushEpochs();
    yield* this.#segments.at(-1)!.close();
    yield* this.#snapshots.take(this.#logEndOffset);
    yield* this.#flushUpTo(this.#logEndOffset);
    yield* this.#segments.at(-1)!.flush();
    yield* this.#snapshots.flush(this.#logEndOffset);
  }

  /** The log goes (ML-4): it takes nothing any more, and its files are removed after `file.delete.delay.ms`. */
  *delete(): Task {
    this.#isDeleted = true;
    const dropped = this.#segments.splice(0, this.#segments.length, this.#newSegment(this.#logEndOffset));
    this.#setEnd(this.#logEndOffset);
    for (const segment of dropped.toReversed()) yield* segment.drop();
    yield* this.#snapshots.clear();
    yield* this.#disk.remove(epochFile(this.directory));
    yield* this.#removeLater(dropped);
  }

  *#appendInSegments(batches: Uint8Array): Task {
    let from = 0;
    while (from < batches.length) {
      // As many as fit into one segment, and at least one.
      let end = from + sizeInBytesOf(batches, from);
      let lastOffset = lastOffsetOf(batches, from);
      let maxTimestamp = maxTimestampOf(batches, from);
      const room = this.config['segment.bytes'];
      while (end < batches.length && end - from + sizeInBytesOf(batches, end) <= room) {
        lastOffset = lastOffsetOf(batches, end);
        maxTimestamp = Math.max(maxTimestamp, maxTimestampOf(batches, end));
        end += sizeInBytesOf(batches, end);
      }
      yield* this.#append(from === 0 && end === batches.length ? batches : batches.subarray(from, end), maxTimestamp, lastOffset);
      from = end;
    }
  }

  *#append(batches: Uint8Array, maxTimestamp: number, lastOffset: Offset): Task {
    if (this.#isDeleted) throw new RangeError(`${this.directory} was deleted`);
    if (this.#segments[this.#segments.length - 1]!.isFull(this.config, batches.length, maxTimestamp, lastOffset)) yield* this.#roll();
    yield* this.#segments[this.#segments.length - 1]!.append(batches, this.config['index.interval.bytes']);
    this.#logEndOffset = lastOffset + 1;
  }

  /** §2.2: a new segment at the end. The old one is flushed in the background (ST-3). */
  *#roll(): Task {
    const closed = this.#segments.at(-1)!;
    const segment = this.#newSegment(this.#logEndOffset);
    yield* closed.close();
    yield* this.#snapshots.take(this.#logEndOffset);
    yield* segment.create();
    this.#segments.push(segment);
    yield* this.#later(this.#flushRolled(closed, segment.baseOffset), 0);
  }

  *#flushRolled(closed: LogSegment, baseOffset: Offset): Task {
    // Where every append is flushed, only the indexes are left to do.
    if (this.#recoveryPoint >= baseOffset) yield* closed.flush();
    yield* this.#flushUpTo(baseOffset);
    if (!this.#isDeleted) yield* this.#snapshots.flush(baseOffset);
  }

  *#flushUpTo(offset: Offset): Task {
    if (this.#isDeleted) return;
    const from = this.#recoveryPoint;
    // A flush that was put off may come after a truncation: beyond the end nothing is durable, whatever comes there later.
    const upTo = Math.min(offset, this.#logEndOffset);
    if (upTo <= from) return;
    const truncations = this.#truncations;
    const unflushed = this.#segments.slice(this.#floor(from)).filter(({ baseOffset }) => baseOffset < upTo);
    for (const segment of unflushed) yield* segment.flush();
    // ST-6: of segments that are new since the last flush, the names.
    if (unflushed.some(({ baseOffset }) => baseOffset >= from) && !this.#protocol.segmentsWithoutDirectorySync) yield* this.#disk.syncDirectory();
    this.lastFlushedAt = this.#host?.now() ?? 0;
    // What a truncation took away meanwhile, and what came in its place, may not be durable.
    if (truncations === this.#truncations) this.#recoveryPoint = Math.max(this.#recoveryPoint, upTo);
  }

  /** From the end back, and durable before a segment is cut: no segment may come back after a gap, or after others of the same offsets. */
  *#removeTail(segment: LogSegment, position: number | undefined, dropped: readonly LogSegment[]): Task {
    for (const later of dropped.toReversed()) yield* later.drop();
    if (dropped.length > 0) yield* this.#disk.syncDirectory();
    if (position !== undefined) yield* segment.truncateTo(position, this.#logEndOffset);
    yield* this.#snapshots.truncateTo(this.#logEndOffset);
    yield* this.#removeLater(dropped);
  }

  *#replaceAll(dropped: readonly LogSegment[]): Task {
    // Epochs first: recovery finds them again in the batches of a log that was not dropped yet, but could not tell stale ones of a log that was.
    yield* this.#persistEpochs();
    for (const segment of dropped.toReversed()) yield* segment.drop();
    yield* this.#snapshots.clear();
    yield* this.#segments.at(-1)!.create();
    // A sync of the new file alone could make it durable beside the old ones.
    yield* this.#disk.syncDirectory();
    yield* this.#removeLater(dropped);
  }

  *#removeHead(dropped: readonly LogSegment[]): Task {
    for (const segment of dropped) yield* segment.drop();
    yield* this.#snapshots.dropSegments(dropped.map(({ baseOffset }) => baseOffset));
    yield* this.#removeLater(dropped);
  }

  *#removeLater(dropped: readonly LogSegment[]): Task {
    for (const segment of dropped) yield* this.#later(segment.remove(), this.config['file.delete.delay.ms']);
  }

  /** The log ends here now, in memory: readers see nothing beyond. @returns whether what lay beyond may be in the checkpoint as durable. */
  #setEnd(offset: Offset): boolean {
    const isBehindCheckpoint = offset < this.#recoveryPoint;
    this.#logEndOffset = offset;
    this.#highWatermark = Math.min(this.#highWatermark, offset);
    this.#recoveryPoint = Math.min(this.#recoveryPoint, offset);
    this.#truncations += 1;
    return isBehindCheckpoint;
  }

  /** Before anything is appended at offsets that the checkpoints take for durable (ST-4). */
  *#checkpoint(): Task {
    if (this.#host !== undefined) yield* this.#host.checkpoint();
  }

  *#later(task: Task, delayMs: number): Task {
    if (this.#host === undefined) yield* task;
    else this.#host.schedule(task, delayMs);
  }

  /** Index of the segment in which an offset would lie: the last that does not begin beyond it. */
  #floor(offset: Offset): number {
    let low = 1;
    let high = this.#segments.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#segments[middle]!.baseOffset <= offset) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  #newSegment(baseOffset: Offset): LogSegment {
    return new LogSegment(this.#disk, this.directory, baseOffset, segmentJitterMs(this.config, this.#host));
  }

  *#persistEpochs(): Task {
    this.#epochsToFlush = true;
    yield* writeEpochCheckpoint(this.#disk, epochFile(this.directory), this.#epochs.entries);
    this.#epochsToFlush = false;
  }

  /** @returns the last offset of the batches. */
  #checkFetched(batches: Uint8Array): Offset {
    let lastOffset = this.#logEndOffset - 1;
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
