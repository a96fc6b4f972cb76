/**
 * @module
 * The records inside a batch of magic 2, and how a batch of them is made (§1.1). All numbers are varints, lengths in bytes, −1 for null:
 *
 *     record = length · attributes (int8, 0) · timestampDelta · offsetDelta
 *              · keyLength · key · valueLength · value · headersCount · header…
 *     header = keyLength · key (UTF-8) · valueLength · value
 *
 * The records together may be compressed.
 */
import { readInt16, readInt32, writeInt16, writeInt32, writeInt64 } from './big-endian.ts';
import {
  ATTRIBUTES, BASE_SEQUENCE, BASE_TIMESTAMP, BATCH_LENGTH, COMPRESSION_TYPES, CONTROL_FLAG, CRC, HEADER_BYTES, LAST_OFFSET_DELTA, LENGTH_OVERHEAD, MAGIC, MAGIC_V2,
  MAX_TIMESTAMP, NONE, PRODUCER_EPOCH, PRODUCER_ID, RECORDS_COUNT, TRANSACTIONAL_FLAG, checksumOf, readBatchHeader, stampBatch,
} from './record-batch.ts';
import type { BatchHeader, Offset } from './record-batch.ts';
import { NO_COMPRESSION, gunzip, gzip } from './compression.ts';
import type { Compression } from './compression.ts';
import { readVarint, sizeOfVarint, writeVarint } from './varint.ts';
import type { Cursor } from './varint.ts';

const textEncoder = new TextEncoder();
const textDecoder = new TextDecoder();

export interface RecordHeader {
  readonly key: string;
  readonly value: Uint8Array | null;
}

const NO_HEADERS: readonly RecordHeader[] = Object.freeze([]);

/** A record as it goes into a batch. */
export interface RecordData {
  /** In ms. */
  readonly timestamp: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers?: readonly RecordHeader[];
}

/** A record as it comes out of a batch. Keys and values are views of the batch's bytes. */
export interface StoredRecord extends Required<RecordData> {
  readonly offset: Offset;
}

/** Who writes a batch. Absent: no idempotence (RB-4). */
export interface BatchOrigin {
  readonly producerId: number;
  readonly producerEpoch: number;
  /** Of the first record; −1 in a control batch. */
  readonly baseSequence: number;
  readonly isTransactional: boolean;
}

const NO_ORIGIN: BatchOrigin = { producerId: NONE, producerEpoch: NONE, baseSequence: NONE, isTransactional: false };

/** Encodes records, at least one, as a producer sends them: base offset 0, no leader epoch. @throws {RangeError} without records. */
export function encodeRecordBatch(records: readonly RecordData[], origin = NO_ORIGIN, compression = NO_COMPRESSION): Uint8Array {
  return compressed(encodeBatch(records, origin, origin.isTransactional ? TRANSACTIONAL_FLAG : 0), compression);
}

/** Bytes of a record in a batch, its length field included. */
export function sizeOfRecord(record: RecordData, timestampDelta: number, offsetDelta: number): number {
  const size = sizeOfRecordBody(record, timestampDelta, offsetDelta);
  return sizeOfVarint(size) + size;
}

/** Decodes the records of the batch at a position. @throws {RangeError} if they are not what the header says. */
export function readRecords(bytes: Uint8Array, position = 0): StoredRecord[] {
  const header = readBatchHeader(bytes, position);
  const cursor = cursorAtRecords(bytes, position, header);
  const records: StoredRecord[] = [];
  for (let i = 0; i < header.recordsCount; i += 1) {
    const end = readVarint(cursor) + cursor.position;
    cursor.position += 1;
    const timestamp = header.baseTimestamp + readVarint(cursor);
    records.push({
      timestamp: header.timestampType === 'CreateTime' ? timestamp : header.maxTimestamp,
      offset: header.baseOffset + readVarint(cursor),
      key: readNullable(cursor),
      value: readNullable(cursor),
      headers: readHeaders(cursor),
    });
    if (cursor.position !== end) throw new RangeError(`record ${i} of the batch at offset ${header.baseOffset} does not end where it says`);
  }
  return records;
}

