/** Producer and consumer together, on a network that delays, jams, resets and goes silent: what must hold whatever happens. */
import { expect, test } from 'vitest';
import { SECOND, milliseconds } from '../../runtime/index.ts';
import { parseConfig } from '../config/config-definition.ts';
import { CONSUMER_CONFIG } from '../config/consumer-config.ts';
import { PRODUCER_CONFIG } from '../config/producer-config.ts';
import { KafkaConsumer } from '../consumer/kafka-consumer.ts';
import { KafkaProducer } from '../producer/kafka-producer.ts';
import type { RecordFuture } from '../producer/record-future.ts';
import { runClient } from '../testing/run-client.ts';
import { ScriptedCluster } from '../testing/scripted-cluster.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const RECORDS = 150;
const PARTITIONS = 4;

test.each(Array.from({ length: 25 }, (_, i) => `weather-${i}`))('seed %s: every send ends, what is acknowledged is in the log in its order, and the consumer reads the log as it is', (seed) => {
  const cluster = new ScriptedCluster({ orders: PARTITIONS }, 3);
  // Leaders move now and then: each step on the broker that takes over.
  for (let i = 0; i < 8; i += 1) cluster.later((i + 1) * SECOND, (i % 3) + 1, () => cluster.elect(`orders-${i % PARTITIONS}`, (i % 3) + 1));
  const sent: { readonly value: string; readonly partition: number; readonly sentAt: number; readonly future: RecordFuture; endedAt: number }[] = [];
  const read = new Map<number, string[]>();
  const { endedAt } = runClient(
    cluster.actors,
    function* (context) {
      const config = parseConfig(PRODUCER_CONFIG, {
        'enable.idempotence': false, 'max.in.flight.requests.per.connection': 1, 'request.timeout.ms': 700, 'delivery.timeout.ms': 4_000, 'buffer.memory': 40_000,
        'batch.size': 300, 'max.block.ms': 2_000,
      });
      const producer = new KafkaProducer(context, { bootstrapServers: cluster.bootstrapServers, config });
      const random = context.random('load');
      for (let i = 0; i < RECORDS; i += 1) {
        yield* context.sleep(random.exponential(milliseconds(60)));
        const [value, partition, sentAt] = [`r${i}`, i % PARTITIONS, context.now];
        const future = yield* producer.send({ topic: 'orders', partition, value: encoder.encode(value) });
        const entry = { value, partition, sentAt, future, endedAt: -1 };
        sent.push(entry);
        future.onCompletion(() => (entry.endedAt = context.now));
      }
      yield* producer.flush();
      expect(sent.every(({ future }) => future.outcome !== undefined)).toBe(true);
      expect(sent.every((entry) => entry.endedAt <= entry.sentAt + milliseconds(2_000 + 4_000))).toBe(true);
      // The last answers may still be under way.
      yield* context.sleep(2 * SECOND);
      expect(producer.metrics).toMatchObject({ 'buffer-available-bytes': 40_000, 'requests-in-flight': 0 });
      yield* producer.close();

      const consumer = new KafkaConsumer(context, { bootstrapServers: cluster.bootstrapServers, config: parseConfig(CONSUMER_CONFIG, { 'auto.offset.reset': 'earliest', 'request.timeout.ms': 2_000, 'max.poll.records': 7 }) });
      const partitions = Array.from({ length: PARTITIONS }, (_, partition) => ({ topic: 'orders', partition }));
      consumer.assign(partitions);
      const ends = yield* consumer.endOffsets(partitions);
      while (ends.some((end) => (consumer.position(end) ?? 0) < end.offset)) {
        for (const { partition, value } of yield* consumer.poll(500)) read.set(partition, [...(read.get(partition) ?? []), decoder.decode(value ?? undefined)]);
      }
      yield* consumer.close();
    },
    { seed, weather: [{ perMillion: { delay: 20_000, jam: 10_000, reset: 25_000, 'half-open': 10_000, refuse: 20_000 } }], weatherUntil: 600 * SECOND },
  );
  expect(endedAt).toBeLessThan(300 * SECOND);

  for (let partition = 0; partition < PARTITIONS; partition += 1) {
    const log = cluster.values(`orders-${partition}`);
    expect(read.get(partition)).toEqual(log);
    const acknowledged = sent.filter((entry) => entry.partition === partition).flatMap(({ value, future: { outcome } }) => (outcome?.isAcknowledged === true ? [{ value, offset: outcome.metadata.offset }] : []));
    expect(acknowledged.length).toBeGreaterThan(0);
    for (const { value, offset } of acknowledged) expect(log[offset]).toBe(value);
    const offsets = acknowledged.map(({ offset }) => offset);
    expect(offsets).toEqual([...offsets].sort((a, b) => a - b));
    // A failure that is said to be definite left nothing behind.
    for (const { value, future: { outcome } } of sent) if (outcome?.isAcknowledged === false && !outcome.isIndeterminate) expect(log).not.toContain(value);
  }
});
