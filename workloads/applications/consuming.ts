/** @module Applications that read: one that follows all partitions while the load runs, and the auditor, which reads everything once more after the heal. */
import { KafkaConsumer } from '../../actors/consumer/kafka-consumer.ts';
import type { ConsumerRecord, PartitionOffset } from '../../actors/consumer/kafka-consumer.ts';
import { CorruptRecordError } from '../../actors/client/client-errors.ts';
import type { ConsumerConfig } from '../../actors/config/consumer-config.ts';
import type { Observation } from '../../actors/observation.ts';
import type { PlantedBugs } from '../../actors/protocol-variant.ts';
import { SECOND } from '../../runtime/index.ts';
import type { Actor, ActorContext, Micros, Task } from '../../runtime/index.ts';
import { KafkaError } from '../../actors/protocol/errors.ts';
import { recordName } from './record-value.ts';

export interface ConsumingOptions {
  readonly name: string;
  readonly bootstrap: readonly string[];
  readonly partitions: readonly { readonly topic: string; readonly partition: number }[];
  readonly config: ConsumerConfig;
  /** It begins to read. */
  readonly from: Micros;
  /** From here on it stops once it has read to the end. */
  readonly until: Micros;
  readonly metricsIntervalUs?: Micros | undefined;
  readonly planted?: PlantedBugs | undefined;
}

const POLL_MS = 1_000;
/** Without a single record for so long, µs, whoever should stop at the end of the log does not wait for it any more: bits that rotted may hide all that follows. */
const PATIENCE_US = 30 * SECOND;

/** Reads every partition while the load runs, and stops at the end of the log once the load is over. */
export function consumingApplication(options: ConsumingOptions): Actor {
  return application(options, function* (context, consumer) {
    let waitsSince = options.until;
    for (;;) {
      const records = yield* pollPastCorrupt(context, consumer);
      if (records.length > 0) waitsSince = Math.max(options.until, context.now);
      for (const [at, share] of shares(records)) observe(context, { kind: 'polled', ...at, offsets: share.map(({ offset }) => offset), values: share.map(({ value }) => recordName(value)) });
      if (context.now < options.until || records.length > 0) continue;
      const ends = yield* endsOf(consumer, options);
      const hasPatience = context.now - waitsSince < PATIENCE_US;
      if (hasPatience && (ends === undefined || options.partitions.some((at) => positionOf(consumer, at) < endOf(ends, at)))) continue;
      for (const at of options.partitions) stops(context, options, at, positionOf(consumer, at), ends === undefined ? -1 : endOf(ends, at));
      return;
    }
  });
}

/** What it says of a partition as it stops: that it has read it to its end, or that it has given up. */
function stops(context: ActorContext, { config }: ConsumingOptions, { topic, partition }: { readonly topic: string; readonly partition: number }, position: number, endOffset: number): void {
  const fromOffset = config['auto.offset.reset'] === 'earliest' ? 0 : -1;
  if (endOffset < 0 || position < endOffset) observe(context, { kind: 'gave-up', topic, partition, position, endOffset });
  // What it was to be given below its position is judged wherever it stopped.
  observe(context, { kind: 'read-to-end', topic, partition, fromOffset, endOffset: position });
}

/** After the heal, reads every partition from its start to its end, and says what stands there: the truth that everything else is held against. */
export function auditor(options: ConsumingOptions): Actor {
  return application(options, function* (context, consumer) {
    const read = new Map<string, ConsumerRecord[]>(options.partitions.map((at) => [nameOf(at), []]));
    const ends = yield* retried(context, () => consumer.endOffsets(options.partitions));
    const isBehind = (at: { readonly topic: string; readonly partition: number }): boolean => positionOf(consumer, at) < endOf(ends, at);
    for (let waitsSince = context.now; options.partitions.some(isBehind) && context.now - waitsSince < PATIENCE_US; ) {
      const records = yield* pollPastCorrupt(context, consumer);
      if (records.length > 0) waitsSince = context.now;
      for (const record of records) read.get(nameOf(record))!.push(record);
    }
    for (const { topic, partition } of options.partitions) {
      if (isBehind({ topic, partition })) continue;
      const records = read.get(nameOf({ topic, partition }))!;
      observe(context, { kind: 'final-read', topic, partition, endOffset: endOf(ends, { topic, partition }), offsets: records.map(({ offset }) => offset), values: records.map(({ value }) => recordName(value)) });
    }
  });
}

/** A poll that steps over what it cannot read, offset by offset, as Kafka advises: "If needed, please seek past the record to continue consumption". */
function* pollPastCorrupt(context: ActorContext, consumer: KafkaConsumer): Task<readonly ConsumerRecord[]> {
  try {
    return yield* consumer.poll(POLL_MS);
  } catch (error) {
    if (!(error instanceof CorruptRecordError)) throw error;
    const { topic, partition, offset } = error;
    observe(context, { kind: 'unreadable', topic, partition, offset });
    consumer.seek({ topic, partition }, offset + 1);
    return [];
  }
}

function application(options: ConsumingOptions, work: (context: ActorContext, consumer: KafkaConsumer) => Task): Actor {
  return {
    name: options.name,
    finishes: true,
    restartAfterUs: SECOND,
    start(context) {
      context.spawn(
        (function* () {
          yield* context.sleep(Math.max(0, options.from - context.now));
          const consumer = new KafkaConsumer(context, { bootstrapServers: options.bootstrap, config: options.config, metricsIntervalUs: options.metricsIntervalUs, planted: options.planted });
          consumer.assign(options.partitions);
          yield* work(context, consumer);
          yield* consumer.close();
          context.finish();
        })(),
      );
    },
  };
}

function positionOf(consumer: KafkaConsumer, at: { readonly topic: string; readonly partition: number }): number {
  return consumer.position(at) ?? 0;
}

/** Where its partitions end; undefined: nobody can tell now. */
function* endsOf(consumer: KafkaConsumer, { partitions }: ConsumingOptions): Task<readonly PartitionOffset[] | undefined> {
  try {
    return yield* consumer.endOffsets(partitions);
  } catch (error) {
    if (error instanceof KafkaError) return undefined;
    throw error;
  }
}

/** Asks again for as long as Kafka's errors say that it could not be answered now. */
function* retried<T>(context: ActorContext, ask: () => Task<T>): Task<T> {
  for (;;) {
    try {
      return yield* ask();
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
      yield* context.sleep(SECOND);
    }
  }
}

function endOf(ends: readonly { readonly topic: string; readonly partition: number; readonly offset: number }[], at: { readonly topic: string; readonly partition: number }): number {
  return ends.find(({ topic, partition }) => topic === at.topic && partition === at.partition)!.offset;
}

/** A poll's records by partition, each in order. */
function shares(records: readonly ConsumerRecord[]): [{ readonly topic: string; readonly partition: number }, ConsumerRecord[]][] {
  const byPartition = new Map<string, [{ readonly topic: string; readonly partition: number }, ConsumerRecord[]]>();
  for (const record of records) {
    const known = byPartition.get(nameOf(record));
    if (known === undefined) byPartition.set(nameOf(record), [{ topic: record.topic, partition: record.partition }, [record]]);
    else known[1].push(record);
  }
  return [...byPartition.values()];
}

function nameOf({ topic, partition }: { readonly topic: string; readonly partition: number }): string {
  return `${topic}-${partition}`;
}

function observe(context: ActorContext, observation: Observation): void {
  context.observe(observation);
}
