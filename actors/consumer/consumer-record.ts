/** @module A record as a consumer hands it to the application. */
import type { Offset } from '../log/record-batch.ts';
import type { RecordHeader } from '../log/records.ts';

export interface ConsumerRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: Offset;
  /** In ms. */
  readonly timestamp: number;
  /** Of the leader that appended it. */
  readonly leaderEpoch: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly RecordHeader[];
}
