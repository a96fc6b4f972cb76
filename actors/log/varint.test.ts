import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readVarint, sizeOfVarint, writeVarint } from './varint.ts';

function encode(value: number): number[] {
  const bytes = new Uint8Array(16);
  return [...bytes.subarray(0, writeVarint(bytes, 0, value))];
}

describe('a varint', () => {
  it.each([
    [0, [0x00]],
    [-1, [0x01]],
    [1, [0x02]],
    [63, [0x7e]],
    [-64, [0x7f]],
    [64, [0x80, 0x01]],
    [-65, [0x81, 0x01]],
    [8191, [0xfe, 0x7f]],
    [-8193, [0x81, 0x80, 0x01]],
    [2_147_483_647, [0xfe, 0xff, 0xff, 0xff, 0x0f]],
    [-2_147_483_648, [0xff, 0xff, 0xff, 0xff, 0x0f]],
    [2_147_483_648, [0x80, 0x80, 0x80, 0x80, 0x10]],
    [-2_147_483_649, [0x81, 0x80, 0x80, 0x80, 0x10]],
  ])('of %d is written as Kafka does', (value, bytes) => {
    expect(encode(value)).toEqual(bytes);
  });

  it('of any safe integer is read back, and has the size that was said', () => {
    fc.assert(
      fc.property(fc.oneof(fc.maxSafeInteger(), fc.integer(), fc.constantFrom(Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER)), (value) => {
        const bytes = Uint8Array.from(encode(value));
        const cursor = { bytes, position: 0 };
        expect(readVarint(cursor)).toBe(value);
        expect(cursor.position).toBe(bytes.length);
        expect(sizeOfVarint(value)).toBe(bytes.length);
        const zigzag = BigInt.asUintN(64, (BigInt(value) << 1n) ^ (BigInt(value) >> 63n));
        expect(bytes.reduceRight((sum, byte) => (sum << 7n) | BigInt(byte & 0x7f), 0n)).toBe(zigzag);
      }),
    );
  });

  it.each([
    ['ends too soon', [0x80]],
    ['is empty', []],
    ['is too long', Array<number>(12).fill(0x80)],
    ['is beyond 2^53', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]],
  ])('that %s is refused', (_, bytes) => {
    expect(() => readVarint({ bytes: Uint8Array.from(bytes), position: 0 })).toThrow(RangeError);
  });
});
