/**
 * @module
 * The logs of all replicas of one partition, or of all voters of a quorum, and where they part. Two logs that hold the same entry, offset and
 * epoch, hold the same before it (W2): a batch that stands at an offset where another replica has another of the same epoch is a divergence.
 *
 * Compaction (RT-3) changes batches and removes them, on each replica in its own time. Below `compactedBelow` a batch is therefore known by its last offset
 * and epoch, and those that are missing before it count as there: the log is what it was before it was compacted. Whether the records that are gone
 * may be gone, is a question of their keys (`superseded.ts`).
 */
import type { BatchSummary } from '../../actors/log/batch-summary.ts';
import { BatchTree, NO_BATCH } from './batch-tree.ts';
import { ReplicaLog } from './replica-log.ts';

/** Two replicas hold different batches, or the same batch after different ones, at one offset and of one epoch. */
export interface Divergence {
  readonly replicas: readonly [appending: number, other: number];
  /** Where both have an entry of `epoch`. */
  readonly offset: number;
  readonly epoch: number;
  /** The first offset at which the two logs are not the same. */
  readonly partedAt: number;
}

/** The least number of batches for which it is worth while to forget old ones. */
const FORGET_MIN = 4_096;

export class Lineage {
  readonly tree = new BatchTree();
  readonly logs = new Map<number, ReplicaLog>();
  /** Some replica may have compacted its log up to here. */
  compactedBelow = 0;
  #forgetAt = FORGET_MIN;

  /** The log of a replica; one that was never heard of is empty. */
  log(replica: number): ReplicaLog {
    let log = this.logs.get(replica);
    if (log === undefined) {
      log = new ReplicaLog(this.tree, 0);
      this.logs.set(replica, log);
    }
    return log;
  }

