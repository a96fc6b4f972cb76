/**
 * @module
 * A service as the one who waits for it sees it: it is unavailable from the moment at which something is wanted, or from the last time something was had if
 * more is wanted still, until something is had again. A refusal is not what was wanted, and ends nothing.
 *
 *     wanted   wanted        had        had
 *       ├────── 9.1 s ────────┤── 2 ms ──┤
 */
import type { Micros } from '../../runtime/index.ts';

/** A time without the service that is worth telling, µs; what is shorter is latency. */
export const UNAVAILABLE_US_MIN: Micros = 500_000;

export class Service {
  #waitingSince: Micros | undefined;
  /** The longest time without it. */
  longestUs: Micros = 0;
  /** All times together that are worth telling. */
  totalUs: Micros = 0;

  wanted(now: Micros): void {
    this.#waitingSince ??= now;
  }

  /** @param more whether something is wanted still */
  had(now: Micros, more: boolean): void {
    this.#count(now);
    this.#waitingSince = more ? now : undefined;
  }

  /** Nothing is counted from here on. */
  end(now: Micros): void {
    this.#count(now);
    this.#waitingSince = undefined;
  }

  #count(now: Micros): void {
    if (this.#waitingSince === undefined) return;
    const us = now - this.#waitingSince;
    this.longestUs = Math.max(this.longestUs, us);
    if (us >= UNAVAILABLE_US_MIN) this.totalUs += us;
  }
}
