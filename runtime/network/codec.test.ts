import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameCodec } from './codec.ts';
import type { Structures } from './codec.ts';

/** So many kinds of messages, of different keys. */
const structures = (count: number): Structures => Array.from({ length: count }, (_, i) => ['kind', `key${i}`, `value${i}`]);

const value = fc.oneof(fc.integer(), fc.double({ noNaN: true }), fc.string(), fc.constant(null), fc.boolean(), fc.uint8Array(), fc.array(fc.nat(9), { maxLength: 4 }));

/** A message: of a declared kind, of a kind that nobody declared, or one inside the other. */
function message(count: number): fc.Arbitrary<unknown> {
  const declared = fc.record({ i: fc.nat(Math.max(0, count - 1)), a: value, b: value }).map(({ i, a, b }) => ({ kind: i, [`key${i}`]: a, [`value${i}`]: b }));
  const undeclared = fc.record({ i: fc.nat(150), a: value }).map(({ i, a }) => ({ [`unknown${i}`]: a, more: i }));
  const anyDictionary = fc.dictionary(fc.string({ minLength: 1, maxLength: 5 }).filter((key) => key !== '__proto__'), value, { maxKeys: 4 });
  const flat = fc.oneof(declared, undeclared, anyDictionary);
  return fc.oneof(flat, fc.array(flat, { maxLength: 80 }), fc.record({ outer: flat, inner: fc.array(flat, { maxLength: 5 }) }), value);
}

describe.each([0, 1, 31, 32, 33, 64, 65, 100, 400])('a codec of %i structures', (count) => {
  it('gives bytes and reads messages independently of what went before', () => {
    const used = new FrameCodec(structures(count));
    fc.assert(fc.property(fc.array(fc.tuple(message(count), fc.boolean()), { maxLength: 12 }), (history) => {
      for (const [one, isRead] of history) {
        const fresh = new FrameCodec(structures(count));
        const bytes = used.encode(one);
        expect([...bytes]).toEqual([...fresh.encode(one)]);
        if (isRead) expect(used.decode(bytes.slice())).toEqual(new FrameCodec(structures(count)).decode(bytes.slice()));
      }
    }), { numRuns: 40 });
  });
});

describe('a codec', () => {
  it('reads back what it wrote, in the same codec and in another', () => {
    fc.assert(fc.property(message(70), (one) => {
      const codec = new FrameCodec(structures(70));
      const bytes = codec.encode(one);
      expect(codec.decode(bytes)).toEqual(one);
      expect(new FrameCodec(structures(70)).decode(bytes.slice())).toEqual(one);
    }));
  });

  it('writes a declared message in a byte or two and its values', () => {
    const codec = new FrameCodec(structures(70));
    expect(codec.encode({ kind: 1, key5: 2, value5: 3 })).toHaveLength(4);
    expect(codec.encode({ kind: 1, key69: 2, value69: 3 })).toHaveLength(5);
  });

  it('leaves earlier bytes as they are', () => {
    const codec = new FrameCodec([['text']]);
    const all = Array.from({ length: 3_000 }, (_, i) => codec.encode({ text: `message ${i}` }));
    all.forEach((bytes, i) => expect(codec.decode(bytes)).toEqual({ text: `message ${i}` }));
  });

  it('gives byte strings of one and the same type, whether the frame stayed here or came from another worker', () => {
    const codec = new FrameCodec([['data']]);
    const bytes = codec.encode({ data: new Uint8Array([1, 2]), long: 'x'.repeat(300), other: 'é'.repeat(300) });
    const sent = new Uint8Array(bytes);
    for (const frame of [bytes, sent]) {
      const { data, long, other } = codec.decode(frame) as { data: Uint8Array; long: string; other: string };
      expect(Object.getPrototypeOf(data)).toBe(Uint8Array.prototype);
      expect([long.length, other]).toEqual([300, 'é'.repeat(300)]);
    }
  });

  it('does not touch the structures it was given', () => {
    const given = structures(40);
    const codec = new FrameCodec(given);
    codec.decode(codec.encode({ kind: 1, key39: 2, value39: 3 }));
    codec.encode({ unknown: 1 });
    expect(given).toEqual(structures(40));
  });
});
