/**
 * @module
 * The record batch of magic 2, as it lies on the wire and on disk: the unit of append, fetch, deduplication and checksum (§1.1).
 * The producer encodes it once; from then on it is opaque, and only two fields change, which the checksum leaves out (RB-1).
 *
 *     offset size field                          offset size field
 *          0    8 baseOffset          (stamped)      27    8 baseTimestamp
 *          8    4 batchLength, after this field      35    8 maxTimestamp
 *         12    4 partitionLeaderEpoch (stamped)     43    8 producerId
 *         16    1 magic = 2                          51    2 producerEpoch
 *         17    4 crc, of all that follows it        53    4 baseSequence
 *         21    2 attributes                         57    4 recordsCount
 *         23    4 lastOffsetDelta                    61      records (`records.ts`)
 *
 * The readers take the byte array and the position of a batch in it, and make nothing.
 */
import { readInt16, readInt32, readInt64, readUint32, writeInt32, writeInt64 } from './big-endian.ts';
import { crc32c } from './crc32c.ts';

/** Position of a record in a partition: a whole number up to 2^53. */
export type Offset = number;

export const BASE_OFFSET = 0;
export const BATCH_LENGTH = 8;
export const PARTITION_LEADER_EPOCH = 12;
export const MAGIC = 16;
export const CRC = 17;
export const ATTRIBUTES = 21;
export const LAST_OFFSET_DELTA = 23;
export const BASE_TIMESTAMP = 27;
export const MAX_TIMESTAMP = 35;
export const PRODUCER_ID = 43;
export const PRODUCER_EPOCH = 51;
export const BASE_SEQUENCE = 53;
export const RECORDS_COUNT = 57;
export const HEADER_BYTES = 61;

/** The fields that `batchLength` does not count: itself and what is before it. */
export const LENGTH_OVERHEAD = 12;
export const MAGIC_V2 = 2;
/** Of producerId, producerEpoch, baseSequence, a timestamp or an epoch: there is none. */
export const NONE = -1;

/** Position in this list is the code in the attributes (RB-2). */
export const COMPRESSION_TYPES = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;
export type CompressionType = (typeof COMPRESSION_TYPES)[number];

export const COMPRESSION_MASK = 0b111;
const LOG_APPEND_TIME_FLAG = 1 << 3;
export const TRANSACTIONAL_FLAG = 1 << 4;
export const CONTROL_FLAG = 1 << 5;
/** The base timestamp is the time from which tombstones may go (RB-2, RT-3). */
export const DELETE_HORIZON_FLAG = 1 << 6;

/** Sequence numbers wrap from 2^31 − 1 to 0 (RB-3). */
const SEQUENCES = 2_147_483_648;

/** All fields of a batch's header, decoded. */
export interface BatchHeader {
  readonly baseOffset: Offset;
  /** Of the whole batch, with its header, in bytes. */
  readonly sizeInBytes: number;
  readonly partitionLeaderEpoch: number;
  readonly magic: number;
  readonly crc: number;
  /** Undefined: a code that Kafka does not define. */
  readonly compressionType: CompressionType | undefined;
  readonly timestampType: 'CreateTime' | 'LogAppendTime';
  readonly isTransactional: boolean;
  readonly isControl: boolean;
  readonly hasDeleteHorizon: boolean;
  readonly lastOffsetDelta: number;
  readonly lastOffset: Offset;
  /** In ms, as all timestamps of records. */
  readonly baseTimestamp: number;
  readonly maxTimestamp: number;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  /** −1 without idempotence. */
  readonly lastSequence: number;
  readonly recordsCount: number;
}

