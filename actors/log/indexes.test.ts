import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OffsetIndex } from './offset-index.ts';
import { TimeIndex } from './time-index.ts';

const BASE = 1_000_000_000_000;

/** Strictly increasing pairs. */
const pairs = fc.array(fc.tuple(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 5_000 })), { maxLength: 200 }).map((steps) => {
  let [offset, position] = [0, 0];
  return steps.map(([a, b]) => [(offset += a), (position += b)] as const);
});

describe('an offset index', () => {
  it('finds the last entry at or below an offset, also from its file, also after it was cut', () => {
    fc.assert(
      fc.property(pairs, fc.nat(10_000), fc.nat(1_000_000), (entries, target, cutAt) => {
        const index = new OffsetIndex(BASE);
        for (const [offset, position] of entries) index.add(BASE + offset, position);
        const decoded = OffsetIndex.decode(index.encode(), BASE, 2_000_000)!;
        for (const each of [index, decoded]) expect(each.lookup(BASE + target)).toBe(entries.findLast(([offset]) => offset <= target)?.[1] ?? 0);
        index.truncateTo(cutAt);
        const kept = entries.filter(([, position]) => position < cutAt);
        expect([index.entries, index.lastPosition]).toEqual([kept.length, kept.at(-1)?.[1] ?? 0]);
        expect(index.lookup(BASE + target)).toBe(kept.findLast(([offset]) => offset <= target)?.[1] ?? 0);
      }),
    );
  });

  it('is eight bytes an entry: offset from the base, position', () => {
    const index = new OffsetIndex(BASE);
    index.add(BASE + 258, 65_537);
    expect(index.encode()).toEqual(Uint8Array.of(0, 0, 1, 2, 0, 1, 0, 1));
    expect([index.isFull(8), index.isFull(15), index.isFull(16)]).toEqual([true, true, false]);
  });

  it.each([
    { says: 'a part of an entry', bytes: [0, 0, 0, 1] },
    { says: 'a position beyond the segment', bytes: [0, 0, 0, 1, 0, 0, 0, 100] },
    { says: 'an offset below the base', bytes: [0xff, 0, 0, 1, 0, 0, 0, 10] },
    { says: 'offsets that do not rise', bytes: [0, 0, 0, 1, 0, 0, 0, 10, 0, 0, 0, 1, 0, 0, 0, 20] },
    { says: 'positions that do not rise', bytes: [0, 0, 0, 1, 0, 0, 0, 10, 0, 0, 0, 2, 0, 0, 0, 10] },
  ])('with $says is none (RC-4)', ({ bytes }) => {
    expect(OffsetIndex.decode(Uint8Array.from(bytes), BASE, 100)).toBeUndefined();
  });
});

describe('a time index', () => {
  it('finds the last entry that is not later, also from its file, also after it was cut', () => {
    fc.assert(
      fc.property(pairs, fc.nat(1_000_000), fc.nat(10_000), (entries, time, cutAt) => {
        const index = new TimeIndex(BASE);
        for (const [offset, timestamp] of entries) index.add(timestamp, BASE + offset);
        const expected = (of: typeof entries): object => {
          const found = of.findLast(([, timestamp]) => timestamp <= time);
          return found === undefined ? { timestamp: -1, offset: BASE } : { timestamp: found[1], offset: BASE + found[0] };
        };
        for (const each of [index, TimeIndex.decode(index.encode(), BASE)!]) expect(each.lookup(time)).toEqual(expected(entries));
        index.truncateTo(BASE + cutAt);
        expect(index.lookup(time)).toEqual(expected(entries.filter(([offset]) => offset < cutAt)));
      }),
    );
  });

  it('takes no entry for a time that is not new, and keeps room for a last one', () => {
    const index = new TimeIndex(BASE);
    index.add(10, BASE);
    index.add(10, BASE + 1);
    index.add(9, BASE + 2);
    expect(index.encode()).toEqual(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 10, 0, 0, 0, 0));
    expect([index.isFull(24), index.isFull(36)]).toEqual([true, false]);
  });

  it.each([
    { says: 'a part of an entry', bytes: [0, 0, 0, 1] },
    { says: 'times that do not rise', bytes: [0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 2] },
  ])('with $says is none (RC-4)', ({ bytes }) => {
    expect(TimeIndex.decode(Uint8Array.from(bytes), BASE)).toBeUndefined();
  });
});
