/** @module How available a run was, or all runs of a sweep together: the objects that `--json` prints. Times are virtual, in ms. */
import { distributionOf } from '../workloads/availability/distribution.ts';
import type { Distribution } from '../workloads/availability/distribution.ts';
import type { Availability, Outage } from '../workloads/availability/meter.ts';

/** From the loss of a partition's leader; `null`: it never came to that. */
export interface ResumeReport {
  /** Until the controller had another leader. */
  readonly electedMs: Distribution | null;
  /** Until a record written since then was acknowledged. */
  readonly ackedMs: Distribution | null;
  /** Until all replicas were in sync. */
  readonly isrFullMs: Distribution | null;
  /** From the loss of the active controller until another one took requests. */
  readonly controllerMs: Distribution | null;
}

export interface OutageReport {
  /** The partition, and how long it was without the service at most. */
  readonly partition: string;
  readonly longestMs: number;
  /** All its times without the service that were longer than latency. */
  readonly totalMs: number;
}

export interface AvailabilityReport {
  readonly interruptions: readonly { readonly partition: string; readonly cause: string; readonly atMs: number; readonly electedMs: number | null; readonly ackedMs: number | null; readonly isrFullMs: number | null }[];
  readonly controllers: readonly { readonly cause: string; readonly atMs: number; readonly activatedMs: number | null }[];
  readonly resume: ResumeReport;
  /** Acknowledgements of acks=all; the partition that waited longest. */
  readonly writes: OutageReport | null;
  /** Committed records; the partition whose readers waited longest. */
  readonly reads: OutageReport | null;
  /** The longest stop of each client. */
  readonly clientsMs: Readonly<Record<string, number>>;
}

const ms = (us: number): number => us / 1_000;
const msOrNull = (us: number | null): number | null => (us === null ? null : ms(us));

export function availabilityReport({ interruptions, controllers, writes, reads, clients }: Availability): AvailabilityReport {
  return {
    interruptions: interruptions.map(({ partition, cause, at, electedUs, ackedUs, isrFullUs }) => ({
      partition, cause, atMs: ms(at), electedMs: msOrNull(electedUs), ackedMs: msOrNull(ackedUs), isrFullMs: msOrNull(isrFullUs),
    })),
    controllers: controllers.map(({ cause, at, activatedUs }) => ({ cause, atMs: ms(at), activatedMs: msOrNull(activatedUs) })),
    resume: resumeReport({ interruptions, controllers }),
    writes: worst(writes),
    reads: worst(reads),
    clientsMs: Object.fromEntries(Object.entries(clients).map(([name, us]) => [name, ms(us)])),
  };
}

export function resumeReport({ interruptions, controllers }: Pick<Availability, 'interruptions' | 'controllers'>): ResumeReport {
  const of = (times: readonly (number | null)[]): Distribution | null => distributionOf(times.flatMap((us) => (us === null ? [] : [ms(us)]))) ?? null;
  return {
    electedMs: of(interruptions.map(({ electedUs }) => electedUs)),
    ackedMs: of(interruptions.map(({ ackedUs }) => ackedUs)),
    isrFullMs: of(interruptions.map(({ isrFullUs }) => isrFullUs)),
    controllerMs: of(controllers.map(({ activatedUs }) => activatedUs)),
  };
}

/** The partition that waited longest; the first of several. Null: there is none. */
export function worst(outages: Readonly<Record<string, Outage>>): OutageReport | null {
  let found: OutageReport | null = null;
  for (const [partition, { longestUs, totalUs }] of Object.entries(outages)) if (found === null || ms(longestUs) > found.longestMs) found = { partition, longestMs: ms(longestUs), totalMs: ms(totalUs) };
  return found;
}
