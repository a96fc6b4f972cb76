/**
 * @module
 * One stretch of a log, named by the first offset it may hold: whole batches, one after the other, and what finds them (`segment-files.ts`).
 *
 * The last segment of a log is written to; the others are closed, and their indexes are files.
 */
import type { Disk, Task } from '../../runtime/index.ts';
import { KafkaError } from '../protocol/errors.ts';
import { OffsetIndex, RELATIVE_OFFSET_MAX } from './offset-index.ts';
import { HEADER_BYTES, NONE, baseOffsetOf, isValidBatch, isWholeBatch, lastOffsetOf, maxTimestampOf, sizeInBytesOf } from './record-batch.ts';
import type { Offset } from './record-batch.ts';
import { INDEX, SegmentFiles, TIME_INDEX } from './segment-files.ts';
import { TimeIndex } from './time-index.ts';

/** A recovery reads the file in pieces of this many bytes, or of one batch where that is larger. */
const RECOVERY_BYTES = 1_048_576;
/** A search reads the file in pieces of this many bytes: as far as two entries of an index lie apart. */
const SEARCH_BYTES = 4_096;
const NO_BYTES = new Uint8Array(0);
/** Instead of bytes: they have to be read from the device first. */
export const NOT_CACHED = Symbol('not cached');
const CORRUPT = Symbol('corrupt');

/** What is to be read lies behind a batch whose length has rotted: nobody can tell where the next one begins. */
export class CorruptLogError extends KafkaError {
  constructor(message: string) {
    super('CORRUPT_MESSAGE', message);
  }
}

/** When a segment is full, and how finely it is indexed: topic configuration, under Kafka's names. */
export interface SegmentConfig {
  readonly 'segment.bytes': number;
  readonly 'segment.ms': number;
  readonly 'segment.index.bytes': number;
  readonly 'index.interval.bytes': number;
}

/** Where a batch lies in its segment. */
export interface BatchPlace {
  readonly position: number;
  readonly baseOffset: Offset;
  readonly sizeInBytes: number;
}

/** What a recovery found. */
export interface RecoveredSegment {
  /** The offset after the last sound batch. */
  readonly endOffset: Offset;
  /** Bytes that were cut off. */
  readonly truncatedBytes: number;
}

/** Called for a batch at a position in `bytes`. */
export type BatchVisitor = (bytes: Uint8Array, position: number) => void;

/** The invariant: the file holds whole batches up to `sizeInBytes`, and readers see nothing beyond it. One writer at a time. */
export class LogSegment {
  readonly baseOffset: Offset;
  readonly #disk: Disk;
  readonly #files: SegmentFiles;
  /** What of `segment.jitter.ms` fell to this segment: it is closed so much earlier. */
  readonly #jitterMs: number;
  #index: OffsetIndex;
  #timeIndex: TimeIndex;
  #sizeInBytes = 0;
  #bytesSinceIndexEntry = 0;
  #maxTimestamp = NONE;
  #offsetOfMaxTimestamp: Offset;
  /** Largest timestamp of the first batch, by which `segment.ms` runs; undefined in an empty segment. */
  #firstTimestamp: number | undefined;
  /** The index files are there and say what memory says. */
  #isClosed = false;

  constructor(disk: Disk, directory: string, baseOffset: Offset, jitterMs = 0, state = '') {
    this.baseOffset = baseOffset;
    this.#disk = disk;
    this.#files = new SegmentFiles(disk, directory, baseOffset, state);
    this.#jitterMs = jitterMs;
    this.#index = new OffsetIndex(baseOffset);
    this.#timeIndex = new TimeIndex(baseOffset);
    this.#offsetOfMaxTimestamp = baseOffset;
  }

  get sizeInBytes(): number {
    return this.#sizeInBytes;
  }

  /** Largest timestamp of all its batches, ms; −1 if there is none. */
  get maxTimestamp(): number {
    return this.#maxTimestamp;
  }

  /** Largest timestamp of its first batch; undefined in an empty segment. */
  get firstTimestamp(): number | undefined {
    return this.#firstTimestamp;
  }

  get indexBytes(): number {
    return this.#index.sizeInBytes;
  }

  get timeIndexBytes(): number {
    return this.#timeIndex.sizeInBytes;
  }

  /** It belongs to its log no more; its files are gone or about to go. */
  get isDropped(): boolean {
    return this.#files.isDropped;
  }

  /** Makes the file, empty. */
  create(): Task {
    return this.#files.create();
  }

