/**
 * @module
 * An application that produces, open loop: records come at their own rate, whether or not the cluster keeps up. Every value is
 * unique, so that a judge can tell each record from every other.
 */
import { KafkaProducer } from '../../actors/producer/kafka-producer.ts';
import type { RecordOutcome } from '../../actors/producer/record-future.ts';
import type { Observation } from '../../actors/observation.ts';
import { acksOf } from '../../actors/config/producer-config.ts';
import type { ProducerConfig } from '../../actors/config/producer-config.ts';
import { MILLISECOND, SECOND } from '../../runtime/index.ts';
import { nameWithKey } from './record-value.ts';
import type { Actor, ActorContext, Micros, Task } from '../../runtime/index.ts';

export interface ProducingOptions {
  readonly name: string;
  readonly bootstrap: readonly string[];
  /** Records of a compacted topic have keys. */
  readonly topics: readonly { readonly name: string; readonly partitions: number; readonly isCompacted: boolean }[];
  /** Mean time between two records of this application, µs. */
  readonly meanIntervalUs: Micros;
  readonly valueBytes: number;
  readonly config: ProducerConfig;
  readonly from: Micros;
  readonly until: Micros;
  readonly metricsIntervalUs?: Micros | undefined;
}

const encoder = new TextEncoder();
/** Keys of a partition of a compacted topic, which all applications write. */
const KEYS = 20;

export function producingApplication(options: ProducingOptions): Actor {
  return {
    name: options.name,
    finishes: true,
    start(context) {
      context.spawn(run(context, options));
    },
  };
}

function* run(context: ActorContext, options: ProducingOptions): Task {
  const producer = new KafkaProducer(context, { bootstrapServers: options.bootstrap, config: options.config, metricsIntervalUs: options.metricsIntervalUs });
  const load = new Load(context, producer, options);
  yield* context.sleep(Math.max(0, options.from - context.now));
  yield* load.run();
  yield* producer.flush();
  yield* producer.close(options.config['delivery.timeout.ms']);
  context.finish();
}

class Load {
  readonly #context: ActorContext;
  readonly #producer: KafkaProducer;
  readonly #options: ProducingOptions;
  readonly #acks: number;
  #call = 0;

  constructor(context: ActorContext, producer: KafkaProducer, options: ProducingOptions) {
    this.#context = context;
    this.#producer = producer;
    this.#options = options;
    this.#acks = acksOf(options.config);
  }

  *run(): Task {
    const { topics, meanIntervalUs, until } = this.#options;
    const arrivals = this.#context.random('arrivals');
    const choice = this.#context.random('partitions');
    const keys = topics.some(({ isCompacted }) => isCompacted) ? this.#context.random('keys') : undefined;
    let due = this.#context.now;
    for (;;) {
      due += arrivals.exponential(meanIntervalUs);
      if (due >= until) return;
      // Open loop: a record that is late because the one before it had to wait goes out at once.
      if (due > this.#context.now) yield* this.#context.sleep(due - this.#context.now);
      const topic = choice.pick(topics);
      yield* this.#send(topic.name, choice.below(topic.partitions), topic.isCompacted ? `k${keys!.below(KEYS)}` : undefined);
    }
  }

  *#send(topic: string, partition: number, key: string | undefined): Task {
    const call = this.#call;
    this.#call += 1;
    const name = `${this.#options.name}${this.#context.incarnation === 0 ? '' : `.${this.#context.incarnation}`}-${call}`;
    const value = key === undefined ? name : nameWithKey(name, key);
    this.#observe({ kind: 'send-invoked', call, topic, partition, value, acks: this.#acks });
    const future = yield* this.#producer.send({ topic, partition, key: key === undefined ? null : encoder.encode(key), value: this.#padded(value), timestamp: Math.floor(this.#context.clock() / MILLISECOND) });
    future.onRetry(() => this.#observe({ kind: 'send-retried', call, topic, partition, value }));
    future.onCompletion((outcome) => this.#returned(call, topic, partition, value, outcome));
  }

  #returned(call: number, topic: string, partition: number, value: string, outcome: RecordOutcome): void {
    const offset = outcome.isAcknowledged ? outcome.metadata.offset : -1;
    const error = outcome.isAcknowledged ? null : outcome.error.name;
    const isIndeterminate = !outcome.isAcknowledged && outcome.isIndeterminate;
    this.#observe({ kind: 'send-returned', call, topic, partition, value, acks: this.#acks, offset, error, isIndeterminate });
  }

  /** The value as bytes of the size that was asked for: the name of the record, a space, and filling. */
  #padded(value: string): Uint8Array {
    return encoder.encode(value.length >= this.#options.valueBytes ? value : `${value} `.padEnd(this.#options.valueBytes, '.'));
  }

  #observe(observation: Observation): void {
    this.#context.observe(observation);
  }
}

/** Records per second of all producers together, as the mean interval of each. */
export function meanInterval(ratePerSecond: number, producers: number): Micros {
  return Math.max(1, Math.round((SECOND * producers) / ratePerSecond));
}
