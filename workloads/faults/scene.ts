/** @module What a fault profile knows of the trial it is to spoil. */
import type { FaultPlan, TimedFault, Weather } from '../../runtime/faults/plan.ts';
import { MILLISECOND } from '../../runtime/index.ts';
import type { Micros } from '../../runtime/index.ts';
import type { Random } from '../../runtime/random/random.ts';
import { latestEndOf } from './role.ts';

export interface FaultScene {
  /** Names of actors. */
  readonly brokers: readonly string[];
  readonly controllers: readonly string[];
  readonly clients: readonly string[];
  /** Topics, with the number of their partitions. */
  readonly topics: Readonly<Record<string, number>>;
  /** Replicas of every partition. */
  readonly replicationFactor: number;
  /** Racks by name, with the brokers that stand in each. */
  readonly racks: Readonly<Record<string, readonly string[]>>;
  /** Faults strike from here … */
  readonly fromUs: Micros;
  /** … and are all over by here. */
  readonly healUs: Micros;
}

/** A fault that has no id yet. */
export type UnnamedFault = Omit<TimedFault, 'id'>;

/** Shorter than that a fault is not worth it. */
const WORTH_US_MIN = 500 * MILLISECOND;

/** The fault, shortened so that it is over by the heal; undefined if too little of it would be left. A fault of a moment is not shortened. */
export function fitting(fault: UnnamedFault, healUs: Micros): UnnamedFault | undefined {
  const excess = Math.max(0, latestEndOf({ id: '', ...fault }) - healUs);
  if (excess === 0) return fault;
  return fault.for - excess < WORTH_US_MIN ? undefined : { ...fault, for: fault.for - excess };
}

/** The plan of these faults, numbered in the order in which they begin. The sort is stable. */
export function planIn(scene: FaultScene, faults: readonly UnnamedFault[], weather: readonly Weather[]): FaultPlan {
  const timed = faults.toSorted((a, b) => a.at - b.at).map((fault, i) => ({ id: `f${i + 1}`, ...fault }));
  return { timed, weather, weatherFrom: scene.fromUs, weatherUntil: scene.healUs, switchedOff: [] };
}

/** `leader of` some partition; undefined if there is none. */
export function someLeader(random: Random, { topics }: FaultScene): string | undefined {
  const partitions = Object.entries(topics).flatMap(([topic, count]) => Array.from({ length: count }, (_, partition) => `${topic}-${partition}`));
  return partitions.length === 0 ? undefined : `leader of ${random.pick(partitions)}`;
}