  /** Whether batches of so many bytes, up to this timestamp and offset, belong into a new segment (§2.2). Never where this one is empty. */
  isFull(config: SegmentConfig, bytes: number, maxTimestamp: number, lastOffset: Offset): boolean {
    if (this.#sizeInBytes === 0) return false;
    return (
      this.#sizeInBytes + bytes > config['segment.bytes'] ||
      (this.#firstTimestamp !== undefined && maxTimestamp - this.#firstTimestamp > config['segment.ms'] - this.#jitterMs) ||
      this.#index.isFull(config['segment.index.bytes']) ||
      this.#timeIndex.isFull(config['segment.index.bytes']) ||
      lastOffset - this.baseOffset > RELATIVE_OFFSET_MAX
    );
  }

  /** Adds batches at the end. Readers see them when it returns. */
  *append(batches: Uint8Array, indexIntervalBytes: number): Task {
    yield* this.#disk.append(this.#files.log, batches);
    let at = 0;
    while (at < batches.length) {
      const size = sizeInBytesOf(batches, at);
      this.#note(batches, at, size, indexIntervalBytes);
      at += size;
    }
    this.#isClosed = false;
  }

  /** Nothing is added any more: the indexes become files (again, if they were before). */
  *close(): Task {
    if (this.#isClosed) return;
    if (this.#maxTimestamp !== NONE) this.#timeIndex.add(this.#maxTimestamp, this.#offsetOfMaxTimestamp);
    yield* this.#files.replace(INDEX, this.#index.encode());
    yield* this.#files.replace(TIME_INDEX, this.#timeIndex.encode());
    this.#isClosed = true;
  }

  /** Makes the batches durable that are there now, and the indexes if they are files. */
  flush(): Task {
    return this.#files.flush(this.#isClosed);
  }

  /** The segment leaves its log: its files get another name, under which `remove` finds them. */
  drop(): Task {
    return this.#files.drop();
  }

  /** Its files get the names of another state: see `segment-files.ts`. */
  moveTo(state: string): Task {
    return this.#files.moveTo(state);
  }

  /** Its files are removed, for it has never come to belong to the log. */
  discard(): Task {
    return this.#files.discard();
  }

  /** After `drop`. */
  remove(): Task {
    return this.#files.remove();
  }

  /**
   * Takes the files as they are, without reading a batch (RC-4). @returns whether it could: an index that is missing, or is none, must be
   * built again by `recover`.
   */
  *load(): Task<boolean> {
    const size = this.#disk.size(this.#files.log) ?? 0;
    const indexBytes = yield* this.#files.readWhole(INDEX);
    const timeIndexBytes = yield* this.#files.readWhole(TIME_INDEX);
    const index = indexBytes && OffsetIndex.decode(indexBytes, this.baseOffset, size);
    const timeIndex = timeIndexBytes && TimeIndex.decode(timeIndexBytes, this.baseOffset);
    if (index === undefined || timeIndex === undefined) return false;
    this.#index = index;
    this.#timeIndex = timeIndex;
    this.#sizeInBytes = size;
    this.#bytesSinceIndexEntry = size - index.lastPosition;
    ({ timestamp: this.#maxTimestamp, offset: this.#offsetOfMaxTimestamp } = timeIndex.last);
    this.#isClosed = true;
    if (size >= HEADER_BYTES) this.#firstTimestamp = maxTimestampOf(yield* this.#disk.read(this.#files.log, 0, HEADER_BYTES));
    return true;
  }

  /** The offset after the last batch, found by its index: for a segment that was taken as it is. */
  *readEndOffset(): Task<Offset> {
    let endOffset = this.baseOffset;
    yield* this.#scan(this.#index.lastPosition, (bytes, at) => {
      endOffset = lastOffsetOf(bytes, at) + 1;
    });
    return endOffset;
  }

  /**
   * Finds what of the file is sound, up to the first batch that is cut short, fails its checksum or goes back in offsets, cuts the rest off,
   * and builds the indexes (RC-3). `visit` sees every sound batch.
   */
  *recover(indexIntervalBytes: number, visit: BatchVisitor): Task<RecoveredSegment> {
    this.#forget();
    const fileSize = this.#disk.size(this.#files.log) ?? 0;
    let endOffset = this.baseOffset;
    let pieceBytes = RECOVERY_BYTES;
    while (this.#sizeInBytes < fileSize) {
      const bytes = yield* this.#disk.read(this.#files.log, this.#sizeInBytes, pieceBytes);
      let at = 0;
      while (isValidBatch(bytes, at) && continuesLog(bytes, at, endOffset)) {
        visit(bytes, at);
        endOffset = lastOffsetOf(bytes, at) + 1;
        const size = sizeInBytesOf(bytes, at);
        this.#note(bytes, at, size, indexIntervalBytes);
        at += size;
      }
      if (at > 0) continue;
      const needed = bytes.length < HEADER_BYTES ? 0 : sizeInBytesOf(bytes);
      const isCutByThePiece = needed > bytes.length && this.#sizeInBytes + needed <= fileSize;
      if (!isCutByThePiece) break;
      pieceBytes = needed;
    }
    const truncatedBytes = fileSize - this.#sizeInBytes;
    if (truncatedBytes > 0) yield* this.#disk.truncate(this.#files.log, this.#sizeInBytes);
    return { endOffset, truncatedBytes };
  }

  /**
   * A view of whole batches: from the first that reaches `fromOffset`, none that reaches `upToOffset`, together at most `maxBytes`, or with
   * `atLeastOneBatch` the first one even if it is larger (F-8). Valid until the reader next waits.
   * Undefined: no batch of this segment reaches `fromOffset`, or it was dropped meanwhile.
   * @throws {CorruptLogError} a batch on the way there says that it is smaller than a batch can be
   */
  *read(fromOffset: Offset, maxBytes: number, upToOffset: Offset, atLeastOneBatch: boolean): Task<Uint8Array | undefined> {
    for (;;) {
      const bytes = this.readCached(fromOffset, maxBytes, upToOffset, atLeastOneBatch);
      if (bytes !== NOT_CACHED) return bytes;
      yield* this.#readIn();
    }
  }

  /** The same at once, if the file is in the page cache. */
  readCached(fromOffset: Offset, maxBytes: number, upToOffset: Offset, atLeastOneBatch: boolean): Uint8Array | typeof NOT_CACHED | undefined {
    if (this.#files.isDropped) return undefined;
    const place = this.#findCached(fromOffset);
    if (place === undefined || place === NOT_CACHED) return place;
    if (place === CORRUPT) throw new CorruptLogError(`${this.#files.log} holds a batch that is too small, before offset ${fromOffset}`);
    const wanted = atLeastOneBatch ? Math.max(maxBytes, place.sizeInBytes) : maxBytes;
    const bytes = this.#disk.readCached(this.#files.log, place.position, Math.min(wanted, this.#sizeInBytes - place.position));
    return bytes === undefined ? NOT_CACHED : bytes.subarray(0, endOfBatches(bytes, upToOffset));
  }

  /**
   * A view of whole batches from a position on: together at most `maxBytes`, but at least one. Valid until the reader next waits. Undefined: the segment was dropped.
   * @throws {RangeError} if no batch lies there
   */
  *readAt(position: number, maxBytes: number): Task<Uint8Array | undefined> {
    let wanted = maxBytes;
    while (!this.#files.isDropped) {
      const bytes = this.#disk.readCached(this.#files.log, position, Math.min(wanted, this.#sizeInBytes - position));
      if (bytes === undefined) {
        yield* this.#readIn();
        continue;
      }
      if (isWholeBatch(bytes)) return bytes.subarray(0, endOfBatches(bytes, Infinity));
      const size = bytes.length < HEADER_BYTES ? 0 : sizeInBytesOf(bytes);
      if (size <= wanted || position + size > this.#sizeInBytes) throw new RangeError(`${this.#files.log}: no batch at ${position}`);
      wanted = size;
    }
    return undefined;
  }

  /** The position from which on an offset is found, by the index. */
  positionOf(offset: Offset): number {
    return this.#index.lookup(offset);
  }

  /** Cuts off the batch at a position and all after it; `endOffset` is that batch's base. Readers see none of it from now, even while this waits. */
  *truncateTo(position: number, endOffset: Offset): Task {
    this.#index.truncateTo(position);
    this.#timeIndex.truncateTo(endOffset);
    this.#sizeInBytes = position;
    this.#bytesSinceIndexEntry = position - this.#index.lastPosition;
    this.#isClosed = false;
    ({ timestamp: this.#maxTimestamp, offset: this.#offsetOfMaxTimestamp } = this.#timeIndex.last);
    if (position === 0) this.#firstTimestamp = undefined;
    yield* this.#disk.truncate(this.#files.log, position);
    // The index files say more than is there now. Without them the segment is recovered, should this be the end.
    yield* this.#files.removeIndexes();
    yield* this.#scan(this.#index.lookup(this.#timeIndex.last.offset), (bytes, at) => this.#noteTimestamp(bytes, at));
  }

  /** The first batch that reaches this offset: the one that holds it, or after a gap the next. Undefined: there is none. */
  *find(offset: Offset): Task<BatchPlace | undefined> {
    for (;;) {
      const place = this.#findCached(offset);
      if (place !== NOT_CACHED) return place === CORRUPT ? undefined : place;
      yield* this.#readIn();
    }
  }

  #findCached(offset: Offset): BatchPlace | typeof NOT_CACHED | typeof CORRUPT | undefined {
    if (this.#files.isDropped) return undefined;
    let position = this.#index.lookup(offset);
    while (position < this.#sizeInBytes) {
      const bytes = this.#disk.readCached(this.#files.log, position, Math.min(SEARCH_BYTES, this.#sizeInBytes - position));
      if (bytes === undefined) return NOT_CACHED;
      let at = 0;
      while (bytes.length - at >= HEADER_BYTES) {
        const sizeInBytes = sizeInBytesOf(bytes, at);
        if (sizeInBytes < HEADER_BYTES) return CORRUPT;
        if (lastOffsetOf(bytes, at) >= offset) return { position: position + at, baseOffset: baseOffsetOf(bytes, at), sizeInBytes };
        at += sizeInBytes;
      }
      if (at === 0) return undefined;
      position += at;
    }
    return undefined;
  }

  /** Has the device bring the file into the page cache. */
  *#readIn(): Task {
    yield* this.#files.unlessDropped(this.#disk.read(this.#files.log, 0, HEADER_BYTES), NO_BYTES);
  }

  /** From this offset on lies, if anywhere in this segment, the first record that is not earlier than a time. */
  lookupTimestamp(timestamp: number): Offset {
    return this.#timeIndex.lookup(timestamp).offset;
  }

  /** A batch was added at the end. */
  #note(bytes: Uint8Array, at: number, size: number, indexIntervalBytes: number): void {
    this.#noteTimestamp(bytes, at);
    if (this.#bytesSinceIndexEntry > indexIntervalBytes) {
      this.#index.add(lastOffsetOf(bytes, at), this.#sizeInBytes);
      this.#timeIndex.add(this.#maxTimestamp, this.#offsetOfMaxTimestamp);
      this.#bytesSinceIndexEntry = 0;
    }
    this.#bytesSinceIndexEntry += size;
    this.#sizeInBytes += size;
  }

  #noteTimestamp(bytes: Uint8Array, at: number): void {
    const timestamp = maxTimestampOf(bytes, at);
    this.#firstTimestamp ??= timestamp;
    if (timestamp <= this.#maxTimestamp) return;
    this.#maxTimestamp = timestamp;
    this.#offsetOfMaxTimestamp = lastOffsetOf(bytes, at);
  }

  #forget(): void {
    this.#index = new OffsetIndex(this.baseOffset);
    this.#timeIndex = new TimeIndex(this.baseOffset);
    this.#sizeInBytes = 0;
    this.#bytesSinceIndexEntry = 0;
    this.#maxTimestamp = NONE;
    this.#offsetOfMaxTimestamp = this.baseOffset;
    this.#firstTimestamp = undefined;
    this.#isClosed = false;
  }

  /** Visits the headers of the batches from a position on, as far as they lie one after the other. */
  *#scan(from: number, visit: BatchVisitor): Task {
    let position = from;
    while (position < this.#sizeInBytes) {
      const bytes = yield* this.#disk.read(this.#files.log, position, Math.min(SEARCH_BYTES, this.#sizeInBytes - position));
      let at = 0;
      while (bytes.length - at >= HEADER_BYTES && sizeInBytesOf(bytes, at) >= HEADER_BYTES) {
        visit(bytes, at);
        at += sizeInBytesOf(bytes, at);
      }
      if (at === 0) return;
      position += at;
    }
  }
}

/** The base offset is outside the checksum (RB-1): after bit rot it can be anything. */
function continuesLog(bytes: Uint8Array, position: number, endOffset: Offset): boolean {
  const baseOffset = baseOffsetOf(bytes, position);
  const lastOffset = lastOffsetOf(bytes, position);
  return baseOffset >= endOffset && lastOffset >= baseOffset && Number.isSafeInteger(lastOffset);
}

/** Where the batches end that lie whole in `bytes` and stay below `upToOffset`. */
function endOfBatches(bytes: Uint8Array, upToOffset: Offset): number {
  let end = 0;
  while (isWholeBatch(bytes, end) && lastOffsetOf(bytes, end) < upToOffset) end += sizeInBytesOf(bytes, end);
  return end;
}
