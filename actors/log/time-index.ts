/**
 * @module
 * From which offset on a segment holds timestamps as late as a given one: `.timeindex`, entries of twelve bytes, big-endian:
 *
 *     timestamp      int64   the largest of all batches so far, ms
 *     relativeOffset int32   last offset of the batch that has it, less the segment's base offset
 *
 * It says by when every record of the segment was written (retention), and where to begin to look for a time (ListOffsets). Like the
 * offset index it is written when the segment is closed.
 */
import { readInt32, readInt64, writeInt32, writeInt64 } from './big-endian.ts';
import { NONE } from './record-batch.ts';
import type { Offset } from './record-batch.ts';

const ENTRY_BYTES = 12;
const FIRST_ENTRIES = 64;

/** A time, and the last offset of the batch that reaches it. */
export interface TimestampOffset {
  /** In ms; −1: none. */
  readonly timestamp: number;
  readonly offset: Offset;
}

/** The invariant: timestamps increase strictly from entry to entry, and offsets with them. */
export class TimeIndex {
  readonly #baseOffset: Offset;
  #timestamps = new Float64Array(FIRST_ENTRIES);
  #relativeOffsets = new Int32Array(FIRST_ENTRIES);
  #entries = 0;

  constructor(baseOffset: Offset) {
    this.#baseOffset = baseOffset;
  }

  /** The index in a file. Undefined: these bytes are none, and the index must be built again. */
  static decode(bytes: Uint8Array, baseOffset: Offset): TimeIndex | undefined {
    if (bytes.length % ENTRY_BYTES !== 0) return undefined;
    const index = new TimeIndex(baseOffset);
    for (let at = 0; at < bytes.length; at += ENTRY_BYTES) {
      const timestamp = readInt64(bytes, at);
      const offset = baseOffset + readInt32(bytes, at + 8);
      if (!Number.isSafeInteger(timestamp) || timestamp <= index.last.timestamp || offset < index.last.offset) return undefined;
      index.add(timestamp, offset);
    }
    return index;
  }

  /** Of the file that it would be. */
  get sizeInBytes(): number {
    return this.#entries * ENTRY_BYTES;
  }

  /** As the file holds it. */
  encode(): Uint8Array {
    const bytes = new Uint8Array(this.#entries * ENTRY_BYTES);
    for (let entry = 0; entry < this.#entries; entry += 1) {
      writeInt64(bytes, entry * ENTRY_BYTES, this.#timestamps[entry]!);
      writeInt32(bytes, entry * ENTRY_BYTES + 8, this.#relativeOffsets[entry]!);
    }
    return bytes;
  }

  /** Whether an index of at most so many bytes takes no more; the last entry is kept for when the segment is closed. */
  isFull(indexBytesMax: number): boolean {
    return this.#entries >= Math.floor(indexBytesMax / ENTRY_BYTES) - 1;
  }

  /** The last entry; (−1, base offset) if there is none. */
  get last(): TimestampOffset {
    return this.#at(this.#entries - 1);
  }

  /** This is the largest timestamp so far. One that is not new gets no entry. */
  add(timestamp: number, offset: Offset): void {
    if (timestamp <= this.last.timestamp) return;
    if (this.#entries === this.#timestamps.length) this.#grow();
    this.#timestamps[this.#entries] = timestamp;
    this.#relativeOffsets[this.#entries] = offset - this.#baseOffset;
    this.#entries += 1;
  }

  /** The last entry that is not later than this; (−1, base offset) if there is none. Records before it are all earlier, or as early. */
  lookup(timestamp: number): TimestampOffset {
    let low = 0;
    let high = this.#entries;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#timestamps[middle]! <= timestamp) low = middle + 1;
      else high = middle;
    }
    return this.#at(low - 1);
  }

  /** The segment ends at this offset now. */
  truncateTo(endOffset: Offset): void {
    while (this.#entries > 0 && this.last.offset >= endOffset) this.#entries -= 1;
  }

  #at(entry: number): TimestampOffset {
    if (entry < 0) return { timestamp: NONE, offset: this.#baseOffset };
    return { timestamp: this.#timestamps[entry]!, offset: this.#baseOffset + this.#relativeOffsets[entry]! };
  }

  #grow(): void {
    const timestamps = new Float64Array(this.#entries * 2);
    timestamps.set(this.#timestamps);
    this.#timestamps = timestamps;
    const relativeOffsets = new Int32Array(this.#entries * 2);
    relativeOffsets.set(this.#relativeOffsets);
    this.#relativeOffsets = relativeOffsets;
  }
}
