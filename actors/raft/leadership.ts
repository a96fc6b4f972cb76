/** @module What the leader of the quorum knows of the others: how far their logs are, and who still asks (KR-7, check-quorum). */
import type { Micros } from '../../runtime/index.ts';
import type { Offset } from '../log/record-batch.ts';
import { majorityOf } from './role.ts';

/** A replica of the metadata log, as its fetches show it. */
export interface ReplicaProgress {
  readonly replicaId: number;
  /** Everything below is durable there: it fetches from here (KR-8). −1: not known in this epoch. */
  endOffset: Offset;
  /** −1: never in this epoch. */
  lastFetchAt: Micros;
  lastCaughtUpAt: Micros;
}

export interface LeadershipOptions {
  readonly nodeId: number;
  readonly voters: readonly number[];
  readonly epochStartOffset: Offset;
  /** 1.5 times controller.quorum.fetch.timeout.ms. */
  readonly checkQuorumUs: Micros;
  readonly now: Micros;
}

export class Leadership {
  /** Of the LeaderChange record. */
  readonly epochStartOffset: Offset;
  readonly #nodeId: number;
  readonly #voters: readonly number[];
  readonly #checkQuorumUs: Micros;
  readonly #replicas = new Map<number, ReplicaProgress>();
  readonly #observers = new Map<number, ReplicaProgress>();
  /** Voters that know of this leader. */
  readonly #acknowledged = new Set<number>();
  /** Voters that fetched since a majority last had. */
  readonly #fetched = new Set<number>();
  /** The leader resigns then, unless a majority asks before. */
  checkQuorumDeadline: Micros;

  constructor({ nodeId, voters, epochStartOffset, checkQuorumUs, now }: LeadershipOptions) {
    this.#nodeId = nodeId;
    this.#voters = voters;
    this.#checkQuorumUs = checkQuorumUs;
    this.epochStartOffset = epochStartOffset;
    this.checkQuorumDeadline = this.#deadlineFrom(now);
    for (const replicaId of voters) this.#replicas.set(replicaId, { replicaId, endOffset: -1, lastFetchAt: -1, lastCaughtUpAt: -1 });
  }

  get voters(): Iterable<ReplicaProgress> {
    return this.#replicas.values();
  }

  get observers(): Iterable<ReplicaProgress> {
    return this.#observers.values();
  }

  hasAcknowledged(voter: number): boolean {
    return this.#acknowledged.has(voter);
  }

  /** When this voter last fetched; −1: never in this epoch. */
  lastFetchOf(voter: number): Micros {
    return this.#replicas.get(voter)!.lastFetchAt;
  }

  acknowledged(voter: number): void {
    this.#acknowledged.add(voter);
  }

  /** The leader's own log is durable up to here (KR-8). */
  flushed(endOffset: Offset, now: Micros): void {
    const own = this.#replicas.get(this.#nodeId)!;
    own.endOffset = endOffset;
    own.lastFetchAt = now;
    own.lastCaughtUpAt = now;
  }

  /** A replica whose log agrees with the leader's fetches from here: all below is durable there. */
  fetched(replicaId: number, fetchOffset: Offset, leaderEndOffset: Offset, now: Micros): void {
    const replica = this.#progressOf(replicaId);
    replica.endOffset = fetchOffset;
    replica.lastFetchAt = now;
    if (fetchOffset >= leaderEndOffset) replica.lastCaughtUpAt = now;
    this.asked(replicaId, now);
  }

  /** A replica has asked for something of this epoch: a voter that does keeps the leader in office. */
  asked(replicaId: number, now: Micros): void {
    if (!this.#replicas.has(replicaId)) return;
    this.#acknowledged.add(replicaId);
    this.#fetched.add(replicaId);
    // The leader itself counts.
    if (this.#fetched.size + 1 < majorityOf(this.#voters)) return;
    this.#fetched.clear();
    this.checkQuorumDeadline = this.#deadlineFrom(now);
  }

  /**
   * What a majority has durably, once that reaches beyond the start of this epoch (KR-7, Raft §5.4.2): records of earlier epochs
   * count as committed only by a later one of this epoch on top of them. Undefined: not yet.
   */
  committedOffset(): Offset | undefined {
    const endOffsets = [...this.#replicas.values()].map(({ endOffset }) => endOffset).sort((a, b) => b - a);
    const candidate = endOffsets[Math.floor(endOffsets.length / 2)]!;
    return candidate > this.epochStartOffset ? candidate : undefined;
  }

  /** The other voters, the one with the longest log first; of equals the lower id (KR-2). */
  successors(): readonly number[] {
    const others = [...this.#replicas.values()].filter(({ replicaId }) => replicaId !== this.#nodeId);
    return others.sort((a, b) => b.endOffset - a.endOffset || a.replicaId - b.replicaId).map(({ replicaId }) => replicaId);
  }

  #progressOf(replicaId: number): ReplicaProgress {
    const voter = this.#replicas.get(replicaId);
    if (voter !== undefined) return voter;
    let observer = this.#observers.get(replicaId);
    if (observer === undefined) {
      observer = { replicaId, endOffset: -1, lastFetchAt: -1, lastCaughtUpAt: -1 };
      this.#observers.set(replicaId, observer);
    }
    return observer;
  }

  /** Alone it always has a majority. */
  #deadlineFrom(now: Micros): Micros {
    return this.#voters.length === 1 ? Infinity : now + this.#checkQuorumUs;
  }
}
