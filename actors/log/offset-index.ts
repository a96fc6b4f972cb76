/**
 * @module
 * Where in a segment an offset lies: a sparse index, one entry for every `index.interval.bytes` of batches. On disk it is the segment's
 * `.index`, entries of eight bytes, big-endian:
 *
 *     relativeOffset int32   last offset of a batch, less the segment's base offset
 *     position       int32   where that batch begins
 *
 * While the segment is written to, the index is in memory only (Kafka maps the file, and what was not flushed is as good as absent after
 * an unclean shutdown: it is built again). The file is written when the segment is closed.
 */
import { readInt32, writeInt32 } from './big-endian.ts';
import type { Offset } from './record-batch.ts';

const ENTRY_BYTES = 8;
const FIRST_ENTRIES = 64;
/** Largest offset relative to the base that an entry can hold. */
export const RELATIVE_OFFSET_MAX = 2_147_483_647;

/** The invariant: offsets and positions both increase strictly from entry to entry. */
export class OffsetIndex {
  readonly #baseOffset: Offset;
  #relativeOffsets = new Int32Array(FIRST_ENTRIES);
  #positions = new Int32Array(FIRST_ENTRIES);
  #entries = 0;

  constructor(baseOffset: Offset) {
    this.#baseOffset = baseOffset;
  }

  /** The index in a file. Undefined: these bytes are none of a segment of this size, and the index must be built again. */
  static decode(bytes: Uint8Array, baseOffset: Offset, segmentBytes: number): OffsetIndex | undefined {
    if (bytes.length % ENTRY_BYTES !== 0) return undefined;
    const index = new OffsetIndex(baseOffset);
    for (let at = 0; at < bytes.length; at += ENTRY_BYTES) {
      const relativeOffset = readInt32(bytes, at);
      const position = readInt32(bytes, at + 4);
      const last = index.#entries - 1;
      if (relativeOffset < 0 || position < 0 || position >= segmentBytes) return undefined;
      if (last >= 0 && (relativeOffset <= index.#relativeOffsets[last]! || position <= index.#positions[last]!)) return undefined;
      index.add(baseOffset + relativeOffset, position);
    }
    return index;
  }

  get entries(): number {
    return this.#entries;
  }

  /** Of the file that it would be. */
  get sizeInBytes(): number {
    return this.#entries * ENTRY_BYTES;
  }

  /** As the file holds it. */
  encode(): Uint8Array {
    const bytes = new Uint8Array(this.#entries * ENTRY_BYTES);
    for (let entry = 0; entry < this.#entries; entry += 1) {
      writeInt32(bytes, entry * ENTRY_BYTES, this.#relativeOffsets[entry]!);
      writeInt32(bytes, entry * ENTRY_BYTES + 4, this.#positions[entry]!);
    }
    return bytes;
  }

  /** Whether an index of at most so many bytes takes no more. */
  isFull(indexBytesMax: number): boolean {
    return this.#entries >= Math.floor(indexBytesMax / ENTRY_BYTES);
  }

  /** The batch with this last offset begins at this position, after all those before. */
  add(lastOffset: Offset, position: number): void {
    if (this.#entries === this.#positions.length) {
      this.#relativeOffsets = grown(this.#relativeOffsets);
      this.#positions = grown(this.#positions);
    }
    this.#relativeOffsets[this.#entries] = lastOffset - this.#baseOffset;
    this.#positions[this.#entries] = position;
    this.#entries += 1;
  }

  /** Position of a batch at or before the one that holds this offset; 0 if none is known. */
  lookup(offset: Offset): number {
    const relativeOffset = offset - this.#baseOffset;
    let low = 0;
    let high = this.#entries;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#relativeOffsets[middle]! <= relativeOffset) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? 0 : this.#positions[low - 1]!;
  }

  /** Position of the last batch that has an entry; 0 if none has. */
  get lastPosition(): number {
    return this.#entries === 0 ? 0 : this.#positions[this.#entries - 1]!;
  }

  /** The segment ends at this position now. */
  truncateTo(position: number): void {
    while (this.#entries > 0 && this.#positions[this.#entries - 1]! >= position) this.#entries -= 1;
  }
}

function grown(array: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2);
  larger.set(array);
  return larger;
}
