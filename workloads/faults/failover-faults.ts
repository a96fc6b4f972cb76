/**
 * @module
 * Faults that followers must find their way through: links between brokers stop, mostly one way, while other brokers die, so that leadership changes hands
 * before everybody has heard of the change before. Nothing waits for the cluster to recover, and nothing is lost with a machine: whatever
 * is gone in the end, a broker has cut off its log.
 */
import type { Target } from '../../runtime/faults/plan.ts';
import { MILLISECOND, SECOND } from '../../runtime/index.ts';
import type { Random } from '../../runtime/random/random.ts';
import { fitting, someLeader } from './scene.ts';
import type { FaultScene, UnnamedFault } from './scene.ts';
import type { Step } from './step.ts';

/** Mean gaps between the beginnings of cuts, and of crashes. */
const CUT_GAP_US_MEAN = 1_200 * MILLISECOND;
const CRASH_GAP_US_MEAN = 4 * SECOND;
const CUT_US_MIN = 300 * MILLISECOND;
const CUT_US_MAX = 9 * SECOND;
const DOWN_US_MIN = SECOND;
const DOWN_US_MAX = 8 * SECOND;
/** One crash in so many hits a leader. */
const LEADER_ONE_IN = 2;
/** One cut in so many works both ways. */
const BOTH_WAYS_ONE_IN = 3;

export const failovers: Step = {
  says: 'links between brokers stop, and brokers crash, one soon after the other',
  plot(random, scene) {
    const faults = [...at(random, scene, CUT_GAP_US_MEAN, (moment) => brokerCut(random, scene, moment)), ...at(random, scene, CRASH_GAP_US_MEAN, (moment) => crash(random, scene, moment))];
    return { faults: faults.flatMap((fault) => fitting(fault, scene.healUs) ?? []) };
  },
};

function at(random: Random, { fromUs, healUs }: FaultScene, gapUsMean: number, draw: (moment: number) => UnnamedFault | undefined): UnnamedFault[] {
  const faults: UnnamedFault[] = [];
  for (let moment = fromUs + random.exponential(gapUsMean); moment < healUs; moment += 1 + random.exponential(gapUsMean)) faults.push(...[draw(moment) ?? []].flat());
  return faults;
}

function brokerCut(random: Random, { brokers }: FaultScene, moment: number): UnnamedFault | undefined {
  if (brokers.length < 2) return undefined;
  const one = random.pick(brokers);
  const other = random.pick(brokers.filter((name) => name !== one));
  const target: Target = random.chance(1, BOTH_WAYS_ONE_IN) ? { between: [one], and: [other] } : { from: [one], to: [other] };
  return { kind: random.pick(['jam', 'partition']), at: moment, for: random.between(CUT_US_MIN, CUT_US_MAX), target };
}

function crash(random: Random, scene: FaultScene, moment: number): UnnamedFault | undefined {
  if (scene.brokers.length === 0) return undefined;
  const leader = random.chance(1, LEADER_ONE_IN) ? someLeader(random, scene) : undefined;
  return { kind: 'crash', at: moment, for: random.between(DOWN_US_MIN, DOWN_US_MAX), target: leader === undefined ? { actor: random.pick(scene.brokers) } : { role: leader } };
}
