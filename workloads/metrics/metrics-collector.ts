/** @module Collects what processes tell of their metrics, sample by sample: last, least and most of each, and of the watched ones over all processes. */
import { isCounter } from '../../actors/metrics/catalogue.ts';
import type { Observation } from '../../actors/observation.ts';
import { MILLISECOND } from '../../runtime/index.ts';
import type { JudgedEvent } from '../../runtime/simulation.ts';
import type { MetricRange, MetricsReport, WatchedRange } from './metrics-report.ts';
import { WATCHED, commonObject } from './watched.ts';
import type { Watched } from './watched.ts';

/** Least and most of a value that changes. */
class Range {
  last: number | null = null;
  min: number | null = null;
  max: number | null = null;

  see(value: number | null): void {
    this.last = value;
    if (value === null) return;
    if (this.min === null || value < this.min) this.min = value;
    if (this.max === null || value > this.max) this.max = value;
  }

  get plain(): MetricRange {
    return { last: this.last, min: this.min, max: this.max };
  }
}

class Series {
  readonly object: string;
  readonly attribute: string;
  readonly actor: string;
  readonly range = new Range();
  /** The watched metric it is part of. */
  readonly watched: WatchedSeries | undefined;
  readonly isCounter: boolean;
  /** Of earlier incarnations. */
  #before = 0;
  #counted = 0;

  constructor(name: string, actor: string, watched: (object: string, attribute: string) => WatchedSeries | undefined) {
    const at = name.lastIndexOf(':');
    this.object = name.slice(0, at);
    this.attribute = name.slice(at + 1);
    this.actor = actor;
    this.isCounter = isCounter(this.attribute);
    this.watched = watched(this.object, this.attribute);
    this.watched?.series.push(this);
  }

  see(value: number | null): void {
    this.range.see(value);
    this.#counted = value ?? this.#counted;
  }

  /** Its process is no more. */
  end(): void {
    this.range.last = null;
    this.#before += this.#counted;
    this.#counted = 0;
  }

  get total(): number {
    return this.#before + this.#counted;
  }

  get plain(): MetricRange {
    return this.isCounter ? { ...this.range.plain, total: this.total } : this.range.plain;
  }
}

class WatchedSeries {
  readonly watched: Watched;
  readonly series: Series[] = [];
  readonly range = new Range();

  constructor(watched: Watched) {
    this.watched = watched;
  }

  /** All processes have told their samples of an instant. */
  fold(): void {
    let folded: number | null = null;
    for (const { range } of this.series) {
      if (range.last === null) continue;
      if (folded === null) folded = range.last;
      else folded = this.watched.over === 'sum' ? folded + range.last : Math.max(folded, range.last);
    }
    this.range.see(folded);
  }

  get plain(): WatchedRange {
    const counts = isCounter(this.watched.attribute) ? { total: this.series.reduce((total, series) => (this.watched.over === 'sum' ? total + series.total : Math.max(total, series.total)), 0) } : {};
    return { ...this.watched, ...this.range.plain, ...counts };
  }
}

export class MetricsCollector {
  /** By process and registry, in the order of their numbers. */
  readonly #registries = new Map<string, Map<string, Series[]>>();
  readonly #series = new Map<string, Series>();
  readonly #watched = WATCHED.map((watched) => new WatchedSeries(watched));
  /** Watched metrics that have changed at this instant, which may not be over yet. */
  readonly #changed = new Set<WatchedSeries>();
  #changedAt = 0;
  /** When each record was sent that no consumer has been given yet. */
  readonly #sentAt = new Map<string, number>();
  #delivered = 0;
  #latencySum = 0;
  #latencyMax = 0;

  see({ time, actor, event }: JudgedEvent, observation: Observation | undefined): void {
    if (time > this.#changedAt && this.#changed.size > 0) this.#fold();
    if (event.type === 'process-stopped') this.#stopped(time, actor);
    if (observation === undefined) return;
    switch (observation.kind) {
      case 'metrics-registered':
        this.#registered(actor, observation);
        break;
      case 'metrics-sampled':
        this.#sampled(time, actor, observation);
        break;
      case 'send-invoked':
        this.#sentAt.set(observation.value, time);
        break;
      case 'polled':
        for (const value of observation.values) this.#polled(value, time);
        break;
      default:
    }
  }

  get report(): MetricsReport {
    this.#fold();
    const records = this.#delivered;
    return {
      series: [...this.#series.values()].map((series) => ({ object: series.object, attribute: series.attribute, actor: series.actor, ...series.plain })),
      watched: this.#watched.map(({ plain }) => plain),
      endToEnd: { records, meanMs: records === 0 ? null : this.#latencySum / records / MILLISECOND, maxMs: records === 0 ? null : this.#latencyMax / MILLISECOND },
    };
  }

  get kept(): number {
    return this.#series.size + this.#sentAt.size;
  }

  #fold(): void {
    for (const watched of this.#changed) watched.fold();
    this.#changed.clear();
  }

  #stopped(time: number, actor: string): void {
    for (const registry of this.#registries.get(actor)?.values() ?? []) {
      for (const series of registry) {
        series.end();
        this.#change(series, time);
      }
    }
    this.#registries.delete(actor);
  }

  #registered(actor: string, { owner, from, names }: Extract<Observation, { kind: 'metrics-registered' }>): void {
    const ofActor = this.#registries.get(actor) ?? new Map<string, Series[]>();
    this.#registries.set(actor, ofActor);
    const registry = from === 0 ? [] : (ofActor.get(owner) ?? []);
    ofActor.set(owner, registry);
    for (const name of names) registry.push(this.#seriesOf(actor, name));
  }

  #seriesOf(actor: string, name: string): Series {
    const key = `${actor} ${name}`;
    let series = this.#series.get(key);
    if (series === undefined) {
      series = new Series(name, actor, (object, attribute) => {
        const common = commonObject(object);
        return this.#watched.find(({ watched }) => watched.object === common && watched.attribute === attribute);
      });
      this.#series.set(key, series);
    }
    return series;
  }

  #sampled(time: number, actor: string, { owner, indices, values }: Extract<Observation, { kind: 'metrics-sampled' }>): void {
    const registry = this.#registries.get(actor)?.get(owner);
    if (registry === undefined) return;
    for (let i = 0; i < indices.length; i += 1) {
      const series = registry[indices[i]!]!;
      series.see(values[i]!);
      this.#change(series, time);
    }
  }

  #change({ watched }: Series, time: number): void {
    if (watched === undefined) return;
    this.#changed.add(watched);
    this.#changedAt = time;
  }

  #polled(value: string, time: number): void {
    const sentAt = this.#sentAt.get(value);
    if (sentAt === undefined) return;
    this.#sentAt.delete(value);
    const latency = time - sentAt;
    this.#delivered += 1;
    this.#latencySum += latency;
    if (latency > this.#latencyMax) this.#latencyMax = latency;
  }
}
