/**
 * @module
 * The fetcher thread of a follower: one per source broker, one request outstanding, all partitions that follow that broker in it
 * (§1.9). The leader finds where the logs part and says so in its answer (`fetch-epoch`, since 2.7).
 */
import { ConnectionError, MILLISECOND, done } from '../../runtime/index.ts';
import type { ActorContext, Connection, Micros, Task } from '../../runtime/index.ts';
import { InvalidAppendError } from '../log/log.ts';
import { partitionLeaderEpochOf, sizeInBytesOf } from '../log/record-batch.ts';
import type { Offset } from '../log/record-batch.ts';
import { ERRORS, NONE, errorName } from '../protocol/errors.ts';
import { API_KEYS, EARLIEST_TIMESTAMP, LATEST_TIMESTAMP } from '../protocol/messages.ts';
import type { FetchRequest, FetchResponse, ListOffsetsRequest } from '../protocol/messages.ts';
import type { BrokerConfig } from '../config/broker-config.ts';
import { byTopic } from './by-topic.ts';
import type { Partition } from './partition.ts';

type FetchedPartition = FetchResponse['responses'][number]['partitions'][number];

/** A partition that is being fetched, in the epoch it was assigned in. */
interface Fetching {
  readonly partition: Partition;
  readonly leaderEpoch: number;
  fetchOffset: Offset;
  lastFetchedEpoch: number;
  /** Not fetched before this. */
  delayedUntil: Micros;
  /** Its leader epoch is not the leader's any more, or its log cannot go on: it waits for new metadata (FT-6). */
  hasFailed: boolean;
}

export interface FetcherOptions {
  readonly brokerId: number;
  /** Name of the leader's actor. */
  readonly source: string;
  readonly config: BrokerConfig;
  readonly brokerEpoch: () => number;
}

export class ReplicaFetcher {
  readonly #context: ActorContext;
  readonly #options: FetcherOptions;
  readonly #partitions = new Map<Partition, Fetching>();
  readonly #changed;
  #connection: Connection | undefined;

  constructor(context: ActorContext, options: FetcherOptions) {
    this.#context = context;
    this.#options = options;
    this.#changed = context.signal();
  }

  /** Begins to fetch from the end of the local log (FT-1). */
  add(partition: Partition): void {
    const { log, leaderEpoch } = partition;
    this.#partitions.set(partition, { partition, leaderEpoch, fetchOffset: log.logEndOffset, lastFetchedEpoch: log.latestEpoch ?? -1, delayedUntil: 0, hasFailed: false });
    this.#changed.notify();
  }

  remove(partition: Partition): void {
    this.#partitions.delete(partition);
  }

  *run(): Task {
    for (;;) {
      const ready = [...this.#partitions.values()].filter(({ delayedUntil, hasFailed }) => !hasFailed && delayedUntil <= this.#context.now);
      if (ready.length === 0) {
        yield* this.#changed.wait(this.#untilNextIsReady());
        continue;
      }
      try {
        yield* this.#fetch(ready);
      } catch (error) {
        if (!(error instanceof ConnectionError)) throw error;
        this.#delay(ready);
      }
    }
  }

  #untilNextIsReady(): Micros | undefined {
    const waiting = [...this.#partitions.values()].filter(({ hasFailed }) => !hasFailed).map(({ delayedUntil }) => delayedUntil);
    return waiting.length === 0 ? undefined : Math.max(0, Math.min(...waiting) - this.#context.now);
  }

  *#fetch(ready: readonly Fetching[]): Task {
    const timeoutUs = this.#options.config['replica.socket.timeout.ms'] * MILLISECOND;
    if (this.#connection?.isOpen !== true) this.#connection = yield* this.#context.connect(this.#options.source, timeoutUs);
    const asked = ready.map((fetching) => ({ fetching, fetchOffset: fetching.fetchOffset }));
    const response = yield* this.#connection.call(this.#request(ready), timeoutUs);
    for (const { fetching, fetchOffset } of asked) {
      const { partition } = fetching;
      const fetched = response.responses.find(({ topic }) => topic === partition.topic)?.partitions.find(({ partitionIndex }) => partitionIndex === partition.index);
      if (fetched === undefined) this.#delay([fetching]);
      else if (fetched.errorCode === ERRORS.OFFSET_OUT_OF_RANGE.code) yield* this.#handleOutOfRange(fetching, fetchOffset);
      else yield* partition.lock.hold(this.#process(fetching, fetchOffset, fetched));
    }
  }

  /** FT-2: only if nothing has changed since the request was made. Under the partition's lock. */
  *#process(fetching: Fetching, fetchOffset: Offset, fetched: FetchedPartition): Task {
    if (!this.#isCurrent(fetching, fetchOffset)) return;
    if (fetched.errorCode === NONE && fetched.divergingEpoch.epoch >= 0) yield* this.#truncate(fetching, fetched.divergingEpoch);
    else if (fetched.errorCode === NONE) yield* this.#append(fetching, fetched);
    else if (errorName(fetched.errorCode) === 'FENCED_LEADER_EPOCH') fetching.hasFailed = true;
    else this.#delay([fetching]);
  }

  /** FT-4. */
  *#append(fetching: Fetching, { records, highWatermark }: FetchedPartition): Task {
    const { partition, leaderEpoch } = fetching;
    try {
      yield* partition.appendAsFollower(upToEpoch(records, leaderEpoch), highWatermark);
    } catch (error) {
      if (!(error instanceof InvalidAppendError)) throw error;
      // FT-6: what is corrupt may come right the next time; offsets that do not fit will not.
      if (error.reason === 'corrupt') this.#delay([fetching]);
      else fetching.hasFailed = true;
      return;
    }
    this.#continueFromEnd(fetching);
  }

  /** FT-3: back to where both logs agree, or nearer to it. */
  *#truncate(fetching: Fetching, diverging: { readonly epoch: number; readonly endOffset: Offset }): Task {
    const { log } = fetching.partition;
    yield* fetching.partition.truncateTo(truncationOffset(diverging, fetching.fetchOffset, log.logEndOffset, log.endOffsetFor(diverging.epoch)));
    this.#continueFromEnd(fetching);
  }

  #isCurrent(fetching: Fetching, fetchOffset: Offset): boolean {
    const { partition, leaderEpoch } = fetching;
    return this.#partitions.get(partition) === fetching && fetching.fetchOffset === fetchOffset && partition.leaderEpoch === leaderEpoch && !partition.isLeader;
  }

