/**
 * @module
 * What a client knows of the cluster: brokers, and leader and leader epoch of each partition of the topics it uses. Refreshed on
 * demand and when it has grown old, one request at a time, with a backoff between requests. A leader epoch never goes back (RS-4).
 */
import { milliseconds } from '../../runtime/index.ts';
import type { ActorContext, Micros, Signal, Task } from '../../runtime/index.ts';
import { KafkaError, NONE, errorName, isInvalidMetadata } from '../protocol/errors.ts';
import type { ErrorName } from '../protocol/errors.ts';
import { API_KEYS } from '../protocol/messages.ts';
import type { MetadataRequest, MetadataResponse } from '../protocol/messages.ts';
import { ExponentialBackoff } from './exponential-backoff.ts';
import type { NetworkClient } from './network-client.ts';

const NO_LEADER = -1;
const UNKNOWN_EPOCH = -1;

export interface MetadataConfig {
  readonly 'retry.backoff.ms': number;
  readonly 'retry.backoff.max.ms': number;
  readonly 'metadata.max.age.ms': number;
}

export interface ClientMetadataOptions {
  readonly config: MetadataConfig;
  readonly clientId: string | null;
  /** Names of brokers' actors. */
  readonly bootstrapServers: readonly string[];
  /** Something new is known. */
  readonly onUpdate: () => void;
}

/** Who leads a partition, and since which epoch. */
export interface PartitionLeader {
  /** Name of the broker's actor. */
  readonly peer: string;
  /** −1: unknown. */
  readonly epoch: number;
}

interface PartitionMetadata {
  readonly leaderId: number;
  readonly leaderEpoch: number;
}

interface TopicMetadata {
  readonly topicId: string;
  /** Index is the partition. */
  readonly partitions: PartitionMetadata[];
}

type TopicResponse = MetadataResponse['topics'][number];

export class ClientMetadata {
  readonly #context: ActorContext;
  readonly #network: NetworkClient;
  readonly #options: ClientMetadataOptions;
  readonly #backoff: ExponentialBackoff;
  /** Topics of interest, in the order in which they became so. */
  readonly #wanted = new Set<string>();
  readonly #topics = new Map<string, TopicMetadata>();
  readonly #errors = new Map<string, ErrorName>();
  #brokers = new Map<number, string>();
  /** Everybody who may be asked: the brokers known, and the bootstrap servers. */
  #peers: readonly string[];

  #isRequested = false;
  /** Not to be refreshed before this. */
  #allowedAt: Micros = 0;
  #lastSuccess: Micros;
  /** Refreshes in a row that failed or told nothing new. */
  #fruitless = 0;
  readonly #requested: Signal;
  readonly #connectionsChanged: Signal;
  readonly #updated: Signal;

  constructor(context: ActorContext, network: NetworkClient, options: ClientMetadataOptions) {
    this.#context = context;
    this.#network = network;
    this.#options = options;
    this.#backoff = new ExponentialBackoff(context.random('metadata'), options.config['retry.backoff.ms'], options.config['retry.backoff.max.ms']);
    this.#peers = options.bootstrapServers;
    this.#lastSuccess = context.now;
    this.#requested = context.signal();
    this.#connectionsChanged = context.signal();
    this.#updated = context.signal();
  }

  /** Since it last came; before the first time, since the client began. */
  get ageUs(): Micros {
    return this.#context.now - this.#lastSuccess;
  }

