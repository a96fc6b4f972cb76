/**
 * @module
 * One replica of a partition on a broker: its log, its role, and as a leader what is committed, which follows from its followers (`followers.ts`)
 * and from who is in sync (`in-sync-set.ts`).
 */
import { MILLISECOND, SECOND } from '../../runtime/index.ts';
import type { Signal, Task } from '../../runtime/index.ts';
import type { Lock } from '../concurrency/lock.ts';
import { summaryOf } from '../log/batch-summary.ts';
import { validateClientBatch } from '../log/batch-validation.ts';
import type { BatchFault } from '../log/batch-validation.ts';
import { KafkaStorageError } from '../log/log-directory.ts';
import type { Log } from '../log/log.ts';
import type { Offset } from '../log/record-batch.ts';
import { NO_LEADER } from '../metadata/metadata-image.ts';
import type { PartitionRegistration } from '../metadata/metadata-image.ts';
import { RECOVERED } from '../metadata/metadata-record.ts';
import type { Observation } from '../observation.ts';
import type { ErrorName } from '../protocol/errors.ts';
import type { AlterPartitionResponse } from '../protocol/messages.ts';
import { DelayedProduces } from './delayed-produces.ts';
import type { DelayedProduce } from './delayed-produces.ts';
import { Followers } from './followers.ts';
import { nextHighWatermark } from './high-watermark.ts';
import { InSyncSet } from './in-sync-set.ts';
import type { PendingIsr, ProposedIsr } from './in-sync-set.ts';
import type { ManagedLog } from './log-manager.ts';
import type { PartitionHost } from './partition-host.ts';
import { GENERATIONS, beginsAnew } from './truncation.ts';
import type { Generation } from './truncation.ts';

/** A leader's clock may run ahead of a client's by this before a timestamp is refused (message.timestamp.after.max.ms). */
const TIMESTAMP_AFTER_MS_MAX = 3_600_000;
/** In DeleteRecords: everything that is committed. */
const TO_HIGH_WATERMARK = -1;

export type AppendOutcome = ({ readonly error: ErrorName } & Pick<BatchFault, 'countsAs'>) | { readonly error: 'NONE'; readonly baseOffset: Offset; readonly lastOffset: Offset };

export class Partition {
  readonly topic: string;
  readonly topicId: string;
  readonly index: number;
  readonly log: Log;
  /** Held by whoever appends, truncates, or changes the role. */
  readonly lock: Lock;
  readonly #host: PartitionHost;

  isLeader = false;
  leaderId = -1;
  leaderEpoch = -1;
  partitionEpoch = -1;
  replicas: readonly number[] = [];
  /** Of a reassignment that goes on (EL-14). */
  addingReplicas: readonly number[] = [];
  removingReplicas: readonly number[] = [];
  leaderEpochStartOffset: Offset = 0;
  readonly #inSync: InSyncSet;
  readonly #followers: Followers;
  readonly #delayedProduces: DelayedProduces;
  #isStopped = false;
  /** Parked fetches that look at this partition. */
  readonly fetchWaiters = new Set<Pick<Signal, 'notify'>>();
  /** Deletions of records that wait for the other replicas. */
  readonly lowWatermarkWaiters = new Set<Pick<Signal, 'notify'>>();
  /** Its log directory has failed (DF-2). */
  isOffline = false;
  /** Batches it was asked to append, where bugs are planted. */
  #batches = 0;

  constructor(topic: string, topicId: string, index: number, { log, lock }: Pick<ManagedLog, 'log' | 'lock'>, host: PartitionHost) {
    this.topic = topic;
    this.topicId = topicId;
    this.index = index;
    this.log = log;
    this.#host = host;
    this.lock = lock;
    this.#inSync = new InSyncSet(host.options.protocol);
    this.#followers = new Followers(host);
    this.#delayedProduces = new DelayedProduces((requiredOffset) => this.#outcomeOf(requiredOffset));
  }

