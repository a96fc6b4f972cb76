/**
 * @module
 * What compaction leaves of a batch (RT-3): the records that are still wanted, at their offsets and in their order, in a batch of the same first and last offset
 * and the same sequence numbers (RB-3).
 *
 *     every record is wanted       the batch as it is
 *     some are                     written anew
 *     none is                      nothing; or its header alone, if the batch is the last of its producer or the last of the round
 *     a tombstone is met first     written anew, with the time from which tombstones may go in place of the base timestamp (RB-2: the delete horizon)
 */
import {
  ATTRIBUTES, BASE_TIMESTAMP, BATCH_LENGTH, COMPRESSION_MASK, CRC, DELETE_HORIZON_FLAG, HEADER_BYTES, LENGTH_OVERHEAD, MAX_TIMESTAMP, NONE, RECORDS_COUNT,
  checksumOf, readBatchHeader,
} from './record-batch.ts';
import type { BatchHeader } from './record-batch.ts';
import { readInt16, writeInt16, writeInt32, writeInt64 } from './big-endian.ts';
import { gzip } from './compression.ts';
import type { OffsetMap } from './offset-map.ts';
import { readRecords, sizeOfRecord, writeRecord } from './records.ts';
import type { StoredRecord } from './records.ts';

/** What a round of compaction goes by. */
export interface CleaningRound {
  readonly offsets: OffsetMap;
  /** The broker's clock, ms. */
  readonly nowMs: number;
  /** delete.retention.ms. */
  readonly deleteRetentionMs: number;
  /** A planted bug: the last record of a key goes, too. */
  readonly forgetsLastValues: boolean;
  /** Whether a batch stays, if only as a header, though none of its records does. */
  keepsHeader(header: BatchHeader): boolean;
}

/** zlib's own choice: which level the producer chose, the batch does not say. */
const DEFAULT_LEVEL = -1;

/** What is left of the batch at a position: new bytes, or a view of the old ones; undefined: nothing. @throws {RangeError} if it is no sound batch */
export function filterBatch(bytes: Uint8Array, position: number, round: CleaningRound): Uint8Array | undefined {
  const header = readBatchHeader(bytes, position);
  const original = bytes.subarray(position, position + header.sizeInBytes);
  // Which markers have no data left, only transactions will tell.
  if (header.isControl) return original;
  const records = readRecords(bytes, position);
  const retained = records.filter((record) => isRetained(record, header, round));
  if (retained.length === 0) return round.keepsHeader(header) ? emptied(original) : undefined;
  const getsHorizon = !header.hasDeleteHorizon && retained.some(({ value }) => value === null);
  if (retained.length === records.length && !getsHorizon) return original;
  return rewritten(original, header, retained, getsHorizon ? round.nowMs + round.deleteRetentionMs : deleteHorizonMs(header));
}

/** From when on the tombstones of a batch may go, ms; undefined: no round has met them. */
export function deleteHorizonMs({ hasDeleteHorizon, baseTimestamp }: BatchHeader): number | undefined {
  return hasDeleteHorizon ? baseTimestamp : undefined;
}

function isRetained({ key, value, offset }: StoredRecord, header: BatchHeader, { offsets, nowMs, forgetsLastValues }: CleaningRound): boolean {
  if (offset > offsets.latestOffset) return true;
  // From before the topic was compacted.
  if (key === null || offset < offsets.get(key) + Number(forgetsLastValues)) return false;
  const horizonMs = deleteHorizonMs(header);
  return value !== null || horizonMs === undefined || nowMs < horizonMs;
}

function rewritten(original: Uint8Array, header: BatchHeader, records: readonly StoredRecord[], horizonMs: number | undefined): Uint8Array {
  const baseTimestamp = horizonMs ?? records[0]!.timestamp;
  let size = 0;
  let maxTimestamp = NONE;
  for (const record of records) {
    size += sizeOfRecord(record, record.timestamp - baseTimestamp, record.offset - header.baseOffset);
    maxTimestamp = Math.max(maxTimestamp, record.timestamp);
  }
  const content = new Uint8Array(size);
  let at = 0;
  for (const record of records) at = writeRecord(content, at, record, record.timestamp - baseTimestamp, record.offset - header.baseOffset);
  const stored = header.compressionType === 'gzip' ? gzip(content, DEFAULT_LEVEL) : content;
  const batch = new Uint8Array(HEADER_BYTES + stored.length);
  batch.set(original.subarray(0, HEADER_BYTES));
  batch.set(stored, HEADER_BYTES);
  if (horizonMs !== undefined) writeInt16(batch, ATTRIBUTES, readInt16(batch, ATTRIBUTES) | DELETE_HORIZON_FLAG);
  writeInt64(batch, BASE_TIMESTAMP, baseTimestamp);
  writeInt64(batch, MAX_TIMESTAMP, header.timestampType === 'CreateTime' ? maxTimestamp : header.maxTimestamp);
  return sealed(batch, records.length);
}

/** The header alone: offsets, producer and sequence numbers stay, and that it was written in this epoch. */
function emptied(original: Uint8Array): Uint8Array {
  const batch = original.slice(0, HEADER_BYTES);
  writeInt16(batch, ATTRIBUTES, readInt16(batch, ATTRIBUTES) & ~(COMPRESSION_MASK | DELETE_HORIZON_FLAG));
  writeInt64(batch, BASE_TIMESTAMP, NONE);
  return sealed(batch, 0);
}

function sealed(batch: Uint8Array, recordsCount: number): Uint8Array {
  writeInt32(batch, BATCH_LENGTH, batch.length - LENGTH_OVERHEAD);
  writeInt32(batch, RECORDS_COUNT, recordsCount);
  writeInt32(batch, CRC, checksumOf(batch));
  return batch;
}
