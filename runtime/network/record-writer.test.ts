import fc from 'fast-check';
import { Packr } from 'msgpackr';
import { describe, expect, it } from 'vitest';
import { FrameCodec } from './codec.ts';
import { RecordWriter } from './record-writer.ts';

const STRUCTURES = [['a'], ['a', 'b'], ['a', 'b', 'c'], ['b', 'a'], ['text', 'list', 'bytes'], [], ...Array.from({ length: 70 }, (_, i) => ['kind', `key${i}`])];

/** msgpackr alone, with the same structures. */
function msgpackr(message: unknown): number[] {
  const structures = STRUCTURES.map((keys, i) => Object.assign([...keys], i < 32 ? {} : { highByte: (i - 32) >> 5 }));
  return [...(new Packr({ structures, maxSharedStructures: STRUCTURES.length, moreTypes: false, encodeUndefinedAsNil: false }).pack(message) as Uint8Array)];
}

const NUMBERS = [0, -0, 1, 0x1f, 0x20, 0x3f, 0x40, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x10000, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1, 1.5, Infinity].flatMap((value) => [value, -value, -value - 1]);
const ascii = fc.string({ unit: fc.integer({ min: 0, max: 127 }).map((code) => String.fromCharCode(code)), maxLength: 80 });
const leaf = fc.oneof(fc.constantFrom(...NUMBERS), fc.integer(), fc.double({ noNaN: true }), ascii, fc.string(), fc.constant(null), fc.boolean(), fc.uint8Array({ maxLength: 300 }));
const { message } = fc.letrec<{ message: unknown; inner: unknown }>((tie) => ({
  message: fc.oneof(
    leaf,
    fc.array(tie('inner'), { maxLength: 20 }),
    fc.record({ a: tie('inner') }),
    fc.record({ a: tie('inner'), b: tie('inner') }),
    fc.tuple(tie('inner'), tie('inner')).map(([a, b]) => ({ b, a })),
    fc.record({ text: ascii, list: fc.array(tie('inner')), bytes: fc.uint8Array() }),
    fc.tuple(fc.nat(69), tie('inner')).map(([i, value]) => ({ kind: i, [`key${i}`]: value })),
  ),
  inner: fc.oneof({ depthSize: 'small' }, leaf, tie('message')),
}));

describe('what the writer of records writes', () => {
  it('is what msgpackr writes, whatever it wrote before', () => {
    const writer = new RecordWriter(STRUCTURES);
    fc.assert(fc.property(message, (one) => {
      const written = writer.write(one);
      if (written !== undefined) expect([...written]).toEqual(msgpackr(one));
    }), { numRuns: 600 });
  });

  it.each([
    ['a number', 7],
    ['a record with everything', { text: 'orders', list: [1, -1, 2 ** 40, true, null, { a: 1 }], bytes: new Uint8Array(20_000) }],
    ['a record whose id has two bytes', { kind: 1, key69: { kind: 2, key68: 'x' } }],
    ['an empty record', {}],
    ['a large list', Array.from({ length: 5_000 }, (_, i) => i)],
  ])('is there for %s', (_, one) => {
    expect([...new RecordWriter(STRUCTURES).write(one)!]).toEqual(msgpackr(one));
  });

  it.each([
    ['undeclared keys', { c: 1 }],
    ['keys in another order', { list: [], text: '', bytes: null }],
    ['the beginning of a declared record', { text: 'x' }],
    ['text that is not ASCII', { a: 'é' }],
    ['long text', 'x'.repeat(64)],
    ['undefined', { a: undefined }],
    ['an object of a class', new Map([[1, 2]])],
  ])('leaves %s to msgpackr, and nothing behind', (_, one) => {
    const writer = new RecordWriter(STRUCTURES);
    expect(writer.write(one)).toBeUndefined();
    expect([...writer.write({ a: 1, b: 2 })!]).toEqual(msgpackr({ a: 1, b: 2 }));
    if (!(one instanceof Map)) expect([...new FrameCodec(STRUCTURES).encode(one)]).toEqual(msgpackr(one));
  });

  it('stays as it is, over many pieces of memory', () => {
    const writer = new RecordWriter(STRUCTURES);
    const all = Array.from({ length: 5_000 }, (_, i) => ({ one: { a: i, b: new Uint8Array(i % 40).fill(i) }, bytes: writer.write({ a: i, b: new Uint8Array(i % 40).fill(i) })! }));
    for (const { one, bytes } of all.filter((_, i) => i % 97 === 0)) expect([...bytes]).toEqual(msgpackr(one));
  });
});
