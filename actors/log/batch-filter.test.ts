/** @module What compaction leaves of one batch (RT-3, RB-2, RB-3). */
import { describe, expect, it } from 'vitest';
import { filterBatch } from './batch-filter.ts';
import type { CleaningRound } from './batch-filter.ts';
import type { Compression } from './compression.ts';
import { OffsetMap } from './offset-map.ts';
import { isValidBatch, readBatchHeader, stampBatch } from './record-batch.ts';
import { encodeControlBatch, encodeRecordBatch, readRecords } from './records.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const PLAIN: Compression = { type: 'none', level: -1 };

/** Offsets 10 to 13 in epoch 7: a, b, c with a header, and the tombstone of d. */
function batch(compression = PLAIN): Uint8Array {
  const headers = [{ key: 'trace', value: bytes('x1') }];
  const records = [
    { key: bytes('a'), value: bytes('1'), timestamp: 1_000 },
    { key: bytes('b'), value: bytes('2'), timestamp: 3_000 },
    { key: bytes('c'), value: bytes('3'), timestamp: 2_000, headers },
    { key: bytes('d'), value: null, timestamp: 2_500 },
  ];
  const encoded = encodeRecordBatch(records, { producerId: 5, producerEpoch: 2, baseSequence: 40, isTransactional: false }, compression);
  stampBatch(encoded, 0, 10, 7);
  return encoded;
}

/** Later records of these keys lie at 20 and beyond; the map knows everything up to 100. */
function roundOf(later: string, { nowMs = 10_000, keepsHeader = false } = {}): CleaningRound {
  const offsets = new OffsetMap(24 * 100, 1);
  for (const [i, key] of [...later].entries()) offsets.put(bytes(key), 20 + i);
  offsets.reach(100);
  return { offsets, nowMs, deleteRetentionMs: 500, forgetsLastValues: false, keepsHeader: () => keepsHeader };
}

const keysOf = (left: Uint8Array): string => readRecords(left).map(({ key }) => new TextDecoder().decode(key)).join('');

describe('of a batch compaction leaves', () => {
  it.each([['none', PLAIN], ['gzip', { type: 'gzip', level: 6 }]] as const)('the records that are wanted, with their offsets, times and headers, compressed as before: %s', (type, compression) => {
    const left = filterBatch(batch(compression), 0, roundOf('bd'))!;
    expect(isValidBatch(left)).toBe(true);
    expect(readBatchHeader(left)).toMatchObject({
      baseOffset: 10, lastOffset: 13, partitionLeaderEpoch: 7, producerId: 5, producerEpoch: 2, baseSequence: 40, lastSequence: 43, recordsCount: 2,
      maxTimestamp: 2_000, compressionType: type, hasDeleteHorizon: false, sizeInBytes: left.length,
    });
    expect(readRecords(left)).toMatchObject([{ offset: 10, timestamp: 1_000, key: bytes('a'), headers: [] }, { offset: 12, timestamp: 2_000, key: bytes('c'), headers: [{ key: 'trace', value: bytes('x1') }] }]);
  });

  it('all of it, byte for byte, where every record is wanted and no tombstone is among them', () => {
    const values = encodeRecordBatch([{ key: bytes('a'), value: bytes('1'), timestamp: 1 }]);
    expect(filterBatch(values, 0, roundOf('b'))).toEqual(values);
  });

  it('the time from which its tombstones may go, once, in place of the base timestamp', () => {
    const first = filterBatch(batch(), 0, roundOf(''))!;
    expect(readBatchHeader(first)).toMatchObject({ hasDeleteHorizon: true, baseTimestamp: 10_500, maxTimestamp: 3_000 });
    expect(readRecords(first).map(({ timestamp }) => timestamp)).toEqual([1_000, 3_000, 2_000, 2_500]);
    const later = filterBatch(first, 0, roundOf('a', { nowMs: 10_499 }))!;
    expect([readBatchHeader(later).baseTimestamp, keysOf(later)]).toEqual([10_500, 'bcd']);
    const last = filterBatch(later, 0, roundOf('', { nowMs: 10_500 }))!;
    expect([readBatchHeader(last).baseTimestamp, keysOf(last), isValidBatch(last)]).toEqual([10_500, 'bc', true]);
  });

  it('everything that lies beyond what the map knows', () => {
    const offsets = new OffsetMap(24 * 100, 1);
    offsets.put(bytes('a'), 11);
    expect(keysOf(filterBatch(batch(), 0, { ...roundOf(''), offsets })!)).toBe('bcd');
  });

  it('nothing where no record is wanted, or its header', () => {
    expect(filterBatch(batch(), 0, roundOf('abcd'))).toBeUndefined();
    const header = filterBatch(batch({ type: 'gzip', level: 6 }), 0, roundOf('abcd', { keepsHeader: true }))!;
    expect([header.length, isValidBatch(header), readRecords(header)]).toEqual([61, true, []]);
    expect(readBatchHeader(header)).toMatchObject({ baseOffset: 10, lastOffset: 13, lastSequence: 43, recordsCount: 0, compressionType: 'none', baseTimestamp: -1, maxTimestamp: 3_000 });
    expect(filterBatch(header, 0, roundOf(''))).toBeUndefined();
  });

  it('a control batch as it is', () => {
    const marker = encodeControlBatch('COMMIT', new Uint8Array(6), 1);
    expect(filterBatch(marker, 0, roundOf('abcd'))).toEqual(marker);
  });
});
