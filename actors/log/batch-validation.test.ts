import { describe, expect, it } from 'vitest';
import { validateClientBatch } from './batch-validation.ts';
import type { BatchLimits } from './batch-validation.ts';
import { writeInt16, writeInt32 } from './big-endian.ts';
import { ATTRIBUTES, BASE_SEQUENCE, CRC, LAST_OFFSET_DELTA, RECORDS_COUNT, checksumOf, stampBatch } from './record-batch.ts';
import { encodeControlBatch, encodeRecordBatch } from './records.ts';

const LIMITS: BatchLimits = { maxMessageBytes: 1000, timestampMax: 5000, isCompacted: false };
const KEY = Uint8Array.of(1);
const idempotent = { producerId: 1, producerEpoch: 0, baseSequence: 0, isTransactional: false };
const batch = (): Uint8Array => encodeRecordBatch([{ timestamp: 5000, key: KEY, value: null }, { timestamp: 1, key: null, value: KEY }], idempotent);

/** A batch whose maker wrote something else, with a checksum that is right. */
function written(write: (bytes: Uint8Array) => void): Uint8Array {
  const bytes = batch();
  write(bytes);
  writeInt32(bytes, CRC, checksumOf(bytes));
  return bytes;
}

describe('a batch from a client', () => {
  it.each([
    { says: 'as it should be', bytes: batch(), error: undefined },
    { says: 'without a byte', bytes: new Uint8Array(0), error: 'INVALID_RECORD' },
    { says: 'cut short', bytes: batch().subarray(0, -1), error: 'INVALID_RECORD' },
    { says: 'of which there are two (RB-6)', bytes: Uint8Array.of(...batch(), ...batch()), error: 'INVALID_RECORD' },
    { says: 'of magic 1', bytes: batch().with(16, 1), error: 'INVALID_RECORD' },
    { says: 'with a base offset (RB-6)', bytes: written((bytes) => stampBatch(bytes, 0, 1, -1)), error: 'INVALID_RECORD' },
    { says: 'with a flipped bit (RB-7)', bytes: batch().with(70, 99), error: 'CORRUPT_MESSAGE' },
    { says: 'with a control bit (RB-6)', bytes: encodeControlBatch('COMMIT', KEY, 0), error: 'INVALID_RECORD' },
    { says: 'that counts other records than it has offsets (RB-6)', bytes: written((bytes) => writeInt32(bytes, LAST_OFFSET_DELTA, 2)), error: 'INVALID_RECORD' },
    { says: 'that counts no records', bytes: written((bytes) => (writeInt32(bytes, LAST_OFFSET_DELTA, -1), writeInt32(bytes, RECORDS_COUNT, 0))), error: 'INVALID_RECORD' },
    { says: 'of a producer without a sequence (RB-6)', bytes: written((bytes) => writeInt32(bytes, BASE_SEQUENCE, -1)), error: 'INVALID_RECORD' },
    { says: 'that claims LogAppendTime', bytes: written((bytes) => writeInt16(bytes, ATTRIBUTES, 8)), error: 'INVALID_TIMESTAMP' },
  ])('$says: $error', ({ bytes, error }) => {
    expect(validateClientBatch(bytes, LIMITS)?.error).toBe(error);
  });

  it.each([
    { says: 'with a flipped bit', bytes: batch().with(70, 99), countsAs: 'invalid-crc' },
    { says: 'with a control bit', bytes: encodeControlBatch('COMMIT', KEY, 0), countsAs: 'invalid-offset-or-sequence' },
    { says: 'that counts other records than it has offsets', bytes: written((bytes) => writeInt32(bytes, LAST_OFFSET_DELTA, 2)), countsAs: 'invalid-offset-or-sequence' },
    { says: 'of a producer without a sequence', bytes: written((bytes) => writeInt32(bytes, BASE_SEQUENCE, -1)), countsAs: 'invalid-offset-or-sequence' },
    { says: 'with a base offset', bytes: written((bytes) => stampBatch(bytes, 0, 1, -1)), countsAs: undefined },
  ])('$says counts as $countsAs (§8)', ({ bytes, countsAs }) => {
    expect(validateClientBatch(bytes, LIMITS)?.countsAs).toBe(countsAs);
  });

  it.each([
    { says: 'max.message.bytes is its size', limits: { maxMessageBytes: batch().length }, error: undefined },
    { says: 'max.message.bytes is one less (RB-7)', limits: { maxMessageBytes: batch().length - 1 }, error: 'MESSAGE_TOO_LARGE' },
    { says: 'a record is too far in the future (RB-7)', limits: { timestampMax: 4999 }, error: 'INVALID_TIMESTAMP' },
    { says: 'the topic is compacted and a key is null (RB-7)', limits: { isCompacted: true }, error: 'INVALID_RECORD' },
  ])('where $says: $error', ({ limits, error }) => {
    expect(validateClientBatch(batch(), { ...LIMITS, ...limits })?.error).toBe(error);
  });
});
