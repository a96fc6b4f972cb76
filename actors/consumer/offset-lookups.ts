/**
 * @module
 * Asking leaders where a partition begins and ends (ListOffsets, F-11): for a reset, and for an application that wants to know.
 * A question is asked again, after a backoff, until it has an answer or is taken back.
 */
import type { ActorContext, Micros, Task } from '../../runtime/index.ts';
import type { ExponentialBackoff } from '../client/exponential-backoff.ts';
import type { ClientMetadata, PartitionLeader } from '../client/metadata.ts';
import type { NetworkClient } from '../client/network-client.ts';
import { partitionName } from '../client/topic-partition.ts';
import type { TopicPartition } from '../client/topic-partition.ts';
import type { Offset } from '../log/record-batch.ts';
import { KafkaError, NONE, errorName, isRetriable } from '../protocol/errors.ts';
import type { ErrorName } from '../protocol/errors.ts';
import { API_KEYS } from '../protocol/messages.ts';
import type { ListOffsetsRequest, ListOffsetsResponse } from '../protocol/messages.ts';

/** A question. It is done when it has an offset or an error. */
export interface OffsetLookup extends TopicPartition {
  /** EARLIEST_TIMESTAMP or LATEST_TIMESTAMP. */
  readonly timestamp: number;
  offset: Offset | undefined;
  /** An error that will not pass. */
  error: KafkaError | undefined;
  isInFlight: boolean;
  failures: number;
  retryAt: Micros;
}

/** A consumer, as brokers are told. */
const NO_REPLICA = -1;

export interface OffsetLookupsParts {
  readonly clientId: string | null;
  readonly isolationLevel: number;
  readonly network: NetworkClient;
  readonly metadata: ClientMetadata;
  readonly backoff: ExponentialBackoff;
  /** A question has an answer, or must be asked again. */
  readonly onChange: () => void;
}

export class OffsetLookups {
  readonly #context: ActorContext;
  readonly #parts: OffsetLookupsParts;
  readonly #open = new Set<OffsetLookup>();

  constructor(context: ActorContext, parts: OffsetLookupsParts) {
    this.#context = context;
    this.#parts = parts;
  }

  /** A question; `advance` asks it. */
  start({ topic, partition }: TopicPartition, timestamp: number): OffsetLookup {
    const lookup: OffsetLookup = { topic, partition, timestamp, offset: undefined, error: undefined, isInFlight: false, failures: 0, retryAt: 0 };
    this.#open.add(lookup);
    return lookup;
  }

  /** Nobody wants to know any more. */
  cancel(lookup: OffsetLookup): void {
    this.#open.delete(lookup);
  }

  /** Asks what can be asked now. @returns when to come again if nothing changes before */
  advance(): Micros {
    const { metadata, network } = this.#parts;
    const { now } = this.#context;
    let wakeAt = Infinity;
    const byPeer = new Map<string, { lookup: OffsetLookup; leader: PartitionLeader }[]>();
    for (const lookup of this.#open) {
      if (lookup.isInFlight) continue;
      const leader = metadata.leaderOf(lookup.topic, lookup.partition);
      if (leader === undefined) {
        metadata.requestUpdate();
      } else if (lookup.retryAt > now) {
        wakeAt = Math.min(wakeAt, lookup.retryAt);
      } else if (!network.isReady(leader.peer)) {
        wakeAt = Math.min(wakeAt, network.retryAt(leader.peer));
      } else {
        const asked = byPeer.get(leader.peer) ?? [];
        byPeer.set(leader.peer, asked);
        asked.push({ lookup, leader });
      }
    }
    for (const [peer, asked] of byPeer) this.#ask(peer, asked);
    return wakeAt;
  }

  #ask(peer: string, asked: readonly { lookup: OffsetLookup; leader: PartitionLeader }[]): void {
    const topics = new Map<string, { partitionIndex: number; currentLeaderEpoch: number; timestamp: number }[]>();
    for (const { lookup, leader } of asked) {
      const partitions = topics.get(lookup.topic) ?? [];
      topics.set(lookup.topic, partitions);
      partitions.push({ partitionIndex: lookup.partition, currentLeaderEpoch: leader.epoch, timestamp: lookup.timestamp });
      lookup.isInFlight = true;
    }
    const request: ListOffsetsRequest = {
      apiKey: API_KEYS.ListOffsets,
      clientId: this.#parts.clientId,
      replicaId: NO_REPLICA,
      isolationLevel: this.#parts.isolationLevel,
      topics: [...topics].map(([name, partitions]) => ({ name, partitions })),
    };
    this.#context.spawn(this.#awaitAnswer(asked.map(({ lookup }) => lookup), this.#parts.network.call(peer, request)));
  }

  *#awaitAnswer(lookups: readonly OffsetLookup[], call: Task<ListOffsetsResponse>): Task {
    try {
      const { topics } = yield* call;
      const answers = new Map(topics.flatMap(({ name, partitions }) => partitions.map((answer) => [partitionName({ topic: name, partition: answer.partitionIndex }), answer] as const)));
      for (const lookup of lookups) {
        const answer = answers.get(partitionName(lookup));
        if (answer?.errorCode === NONE) this.#answered(lookup, answer.offset);
        else this.#failed(lookup, answer === undefined ? 'UNKNOWN_SERVER_ERROR' : errorName(answer.errorCode));
      }
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
      for (const lookup of lookups) this.#failed(lookup, error.error);
    }
    this.#parts.onChange();
  }

  #answered(lookup: OffsetLookup, offset: Offset): void {
    lookup.offset = offset;
    this.#open.delete(lookup);
  }

  #failed(lookup: OffsetLookup, error: ErrorName): void {
    lookup.isInFlight = false;
    if (!isRetriable(error)) {
      lookup.error = new KafkaError(error, `${error} when asked for an offset of ${partitionName(lookup)}`);
      this.#open.delete(lookup);
      return;
    }
    lookup.retryAt = this.#context.now + this.#parts.backoff.delayUs(lookup.failures);
    lookup.failures += 1;
    this.#parts.metadata.requestUpdate();
  }
}
