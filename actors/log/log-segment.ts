/** @module One file of a log, named by the first offset it may hold: whole batches, one after the other, and the sparse index of them. */
import type { Disk, Task } from '../../runtime/index.ts';
import { INDEX_INTERVAL_BYTES, OffsetIndex } from './offset-index.ts';
import { HEADER_BYTES, baseOffsetOf, isValidBatch, isWholeBatch, lastOffsetOf, sizeInBytesOf } from './record-batch.ts';
import type { Offset } from './record-batch.ts';

const SUFFIX = '.log';
/** A recovery reads the file in pieces of this many bytes, or of one batch where that is larger. */
const RECOVERY_BYTES = 1_048_576;
const NO_BYTES = new Uint8Array(0);

/** Where a batch lies in its segment. */
export interface BatchPlace {
  readonly position: number;
  readonly baseOffset: Offset;
  readonly sizeInBytes: number;
}

/** Whether a file of the disk holds batches of a log. */
export function isLogFile(file: string): boolean {
  return file.includes('/') && file.endsWith(SUFFIX);
}

/** Base offsets of the segments in a directory, ascending. */
export function segmentsIn(disk: Disk, directory: string): Offset[] {
  const prefix = `${directory}/`;
  const files = disk.list(prefix).filter((file) => file.endsWith(SUFFIX));
  return files.map((file) => Number(file.slice(prefix.length, -SUFFIX.length)));
}

/** The invariant: the file holds whole batches up to `sizeInBytes`, and readers see nothing beyond it. One writer at a time. */
export class LogSegment {
  readonly baseOffset: Offset;
  readonly #disk: Disk;
  readonly #file: string;
  readonly #index = new OffsetIndex();
  #sizeInBytes = 0;
  /** How often batches were cut off. By it a reader knows that the ground moved while it waited. */
  #truncations = 0;

  constructor(disk: Disk, directory: string, baseOffset: Offset) {
    this.baseOffset = baseOffset;
    this.#disk = disk;
    this.#file = `${directory}/${String(baseOffset).padStart(20, '0')}${SUFFIX}`;
  }

  get sizeInBytes(): number {
    return this.#sizeInBytes;
  }

  /** Makes the file, empty. */
  *create(): Task {
    yield* this.#disk.append(this.#file, NO_BYTES);
  }

  *remove(): Task {
    yield* this.#disk.remove(this.#file);
  }

  *flush(): Task {
    yield* this.#disk.fsync(this.#file);
  }

  /**
   * Finds what of an existing file is sound, up to the first batch that is cut short, fails its checksum or goes back in offsets, and cuts
   * the rest off (RC-3). `visit` sees every sound batch. @returns the end offset.
   */
  *recover(visit: (bytes: Uint8Array, position: number) => void): Task<Offset> {
    const fileSize = this.#disk.size(this.#file) ?? 0;
    let endOffset = this.baseOffset;
    let pieceBytes = RECOVERY_BYTES;
    while (this.#sizeInBytes < fileSize) {
      const bytes = yield* this.#disk.read(this.#file, this.#sizeInBytes, pieceBytes);
      let at = 0;
      while (isValidBatch(bytes, at) && continuesLog(bytes, at, endOffset)) {
        visit(bytes, at);
        this.#index.add(baseOffsetOf(bytes, at), this.#sizeInBytes + at);
        endOffset = lastOffsetOf(bytes, at) + 1;
        at += sizeInBytesOf(bytes, at);
      }
      this.#sizeInBytes += at;
      if (at > 0) continue;
      const needed = bytes.length < HEADER_BYTES ? 0 : sizeInBytesOf(bytes);
      const isCutByThePiece = needed > bytes.length && this.#sizeInBytes + needed <= fileSize;
      if (!isCutByThePiece) break;
      pieceBytes = needed;
    }
    if (this.#sizeInBytes < fileSize) yield* this.#disk.truncate(this.#file, this.#sizeInBytes);
    return endOffset;
  }

  /** Adds batches at the end. Readers see them when it returns. */
  *append(batches: Uint8Array): Task {
    yield* this.#disk.append(this.#file, batches);
    for (let at = 0; at < batches.length; at += sizeInBytesOf(batches, at)) this.#index.add(baseOffsetOf(batches, at), this.#sizeInBytes + at);
    this.#sizeInBytes += batches.length;
  }

  /**
   * A view of whole batches: from the one that holds `fromOffset`, none that reaches `upToOffset`, together at most `maxBytes`, or with
   * `atLeastOneBatch` the first one even if it is larger (F-8). Empty where there is none. Valid until the reader next waits.
   */
  *read(fromOffset: Offset, maxBytes: number, upToOffset: Offset, atLeastOneBatch: boolean): Task<Uint8Array> {
    for (;;) {
      const truncations = this.#truncations;
      const place = yield* this.find(fromOffset);
      if (place === undefined) return NO_BYTES;
      const wanted = atLeastOneBatch ? Math.max(maxBytes, place.sizeInBytes) : maxBytes;
      const bytes = yield* this.#disk.read(this.#file, place.position, Math.min(wanted, this.#sizeInBytes - place.position));
      if (truncations === this.#truncations) return bytes.subarray(0, endOfBatches(bytes, upToOffset));
    }
  }

  /** Cuts off everything from a batch on. Readers see none of it from now, even while this waits. */
  *truncateTo(position: number): Task {
    this.#index.truncateTo(position);
    this.#sizeInBytes = position;
    this.#truncations += 1;
    yield* this.#disk.truncate(this.#file, position);
  }

  /** The first batch that reaches this offset: the one that holds it, or after a gap the next. Undefined: there is none. */
  *find(offset: Offset): Task<BatchPlace | undefined> {
    let position = this.#index.lookup(offset);
    while (position < this.#sizeInBytes) {
      const bytes = yield* this.#disk.read(this.#file, position, Math.min(INDEX_INTERVAL_BYTES, this.#sizeInBytes - position));
      let at = 0;
      while (bytes.length - at >= HEADER_BYTES) {
        const sizeInBytes = sizeInBytesOf(bytes, at);
        if (sizeInBytes < HEADER_BYTES) return undefined;
        if (lastOffsetOf(bytes, at) >= offset) return { position: position + at, baseOffset: baseOffsetOf(bytes, at), sizeInBytes };
        at += sizeInBytes;
      }
      if (at === 0) return undefined;
      position += at;
    }
    return undefined;
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
