import { describe, expect, it } from 'vitest';
import { SEED_MAX, WHOLE, countSeeds, freshSeed, parseSeed, parseSeedRange, parseShard, seedsOf } from './seeds.ts';

describe('a seed', () => {
  it('survives with all its 64 bits', () => expect(parseSeed('18446744073709551615')).toBe('18446744073709551615'));
  it('has one way of writing', () => expect(parseSeed('0042')).toBe('42'));
  it('has at most 64 bits', () => expect(() => parseSeed('18446744073709551616')).toThrow('more than the largest seed'));
  it.each(['', '-1', '1.5', '0x10', 'abc', '1_000', '1n', ' 1'])('%j is refused', (text) => expect(() => parseSeed(text)).toThrow('a seed is a whole number'));
  it('that nobody asked for can be given again', () => expect(parseSeed(freshSeed())).toMatch(/^\d+$/));
});

describe('a range of seeds', () => {
  it('includes both ends', () => expect([...seedsOf(parseSeedRange('7..9'), WHOLE)]).toEqual(['7', '8', '9']));
  it('may be a single seed', () => expect([...seedsOf(parseSeedRange('7..7'), WHOLE)]).toEqual(['7']));
  it('may end at the largest seed', () => expect([...seedsOf(parseSeedRange(`${SEED_MAX - 1n}..${SEED_MAX}`), WHOLE)]).toEqual(['18446744073709551614', '18446744073709551615']));
  it('must not run backwards', () => expect(() => parseSeedRange('9..7')).toThrow('did you mean 7..9?'));
  it.each(['7', '7..', '..7', '1...3', '1..2..3', '1-3', 'a..b', '1.. 3', '', '-1..3'])('%j is refused', (text) => expect(() => parseSeedRange(text)).toThrow(`--seeds ${text}`));
});

describe('shards', () => {
  const range = parseSeedRange('10..20');

  it('part the seeds without gap or overlap', () => {
    const parts = [1, 2, 3].map((index) => [...seedsOf(range, { index, of: 3 })]);
    expect(parts.flat().sort()).toEqual([...seedsOf(range, WHOLE)].sort());
    expect(parts[1]).toEqual(['11', '14', '17', '20']);
  });

  it.each([[1, 3, 4n], [3, 3, 3n], [1, 1, 11n], [12, 12, 0n]])('%i/%i has as many seeds as it counts', (index, of, amount) => {
    expect(countSeeds(range, { index, of })).toBe(amount);
    expect(BigInt([...seedsOf(range, { index, of })].length)).toBe(amount);
  });

  it('are counted from 1', () => expect(parseShard('1/4')).toEqual({ index: 1, of: 4 }));
  it.each(['0/4', '5/4', '1/0', '1', '1/2/3', 'a/b', '-1/4'])('%j is refused', (text) => expect(() => parseShard(text)).toThrow(`--shard ${text}`));
});
