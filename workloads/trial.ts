/** @module How a trial is declared: one file per trial, one screen, which a reader of the book recognises. */
import type { FaultPlan } from '../runtime/faults/plan.ts';
import { SECOND } from '../runtime/units.ts';
import type { Micros } from '../runtime/units.ts';
import type { Expectation } from './expectations/expectation.ts';
import type { Step } from './faults/step.ts';

/** Load goes on so long after the faults have stopped, to show that it works again. */
export const AFTERGLOW_US: Micros = 5 * SECOND;

/** Kafka config keys and their values, as a user writes them. */
export type ConfigValues = Readonly<Record<string, string | number | boolean>>;

export interface TopicDeclaration {
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly config?: ConfigValues;
}

/** Applications of one kind that write. Several kinds may stand side by side. */
export interface Producers {
  readonly kind: 'producers';
  readonly count: number;
  /** Records per second of all of this kind together, open loop: a slow cluster does not slow the load. */
  readonly ratePerSecond: number;
  /** Bytes of each record's value. */
  readonly valueBytes?: number;
  readonly config: ConfigValues;
}

/** Applications of one kind that read every partition. */
export interface Consumers {
  readonly kind: 'consumers';
  readonly count: number;
  readonly config: ConfigValues;
  /** They begin to read so long after the load has begun; at once if absent. */
  readonly startAfterUs?: Micros;
}

export type Clients = Producers | Consumers;

export interface ClusterDeclaration {
  readonly brokers: number;
  /** Members of the controller quorum: 1, 3 or 5; 3 unless said otherwise. */
  readonly controllers?: number;
  /** Broker b stands in rack b modulo this, and says so (broker.rack). 1 if absent: all in one place, and none names it. */
  readonly racks?: number;
  readonly config?: ConfigValues;
  readonly topics: Readonly<Record<string, TopicDeclaration>>;
  /** A balancer moves the leadership of some partition so often, on average, from when faults begin until the heal. Absent: nobody does. */
  readonly movesLeadersEveryUs?: Micros;
}

export interface Trial {
  readonly name: string;
  /** Mission rows it tries. */
  readonly rows: readonly string[];
  /** What should hold, in one or two sentences. */
  readonly says: string;
  readonly cluster: ClusterDeclaration;
  readonly clients: readonly Clients[];
  /** Name of a fault profile (`faults/profiles.ts`), or a schedule of its own. */
  readonly faults: string | readonly Step[];
  /** What it expects beyond the guarantees, of its own schedule. */
  readonly expects?: readonly Expectation[];
  /** How long load and faults last, unless `--duration` says otherwise. */
  readonly durationUs: Micros;
}

/** `--faults` of a trial that has a schedule of its own. */
export const OWN_SCHEDULE = 'own';

/** Name of the faults that a trial declares. */
export function faultsOf({ faults }: Pick<Trial, 'faults'>): string {
  return typeof faults === 'string' ? faults : OWN_SCHEDULE;
}

export function producersOf({ clients }: Pick<Trial, 'clients'>): readonly Producers[] {
  return clients.filter((client) => client.kind === 'producers');
}

export function consumersOf({ clients }: Pick<Trial, 'clients'>): readonly Consumers[] {
  return clients.filter((client) => client.kind === 'consumers');
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
