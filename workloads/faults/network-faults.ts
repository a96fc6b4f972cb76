/**
 * @module
 * Timed faults of the network. They may overlap as they like: a link is cut as long as any fault cuts it.
 * What is hit: brokers among each other, brokers and controllers, clients and brokers, one broker and the rest of the cluster (clients reach
 * it still: a leader that does not know that it was deposed), or whoever leads a partition and everybody.
 */
import type { Target } from '../../runtime/faults/plan.ts';
import { MILLISECOND, SECOND } from '../../runtime/index.ts';
import type { Micros } from '../../runtime/index.ts';
import type { Random } from '../../runtime/random/random.ts';
import { latestEndOf } from './role.ts';
import { someLeader } from './scene.ts';
import type { FaultScene, UnnamedFault } from './scene.ts';

/** Cuts are drawn between these: shorter than a fetch may wait, and longer than a broker's session (9 s). */
const CUT_US_MIN = 300 * MILLISECOND;
const CUT_US_MAX = 12 * SECOND;
/** Everything else is over sooner. */
const NUISANCE_US_MIN = 500 * MILLISECOND;
const NUISANCE_US_MAX = 6 * SECOND;
/** Added to every frame by a delay. The longest is beyond a default linger and below any request timeout. */
const DELAY_US_MIN = 20 * MILLISECOND;
const DELAY_US_MAX = 800 * MILLISECOND;
/** Bandwidths of a slow link, bytes per second. */
const SLOW_BYTES_PER_SECOND = [20_000, 100_000, 500_000] as const;

/** Kinds by their share. */
const KINDS = ['partition', 'partition', 'partition', 'partition', 'jam', 'jam', 'delay', 'delay', 'slow', 'reset', 'reset', 'half-open', 'refuse'] as const;
/** One cut in so many is aimed at the leader of a partition. */
const LEADER_ONE_IN = 6;
/** One cut in so many works in one direction only. */
const ONE_WAY_ONE_IN = 3;

/** Faults with gaps of about this mean between their beginnings. */
export function networkFaults(random: Random, scene: FaultScene, gapUsMean: Micros): UnnamedFault[] {
  const faults: UnnamedFault[] = [];
  for (let at = scene.fromUs + random.exponential(gapUsMean); at < scene.healUs; at += 1 + random.exponential(gapUsMean)) {
    const fault = networkFault(random, scene, at);
    if (fault !== undefined && latestEndOf({ id: '', ...fault }) <= scene.healUs) faults.push(fault);
  }
  return faults;
}

function networkFault(random: Random, scene: FaultScene, at: Micros): UnnamedFault | undefined {
  const kind = random.pick(KINDS);
  const sides = someSides(random, scene);
  if (sides === undefined) return undefined;
  const both: Target = { between: sides[0], and: sides[1] };
  switch (kind) {
    case 'partition':
    case 'jam':
      return { kind, at, for: random.between(CUT_US_MIN, CUT_US_MAX), target: cutTarget(random, scene, sides) };
    case 'delay':
      return { kind, at, for: random.between(NUISANCE_US_MIN, NUISANCE_US_MAX), target: both, amount: random.between(DELAY_US_MIN, DELAY_US_MAX) };
    case 'slow':
      return { kind, at, for: random.between(NUISANCE_US_MIN, NUISANCE_US_MAX), target: both, amount: random.pick(SLOW_BYTES_PER_SECOND) };
    case 'reset':
    case 'half-open':
      return { kind, at, for: 0, target: both };
    case 'refuse':
      return { kind, at, for: random.between(NUISANCE_US_MIN, NUISANCE_US_MAX), target: { actor: random.pick([...scene.brokers, ...scene.controllers]) } };
  }
}

function cutTarget(random: Random, scene: FaultScene, [left, right]: Sides): Target {
  const leader = random.chance(1, LEADER_ONE_IN) ? someLeader(random, scene) : undefined;
  if (leader !== undefined) return { role: leader };
  if (!random.chance(1, ONE_WAY_ONE_IN)) return { between: left, and: right };
  return random.chance(1, 2) ? { from: left, to: right } : { from: right, to: left };
}

type Sides = readonly [left: readonly string[], right: readonly string[]];

/** Two groups of actors that talk to each other; undefined if there are not two. */
function someSides(random: Random, { brokers, controllers, clients }: FaultScene): Sides | undefined {
  if (brokers.length === 0) return undefined;
  const broker = random.pick(brokers);
  const others = brokers.filter((name) => name !== broker);
  const choices: Sides[] = [];
  if (others.length > 0) choices.push([[broker], [random.pick(others)]]);
  if (controllers.length > 0) choices.push([[broker], [random.pick(controllers)]]);
  if (clients.length > 0) choices.push([[random.pick(clients)], [broker]]);
  if (others.length + controllers.length > 0) choices.push([[broker], [...others, ...controllers]]);
  return choices.length === 0 ? undefined : random.pick(choices);
}
