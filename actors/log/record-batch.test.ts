import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BASE_OFFSET, PARTITION_LEADER_EPOCH, baseOffsetOf, batchPositions, isValidBatch, isWholeBatch, lastOffsetOf, partitionLeaderEpochOf, readBatchHeader,
  stampBatch,
} from './record-batch.ts';
import {
  CONTROL_TYPES, controlTypeOf, coordinatorEpochOf, encodeControlBatch, encodeRecordBatch, encodeTransactionMarker, readRecords, sizeOfRecord,
} from './records.ts';
import type { ControlType, RecordData } from './records.ts';

const text = (characters: string): Uint8Array => new TextEncoder().encode(characters);
const fromHex = (hex: string): Uint8Array => Uint8Array.from(hex.trim().split(/\s+/), (byte) => Number.parseInt(byte, 16));

const field = fc.option(fc.uint8Array({ maxLength: 80 }));
const record: fc.Arbitrary<RecordData> = fc.record({
  timestamp: fc.integer({ min: -1, max: 1_000_000_000_000_000 }),
  key: field,
  value: field,
  headers: fc.array(fc.record({ key: fc.string({ unit: 'binary', maxLength: 5 }), value: field }), { maxLength: 3 }),
});
const records = fc.array(record, { minLength: 1, maxLength: 20 });
const origin = fc.record({
  producerId: fc.maxSafeNat(),
  producerEpoch: fc.nat(32_767),
  baseSequence: fc.nat(2_147_483_647),
  isTransactional: fc.boolean(),
});

describe('a record batch', () => {
  it('is this, byte for byte (§1.1)', () => {
    const bytes = fromHex(`
      00 00 00 00 00 00 00 00  00 00 00 3a  ff ff ff ff  02  71 6a 61 89
      00 00  00 00 00 00  00 00 00 00 00 00 03 e8  00 00 00 00 00 00 03 e8
      ff ff ff ff ff ff ff ff  ff ff  ff ff ff ff  00 00 00 01
      10  00  00  00  02 6b  02 76  00`);
    expect(encodeRecordBatch([{ timestamp: 1000, key: text('k'), value: text('v') }])).toEqual(bytes);
  });

  it('gives back its records, with the offsets the leader gave them', () => {
    fc.assert(
      fc.property(records, fc.maxSafeNat(), (given, place) => {
        const baseOffset = Math.floor(place / 2);
        const bytes = encodeRecordBatch(given);
        stampBatch(bytes, 0, baseOffset, 7);
        expect(readRecords(bytes)).toEqual(given.map((data, index) => ({ ...data, offset: baseOffset + index })));
        const first = given[0]!.timestamp;
        expect(bytes.length).toBe(61 + given.reduce((size, data, index) => size + sizeOfRecord(data, data.timestamp - first, index), 0));
      }),
    );
  });

  it('gives back its header', () => {
    fc.assert(
      fc.property(records, origin, (given, from) => {
        const bytes = encodeRecordBatch(given, from);
        const timestamps = given.map(({ timestamp }) => timestamp);
        expect(readBatchHeader(bytes)).toMatchObject({
          ...from, baseOffset: 0, sizeInBytes: bytes.length, partitionLeaderEpoch: -1, magic: 2, compressionType: 'none', timestampType: 'CreateTime', isControl: false,
          hasDeleteHorizon: false, lastOffset: given.length - 1, recordsCount: given.length, baseTimestamp: timestamps[0], maxTimestamp: Math.max(...timestamps),
        });
      }),
    );
  });

  it('without idempotence has no producer (RB-4)', () => {
    const header = readBatchHeader(encodeRecordBatch([{ timestamp: 0, key: null, value: null }]));
    expect(header).toMatchObject({ producerId: -1, producerEpoch: -1, baseSequence: -1, lastSequence: -1 });
  });

  it.each([
    { baseSequence: 5, count: 1, lastSequence: 5 },
    { baseSequence: 2_147_483_646, count: 2, lastSequence: 2_147_483_647 },
    { baseSequence: 2_147_483_647, count: 2, lastSequence: 0 },
    { baseSequence: 2_147_483_647, count: 4, lastSequence: 2 },
  ])('of $count records from sequence $baseSequence ends at $lastSequence (RB-3)', ({ baseSequence, count, lastSequence }) => {
    const bytes = encodeRecordBatch(Array<RecordData>(count).fill({ timestamp: 0, key: null, value: null }), { producerId: 1, producerEpoch: 0, baseSequence, isTransactional: false });
    expect(readBatchHeader(bytes).lastSequence).toBe(lastSequence);
  });

  it('is stamped in place, anywhere in a byte array', () => {
    const batch = encodeRecordBatch([{ timestamp: 0, key: null, value: null }, { timestamp: 0, key: null, value: null }]);
    const bytes = new Uint8Array(2 * batch.length);
    bytes.set(batch);
    bytes.set(batch, batch.length);
    stampBatch(bytes, 0, 40, 3);
    stampBatch(bytes, batch.length, 9_007_199_254_740_000, 2_147_483_647);
    expect([...batchPositions(bytes)]).toEqual([0, batch.length]);
    expect([baseOffsetOf(bytes), lastOffsetOf(bytes), partitionLeaderEpochOf(bytes)]).toEqual([40, 41, 3]);
    expect([baseOffsetOf(bytes, batch.length), lastOffsetOf(bytes, batch.length), partitionLeaderEpochOf(bytes, batch.length)]).toEqual([9_007_199_254_740_000, 9_007_199_254_740_001, 2_147_483_647]);
    expect([...batchPositions(bytes.subarray(0, -1))]).toEqual([0]);
  });

  it('shows a flipped bit anywhere but in the fields that the leader writes (RB-1)', () => {
    const bytes = encodeRecordBatch([{ timestamp: 17, key: text('key'), value: text('value') }]);
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const byte = bit >> 3;
      const flipped = bytes.slice();
      flipped[byte] = flipped[byte]! ^ (1 << (bit & 7));
      const isOutsideChecksum = byte < BASE_OFFSET + 8 || (byte >= PARTITION_LEADER_EPOCH && byte < PARTITION_LEADER_EPOCH + 4);
      expect(isValidBatch(flipped), `bit ${bit}`).toBe(isOutsideChecksum);
    }
  });

  it.each([
    { says: 'is cut short', damage: (bytes: Uint8Array) => bytes.slice(0, -1) },
    { says: 'ends within its header', damage: (bytes: Uint8Array) => bytes.slice(0, 60) },
    { says: 'is of another magic', damage: (bytes: Uint8Array) => bytes.with(16, 1) },
    { says: 'claims less than a header', damage: (bytes: Uint8Array) => bytes.with(11, 48) },
    { says: 'claims a negative size', damage: (bytes: Uint8Array) => bytes.with(8, 0x80) },
  ])('that $says is not whole', ({ damage }) => {
    const bytes = encodeRecordBatch([{ timestamp: 0, key: text('key'), value: null }]);
    expect(isWholeBatch(bytes)).toBe(true);
    expect(isWholeBatch(damage(bytes))).toBe(false);
  });

  it('needs a record', () => {
    expect(() => encodeRecordBatch([])).toThrow('at least one record');
  });

  it('whose records are not what its header says is refused', () => {
    const bytes = encodeRecordBatch([{ timestamp: 0, key: text('key'), value: text('value') }]);
    expect(() => readRecords(bytes.with(61, 0x10))).toThrow(RangeError);
    expect(() => readRecords(bytes.with(60, 2))).toThrow(RangeError);
    expect(() => readRecords(bytes.with(22, 4))).toThrow('zstd');
  });
});

