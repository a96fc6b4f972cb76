/** @module The followers of a partition as its leader sees them: how far each is, whether it has caught up, whether it may be in sync (§1.6, HW-3). */
import { MILLISECOND } from '../../runtime/index.ts';
import type { ActorContext, Micros } from '../../runtime/index.ts';
import type { Offset } from '../log/record-batch.ts';
import type { MetadataImage, PartitionRegistration } from '../metadata/metadata-image.ts';
import type { BrokerOptions } from './broker-options.ts';
import { afterFetch, isCaughtUp, reelectedFollower, unknownFollower } from './follower-state.ts';
import type { FollowerState } from './follower-state.ts';
import type { ReplicaView } from './high-watermark.ts';

export interface FollowersHost {
  readonly context: ActorContext;
  readonly options: BrokerOptions;
  readonly image: MetadataImage;
}

export class Followers {
  readonly #host: FollowersHost;
  readonly #states = new Map<number, FollowerState>();

  constructor(host: FollowersHost) {
    this.#host = host;
  }

  get #now(): Micros {
    return this.#host.context.now;
  }

  clear(): void {
    this.#states.clear();
  }

  /** A new leader epoch (FS-2). After a leadership of another broker nothing is known: the caller has cleared it. */
  beginEpoch({ isr }: PartitionRegistration, epochStartOffset: Offset): void {
    for (const [replica, known] of this.#states) this.#states.set(replica, reelectedFollower(known, isr.includes(replica), epochStartOffset, this.#now));
  }

  /** Those of the assignment, and no others (EL-14). Of one that is new here nothing is known (FS-2). */
  assign({ replicas, isr }: PartitionRegistration, isNewEpoch: boolean): void {
    for (const replica of [...this.#states.keys()]) if (!replicas.includes(replica)) this.#states.delete(replica);
    for (const replica of replicas) {
      if (replica === this.#host.options.brokerId || this.#states.has(replica)) continue;
      this.#states.set(replica, unknownFollower(isNewEpoch && isr.includes(replica), this.#now));
    }
  }

  /** A follower has fetched from an offset (FS-1). @returns whether the leader knows something new of its log: of its end, of its start */
  fetched(replica: number, offset: Offset, logStartOffset: Offset, brokerEpoch: number, leaderLogEndOffset: Offset): { readonly hasNewEnd: boolean; readonly hasNewStart: boolean } {
    const state = this.#states.get(replica);
    if (state === undefined) return { hasNewEnd: false, hasNewStart: false };
    this.#states.set(replica, afterFetch(state, offset, logStartOffset, brokerEpoch, leaderLogEndOffset, this.#now));
    return { hasNewEnd: state.logEndOffset !== offset, hasNewStart: state.logStartOffset !== logStartOffset };
  }

  logEndOffsetOf(replica: number): Offset {
    return this.#states.get(replica)?.logEndOffset ?? -1;
  }

  /** Where the logs of live followers begin (RT-2); −1 in it: of one that is not known. */
  logStartOffsetsOfLive(): Offset[] {
    return [...this.#states].filter(([replica]) => this.#host.image.aliveBrokerEpoch(replica) !== undefined).map(([, { logStartOffset }]) => logStartOffset);
  }

  /** The broker epoch it fetched with in this leadership; −1: not known. */
  brokerEpochOf(replica: number): number {
    return this.#states.get(replica)?.brokerEpoch ?? -1;
  }

  /** FS-3. */
  isCaughtUp(replica: number, leaderLogEndOffset: Offset): boolean {
    const state = this.#states.get(replica);
    const lagUsMax = this.#host.options.config['replica.lag.time.max.ms'] * MILLISECOND;
    return state !== undefined && isCaughtUp(state, leaderLogEndOffset, this.#now, lagUsMax);
  }

  /** HW-3: not fenced, not shutting down, and of the broker epoch it fetched with. */
  isEligible(replica: number): boolean {
    const { image } = this.#host;
    const fetchedWith = this.#states.get(replica)?.brokerEpoch;
    return image.isActive(replica) && fetchedWith !== undefined && (fetchedWith === -1 || fetchedWith === image.aliveBrokerEpoch(replica));
  }

  /** As the rule of the high watermark sees them (HW-2). */
  views(maximalIsr: readonly number[], leaderLogEndOffset: Offset): ReplicaView[] {
    const views: ReplicaView[] = [];
    for (const [replica, { logEndOffset }] of this.#states) {
      const isInMaximalIsr = maximalIsr.includes(replica);
      views.push({ logEndOffset, isInMaximalIsr, isAboutToJoin: !isInMaximalIsr && this.isCaughtUp(replica, leaderLogEndOffset) && this.isEligible(replica) });
    }
    return views;
  }
}