export function readBatchHeader(bytes: Uint8Array, position = 0): BatchHeader {
  const attributes = readInt16(bytes, position + ATTRIBUTES);
  const baseOffset = baseOffsetOf(bytes, position);
  const lastOffsetDelta = readInt32(bytes, position + LAST_OFFSET_DELTA);
  const baseSequence = readInt32(bytes, position + BASE_SEQUENCE);
  return {
    baseOffset,
    sizeInBytes: sizeInBytesOf(bytes, position),
    partitionLeaderEpoch: partitionLeaderEpochOf(bytes, position),
    magic: bytes[position + MAGIC]!,
    crc: readUint32(bytes, position + CRC),
    compressionType: COMPRESSION_TYPES[attributes & COMPRESSION_MASK],
    timestampType: (attributes & LOG_APPEND_TIME_FLAG) === 0 ? 'CreateTime' : 'LogAppendTime',
    isTransactional: (attributes & TRANSACTIONAL_FLAG) !== 0,
    isControl: (attributes & CONTROL_FLAG) !== 0,
    hasDeleteHorizon: (attributes & DELETE_HORIZON_FLAG) !== 0,
    lastOffsetDelta,
    lastOffset: baseOffset + lastOffsetDelta,
    baseTimestamp: readInt64(bytes, position + BASE_TIMESTAMP),
    maxTimestamp: readInt64(bytes, position + MAX_TIMESTAMP),
    producerId: readInt64(bytes, position + PRODUCER_ID),
    producerEpoch: readInt16(bytes, position + PRODUCER_EPOCH),
    baseSequence,
    lastSequence: baseSequence === NONE ? NONE : (baseSequence + lastOffsetDelta) % SEQUENCES,
    recordsCount: readInt32(bytes, position + RECORDS_COUNT),
  };
}

export function baseOffsetOf(bytes: Uint8Array, position = 0): Offset {
  return readInt64(bytes, position + BASE_OFFSET);
}

/** RB-3: it stays when compaction has removed the last record. */
export function lastOffsetOf(bytes: Uint8Array, position = 0): Offset {
  return baseOffsetOf(bytes, position) + readInt32(bytes, position + LAST_OFFSET_DELTA);
}

/** Of the whole batch, with its header. Needs only the first 12 bytes of it. */
export function sizeInBytesOf(bytes: Uint8Array, position = 0): number {
  return LENGTH_OVERHEAD + readInt32(bytes, position + BATCH_LENGTH);
}

/** Of all records of the batch, in ms. */
export function maxTimestampOf(bytes: Uint8Array, position = 0): number {
  return readInt64(bytes, position + MAX_TIMESTAMP);
}

export function partitionLeaderEpochOf(bytes: Uint8Array, position = 0): number {
  return readInt32(bytes, position + PARTITION_LEADER_EPOCH);
}

/** The leader's stamp: where the batch lies and in whose term it was written. The checksum does not cover it (RB-1). */
export function stampBatch(bytes: Uint8Array, position: number, baseOffset: Offset, leaderEpoch: number): void {
  writeInt64(bytes, position + BASE_OFFSET, baseOffset);
  writeInt32(bytes, position + PARTITION_LEADER_EPOCH, leaderEpoch);
}

/** CRC-32C of everything from the attributes to the end (RB-1). The batch lies whole in `bytes`. */
export function checksumOf(bytes: Uint8Array, position = 0): number {
  return crc32c(bytes, position + ATTRIBUTES, position + sizeInBytesOf(bytes, position));
}

/** Whether a batch of magic 2 with a possible size lies whole in `bytes` at this position. Says nothing about its content. */
export function isWholeBatch(bytes: Uint8Array, position = 0): boolean {
  if (bytes.length - position < HEADER_BYTES || bytes[position + MAGIC] !== MAGIC_V2) return false;
  const size = sizeInBytesOf(bytes, position);
  return size >= HEADER_BYTES && size <= bytes.length - position;
}

/** Whether a batch lies whole at this position and its checksum is right. */
export function isValidBatch(bytes: Uint8Array, position = 0): boolean {
  return isWholeBatch(bytes, position) && readUint32(bytes, position + CRC) === checksumOf(bytes, position);
}

/** Positions of the batches in `bytes`, one after the other. Stops before one that does not lie whole in it. */
export function* batchPositions(bytes: Uint8Array): Generator<number> {
  for (let position = 0; isWholeBatch(bytes, position); position += sizeInBytesOf(bytes, position)) yield position;
}
