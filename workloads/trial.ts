/** @module How a trial is declared: one file per trial, one screen, which a reader of the book recognises. */
import type { FaultPlan } from '../runtime/faults/plan.ts';
import { SECOND } from '../runtime/units.ts';
import type { Micros } from '../runtime/units.ts';

/** Load goes on so long after the faults have stopped, to show that it works again. */
export const AFTERGLOW_US: Micros = 5 * SECOND;

/** Kafka config keys and their values, as a user writes them. */
export type ConfigValues = Readonly<Record<string, string | number | boolean>>;

export interface TopicDeclaration {
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly config?: ConfigValues;
}

/** Applications of one kind. */
export interface Producers {
  readonly count: number;
  /** Records per second of all of them together, open loop: a slow cluster does not slow the load. */
  readonly ratePerSecond: number;
  /** Bytes of each record's value. */
  readonly valueBytes?: number;
  readonly config: ConfigValues;
}

export interface Consumers {
  readonly count: number;
  readonly config: ConfigValues;
}

export interface Trial {
  readonly name: string;
  /** Mission rows it tries. */
  readonly rows: readonly string[];
  /** What should hold, in one or two sentences. */
  readonly says: string;
  readonly cluster: {
    readonly brokers: number;
    readonly config?: ConfigValues;
    readonly topics: Readonly<Record<string, TopicDeclaration>>;
  };
  readonly producers: Producers;
  readonly consumers: Consumers;
  /** Name of the fault profile, see `faults/profiles.ts`. */
  readonly faults: string;
  /** How long load and faults last, unless `--duration` says otherwise. */
  readonly durationUs: Micros;
}

/** Everything a run depends on: plain data, so that an artefact can hold it and a worker can be sent it. */
export interface TrialArgument {
  readonly workload: string;
  /** A string: a 64-bit number must survive. */
  readonly seed: string;
  readonly protocol: string;
  readonly durationUs?: Micros | undefined;
  /** `--set key=value`, in the order given. */
  readonly settings: Readonly<Record<string, string>>;
  /** Name of a fault profile; the trial's own if absent. */
  readonly faults?: string | undefined;
  /** A fault plan as executed, instead of one made from (seed, profile): from an artefact or a file. */
  readonly plan?: FaultPlan | undefined;
}
