/**
 * @module
 * Records on their way to the sender: per partition a queue of batches (PR-2). Which of them may go now, and when the next one may, is
 * decided here (PR-3, PR-4).
 */
import { milliseconds } from '../../runtime/index.ts';
import type { ActorContext, Micros, Task } from '../../runtime/index.ts';
import { ClientError } from '../client/client-errors.ts';
import type { ExponentialBackoff } from '../client/exponential-backoff.ts';
import type { PartitionLeader } from '../client/metadata.ts';
import type { TopicPartition } from '../client/topic-partition.ts';
import type { ProducerConfig } from '../config/producer-config.ts';
import { HEADER_BYTES } from '../log/record-batch.ts';
import { sizeOfRecord } from '../log/records.ts';
import type { RecordData } from '../log/records.ts';
import type { BufferPool } from './buffer-pool.ts';
import { ProducerBatch } from './producer-batch.ts';
import type { RecordFuture } from './record-future.ts';

interface PartitionQueue extends TopicPartition {
  readonly batches: ProducerBatch[];
  /** A batch of it is in flight, and the next one must not overtake it. */
  isMuted: boolean;
}

export interface Appended {
  readonly future: RecordFuture;
  /** The sender has something new to think about: a batch began, or is full. */
  readonly wakesSender: boolean;
  /** A batch stands there with room in it. */
  readonly leavesBatchOpen: boolean;
}

export interface Readiness {
  /** Leaders of batches that may go now. */
  readonly peers: ReadonlySet<string>;
  /** When the next batch may go. */
  readonly nextAt: Micros;
  readonly hasUnknownLeader: boolean;
}

export type LeaderOf = (topic: string, partition: number) => PartitionLeader | undefined;

export class RecordAccumulator {
  readonly #context: ActorContext;
  readonly #config: ProducerConfig;
  readonly #pool: BufferPool;
  readonly #backoff: ExponentialBackoff;
  readonly #onMemoryShort: () => void;
  readonly #queues: PartitionQueue[] = [];
  readonly #queueOf = new Map<string, PartitionQueue[]>();
  /** Batches that are not done, in the order in which they began. */
  readonly #incomplete = new Set<ProducerBatch>();
  /** Where the round over a leader's partitions goes on, so that none is starved. */
  readonly #drainIndex = new Map<string, number>();
  #flushes = 0;
  #isClosing = false;

  constructor(context: ActorContext, config: ProducerConfig, pool: BufferPool, backoff: ExponentialBackoff, onMemoryShort: () => void) {
    this.#context = context;
    this.#config = config;
    this.#pool = pool;
    this.#backoff = backoff;
    this.#onMemoryShort = onMemoryShort;
  }

