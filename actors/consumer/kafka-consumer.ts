/**
 * @module
 * The Kafka consumer, as an application uses it inside its own actor: partitions assigned by hand, no group yet.
 * Left out: validation of positions by OffsetForLeaderEpoch when the leader changes (RS-3), so a truncation below the position shows
 * as OFFSET_OUT_OF_RANGE or, if the new leader has grown past it, not at all; aborted transactions, of which there are none yet.
 *
 *     const consumer = new KafkaConsumer(context, { bootstrapServers: ['broker-1'], config: parseConfig(CONSUMER_CONFIG, values) });
 *     consumer.assign([{ topic: 'orders', partition: 0 }]);
 *     for (;;) for (const record of yield* consumer.poll(1_000)) handle(record);
 */
import { done, milliseconds } from '../../runtime/index.ts';
import type { ActorContext, Micros, Signal, SpawnedTask, Task } from '../../runtime/index.ts';
import { ClientError, UsageError } from '../client/client-errors.ts';
import { ExponentialBackoff } from '../client/exponential-backoff.ts';
import { ClientMetadata } from '../client/metadata.ts';
import { NetworkClient } from '../client/network-client.ts';
import { partitionName } from '../client/topic-partition.ts';
import type { TopicPartition } from '../client/topic-partition.ts';
import type { ConsumerConfig } from '../config/consumer-config.ts';
import type { Offset } from '../log/record-batch.ts';
import type { PlantedBugs } from '../protocol-variant.ts';
import { EARLIEST_TIMESTAMP, LATEST_TIMESTAMP } from '../protocol/messages.ts';
import { ConsumerMetrics } from './consumer-metrics.ts';
import type { ConsumerRecord } from './consumer-record.ts';
import { Fetcher } from './fetcher.ts';
import { OffsetLookups } from './offset-lookups.ts';
import type { OffsetLookup } from './offset-lookups.ts';
import { SubscriptionState } from './subscription-state.ts';
import type { AssignedPartition } from './subscription-state.ts';

export type { ConsumerRecord } from './consumer-record.ts';

/** An offset in a partition. */
export interface PartitionOffset extends TopicPartition {
  readonly offset: Offset;
}

export interface ConsumerOptions {
  /** Names of brokers' actors: where the cluster is first asked for. */
  readonly bootstrapServers: readonly string[];
  readonly clientId?: string;
  /** Checked, as `parseConfig` gives it. */
  readonly config: ConsumerConfig;
  /** Its metrics are sampled so often; absent: never. */
  readonly metricsIntervalUs?: Micros | undefined;
  readonly planted?: PlantedBugs | undefined;
}

/** As in Kafka, where it cannot be configured for consumers. */
const MAX_IN_FLIGHT = 100;
const READ_UNCOMMITTED = 0;
const READ_COMMITTED = 1;

export class KafkaConsumer {
  readonly #context: ActorContext;
  readonly #config: ConsumerConfig;
  readonly #network: NetworkClient;
  readonly #metadata: ClientMetadata;
  readonly #subscription = new SubscriptionState();
  readonly #lookups: OffsetLookups;
  readonly #fetcher: Fetcher;
  readonly #metrics: ConsumerMetrics;
  readonly #wakeup: Signal;
  readonly #metadataTask: SpawnedTask;
  #isClosed = false;

