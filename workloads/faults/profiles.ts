/** @module The fault profiles there are: each makes a plan from a seed and the trial's scene. */
import { NO_FAULTS } from '../../runtime/faults/plan.ts';
import type { FaultPlan } from '../../runtime/faults/plan.ts';
import { SECOND } from '../../runtime/index.ts';
import { randomStream } from '../../runtime/random/random.ts';
import type { Random } from '../../runtime/random/random.ts';
import { SimulatorError } from '../../runtime/simulator-error.ts';
import { diskFaults } from './disk-faults.ts';
import { networkFaults } from './network-faults.ts';
import { CRASHES, CRASHES_AND_MORE, clockFaults, processFaults } from './process-faults.ts';
import { planIn } from './scene.ts';
import type { FaultScene } from './scene.ts';
import { HEAVY_WEATHER, LIGHT_WEATHER } from './weathers.ts';

export type { FaultScene } from './scene.ts';

/** Mean gaps between the beginnings of network faults: where they are all there is, and where they are not. */
const NETWORK_GAP_US_MEAN = 2_500_000;
const MIXED_NETWORK_GAP_US_MEAN = 6 * SECOND;

export interface FaultProfile {
  readonly name: string;
  /** What it does to a trial. */
  readonly says: string;
  plan(seed: string, scene: FaultScene): FaultPlan;
}

const stream = (seed: string, what: string): Random => randomStream(seed, `faults/${what}`);

export const FAULT_PROFILES: readonly FaultProfile[] = [
  { name: 'none', says: 'nothing goes wrong', plan: () => NO_FAULTS },
  { name: 'mild', says: 'light weather: late frames, now and then a connection lost', plan: (_seed, scene) => planIn(scene, [], [LIGHT_WEATHER]) },
  {
    name: 'network',
    says: 'heavy weather; links between brokers, controllers and clients cut one way or both, jammed, delayed, slow, reset, half-open; connections refused',
    plan: (seed, scene) => planIn(scene, networkFaults(stream(seed, 'network'), scene, NETWORK_GAP_US_MEAN), [HEAVY_WEATHER]),
  },
  {
    name: 'crash',
    says: 'brokers crash one at a time, and are back before their session runs out or after; now and then the controller',
    plan: (seed, scene) => planIn(scene, processFaults(stream(seed, 'process'), scene, CRASHES), []),
  },
  {
    name: 'disk',
    says: 'the disk of one broker at a time is full, hung, slow, fails, or fails to sync and then says that it did not',
    plan: (seed, scene) => planIn(scene, diskFaults(stream(seed, 'disk'), scene), []),
  },
  {
    name: 'mixed',
    says: 'light weather, network faults, and one at a time: crashes, power losses and pauses; clocks jump',
    plan: (seed, scene) =>
      planIn(
        scene,
        [
          ...networkFaults(stream(seed, 'network'), scene, MIXED_NETWORK_GAP_US_MEAN),
          ...processFaults(stream(seed, 'process'), scene, CRASHES_AND_MORE),
          ...clockFaults(stream(seed, 'clock'), scene),
        ],
        [LIGHT_WEATHER],
      ),
  },
];

/** The plan that a profile makes. @throws {SimulatorError} `declaration` if there is no such profile. */
export function planFaults(profile: string, seed: string, scene: FaultScene): FaultPlan {
  const found = FAULT_PROFILES.find(({ name }) => name === profile);
  if (found === undefined) throw new SimulatorError('declaration', `there is no fault profile ${profile}`);
  return found.plan(seed, scene);
}
