/** @module Bits that have rotted in a log that is in use */
import { expect, it, test } from 'vitest';
import { DIRECTORY, ONE, segmentContent, segmentsBench } from '../testing/segments-bench.ts';
import type { SegmentsBench } from '../testing/segments-bench.ts';
import { CorruptLogError } from './log-segment.ts';
import { baseOffsetOf } from './record-batch.ts';

/** Where the length of a batch stands in it. */
const LENGTH_AT = 8;

/** Segments of four batches, the second batch of the first with another length. */
function withLength(length: number): SegmentsBench {
  const world = segmentsBench({ config: { 'segment.bytes': 4 * ONE } });
  for (let i = 0; i < 10; i += 1) world.append(1);
  const bytes = world.disk.readCached(`${DIRECTORY}/00000000000000000000.log`, 0, 4 * ONE)!;
  new DataView(bytes.buffer, bytes.byteOffset).setInt32(ONE + LENGTH_AT, length);
  return world;
}

const readFrom = ({ run, log }: SegmentsBench, offset: number): number => baseOffsetOf(run(log.read(offset, ONE, log.logEndOffset, true)));

test.each([-1, 0, 13, 40])('a batch that says it is %i bytes long is smaller than any: what lies behind it cannot be read, and is not skipped', (length) => {
  const world = withLength(length);
  expect(readFrom(world, 0)).toBe(0);
  for (const offset of [1, 2, 3]) {
    expect(() => readFrom(world, offset)).toThrow(CorruptLogError);
    expect(() => world.log.readCached(offset, ONE, world.log.logEndOffset, true)).toThrow(CorruptLogError);
  }
  for (const offset of [4, 7, 8]) expect(readFrom(world, offset)).toBe(offset);
});

it('is read as ever where nothing has rotted', () => expect(segmentContent(withLength(ONE - 12))).toHaveLength(10));
