/**
 * @module
 * The fetcher thread of a follower: one per source broker, one request outstanding, all partitions that follow that broker in it (§1.9).
 *
 *     TRUNCATING ── OffsetForLeaderEpoch, until the epochs agree ──► FETCHING ── Fetch ──► append, or cut where the leader says the logs part
 *
 * Only generations before `fetch-epoch` begin with TRUNCATING; there the leader compares the logs as it is fetched from (`truncation.ts`).
 */
import { ConnectionError, MILLISECOND, done } from '../../runtime/index.ts';
import type { ActorContext, Micros, Task } from '../../runtime/index.ts';
import { InvalidAppendError } from '../log/log.ts';
import { partitionLeaderEpochOf, sizeInBytesOf } from '../log/record-batch.ts';
import type { Offset } from '../log/record-batch.ts';
import { Meter } from '../metrics/meter.ts';
import { ERRORS, NONE } from '../protocol/errors.ts';
import { EARLIEST_TIMESTAMP, LATEST_TIMESTAMP } from '../protocol/messages.ts';
import type { FetcherView } from './broker-metrics.ts';
import type { BrokerTopicMetrics } from './broker-topic-metrics.ts';
import { LeaderEndpoint } from './leader-endpoint.ts';
import type { Asked, EndpointOptions, EpochEndPartition, FetchedPartition } from './leader-endpoint.ts';
import type { Partition } from './partition.ts';
import { GENERATIONS, truncationPoint } from './truncation.ts';

/** A partition that is being fetched. */
interface Fetching {
  readonly partition: Partition;
  /** The leader epoch in which it began; where a follower does not begin anew in each, the one of its last request. */
  leaderEpoch: number;
  /** The leader is asked about epochs before anything is fetched (FT-1). */
  isTruncating: boolean;
  /** While it truncates: to where, if the leader cannot say. */
  fetchOffset: Offset;
  lastFetchedEpoch: number;
  /** Nothing is asked before this. */
  delayedUntil: Micros;
  /** Its leader epoch is not the leader's any more, or its log cannot go on: it waits for new metadata (FT-6). */
  hasFailed: boolean;
  /** Records below the leader's high watermark that it had not fetched, as of its last fetch. */
  lag: number | undefined;
}

/** What of it is counted with the rest of the broker. */
type FetcherCounts = Pick<BrokerTopicMetrics, 'replicationBytesIn' | 'invalid'>;

const NO_EPOCH = -1;

export class ReplicaFetcher implements FetcherView {
  readonly #context: ActorContext;
  readonly #options: EndpointOptions;
  readonly #leader: LeaderEndpoint;
  readonly #partitions = new Map<Partition, Fetching>();
  readonly #changed;
  readonly #counts: FetcherCounts;
  readonly requests: Meter;

  constructor(context: ActorContext, options: EndpointOptions, counts: FetcherCounts) {
    this.#context = context;
    this.#options = options;
    this.#leader = new LeaderEndpoint(context, options);
    this.#changed = context.signal();
    this.#counts = counts;
    this.requests = new Meter(context.now);
  }

