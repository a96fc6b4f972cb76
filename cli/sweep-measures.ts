/** @module What the runs of a sweep measured, put together: distributions over seeds. Nothing here depends on the order of the runs. */
import { distributionOf } from '../workloads/availability/distribution.ts';
import type { Distribution } from '../workloads/availability/distribution.ts';
import type { ControllerLoss } from '../workloads/availability/controllers.ts';
import type { Interruption } from '../workloads/availability/interruptions.ts';
import { resumeReport, worst } from './availability-report.ts';
import type { ResumeReport } from './availability-report.ts';
import type { TrialRun } from './trial-run.ts';

export interface SweepMeasuresReport {
  /** Of all interruptions of all runs. */
  readonly resume: ResumeReport;
  /** The longest wait of each run: for an acknowledgement (acks=all), for a committed record, and the longest stop of a client. */
  readonly waits: { readonly writesMs: Distribution | null; readonly readsMs: Distribution | null; readonly clientsMs: Distribution | null };
  /** Acknowledged records that were gone in the end, by design or not, of each run. */
  readonly recordsLost: Distribution | null;
  /** Of each run. */
  readonly diskBytes: Distribution | null;
  /** What the configuration allows, whatever else was found in the same run: the most frequent first. */
  readonly allowed: readonly Allowed[];
  /** What the trial exists to show: how often it was seen in all, and in how many runs. */
  readonly shown: Readonly<Record<string, { readonly times: number; readonly runs: number }>>;
}

/** An anomaly by design. */
export interface Allowed {
  readonly name: string;
  readonly byDesign: string;
  /** Runs that met it. */
  readonly runs: number;
}

export class SweepMeasures {
  readonly #interruptions: Interruption[] = [];
  readonly #controllers: ControllerLoss[] = [];
  readonly #writes: number[] = [];
  readonly #reads: number[] = [];
  readonly #clients: number[] = [];
  readonly #recordsLost: number[] = [];
  readonly #diskBytes: number[] = [];
  readonly #allowed = new Map<string, Allowed>();
  readonly #shown = new Map<string, { times: number; runs: number }>();

  add({ verdict: { anomalies, availability, counts, shown }, result }: Pick<TrialRun, 'verdict' | 'result'>): void {
    const { interruptions, controllers, writes, reads, clients } = availability;
    for (const interruption of interruptions) this.#interruptions.push(interruption);
    this.#controllers.push(...controllers);
    this.#writes.push(worst(writes)?.longestMs ?? 0);
    this.#reads.push(worst(reads)?.longestMs ?? 0);
    this.#clients.push(Math.max(0, ...Object.values(clients)) / 1_000);
    this.#recordsLost.push(counts['records-lost'] ?? 0);
    this.#diskBytes.push(result.diskBytes);
    const allowed = new Map(anomalies.flatMap(({ name, byDesign }) => (byDesign === null ? [] : [[`${name}: ${byDesign}`, { name, byDesign }]])));
    for (const [key, what] of allowed) this.#allowed.set(key, { ...what, runs: (this.#allowed.get(key)?.runs ?? 0) + 1 });
    for (const [name, times] of Object.entries(shown)) {
      const sum = this.#shown.get(name) ?? { times: 0, runs: 0 };
      this.#shown.set(name, { times: sum.times + times, runs: sum.runs + (times > 0 ? 1 : 0) });
    }
  }

  report(): SweepMeasuresReport {
    const of = (values: readonly number[]): Distribution | null => distributionOf(values) ?? null;
    return {
      resume: resumeReport({ interruptions: this.#interruptions, controllers: this.#controllers }),
      waits: { writesMs: of(this.#writes), readsMs: of(this.#reads), clientsMs: of(this.#clients) },
      recordsLost: of(this.#recordsLost),
      diskBytes: of(this.#diskBytes),
      allowed: [...this.#allowed].sort(([a, m], [b, n]) => n.runs - m.runs || (a < b ? -1 : 1)).map(([, allowed]) => allowed),
      shown: Object.fromEntries([...this.#shown].sort(([a], [b]) => (a < b ? -1 : 1))),
    };
  }
}