describe('compression (RB-2)', () => {
  it('of gzip gives back the records, and says so in the attributes', () => {
    fc.assert(
      fc.property(records, origin, fc.constantFrom(-1, 1, 6, 9), (given, from, level) => {
        const bytes = encodeRecordBatch(given, from, { type: 'gzip', level });
        expect(isValidBatch(bytes)).toBe(true);
        expect(readBatchHeader(bytes)).toMatchObject({ ...from, compressionType: 'gzip', recordsCount: given.length, sizeInBytes: bytes.length });
        stampBatch(bytes, 0, 40, 7);
        expect(readRecords(bytes)).toEqual(given.map((data, index) => ({ ...data, offset: 40 + index })));
      }),
    );
  });

  const many = Array.from({ length: 100 }, (_, at): RecordData => ({ timestamp: at, key: null, value: text('the same again and again') }));

  it('makes what repeats itself small, at every level the same bytes every time', () => {
    const sizes = [1, 9, -1].map((level) => {
      const bytes = encodeRecordBatch(many, undefined, { type: 'gzip', level });
      expect(encodeRecordBatch(many, undefined, { type: 'gzip', level })).toEqual(bytes);
      return bytes.length;
    });
    expect(Math.max(...sizes)).toBeLessThan(encodeRecordBatch(many).length / 5);
  });

  it('that cannot be undone is an error, as is a kind that is not simulated', () => {
    const bytes = encodeRecordBatch(many, undefined, { type: 'gzip', level: -1 });
    expect(() => readRecords(bytes.fill(0, 61))).toThrow(RangeError);
    expect(() => readRecords(encodeRecordBatch(many).with(22, 3))).toThrow('compressed records: lz4');
  });
});

describe('a control batch (RB-5)', () => {
  it.each(Object.keys(CONTROL_TYPES) as ControlType[])('of type %s is one control record', (type) => {
    const bytes = encodeControlBatch(type, text('value'), 12);
    expect(isValidBatch(bytes)).toBe(true);
    expect(readBatchHeader(bytes)).toMatchObject({ isControl: true, isTransactional: false, recordsCount: 1, producerId: -1, baseSequence: -1, maxTimestamp: 12 });
    expect(controlTypeOf(bytes)).toBe(type);
    expect(readRecords(bytes)[0]).toMatchObject({ key: Uint8Array.of(0, 0, 0, CONTROL_TYPES[type]), value: text('value') });
  });

  it('that ends a transaction carries producer and coordinator epoch', () => {
    const bytes = encodeTransactionMarker({ type: 'COMMIT', producerId: 4000, producerEpoch: 3, coordinatorEpoch: 258 }, 99);
    expect(readBatchHeader(bytes)).toMatchObject({ isControl: true, isTransactional: true, producerId: 4000, producerEpoch: 3, baseSequence: -1 });
    expect([controlTypeOf(bytes), coordinatorEpochOf(bytes)]).toEqual(['COMMIT', 258]);
    expect(readRecords(bytes)[0]!.value).toEqual(Uint8Array.of(0, 0, 0, 0, 1, 2));
  });

  it('of an unknown type says so', () => {
    const bytes = encodeControlBatch('ABORT', text(''), 0);
    const lastByteOfKey = 61 + 5 + 3;
    expect(controlTypeOf(bytes.with(lastByteOfKey, 77))).toBeUndefined();
  });
});
