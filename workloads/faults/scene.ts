/** @module What a fault profile knows of the trial it is to spoil. */
import type { TimedFault } from '../../runtime/faults/plan.ts';
import type { Micros } from '../../runtime/index.ts';
import type { Random } from '../../runtime/random/random.ts';

export interface FaultScene {
  /** Names of actors. */
  readonly brokers: readonly string[];
  readonly controllers: readonly string[];
  readonly clients: readonly string[];
  /** Topics, with the number of their partitions. */
  readonly topics: Readonly<Record<string, number>>;
  /** Faults strike from here … */
  readonly fromUs: Micros;
  /** … and are all over by here. */
  readonly healUs: Micros;
}

/** A fault that has no id yet. */
export type UnnamedFault = Omit<TimedFault, 'id'>;

/** `leader of` some partition; undefined if there is none. */
export function someLeader(random: Random, { topics }: FaultScene): string | undefined {
  const partitions = Object.entries(topics).flatMap(([topic, count]) => Array.from({ length: count }, (_, partition) => `${topic}-${partition}`));
  return partitions.length === 0 ? undefined : `leader of ${random.pick(partitions)}`;
}