  constructor(context: ActorContext, { bootstrapServers, clientId = context.name, config, metricsIntervalUs, planted = {} }: ConsumerOptions) {
    this.#context = context;
    this.#config = config;
    this.#metrics = new ConsumerMetrics(context, clientId, metricsIntervalUs);
    this.#wakeup = context.signal();
    const onChange = (): void => this.#wakeup.notify();
    this.#network = new NetworkClient(context, {
      config,
      maxInFlight: MAX_IN_FLIGHT,
      onChange: () => this.#connectionsChanged(),
      onDisconnect: () => this.#metadata.requestUpdate(),
    });
    this.#metadata = new ClientMetadata(context, this.#network, { config, clientId, bootstrapServers, onUpdate: onChange });
    const backoff = new ExponentialBackoff(context.random('consumer-backoff'), config['retry.backoff.ms'], config['retry.backoff.max.ms']);
    const isolationLevel = config['isolation.level'] === 'read_committed' ? READ_COMMITTED : READ_UNCOMMITTED;
    const parts = { config, clientId, isolationLevel, network: this.#network, metadata: this.#metadata, backoff, onChange };
    this.#lookups = new OffsetLookups(context, parts);
    this.#fetcher = new Fetcher(context, { ...parts, subscription: this.#subscription, metrics: this.#metrics, planted });
    this.#metadataTask = context.spawn(this.#metadata.run());
  }

  /** Attributes of consumer-fetch-manager-metrics as they are now, e.g. `records-lag-max`. */
  get metrics(): Readonly<Record<string, number | undefined>> {
    return this.#metrics.attributes;
  }

  /** Reads these partitions from now on, and no others. Those that were read before go on where they stand. */
  assign(partitions: readonly TopicPartition[]): void {
    for (const { topic } of partitions) this.#metadata.addTopic(topic);
    for (const dropped of this.#subscription.assign(partitions)) {
      this.#cancelReset(dropped);
      this.#metrics.revoked(dropped);
    }
  }

  /** Goes on reading a partition at this offset. @throws {UsageError} IllegalStateException if it is not assigned */
  seek(partition: TopicPartition, offset: Offset): void {
    const assigned = this.#subscription.get(partition);
    this.#cancelReset(assigned);
    assigned.position = offset;
    assigned.retryAt = 0;
  }

  /**
   * Records in the order of their offsets in each partition; waits for the first of them, at most so long. What is returned counts as read: positions
   * move behind it.
   * @throws {ClientError} NoOffsetForPartitionException, OffsetOutOfRangeException with auto.offset.reset=none
   * @throws {CorruptRecordError} what stands at a position cannot be read: seek past it to go on
   * @throws {KafkaError} whatever a broker refuses for good
   */
  *poll(timeoutMs: number): Task<readonly ConsumerRecord[]> {
    this.#ensureOpen();
    if (this.#subscription.isEmpty) throw new UsageError('IllegalStateException', 'Consumer is not subscribed to any topics or assigned any partitions');
    const deadline = this.#context.now + milliseconds(timeoutMs);
    for (;;) {
      const lookAt = this.#updatePositions();
      const records = this.#fetcher.collect();
      // What the application will ask for next is fetched while it is busy with these.
      const fetchAt = this.#fetcher.sendFetches();
      if (records.length > 0 || this.#context.now >= deadline) return records;
      yield* this.#wait(Math.min(deadline, lookAt, fetchAt));
    }
  }

  /**
   * Offset of the next record that a poll returns; undefined as long as no poll has looked it up. (Kafka's blocks until it is known.)
   * @throws {UsageError} IllegalStateException if it is not assigned
   */
  position(partition: TopicPartition): Offset | undefined {
    return this.#subscription.get(partition).position;
  }

  /** Records between the position and the high watermark, as far as the last fetch knew; undefined before. */
  currentLag(partition: TopicPartition): number | undefined {
    const { highWatermark, position } = this.#subscription.get(partition);
    return highWatermark < 0 || position === undefined ? undefined : highWatermark - position;
  }

  /** First offset of each of these partitions, in their order. @throws {ClientError} TimeoutException after default.api.timeout.ms */
  beginningOffsets(partitions: readonly TopicPartition[]): Task<readonly PartitionOffset[]> {
    return this.#findOffsets(partitions, EARLIEST_TIMESTAMP);
  }

  /** The offset after the last record that may be read, of each of these partitions, in their order. @throws {ClientError} TimeoutException after default.api.timeout.ms */
  endOffsets(partitions: readonly TopicPartition[]): Task<readonly PartitionOffset[]> {
    return this.#findOffsets(partitions, LATEST_TIMESTAMP);
  }

  /** Closes its connections. */
  close(): Task {
    this.#isClosed = true;
    this.#metadataTask.cancel();
    this.#network.close();
    this.#metrics.close();
    return done(undefined);
  }

  *#findOffsets(partitions: readonly TopicPartition[], timestamp: number): Task<readonly PartitionOffset[]> {
    this.#ensureOpen();
    for (const { topic } of partitions) this.#metadata.addTopic(topic);
    const deadline = this.#context.now + milliseconds(this.#config['default.api.timeout.ms']);
    const lookups = partitions.map((partition) => this.#lookups.start(partition, timestamp));
    try {
      for (;;) {
        const lookAt = this.#lookups.advance();
        const failed = lookups.find(({ error }) => error !== undefined);
        if (failed?.error !== undefined) throw failed.error;
        if (lookups.every(({ offset }) => offset !== undefined)) return lookups.map(({ topic, partition, offset }) => ({ topic, partition, offset: offset! }));
        if (this.#context.now >= deadline) throw new ClientError('TimeoutException', `Failed to get offsets by times in ${this.#config['default.api.timeout.ms']}ms`);
        yield* this.#wait(Math.min(deadline, lookAt));
      }
    } finally {
      for (const lookup of lookups) this.#lookups.cancel(lookup);
    }
  }

  /** Has the positions looked up that are missing, and takes over those that were found (RS-1). @returns when to come again if nothing changes before */
  #updatePositions(): Micros {
    for (const partition of this.#subscription.partitions) {
      if (partition.position !== undefined) continue;
      partition.reset ??= this.#startReset(partition);
      const { offset, error } = partition.reset;
      if (offset === undefined && error === undefined) continue;
      partition.reset = undefined;
      if (error !== undefined) throw error;
      partition.position = offset;
    }
    return this.#lookups.advance();
  }

  #startReset(partition: AssignedPartition): OffsetLookup {
    const strategy = this.#config['auto.offset.reset'];
    if (strategy === 'none') throw new ClientError('NoOffsetForPartitionException', `Undefined offset with no reset policy for partitions: [${partitionName(partition)}]`);
    return this.#lookups.start(partition, strategy === 'earliest' ? EARLIEST_TIMESTAMP : LATEST_TIMESTAMP);
  }

  #cancelReset(partition: AssignedPartition): void {
    if (partition.reset !== undefined) this.#lookups.cancel(partition.reset);
    partition.reset = undefined;
  }

  *#wait(until: Micros): Task {
    yield* this.#wakeup.wait(until === Infinity ? undefined : until - this.#context.now);
  }

  #connectionsChanged(): void {
    this.#wakeup.notify();
    this.#metadata.connectionsChanged();
  }

  #ensureOpen(): void {
    if (this.#isClosed) throw new UsageError('IllegalStateException', 'This consumer has already been closed.');
  }
}