function cursorAtRecords(bytes: Uint8Array, position: number, { compressionType, sizeInBytes }: BatchHeader): Cursor {
  switch (compressionType) {
    case 'none':
      return { bytes, position: position + HEADER_BYTES };
    case 'gzip':
      return { bytes: gunzip(bytes.subarray(position + HEADER_BYTES, position + sizeInBytes)), position: 0 };
    default:
      throw new RangeError(`compressed records: ${compressionType}`);
  }
}

/** Types of control records (RB-5), and the codes in their keys. */
export const CONTROL_TYPES = { ABORT: 0, COMMIT: 1, LEADER_CHANGE: 2, SNAPSHOT_HEADER: 3, SNAPSHOT_FOOTER: 4, KRAFT_VERSION: 5, KRAFT_VOTERS: 6 } as const;
export type ControlType = keyof typeof CONTROL_TYPES;

/** Encodes a control batch: exactly one record, whose key is the version 0 and the type (RB-5). `timestamp` in ms. */
export function encodeControlBatch(type: ControlType, value: Uint8Array, timestamp: number, origin = NO_ORIGIN): Uint8Array {
  const key = new Uint8Array(4);
  writeInt16(key, 2, CONTROL_TYPES[type]);
  return encodeBatch([{ timestamp, key, value }], origin, CONTROL_FLAG | (origin.isTransactional ? TRANSACTIONAL_FLAG : 0));
}

/** The type of the control batch at a position; undefined if its code is unknown, as of a later version. */
export function controlTypeOf(bytes: Uint8Array, position = 0): ControlType | undefined {
  const code = readInt16(readRecords(bytes, position)[0]!.key!, 2);
  return (Object.keys(CONTROL_TYPES) as ControlType[]).find((type) => CONTROL_TYPES[type] === code);
}

/** What ends a transaction in one partition. */
export interface TransactionMarker {
  readonly type: 'ABORT' | 'COMMIT';
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly coordinatorEpoch: number;
}

/** Encodes a marker: transactional, of the transaction's producer, without a sequence (RB-5). `timestamp` in ms. */
export function encodeTransactionMarker(marker: TransactionMarker, timestamp: number): Uint8Array {
  const value = new Uint8Array(6);
  writeInt32(value, 2, marker.coordinatorEpoch);
  const { producerId, producerEpoch } = marker;
  return encodeControlBatch(marker.type, value, timestamp, { producerId, producerEpoch, baseSequence: NONE, isTransactional: true });
}

/** Coordinator epoch in the marker at a position. */
export function coordinatorEpochOf(bytes: Uint8Array, position = 0): number {
  return readInt32(readRecords(bytes, position)[0]!.value!, 2);
}

function encodeBatch(records: readonly RecordData[], origin: BatchOrigin, attributes: number): Uint8Array {
  const baseTimestamp = records[0]?.timestamp;
  if (baseTimestamp === undefined) throw new RangeError('a batch has at least one record');
  let size = HEADER_BYTES;
  let maxTimestamp = baseTimestamp;
  for (let i = 0; i < records.length; i += 1) {
    const record = records[i]!;
    size += sizeOfRecord(record, record.timestamp - baseTimestamp, i);
    if (record.timestamp > maxTimestamp) maxTimestamp = record.timestamp;
  }

  const bytes = new Uint8Array(size);
  stampBatch(bytes, 0, 0, NONE);
  writeInt32(bytes, BATCH_LENGTH, size - LENGTH_OVERHEAD);
  bytes[MAGIC] = MAGIC_V2;
  writeInt16(bytes, ATTRIBUTES, attributes);
  writeInt32(bytes, LAST_OFFSET_DELTA, records.length - 1);
  writeInt64(bytes, BASE_TIMESTAMP, baseTimestamp);
  writeInt64(bytes, MAX_TIMESTAMP, maxTimestamp);
  writeInt64(bytes, PRODUCER_ID, origin.producerId);
  writeInt16(bytes, PRODUCER_EPOCH, origin.producerEpoch);
  writeInt32(bytes, BASE_SEQUENCE, origin.baseSequence);
  writeInt32(bytes, RECORDS_COUNT, records.length);

  let position = HEADER_BYTES;
  for (let i = 0; i < records.length; i += 1) position = writeRecord(bytes, position, records[i]!, records[i]!.timestamp - baseTimestamp, i);
  writeInt32(bytes, CRC, checksumOf(bytes));
  return bytes;
}

