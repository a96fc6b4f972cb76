/**
 * @module
 * The Kafka producer, as an application uses it inside its own actor. Not idempotent yet.
 *
 *     const producer = new KafkaProducer(context, { bootstrapServers: ['broker-1'], config: parseConfig(PRODUCER_CONFIG, values) });
 *     const future = yield* producer.send({ topic: 'orders', value });
 *     const { offset } = yield* future.get();
 */
import { MILLISECOND, milliseconds } from '../../runtime/index.ts';
import type { ActorContext, Micros, SpawnedTask, Task } from '../../runtime/index.ts';
import { ClientError, UsageError } from '../client/client-errors.ts';
import { ExponentialBackoff } from '../client/exponential-backoff.ts';
import { ClientMetadata } from '../client/metadata.ts';
import { NetworkClient } from '../client/network-client.ts';
import type { ProducerConfig } from '../config/producer-config.ts';
import { HEADER_BYTES } from '../log/record-batch.ts';
import { sizeOfRecord } from '../log/records.ts';
import type { RecordData } from '../log/records.ts';
import { KafkaError, isRetriable } from '../protocol/errors.ts';
import { BufferPool } from './buffer-pool.ts';
import { Partitioner } from './partitioner.ts';
import type { ProducerBatch } from './producer-batch.ts';
import { ProducerMetrics } from './producer-metrics.ts';
import { RecordAccumulator } from './record-accumulator.ts';
import { RecordFuture } from './record-future.ts';
import type { ProducerRecord } from './record-future.ts';
import { Sender } from './sender.ts';

export interface ProducerOptions {
  /** Names of brokers' actors: where the cluster is first asked for. */
  readonly bootstrapServers: readonly string[];
  readonly clientId?: string;
  /** Checked, as `parseConfig` gives it. */
  readonly config: ProducerConfig;
  /** Its metrics are sampled so often; absent: never. */
  readonly metricsIntervalUs?: Micros | undefined;
}

const NO_PARTITION = -1;

export class KafkaProducer {
  readonly #context: ActorContext;
  readonly #config: ProducerConfig;
  readonly #network: NetworkClient;
  readonly #metadata: ClientMetadata;
  readonly #pool: BufferPool;
  readonly #accumulator: RecordAccumulator;
  readonly #partitioner: Partitioner;
  readonly #sender: Sender;
  readonly #metrics: ProducerMetrics;
  readonly #tasks: readonly SpawnedTask[];
  #isClosing = false;

