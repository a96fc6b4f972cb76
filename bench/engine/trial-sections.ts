/** @module The engine under real trials: frames a second under steady load, and what a second job brings to a sweep. */
import { Crew } from '../../runtime/workers/crew.ts';
import { SECOND, seconds } from '../../runtime/units.ts';
import { DEFAULT_TRIAL, TRIAL_MODULE, describeRun } from '../../workloads/index.ts';
import type { TrialArgument } from '../../workloads/index.ts';
import { speedRatios } from './interleave.ts';
import { section } from './report.ts';
import type { BenchSection } from './report.ts';

/** How much is measured. */
export interface TrialExtent {
  readonly pairs: number;
  readonly warmUps: number;
  /** Load of the steady trial, virtual seconds. */
  readonly steadySeconds: number;
  /** Seeds of each sweep. */
  readonly seeds: number;
}

const FRAMES_GOAL = 100_000;
const TWO_JOBS_GOAL = 1.75;
const SWEEP_GOAL = 150;

function argumentOf(workload: string, seed: string, durationUs?: number): TrialArgument {
  return { workload, seed, protocol: '4.2', settings: {}, durationUs };
}

/** The cluster under steady load, on one worker, judges on: frames delivered per second of wall time. */
export async function clusterSection({ pairs, warmUps, steadySeconds }: TrialExtent): Promise<BenchSection> {
  const argument = argumentOf('steady-load', 'bench', seconds(steadySeconds));
  const { actors } = describeRun(argument);
  const crew = new Crew();
  try {
    const samples: number[] = [];
    for (let round = -warmUps; round < pairs; round += 1) {
      const { counts, wallMs } = await crew.run({ module: TRIAL_MODULE, argument }, actors, { workers: 1 });
      if (round >= 0) samples.push((counts.frames * 1_000) / wallMs);
    }
    return section({ name: 'cluster-frames', what: 'frames delivered per second: steady-load, one worker, judges on', unit: 'rate', goal: FRAMES_GOAL }, samples);
  } finally {
    await crew.dismiss();
  }
}

/** The default trial's sweep: two jobs against one, and virtual seconds per wall second with two. */
export async function sweepSections({ pairs, warmUps, seeds }: TrialExtent): Promise<BenchSection[]> {
  const crews = [new Crew(), new Crew()];
  const speeds: number[] = [];
  let round = 0;
  const sweep = (jobs: number) => async (): Promise<number> => {
    const waiting = Array.from({ length: seeds }, (_, i) => String(i));
    let virtualUs = 0;
    const startedAt = performance.now();
    await Promise.all(
      crews.slice(0, jobs).map(async (crew) => {
        for (let seed = waiting.shift(); seed !== undefined; seed = waiting.shift()) {
          const argument = argumentOf(DEFAULT_TRIAL, seed);
          const { endedAt } = await crew.run({ module: TRIAL_MODULE, argument }, describeRun(argument).actors, { workers: 1 });
          virtualUs += endedAt;
        }
      }),
    );
    const wallMs = performance.now() - startedAt;
    if (jobs === 2) {
      round += 1;
      if (round > warmUps) speeds.push((virtualUs / SECOND / wallMs) * 1_000);
    }
    return wallMs;
  };
  try {
    const ratios = await speedRatios(sweep(2), sweep(1), pairs, warmUps);
    return [
      section({ name: 'sweep-two-jobs', what: `a sweep of ${seeds} seeds of the default trial with two jobs against one`, unit: 'ratio', goal: TWO_JOBS_GOAL }, ratios),
      section({ name: 'sweep-speed', what: 'virtual seconds per wall second of that sweep with two jobs', unit: 'speed', goal: SWEEP_GOAL }, speeds),
    ];
  } finally {
    await Promise.all(crews.map((crew) => crew.dismiss()));
  }
}
