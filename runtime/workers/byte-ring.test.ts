import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteRing } from './byte-ring.ts';

const refuse = (): never => {
  throw new RangeError('full');
};

describe('a byte ring', () => {
  it('gives the bytes in the order they were written, whatever is written and read in whatever pieces', () => {
    const step = fc.oneof(fc.record({ write: fc.nat(50) }), fc.record({ read: fc.nat(50) }));
    fc.assert(fc.property(fc.constantFrom(1, 8, 64), fc.array(step, { maxLength: 200 }), (capacity, steps) => {
      const buffer = ByteRing.allocate(capacity);
      const writer = new ByteRing(buffer);
      const reader = new ByteRing(buffer);
      let written = 0;
      let readSoFar = 0;
      const expectRead = (length: number): void => {
        const target = new Uint8Array(length + 4).fill(255);
        const count = reader.read(target, 2, length);
        expect(count).toBe(Math.min(length, written - readSoFar));
        expect([...target.subarray(2, 2 + count)]).toEqual(Array.from({ length: count }, (_, i) => (readSoFar + i) % 251));
        expect([...target.subarray(2 + count)].every((byte) => byte === 255)).toBe(true);
        readSoFar += count;
      };
      for (const one of steps) {
        if ('read' in one) {
          expectRead(one.read);
          continue;
        }
        const length = Math.min(one.write, capacity - (written - readSoFar));
        writer.write(Uint8Array.from({ length }, (_, i) => (written + i) % 251), refuse);
        written += length;
        expect(reader.readable).toBe(written - readSoFar);
      }
      expectRead(capacity);
    }));
  });

  it('lets a message flow through that is larger than itself', () => {
    const buffer = ByteRing.allocate(16);
    const reader = new ByteRing(buffer);
    const message = Uint8Array.from({ length: 1_000 }, (_, i) => i % 256);
    const received = new Uint8Array(1_000);
    let count = 0;
    let waits = 0;
    new ByteRing(buffer).write(message, () => {
      waits += 1;
      count += reader.read(received, count, 7);
    });
    while (reader.readable > 0) count += reader.read(received, count, 100);
    expect(received).toEqual(message);
    expect(waits).toBeGreaterThan(100);
  });

  it('goes on when its counters pass 2^31 and 2^32', () => {
    const buffer = ByteRing.allocate(8);
    for (const start of [2 ** 31 - 3, 2 ** 32 - 3]) {
      new Int32Array(buffer, 0, 2).fill(start | 0);
      const ring = new ByteRing(buffer);
      ring.write(new Uint8Array([1, 2, 3, 4, 5, 6]), refuse);
      expect(ring.readable).toBe(6);
      const target = new Uint8Array(6);
      ring.read(target, 0, 6);
      expect([...target]).toEqual([1, 2, 3, 4, 5, 6]);
      expect(ring.readable).toBe(0);
    }
  });

  it('lets the writer give up', () => {
    const ring = new ByteRing(ByteRing.allocate(8));
    expect(() => ring.write(new Uint8Array(9), refuse)).toThrow('full');
  });

  it('has a capacity that is a power of two', () => {
    expect(() => new ByteRing(ByteRing.allocate(12))).toThrow(RangeError);
  });
});
