/** @module Fetch, for followers and consumers: check, read, and if there is too little yet, wait for more (F-1 … F-9). */
import { MILLISECOND } from '../../runtime/index.ts';
import type { ActorContext, Signal, Task } from '../../runtime/index.ts';
import { NOT_CACHED } from '../log/log-segment.ts';
import { KafkaError, NONE, codeOf } from '../protocol/errors.ts';
import type { ErrorName } from '../protocol/errors.ts';
import type { FetchRequest, FetchResponse } from '../protocol/messages.ts';
import { epochError, refusesFollower } from './fences.ts';
import type { Partition } from './partition.ts';
import { leaderHint } from './produce-handler.ts';
import type { ReplicaManager } from './replica-manager.ts';
import type { RequestWaiting } from './request-waiting.ts';

type Wanted = FetchRequest['topics'][number]['partitions'][number];
type Fetched = FetchResponse['responses'][number]['partitions'][number];

const CONSUMER = -1;
const NO_RECORDS = new Uint8Array(0);
const NOT_DIVERGING = { epoch: -1, endOffset: -1 };
const NO_HINT = { leaderId: -1, leaderEpoch: -1 };

/** What was read of one partition, and what followed from it. */
interface ReadResult {
  readonly fetched: Fetched;
  /** Answers at once: an error, a divergence, or an offset that is not committed (any more) (F-9). */
  readonly isUrgent: boolean;
}

export function* fetch(context: ActorContext, replicas: ReplicaManager, request: FetchRequest, waiting: RequestWaiting): Task<FetchResponse> {
  const deadline = context.now + request.maxWaitMs * MILLISECOND;
  const watch = new Watch(context, replicas, request);
  let [responses, isReady] = yield* read(replicas, request, true, watch);
  const isFollower = request.replicaState.replicaId !== CONSUMER;
  const { delayedFetch, expiredFollowerFetches, expiredConsumerFetches, topics } = replicas.metrics;
  const waits = !isReady && context.now < deadline;
  if (waits) {
    watch.begin();
    waiting.begin();
    const watched = watch.partitions.length;
    delayedFetch.requests += 1;
    delayedFetch.partitions += watched;
    while (!isReady && context.now < deadline) {
      const isOver = !(yield* watch.wait(deadline - context.now));
      // F-9: read again from scratch; what the follower has was noted the first time (F-7).
      if (isOver || context.now >= deadline || hasChanged(replicas, request)) [responses, isReady] = yield* read(replicas, request, false, watch);
    }
    delayedFetch.requests -= 1;
    delayedFetch.partitions -= watched;
    if (!isReady) (isFollower ? expiredFollowerFetches : expiredConsumerFetches).mark();
  }
  watch.end();
  topics.fetched(responses, isFollower, waits ? 2 : 1);
  return { errorCode: NONE, responses };
}

/** Hears of every change of the partitions that a fetch looks at, from `begin` on; also of one that comes while they are being read and nobody waits. */
class Watch {
  readonly #context: ActorContext;
  readonly #replicas: ReplicaManager;
  readonly #request: FetchRequest;
  #signal: Signal | undefined;
  #isNotified = false;
  /** Empty before it begins. */
  readonly partitions: Partition[] = [];

  constructor(context: ActorContext, replicas: ReplicaManager, request: FetchRequest) {
    this.#context = context;
    this.#replicas = replicas;
    this.#request = request;
  }

