import { expect, it } from 'vitest';
import { summaryOf } from './batch-summary.ts';
import { encodeRecordBatch } from './records.ts';
import { checksumOf, stampBatch } from './record-batch.ts';

const value = new Uint8Array([1]);

it('says of each batch its last offset, its epoch and its checksum (RB-1, RB-3)', () => {
  const first = encodeRecordBatch([{ timestamp: 0, key: null, value }, { timestamp: 0, key: null, value }]);
  const second = encodeRecordBatch([{ timestamp: 1, key: null, value }]);
  stampBatch(first, 0, 10, 3);
  stampBatch(second, 0, 12, 4);
  const summary = summaryOf(new Uint8Array([...first, ...second]));
  expect(summary).toEqual({ lastOffsets: [11, 12], epochs: [3, 4], checksums: [checksumOf(first), checksumOf(second)] });
  expect(summaryOf(new Uint8Array(0))).toEqual({ lastOffsets: [], epochs: [], checksums: [] });
});
