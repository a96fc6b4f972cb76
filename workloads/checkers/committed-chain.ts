/**
 * @module
 * What is committed in one partition: the chain of batches that ends at the last one below the high watermark of a leader. It only grows (W5): a
 * later leader that does not have all of it, or an earlier one that commits beside it, makes a {@link Rift}.
 */
import { NO_BATCH } from './batch-tree.ts';
import type { Lineage } from './lineage.ts';
import type { Term } from './partition-history.ts';
import type { ReplicaLog } from './replica-log.ts';

/** Committed offsets that the log of a leader does not have, or has other batches at. */
export interface Rift {
  readonly from: number;
  readonly upTo: number;
  /** The latest leader epoch that had committed any of it. */
  readonly committedIn: number;
}

export class CommittedChain {
  readonly #lineage: Lineage;
  /** The last batch of it; {@link NO_BATCH}: nothing is committed, or nothing of it remains. */
  #tip = NO_BATCH;

  constructor(lineage: Lineage) {
    this.#lineage = lineage;
  }

  get tip(): number {
    return this.#tip;
  }

  get endOffset(): number {
    return this.#tip === NO_BATCH ? 0 : this.#lineage.tree.lastOffsetOf(this.#tip) + 1;
  }

  /** What this log lacks of all that leaders of epochs before `leaderEpoch` have committed, whenever they did. */
  lackedBy(log: ReplicaLog, leaderEpoch = Infinity): Rift | undefined {
    const { tree } = this.#lineage;
    let [first, last, committedIn] = [NO_BATCH, NO_BATCH, -1];
    for (let node = this.#tip; node !== NO_BATCH && !log.contains(node); node = tree.parentOf(node)) {
      if (tree.committedIn(node) >= leaderEpoch) continue;
      first = node;
      if (last === NO_BATCH) last = node;
      committedIn = Math.max(committedIn, tree.committedIn(node));
    }
    return first === NO_BATCH ? undefined : { from: tree.baseOffsetOf(first), upTo: tree.lastOffsetOf(last) + 1, committedIn };
  }

  /** Forgets what this log does not have: from now on it is the truth. */
  retreatTo(log: ReplicaLog): void {
    while (this.#tip !== NO_BATCH && !log.contains(this.#tip)) this.#tip = this.#lineage.tree.parentOf(this.#tip);
  }

  /**
   * A leader holds everything below this offset of its log for committed. `newest` is the log of the leader of the latest epoch.
   * @returns what cannot stand beside that.
   */
  advance(term: Term, log: ReplicaLog, highWatermark: number, newest: ReplicaLog): Rift | undefined {
    const { tree } = this.#lineage;
    const target = log.below(highWatermark);
    if (target === NO_BATCH) return undefined;
    const targetDepth = tree.depthOf(target);
    let rift: Rift | undefined;
    for (; term.committedDepth <= targetDepth; term.committedDepth += 1) {
      const node = log.at(term.committedDepth);
      if (node === NO_BATCH || tree.committedIn(node) >= 0) continue;
      if (!newest.contains(node)) {
        rift ??= { from: tree.baseOffsetOf(node), upTo: highWatermark, committedIn: term.leaderEpoch };
        continue;
      }
      if (!log.contains(this.#tip)) {
        rift ??= this.lackedBy(log);
        this.retreatTo(log);
      }
      tree.commit(node, term.leaderEpoch);
      if (this.#tip === NO_BATCH || tree.depthOf(node) > tree.depthOf(this.#tip)) this.#tip = node;
    }
    return rift;
  }

  renumber(renumbered: Int32Array): void {
    if (this.#tip !== NO_BATCH) this.#tip = renumbered[this.#tip]!;
  }
}
