/** @module What happens so many times: a count, and a rate that forgets. Kafka's brokers and controllers measure with it (Yammer's Meter). */
import { SECOND } from '../../runtime/index.ts';
import type { Micros } from '../../runtime/index.ts';

/** The rate is brought up to date in steps of this. */
const TICK_US: Micros = 5 * SECOND;
/** 1 − e^(−5/60): the weight of the last 5 s in a one-minute moving average. */
const ALPHA = 0.07995558537067671;

export class Meter {
  #count = 0;
  /** Counted already at the last tick. */
  #ticked = 0;
  #tickedAt: Micros;
  #perSecond = 0;
  #hasRate = false;

  constructor(now: Micros) {
    this.#tickedAt = now;
  }

  mark(times = 1): void {
    this.#count += times;
  }

  /** Since the process started. */
  get count(): number {
    return this.#count;
  }

  /** Exponentially weighted, per second. Ticks that were missed are made up for: what happened since the last look counts for the first of them. */
  oneMinuteRate(now: Micros): number {
    while (now - this.#tickedAt >= TICK_US) {
      this.#tickedAt += TICK_US;
      const perSecond = ((this.#count - this.#ticked) * SECOND) / TICK_US;
      this.#ticked = this.#count;
      this.#perSecond = this.#hasRate ? this.#perSecond + ALPHA * (perSecond - this.#perSecond) : perSecond;
      this.#hasRate = true;
    }
    return this.#perSecond;
  }
}
