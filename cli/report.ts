/** @module The objects that `--json` prints: first what the contract names, then what is worth knowing beside it. */
import type { Anomaly } from '../workloads/checkers/checker.ts';
import type { MetricRange, MetricsReport } from '../workloads/metrics/metrics-report.ts';
import { isFailure } from '../workloads/verdict.ts';
import { availabilityReport } from './availability-report.ts';
import type { AvailabilityReport } from './availability-report.ts';
import type { TrialVerdict } from '../workloads/verdict.ts';
import { strikesBefore } from './strikes.ts';
import type { SweepMeasuresReport } from './sweep-measures.ts';
import type { TrialRun } from './trial-run.ts';

export interface RunReport {
  readonly workload: string;
  /** A string: a 64-bit number must survive. */
  readonly seed: string;
  readonly protocol: string;
  readonly workers: number;
  /** Of what was seen. `pass` beside `stopped` proves nothing. */
  readonly verdict: 'pass' | 'fail';
  readonly anomalies: readonly AnomalyReport[];
  readonly digest: string;
  readonly events: number;
  readonly virtualMs: number;
  readonly wallMs: number;
  /** How often each kind struck. */
  readonly faults: Readonly<Record<string, number>>;
  /** Of the simulator and of the run, and under `kafka` those of the processes: JMX object, attribute, process. */
  readonly metrics: { readonly [figure: string]: number | KafkaMetrics; readonly kafka: KafkaMetrics };
  readonly availability: AvailabilityReport;
  /** What the trial exists to show, and how often it was seen. */
  readonly shown: Readonly<Record<string, number>>;
  /** It was ended by hand: what was not seen proves nothing. */
  readonly stopped: boolean;
}

export type KafkaMetrics = Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, MetricRange>>>>>>;

export interface AnomalyReport {
  readonly name: string;
  readonly row: string;
  readonly class: string;
  readonly byDesign: string | null;
  readonly detail: string;
  /** Virtual time at which it became certain, ms. */
  readonly virtualMs: number;
  /** When it came about, as far as that is known, ms. */
  readonly causedMs: number;
  /** What struck before it came about, the last few: each with the id by which it can be switched off. */
  readonly strikes: readonly { readonly id: string; readonly kind: string; readonly virtualMs: number; readonly actor: string }[];
}

export interface SweepReport extends SweepMeasuresReport {
  readonly workload: string;
  /** First and last seed that were asked for; `--for`: that were run. */
  readonly from: string;
  readonly to: string;
  readonly runs: number;
  readonly failed: readonly SweepFailure[];
  readonly digest: string;
  readonly wallMs: number;
  readonly runsPerMinute: number;
  readonly protocol: string;
  readonly jobs: number;
  /** `i/n`. */
  readonly shard: string;
  readonly events: number;
  readonly virtualMs: number;
  readonly virtualSecondsPerWallSecond: number;
  /** Runs with anomalies that the configuration allows, and no others. */
  readonly byDesign: number;
  /** It was ended by hand. */
  readonly stopped: boolean;
  /** Every seed of the shard up to this one was run; null: not even the first. */
  readonly doneThrough: string | null;
  /** The seed on which the simulator itself failed, and how: it ended the sweep. */
  readonly broken: { readonly seed: string; readonly message: string } | null;
}

/** Of several trials: what the contract names of all together, and each trial's own report. */
export interface SweepOfTrialsReport extends Pick<SweepReport, 'workload' | 'from' | 'to' | 'runs' | 'failed' | 'digest' | 'wallMs' | 'runsPerMinute' | 'byDesign' | 'stopped' | 'broken'> {
  readonly trials: readonly SweepReport[];
}

export interface SweepFailure {
  readonly workload: string;
  readonly seed: string;
  readonly anomalies: readonly AnomalyReport[];
  /** File of the artefact; null if it could not be written. */
  readonly artefact: string | null;
}

export function runReport({ argument, workers, result, verdict }: TrialRun): RunReport {
  const wallSeconds = result.wallMs / 1_000;
  const virtualMs = result.endedAt / 1_000;
  return {
    workload: argument.workload,
    seed: argument.seed,
    protocol: argument.protocol,
    workers,
    verdict: isFailure(verdict) ? 'fail' : 'pass',
    anomalies: verdict.anomalies.map((anomaly) => anomalyReport(anomaly, verdict)),
    digest: result.digest,
    events: result.events,
    virtualMs,
    wallMs: round(result.wallMs),
    faults: verdict.strikes.counts,
    metrics: {
      eventsPerSecond: round(result.events / wallSeconds),
      framesPerSecond: round(result.counts.frames / wallSeconds),
      virtualSecondsPerWallSecond: round(virtualMs / result.wallMs),
      frames: result.counts.frames,
      timers: result.counts.timers,
      faultEvents: result.counts.faults,
      windows: result.windows,
      bytesDelivered: result.bytesDelivered,
      diskBytes: result.diskBytes,
      judgesKeep: verdict.kept,
      ...verdict.counts,
      ...endToEnd(verdict.metrics),
      kafka: kafkaMetrics(verdict.metrics),
    },
    availability: availabilityReport(verdict.availability),
    shown: verdict.shown,
    stopped: result.stopped,
  };
}

function endToEnd({ endToEnd: { meanMs, maxMs } }: MetricsReport): Readonly<Record<string, number>> {
  return meanMs === null || maxMs === null ? {} : { endToEndLatencyMeanMs: round(meanMs), endToEndLatencyMaxMs: round(maxMs) };
}

function kafkaMetrics({ series }: MetricsReport): KafkaMetrics {
  const objects: Record<string, Record<string, Record<string, MetricRange>>> = {};
  for (const { object, attribute, actor, ...range } of series) ((objects[object] ??= {})[attribute] ??= {})[actor] = range;
  return objects;
}

export function anomalyReport(anomaly: Anomaly, verdict: TrialVerdict): AnomalyReport {
  const { name, row, class: kind, byDesign, detail, time, causedAt } = anomaly;
  const strikes = strikesBefore(anomaly, verdict).map(({ id, kind: struck, time: at, actor }) => ({ id, kind: struck, virtualMs: at / 1_000, actor }));
  return { name, row, class: kind, byDesign, detail, virtualMs: time / 1_000, causedMs: causedAt / 1_000, strikes };
}

export function round(value: number): number {
  return Number.isFinite(value) ? Math.round(value * 10) / 10 : 0;
}

/** One JSON object, readable by a person too. */
export function json(report: object): string {
  return `${JSON.stringify(report, undefined, 2)}\n`;
}
