/**
 * @module
 * Every batch that any replica of a partition ever held, once: a node whose parent is the batch before it. One node is therefore one whole log up to
 * there, and two logs agree up to a batch exactly if they hold the same node (W2):
 *
 *      (0, e1) ── (1, e1) ─┬─ (2, e1) ── (3, e1)      an old leader's end, which nobody else has
 *                          └─ (2, e2)                 replicas 2 and 3
 *
 * Kept as columns: about 30 bytes a batch, however many replicas hold it. What lies below the start of every replica's log can be dropped. What all
 * of them agree on and is committed cannot: a loss of power may take a replica back to any batch that was not flushed, and from there on it must be
 * compared again.
 */

/** No node: what stands before the first batch. */
export const NO_BATCH = -1;

/** One batch, as its header tells it. */
export interface Batch {
  readonly lastOffset: number;
  readonly epoch: number;
  readonly checksum: number;
}

const ROWS_MIN = 64;

export class BatchTree {
  #parents = new Int32Array(ROWS_MIN);
  #depths = new Int32Array(ROWS_MIN);
  #epochs = new Int32Array(ROWS_MIN);
  #checksums = new Uint32Array(ROWS_MIN);
  #committedIn = new Int32Array(ROWS_MIN);
  #lastOffsets = new Float64Array(ROWS_MIN);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** @returns the new node. */
  add(parent: number, lastOffset: number, epoch: number, checksum: number): number {
    if (this.#size === this.#parents.length) this.#resize(2 * this.#size);
    const node = this.#size;
    this.#size += 1;
    this.#parents[node] = parent;
    this.#depths[node] = parent < 0 ? 0 : this.#depths[parent]! + 1;
    this.#epochs[node] = epoch;
    this.#checksums[node] = checksum;
    this.#committedIn[node] = -1;
    this.#lastOffsets[node] = lastOffset;
    return node;
  }

  parentOf(node: number): number {
    return this.#parents[node]!;
  }

  /** Batches before it, those that were dropped included. */
  depthOf(node: number): number {
    return this.#depths[node]!;
  }

  lastOffsetOf(node: number): number {
    return this.#lastOffsets[node]!;
  }

  /** One past the last offset of the batch before it. */
  baseOffsetOf(node: number): number {
    const parent = this.#parents[node]!;
    return parent < 0 ? 0 : this.#lastOffsets[parent]! + 1;
  }

  epochOf(node: number): number {
    return this.#epochs[node]!;
  }

  isBatch(node: number, lastOffset: number, epoch: number, checksum: number): boolean {
    return this.#lastOffsets[node] === lastOffset && this.#epochs[node] === epoch && this.#checksums[node] === checksum;
  }

  /** The leader epoch that committed it first; −1: none has. */
  committedIn(node: number): number {
    return this.#committedIn[node]!;
  }

  commit(node: number, leaderEpoch: number): void {
    this.#committedIn[node] = leaderEpoch;
  }

  /** Forgets every batch below an offset. @returns the new number of each node that was there; −1: forgotten. */
  dropBelow(offset: number): Int32Array {
    const renumbered = new Int32Array(this.#size);
    let size = 0;
    // A parent is always older than its child: one pass suffices.
    for (let node = 0; node < this.#size; node += 1) {
      if (this.#lastOffsets[node]! < offset) {
        renumbered[node] = NO_BATCH;
        continue;
      }
      const parent = this.#parents[node]!;
      renumbered[node] = size;
      this.#parents[size] = parent < 0 ? NO_BATCH : renumbered[parent]!;
      this.#depths[size] = this.#depths[node]!;
      this.#epochs[size] = this.#epochs[node]!;
      this.#checksums[size] = this.#checksums[node]!;
      this.#committedIn[size] = this.#committedIn[node]!;
      this.#lastOffsets[size] = this.#lastOffsets[node]!;
      size += 1;
    }
    this.#size = size;
    this.#resize(Math.max(ROWS_MIN, 2 * size));
    return renumbered;
  }

  #resize(rows: number): void {
    this.#parents = resized(this.#parents, new Int32Array(rows), this.#size);
    this.#depths = resized(this.#depths, new Int32Array(rows), this.#size);
    this.#epochs = resized(this.#epochs, new Int32Array(rows), this.#size);
    this.#checksums = resized(this.#checksums, new Uint32Array(rows), this.#size);
    this.#committedIn = resized(this.#committedIn, new Int32Array(rows), this.#size);
    this.#lastOffsets = resized(this.#lastOffsets, new Float64Array(rows), this.#size);
  }
}

function resized<A extends Int32Array | Uint32Array | Float64Array>(from: A, to: A, count: number): A {
  to.set(from.subarray(0, count));
  return to;
}
