import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32c } from './crc32c.ts';

/** The definition, a bit at a time. */
function bitwise(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}

describe('CRC-32C', () => {
  it.each([
    { of: 'nothing', bytes: new Uint8Array(0), crc: 0 },
    { of: '123456789', bytes: new TextEncoder().encode('123456789'), crc: 0xe3069283 },
    // RFC 3720, B.4
    { of: '32 zeros', bytes: new Uint8Array(32), crc: 0x8a9136aa },
    { of: '32 ones', bytes: new Uint8Array(32).fill(0xff), crc: 0x62a8ab43 },
    { of: '0 to 31', bytes: Uint8Array.from({ length: 32 }, (_, i) => i), crc: 0x46dd794e },
  ])('of $of is the published one', ({ bytes, crc }) => {
    expect(crc32c(bytes)).toBe(crc);
  });

  it('of any range is what the definition says', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(60), fc.nat(60), (bytes, a, b) => {
        const [start, end] = [Math.min(a, b, bytes.length), Math.min(Math.max(a, b), bytes.length)];
        expect(crc32c(bytes, start, end)).toBe(bitwise(bytes.subarray(start, end)));
      }),
    );
  });
});
