/**
 * @module
 * Timed faults of processes, one after the other: at most one process of the cluster is down or paused at any time, and the cluster has time to
 * recover before the next one. So every fault is one that three replicas with min.insync.replicas=2 must survive.
 *
 *     ├─ down ─┤── recovery ──├─ down ─┤──── recovery ────┤ …
 */
import type { Target } from '../../runtime/faults/plan.ts';
import { MILLISECOND, SECOND } from '../../runtime/index.ts';
import type { Micros } from '../../runtime/index.ts';
import type { Random } from '../../runtime/random/random.ts';
import { latestEndOf } from './role.ts';
import { fitting, someLeader } from './scene.ts';
import type { FaultScene, UnnamedFault } from './scene.ts';

/** What may happen to a process here, by its share. */
export type ProcessFaultMix = readonly ('crash' | 'power-loss' | 'pause' | 'controller-crash')[];

export const CRASHES: ProcessFaultMix = ['crash', 'crash', 'crash', 'crash', 'controller-crash'];
export const CRASHES_AND_MORE: ProcessFaultMix = ['crash', 'crash', 'crash', 'power-loss', 'power-loss', 'pause', 'pause', 'controller-crash'];

/** A broker that is back sooner than its session runs out (broker.session.timeout.ms, 9 s) … */
const SHORT_US_MIN = 500 * MILLISECOND;
const SHORT_US_MAX = 6 * SECOND;
/** … and one that is not. */
const LONG_US_MIN = 10 * SECOND;
const LONG_US_MAX = 16 * SECOND;
/** A controller is away for so long: brokers' sessions begin anew when it is back. */
const CONTROLLER_US_MIN = 500 * MILLISECOND;
const CONTROLLER_US_MAX = 4 * SECOND;
/** From the end of one to the beginning of the next. */
const RECOVERY_US_MIN = 4 * SECOND;
const RECOVERY_US_MAX = 10 * SECOND;
/** After a power loss: a broker that was back before its session ran out registers 9 s later, and must fetch what it lost before another one loses it, too. */
const RECOVERY_AFTER_POWER_LOSS_US_MIN = 15 * SECOND;
const RECOVERY_AFTER_POWER_LOSS_US_MAX = 20 * SECOND;
/** One in so many is aimed at a role: the leader of a partition, the active controller. */
const ROLE_ONE_IN = 3;

/** Clocks that jump, µs: within what NTP does without anybody noticing, and far beyond. */
const SKEW_US = [-30 * SECOND, -2 * SECOND, -50 * MILLISECOND, 50 * MILLISECOND, 2 * SECOND, 30 * SECOND] as const;
const SKEW_GAP_US_MEAN = 10 * SECOND;
const SKEWED_US_MIN = SECOND;
const SKEWED_US_MAX = 15 * SECOND;

export function processFaults(random: Random, scene: FaultScene, mix: ProcessFaultMix): UnnamedFault[] {
  return oneAfterTheOther(random, scene, (at) => processFault(random, scene, mix, at));
}

/** Faults as they are drawn, each with time to recover after it; the last is shortened so that it is over by the heal. */
export function oneAfterTheOther(random: Random, scene: FaultScene, draw: (at: Micros) => UnnamedFault | undefined): UnnamedFault[] {
  const faults: UnnamedFault[] = [];
  let at = scene.fromUs + random.between(0, RECOVERY_US_MIN);
  for (;;) {
    const drawn = draw(at);
    const fault = drawn && fitting(drawn, scene.healUs);
    if (fault === undefined) return faults;
    faults.push(fault);
    const isPowerLoss = fault.kind === 'power-loss';
    at = latestEndOf({ id: '', ...fault }) + (isPowerLoss ? random.between(RECOVERY_AFTER_POWER_LOSS_US_MIN, RECOVERY_AFTER_POWER_LOSS_US_MAX) : random.between(RECOVERY_US_MIN, RECOVERY_US_MAX));
  }
}

function processFault(random: Random, scene: FaultScene, mix: ProcessFaultMix, at: Micros): UnnamedFault | undefined {
  const { brokers, controllers, clients } = scene;
  const what = random.pick(mix);
  const byRole = random.chance(1, ROLE_ONE_IN);
  if (what === 'controller-crash') {
    if (controllers.length === 0) return undefined;
    const target: Target = byRole ? { role: 'active controller' } : { actor: random.pick(controllers) };
    return { kind: 'crash', at, for: random.between(CONTROLLER_US_MIN, CONTROLLER_US_MAX), target };
  }
  if (brokers.length === 0) return undefined;
  const duration = random.chance(1, 2) ? random.between(SHORT_US_MIN, SHORT_US_MAX) : random.between(LONG_US_MIN, LONG_US_MAX);
  const leader = byRole ? someLeader(random, scene) : undefined;
  if (leader !== undefined) return { kind: what, at, for: duration, target: { role: leader } };
  // Clients do not crash: what a producer had in hand would be gone by design.
  return { kind: what, at, for: duration, target: { actor: random.pick(what === 'pause' ? [...brokers, ...clients] : brokers) } };
}

/** Clocks that go wrong for a while, on any machine. */
export function clockFaults(random: Random, scene: FaultScene): UnnamedFault[] {
  const actors = [...scene.brokers, ...scene.controllers, ...scene.clients];
  const faults: UnnamedFault[] = [];
  if (actors.length === 0) return faults;
  for (let at = scene.fromUs + random.exponential(SKEW_GAP_US_MEAN); at < scene.healUs; at += 1 + random.exponential(SKEW_GAP_US_MEAN)) {
    const fault: UnnamedFault = { kind: 'clock-skew', at, for: random.between(SKEWED_US_MIN, SKEWED_US_MAX), target: { actor: random.pick(actors) }, amount: random.pick(SKEW_US) };
    if (fault.at + fault.for <= scene.healUs) faults.push(fault);
  }
  return faults;
}
