/**
 * @module
 * Fetching for a consumer (§1.5): at most one fetch in flight per broker, for all partitions it leads that are positioned and have
 * nothing buffered. What comes back waits in `#completed` until the application polls.
 */
import type { ActorContext, Micros, Task } from '../../runtime/index.ts';
import { ClientError, CorruptRecordError } from '../client/client-errors.ts';
import type { ExponentialBackoff } from '../client/exponential-backoff.ts';
import type { ClientMetadata, PartitionLeader } from '../client/metadata.ts';
import type { NetworkClient } from '../client/network-client.ts';
import { partitionName } from '../client/topic-partition.ts';
import type { ConsumerConfig } from '../config/consumer-config.ts';
import type { Offset } from '../log/record-batch.ts';
import { KafkaError, NONE, errorName, isRetriable } from '../protocol/errors.ts';
import { API_KEYS } from '../protocol/messages.ts';
import type { FetchRequest, FetchResponse } from '../protocol/messages.ts';
import type { PlantedBugs } from '../protocol-variant.ts';
import { CompletedFetch } from './completed-fetch.ts';
import type { ConsumerMetrics } from './consumer-metrics.ts';
import type { ConsumerRecord } from './consumer-record.ts';
import type { AssignedPartition, SubscriptionState } from './subscription-state.ts';

export interface FetcherParts {
  readonly config: ConsumerConfig;
  readonly clientId: string | null;
  readonly isolationLevel: number;
  readonly network: NetworkClient;
  readonly metadata: ClientMetadata;
  readonly subscription: SubscriptionState;
  readonly backoff: ExponentialBackoff;
  readonly metrics: ConsumerMetrics;
  /** An answer came, or will not come any more. */
  readonly onChange: () => void;
  readonly planted: PlantedBugs;
}

/** One partition in a request: what was asked for, and of whom. */
interface FetchedPartition {
  readonly assigned: AssignedPartition;
  readonly offset: Offset;
  readonly leader: PartitionLeader;
}

type PartitionAnswer = FetchResponse['responses'][number]['partitions'][number];

const CONSUMER = { replicaId: -1, replicaEpoch: -1 };
const NONE_YET = -1;
const NO_BYTES: Uint8Array = new Uint8Array(0);

export class Fetcher {
  readonly #context: ActorContext;
  readonly #parts: FetcherParts;
  /** Brokers with a fetch in flight. */
  readonly #busy = new Set<string>();
  readonly #completed: CompletedFetch[] = [];

  constructor(context: ActorContext, parts: FetcherParts) {
    this.#context = context;
    this.#parts = parts;
  }

  /** Asks every broker that is not being asked for what it leads. @returns when to come again if nothing changes before */
  sendFetches(): Micros {
    const { metadata, network, subscription } = this.#parts;
    let wakeAt = Infinity;
    const byPeer = new Map<string, FetchedPartition[]>();
    if (this.#context.now >= (this.#parts.planted.stopsFetchingAt ?? Infinity)) return wakeAt;
    for (const assigned of subscription.partitions) {
      if (assigned.position === undefined || assigned.isBuffered) continue;
      const leader = metadata.leaderOf(assigned.topic, assigned.partition);
      if (leader === undefined) {
        metadata.requestUpdate();
      } else if (assigned.retryAt > this.#context.now && leader.epoch <= assigned.failedEpoch) {
        wakeAt = Math.min(wakeAt, assigned.retryAt);
      } else if (!this.#busy.has(leader.peer)) {
        if (network.isReady(leader.peer)) {
          const fetched = byPeer.get(leader.peer) ?? [];
          byPeer.set(leader.peer, fetched);
          fetched.push({ assigned, offset: assigned.position, leader });
        } else {
          wakeAt = Math.min(wakeAt, network.retryAt(leader.peer));
        }
      }
    }
    for (const [peer, fetched] of byPeer) this.#fetch(peer, fetched);
    return wakeAt;
  }

  /** Records for the application, at most max.poll.records, and moves its positions behind them. @throws {KafkaError} what a fetch has to tell instead, once there are no records before it */
  collect(): ConsumerRecord[] {
    const { config, metrics } = this.#parts;
    const records: ConsumerRecord[] = [];
    while (this.#completed.length > 0 && records.length < config['max.poll.records']) {
      const fetch = this.#completed[0]!;
      // The application has moved on since: a seek, another assignment.
      if (!this.#isCurrent(fetch)) {
        this.#drop(fetch);
        continue;
      }
      const hadRecords = records.length > 0;
      try {
        if (fetch.failure !== undefined) throw fetch.failure;
        const isDrained = fetch.take(records, config['max.poll.records']);
        fetch.partition.position = fetch.nextOffset;
        metrics.moved(fetch.partition);
        if (isDrained) this.#drop(fetch);
      } catch (error) {
        if (!(error instanceof KafkaError)) throw error;
        fetch.partition.position = fetch.nextOffset;
        // First what was read before it.
        if (hadRecords || records.length > 0) break;
        this.#drop(fetch);
        throw error;
      }
    }
    metrics.consumed(records.length);
    return records;
  }

  #isCurrent({ partition, nextOffset }: CompletedFetch): boolean {
    return this.#parts.subscription.isAssigned(partition) && partition.position === nextOffset;
  }

