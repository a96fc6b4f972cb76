/** @module How long clients wait before they try again: doubling from a first wait to a longest, ±20 % (PR-4). */
import { MILLISECOND } from '../../runtime/index.ts';
import type { Micros, Random } from '../../runtime/index.ts';

/** Per mille. */
const JITTER_LOW = 800;
const JITTER_HIGH = 1_200;

export class ExponentialBackoff {
  readonly #random: Random;
  readonly #initialUs: Micros;
  readonly #maxUs: Micros;

  constructor(random: Random, initialMs: number, maxMs: number) {
    this.#random = random;
    this.#initialUs = Math.min(initialMs, maxMs) * MILLISECOND;
    this.#maxUs = maxMs * MILLISECOND;
  }

  /** The wait after so many failures, the first one being number 0. Draws once, unless there is nothing to wait for. */
  delayUs(failures: number): Micros {
    if (this.#initialUs === 0) return 0;
    let delay = this.#initialUs;
    for (let i = 0; i < failures && delay < this.#maxUs; i += 1) delay *= 2;
    const jittered = Math.floor((Math.min(delay, this.#maxUs) * this.#random.between(JITTER_LOW, JITTER_HIGH)) / 1_000);
    return Math.min(jittered, this.#maxUs);
  }
}
