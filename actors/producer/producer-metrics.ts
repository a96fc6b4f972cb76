/** @module What a producer measures, under the names of Kafka's producer-metrics (§8). */
import { MILLISECOND, SECOND } from '../../runtime/index.ts';
import type { ActorContext, Micros } from '../../runtime/index.ts';
import { RequestCounts } from '../client/request-counts.ts';
import { Metrics } from '../metrics/registry.ts';
import { Sensor } from '../metrics/sensor.ts';

/** What is looked up when a sample is taken. */
export interface ProducerView {
  readonly requestsInFlight: () => number;
  readonly metadataAgeUs: () => Micros;
  readonly bufferTotalBytes: () => number;
  readonly bufferAvailableBytes: () => number;
  readonly waitingThreads: () => number;
}

interface RecordSensors {
  readonly sent: Sensor;
  readonly failed: Sensor;
  readonly retried: Sensor;
}

const OBJECT = 'kafka.producer:type=producer-metrics';

export class ProducerMetrics {
  readonly #context: ActorContext;
  readonly #tags: { readonly 'client-id': string };
  readonly #metrics: Metrics;
  readonly #records: RecordSensors;
  readonly #byTopic = new Map<string, RecordSensors>();
  readonly requests: RequestCounts;
  readonly splits: Sensor;
  readonly exhausted: Sensor;
  readonly #latency: Sensor;
  readonly #batchSize: Sensor;
  readonly #queueTime: Sensor;
  readonly #recordsPerRequest: Sensor;

  /** @param intervalUs they are sampled so often; undefined: never */
  constructor(context: ActorContext, clientId: string, intervalUs: Micros | undefined) {
    this.#context = context;
    this.#tags = { 'client-id': clientId };
    this.#metrics = new Metrics(context, `producer ${clientId}`);
    this.#records = recordSensors(context);
    this.requests = new RequestCounts(context);
    this.splits = new Sensor(context);
    this.exhausted = new Sensor(context);
    this.#latency = new Sensor(context);
    this.#batchSize = new Sensor(context);
    this.#queueTime = new Sensor(context);
    this.#recordsPerRequest = new Sensor(context);
    this.#register();
    if (intervalUs !== undefined) this.#metrics.sampleEvery(intervalUs);
  }

  /** From now on there is something to look up. */
  watch(view: ProducerView): void {
    const metrics = this.#metrics;
    metrics.attribute(`${OBJECT}:requests-in-flight`, view.requestsInFlight, this.#tags);
    metrics.attribute(`${OBJECT}:metadata-age`, () => view.metadataAgeUs() / SECOND, this.#tags);
    metrics.attribute(`${OBJECT}:buffer-total-bytes`, view.bufferTotalBytes, this.#tags);
    metrics.attribute(`${OBJECT}:buffer-available-bytes`, view.bufferAvailableBytes, this.#tags);
    metrics.attribute(`${OBJECT}:waiting-threads`, view.waitingThreads, this.#tags);
  }

  /** By attribute, e.g. `record-retry-total`. */
  get attributes(): Readonly<Record<string, number | undefined>> {
    return this.#metrics.attributesOf(OBJECT, this.#tags);
  }

  close(): void {
    this.#metrics.close();
  }

  /** A batch goes out, with a request. */
  sent(topic: string, records: number, bytes: number, createdAt: Micros): void {
    this.#records.sent.record(records);
    this.#topic(topic).sent.record(records);
    this.#batchSize.record(bytes);
    this.#queueTime.record((this.#context.now - createdAt) / MILLISECOND);
  }

  /** A Produce request goes out, with so many records. */
  requested(records: number): void {
    this.#recordsPerRequest.record(records);
  }

  answered(sentAt: Micros): void {
    this.#latency.record((this.#context.now - sentAt) / MILLISECOND);
  }

  failed(topic: string, records: number): void {
    this.#records.failed.record(records);
    this.#topic(topic).failed.record(records);
  }

  retried(topic: string, records: number): void {
    this.#records.retried.record(records);
    this.#topic(topic).retried.record(records);
  }

  #topic(topic: string): RecordSensors {
    let sensors = this.#byTopic.get(topic);
    if (sensors === undefined) {
      sensors = recordSensors(this.#context);
      this.#byTopic.set(topic, sensors);
      this.#registerRecords('kafka.producer:type=producer-topic-metrics', sensors, { ...this.#tags, topic });
    }
    return sensors;
  }

  #registerRecords(object: 'kafka.producer:type=producer-metrics' | 'kafka.producer:type=producer-topic-metrics', { sent, failed, retried }: RecordSensors, tags: Readonly<Record<string, string>>): void {
    const metrics = this.#metrics;
    metrics.attribute(`${object}:record-send-total`, () => sent.total, tags);
    metrics.attribute(`${object}:record-send-rate`, () => sent.rate, tags);
    metrics.attribute(`${object}:record-error-total`, () => failed.total, tags);
    metrics.attribute(`${object}:record-error-rate`, () => failed.rate, tags);
    metrics.attribute(`${object}:record-retry-total`, () => retried.total, tags);
    metrics.attribute(`${object}:record-retry-rate`, () => retried.rate, tags);
  }

  #register(): void {
    const metrics = this.#metrics;
    const tags = this.#tags;
    this.#registerRecords(OBJECT, this.#records, tags);
    metrics.attribute(`${OBJECT}:request-total`, () => this.requests.sent.total, tags);
    metrics.attribute(`${OBJECT}:request-rate`, () => this.requests.sent.rate, tags);
    metrics.attribute(`${OBJECT}:response-total`, () => this.requests.answered.total, tags);
    metrics.attribute(`${OBJECT}:response-rate`, () => this.requests.answered.rate, tags);
    metrics.attribute(`${OBJECT}:request-latency-avg`, () => this.#latency.avg, tags);
    metrics.attribute(`${OBJECT}:request-latency-max`, () => this.#latency.max, tags);
    metrics.attribute(`${OBJECT}:batch-size-avg`, () => this.#batchSize.avg, tags);
    metrics.attribute(`${OBJECT}:batch-size-max`, () => this.#batchSize.max, tags);
    metrics.attribute(`${OBJECT}:record-queue-time-avg`, () => this.#queueTime.avg, tags);
    metrics.attribute(`${OBJECT}:record-queue-time-max`, () => this.#queueTime.max, tags);
    metrics.attribute(`${OBJECT}:records-per-request-avg`, () => this.#recordsPerRequest.avg, tags);
    metrics.attribute(`${OBJECT}:batch-split-total`, () => this.splits.total, tags);
    metrics.attribute(`${OBJECT}:batch-split-rate`, () => this.splits.rate, tags);
    metrics.attribute(`${OBJECT}:buffer-exhausted-total`, () => this.exhausted.total, tags);
    metrics.attribute(`${OBJECT}:buffer-exhausted-rate`, () => this.exhausted.rate, tags);
  }
}

function recordSensors(context: ActorContext): RecordSensors {
  return { sent: new Sensor(context), failed: new Sensor(context), retried: new Sensor(context) };
}
