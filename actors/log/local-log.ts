/**
 * @module
 * The segments of a log, where they end, and up to where they are durable. It knows nothing of leaders, of what is committed or of where the log
 * begins: that is the {@link Log}'s.
 *
 *     segments: closed │ closed │ written to            recoveryPoint ≤ logEndOffset: what lies below it is durable
 *
 * One writer at a time. `read`, `flush` and `offsetForTimestamp` may run wherever a writer waits, so the end moves only when the bytes are
 * there, and the other way round when they go.
 */
import type { Disk, Micros, Task } from '../../runtime/index.ts';
import { isCompacted } from '../config/topic-config.ts';
import type { LoadedLog } from './log-loader.ts';
import { DEFAULT_LOG_CONFIG, DEFAULT_LOG_PROTOCOL, segmentJitterMs } from './log-options.ts';
import type { LogConfig, LogHost, LogOptions, LogProtocol } from './log-options.ts';
import { LogSegment } from './log-segment.ts';
import type { NOT_CACHED } from './log-segment.ts';
import type { ProducerSnapshots } from './producer-snapshots.ts';
import { lastOffsetOf, maxTimestampOf, sizeInBytesOf } from './record-batch.ts';
import type { Offset } from './record-batch.ts';
import { readRecords } from './records.ts';
import { CLEANED, SWAP } from './segment-files.ts';
import type { TimestampOffset } from './time-index.ts';

const NO_BYTES = new Uint8Array(0);
/** A search by time reads so many bytes at once. */
const SEARCH_BYTES = 65_536;

/** What a truncation has taken from memory and still has to take from the disk. */
export interface CutTail {
  /** The last segment now, and where it ends; undefined: it stays whole. */
  readonly segment: LogSegment;
  readonly position: number | undefined;
  readonly dropped: readonly LogSegment[];
  /** The checkpoint of the recovery point may speak of more than is there. */
  readonly isBehindCheckpoint: boolean;
}

export class LocalLog {
  /** e.g. `orders-0`. */
  readonly directory: string;
  /** When it was last flushed, or opened. */
  lastFlushedAt: Micros;
  readonly #disk: Disk;
  readonly #protocol: LogProtocol;
  readonly #host: LogHost | undefined;
  readonly #snapshots: ProducerSnapshots;
  #config: LogConfig;
  /** By what a segment is full: a record that must be compacted before long must leave the active segment before long. */
  #rolling: LogConfig;
  /** See `isCompacted` of the topic's configuration. */
  isCompacted: boolean;
  /** Ascending, at least one; the last is written to. */
  readonly #segments: LogSegment[];
  #logEndOffset: Offset;
  #recoveryPoint: Offset;
  #truncations = 0;
  #isDeleted = false;

  constructor(disk: Disk, directory: string, { config = DEFAULT_LOG_CONFIG, protocol = DEFAULT_LOG_PROTOCOL, host }: LogOptions, loaded: LoadedLog) {
    this.directory = directory;
    this.#config = config;
    this.#rolling = rollingOf(config);
    this.isCompacted = isCompacted(config);
    this.lastFlushedAt = host?.now() ?? 0;
    this.#disk = disk;
    this.#protocol = protocol;
    this.#host = host;
    this.#snapshots = loaded.snapshots;
    this.#segments = loaded.segments;
    this.#logEndOffset = loaded.logEndOffset;
    this.#recoveryPoint = loaded.recoveryPoint;
  }

  get config(): LogConfig {
    return this.#config;
  }