  constructor(context: ActorContext, { bootstrapServers, clientId = context.name, config, metricsIntervalUs }: ProducerOptions) {
    this.#context = context;
    this.#config = config;
    this.#metrics = new ProducerMetrics(context, clientId, metricsIntervalUs);
    this.#network = new NetworkClient(context, {
      config,
      maxInFlight: config['max.in.flight.requests.per.connection'],
      onChange: () => this.#connectionsChanged(),
      onDisconnect: () => this.#metadata.requestUpdate(),
      counts: this.#metrics.requests,
    });
    this.#metadata = new ClientMetadata(context, this.#network, { config, clientId, bootstrapServers, onUpdate: () => this.#sender.wakeup() });
    this.#pool = new BufferPool(context, config['buffer.memory']);
    const backoff = new ExponentialBackoff(context.random('producer-backoff'), config['retry.backoff.ms'], config['retry.backoff.max.ms']);
    this.#accumulator = new RecordAccumulator(context, config, this.#pool, backoff, () => this.#sender.wakeup());
    const view = {
      partitionCount: (topic: string) => this.#metadata.partitionCount(topic) ?? 0,
      hasLeader: (topic: string, partition: number) => this.#metadata.leaderOf(topic, partition) !== undefined,
    };
    this.#partitioner = new Partitioner(context.random('partitioner'), view, config['batch.size']);
    this.#sender = new Sender(context, { config, clientId, network: this.#network, metadata: this.#metadata, accumulator: this.#accumulator, metrics: this.#metrics });
    this.#metrics.watch({
      requestsInFlight: () => this.#network.inFlight,
      metadataAgeUs: () => this.#metadata.ageUs,
      bufferTotalBytes: () => config['buffer.memory'],
      bufferAvailableBytes: () => this.#pool.availableBytes,
      waitingThreads: () => this.#pool.waiters,
    });
    this.#tasks = [context.spawn(this.#sender.run()), context.spawn(this.#metadata.run())];
  }

  /** Attributes of producer-metrics as they are now, e.g. `record-retry-total`. */
  get metrics(): Readonly<Record<string, number | undefined>> {
    return this.#metrics.attributes;
  }

  /**
   * Hands a record over (PR-1). Blocks for metadata and buffer memory, at most max.block.ms together; what goes wrong with the record, a timeout
   * of that included, comes as a failed future (API-1).
   * @throws {UsageError} IllegalStateException after close, IllegalArgumentException for a negative partition
   * @throws {ClientError} KafkaException if the producer is closed meanwhile
   */
  *send(record: ProducerRecord): Task<RecordFuture> {
    if (this.#isClosing) throw new UsageError('IllegalStateException', 'Cannot perform operation after producer has been closed');
    if (record.partition !== undefined && record.partition < 0) throw new UsageError('IllegalArgumentException', `Invalid partition: ${record.partition}. Partition number should always be non-negative or null.`);
    try {
      return yield* this.#append(record);
    } catch (error) {
      if (!(error instanceof KafkaError) || error.name === 'KafkaException') throw error;
      if (error.name === 'BufferExhaustedException') this.#metrics.exhausted.record();
      const failed = new RecordFuture(this.#context, record.topic, record.partition ?? NO_PARTITION);
      failed.settle({ isAcknowledged: false, error, isIndeterminate: false });
      return failed;
    }
  }

  /** Sends all there is without lingering, and waits until it is done, well or ill. */
  *flush(): Task {
    this.#accumulator.beginFlush();
    this.#sender.wakeup();
    yield* this.#awaitBatches(this.#accumulator.incomplete, Infinity);
    this.#accumulator.endFlush();
  }

  /** Takes no more records, sends what there is within the timeout, fails the rest (API-2), and closes its connections. */
  *close(timeoutMs = Infinity): Task {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#accumulator.close();
    this.#metadata.close();
    this.#sender.wakeup();
    const deadline = timeoutMs === Infinity ? Infinity : this.#context.now + milliseconds(timeoutMs);
    yield* this.#awaitBatches(this.#accumulator.incomplete, deadline);
    this.#sender.abort(new ClientError('KafkaException', 'Producer is closed forcefully.'));
    for (const task of this.#tasks) task.cancel();
    this.#network.close();
    this.#metrics.close();
  }

  *#append(record: ProducerRecord): Task<RecordFuture> {
    const { topic, key = null, value, headers } = record;
    const deadline = this.#context.now + milliseconds(this.#config['max.block.ms']);
    if ((this.#metadata.partitionCount(topic) ?? 0) <= (record.partition ?? 0)) yield* this.#awaitMetadata(topic, record.partition ?? 0, deadline);
    const timestamp = record.timestamp ?? Math.floor(this.#context.clock() / MILLISECOND);
    const data: RecordData = headers === undefined ? { timestamp, key, value } : { timestamp, key, value, headers };
    const bytes = this.#checkedSizeOf(data);
    const partition = record.partition ?? this.#partitioner.choose(topic, key);
    const appended = yield* this.#accumulator.append({ topic, partition }, data, deadline);
    if (record.partition === undefined && key === null) this.#partitioner.appended(topic, bytes, appended.leavesBatchOpen);
    if (appended.wakesSender) this.#sender.wakeup();
    return appended.future;
  }

  /** Waits until the partition is known to be there. @throws {KafkaError} TimeoutException; what the brokers say against the topic */
  *#awaitMetadata(topic: string, partition: number, deadline: Micros): Task {
    this.#metadata.addTopic(topic);
    for (;;) {
      const count = this.#metadata.partitionCount(topic);
      if (count !== undefined && partition < count) return;
      const error = this.#metadata.topicError(topic);
      if (error !== undefined && !isRetriable(error)) throw new KafkaError(error, `Invalid topics: [${topic}]`);
      this.#metadata.requestUpdate();
      const isInTime = yield* this.#metadata.awaitUpdate(Math.max(0, deadline - this.#context.now));
      if (this.#isClosing) throw new ClientError('KafkaException', 'Producer closed while send in progress');
      if (isInTime) continue;
      const what = count === undefined ? `Topic ${topic}` : `Partition ${partition} of topic ${topic} with partition count ${count}`;
      throw new ClientError('TimeoutException', `${what} not present in metadata after ${this.#config['max.block.ms']} ms.`);
    }
  }

  /** Bytes of a batch with this record alone. @throws {ClientError} RecordTooLargeException */
  #checkedSizeOf(data: RecordData): number {
    const bytes = HEADER_BYTES + sizeOfRecord(data, 0, 0);
    for (const key of ['max.request.size', 'buffer.memory'] as const)
      if (bytes > this.#config[key]) throw new ClientError('RecordTooLargeException', `The message is ${bytes} bytes when serialized which is larger than ${this.#config[key]}, which is the value of the ${key} configuration.`);
    return bytes;
  }

  /** Waits until these batches are done, and those they were split into. */
  *#awaitBatches(batches: readonly ProducerBatch[], deadline: Micros): Task {
    const awaited = [...batches];
    for (let i = 0; i < awaited.length; i += 1) {
      const batch = awaited[i]!;
      if (!(yield* batch.settled(deadline === Infinity ? undefined : Math.max(0, deadline - this.#context.now)))) return;
      awaited.push(...batch.parts);
    }
  }

  #connectionsChanged(): void {
    this.#sender.wakeup();
    this.#metadata.connectionsChanged();
  }
}
