/**
 * @module
 * Records of one partition that travel together, and what became of them.
 *
 *     open ──drained──► closed ──► SUCCEEDED | FAILED | ABORTED     (§4.3: the first final state stays)
 *      takes records     encoded once; sent, and sent again
 */
import type { ActorContext, Micros, Signal, Task } from '../../runtime/index.ts';
import type { Compression } from '../log/compression.ts';
import { HEADER_BYTES } from '../log/record-batch.ts';
import { encodeRecordBatch, sizeOfRecord } from '../log/records.ts';
import type { RecordData } from '../log/records.ts';
import type { Offset } from '../log/record-batch.ts';
import type { KafkaError } from '../protocol/errors.ts';
import { RecordFuture } from './record-future.ts';

export type FinalState = 'SUCCEEDED' | 'FAILED' | 'ABORTED';

export interface BatchOptions {
  readonly topic: string;
  readonly partition: number;
  /** When its first record came. */
  readonly createdAt: Micros;
  /** Full at this size; one record always fits. */
  readonly sizeMax: number;
  /** What it holds of the buffer memory: nothing if it was split off another. */
  readonly bufferBytes: number;
  readonly isSplit: boolean;
  readonly compression: Compression;
}

export class ProducerBatch {
  readonly #context: ActorContext;
  readonly topic: string;
  readonly partition: number;
  readonly createdAt: Micros;
  readonly bufferBytes: number;
  readonly isSplit: boolean;
  readonly #compression: Compression;
  readonly #sizeMax: number;
  readonly #records: RecordData[] = [];
  readonly #futures: RecordFuture[] = [];
  #sizeInBytes = HEADER_BYTES;
  #largestRecord = 0;
  #encoded: Uint8Array | undefined;
  #settled: Signal | undefined;

  /** Attempts that failed and are to be made again. */
  attempts = 0;
  /** Not to be sent before this, unless the leader changed (PR-4). */
  retryAt: Micros = 0;
  isInFlight = false;
  /** An attempt ended with its outcome open: the records may be in the log. */
  mayBeAppended = false;
  finalState: FinalState | undefined;
  /** What it was split into. */
  parts: readonly ProducerBatch[] = [];
  /** KAFKA-15415: the newest leader epoch seen for it, and how many attempts had failed when it was first seen. */
  #leaderEpoch = -1;
  #attemptsBeforeLeader = -1;

  constructor(context: ActorContext, { topic, partition, createdAt, sizeMax, bufferBytes, isSplit, compression }: BatchOptions) {
    this.#context = context;
    this.topic = topic;
    this.partition = partition;
    this.createdAt = createdAt;
    this.bufferBytes = bufferBytes;
    this.isSplit = isSplit;
    this.#compression = compression;
    this.#sizeMax = sizeMax;
  }

  get recordCount(): number {
    return this.#records.length;
  }

  get sizeInBytes(): number {
    return this.#sizeInBytes;
  }

  /** It takes no more records: there is no room, or it has been sent. */
  get isFull(): boolean {
    return this.#encoded !== undefined || this.#sizeInBytes >= this.#sizeMax;
  }

  get isDone(): boolean {
    return this.finalState !== undefined;
  }

  /** Adds a record, if there is room. @returns undefined if not */
  tryAppend(record: RecordData): RecordFuture | undefined {
    const future = new RecordFuture(this.#context, this.topic, this.partition);
    return this.#add(record, future) ? future : undefined;
  }

  /** The bytes that go over the wire, the same for every attempt. From now on it is closed. */
  encode(): Uint8Array {
    this.#encoded ??= encodeRecordBatch(this.#records, undefined, this.#compression);
    return this.#encoded;
  }

  /** Takes note of the epoch of the partition's leader. @returns whether that leader is another than the one the last attempt went to */
  hasNewLeader(leaderEpoch: number): boolean {
    if (leaderEpoch > this.#leaderEpoch) {
      this.#leaderEpoch = leaderEpoch;
      this.#attemptsBeforeLeader = this.attempts;
    }
    return this.attempts >= 1 && this.attempts === this.#attemptsBeforeLeader;
  }

  /** An attempt has failed, and there will be another. */
  retried(): void {
    this.attempts += 1;
    for (const future of this.#futures) future.retried();
  }

  /** The records are in the log; with acks=0 nobody knows where: −1. `logAppendTimeMs` −1: they keep the producer's timestamps. */
  succeed(baseOffset: Offset, logAppendTimeMs: number): void {
    if (this.isDone) return;
    this.finalState = 'SUCCEEDED';
    const { topic, partition } = this;
    for (let i = 0; i < this.#futures.length; i += 1) {
      const offset = baseOffset < 0 ? baseOffset : baseOffset + i;
      const timestamp = logAppendTimeMs < 0 ? this.#records[i]!.timestamp : logAppendTimeMs;
      this.#futures[i]!.settle({ isAcknowledged: true, metadata: { topic, partition, offset, timestamp } });
    }
    this.#settled?.notify();
  }

  /** Gives up. What was in flight may still be executed. */
  fail(state: 'FAILED' | 'ABORTED', error: KafkaError): void {
    if (this.isDone) return;
    this.finalState = state;
    const isIndeterminate = this.mayBeAppended || this.isInFlight;
    for (const future of this.#futures) future.settle({ isAcknowledged: false, error, isIndeterminate });
    this.#settled?.notify();
  }

  /**
   * Its records in smaller batches, in order, with their futures; it is itself no more (§4.4.2). A batch that was split before is
   * halved, down to its largest record. The parts are as old as the whole, and their attempts begin anew.
   */
  split(batchSizeBytes: number): readonly ProducerBatch[] {
    const sizeMax = this.isSplit ? Math.max(HEADER_BYTES + this.#largestRecord, Math.floor(this.#sizeInBytes / 2)) : batchSizeBytes;
    const parts: ProducerBatch[] = [];
    let part: ProducerBatch | undefined;
    for (let i = 0; i < this.#records.length; i += 1) {
      if (part !== undefined && part.#add(this.#records[i]!, this.#futures[i]!)) continue;
      part = new ProducerBatch(this.#context, { topic: this.topic, partition: this.partition, createdAt: this.createdAt, sizeMax, bufferBytes: 0, isSplit: true, compression: this.#compression });
      part.mayBeAppended = this.mayBeAppended;
      part.#add(this.#records[i]!, this.#futures[i]!);
      parts.push(part);
    }
    this.finalState = 'FAILED';
    this.parts = parts;
    this.#settled?.notify();
    return parts;
  }

  /** Waits until it is in a final state: true. Or for so long: false. */
  *settled(timeoutUs: Micros | undefined): Task<boolean> {
    if (this.isDone) return true;
    this.#settled ??= this.#context.signal();
    return yield* this.#settled.wait(timeoutUs);
  }

  #add(record: RecordData, future: RecordFuture): boolean {
    if (this.#encoded !== undefined) return false;
    const first = this.#records[0];
    const size = sizeOfRecord(record, first === undefined ? 0 : record.timestamp - first.timestamp, this.#records.length);
    if (first !== undefined && this.#sizeInBytes + size > this.#sizeMax) return false;
    this.#records.push(record);
    this.#futures.push(future);
    this.#sizeInBytes += size;
    if (size > this.#largestRecord) this.#largestRecord = size;
    return true;
  }
}
