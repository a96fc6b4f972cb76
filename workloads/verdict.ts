/** @module The verdict of a run, as plain data: it crosses threads, and is printed as JSON. */
import type { Availability } from './availability/meter.ts';
import type { Anomaly } from './checkers/checker.ts';
import type { MetricsReport } from './metrics/metrics-report.ts';

/** Anomalies of one name and cause that a verdict lists; the last of them says how many more there were. */
export const ANOMALIES_LISTED_MAX = 100;

/** A fault that really hit. */
export interface Strike {
  readonly id: string;
  readonly kind: string;
  readonly time: number;
  /** Whom it hit. */
  readonly actor: string;
  readonly detail: string;
}

export interface TrialVerdict {
  readonly anomalies: readonly Anomaly[];
  readonly strikes: {
    /** How often each kind hit. */
    readonly counts: Readonly<Record<string, number>>;
    /** The first of them, in order; timed faults always, weather up to a bound. */
    readonly list: readonly Strike[];
    /** Strikes beyond the list. */
    readonly more: number;
  };
  /** Things the checkers remembered. */
  readonly kept: number;
  /** What happened, by name: `sent`, `acknowledged`, `failed`, `indeterminate`, `polled`, `elections`, `isr-shrinks`, … */
  readonly counts: Readonly<Record<string, number>>;
  readonly availability: Availability;
  /** What the trial exists to show, and how often it was seen; see `expectations/`. */
  readonly shown: Readonly<Record<string, number>>;
  readonly metrics: MetricsReport;
  readonly endedAt: number;
  readonly stopped: boolean;
}

/** A run fails if anything went wrong that nothing allows. */
export function isFailure(verdict: Pick<TrialVerdict, 'anomalies'>): boolean {
  return verdict.anomalies.some(({ byDesign }) => byDesign === null);
}
