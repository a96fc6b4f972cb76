/** @module One partition's share of a fetch response, handed out record by record. */
import { CorruptRecordError } from '../client/client-errors.ts';
import { partitionName } from '../client/topic-partition.ts';
import { isValidBatch, isWholeBatch, readBatchHeader } from '../log/record-batch.ts';
import type { Offset } from '../log/record-batch.ts';
import { readRecords } from '../log/records.ts';
import type { StoredRecord } from '../log/records.ts';
import type { KafkaError } from '../protocol/errors.ts';
import type { ConsumerRecord } from './consumer-record.ts';
import type { AssignedPartition } from './subscription-state.ts';

export class CompletedFetch {
  readonly partition: AssignedPartition;
  /** What the application is to be told instead of records. */
  readonly failure: KafkaError | undefined;
  readonly #bytes: Uint8Array;
  readonly #checksCrcs: boolean;
  /** Offset of the next record to hand out: lower ones are dropped (F-8). */
  #nextOffset: Offset;
  /** Of the next batch. */
  #at = 0;
  /** Of the batch at hand: its records, those handed out already, its leader epoch, and the offset after it. */
  #records: readonly StoredRecord[] = [];
  #taken = 0;
  #leaderEpoch = -1;
  #endOffset: Offset;

  /** `bytes` are kept. */
  constructor(partition: AssignedPartition, fetchOffset: Offset, bytes: Uint8Array, checksCrcs: boolean, failure?: KafkaError) {
    this.partition = partition;
    this.failure = failure;
    this.#bytes = bytes;
    this.#checksCrcs = checksCrcs;
    this.#nextOffset = fetchOffset;
    this.#endOffset = fetchOffset;
  }

  get nextOffset(): Offset {
    return this.#nextOffset;
  }

  /** Hands out records until `into` has `max` of them. @returns whether there is nothing left @throws {CorruptRecordError} */
  take(into: ConsumerRecord[], max: number): boolean {
    for (;;) {
      while (this.#taken < this.#records.length) {
        if (into.length >= max) return false;
        this.#hand(this.#records[this.#taken]!, into);
        this.#taken += 1;
      }
      // A batch keeps its last offset when compaction has removed the record that had it (RB-3).
      this.#nextOffset = Math.max(this.#nextOffset, this.#endOffset);
      if (!this.#readBatch()) return true;
    }
  }

  #hand({ offset, timestamp, key, value, headers }: StoredRecord, into: ConsumerRecord[]): void {
    if (offset < this.#nextOffset) return;
    const { topic, partition } = this.partition;
    into.push({ topic, partition, offset, timestamp, leaderEpoch: this.#leaderEpoch, key, value, headers });
    this.#nextOffset = offset + 1;
  }

  #readBatch(): boolean {
    const at = this.#at;
    // The last batch of a response may be cut off, the first never is (F-8).
    if (at >= this.#bytes.length || (at > 0 && !isWholeBatch(this.#bytes, at))) return false;
    if (!isWholeBatch(this.#bytes, at) || (this.#checksCrcs && !isValidBatch(this.#bytes, at))) throw this.#corrupt();
    const header = readBatchHeader(this.#bytes, at);
    try {
      // Control records are for the brokers and the client, not for the application.
      this.#records = header.isControl ? [] : readRecords(this.#bytes, at);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw this.#corrupt();
    }
    this.#taken = 0;
    this.#leaderEpoch = header.partitionLeaderEpoch;
    this.#endOffset = header.lastOffset + 1;
    this.#at = at + header.sizeInBytes;
    return true;
  }

  #corrupt(): CorruptRecordError {
    return new CorruptRecordError(this.partition, this.#nextOffset, `Record batch for partition ${partitionName(this.partition)} at offset ${this.#nextOffset} is invalid`);
  }
}
