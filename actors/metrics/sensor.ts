/**
 * @module
 * What Kafka's clients measure with: values over the last minute or so, and their sum since the beginning.
 *
 *     samples   ├── 30 s ──┼── 30 s ──┼─ … now         metrics.sample.window.ms=30000, metrics.num.samples=2
 *
 * A sample takes values for 30 s from its first one on. It counts until nothing of it lies in the last 60 s, so there may be three.
 */
import { SECOND } from '../../runtime/index.ts';
import type { Micros } from '../../runtime/index.ts';

const WINDOW_US: Micros = 30 * SECOND;
const SAMPLES = 2;
/** A rate over less than this would be one over nothing. */
const SHORTEST_US: Micros = 1_000;

interface Sample {
  startedAt: Micros;
  lastAt: Micros;
  count: number;
  sum: number;
  min: number;
  max: number;
}

export class Sensor {
  readonly #clock: { readonly now: Micros };
  readonly #samples: Sample[] = [];
  #current = 0;
  #total = 0;
  #count = 0;

  /** @param clock whose time counts: an actor's context */
  constructor(clock: { readonly now: Micros }) {
    this.#clock = clock;
  }

  record(value = 1): void {
    const { now } = this.#clock;
    let sample = this.#samples[this.#current];
    if (sample === undefined) {
      sample = empty(now);
      this.#samples.push(sample);
    } else if (now - sample.startedAt >= WINDOW_US) {
      sample = this.#advance(now);
    }
    sample.lastAt = now;
    sample.count += 1;
    sample.sum += value;
    if (value < sample.min) sample.min = value;
    if (value > sample.max) sample.max = value;
    this.#total += value;
    this.#count += 1;
  }

  /** Sum of all values. */
  get total(): number {
    return this.#total;
  }

  /** Number of all values. */
  get count(): number {
    return this.#count;
  }

  /** Sum of the values in the window, per second. */
  get rate(): number {
    return this.#perSecond(({ sum }) => sum);
  }

  /** Number of values in the window, per second. */
  get countRate(): number {
    return this.#perSecond(({ count }) => count);
  }

  /** Undefined where there was nothing in the window (Kafka: NaN). */
  get avg(): number | undefined {
    this.#purge();
    let sum = 0;
    let count = 0;
    for (const sample of this.#samples) {
      sum += sample.sum;
      count += sample.count;
    }
    return count === 0 ? undefined : sum / count;
  }

  get min(): number | undefined {
    this.#purge();
    const min = this.#samples.reduce((least, sample) => Math.min(least, sample.min), Infinity);
    return min === Infinity ? undefined : min;
  }

  get max(): number | undefined {
    this.#purge();
    const max = this.#samples.reduce((most, sample) => Math.max(most, sample.max), -Infinity);
    return max === -Infinity ? undefined : max;
  }

  /** As long as the window is not full it counts as if one whole sample had gone before: a rate does not begin with a leap. */
  #perSecond(of: (sample: Sample) => number): number {
    this.#purge();
    const { now } = this.#clock;
    if (this.#samples.length === 0) return 0;
    const oldest = this.#samples.reduce((first, { startedAt }) => Math.min(first, startedAt), Infinity);
    const wholeWindows = Math.floor((now - oldest) / WINDOW_US);
    const elapsed = now - oldest + Math.max(0, SAMPLES - 1 - wholeWindows) * WINDOW_US;
    return (this.#samples.reduce((sum, sample) => sum + of(sample), 0) * SECOND) / Math.max(elapsed, SHORTEST_US);
  }

  #advance(now: Micros): Sample {
    this.#current = (this.#current + 1) % (SAMPLES + 1);
    const sample = empty(now);
    this.#samples[this.#current] = sample;
    return sample;
  }

  /** Drops samples without a value in the last 60 s. */
  #purge(): void {
    const { now } = this.#clock;
    for (let i = 0; i < this.#samples.length; i += 1) if (now - this.#samples[i]!.lastAt >= SAMPLES * WINDOW_US) this.#samples[i] = empty(now);
  }
}

function empty(now: Micros): Sample {
  return { startedAt: now, lastAt: now, count: 0, sum: 0, min: Infinity, max: -Infinity };
}