  /** Holds from the next append on. */
  set config(config: LogConfig) {
    if (config === this.#config) return;
    this.#config = config;
    this.#rolling = rollingOf(config);
    this.isCompacted = isCompacted(config);
  }

  /** How often the end has gone back. By it whoever reads much of the log knows that the ground moved meanwhile. */
  get truncations(): number {
    return this.#truncations;
  }

  /** The offset that the next record will get. */
  get logEndOffset(): Offset {
    return this.#logEndOffset;
  }

  /** Offsets below are durable (ST-4). */
  get recoveryPoint(): Offset {
    return this.#recoveryPoint;
  }

  /** Ascending, at least one; the last is written to. */
  get segments(): readonly LogSegment[] {
    return this.#segments;
  }

  /** Whether both offsets lie in the same segment. */
  isInOneSegment(offset: Offset, other: Offset): boolean {
    return this.#floor(offset) === this.#floor(other);
  }

  /** Adds batches at the end, in a new segment if they do not fit. */
  *append(batches: Uint8Array, maxTimestamp: number, lastOffset: Offset): Task {
    if (this.#isDeleted) throw new RangeError(`${this.directory} was deleted`);
    if (this.#segments[this.#segments.length - 1]!.isFull(this.#rolling, batches.length, maxTimestamp, lastOffset)) yield* this.roll();
    yield* this.#segments[this.#segments.length - 1]!.append(batches, this.#config['index.interval.bytes']);
    this.#logEndOffset = lastOffset + 1;
  }

  /** The same, in as many segments as they need. */
  *appendInSegments(batches: Uint8Array): Task {
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
      yield* this.append(from === 0 && end === batches.length ? batches : batches.subarray(from, end), maxTimestamp, lastOffset);
      from = end;
    }
  }

  /**
   * A view of whole batches of one segment: from the one that holds `fromOffset`, none that reaches `upToOffset`, together at most `maxBytes`,
   * or with `atLeastOneBatch` the first one even if it is larger (F-8). Empty where there is none. Valid until the reader next waits.
   */
  *read(fromOffset: Offset, maxBytes: number, upToOffset: Offset, atLeastOneBatch: boolean): Task<Uint8Array> {
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

  /** The same at once, where the page cache has it. */
  readCached(fromOffset: Offset, maxBytes: number, upToOffset: Offset, atLeastOneBatch: boolean): Uint8Array | typeof NOT_CACHED {
    const bound = Math.min(upToOffset, this.#logEndOffset);
    if (fromOffset >= bound) return NO_BYTES;
    for (let at = this.#floor(fromOffset); at < this.#segments.length; at += 1) {
      const bytes = this.#segments[at]!.readCached(fromOffset, maxBytes, bound, atLeastOneBatch);
      if (bytes !== undefined) return bytes;
      // The offset lies in the gap before the next segment.
    }
    return NO_BYTES;
  }

  /** The first record that is not earlier than a time, in ms: where it lies, and its own time (F-11). Undefined: there is none. */
  *offsetForTimestamp(timestamp: number, logStartOffset: () => Offset): Task<TimestampOffset | undefined> {
    const segment = this.#segments.find(({ maxTimestamp }) => maxTimestamp >= timestamp);
    if (segment === undefined) return undefined;
    let offset = Math.max(segment.lookupTimestamp(timestamp), logStartOffset());
    while (offset < this.#logEndOffset && offset >= logStartOffset()) {
      const bytes = yield* this.read(offset, SEARCH_BYTES, this.#logEndOffset, true);
      if (bytes.length === 0) return undefined;
      for (let at = 0; at < bytes.length; at += sizeInBytesOf(bytes, at)) {
        offset = lastOffsetOf(bytes, at) + 1;
        if (maxTimestampOf(bytes, at) < timestamp) continue;
        const found = readRecords(bytes, at).find((record) => record.timestamp >= timestamp && record.offset >= logStartOffset());
        if (found !== undefined) return { timestamp: found.timestamp, offset: found.offset };
      }
    }
    return undefined;
  }

  /**
   * The end goes back to this offset, or to the base of the batch that straddles it, in memory. `removeTail` does the rest.
   * @param offset below the end
   */
  *cutTail(offset: Offset): Task<CutTail> {
    const last = this.#floor(offset);
    const segment = this.#segments[last]!;
    const place = yield* segment.find(offset);
    const dropped = this.#segments.splice(last + 1);
    const isBehindCheckpoint = this.#setEnd(Math.min(offset, place?.baseOffset ?? offset));
    return { segment, position: place?.position, dropped, isBehindCheckpoint };
  }

  /** From the end back, and durable before a segment is cut: no segment may come back after a gap, or after others of the same offsets. */
  *removeTail({ segment, position, dropped }: CutTail): Task {
    for (const later of dropped.toReversed()) yield* later.drop();
    if (dropped.length > 0) yield* this.#disk.syncDirectory();
    if (position !== undefined) yield* segment.truncateTo(position, this.#logEndOffset);
    yield* this.#snapshots.truncateTo(this.#logEndOffset);
    yield* this.removeLater(dropped);
  }

  /** The log is empty and begins at this offset, in memory. `replaceAll` does the rest. */
  restartAt(offset: Offset): { readonly dropped: readonly LogSegment[]; readonly isBehindCheckpoint: boolean } {
    const dropped = this.#segments.splice(0, this.#segments.length, this.#newSegment(offset));
    return { dropped, isBehindCheckpoint: this.#setEnd(offset) };
  }

  *replaceAll(dropped: readonly LogSegment[]): Task {
    yield* this.dropAll(dropped);
    yield* this.#segments.at(-1)!.create();
    // A sync of the new file alone could make it durable beside the old ones.
    yield* this.#disk.syncDirectory();
    yield* this.removeLater(dropped);
  }

  /** The oldest segments leave the log, in memory; a new one is made if all do. `removeHead` does the rest. */
  *cutHead(count: number): Task<readonly LogSegment[]> {
    if (count === this.#segments.length) yield* this.roll();
    return this.#segments.splice(0, count);
  }

  *removeHead(dropped: readonly LogSegment[]): Task {
    for (const segment of dropped) yield* segment.drop();
    yield* this.#snapshots.dropSegments(dropped.map(({ baseOffset }) => baseOffset));
    yield* this.removeLater(dropped);
  }

  /** What compaction writes to: an empty segment that belongs to nobody yet. What an earlier round left there goes. */
  *newCleanedSegment(baseOffset: Offset): Task<LogSegment> {
    const cleaned = new LogSegment(this.#disk, this.directory, baseOffset, 0, CLEANED);
    yield* cleaned.discard();
    yield* cleaned.create();
    return cleaned;
  }

  /**
   * A cleaned segment, closed and durable, takes the place of the segments it was made of (RT-3). A crash at any step leaves the log as it was
   * before or as it is after, once it was loaded (`interrupted-swap.ts`):
   *
   *     .cleaned ──► .swap ──► the old ones .deleted ──► the plain names
   */
  *replaceSegments(cleaned: LogSegment, replaced: readonly LogSegment[]): Task {
    yield* cleaned.moveTo(SWAP);
    this.#segments.splice(this.#segments.indexOf(replaced[0]!), replaced.length, cleaned);
    for (const segment of replaced) yield* segment.drop();
    yield* cleaned.moveTo('');
    yield* this.#disk.syncDirectory();
    yield* this.#snapshots.dropSegments(replaced.slice(1).map(({ baseOffset }) => baseOffset));
    yield* this.removeLater(replaced);
  }

  /** It takes nothing any more, and all of it leaves, in memory. `dropAll` and `removeLater` do the rest. */
  markDeleted(): readonly LogSegment[] {
    this.#isDeleted = true;
    return this.restartAt(this.#logEndOffset).dropped;
  }

  *dropAll(dropped: readonly LogSegment[]): Task {
    for (const segment of dropped.toReversed()) yield* segment.drop();
    yield* this.#snapshots.clear();
  }

  /** The files of segments that were dropped go after file.delete.delay.ms. */
  *removeLater(dropped: readonly LogSegment[]): Task {
    for (const segment of dropped) yield* this.#later(segment.remove(), this.config['file.delete.delay.ms']);
  }

  /** Everything is durable, the state of producers too, and the indexes are files (RC-1). */
  *close(): Task {
    yield* this.#segments.at(-1)!.close();
    yield* this.#snapshots.take(this.#logEndOffset);
    yield* this.flush();
    yield* this.flushSegment(this.#segments.at(-1)!);
    yield* this.#snapshots.flush(this.#logEndOffset);
  }

  /** §2.2: a new segment at the end. The old one is flushed in the background (ST-3). */
  *roll(): Task {
    const closed = this.#segments.at(-1)!;
    const segment = this.#newSegment(this.#logEndOffset);
    yield* closed.close();
    yield* this.#snapshots.take(this.#logEndOffset);
    yield* segment.create();
    this.#segments.push(segment);
    yield* this.#later(this.#flushRolled(closed, segment.baseOffset), 0);
  }

  /** Makes everything appended so far durable (ST-4). Others may append meanwhile, and truncate. */
  flush(): Task {
    return this.#flushUpTo(this.#logEndOffset);
  }

  /** Makes what a segment holds now durable, and tells the broker how long that took. */
  *flushSegment(segment: LogSegment): Task {
    const host = this.#host;
    const startedAt = host?.now() ?? 0;
    try {
      yield* segment.flush();
    } finally {
      host?.flushed(host.now() - startedAt);
    }
  }

  *#flushRolled(closed: LogSegment, baseOffset: Offset): Task {
    // Where every append is flushed, only the indexes are left to do.
    if (this.#recoveryPoint >= baseOffset) yield* this.flushSegment(closed);
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
    for (const segment of unflushed) yield* this.flushSegment(segment);
    // ST-6: of segments that are new since the last flush, the names.
    if (unflushed.some(({ baseOffset }) => baseOffset >= from) && !this.#protocol.segmentsWithoutDirectorySync) yield* this.#disk.syncDirectory();
    this.lastFlushedAt = this.#host?.now() ?? 0;
    // What a truncation took away meanwhile, and what came in its place, may not be durable.
    if (truncations === this.#truncations) this.#recoveryPoint = Math.max(this.#recoveryPoint, upTo);
  }

  /** The log ends here now, in memory: readers see nothing beyond. @returns whether what lay beyond may be in the checkpoint as durable. */
  #setEnd(offset: Offset): boolean {
    const isBehindCheckpoint = offset < this.#recoveryPoint;
    this.#logEndOffset = offset;
    this.#recoveryPoint = Math.min(this.#recoveryPoint, offset);
    this.#truncations += 1;
    return isBehindCheckpoint;
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
    return new LogSegment(this.#disk, this.directory, baseOffset, segmentJitterMs(this.#rolling, this.#host));
  }
}

/** max.compaction.lag.ms closes segments, too. */
function rollingOf(config: LogConfig): LogConfig {
  const lagMs = config['max.compaction.lag.ms'];
  return isCompacted(config) && lagMs < config['segment.ms'] ? { ...config, 'segment.ms': lagMs } : config;
}
