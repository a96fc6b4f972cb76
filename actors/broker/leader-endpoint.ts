/** @module What a follower asks its leader, over one connection: records, the ends of epochs, the ends of the log. */
import { MILLISECOND } from '../../runtime/index.ts';
import type { ActorContext, Connection, Micros, Task } from '../../runtime/index.ts';
import type { BrokerConfig } from '../config/broker-config.ts';
import type { Offset } from '../log/record-batch.ts';
import type { PlantedBugs, ProtocolVariant } from '../protocol-variant.ts';
import { API_KEYS } from '../protocol/messages.ts';
import type { FetchRequest, FetchResponse, ListOffsetsRequest, ListOffsetsResponse, OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse } from '../protocol/messages.ts';
import { byTopic } from './by-topic.ts';
import type { Partition } from './partition.ts';
import { GENERATIONS } from './truncation.ts';

export interface EndpointOptions {
  readonly brokerId: number;
  /** Name of the leader's actor. */
  readonly source: string;
  readonly config: BrokerConfig;
  readonly protocol: ProtocolVariant;
  readonly planted: PlantedBugs;
  readonly brokerEpoch: () => number;
}

/** A partition, and the state of its fetcher as it was asked in. */
export interface Asked {
  readonly partition: Partition;
  readonly leaderEpoch: number;
  readonly fetchOffset: Offset;
  readonly lastFetchedEpoch: number;
}

export type FetchedPartition = FetchResponse['responses'][number]['partitions'][number];
export type EpochEndPartition = OffsetForLeaderEpochResponse['topics'][number]['partitions'][number];
export type ListedPartition = ListOffsetsResponse['topics'][number]['partitions'][number];

/** What stands for "not said". */
const NONE_GIVEN = -1;

export class LeaderEndpoint {
  readonly #context: ActorContext;
  readonly #options: EndpointOptions;
  #connection: Connection | undefined;

  constructor(context: ActorContext, options: EndpointOptions) {
    this.#context = context;
    this.#options = options;
  }

  /** An answer of each, in order; undefined: the leader left it out. @throws {ConnectionError} */
  *fetch(asked: readonly Asked[]): Task<(FetchedPartition | undefined)[]> {
    const { responses } = yield* this.#call(this.#fetchRequest(asked));
    return asked.map(({ partition }) => responses.find(({ topic }) => topic === partition.topic)?.partitions.find(({ partitionIndex }) => partitionIndex === partition.index));
  }

  /** Where the epoch of the last record of each ends. An answer of each, in order; undefined: the leader left it out. @throws {ConnectionError} */
  *epochEnds(asked: readonly Asked[]): Task<(EpochEndPartition | undefined)[]> {
    const { topics } = yield* this.#call(this.#epochRequest(asked));
    return asked.map(({ partition }) => topics.find(({ topic }) => topic === partition.topic)?.partitions.find(({ partition: index }) => index === partition.index));
  }

  /** One end of the log. @throws {ConnectionError} */
  *listOffset({ partition, leaderEpoch }: Asked, timestamp: number): Task<ListedPartition | undefined> {
    const request: ListOffsetsRequest = {
      apiKey: API_KEYS.ListOffsets,
      clientId: null,
      replicaId: this.#options.brokerId,
      isolationLevel: 0,
      topics: [{ name: partition.topic, partitions: [{ partitionIndex: partition.index, currentLeaderEpoch: this.#named(leaderEpoch), timestamp }] }],
    };
    const { topics } = yield* this.#call(request);
    return topics[0]?.partitions[0];
  }

  *#call<Reply>(request: { readonly __reply?: Reply }): Task<Reply> {
    const timeoutUs: Micros = this.#options.config['replica.socket.timeout.ms'] * MILLISECOND;
    if (this.#connection?.isOpen !== true) this.#connection = yield* this.#context.connect(this.#options.source, timeoutUs);
    return yield* this.#connection.call(request, timeoutUs);
  }

  /** The leader epoch as a request carries it (KIP-320). */
  #named(leaderEpoch: number): number {
    return GENERATIONS[this.#options.protocol.truncation].namesLeaderEpoch ? leaderEpoch : NONE_GIVEN;
  }

  /** FT-7. */
  #fetchRequest(asked: readonly Asked[]): FetchRequest {
    const { brokerId, config, brokerEpoch, protocol, planted } = this.#options;
    const comparesInFetch = GENERATIONS[protocol.truncation].beginsWith === 'fetching';
    return {
      apiKey: API_KEYS.Fetch,
      clientId: null,
      replicaState: { replicaId: brokerId, replicaEpoch: protocol.isrWithoutBrokerEpochs ? NONE_GIVEN : brokerEpoch() },
      maxWaitMs: config['replica.fetch.wait.max.ms'],
      minBytes: config['replica.fetch.min.bytes'],
      maxBytes: config['replica.fetch.response.max.bytes'],
      isolationLevel: 0,
      topics: byTopic(asked, ({ partition }) => partition.topic).map(([topic, items]) => ({
        topic,
        topicId: items[0]!.partition.topicId,
        partitions: items.map(({ partition, leaderEpoch, fetchOffset, lastFetchedEpoch }) => ({
          partition: partition.index,
          currentLeaderEpoch: this.#named(leaderEpoch),
          fetchOffset,
          lastFetchedEpoch: comparesInFetch && planted.fetchesBlindly !== true ? lastFetchedEpoch : NONE_GIVEN,
          logStartOffset: partition.log.logStartOffset,
          partitionMaxBytes: config['replica.fetch.max.bytes'],
        })),
      })),
    };
  }

  #epochRequest(asked: readonly Asked[]): OffsetForLeaderEpochRequest {
    return {
      apiKey: API_KEYS.OffsetForLeaderEpoch,
      clientId: null,
      replicaId: this.#options.brokerId,
      topics: byTopic(asked, ({ partition }) => partition.topic).map(([topic, items]) => ({
        topic,
        partitions: items.map(({ partition, leaderEpoch, lastFetchedEpoch }) => ({ partition: partition.index, currentLeaderEpoch: this.#named(leaderEpoch), leaderEpoch: lastFetchedEpoch })),
      })),
    };
  }
}