  /** Before the fetch waits for anything: what comes meanwhile must not be missed. */
  begin(): void {
    if (this.#signal !== undefined) return;
    this.#signal = this.#context.signal();
    for (const { topic, partitions } of this.#request.topics) {
      for (const { partition: index } of partitions) {
        const partition = this.#replicas.partition(topic, index);
        if (partition === undefined) continue;
        this.partitions.push(partition);
        partition.fetchWaiters.add(this);
      }
    }
  }

  end(): void {
    for (const partition of this.partitions) partition.fetchWaiters.delete(this);
  }

  notify(): void {
    this.#isNotified = true;
    this.#signal!.notify();
  }

  /** @returns false if nobody has notified for so long */
  *wait(timeoutUs: number): Task<boolean> {
    const isNotified = this.#isNotified || (yield* this.#signal!.wait(timeoutUs));
    this.#isNotified = false;
    return isNotified;
  }
}

/** Reads every partition of the request. @returns the answers, and whether they are worth sending now. */
function* read(replicas: ReplicaManager, request: FetchRequest, notesFollower: boolean, watch: Watch): Task<[FetchResponse['responses'], boolean]> {
  let bytes = 0;
  let isUrgent = request.topics.length === 0;
  const responses: { topic: string; partitions: Fetched[] }[] = [];
  for (const { topic, topicId, partitions } of request.topics) {
    const fetched: Fetched[] = [];
    for (const wanted of partitions) {
      const reading: Reading = { replicas, request, topic, topicId, wanted, maxBytes: Math.min(wanted.partitionMaxBytes, request.maxBytes - bytes), isFirst: bytes === 0, notesFollower };
      // DF-2: nothing is read from a log directory that has failed.
      let result: ReadResult | Found;
      try {
        result = replicas.directory.isOffline ? failed(wanted, 'KAFKA_STORAGE_ERROR', undefined) : find(reading);
        if ('bound' in result) {
          const { log } = result.partition;
          let records = result.hasRecords ? log.readCached(wanted.fetchOffset, reading.maxBytes, result.bound, reading.isFirst) : NO_RECORDS;
          if (records === NOT_CACHED) {
            watch.begin();
            records = yield* log.read(wanted.fetchOffset, reading.maxBytes, result.bound, reading.isFirst);
          }
          result = answered(reading, result, records);
        }
      } catch (error) {
        if (!(error instanceof KafkaError)) throw error;
        result = failed(wanted, error.error, undefined);
      }
      bytes += result.fetched.records.length;
      isUrgent ||= result.isUrgent;
      fetched.push(result.fetched);
    }
    responses.push({ topic, partitions: fetched });
  }
  return [responses, isUrgent || bytes >= request.minBytes];
}

/** One partition of a request. */
interface Reading {
  readonly replicas: ReplicaManager;
  readonly request: FetchRequest;
  readonly topic: string;
  readonly topicId: string | null;
  readonly wanted: Wanted;
  readonly maxBytes: number;
  readonly isFirst: boolean;
  readonly notesFollower: boolean;
}

/** F-6: sampled before the records are read, and before the follower's progress counts. */
interface Found {
  readonly partition: Partition;
  readonly bound: number;
  readonly hasRecords: boolean;
  readonly highWatermark: number;
  readonly logStartOffset: number;
  readonly logEndOffset: number;
  readonly leaderEpoch: number;
}

/** What there is to read, or why nothing is read. */
function find({ replicas, request, topic, topicId, wanted, maxBytes, isFirst }: Reading): Found | ReadResult {
  const partition = replicas.partition(topic, wanted.partition);
  const mistaken = topicIdError(replicas, partition, topicId);
  if (mistaken !== undefined) return failed(wanted, mistaken, undefined);
  if (partition === undefined) return failed(wanted, replicas.image.partition(topic, wanted.partition) === undefined ? 'UNKNOWN_TOPIC_OR_PARTITION' : 'NOT_LEADER_OR_FOLLOWER', undefined);
  const { replicaId, replicaEpoch } = request.replicaState;
  const error = refusal(replicas, partition, replicaId, replicaEpoch, wanted);
  if (error !== undefined) return failed(wanted, error, partition);
  const diverging = divergence(partition, wanted);
  if (diverging === 'OFFSET_OUT_OF_RANGE') return failed(wanted, diverging, partition);
  if (diverging !== undefined) return { fetched: { ...answer(wanted, partition, NONE), divergingEpoch: diverging }, isUrgent: true };
  const { highWatermark, logStartOffset, logEndOffset } = partition.log;
  if (wanted.fetchOffset > logEndOffset || wanted.fetchOffset < logStartOffset) return failed(wanted, 'OFFSET_OUT_OF_RANGE', partition);
  const bound = boundOf(replicas, replicaId, partition);
  const hasRecords = wanted.fetchOffset < bound && (maxBytes > 0 || isFirst);
  return { partition, bound, hasRecords, highWatermark, logStartOffset, logEndOffset, leaderEpoch: partition.leaderEpoch };
}

/** The answer with the records that were read, which may have been waited for. */
function answered({ request, wanted, notesFollower }: Reading, { partition, bound, highWatermark, logStartOffset, logEndOffset, leaderEpoch }: Found, read: Uint8Array): ReadResult {
  // A copy: the answer is sent after other partitions may have been waited for.
  const records = read.length === 0 ? NO_RECORDS : read.slice();
  const { replicaId, replicaEpoch } = request.replicaState;
  // What a follower has counts in the epoch it fetched in, and in no other.
  if (replicaId !== CONSUMER && notesFollower && partition.leaderEpoch === leaderEpoch) partition.followerFetched(replicaId, wanted.fetchOffset, wanted.logStartOffset, replicaEpoch, logEndOffset);
  // F-9: more of an older segment than this read found will not come.
  const isOfOlderSegment = records.length > 0 && !partition.log.isInOneSegment(wanted.fetchOffset, bound);
  const fetched: Fetched = {
    partitionIndex: wanted.partition, errorCode: NONE, highWatermark, lastStableOffset: highWatermark, logStartOffset, divergingEpoch: NOT_DIVERGING, currentLeader: NO_HINT, records,
  };
  return { fetched, isUrgent: wanted.fetchOffset > bound || isOfOlderSegment };
}

/** How far a reader may read (F-6). */
function boundOf(replicas: ReplicaManager, replicaId: number, { log }: Partition): number {
  return replicaId !== CONSUMER || replicas.options.planted.servesBeyondHighWatermark === true ? log.logEndOffset : log.highWatermark;
}

/** F-9: whether a parked fetch would find anything but what it found the last time, which was nothing. */
function hasChanged(replicas: ReplicaManager, request: FetchRequest): boolean {
  if (replicas.directory.isOffline) return true;
  const { replicaId, replicaEpoch } = request.replicaState;
  return request.topics.some(({ topic, topicId, partitions }) =>
    partitions.some((wanted) => {
      const partition = replicas.partition(topic, wanted.partition);
      if (partition === undefined || topicIdError(replicas, partition, topicId) !== undefined || refusal(replicas, partition, replicaId, replicaEpoch, wanted) !== undefined) return true;
      return divergence(partition, wanted) !== undefined || wanted.fetchOffset < partition.log.logStartOffset || wanted.fetchOffset !== boundOf(replicas, replicaId, partition);
    }),
  );
}

/** A topic of the same name is another one if it has another id: its records are not those that are asked for (KIP-516). */
function topicIdError(replicas: ReplicaManager, partition: Partition | undefined, topicId: string | null): ErrorName | undefined {
  if (topicId === null || partition?.topicId === topicId) return undefined;
  if (replicas.image.topicById(topicId) === undefined) return 'UNKNOWN_TOPIC_ID';
  return partition === undefined ? undefined : 'INCONSISTENT_TOPIC_ID';
}

/** F-1, F-2, F-3, FS-1. */
function refusal(replicas: ReplicaManager, partition: Partition, replicaId: number, replicaEpoch: number, wanted: Wanted): ErrorName | undefined {
  const stale = epochError(wanted.currentLeaderEpoch, partition.leaderEpoch);
  if (stale !== undefined) return stale;
  const isServedByLeaderOnly = replicaId !== CONSUMER || !replicas.options.protocol.followersServeConsumers;
  if (!partition.isLeader && isServedByLeaderOnly) return 'NOT_LEADER_OR_FOLLOWER';
  if (replicaId === CONSUMER) return undefined;
  if (!partition.replicas.includes(replicaId)) return wanted.currentLeaderEpoch >= 0 ? 'UNKNOWN_LEADER_EPOCH' : 'NOT_LEADER_OR_FOLLOWER';
  return refusesFollower(replicas.image, replicaId, replicaEpoch) ? 'NOT_LEADER_OR_FOLLOWER' : undefined;
}

/** F-4: where the logs part, if the fetcher names the epoch of its last record. */
function divergence(partition: Partition, wanted: Wanted): { readonly epoch: number; readonly endOffset: number } | 'OFFSET_OUT_OF_RANGE' | undefined {
  if (wanted.lastFetchedEpoch < 0) return undefined;
  const end = partition.log.endOffsetFor(wanted.lastFetchedEpoch);
  if (end === undefined || wanted.fetchOffset < partition.log.logStartOffset) return 'OFFSET_OUT_OF_RANGE';
  return end.epoch < wanted.lastFetchedEpoch || end.endOffset < wanted.fetchOffset ? { epoch: end.epoch, endOffset: end.endOffset } : undefined;
}

function failed(wanted: Wanted, error: ErrorName, partition: Partition | undefined): ReadResult {
  return { fetched: answer(wanted, partition, codeOf(error)), isUrgent: true };
}

/** An answer without records. Nothing is transactional yet: the last stable offset is the high watermark. */
function answer(wanted: Wanted, partition: Partition | undefined, errorCode: number): Fetched {
  const isGood = errorCode === NONE && partition !== undefined;
  return {
    partitionIndex: wanted.partition,
    errorCode,
    highWatermark: isGood ? partition.log.highWatermark : -1,
    lastStableOffset: isGood ? partition.log.highWatermark : -1,
    logStartOffset: isGood ? partition.log.logStartOffset : -1,
    divergingEpoch: NOT_DIVERGING,
    currentLeader: leaderHint(errorCode, partition),
    records: NO_RECORDS,
  };
}