  /** FT-1. */
  add(partition: Partition): void {
    const { log, leaderEpoch } = partition;
    const { beginsWith } = GENERATIONS[this.#options.protocol.truncation];
    const lastFetchedEpoch = log.latestEpoch ?? NO_EPOCH;
    // Without any epoch there is nothing to compare by.
    const isTruncating = beginsWith === 'asking' || (beginsWith === 'fetching' && lastFetchedEpoch === NO_EPOCH);
    const fetchOffset = isTruncating ? log.highWatermark : log.logEndOffset;
    this.#partitions.set(partition, { partition, leaderEpoch, isTruncating, fetchOffset, lastFetchedEpoch, delayedUntil: 0, hasFailed: false, lag: undefined });
    this.#changed.notify();
  }

  remove(partition: Partition): void {
    this.#partitions.delete(partition);
  }

  get failedPartitions(): number {
    let count = 0;
    for (const { hasFailed } of this.#partitions.values()) if (hasFailed) count += 1;
    return count;
  }

  lagOf(partition: Partition): number | undefined {
    return this.#partitions.get(partition)?.lag;
  }

  *run(): Task {
    for (;;) {
      if (this.#ready().length === 0) {
        yield* this.#changed.wait(this.#untilNextIsReady());
        continue;
      }
      try {
        yield* this.#truncate(this.#ready().filter(({ isTruncating }) => isTruncating));
        yield* this.#fetch(this.#ready().filter(({ isTruncating }) => !isTruncating));
      } catch (error) {
        if (!(error instanceof ConnectionError)) throw error;
        this.#delay(...this.#ready());
      }
    }
  }

  #ready(): Fetching[] {
    return [...this.#partitions.values()].filter(({ delayedUntil, hasFailed }) => !hasFailed && delayedUntil <= this.#context.now);
  }

  #untilNextIsReady(): Micros | undefined {
    const waiting = [...this.#partitions.values()].filter(({ hasFailed }) => !hasFailed).map(({ delayedUntil }) => delayedUntil);
    return waiting.length === 0 ? undefined : Math.max(0, Math.min(...waiting) - this.#context.now);
  }

  *#truncate(truncating: readonly Fetching[]): Task {
    for (const fetching of truncating) if (fetching.lastFetchedEpoch === NO_EPOCH) yield* fetching.partition.lock.hold(this.#cutAtHighWatermark(fetching));
    const asked = truncating.filter(({ lastFetchedEpoch }) => lastFetchedEpoch !== NO_EPOCH).map((fetching) => this.#asked(fetching));
    if (asked.length === 0) return;
    const answers = yield* this.#leader.epochEnds(asked);
    for (const [i, item] of asked.entries()) yield* item.partition.lock.hold(this.#cutAtEpochEnd(item, answers[i]));
  }

  /** FT-1: a log without epochs. Under the partition's lock. */
  *#cutAtHighWatermark(fetching: Fetching): Task {
    if (this.#partitions.get(fetching.partition) !== fetching) return;
    yield* fetching.partition.truncateTo(fetching.fetchOffset);
    this.#continueFromEnd(fetching);
  }

  /** FT-3 of a follower that has asked, unless it has begun anew meanwhile. Under the partition's lock. */
  *#cutAtEpochEnd(asked: Asked, answer: EpochEndPartition | undefined): Task {
    const fetching = this.#partitions.get(asked.partition);
    if (fetching?.isTruncating !== true) return;
    if (GENERATIONS[this.#options.protocol.truncation].namesLeaderEpoch && fetching.leaderEpoch !== asked.leaderEpoch) return;
    if (answer?.errorCode !== NONE) {
      this.#handleError(fetching, asked, answer?.errorCode);
      return;
    }
    const { to, isDone } = truncationPoint({ epoch: answer.leaderEpoch, endOffset: answer.endOffset }, fetching.fetchOffset, asked.partition.log);
    yield* asked.partition.truncateTo(to);
    this.#continueFromEnd(fetching);
    fetching.isTruncating = !isDone;
  }

  *#fetch(ready: readonly Fetching[]): Task {
    if (ready.length === 0) return;
    const asked = ready.map((fetching) => this.#asked(fetching));
    this.requests.mark();
    const answers = yield* this.#leader.fetch(asked);
    for (const [i, item] of asked.entries()) {
      const fetched = answers[i];
      if (fetched?.errorCode === ERRORS.OFFSET_OUT_OF_RANGE.code) yield* this.#handleOutOfRange(item);
      else yield* item.partition.lock.hold(this.#process(item, fetched));
    }
  }

  /** Under the partition's lock. */
  *#process(asked: Asked, fetched: FetchedPartition | undefined): Task {
    const fetching = this.#current(asked);
    if (fetching === undefined) return;
    if (fetched?.errorCode !== NONE) this.#handleError(fetching, asked, fetched?.errorCode);
    else if (fetched.divergingEpoch.epoch >= 0) yield* this.#cutWhereLogsPart(fetching, fetched);
    else yield* this.#append(fetching, asked, fetched);
  }

  /** FT-2: the state that the answer is for; undefined if it has moved on since the request was made. */
  #current(asked: Asked): Fetching | undefined {
    const fetching = this.#partitions.get(asked.partition);
    if (fetching === undefined || fetching.isTruncating || fetching.fetchOffset !== asked.fetchOffset) return undefined;
    return fetching.leaderEpoch === asked.leaderEpoch || this.#options.protocol.matchesFetchByOffsetAlone ? fetching : undefined;
  }

  /** FT-6. */
  #handleError(fetching: Fetching, { leaderEpoch }: Asked, errorCode: number | undefined): void {
    // A request of an older epoch than we know by now says nothing of this one.
    if (errorCode === ERRORS.FENCED_LEADER_EPOCH.code) fetching.hasFailed = fetching.leaderEpoch === leaderEpoch;
    else this.#delay(fetching);
  }

  /** FT-4. */
  *#append(fetching: Fetching, { leaderEpoch }: Asked, { records, highWatermark, logStartOffset }: FetchedPartition): Task {
    const { partition } = fetching;
    const batches = this.#options.protocol.appendsLaterEpochs ? records : upToEpoch(records, leaderEpoch);
    try {
      yield* partition.appendAsFollower(batches, highWatermark, logStartOffset);
    } catch (error) {
      if (!(error instanceof InvalidAppendError)) throw error;
      // FT-6: what is corrupt may come right the next time; offsets that do not fit will not.
      if (error.reason !== 'corrupt') {
        fetching.hasFailed = true;
        return;
      }
      this.#counts.invalid('invalid-crc');
      this.#delay(fetching);
      return;
    }
    this.#continueFromEnd(fetching);
    this.#counts.replicationBytesIn.mark(records.length);
    fetching.lag = Math.max(0, highWatermark - fetching.fetchOffset);
  }

  /** FT-3 of a follower that was told in the answer to its fetch: back to where both logs agree, or nearer to it. The high watermark stays (HW-5). */
  *#cutWhereLogsPart(fetching: Fetching, { divergingEpoch, highWatermark }: FetchedPartition): Task {
    const { partition } = fetching;
    if (this.#options.protocol.hwMovesOnDivergence) partition.followHighWatermark(highWatermark);
    yield* partition.truncateTo(truncationPoint(divergingEpoch, fetching.fetchOffset, partition.log).to);
    this.#continueFromEnd(fetching);
  }

  /** FT-5. The leader is asked without the partition's lock: it may take long to answer. */
  *#handleOutOfRange(asked: Asked): Task {
    if (this.#current(asked) === undefined) return;
    const { partition } = asked;
    const leaderEnd = yield* this.#listOffset(asked, LATEST_TIMESTAMP);
    if (leaderEnd === undefined) return;
    if (leaderEnd < partition.log.logEndOffset) {
      yield* partition.lock.hold(this.#ifCurrent(asked, partition.truncateTo(leaderEnd)));
      return;
    }
    const leaderStart = yield* this.#listOffset(asked, EARLIEST_TIMESTAMP);
    if (leaderStart === undefined) return;
    const isBelowStart = leaderStart > partition.log.logEndOffset;
    yield* partition.lock.hold(this.#ifCurrent(asked, isBelowStart ? partition.truncateFullyAndStartAt(leaderStart) : done(undefined)));
  }

  /** Does something to the log unless the partition has moved on meanwhile, and continues from its end. Under the lock. */
  *#ifCurrent(asked: Asked, change: Task): Task {
    const fetching = this.#current(asked);
    if (fetching === undefined) return;
    yield* change;
    this.#continueFromEnd(fetching);
  }

  /** Undefined: the leader could not say, and the partition backs off or waits for new metadata. */
  *#listOffset(asked: Asked, timestamp: number): Task<Offset | undefined> {
    const answer = yield* this.#leader.listOffset(asked, timestamp);
    if (answer?.errorCode === NONE) return answer.offset;
    const fetching = this.#current(asked);
    if (fetching !== undefined) this.#handleError(fetching, asked, answer?.errorCode);
    return undefined;
  }

  #asked(fetching: Fetching): Asked {
    const { partition, fetchOffset, lastFetchedEpoch } = fetching;
    if (GENERATIONS[this.#options.protocol.truncation].beginsAnewOn !== 'new-epoch') fetching.leaderEpoch = partition.leaderEpoch;
    return { partition, leaderEpoch: fetching.leaderEpoch, fetchOffset, lastFetchedEpoch };
  }

  #continueFromEnd(fetching: Fetching): void {
    const { log } = fetching.partition;
    fetching.isTruncating = false;
    fetching.fetchOffset = log.logEndOffset;
    fetching.lastFetchedEpoch = log.latestEpoch ?? NO_EPOCH;
  }

  #delay(...partitions: readonly Fetching[]): void {
    const until = this.#context.now + this.#options.config['replica.fetch.backoff.ms'] * MILLISECOND;
    for (const fetching of partitions) fetching.delayedUntil = until;
  }
}

/** The batches before the first of a later epoch than the request was made in (FT-4, KAFKA-18723). */
function upToEpoch(batches: Uint8Array, leaderEpoch: number): Uint8Array {
  for (let at = 0; at < batches.length; at += sizeInBytesOf(batches, at)) {
    if (partitionLeaderEpochOf(batches, at) > leaderEpoch) return batches.subarray(0, at);
  }
  return batches;
}
