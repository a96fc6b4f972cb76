/**
 * @module
 * What a checker is, and what it reports. A checker is a small object fed the merged trace; it reads observations, client calls,
 * strikes and the life of processes, and nothing else.
 */
import type { Observation } from '../../actors/observation.ts';
import type { JudgedEvent, RunEnd } from '../../runtime/simulation.ts';

/** safety: something wrong was done. liveness: something that must happen did not. availability: it took longer than promised. */
export type AnomalyClass = 'safety' | 'liveness' | 'availability';

export interface Anomaly {
  /** As in semantics §12, e.g. `acked-loss`. */
  readonly name: string;
  /** The mission row on trial, e.g. `7.1-durable`. */
  readonly row: string;
  readonly class: AnomalyClass;
  /** Why the configuration allows it, e.g. `acks=1`; null: nothing allows it. */
  readonly byDesign: string | null;
  /** Virtual time at which it became certain, µs. */
  readonly time: number;
  /** When it came about, as far as that is known, µs: a loss that the final read shows happened long before. */
  readonly causedAt: number;
  /** Sentences for a person: what was promised, what was found. One per line. */
  readonly detail: string;
}

export interface Checker {
  readonly name: string;
  /** A judged event, in the order of the trace. */
  see(event: JudgedEvent, observation: Observation | undefined): void;
  /** The run is over. Anomalies that were certain before may be reported here too. */
  finish(end: RunEnd): readonly Anomaly[];
  /** Things it had to remember: grows with what it must keep, and is printed. */
  readonly kept: number;
}

/** What a topic keeps (RT-1). */
export interface Retention {
  /** cleanup.policy has `delete`: otherwise nothing goes by age or size. */
  readonly isDeleted: boolean;
  /** retention.ms, retention.bytes; Infinity: everything is kept. */
  readonly us: number;
  readonly bytes: number;
  /** What no record takes more of, in a batch of its own. */
  readonly recordBytesMax: number;
}

/** What the configuration promises, which a checker needs to tell a broken promise from a loss by design. */
export interface Promises {
  /** The phases of the run, µs: faults stop at `healsAt`, and by `recoversBy` every partition is led and all its replicas are in sync again. */
  readonly healsAt: number;
  readonly recoversBy: number;
  /** A replica that may have lost something is not elected for that it was in sync (EL-6, EL-10). */
  readonly eligibleLeaderReplicas: boolean;
  readonly topics: Readonly<Record<string, { readonly partitions: number; readonly replicationFactor: number; readonly minInsyncReplicas: number; readonly uncleanLeaderElection: boolean; readonly retention: Retention }>>;
  /** Names of the producers, with whether each keeps order: one request in flight, or no retries (K1). */
  readonly producers: Readonly<Record<string, { readonly acks: number; readonly keepsOrder: boolean }>>;
  /** Names of the applications that poll. */
  readonly consumers: readonly string[];
}
