/**
 * @module
 * Timed faults of the brokers' disks, one after the other, with time to recover in between: a broker whose disk is full or broken halts (DF-5) and is started
 * again when the fault is over; one whose disk hangs or is slow stays, leads, and holds everybody up.
 */
import { DISK_FAULTS } from '../../runtime/faults/plan.ts';
import { MILLISECOND, SECOND } from '../../runtime/index.ts';
import type { Micros } from '../../runtime/index.ts';
import type { Random } from '../../runtime/random/random.ts';
import { oneAfterTheOther } from './process-faults.ts';
import { someLeader } from './scene.ts';
import type { FaultScene, UnnamedFault } from './scene.ts';

/** Kinds by their share. No bit rot: what it does to checkpoints, and to offsets of a log in use, no cluster can notice (see `checkers/attribution.ts`). */
const KINDS = DISK_FAULTS.filter((kind) => kind !== 'disk-bit-rot');

/** Shorter than a session of a broker (9 s), longer, and longer than a replica may lag behind (replica.lag.time.max.ms, 30 s). */
const DURATIONS_US: readonly (readonly [min: Micros, max: Micros])[] = [[500 * MILLISECOND, 6 * SECOND], [10 * SECOND, 16 * SECOND], [32 * SECOND, 38 * SECOND]];
/** Added to every operation of a slow disk, µs. The largest leaves 20 appends a second. */
const SLOW_US = [500, 5_000, 50_000] as const;
/** One in so many is aimed at the leader of a partition. */
const LEADER_ONE_IN = 2;

export function diskFaults(random: Random, scene: FaultScene): UnnamedFault[] {
  return oneAfterTheOther(random, scene, (at) => diskFault(random, scene, at));
}

function diskFault(random: Random, scene: FaultScene, at: Micros): UnnamedFault | undefined {
  if (scene.brokers.length === 0) return undefined;
  const kind = random.pick(KINDS);
  const duration = random.between(...random.pick(DURATIONS_US));
  const leader = random.chance(1, LEADER_ONE_IN) ? someLeader(random, scene) : undefined;
  const target = leader === undefined ? { actor: random.pick(scene.brokers) } : { role: leader };
  return { kind, at, for: duration, target, ...(kind === 'disk-slow' ? { amount: random.pick(SLOW_US) } : {}) };
}
