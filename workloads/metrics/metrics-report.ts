/** @module What came of the metrics of a run, as plain data. */
import type { Watched } from './watched.ts';

export interface MetricRange {
  /** Null: no value at the end of the run, for its process was down, or nothing was in its window. */
  readonly last: number | null;
  /** Of the samples; null: it never had a value. */
  readonly min: number | null;
  readonly max: number | null;
  /** Of counters: over all incarnations of the process. What a crash took before it was sampled is missing, as in JMX. */
  readonly total?: number;
}

/** One attribute of one JMX object of one process. */
export interface MetricSeries extends MetricRange {
  readonly object: string;
  readonly attribute: string;
  readonly actor: string;
}

/** A watched metric, over all processes that live. */
export interface WatchedRange extends Watched, MetricRange {}

export interface MetricsReport {
  readonly series: readonly MetricSeries[];
  readonly watched: readonly WatchedRange[];
  /** From send() until the first consumer was given the record, ms; null if none was. */
  readonly endToEnd: { readonly records: number; readonly meanMs: number | null; readonly maxMs: number | null };
}
