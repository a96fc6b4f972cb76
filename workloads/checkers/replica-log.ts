/**
 * @module
 * The log of one replica as the judges know it: its batches, as nodes of the partition's {@link BatchTree}, in order. What stands at an offset is
 * found by bisection, whether a batch is in it by one look: a batch has the same depth in every log.
 */
import { NO_BATCH } from './batch-tree.ts';
import type { BatchTree } from './batch-tree.ts';

const PATH_MIN = 64;

export class ReplicaLog {
  readonly #tree: BatchTree;
  #path = new Int32Array(PATH_MIN);
  #length = 0;
  /** The depth of the first batch of the path. */
  #firstDepth = 0;
  /** The batch before the first; {@link NO_BATCH}: there is none, or it was forgotten. */
  #root = NO_BATCH;
  #startOffset: number;
  #endOffset: number;
  /** It begins at an offset of which nothing is known but the number: which batches these are, the first append will show. */
  isDetached: boolean;

  constructor(tree: BatchTree, startOffset: number) {
    this.#tree = tree;
    this.#startOffset = startOffset;
    this.#endOffset = startOffset;
    this.isDetached = startOffset > 0;
  }

  get startOffset(): number {
    return this.#startOffset;
  }

  get endOffset(): number {
    return this.#endOffset;
  }

  /** Batches in it. */
  get length(): number {
    return this.#length;
  }

  /** The last batch, or the one before its start. */
  get head(): number {
    return this.#length === 0 ? this.#root : this.#path[this.#length - 1]!;
  }

  /** Depth that the next batch will have. */
  get nextDepth(): number {
    return this.#firstDepth + this.#length;
  }

  at(depth: number): number {
    const index = depth - this.#firstDepth;
    return index >= 0 && index < this.#length ? this.#path[index]! : NO_BATCH;
  }

  /** Whether this batch, and so everything before it, is in the log. What lies below its start was in it as far as anybody can tell. */
  contains(node: number): boolean {
    if (node < 0 || this.#tree.lastOffsetOf(node) < this.#startOffset) return true;
    return this.at(this.#tree.depthOf(node)) === node;
  }

  /** The batch that holds this offset; {@link NO_BATCH}: none does. */
  holding(offset: number): number {
    if (offset < this.#startOffset || offset >= this.#endOffset) return NO_BATCH;
    const index = this.#firstAtOrBeyond(offset);
    return index < this.#length ? this.#path[index]! : NO_BATCH;
  }

  /** The last batch that lies whole below this offset. */
  below(offset: number): number {
    if (offset >= this.#endOffset) return this.head;
    const index = this.#firstAtOrBeyond(offset);
    return index === 0 ? this.#root : this.#path[index - 1]!;
  }

  push(node: number): void {
    if (this.isDetached) {
      this.isDetached = false;
      this.#root = this.#tree.parentOf(node);
      this.#firstDepth = this.#tree.depthOf(node);
    }
    if (this.#length === this.#path.length) this.#resize(2 * this.#length);
    this.#path[this.#length] = node;
    this.#length += 1;
    this.#endOffset = this.#tree.lastOffsetOf(node) + 1;
  }

  /** Removes every batch that reaches this offset; the log ends there. */
  truncateTo(offset: number): void {
    this.#length = this.#firstAtOrBeyond(offset);
    this.#endOffset = Math.max(this.#startOffset, Math.min(this.#endOffset, offset));
  }

  /** Nothing is left; the next record will get this offset. */
  restartAt(offset: number): void {
    this.#length = 0;
    this.#firstDepth = 0;
    this.#root = NO_BATCH;
    this.#startOffset = offset;
    this.#endOffset = offset;
    this.isDetached = offset > 0;
  }

  /** Everything below this offset was deleted. */
  startAt(offset: number): void {
    if (offset > this.#endOffset) this.restartAt(offset);
    else this.#startOffset = Math.max(this.#startOffset, offset);
  }

  /** Forgets what the tree forgets: every batch below an offset. */
  renumber(renumbered: Int32Array): void {
    const dropped = this.#path.subarray(0, this.#length).findIndex((node) => renumbered[node]! >= 0);
    const first = dropped < 0 ? this.#length : dropped;
    for (let i = first; i < this.#length; i += 1) this.#path[i - first] = renumbered[this.#path[i]!]!;
    this.#firstDepth += first;
    this.#length -= first;
    this.#root = NO_BATCH;
    this.#resize(Math.max(PATH_MIN, 2 * this.#length));
  }

  #firstAtOrBeyond(offset: number): number {
    let low = 0;
    let high = this.#length;
    // Nearly always the end is asked for.
    if (high > 0 && this.#tree.lastOffsetOf(this.#path[high - 1]!) < offset) return high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#tree.lastOffsetOf(this.#path[middle]!) < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #resize(rows: number): void {
    const path = new Int32Array(rows);
    path.set(this.#path.subarray(0, this.#length));
    this.#path = path;
  }
}
