/**
 * @module
 * What the white-box observations say of one partition: who led it in which epoch, who was in sync, and how far each replica's log reached.
 * It grows with elections and never with records.
 */
import type { Loss, Removal } from './attribution.ts';

/** One broker's time as leader in one leader epoch. */
export interface Term {
  readonly leaderEpoch: number;
  readonly broker: number;
  /** Its log end offset when it took office: what stood there and beyond was gone. */
  readonly startOffset: number;
  readonly startedAt: number;
  /** One past the last offset that it appended. */
  endOffset: number;
  lastAppendAt: number;
  highWatermark: number;
}

/** The log of one replica, as far as it was observed. */
export interface Replica {
  logEndOffset: number;
  /** The newest epoch it appended in. */
  latestEpoch: number;
  openedAt: number;
  /** The lowest offset it truncated to since it was opened; Infinity: it did not. */
  truncatedTo: number;
  /** What a power loss took, as long as it was not fetched again. */
  loss: Loss | undefined;
}

/** The controller's choice for one leader epoch, with the in-sync set as it last was in it. */
export interface Election {
  readonly leaderEpoch: number;
  readonly leader: number;
  readonly isUnclean: boolean;
  readonly at: number;
  isr: readonly number[];
}

export class PartitionHistory {
  /** e.g. `orders-4`. */
  readonly name: string;
  readonly replicas = new Map<number, Replica>();
  readonly terms: Term[] = [];
  readonly elections: Election[] = [];
  /** Committed records that the configuration allowed to be lost, with what happened. */
  readonly removals: Removal[] = [];
  /** The highest high watermark that any leader has shown. */
  highestWatermark = 0;

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

  term(leaderEpoch: number, broker: number): Term | undefined {
    return this.terms.findLast((term) => term.leaderEpoch === leaderEpoch && term.broker === broker);
  }

  /** The latest change for this epoch. */
  election(leaderEpoch: number): Election | undefined {
    return this.elections.findLast((election) => election.leaderEpoch === leaderEpoch);
  }

  /**
   * The oldest epoch whose leader can have given this offset to a record: it appended the offset, and was appending still when the record had been
   * sent. `committed`: it has shown a high watermark beyond it, too. −1: none can. Nearly always there is just one such epoch.
   */
  epochOf(offset: number, sentAt: number, committed: boolean): number {
    let oldest = -1;
    for (const term of this.terms) {
      if (offset < term.startOffset || offset >= term.endOffset || term.lastAppendAt < sentAt) continue;
      if (committed && term.highWatermark <= offset) continue;
      if (oldest < 0 || term.leaderEpoch < oldest) oldest = term.leaderEpoch;
    }
    return oldest;
  }

  /** The first leader after `leaderEpoch` that took office without this offset in its log. */
  firstTermWithout(offset: number, leaderEpoch: number): Term | undefined {
    return this.terms.find((term) => term.leaderEpoch > leaderEpoch && term.startOffset <= offset);
  }

  get kept(): number {
    return this.replicas.size + this.terms.length + this.elections.length + this.removals.length;
  }
}
