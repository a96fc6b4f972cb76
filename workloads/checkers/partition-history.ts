/**
 * @module
 * What the white-box observations say of one partition: what each replica's log holds, who led it in which epoch, who was in sync, what is committed,
 * and where that went wrong. The logs grow with the batches that were written, everything else with elections.
 */
import type { Damage, Excuse, Loss, Removal, Unreadable } from './attribution.ts';
import { CommittedChain } from './committed-chain.ts';
import type { Rift } from './committed-chain.ts';
import { Lineage } from './lineage.ts';
import type { Divergence } from './lineage.ts';
import type { ReplicaLog } from './replica-log.ts';

/** One broker's time as leader in one leader epoch. */
export interface Term {
  readonly leaderEpoch: number;
  readonly broker: number;
  /** Its log end offset when it took office: what stood there and beyond was gone. */
  readonly startOffset: number;
  readonly startedAt: number;
  /** One past the last offset that it appended. */
  endOffset: number;
  /** −1: it has appended nothing. */
  firstAppendAt: number;
  lastAppendAt: number;
  highWatermark: number;
  /** The depth in its log of the first batch that it has not yet shown to be committed. */
  committedDepth: number;
}

/** A replica, as far as it was observed. */
export interface Replica {
  readonly log: ReplicaLog;
  openedAt: number;
  /** What a power loss or rotten bits took, as long as it was not fetched again. */
  loss: Loss | undefined;
  /** The last time that bits of its log rotted, unless it was read again from its beginning since. */
  rot: Damage | undefined;
}

/** The controller's choice for one leader epoch, with the in-sync set as it last was in it. */
export interface Election {
  readonly leaderEpoch: number;
  readonly leader: number;
  readonly isUnclean: boolean;
  /** Nobody was in sync or eligible, and the one that had led last was taken for want of another (EL-2). */
  readonly isOfLastKnownLeader: boolean;
  /** Since when the leader had belonged to those that may be elected, the last time before this; undefined: never. */
  readonly memberSince: number | undefined;
  /** unclean.leader.election.enable. */
  readonly mayBeUnclean: boolean;
  readonly at: number;
  isr: readonly number[];
  /** Eligible leader replicas (EL-6). */
  elr: readonly number[];
}

/** A divergence, and when it came about. */
export interface DivergenceFound extends Divergence {
  readonly at: number;
  /** What allows it. */
  readonly excuse: Excuse | undefined;
}

/** Committed records that are gone from, or stand otherwise in, the log of a leader. */
export interface Disappearance extends Rift {
  /** The leader without them; or, `isBeside`, the deposed leader that committed them though a later one does not have them. */
  readonly term: Term;
  readonly isBeside: boolean;
  readonly at: number;
  /** What allows it. */
  readonly removal: Removal | undefined;
}

export class PartitionHistory {
  /** e.g. `orders-4`. */
  readonly name: string;
  readonly lineage = new Lineage();
  readonly committed = new CommittedChain(this.lineage);
  readonly replicas = new Map<number, Replica>();
  readonly terms: Term[] = [];
  /** The term of the latest leader epoch. */
  newestTerm: Term | undefined;
  readonly elections: Election[] = [];
  /** When each member of the in-sync set, or of the eligible leader replicas, came to belong there. */
  readonly joinedAt = new Map<number, number>();
  /** Records that the configuration allowed to be lost, with what happened. */
  readonly removals: Removal[] = [];
  /** Of each pair of replicas and epoch the first. */
  readonly divergences: DivergenceFound[] = [];
  readonly disappearances: Disappearance[] = [];
  readonly unreadable: Unreadable[] = [];
  /** The highest high watermark that any leader has shown. */
  highestWatermark = 0;
  /** Offsets below were deleted by retention or DeleteRecords somewhere. */
  deletedBelow = 0;
  /** Since when it has been led, with all replicas in sync; undefined: it is not. */
  wholeSince: number | undefined;
  /** Of the last record of the metadata log that told of this partition. */
  metadataOffset = -1;

  constructor(name: string) {
    this.name = name;
  }

  /** The last thing the controller said. */
  get lastElection(): Election | undefined {
    return this.elections.at(-1);
  }

  /** The controller's in-sync set; empty as long as nothing is known. */
  get isr(): readonly number[] {
    return this.lastElection?.isr ?? [];
  }

  /** Whom the controller could elect now, without calling it unclean (EL-1). */
  get electable(): readonly number[] {
    const last = this.lastElection;
    if (last === undefined) return [];
    return last.elr.length === 0 ? last.isr : [...last.isr, ...last.elr];
  }

  term(leaderEpoch: number, broker: number): Term | undefined {
    const { terms } = this;
    for (let i = terms.length - 1; i >= 0; i -= 1) {
      const term = terms[i]!;
      if (term.leaderEpoch === leaderEpoch && term.broker === broker) return term;
    }
    return undefined;
  }

  /** The latest change for this epoch. */
  election(leaderEpoch: number): Election | undefined {
    return this.elections.findLast((election) => election.leaderEpoch === leaderEpoch);
  }

  /**
   * The oldest epoch whose leader can have given this offset to a record: it appended the offset, and was appending still when the record had been
   * sent. `committed`: it, or a later leader that took office with the offset in its log, has shown a high watermark beyond it. −1: none can.
   * Nearly always there is just one such epoch.
   */
  epochOf(offset: number, sentAt: number, committed: boolean): number {
    let oldest = -1;
    for (const term of this.terms) {
      if (offset < term.startOffset || offset >= term.endOffset || term.lastAppendAt < sentAt) continue;
      if (committed && !this.#wasCommitted(offset, term)) continue;
      if (oldest < 0 || term.leaderEpoch < oldest) oldest = term.leaderEpoch;
    }
    return oldest;
  }

  #wasCommitted(offset: number, writer: Term): boolean {
    if (writer.highWatermark > offset) return true;
    for (const term of this.terms) if (term.leaderEpoch > writer.leaderEpoch && term.startOffset > offset && term.highWatermark > offset) return true;
    return false;
  }

  /** The first leader after `leaderEpoch` that took office without this offset in its log. */
  firstTermWithout(offset: number, leaderEpoch: number): Term | undefined {
    return this.terms.find((term) => term.leaderEpoch > leaderEpoch && term.startOffset <= offset);
  }

  get kept(): number {
    const facts = this.removals.length + this.divergences.length + this.disappearances.length + this.unreadable.length;
    return this.lineage.kept + this.replicas.size + this.terms.length + this.elections.length + facts;
  }
}