/** The same batch with its records compressed (RB-2). */
function compressed(batch: Uint8Array, { type, level }: Compression): Uint8Array {
  if (type === 'none') return batch;
  const records = gzip(batch.subarray(HEADER_BYTES), level);
  const bytes = new Uint8Array(HEADER_BYTES + records.length);
  bytes.set(batch.subarray(0, HEADER_BYTES));
  bytes.set(records, HEADER_BYTES);
  writeInt32(bytes, BATCH_LENGTH, bytes.length - LENGTH_OVERHEAD);
  writeInt16(bytes, ATTRIBUTES, readInt16(bytes, ATTRIBUTES) | COMPRESSION_TYPES.indexOf(type));
  writeInt32(bytes, CRC, checksumOf(bytes));
  return bytes;
}

/** Writes a record, as large as `sizeOfRecord` says, at a position. @returns the position after it */
export function writeRecord(bytes: Uint8Array, position: number, record: RecordData, timestampDelta: number, offsetDelta: number): number {
  const { headers = NO_HEADERS } = record;
  let at = writeVarint(bytes, position, sizeOfRecordBody(record, timestampDelta, offsetDelta));
  at += 1; // attributes: 0
  at = writeVarint(bytes, at, timestampDelta);
  at = writeVarint(bytes, at, offsetDelta);
  at = writeNullable(bytes, at, record.key);
  at = writeNullable(bytes, at, record.value);
  at = writeVarint(bytes, at, headers.length);
  for (const header of headers) {
    at = writeNullable(bytes, at, textEncoder.encode(header.key));
    at = writeNullable(bytes, at, header.value);
  }
  return at;
}

function sizeOfRecordBody(record: RecordData, timestampDelta: number, offsetDelta: number): number {
  const { headers = NO_HEADERS } = record;
  let size = 1 + sizeOfVarint(timestampDelta) + sizeOfVarint(offsetDelta);
  size += sizeOfNullable(record.key) + sizeOfNullable(record.value) + sizeOfVarint(headers.length);
  for (const header of headers) size += sizeOfNullable(textEncoder.encode(header.key)) + sizeOfNullable(header.value);
  return size;
}

function sizeOfNullable(field: Uint8Array | null): number {
  return field === null ? 1 : sizeOfVarint(field.length) + field.length;
}

function writeNullable(bytes: Uint8Array, position: number, field: Uint8Array | null): number {
  if (field === null) return writeVarint(bytes, position, NONE);
  const at = writeVarint(bytes, position, field.length);
  bytes.set(field, at);
  return at + field.length;
}

function readNullable(cursor: Cursor): Uint8Array | null {
  const length = readVarint(cursor);
  if (length < 0) return null;
  const start = cursor.position;
  cursor.position += length;
  return cursor.bytes.subarray(start, cursor.position);
}

function readHeaders(cursor: Cursor): readonly RecordHeader[] {
  const count = readVarint(cursor);
  const headers: RecordHeader[] = [];
  for (let i = 0; i < count; i += 1) headers.push({ key: textDecoder.decode(readNullable(cursor) ?? undefined), value: readNullable(cursor) });
  return headers;
}