  get #me(): number {
    return this.#host.options.brokerId;
  }

  get #generation(): Generation {
    return GENERATIONS[this.#host.options.protocol.truncation];
  }

  /** min(min.insync.replicas, replication factor) (LA-2). */
  get minIsr(): number {
    const configured = this.#host.image.topics.get(this.topic)?.config.get('min.insync.replicas');
    return Math.min(configured === undefined ? this.#host.options.config['min.insync.replicas'] : Number(configured), this.replicas.length);
  }

  get #maxMessageBytes(): number {
    const configured = this.#host.image.topics.get(this.topic)?.config.get('max.message.bytes');
    return configured === undefined ? this.#host.options.config['message.max.bytes'] : Number(configured);
  }

  /** The committed in-sync set. */
  get isr(): readonly number[] {
    return this.#inSync.committed;
  }

  /** What the controller has been asked to make of it, and has not answered. */
  get pending(): PendingIsr | undefined {
    return this.#inSync.pending;
  }

  /** Whoever counts for the high watermark and for acknowledgements (AP-5). */
  get maximalIsr(): readonly number[] {
    return this.#inSync.maximal;
  }

  /** ML-1. Under the lock. */
  *makeLeader(registration: PartitionRegistration): Task {
    if (this.#isStopped || registration.partitionEpoch < this.partitionEpoch) return;
    const isNewEpoch = registration.leaderEpoch > this.leaderEpoch;
    const plant = this.#host.options.planted.newLeaderForgets;
    if (isNewEpoch && plant !== undefined) yield* this.truncateTo(Math.max(this.log.logStartOffset, this.log.highWatermark - plant));
    if (isNewEpoch) {
      if (!this.#host.options.protocol.epochStartsAtFirstAppend) yield* this.log.assignEpochStart(registration.leaderEpoch);
      this.leaderEpochStartOffset = this.log.logEndOffset;
      this.#followers.beginEpoch(registration, this.leaderEpochStartOffset);
    }
    this.#followers.assign(registration, isNewEpoch);
    this.#adopt(registration);
    this.isLeader = true;
    if (isNewEpoch) {
      this.#observe({ kind: 'leader-started', ...this.#name, broker: this.#me, leaderEpoch: this.leaderEpoch, epochStartOffset: this.leaderEpochStartOffset, highWatermark: this.log.highWatermark, isr: this.isr });
    }
    this.#tryAdvanceHighWatermark();
    this.#settle();
  }

  /** Whether a follower begins anew when it hears this: finds out what it shares with its leader, and fetches from there (ML-2). */
  beginsAnew(registration: PartitionRegistration): boolean {
    return !this.#isStopped && registration.partitionEpoch >= this.partitionEpoch && beginsAnew(this.#generation, { leader: this.leaderId, leaderEpoch: this.leaderEpoch }, registration);
  }

  /** ML-2, ML-3. Under the lock. */
  *makeFollower(registration: PartitionRegistration): Task {
    if (this.#isStopped || registration.partitionEpoch < this.partitionEpoch) return;
    const isNewEpoch = registration.leaderEpoch > this.leaderEpoch;
    const cutsAtHighWatermark = this.#generation.beginsWith === 'high-watermark' && registration.leader !== NO_LEADER && this.beginsAnew(registration);
    // What recovery cut off the epochs in memory is written before the next leader is asked about them (LEC-5).
    yield* this.log.flushEpochs();
    this.#adopt(registration);
    const { staysLeader, followerForgets, appliesMetadataTwice } = this.#host.options.planted;
    if (appliesMetadataTwice === true) this.#host.context.spawn(this.#adoptAgain(registration));
    this.isLeader = this.isLeader && staysLeader === true;
    this.#followers.clear();
    if (isNewEpoch) this.#observe({ kind: 'follower-started', ...this.#name, broker: this.#me, leader: this.leaderId, leaderEpoch: this.leaderEpoch, logEndOffset: this.log.logEndOffset });
    this.#settle();
    if (cutsAtHighWatermark) yield* this.truncateTo(this.log.highWatermark);
    if (isNewEpoch && followerForgets !== undefined) yield* this.truncateTo(Math.max(this.log.logStartOffset, this.log.highWatermark - followerForgets));
  }

  /** It does nothing any more: its log goes, or the process ends (ML-4, RC-1). Under the lock. */
  // eslint-disable-next-line require-yield -- a task, for the lock waits for whoever is at work
  *stop(): Task {
    this.#isStopped = true;
    this.isLeader = false;
    this.#inSync.withdraw();
    this.#settle();
  }

  /** A planted bug. */
  *#adoptAgain(registration: PartitionRegistration): Task {
    yield* this.#host.context.sleep(SECOND);
    this.#adopt(registration);
  }

  #adopt(registration: PartitionRegistration): void {
    this.leaderId = registration.leader;
    this.leaderEpoch = registration.leaderEpoch;
    this.partitionEpoch = registration.partitionEpoch;
    this.replicas = registration.replicas;
    this.addingReplicas = registration.addingReplicas;
    this.removingReplicas = registration.removingReplicas;
    // AP-4: what the metadata log says overwrites what was pending.
    this.#inSync.adopt(registration.isr);
    this.#observeApplied();
  }

  /** The leader appends a client's batch (LA-1 … LA-5). Takes the lock. */
  *append(batch: Uint8Array, acks: number): Task<AppendOutcome> {
    try {
      return yield* this.lock.hold(this.#append(batch, acks));
    } catch (error) {
      if (error instanceof KafkaStorageError) return { error: error.error };
      throw error;
    }
  }

  /** DF-2: whoever waits is told. */
  takeOffline(): void {
    this.isOffline = true;
    this.#settle();
  }

  /** Planted bugs. @returns whether the batch is to be answered without being appended */
  *#appendsWrongly(batch: Uint8Array, acks: number): Task<boolean> {
    const { answersWithoutAppend = Infinity, appendsTwice = Infinity } = this.#host.options.planted;
    this.#batches += 1;
    if (this.#batches % appendsTwice === 0) yield* this.#appendOnce(batch.slice());
    return acks === 1 && this.#batches % answersWithoutAppend === 0;
  }

  *#append(batch: Uint8Array, acks: number): Task<AppendOutcome> {
    if (!this.isLeader) return { error: 'NOT_LEADER_OR_FOLLOWER' };
    if (acks === -1 && this.isr.length < this.minIsr) return { error: 'NOT_ENOUGH_REPLICAS' };
    const timestampMax = Math.floor(this.#host.context.clock() / MILLISECOND) + TIMESTAMP_AFTER_MS_MAX;
    const invalid = validateClientBatch(batch, { maxMessageBytes: this.#maxMessageBytes, timestampMax, isCompacted: this.log.isCompacted });
    if (invalid !== undefined) return invalid;
    if (batch.length > this.log.config['segment.bytes']) return { error: 'RECORD_LIST_TOO_LARGE' };
    const { answersWithoutAppend, appendsTwice } = this.#host.options.planted;
    const { logEndOffset } = this.log;
    if ((answersWithoutAppend ?? appendsTwice) !== undefined && (yield* this.#appendsWrongly(batch, acks))) return { error: 'NONE', baseOffset: logEndOffset, lastOffset: logEndOffset };
    return yield* this.#appendOnce(batch);
  }

  *#appendOnce(batch: Uint8Array): Task<AppendOutcome> {
    const { baseOffset, lastOffset } = yield* this.log.appendAsLeader(batch, this.leaderEpoch);
    this.#observe({ kind: 'appended', ...this.#name, broker: this.#me, leaderEpoch: this.leaderEpoch, baseOffset, lastOffset, asLeader: true, ...summaryOf(batch) });
    if (!this.#tryAdvanceHighWatermark()) this.#wakeFetches();
    return { error: 'NONE', baseOffset, lastOffset };
  }

  /** Waits for the commit of everything below an offset: DP-1. */
  delayProduce(requiredOffset: Offset, decided: Signal): DelayedProduce {
    return this.#delayedProduces.add(requiredOffset, decided);
  }

  abandonProduce(delayed: DelayedProduce): void {
    this.#delayedProduces.abandon(delayed);
  }

  /**
   * A follower has fetched from an offset (FS-1, F-7): it may join the in-sync set, and the high watermark may move if that is news (HW-6).
   * @param logEndOffset of this log as it was read
   */
  followerFetched(replica: number, offset: Offset, logStartOffset: Offset, brokerEpoch: number, logEndOffset: Offset): void {
    const { hasNewEnd, hasNewStart } = this.#followers.fetched(replica, offset, logStartOffset, brokerEpoch, logEndOffset);
    this.#tryExpand(replica);
    if (hasNewEnd) this.#tryAdvanceHighWatermark();
    if (hasNewStart) this.#wakeDeletions();
  }

  /** FS-4: proposes to drop members that have fallen behind. */
  tryShrink(): void {
    if (!this.isLeader || this.pending !== undefined) return;
    const outOfSync = this.isr.filter((replica) => replica !== this.#me && !this.#followers.isCaughtUp(replica, this.log.logEndOffset));
    if (outOfSync.length > 0) this.#propose({ isr: this.isr.filter((replica) => !outOfSync.includes(replica)), added: [] });
  }

  /** FS-5. */
  #tryExpand(replica: number): void {
    if (!this.isLeader || this.pending !== undefined || this.isr.includes(replica) || !this.#followers.isEligible(replica)) return;
    const logEndOffset = this.#followers.logEndOffsetOf(replica);
    const hasEpochStart = logEndOffset >= this.leaderEpochStartOffset || this.#host.options.protocol.isrExpandAtHw;
    if (logEndOffset >= this.log.highWatermark && hasEpochStart) this.#propose({ isr: [...this.isr, replica], added: [replica] });
  }

  #propose(proposed: ProposedIsr): void {
    const { leaderEpoch, partitionEpoch } = this;
    this.#inSync.propose({ ...proposed, isrWithEpochs: proposed.isr.map((brokerId) => ({ brokerId, brokerEpoch: this.#brokerEpochOf(brokerId) })), leaderEpoch, partitionEpoch });
    this.#host.proposed(this);
    // B10: a smaller set that counts at once.
    if (this.#host.options.protocol.countsPendingShrink) this.#tryAdvanceHighWatermark();
  }

  /** Of a follower as seen in its fetches (KIP-903); −1: not known. */
  #brokerEpochOf(brokerId: number): number {
    if (brokerId !== this.#me) return this.#followers.brokerEpochOf(brokerId);
    return this.#host.options.protocol.isrWithoutBrokerEpochs ? -1 : this.#host.brokerEpoch();
  }

  /** AP-3: the controller has answered. @returns whether to ask again. */
  answered(proposal: PendingIsr, answer: AlterPartitionResponse['topics'][number]['partitions'][number]): boolean {
    const decision = this.#inSync.answered(proposal, answer, this.leaderEpoch, this.partitionEpoch);
    if (decision === 'granted') {
      this.partitionEpoch = answer.partitionEpoch;
      this.#observeApplied();
      this.#tryAdvanceHighWatermark();
      this.#settle();
    }
    return decision === 'again';
  }

  /** What AlterPartition carries of this partition. */
  get recoveryState(): number {
    return RECOVERED;
  }

  /** RT-2: records below an offset are not wanted any more, −1 means all that are committed. Under the lock. @returns the offset, or why not */
  // eslint-disable-next-line require-yield -- a task, for the lock waits for whoever is at work
  *deleteRecords(offset: Offset): Task<Offset | ErrorName> {
    if (this.isOffline) return 'KAFKA_STORAGE_ERROR';
    if (!this.isLeader) return 'NOT_LEADER_OR_FOLLOWER';
    const upTo = offset === TO_HIGH_WATERMARK ? this.log.highWatermark : offset;
    if (upTo < 0 || upTo > this.log.highWatermark) return 'OFFSET_OUT_OF_RANGE';
    this.#raiseLogStartOffset(upTo, 'delete-records');
    return upTo;
  }

  /** The first offset that some live replica still has (RT-2). */
  lowWatermark(): Offset | ErrorName {
    if (this.isOffline) return 'KAFKA_STORAGE_ERROR';
    if (!this.isLeader) return 'NOT_LEADER_OR_FOLLOWER';
    return Math.min(this.log.logStartOffset, ...this.#followers.logStartOffsetsOfLive());
  }

  #raiseLogStartOffset(offset: Offset, reason: 'delete-records' | 'leader'): void {
    if (this.log.raiseLogStartOffset(offset)) this.#observe({ kind: 'log-start', ...this.#name, broker: this.#me, logStartOffset: this.log.logStartOffset, reason });
  }

  /** The follower appends what it fetched, and takes over where the leader's log begins (FT-4) and its high watermark (HW-5). Under the lock. */
  *appendAsFollower(batches: Uint8Array, leaderHighWatermark: Offset, leaderLogStartOffset: Offset): Task {
    const appended = yield* this.log.appendAsFollower(batches);
    if (appended !== undefined) this.#observe({ kind: 'appended', ...this.#name, broker: this.#me, leaderEpoch: this.leaderEpoch, ...appended, asLeader: false, ...summaryOf(batches) });
    const hasMoved = this.followHighWatermark(leaderHighWatermark);
    this.#raiseLogStartOffset(Math.min(leaderLogStartOffset, this.log.highWatermark), 'leader');
    if (hasMoved || appended !== undefined) this.#wakeFetches();
  }

  /** HW-5: what the leader has committed, as far as this log reaches. It may go back. @returns whether it has moved on */
  followHighWatermark(leaderHighWatermark: Offset): boolean {
    const before = this.log.highWatermark;
    this.log.highWatermark = Math.min(Math.max(leaderHighWatermark, this.log.logStartOffset), this.log.logEndOffset);
    return this.log.highWatermark > before;
  }

  /** Under the lock. */
  *truncateTo(offset: Offset): Task {
    const fromOffset = this.log.logEndOffset;
    const { highWatermark, logStartOffset } = this.log;
    yield* this.log.truncateTo(offset);
    const toOffset = this.log.logEndOffset;
    if (this.log.logStartOffset < logStartOffset) this.#observeTruncatedFully();
    else if (toOffset < fromOffset) this.#observe({ kind: 'truncated', ...this.#name, broker: this.#me, leaderEpoch: this.leaderEpoch, toOffset, fromOffset, highWatermark });
    yield* this.log.flushEpochs();
  }

  /** Drops the whole log (FT-5). Under the lock. */
  *truncateFullyAndStartAt(offset: Offset): Task {
    yield* this.log.truncateFullyAndStartAt(offset);
    this.#observeTruncatedFully();
  }

  #observeTruncatedFully(): void {
    this.#observe({ kind: 'log-start', ...this.#name, broker: this.#me, logStartOffset: this.log.logStartOffset, reason: 'truncated-fully' });
  }

  /** HW-1, HW-2, HW-6. @returns whether it moved. */
  #tryAdvanceHighWatermark(): boolean {
    if (!this.isLeader) return false;
    const { protocol, planted } = this.#host.options;
    const next = planted.ignoresFollowers === true ? this.log.logEndOffset : nextHighWatermark(this.log.logEndOffset, this.#followers.views(this.maximalIsr, this.log.logEndOffset), this.isr.length, this.minIsr, protocol.hwAdvancesUnderMinIsr);
    const mayFall = planted.highWatermarkFalls === true && next !== this.log.highWatermark;
    if (next === undefined || (next <= this.log.highWatermark && !mayFall)) return false;
    this.log.highWatermark = Math.max(next, this.log.logStartOffset);
    this.#observe({ kind: 'high-watermark', ...this.#name, broker: this.#me, leaderEpoch: this.leaderEpoch, highWatermark: this.log.highWatermark, isr: this.isr });
    this.#settle();
    return true;
  }

  /** Decides what can be decided now: after the high watermark, the in-sync set or the leadership has changed (LA-5, DP-4). */
  #settle(): void {
    this.#delayedProduces.settle();
    this.#wakeFetches();
    this.#wakeDeletions();
  }

  /** DP-1. */
  #outcomeOf(requiredOffset: Offset): ErrorName | undefined {
    if (this.isOffline) return 'KAFKA_STORAGE_ERROR';
    if (!this.isLeader) return 'NOT_LEADER_OR_FOLLOWER';
    if (this.#host.options.planted.acknowledgesBeforeCommit === true) return 'NONE';
    if (this.log.highWatermark < requiredOffset) return undefined;
    return this.maximalIsr.length >= this.minIsr ? 'NONE' : 'NOT_ENOUGH_REPLICAS_AFTER_APPEND';
  }

  #wakeFetches(): void {
    for (const waiter of this.fetchWaiters) waiter.notify();
  }

  #wakeDeletions(): void {
    for (const waiter of this.lowWatermarkWaiters) waiter.notify();
  }

  get #name(): { readonly topic: string; readonly partition: number } {
    return { topic: this.topic, partition: this.index };
  }

  #observeApplied(): void {
    this.#observe({ kind: 'partition-applied', ...this.#name, broker: this.#me, leader: this.leaderId, leaderEpoch: this.leaderEpoch, partitionEpoch: this.partitionEpoch, isr: this.isr });
  }

  #observe(observation: Observation): void {
    this.#host.context.observe(observation);
  }
}
