import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EXPONENTIAL_SCALE, exponentialQuantiles } from './exponential-table.ts';
import { randomStream } from './random.ts';
import type { Random } from './random.ts';

const draws = (random: Random, count = 8): number[] => Array.from({ length: count }, () => random.below(1_000_000));

describe('a named stream', () => {
  it('gives these values for ever: seeds in the wild depend on them', () => {
    expect(draws(randomStream('8814', 'link/broker-1>broker-2/latency'))).toMatchInlineSnapshot(`
      [
        241288,
        817442,
        648020,
        329538,
        232123,
        723552,
        445346,
        170850,
      ]
    `);
    const mixed = randomStream('8814', 'mixed');
    expect([mixed.below(2 ** 32), mixed.between(-5, 5), mixed.chance(1, 3), mixed.exponential(1_000), mixed.pick(['a', 'b', 'c'])]).toMatchInlineSnapshot(`
      [
        3329610636,
        -3,
        true,
        846,
        "b",
      ]
    `);
  });

  it('depends on seed and name and nothing else', () => {
    const alone = draws(randomStream('s', 'one'));
    const other = randomStream('s', 'two');
    const besides = randomStream('s', 'one');
    const interleaved = alone.map(() => {
      other.below(10);
      return besides.below(1_000_000);
    });
    expect(interleaved).toEqual(alone);
    expect(draws(randomStream('s', 'two'))).not.toEqual(alone);
    expect(draws(randomStream('t', 'one'))).not.toEqual(alone);
  });

  it('draws whole numbers within bounds', () => {
    fc.assert(fc.property(fc.string(), fc.integer({ min: 1, max: 2 ** 32 }), fc.integer({ min: -1_000, max: 1_000 }), fc.nat(1_000), fc.nat(1_000_000), (seed, bound, low, width, mean) => {
      const random = randomStream(seed, 'bounds');
      for (let i = 0; i < 5; i += 1) {
        const below = random.below(bound);
        expect(Number.isSafeInteger(below) && below >= 0 && below < bound).toBe(true);
        const between = random.between(low, low + width);
        expect(Number.isSafeInteger(between) && between >= low && between <= low + width).toBe(true);
        const exponential = random.exponential(mean);
        expect(Number.isSafeInteger(exponential) && exponential >= 0 && exponential <= 9.02 * mean).toBe(true);
      }
    }));
  });

  it('is uniform, fair and exponential about as it should be', () => {
    const random = randomStream('fair', 'x');
    const count = 100_000;
    const mean = (draw: () => number): number => Array.from({ length: count }, draw).reduce((sum, value) => sum + value, 0) / count;
    expect(mean(() => random.below(1_000))).toBeCloseTo(499.5, -1);
    expect(mean(() => (random.chance(1, 4) ? 1 : 0))).toBeCloseTo(0.25, 1);
    const exponential = mean(() => random.exponential(10_000));
    expect(exponential).toBeGreaterThan(9_800);
    expect(exponential).toBeLessThan(10_200);
    expect(mean(() => (random.exponential(10_000) > 10_000 ? 1 : 0))).toBeCloseTo(0.368, 1);
  });

  const forced: readonly [what: string, choose: (random: Random) => unknown, expected: unknown][] = [
    ['below(1)', (random) => random.below(1), 0],
    ['between(7, 7)', (random) => random.between(7, 7), 7],
    ['chance(0, 5)', (random) => random.chance(0, 5), false],
    ['chance(5, 5)', (random) => random.chance(5, 5), true],
    ['exponential(0)', (random) => random.exponential(0), 0],
    ['pick of one', (random) => random.pick(['only']), 'only'],
  ];
  it.each(forced)('draws nothing for %s: there is nothing to choose', (_, choose, expected) => {
    const random = randomStream('forced', 'x');
    expect(choose(random)).toBe(expected);
    expect(draws(random)).toEqual(draws(randomStream('forced', 'x')));
  });

  it('refuses what cannot be drawn', () => {
    const random = randomStream('refuse', 'x');
    for (const bound of [0, -1, NaN, 2 ** 32 + 1]) expect(() => random.below(bound)).toThrow(RangeError);
    expect(() => random.between(2, 1)).toThrow(RangeError);
    expect(() => random.pick([])).toThrow(RangeError);
  });
});

describe('the exponential table', () => {
  it('is this table on every engine', () => {
    let checksum = 0;
    for (const quantile of exponentialQuantiles) checksum = (Math.imul(checksum, 31) + quantile) | 0;
    expect({ checksum, length: exponentialQuantiles.length, first: exponentialQuantiles[0], last: exponentialQuantiles.at(-1) }).toMatchInlineSnapshot(`
      {
        "checksum": -253584650,
        "first": 8,
        "last": 590539,
        "length": 4096,
      }
    `);
  });

  it('rises, with a mean of one', () => {
    expect([...exponentialQuantiles].every((quantile, i, all) => i === 0 || quantile > all[i - 1]!)).toBe(true);
    const mean = exponentialQuantiles.reduce((sum, quantile) => sum + quantile, 0) / exponentialQuantiles.length / EXPONENTIAL_SCALE;
    expect(mean).toBeCloseTo(1, 3);
  });
});
