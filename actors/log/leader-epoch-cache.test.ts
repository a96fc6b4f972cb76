import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LeaderEpochCache } from './leader-epoch-cache.ts';
import type { EpochEntry } from './leader-epoch-cache.ts';

type Pair = [epoch: number, startOffset: number];
const entries = (pairs: readonly Pair[]): EpochEntry[] => pairs.map(([epoch, startOffset]) => ({ epoch, startOffset }));
const cacheOf = (...pairs: Pair[]): LeaderEpochCache => new LeaderEpochCache(entries(pairs));

describe('assigning an epoch (LEC-1)', () => {
  it.each<{ says: string; before: Pair[]; assign: Pair; after: Pair[]; isNew: boolean }>([
    { says: 'the first', before: [], assign: [0, 0], after: [[0, 0]], isNew: true },
    { says: 'the next', before: [[0, 0]], assign: [2, 10], after: [[0, 0], [2, 10]], isNew: true },
    { says: 'the latest again, further on', before: [[0, 0], [2, 10]], assign: [2, 15], after: [[0, 0], [2, 10]], isNew: false },
    { says: 'the latest again, where it began', before: [[2, 10]], assign: [2, 10], after: [[2, 10]], isNew: false },
    { says: 'the latest, before it began', before: [[0, 0], [2, 10]], assign: [2, 5], after: [[0, 0], [2, 5]], isNew: true },
    { says: 'a new one where the latest wrote nothing', before: [[0, 0], [2, 10]], assign: [3, 10], after: [[0, 0], [3, 10]], isNew: true },
    { says: 'a new one below the start of two', before: [[0, 0], [2, 10], [4, 20]], assign: [5, 10], after: [[0, 0], [5, 10]], isNew: true },
    { says: 'an older one, further on', before: [[0, 0], [2, 10], [4, 20]], assign: [3, 30], after: [[0, 0], [2, 10], [3, 30]], isNew: true },
    { says: 'an older one that is known', before: [[0, 0], [2, 10], [4, 20]], assign: [2, 30], after: [[0, 0], [2, 30]], isNew: true },
    { says: 'one before all', before: [[3, 10]], assign: [1, 0], after: [[1, 0]], isNew: true },
  ])('$says', ({ before, assign, after, isNew }) => {
    const cache = cacheOf(...before);
    expect(cache.assign(...assign)).toBe(isNew);
    expect(cache.entries).toEqual(entries(after));
  });

  it('keeps both columns strictly increasing, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(8), fc.nat(8)), { maxLength: 20 }), (pairs) => {
        const cache = cacheOf();
        for (const [epoch, startOffset] of pairs) {
          cache.assign(epoch, startOffset);
          expect(cache.latest!.epoch).toBe(epoch);
        }
        expect(new LeaderEpochCache(cache.entries).entries).toEqual(cache.entries);
      }),
    );
  });

  it('refuses what is no epoch and no offset', () => {
    expect(() => cacheOf().assign(-1, 0)).toThrow(RangeError);
    expect(() => cacheOf().assign(0, -1)).toThrow(RangeError);
    expect(() => cacheOf([1, 0], [1, 5])).toThrow(RangeError);
  });
});

describe('where an epoch ends (LEC-3)', () => {
  const known: Pair[] = [[2, 10], [4, 20], [7, 30]];
  it.each<{ says: string; epoch: number; of: Pair[]; end: Pair | undefined }>([
    { says: 'none was asked for', epoch: -1, of: known, end: undefined },
    { says: 'the latest: at the end of the log', epoch: 7, of: known, end: [7, 50] },
    { says: 'above all that is known', epoch: 8, of: known, end: undefined },
    { says: 'a known one: where the next begins', epoch: 4, of: known, end: [4, 30] },
    { says: 'an unknown one: the largest below it', epoch: 5, of: known, end: [4, 30] },
    { says: 'the first', epoch: 2, of: known, end: [2, 20] },
    { says: 'below all: itself, where the first begins', epoch: 1, of: known, end: [1, 10] },
    { says: 'nothing is known', epoch: 0, of: [], end: undefined },
  ])('$says', ({ epoch, of, end }) => {
    expect(cacheOf(...of).endOffsetFor(epoch, 50)).toEqual(end && { epoch: end[0], endOffset: end[1] });
  });

  it.each([
    [9, undefined],
    [10, 2],
    [19, 2],
    [20, 4],
    [99, 7],
  ])('offset %d is of epoch %s', (offset, epoch) => {
    expect(cacheOf(...known).epochOf(offset)).toBe(epoch);
  });
});

describe('truncation (LEC-4)', () => {
  it.each<{ at: number; before: Pair[]; after: Pair[] }>([
    { at: 25, before: [[0, 0], [2, 10], [4, 20]], after: [[0, 0], [2, 10], [4, 20]] },
    { at: 20, before: [[0, 0], [2, 10], [4, 20]], after: [[0, 0], [2, 10]] },
    { at: 5, before: [[0, 0], [2, 10], [4, 20]], after: [[0, 0]] },
    { at: 0, before: [[0, 0], [2, 10]], after: [] },
    { at: 0, before: [], after: [] },
  ])('from the end at $at drops what begins there or later', ({ at, before, after }) => {
    const cache = cacheOf(...before);
    expect(cache.truncateFromEnd(at)).toBe(before.length !== after.length);
    expect(cache.entries).toEqual(entries(after));
  });

  it.each<{ at: number; before: Pair[]; after: Pair[]; isNews: boolean }>([
    { at: 0, before: [[0, 0], [2, 10]], after: [[0, 0], [2, 10]], isNews: false },
    { at: 5, before: [[0, 0], [2, 10]], after: [[0, 5], [2, 10]], isNews: true },
    { at: 10, before: [[0, 0], [2, 10], [4, 20]], after: [[2, 10], [4, 20]], isNews: true },
    { at: 15, before: [[0, 0], [2, 10], [4, 20]], after: [[2, 15], [4, 20]], isNews: true },
    { at: 99, before: [[0, 0], [2, 10]], after: [[2, 99]], isNews: true },
    { at: 3, before: [[2, 10]], after: [[2, 10]], isNews: false },
    { at: 3, before: [], after: [], isNews: false },
  ])('from the start at $at keeps the epoch that reaches it', ({ at, before, after, isNews }) => {
    const cache = cacheOf(...before);
    expect(cache.truncateFromStart(at)).toBe(isNews);
    expect(cache.entries).toEqual(entries(after));
  });
});