  #drop(fetch: CompletedFetch): void {
    this.#completed.shift();
    fetch.partition.isBuffered = false;
    this.#parts.subscription.moveToEnd(fetch.partition);
  }

  #fetch(peer: string, fetched: readonly FetchedPartition[]): void {
    const { config, clientId, isolationLevel, network } = this.#parts;
    const topics = new Map<string, FetchRequest['topics'][number]['partitions'][number][]>();
    for (const { assigned, offset, leader } of fetched) {
      const partitions = topics.get(assigned.topic) ?? [];
      topics.set(assigned.topic, partitions);
      partitions.push({
        partition: assigned.partition,
        currentLeaderEpoch: leader.epoch,
        fetchOffset: offset,
        lastFetchedEpoch: NONE_YET,
        logStartOffset: NONE_YET,
        partitionMaxBytes: config['max.partition.fetch.bytes'],
      });
    }
    const request: FetchRequest = {
      apiKey: API_KEYS.Fetch,
      clientId,
      replicaState: CONSUMER,
      maxWaitMs: config['fetch.max.wait.ms'],
      minBytes: config['fetch.min.bytes'],
      maxBytes: config['fetch.max.bytes'],
      isolationLevel,
      topics: [...topics].map(([topic, partitions]) => ({ topic, topicId: null, partitions })),
    };
    this.#busy.add(peer);
    this.#context.spawn(this.#awaitAnswer(peer, fetched, network.call(peer, request)));
  }

  *#awaitAnswer(peer: string, fetched: readonly FetchedPartition[], call: Task<FetchResponse>): Task {
    const sentAt = this.#context.now;
    try {
      const { errorCode, responses } = yield* call;
      let bytes = 0;
      if (errorCode !== NONE) for (const partition of fetched) this.#backOff(partition);
      for (const { topic, partitions } of responses) {
        for (const answer of partitions) {
          bytes += answer.records.length;
          const asked = fetched.find(({ assigned }) => assigned.topic === topic && assigned.partition === answer.partitionIndex);
          if (asked !== undefined) this.#receive(asked, answer);
        }
      }
      this.#parts.metrics.fetched(bytes, sentAt);
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
      // The connection broke: the network client backs off and has the metadata refreshed.
    }
    this.#busy.delete(peer);
    this.#parts.onChange();
  }

  #receive(asked: FetchedPartition, answer: PartitionAnswer): void {
    const { assigned, offset } = asked;
    // Asked for something else since, or served by another broker already.
    if (!this.#parts.subscription.isAssigned(assigned) || assigned.position !== offset || assigned.isBuffered) return;
    if (answer.errorCode !== NONE) {
      this.#refused(asked, answer);
      return;
    }
    assigned.failures = 0;
    assigned.highWatermark = answer.highWatermark;
    assigned.logStartOffset = answer.logStartOffset;
    // The bytes lie in the frame's own buffer: what is kept is copied.
    if (answer.records.length > 0) this.#complete(asked, answer.records.slice());
  }

  #refused(asked: FetchedPartition, { errorCode, currentLeader }: PartitionAnswer): void {
    const { config, metadata } = this.#parts;
    const { assigned, offset } = asked;
    const error = errorName(errorCode);
    if (error === 'OFFSET_OUT_OF_RANGE') {
      // RS-1, RS-2: `position` undefined has it looked up again.
      if (config['auto.offset.reset'] === 'none')
        this.#complete(asked, NO_BYTES, new ClientError('OffsetOutOfRangeException', `Fetch position ${offset} is out of range for partition ${partitionName(assigned)}, and no reset policy is configured`));
      else assigned.position = undefined;
    } else if (error === 'CORRUPT_MESSAGE') {
      this.#complete(asked, NO_BYTES, new CorruptRecordError(assigned, offset, `${error} when fetching offset ${offset} of ${partitionName(assigned)}`));
    } else if (error !== 'UNKNOWN_SERVER_ERROR' && !isRetriable(error)) {
      this.#complete(asked, NO_BYTES, new KafkaError(error, `${error} when fetching offset ${offset} of ${partitionName(assigned)}`));
    } else {
      metadata.requestUpdate();
      this.#backOff(asked);
      metadata.applyLeaderHint(assigned.topic, assigned.partition, currentLeader);
    }
  }

  #complete({ assigned, offset }: FetchedPartition, bytes: Uint8Array, failure?: KafkaError): void {
    assigned.isBuffered = true;
    this.#completed.push(new CompletedFetch(assigned, offset, bytes, this.#parts.config['check.crcs'], failure));
  }

  #backOff({ assigned, leader }: FetchedPartition): void {
    assigned.retryAt = this.#context.now + this.#parts.backoff.delayUs(assigned.failures);
    assigned.failures += 1;
    assigned.failedEpoch = leader.epoch;
  }
}