  get incomplete(): readonly ProducerBatch[] {
    return [...this.#incomplete];
  }

  /**
   * Adds a record to the last batch of its partition, or to a new one, for whose memory it may wait until `deadline`.
   * @throws {ClientError} BufferExhaustedException; KafkaException if the producer is closed meanwhile
   */
  *append({ topic, partition }: TopicPartition, record: RecordData, deadline: Micros): Task<Appended> {
    const queue = this.#queue(topic, partition);
    const present = this.#tryAppend(queue, record);
    if (present !== undefined) return present;

    const bytes = Math.max(this.#config['batch.size'], HEADER_BYTES + sizeOfRecord(record, 0, 0));
    if (!this.#pool.take(bytes)) {
      // The sender comes to it when this waits, and then sends every batch there is (PR-3).
      this.#onMemoryShort();
      const isGranted = yield* this.#pool.wait(bytes, Math.max(0, deadline - this.#context.now));
      if (this.#isClosing) throw new ClientError('KafkaException', 'Producer closed while allocating memory');
      if (!isGranted) throw new ClientError('BufferExhaustedException', `Failed to allocate ${bytes} bytes within the configured max blocking time ${this.#config['max.block.ms']} ms.`);
      // Another task may have begun a batch while this one waited.
      const later = this.#tryAppend(queue, record);
      if (later !== undefined) {
        this.#pool.release(bytes);
        return later;
      }
    }
    const compression = { type: this.#config['compression.type'], level: this.#config['compression.gzip.level'] };
    const batch = new ProducerBatch(this.#context, { topic, partition, createdAt: this.#context.now, sizeMax: bytes, bufferBytes: bytes, isSplit: false, compression });
    queue.batches.push(batch);
    this.#incomplete.add(batch);
    return { future: batch.tryAppend(record)!, wakesSender: true, leavesBatchOpen: !batch.isFull };
  }

  /** Whose batches may go now, and when to ask again. */
  ready(leaderOf: LeaderOf): Readiness {
    const { now } = this.#context;
    const peers = new Set<string>();
    let nextAt = Infinity;
    let hasUnknownLeader = false;
    for (const { topic, partition, batches, isMuted } of this.#queues) {
      const head = batches[0];
      if (head === undefined) continue;
      const leader = leaderOf(topic, partition);
      if (leader === undefined) {
        hasUnknownLeader = true;
        continue;
      }
      if (isMuted) continue;
      const sendableAt = this.#sendableAt(batches, leader.epoch);
      if (sendableAt <= now) peers.add(leader.peer);
      else if (sendableAt < nextAt) nextAt = sendableAt;
    }
    return { peers, nextAt, hasUnknownLeader };
  }

  /** Takes the first batch of each partition that this peer leads, as many as fit into a request (§4.2.3). */
  drain(peer: string, leaderOf: LeaderOf): ProducerBatch[] {
    const led = this.#queues.filter(({ topic, partition, batches, isMuted }) => !isMuted && batches.length > 0 && leaderOf(topic, partition)?.peer === peer);
    const start = (this.#drainIndex.get(peer) ?? 0) % Math.max(1, led.length);
    const drained: ProducerBatch[] = [];
    let size = 0;
    let visited = 0;
    for (; visited < led.length; visited += 1) {
      const { topic, partition, batches } = led[(start + visited) % led.length]!;
      const head = batches[0]!;
      if (this.#isBackingOff(head, leaderOf(topic, partition)!.epoch)) continue;
      if (size + head.sizeInBytes > this.#config['max.request.size'] && drained.length > 0) break;
      size += head.sizeInBytes;
      batches.shift();
      drained.push(head);
    }
    this.#drainIndex.set(peer, start + visited);
    return drained;
  }

  /** Puts a batch back at the front, to be sent again after a backoff (§4.4.3). Without idempotence this reorders it behind what went after it. */
  reenqueue(batch: ProducerBatch): void {
    batch.retryAt = this.#context.now + this.#backoff.delayUs(batch.attempts);
    batch.retried();
    this.#queue(batch.topic, batch.partition).batches.unshift(batch);
  }

  /** Puts the parts of a batch that is too large at the front, in order (§4.4.2). */
  splitAndReenqueue(batch: ProducerBatch): void {
    const parts = batch.split(this.#config['batch.size']);
    for (const part of parts) this.#incomplete.add(part);
    this.#queue(batch.topic, batch.partition).batches.unshift(...parts);
  }

  /** Takes out the batches that have waited in their queue for delivery.timeout.ms (§4.2.5). */
  takeExpired(): ProducerBatch[] {
    const expired: ProducerBatch[] = [];
    for (const { batches } of this.#queues) while (batches[0] !== undefined && this.hasExpired(batches[0])) expired.push(batches.shift()!);
    return expired;
  }

  /** When the first batch waiting in a queue expires. */
  get expiresAt(): Micros {
    let first = Infinity;
    for (const { batches } of this.#queues) if (batches[0] !== undefined) first = Math.min(first, this.expiryOf(batches[0]));
    return first;
  }

  expiryOf(batch: ProducerBatch): Micros {
    return batch.createdAt + milliseconds(this.#config['delivery.timeout.ms']);
  }

  hasExpired(batch: ProducerBatch): boolean {
    return this.#context.now >= this.expiryOf(batch);
  }

  /** A batch is done and not in flight any more: its memory is free. */
  forget(batch: ProducerBatch): void {
    if (this.#incomplete.delete(batch)) this.#pool.release(batch.bufferBytes);
  }

  setMuted({ topic, partition }: TopicPartition, isMuted: boolean): void {
    this.#queue(topic, partition).isMuted = isMuted;
  }

  beginFlush(): void {
    this.#flushes += 1;
  }

  endFlush(): void {
    this.#flushes -= 1;
  }

  /** From now on every batch may go at once, and no record comes any more. */
  close(): void {
    this.#isClosing = true;
    this.#pool.close();
  }

  /** Drops all queues. @returns the batches that are not done, in flight or not */
  abandon(): readonly ProducerBatch[] {
    for (const { batches } of this.#queues) batches.length = 0;
    return this.incomplete;
  }

  #tryAppend({ batches }: PartitionQueue, record: RecordData): Appended | undefined {
    const last = batches.at(-1);
    const future = last?.tryAppend(record);
    if (last === undefined || future === undefined) return undefined;
    return { future, wakesSender: last.isFull, leavesBatchOpen: !last.isFull };
  }

  /** PR-3, for the first of these batches. */
  #sendableAt(batches: readonly ProducerBatch[], leaderEpoch: number): Micros {
    const head = batches[0]!;
    if (this.#isBackingOff(head, leaderEpoch)) return head.retryAt;
    if (batches.length > 1 || head.isFull || this.#pool.hasWaiters || this.#flushes > 0 || this.#isClosing) return this.#context.now;
    return head.createdAt + milliseconds(this.#config['linger.ms']);
  }

  #isBackingOff(batch: ProducerBatch, leaderEpoch: number): boolean {
    return !batch.hasNewLeader(leaderEpoch) && batch.retryAt > this.#context.now;
  }

  #queue(topic: string, partition: number): PartitionQueue {
    let queues = this.#queueOf.get(topic);
    if (queues === undefined) {
      queues = [];
      this.#queueOf.set(topic, queues);
    }
    let queue = queues[partition];
    if (queue === undefined) {
      queue = { topic, partition, batches: [], isMuted: false };
      queues[partition] = queue;
      this.#queues.push(queue);
    }
    return queue;
  }
}
