/** @module How far a partition is committed (§1.4), as its leader may judge it. */
import type { Offset } from '../log/record-batch.ts';

/** One remote replica as the rule sees it. */
export interface ReplicaView {
  readonly logEndOffset: Offset;
  /** In the maximal in-sync set: committed, or about to be added. */
  readonly isInMaximalIsr: boolean;
  /** Caught up (FS-3) and eligible (HW-3): about to join. */
  readonly isAboutToJoin: boolean;
}

/**
 * The offset below which every replica that counts has the log (HW-2). Undefined: it may not move, for the committed in-sync set is
 * smaller than min.insync.replicas (HW-1, KAFKA-15583).
 */
export function nextHighWatermark(leaderLogEndOffset: Offset, replicas: Iterable<ReplicaView>, committedIsrSize: number, minIsr: number, advancesUnderMinIsr: boolean): Offset | undefined {
  if (committedIsrSize < minIsr && !advancesUnderMinIsr) return undefined;
  let candidate = leaderLogEndOffset;
  for (const { logEndOffset, isInMaximalIsr, isAboutToJoin } of replicas) {
    if (logEndOffset < candidate && (isInMaximalIsr || isAboutToJoin)) candidate = logEndOffset;
  }
  return candidate;
}