  /** Takes an interest in a topic: a new one is asked for at once. */
  addTopic(topic: string): void {
    if (this.#wanted.has(topic)) return;
    this.#wanted.add(topic);
    this.#allowedAt = 0;
    this.requestUpdate();
  }

  /** Undefined: not known (yet). */
  partitionCount(topic: string): number | undefined {
    return this.#topics.get(topic)?.partitions.length;
  }

  /** What the last refresh said against a topic. */
  topicError(topic: string): ErrorName | undefined {
    return this.#errors.get(topic);
  }

  /** Undefined: there is none, or it is not known. */
  leaderOf(topic: string, partition: number): PartitionLeader | undefined {
    const known = this.#topics.get(topic)?.partitions[partition];
    const peer = known === undefined ? undefined : this.#brokers.get(known.leaderId);
    return peer === undefined ? undefined : { peer, epoch: known!.leaderEpoch };
  }

  /** What is known may be out of date: refresh it as soon as the backoff allows. */
  requestUpdate(): void {
    if (this.#isRequested) return;
    this.#isRequested = true;
    this.#requested.notify();
  }

  /** A broker that does not lead has said who does (KIP-951). Ignored if −1, of a broker not known, or not newer than what is known. */
  applyLeaderHint(topic: string, partition: number, { leaderId, leaderEpoch }: PartitionMetadata): void {
    const partitions = this.#topics.get(topic)?.partitions;
    const known = partitions?.[partition];
    if (partitions === undefined || known === undefined || leaderId < 0 || leaderEpoch <= known.leaderEpoch || !this.#brokers.has(leaderId)) return;
    partitions[partition] = { leaderId, leaderEpoch };
    this.#announce();
  }

  /** Waits until something new is known: true. Or for so long: false. */
  awaitUpdate(timeoutUs: Micros): Task<boolean> {
    return this.#updated.wait(timeoutUs);
  }

  /** The client is closing: wakes whoever waits for an update. */
  close(): void {
    this.#updated.notify();
  }

  /** To be called when a connection opened or closed, or has room again. */
  connectionsChanged(): void {
    this.#connectionsChanged.notify();
  }

  /** Keeps the metadata fresh. Runs as long as its client. */
  *run(): Task {
    for (;;) {
      const dueAt = this.#dueAt();
      if (this.#context.now < dueAt) {
        yield* this.#requested.wait(dueAt === Infinity ? undefined : dueAt - this.#context.now);
        continue;
      }
      const peer = this.#network.leastLoaded(this.#peers);
      if (peer === undefined) yield* this.#awaitConnection();
      else yield* this.#refresh(peer);
    }
  }

  #dueAt(): Micros {
    if (this.#wanted.size === 0) return Infinity;
    if (this.#isRequested) return this.#allowedAt;
    return Math.max(this.#allowedAt, this.#lastSuccess + milliseconds(this.#options.config['metadata.max.age.ms']));
  }

  *#awaitConnection(): Task {
    // One is being opened or has no room, which changes with a signal; or all are in their backoff, and the first of them ends.
    const { now } = this.#context;
    const retryAt = Math.min(...this.#peers.map((peer) => this.#network.retryAt(peer)).filter((at) => at > now));
    yield* this.#connectionsChanged.wait(retryAt === Infinity ? undefined : retryAt - now);
  }

  *#refresh(peer: string): Task {
    this.#isRequested = false;
    try {
      const request: MetadataRequest = { apiKey: API_KEYS.Metadata, clientId: this.#options.clientId, topics: [...this.#wanted] };
      const isNews = this.#apply(yield* this.#network.call(peer, request));
      this.#lastSuccess = this.#context.now;
      this.#fruitless = isNews ? 0 : this.#fruitless + 1;
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
      this.#isRequested = true;
      this.#fruitless += 1;
    }
    this.#allowedAt = this.#context.now + this.#backoff.delayUs(Math.max(0, this.#fruitless - 1));
  }

  /** Takes over what a broker said. @returns whether any of it is new */
  #apply(response: MetadataResponse): boolean {
    let isNews = false;
    this.#brokers = new Map(response.brokers.map(({ nodeId, host }) => [nodeId, host]));
    this.#peers = [...new Set([...this.#brokers.values(), ...this.#options.bootstrapServers])];
    for (const topic of response.topics) {
      const error = topic.errorCode === NONE ? undefined : errorName(topic.errorCode);
      if (error === undefined) {
        this.#errors.delete(topic.name);
        if (this.#applyTopic(topic)) isNews = true;
      } else {
        this.#errors.set(topic.name, error);
        if (isInvalidMetadata(error)) this.#isRequested = true;
      }
    }
    this.#announce();
    return isNews;
  }

  #applyTopic({ name, topicId, partitions }: TopicResponse): boolean {
    const known = this.#topics.get(name);
    const isSame = known?.topicId === topicId;
    const latest: PartitionMetadata[] = [];
    let isNews = !isSame;
    for (const { errorCode, partitionIndex, leaderId, leaderEpoch } of partitions) {
      const before = isSame ? known.partitions[partitionIndex] : undefined;
      // No leader, or one that is gone: ask again until there is one.
      if (errorCode !== NONE && isInvalidMetadata(errorName(errorCode))) this.#isRequested = true;
      const isOlder = before !== undefined && leaderEpoch !== UNKNOWN_EPOCH && leaderEpoch < before.leaderEpoch;
      latest[partitionIndex] = isOlder ? before : { leaderId, leaderEpoch };
      if (before === undefined || leaderEpoch > before.leaderEpoch) isNews = true;
    }
    for (let i = 0; i < latest.length; i += 1) latest[i] ??= { leaderId: NO_LEADER, leaderEpoch: UNKNOWN_EPOCH };
    this.#topics.set(name, { topicId, partitions: latest });
    return isNews;
  }

  #announce(): void {
    this.#updated.notify();
    this.#options.onUpdate();
  }
}
