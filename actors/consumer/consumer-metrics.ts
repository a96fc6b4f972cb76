/** @module What a consumer measures, under the names of Kafka's consumer-fetch-manager-metrics (§8). */
import { MILLISECOND } from '../../runtime/index.ts';
import type { ActorContext, Micros } from '../../runtime/index.ts';
import type { TopicPartition } from '../client/topic-partition.ts';
import { Metrics } from '../metrics/registry.ts';
import { Sensor } from '../metrics/sensor.ts';
import type { AssignedPartition } from './subscription-state.ts';

const OBJECT = 'kafka.consumer:type=consumer-fetch-manager-metrics';

/** Of one partition. */
interface Lag {
  readonly sensor: Sensor;
  /** As of the last poll that had records of it. */
  last: number;
}

export class ConsumerMetrics {
  readonly #context: ActorContext;
  readonly #tags: { readonly 'client-id': string };
  readonly #metrics: Metrics;
  readonly #records: Sensor;
  readonly #bytes: Sensor;
  readonly #latency: Sensor;
  readonly #lag: Sensor;
  readonly #lead: Sensor;
  readonly #lags = new Map<AssignedPartition, Lag>();

  /** @param intervalUs they are sampled so often; undefined: never */
  constructor(context: ActorContext, clientId: string, intervalUs: Micros | undefined) {
    this.#context = context;
    this.#tags = { 'client-id': clientId };
    this.#metrics = new Metrics(context, `consumer ${clientId}`);
    this.#records = new Sensor(context);
    this.#bytes = new Sensor(context);
    this.#latency = new Sensor(context);
    this.#lag = new Sensor(context);
    this.#lead = new Sensor(context);
    this.#register();
    if (intervalUs !== undefined) this.#metrics.sampleEvery(intervalUs);
  }

  /** By attribute, e.g. `records-lag-max`. */
  get attributes(): Readonly<Record<string, number | undefined>> {
    return this.#metrics.attributesOf(OBJECT, this.#tags);
  }

  close(): void {
    this.#metrics.close();
  }

  /** A poll hands over so many records. */
  consumed(records: number): void {
    if (records > 0) this.#records.record(records);
  }

  /** A fetch is answered. */
  fetched(bytes: number, sentAt: Micros): void {
    this.#bytes.record(bytes);
    this.#latency.record((this.#context.now - sentAt) / MILLISECOND);
  }

  /** A poll had records of this partition: how far it is now from the high watermark, and from the start of the log. */
  moved(partition: AssignedPartition): void {
    const { position, highWatermark, logStartOffset } = partition;
    if (position === undefined || highWatermark < 0) return;
    const records = Math.max(0, highWatermark - position);
    this.#lag.record(records);
    this.#lead.record(position - logStartOffset);
    const lag = this.#lags.get(partition) ?? this.#registerLag(partition);
    lag.sensor.record(records);
    lag.last = records;
  }

  /** A partition is not read any more. */
  revoked(partition: AssignedPartition): void {
    if (this.#lags.delete(partition)) this.#metrics.remove(this.#partitionTags(partition));
  }

  #registerLag(partition: AssignedPartition): Lag {
    const lag: Lag = { sensor: new Sensor(this.#context), last: 0 };
    this.#lags.set(partition, lag);
    const tags = this.#partitionTags(partition);
    this.#metrics.attribute(`${OBJECT}:records-lag`, () => lag.last, tags);
    this.#metrics.attribute(`${OBJECT}:records-lag-max`, () => lag.sensor.max, tags);
    return lag;
  }

  #partitionTags({ topic, partition }: TopicPartition): Readonly<Record<string, string | number>> {
    return { ...this.#tags, topic, partition };
  }

  #register(): void {
    const metrics = this.#metrics;
    const tags = this.#tags;
    metrics.attribute(`${OBJECT}:records-lag-max`, () => this.#lag.max, tags);
    metrics.attribute(`${OBJECT}:records-lead-min`, () => this.#lead.min, tags);
    metrics.attribute(`${OBJECT}:records-consumed-total`, () => this.#records.total, tags);
    metrics.attribute(`${OBJECT}:records-consumed-rate`, () => this.#records.rate, tags);
    metrics.attribute(`${OBJECT}:bytes-consumed-total`, () => this.#bytes.total, tags);
    metrics.attribute(`${OBJECT}:bytes-consumed-rate`, () => this.#bytes.rate, tags);
    metrics.attribute(`${OBJECT}:fetch-size-avg`, () => this.#bytes.avg, tags);
    metrics.attribute(`${OBJECT}:fetch-size-max`, () => this.#bytes.max, tags);
    metrics.attribute(`${OBJECT}:fetch-total`, () => this.#latency.count, tags);
    metrics.attribute(`${OBJECT}:fetch-rate`, () => this.#latency.countRate, tags);
    metrics.attribute(`${OBJECT}:fetch-latency-avg`, () => this.#latency.avg, tags);
    metrics.attribute(`${OBJECT}:fetch-latency-max`, () => this.#latency.max, tags);
  }
}