  /** A replica appends a batch. @returns with which other log that does not go together. */
  append(replica: number, lastOffset: number, epoch: number, checksum: number): Divergence | undefined {
    const log = this.log(replica);
    const shared = log.isDetached ? this.#anywhere(log, lastOffset, epoch, checksum) : this.#childOf(log, lastOffset, epoch, checksum);
    if (shared !== NO_BATCH) {
      log.push(shared);
      return undefined;
    }
    if (log.endOffset < this.compactedBelow && this.#appendCompacted(log, lastOffset, epoch, checksum)) return undefined;
    log.push(this.tree.add(log.head, lastOffset, epoch, checksum));
    return this.#divergenceAt(replica, log, lastOffset, epoch);
  }

  appendAll(replica: number, { lastOffsets, epochs, checksums }: BatchSummary): Divergence | undefined {
    let divergence: Divergence | undefined;
    for (let i = 0; i < lastOffsets.length; i += 1) {
      const found = this.append(replica, lastOffsets[i]!, epochs[i]!, checksums[i]!);
      divergence ??= found;
    }
    return divergence;
  }

  /**
   * A replica has opened its log. Up to `recoveredFrom` it is what it was, and then come these batches; nothing that was read again was cut off and
   * came back unless it is named. @returns the offset below which the log is what it was.
   */
  reopen(replica: number, startOffset: number, endOffset: number, recoveredFrom: number, batches: BatchSummary): number {
    const log = this.log(replica);
    const before = pathOf(log);
    const firstDepth = log.nextDepth - before.length;
    const endBefore = log.endOffset;
    if (startOffset < log.startOffset) log.restartAt(startOffset);
    else log.startAt(startOffset);
    log.truncateTo(recoveredFrom);
    const { lastOffsets, epochs, checksums } = batches;
    for (let i = 0; i < lastOffsets.length; i += 1) {
      const known = before[log.nextDepth - firstDepth];
      const isAsBefore = !log.isDetached && known !== undefined && this.tree.parentOf(known) === log.head && this.tree.isBatch(known, lastOffsets[i]!, epochs[i]!, checksums[i]!);
      if (isAsBefore) log.push(known);
      else if (!this.#reopenCompacted(log, before, firstDepth, lastOffsets[i]!, epochs[i]!, checksums[i]!)) this.append(replica, lastOffsets[i]!, epochs[i]!, checksums[i]!);
    }
    log.truncateTo(endOffset);
    let same = 0;
    while (same < before.length && log.at(firstDepth + same) === before[same]) same += 1;
    if (same < before.length) return Math.max(startOffset, this.tree.baseOffsetOf(before[same]!));
    return endBefore;
  }

  /** The offsets, up to the end of this batch, at which a log does not hold what stands there before the batch and in it; undefined: it holds all. */
  lackedBy(log: ReplicaLog, node: number): { readonly from: number; readonly upTo: number } | undefined {
    if (node === NO_BATCH || log.contains(node)) return undefined;
    let first = node;
    for (let before = this.tree.parentOf(node); before !== NO_BATCH && !log.contains(before); before = this.tree.parentOf(before)) first = before;
    return { from: this.tree.baseOffsetOf(first), upTo: this.tree.lastOffsetOf(node) + 1 };
  }

  /** Forgets what lies below the start of every log, if that is worth while. @returns the new numbers of all nodes, if it did. */
  forget(): Int32Array | undefined {
    if (this.tree.size < this.#forgetAt) return undefined;
    let floor = Infinity;
    for (const { startOffset } of this.logs.values()) floor = Math.min(floor, startOffset);
    if (!(floor > 0 && floor < Infinity)) return undefined;
    const renumbered = this.tree.dropBelow(floor);
    for (const log of this.logs.values()) log.renumber(renumbered);
    this.#forgetAt = Math.max(FORGET_MIN, 2 * this.tree.size);
    return renumbered;
  }

  /** Batches remembered, and their places in the logs. */
  get kept(): number {
    let kept = this.tree.size;
    for (const { length } of this.logs.values()) kept += length;
    return kept;
  }

  /** Another replica's batch that continues this log in the same way. */
  #childOf(log: ReplicaLog, lastOffset: number, epoch: number, checksum: number): number {
    const { head, nextDepth } = log;
    for (const other of this.logs.values()) {
      if (other === log) continue;
      const node = other.at(nextDepth);
      if (node !== NO_BATCH && this.tree.parentOf(node) === head && this.tree.isBatch(node, lastOffset, epoch, checksum)) return node;
    }
    return NO_BATCH;
  }

  #anywhere(log: ReplicaLog, lastOffset: number, epoch: number, checksum: number): number {
    for (const other of this.logs.values()) {
      const node = other === log ? NO_BATCH : other.holding(lastOffset);
      if (node !== NO_BATCH && this.tree.isBatch(node, lastOffset, epoch, checksum)) return node;
    }
    return NO_BATCH;
  }

  /** Another replica's log goes on from here to such a batch, over nothing but what may have been compacted away. @returns whether there is one */
  #appendCompacted(log: ReplicaLog, lastOffset: number, epoch: number, checksum: number): boolean {
    for (const other of this.logs.values()) {
      const node = other === log ? NO_BATCH : other.holding(lastOffset);
      if (node === NO_BATCH || !this.#standsFor(node, lastOffset, epoch, checksum) || (!log.isDetached && !other.contains(log.head))) continue;
      const skipped: number[] = [];
      for (let before = this.tree.parentOf(node); !log.isDetached && before !== log.head && before !== NO_BATCH; before = this.tree.parentOf(before)) skipped.push(before);
      if (skipped.some((batch) => this.tree.lastOffsetOf(batch) >= this.compactedBelow)) continue;
      for (const batch of skipped.reverse()) log.push(batch);
      log.push(node);
      return true;
    }
    return false;
  }

  /** The same of a log that is read again: what it was before goes on to such a batch. `before`: its batches, the first at depth `firstDepth`. */
  #reopenCompacted(log: ReplicaLog, before: Int32Array, firstDepth: number, lastOffset: number, epoch: number, checksum: number): boolean {
    if (log.isDetached || log.endOffset >= this.compactedBelow) return false;
    const next = log.nextDepth - firstDepth;
    if (next < 0 || before[next] === undefined || this.tree.parentOf(before[next]) !== log.head) return false;
    let at = next;
    while (at < before.length && this.tree.lastOffsetOf(before[at]!) < Math.min(lastOffset, this.compactedBelow)) at += 1;
    if (at === before.length || !this.#standsFor(before[at]!, lastOffset, epoch, checksum)) return false;
    for (let i = next; i <= at; i += 1) log.push(before[i]!);
    return true;
  }

  #standsFor(node: number, lastOffset: number, epoch: number, checksum: number): boolean {
    if (this.tree.isBatch(node, lastOffset, epoch, checksum)) return true;
    return lastOffset < this.compactedBelow && this.tree.lastOffsetOf(node) === lastOffset && this.tree.epochOf(node) === epoch;
  }

  #divergenceAt(replica: number, log: ReplicaLog, offset: number, epoch: number): Divergence | undefined {
    for (const [id, other] of this.logs) {
      if (other === log || other.endOffset <= offset) continue;
      const node = other.holding(offset);
      if (node === NO_BATCH || this.tree.epochOf(node) !== epoch) continue;
      return { replicas: [replica, id], offset, epoch, partedAt: this.lackedBy(other, log.head)?.from ?? offset };
    }
    return undefined;
  }
}

function pathOf(log: ReplicaLog): Int32Array {
  const path = new Int32Array(log.length);
  const firstDepth = log.nextDepth - log.length;
  for (let i = 0; i < path.length; i += 1) path[i] = log.at(firstDepth + i);
  return path;
}
