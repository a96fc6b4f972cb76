/** @module What a leader checks of the batch that a client sends for a partition, before anything is appended (RB-6, RB-7). */
import { NONE, isValidBatch, isWholeBatch, readBatchHeader, sizeInBytesOf } from './record-batch.ts';
import { readRecords } from './records.ts';

/** Why a batch is refused. */
export interface BatchFault {
  readonly error: 'CORRUPT_MESSAGE' | 'INVALID_RECORD' | 'MESSAGE_TOO_LARGE' | 'INVALID_TIMESTAMP';
  /** What Kafka counts it as (§8), if anything. */
  readonly countsAs?: 'invalid-crc' | 'invalid-offset-or-sequence';
}

const INVALID_RECORD: BatchFault = { error: 'INVALID_RECORD' };
const TOO_LARGE: BatchFault = { error: 'MESSAGE_TOO_LARGE' };
const INVALID_TIMESTAMP: BatchFault = { error: 'INVALID_TIMESTAMP' };
const INVALID_CRC: BatchFault = { error: 'CORRUPT_MESSAGE', countsAs: 'invalid-crc' };
/** A client's control batch is one, too. */
const INVALID_OFFSET_OR_SEQUENCE: BatchFault = { error: 'INVALID_RECORD', countsAs: 'invalid-offset-or-sequence' };

/** What the topic's configuration allows. */
export interface BatchLimits {
  /** `max.message.bytes` of the topic, in bytes. */
  readonly maxMessageBytes: number;
  /** Later timestamps are refused: now + `message.timestamp.after.max.ms`, in ms. */
  readonly timestampMax: number;
  /** `cleanup.policy` contains compact, so every record needs a key. */
  readonly isCompacted: boolean;
}

/** What is wrong with the bytes, in the order in which Kafka looks; undefined: nothing. */
export function validateClientBatch(bytes: Uint8Array, limits: BatchLimits): BatchFault | undefined {
  const isExactlyOneBatch = isWholeBatch(bytes) && sizeInBytesOf(bytes) === bytes.length;
  if (!isExactlyOneBatch) return INVALID_RECORD;
  const header = readBatchHeader(bytes);
  if (header.baseOffset !== 0) return INVALID_RECORD;
  if (header.sizeInBytes > limits.maxMessageBytes) return TOO_LARGE;
  if (!isValidBatch(bytes)) return INVALID_CRC;
  if (header.recordsCount < 1 || header.recordsCount !== header.lastOffsetDelta + 1) return INVALID_OFFSET_OR_SEQUENCE;
  if (header.isControl) return INVALID_OFFSET_OR_SEQUENCE;
  if (header.producerId !== NONE && header.baseSequence < 0) return INVALID_OFFSET_OR_SEQUENCE;
  // LogAppendTime is the broker's to set.
  if (header.timestampType === 'LogAppendTime' || header.maxTimestamp > limits.timestampMax) return INVALID_TIMESTAMP;
  if (limits.isCompacted && readRecords(bytes).some((record) => record.key === null)) return INVALID_RECORD;
  return undefined;
}
