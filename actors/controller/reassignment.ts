/**
 * @module
 * Moving a partition to other brokers (EL-14, KIP-455). While it lasts the partition has all replicas, old and new; it is through
 * when all that shall stay are in sync, and the old ones leave in one step.
 */

export interface Assignment {
  readonly replicas: readonly number[];
  readonly addingReplicas: readonly number[];
  readonly removingReplicas: readonly number[];
}

/** From the replicas that are to those that shall be: the new ones first, in their order. */
export function beginReassignment(current: readonly number[], target: readonly number[]): Assignment {
  const removingReplicas = current.filter((replica) => !target.includes(replica)).toSorted(ascending);
  const addingReplicas = target.filter((replica) => !current.includes(replica)).toSorted(ascending);
  return { replicas: [...target, ...removingReplicas], addingReplicas, removingReplicas };
}

/** The assignment as it will be when it is through, if this in-sync set completes it; else as it is. */
export function completeReassignment<A extends Assignment & { readonly isr: readonly number[] }>(assignment: A): A {
  const { replicas, addingReplicas, removingReplicas, isr } = assignment;
  if (addingReplicas.length === 0 && removingReplicas.length === 0) return assignment;
  const staying = replicas.filter((replica) => !removingReplicas.includes(replica));
  const stayingIsr = isr.filter((replica) => !removingReplicas.includes(replica));
  const isComplete = staying.length > 0 && staying.every((replica) => stayingIsr.includes(replica));
  return isComplete ? { ...assignment, replicas: staying, isr: stayingIsr, addingReplicas: [], removingReplicas: [] } : assignment;
}

function ascending(a: number, b: number): number {
  return a - b;
}
