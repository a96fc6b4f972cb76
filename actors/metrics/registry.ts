/**
 * @module
 * The metrics of one process, or of one client in it. Now and then all of them are looked at, and what has changed is told to the
 * judges: first the names, then values by their number. A process that has crashed has no metrics; the next one begins anew.
 */
import type { ActorContext, Micros, SpawnedTask, Task } from '../../runtime/index.ts';
import type { Observation } from '../observation.ts';
import { Histogram } from './histogram.ts';
import { Meter } from './meter.ts';
import { Timer } from './timer.ts';
import type { AttributeName, GaugeName, HistogramName, MeterName, TimerName } from './catalogue.ts';

/** In the order in which they stand in the name. */
export type Tags = Readonly<Record<string, string | number>>;
/** Undefined: there is no value now (Kafka: NaN, or no such metric). */
export type Read = () => number | undefined;

interface Metric {
  /** Object and attribute. */
  readonly name: string;
  read: Read;
  /** As it was told last; null: no value. */
  told: number | null;
}

export class Metrics {
  readonly #context: ActorContext;
  readonly #owner: string;
  readonly #metrics: Metric[] = [];
  readonly #byName = new Map<string, Metric>();
  /** How many of them the judges know by name. */
  #named = 0;
  #sampler: SpawnedTask | undefined;

  /** @param owner tells the registries of one process apart */
  constructor(context: ActorContext, owner: string) {
    this.#context = context;
    this.#owner = owner;
  }

  gauge(name: GaugeName, read: Read, tags: Tags = {}): void {
    this.#add(`${name}${tagged(tags)}:Value`, read);
  }

  meter(name: MeterName, tags: Tags = {}): Meter {
    const meter = new Meter(this.#context.now);
    this.#add(`${name}${tagged(tags)}:Count`, () => meter.count);
    this.#add(`${name}${tagged(tags)}:OneMinuteRate`, () => meter.oneMinuteRate(this.#context.now));
    return meter;
  }

  timer(name: TimerName): Timer {
    const rate = new Meter(this.#context.now);
    this.#add(`${name}:OneMinuteRate`, () => rate.oneMinuteRate(this.#context.now));
    return new Timer(this.#histogram(name), rate);
  }

  histogram(name: HistogramName, tags: Tags = {}): Histogram {
    return this.#histogram(`${name}${tagged(tags)}`);
  }

  attribute(name: AttributeName, read: Read, tags: Tags = {}): void {
    const at = name.lastIndexOf(':');
    this.#add(`${name.slice(0, at)}${tagged(tags)}${name.slice(at)}`, read);
  }

  /** The attributes of one JMX object as they are now. */
  attributesOf(object: string, tags: Tags = {}): Readonly<Record<string, number | undefined>> {
    const prefix = `${object}${tagged(tags)}:`;
    return Object.fromEntries(this.#metrics.filter(({ name }) => name.startsWith(prefix)).map(({ name, read }) => [name.slice(prefix.length), read()]));
  }

  /** What ended in these tags is no more. */
  remove(tags: Tags): void {
    for (const metric of this.#metrics) if (metric.name.includes(`${tagged(tags)}:`)) metric.read = (): undefined => undefined;
  }

  /** From now on a sample is taken at every multiple of this time. All processes sample at the same instants. */
  sampleEvery(intervalUs: Micros): void {
    this.#sampler = this.#context.spawn(this.#run(intervalUs));
  }

  /** Takes a last sample, and no more after it. */
  close(): void {
    if (this.#sampler === undefined) return;
    this.#sampler.cancel();
    this.#sampler = undefined;
    this.#sample();
  }

  #histogram(name: string): Histogram {
    const histogram = new Histogram();
    this.#add(`${name}:Count`, () => histogram.count);
    this.#add(`${name}:Mean`, () => histogram.mean);
    this.#add(`${name}:Max`, () => histogram.max);
    return histogram;
  }

  *#run(intervalUs: Micros): Task {
    for (;;) {
      yield* this.#context.sleep(intervalUs - (this.#context.now % intervalUs));
      this.#sample();
    }
  }

  /** Tells what has changed since the last time. */
  #sample(): void {
    if (this.#named < this.#metrics.length) {
      this.#observe({ kind: 'metrics-registered', owner: this.#owner, from: this.#named, names: this.#metrics.slice(this.#named).map(({ name }) => name) });
      this.#named = this.#metrics.length;
    }
    const indices: number[] = [];
    const values: (number | null)[] = [];
    for (let i = 0; i < this.#metrics.length; i += 1) {
      const metric = this.#metrics[i]!;
      const value = metric.read() ?? null;
      if (value === metric.told) continue;
      metric.told = value;
      indices.push(i);
      values.push(value);
    }
    if (indices.length > 0) this.#observe({ kind: 'metrics-sampled', owner: this.#owner, indices, values });
  }

  /** A metric that is added again is read anew, and goes on under its number. */
  #add(name: string, read: Read): void {
    const known = this.#byName.get(name);
    if (known !== undefined) {
      known.read = read;
      return;
    }
    const metric: Metric = { name, read, told: null };
    this.#metrics.push(metric);
    this.#byName.set(name, metric);
  }

  #observe(observation: Observation): void {
    this.#context.observe(observation);
  }
}

function tagged(tags: Tags): string {
  return Object.entries(tags).map(([tag, value]) => `,${tag}=${value}`).join('');
}
