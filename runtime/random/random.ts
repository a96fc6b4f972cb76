/**
 * @module
 * Named random streams over seedrandom's alea. A stream is derived from (seed, name), so that a new draw in one place shifts
 * nothing elsewhere. Only integers come out: Math.log, exp, pow and sin differ between engines and are banned.
 */
import alea from 'seedrandom/lib/alea.js';
import { EXPONENTIAL_SCALE, exponentialQuantiles } from './exponential-table.ts';

const TWO_TO_32 = 4_294_967_296;

/** One stream of integers. Building one costs about 200 draws: keep it. */
export interface Random {
  /** Uniform in [0, bound); draws nothing when the bound is 1. @throws {RangeError} unless 1 ≤ bound ≤ 2^32. */
  below(bound: number): number;
  /** Uniform in [low, high], both included; draws nothing when they are equal. */
  between(low: number, high: number): number;
  /** True with probability numerator/denominator; draws nothing when that is 0 or 1. */
  chance(numerator: number, denominator: number): boolean;
  /** Exponentially distributed with the given mean, as a whole number; at most about 9 times the mean. Draws nothing when the mean is 0. */
  exponential(mean: number): number;
  /** One of the items; draws nothing when there is just one. @throws {RangeError} if there is none. */
  pick<T>(items: readonly T[]): T;
}

class AleaStream implements Random {
  readonly #next: () => number;

  constructor(seed: string) {
    const generator = alea(seed);
    // int32 and not the double: 32 bits, exact on every engine.
    this.#next = () => generator.int32() >>> 0;
  }

  below(bound: number): number {
    if (!(bound >= 1 && bound <= TWO_TO_32)) throw new RangeError(`below(${bound}): the bound must lie in 1..2^32`);
    if (bound === 1) return 0;
    return Math.floor((this.#next() * bound) / TWO_TO_32);
  }

  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  chance(numerator: number, denominator: number): boolean {
    if (numerator <= 0) return false;
    if (numerator >= denominator) return true;
    return this.below(denominator) < numerator;
  }

  exponential(mean: number): number {
    if (mean === 0) return 0;
    const quantile = exponentialQuantiles[this.#next() >>> 20];
    return Math.floor((mean * quantile!) / EXPONENTIAL_SCALE);
  }

  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError('pick: there is nothing to pick from');
    return items[this.below(items.length)]!;
  }
}

/** The stream of this name under this seed. Names read like paths: `link/broker-1>broker-2/latency`. */
export function randomStream(seed: string, name: string): Random {
  return new AleaStream(`${seed}/${name}`);
}
