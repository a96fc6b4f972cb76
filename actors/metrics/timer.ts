/** @module How often something was done, and how long it took: Kafka's (Yammer's) Timer, a meter and a histogram in one. */
import type { Histogram } from './histogram.ts';
import type { Meter } from './meter.ts';

export class Timer {
  readonly #times: Histogram;
  readonly #rate: Meter;

  constructor(times: Histogram, rate: Meter) {
    this.#times = times;
    this.#rate = rate;
  }

  /** It was done once more, and took so long. */
  update(ms: number): void {
    this.#times.update(ms);
    this.#rate.mark();
  }
}
