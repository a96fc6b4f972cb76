/**
 * @module
 * `npm run check:determinism [-- SEEDS]`: the same seed on 1, 2, 3 and 4 workers, with shuffled placement and workers that are put to
 * sleep at random, must give the same digest. Prints how many runs disagreed; exit code 1 if any did.
 */
import { randomStream } from '../runtime/random/random.ts';
import { Crew } from '../runtime/workers/crew.ts';
import { SECOND } from '../runtime/units.ts';
import { TRIAL_MODULE, describeRun, trials } from '../workloads/index.ts';
import type { TrialArgument } from '../workloads/index.ts';

/** The trial's load and faults last so long, in virtual time. */
const DURATION_US = 3 * SECOND;
/** Deliberately awkward: a window in ten thousand is slept through. */
const DISTURBANCE = { perMille: 1, sleepMsMax: 2 };

export interface DeterminismReport {
  readonly seeds: number;
  readonly runs: number;
  readonly mismatches: readonly string[];
}

/** Runs every seed on every worker count. */
export async function checkDeterminism(seeds: number, from = 0, onProgress: (line: string) => void = () => undefined): Promise<DeterminismReport> {
  const crew = new Crew();
  const mismatches: string[] = [];
  let runs = 0;
  const names = trials().filter(({ faults }) => faults !== 'none').map(({ name }) => name);
  try {
    for (let seed = from; seed < from + seeds; seed += 1) {
      const workload = names[seed % names.length]!;
      const argument: TrialArgument = { workload, seed: String(seed), protocol: '4.2', durationUs: DURATION_US, settings: { 'delivery.timeout.ms': '3000', 'request.timeout.ms': '2000' } };
      const { actors } = describeRun(argument);
      const digests: string[] = [];
      for (const workers of [1, 2, 3, 4]) {
        const random = randomStream(String(seed), `placement/${workers}`);
        const placement = actors.map(() => random.below(workers));
        const { digest } = await crew.run({ module: TRIAL_MODULE, argument }, actors, { workers, placement, disturbance: { seed: String(seed), ...DISTURBANCE } });
        digests.push(digest);
        runs += 1;
      }
      if (new Set(digests).size > 1) mismatches.push(`${workload} seed ${seed}: ${digests.join(' ')}`);
      onProgress(`${workload} seed ${seed}: ${new Set(digests).size === 1 ? digests[0]! : 'DIFFERENT'}`);
    }
  } finally {
    await crew.dismiss();
  }
  return { seeds, runs, mismatches };
}

if (process.argv[1] !== undefined && import.meta.url.endsWith(process.argv[1].split('/').at(-1)!) && process.argv[1].includes('determinism.')) {
  const seeds = Number(process.argv[2] ?? 200);
  if (!Number.isSafeInteger(seeds) || seeds < 1) {
    process.stderr.write(`'${process.argv[2]}' is not a number of seeds: give a whole number, 1 or more.\n`);
    process.exitCode = 2;
  } else {
    const { runs, mismatches } = await checkDeterminism(seeds, 0, (line) => process.stderr.write(`${line}\n`));
    process.stdout.write(`${seeds} seeds, ${runs} runs on 1 to 4 workers: ${mismatches.length} mismatches\n${mismatches.map((line) => `${line}\n`).join('')}`);
    process.exitCode = mismatches.length > 0 ? 1 : 0;
  }
}