  /** FT-5. The leader is asked without the partition's lock: it may take long to answer. */
  *#handleOutOfRange(fetching: Fetching, fetchOffset: Offset): Task {
    if (!this.#isCurrent(fetching, fetchOffset)) return;
    const { partition } = fetching;
    const leaderEnd = yield* this.#listOffset(fetching, LATEST_TIMESTAMP);
    if (leaderEnd === undefined) return;
    if (leaderEnd < partition.log.logEndOffset) {
      yield* partition.lock.hold(this.#ifCurrent(fetching, fetchOffset, partition.truncateTo(leaderEnd)));
      return;
    }
    const leaderStart = yield* this.#listOffset(fetching, EARLIEST_TIMESTAMP);
    if (leaderStart === undefined) return;
    const isBelowStart = leaderStart > partition.log.logEndOffset;
    yield* partition.lock.hold(this.#ifCurrent(fetching, fetchOffset, isBelowStart ? partition.truncateFullyAndStartAt(leaderStart) : done(undefined)));
  }

  /** Does something to the log unless the partition has moved on meanwhile, and continues from its end. Under the lock. */
  *#ifCurrent(fetching: Fetching, fetchOffset: Offset, change: Task): Task {
    if (!this.#isCurrent(fetching, fetchOffset)) return;
    yield* change;
    this.#continueFromEnd(fetching);
  }

  /** Undefined: the leader could not say, and the partition backs off. */
  *#listOffset(fetching: Fetching, timestamp: number): Task<Offset | undefined> {
    const { topic, index } = fetching.partition;
    const request: ListOffsetsRequest = {
      apiKey: API_KEYS.ListOffsets,
      clientId: null,
      replicaId: this.#options.brokerId,
      isolationLevel: 0,
      topics: [{ name: topic, partitions: [{ partitionIndex: index, currentLeaderEpoch: fetching.leaderEpoch, timestamp }] }],
    };
    const response = yield* this.#connection!.call(request, this.#options.config['replica.socket.timeout.ms'] * MILLISECOND);
    const answer = response.topics[0]?.partitions[0];
    if (answer?.errorCode === NONE) return answer.offset;
    this.#delay([fetching]);
    return undefined;
  }

  #continueFromEnd(fetching: Fetching): void {
    const { log } = fetching.partition;
    fetching.fetchOffset = log.logEndOffset;
    fetching.lastFetchedEpoch = log.latestEpoch ?? -1;
  }

  #delay(partitions: readonly Fetching[]): void {
    const until = this.#context.now + this.#options.config['replica.fetch.backoff.ms'] * MILLISECOND;
    for (const fetching of partitions) fetching.delayedUntil = until;
  }

  #request(ready: readonly Fetching[]): FetchRequest {
    const { brokerId, config, brokerEpoch } = this.#options;
    return {
      apiKey: API_KEYS.Fetch,
      clientId: null,
      replicaState: { replicaId: brokerId, replicaEpoch: brokerEpoch() },
      maxWaitMs: config['replica.fetch.wait.max.ms'],
      minBytes: config['replica.fetch.min.bytes'],
      maxBytes: config['replica.fetch.response.max.bytes'],
      isolationLevel: 0,
      topics: byTopic(ready, ({ partition }) => partition.topic).map(([topic, items]) => ({
        topic,
        partitions: items.map(({ partition, leaderEpoch, fetchOffset, lastFetchedEpoch }) => ({
          partition: partition.index,
          currentLeaderEpoch: leaderEpoch,
          fetchOffset,
          lastFetchedEpoch,
          logStartOffset: partition.log.logStartOffset,
          partitionMaxBytes: config['replica.fetch.max.bytes'],
        })),
      })),
    };
  }
}

/** FT-3: to where a follower cuts its log when the leader says where the epoch it last fetched ends. */
export function truncationOffset(diverging: { readonly epoch: number; readonly endOffset: Offset }, fetchOffset: Offset, logEndOffset: Offset, mine: { readonly epoch: number; readonly endOffset: Offset } | undefined): Offset {
  if (diverging.endOffset < 0) return Math.min(fetchOffset, logEndOffset);
  if (mine === undefined) return Math.min(diverging.endOffset, logEndOffset);
  // We have no such epoch: cut back to the end of the one below, and offer that in the next fetch.
  if (mine.epoch !== diverging.epoch) return Math.min(mine.endOffset, logEndOffset);
  return Math.min(diverging.endOffset, mine.endOffset, logEndOffset);
}

/** The batches before the first of a later epoch than the request was made in (FT-4, KAFKA-18723). */
function upToEpoch(batches: Uint8Array, leaderEpoch: number): Uint8Array {
  for (let at = 0; at < batches.length; at += sizeInBytesOf(batches, at)) {
    if (partitionLeaderEpochOf(batches, at) > leaderEpoch) return batches.subarray(0, at);
  }
  return batches;
}
