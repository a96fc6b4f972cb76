/** @module Where in a file an offset lies: the sparse index of a segment, in memory. */
import type { Offset } from './record-batch.ts';

/** Kafka's `log.index.interval.bytes`: bytes of batches between two entries. */
export const INDEX_INTERVAL_BYTES = 4096;

/** The invariant: offsets and positions both increase strictly from entry to entry. */
export class OffsetIndex {
  #offsets: Offset[] = [];
  #positions: number[] = [];

  /** A batch lies at this position, after all those before. Not every one gets an entry. */
  add(baseOffset: Offset, position: number): void {
    const last = this.#positions.at(-1);
    if (last !== undefined && position - last < INDEX_INTERVAL_BYTES) return;
    this.#offsets.push(baseOffset);
    this.#positions.push(position);
  }

  /** Position of a batch at or before the one that holds this offset; 0 if none is known. */
  lookup(offset: Offset): number {
    let low = 0;
    let high = this.#offsets.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#offsets[middle]! <= offset) low = middle + 1;
      else high = middle;
    }
    return this.#positions[low - 1] ?? 0;
  }

  /** The file ends at this position now. */
  truncateTo(position: number): void {
    while (this.#positions.length > 0 && this.#positions.at(-1)! >= position) {
      this.#positions.pop();
      this.#offsets.pop();
    }
  }
}
