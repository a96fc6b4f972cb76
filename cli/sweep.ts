/** @module `trial sweep`: many seeds side by side, of one trial after the other. */
import { createHasher } from '../runtime/workers/hasher.ts';
import { ARGUMENT_FLAGS, argumentOf, quoted, wordsOf } from './argument.ts';
import { JSON_FLAG, command } from './command.ts';
import type { World } from './command.ts';
import { parseDuration } from './duration.ts';
import { EXIT } from './exit-code.ts';
import type { ExitCode } from './exit-code.ts';
import { unwritable, writable, writeWhole } from './files.ts';
import { count, figure } from './format.ts';
import { interruptible } from './interrupt.ts';
import { keep } from './keep.ts';
import { Progress } from './progress.ts';
import { anomalyReport, json, round } from './report.ts';
import type { SweepFailure, SweepOfTrialsReport, SweepReport } from './report.ts';
import { SEED_MAX, WHOLE, countSeeds, parseSeed, parseSeedRange, parseShard, seedsOf } from './seeds.ts';
import type { SeedRange, Shard } from './seeds.ts';
import { sweepOfTrialsText, sweepText } from './sweep-text.ts';
import { addToDigest, digestText, sweep as sweepSeeds } from './sweeper.ts';
import type { SweepTally } from './sweeper.ts';
import type { TrialArgument } from '../workloads/trial.ts';
import { UsageError } from './usage-error.ts';
import { parseJobs } from './workers.ts';

/** Stands for every trial there is. */
const ALL = 'all';

export const sweep = command({
  name: 'sweep',
  says: 'Run one trial or more with many seeds side by side; failing seeds are kept under results/failures/',
  word: { name: 'workload', says: 'which trial (see: list workloads), several with commas between them, or all' },
  flags: {
    seeds: { kind: 'text', value: 'A..B', says: 'these seeds, both ends included' },
    for: { kind: 'text', value: '60s', says: 'seeds one after another until this much real time is over; the runs under way are finished' },
    'seed-from': { kind: 'text', value: 'S', says: 'with --for: the first seed. Default: 0' },
    jobs: { kind: 'text', value: 'N', says: 'simulations side by side, one thread each. Default: one per core' },
    shard: { kind: 'text', value: 'i/n', says: 'only the i-th of n parts of the seeds, counted from 1; the digests of all parts add up (modulo 2^64) to that of the whole' },
    ...ARGUMENT_FLAGS,
    out: { kind: 'text', value: 'FILE', says: 'write the JSON object to this file too' },
    ...JSON_FLAG,
  },
  examples: [
    ['sweep --seeds 1..200', 'two hundred seeds of the default trial'],
    ['sweep all --seeds 1..20', 'twenty seeds of every trial'],
    ['sweep broker-restart --for 10m --json', 'as many as ten minutes allow'],
    ['sweep --seeds 1..1000000 --shard 2/8 --out part-2.json', 'one machine of eight'],
  ],

  async perform(given, word, world) {
    const { io } = world;
    const range = rangeOf(given);
    const shard = given.shard === undefined ? WHOLE : parseShard(given.shard);
    const total = countSeeds(range, shard);
    if (total === 0n) throw new UsageError(`--shard ${given.shard}: there are only ${range.to - range.from + 1n} seeds`);
    const jobs = Math.min(parseJobs(given.jobs), Number(total));
    const workloads = workloadsOf(word, world);
    // Everything that is wrong with any of them is said before the first begins.
    const parts = workloads.map((workload) => argumentOf(given, workload, range.from.toString(), world));
    const out = given.out === undefined ? undefined : writable(io.folder, given.out, '--out');
    const forMs = given.for === undefined ? Infinity : parseDuration(given.for, '--for') / 1_000 / parts.length;

    const interrupt = interruptible(io);
    const startedAt = performance.now();
    const reports: SweepReport[] = [];
    try {
      for (const argument of parts) {
        if (interrupt.signal.aborted) break;
        const report = await sweepOne({ argument, range, shard, total, jobs, forMs, signal: interrupt.signal }, world);
        reports.push(report);
        if (!given.json) io.out(sweepText(report, ({ workload, seed, artefact }) => (artefact === null ? againWith(io, workload, seed, wordsOf(given)) : `${io.program} replay ${quoted(artefact)}`)));
        if (report.broken !== null) break;
      }
    } finally {
      interrupt.end();
    }
    const whole = workloads.length === 1 ? reports[0]! : together(word!, reports, performance.now() - startedAt);
    if (given.json) io.out(json(whole));
    else if ('trials' in whole) io.out(sweepOfTrialsText(whole));
    if (whole.broken !== null) {
      const { workload } = reports.at(-1)!;
      io.err(`trial: seed ${whole.broken.seed}: the simulator itself failed: ${whole.broken.message}\n  to see it again: ${againWith(io, workload, whole.broken.seed, wordsOf(given))}\n`);
    }
    if (out !== undefined) writeOut(out, whole, given.out!);
    return exitCodeOf(whole);
  },
});

/** `all`, or names with commas between them; undefined: the default trial. */
function workloadsOf(word: string | undefined, { trials }: World): readonly (string | undefined)[] {
  return word === ALL ? trials.trials().map(({ name }) => name) : (word?.split(',') ?? [undefined]);
}

interface OneSweep {
  readonly argument: TrialArgument;
  readonly range: SeedRange;
  readonly shard: Shard;
  readonly total: bigint;
  readonly jobs: number;
  /** Real time after which no seed is begun. */
  readonly forMs: number;
  readonly signal: AbortSignal;
}

/** All seeds of one trial. */
async function sweepOne({ argument, range, shard, total, jobs, forMs, signal }: OneSweep, { io, trials }: World): Promise<SweepReport> {
  const { workload } = argument;
  const failed: SweepFailure[] = [];
  const progress = new Progress(io);
  const startedAt = performance.now();
  let tally: SweepTally;
  try {
    tally = await sweepSeeds(
      {
        argument,
        seeds: seedsOf(range, shard),
        jobs,
        until: startedAt + forMs,
        signal,
        async onFailure(run) {
          const artefact = await keep(run, io);
          failed.push({ workload, seed: run.argument.seed, anomalies: run.verdict.anomalies.map((anomaly) => anomalyReport(anomaly, run.verdict)), artefact: artefact ?? null });
          progress.say(`✗ ${workload} seed ${run.argument.seed}  ${run.verdict.anomalies.find(({ byDesign }) => byDesign === null)!.name}  ${artefact ?? ''}`);
        },
        onRun: (now) => progress.show(`${workload}: ${sweepLine(now, forMs === Infinity ? total : undefined, startedAt)}`),
      },
      trials,
      await createHasher(),
    );
  } finally {
    progress.clear();
  }
  failed.sort((a, b) => (BigInt(a.seed) < BigInt(b.seed) ? -1 : 1));
  const wallMs = performance.now() - startedAt;
  return {
    workload,
    from: range.from.toString(),
    to: forMs === Infinity ? range.to.toString() : (tally.last ?? range.from.toString()),
    runs: tally.runs,
    failed,
    digest: digestText(tally.digest),
    wallMs: round(wallMs),
    runsPerMinute: round((tally.runs / wallMs) * 60_000),
    protocol: argument.protocol,
    jobs,
    shard: `${shard.index}/${shard.of}`,
    events: tally.events,
    virtualMs: tally.virtual / 1_000,
    virtualSecondsPerWallSecond: round(tally.virtual / 1_000 / wallMs),
    byDesign: tally.byDesign,
    ...tally.measures.report(),
    stopped: signal.aborted,
    doneThrough: tally.doneThrough ?? null,
    broken: tally.broken === undefined ? null : { seed: tally.broken.seed, message: tally.broken.error.message },
  };
}

/** Sums over several trials; the digest is the sum of theirs modulo 2^64. */
function together(workload: string, trials: readonly SweepReport[], wallMs: number): SweepOfTrialsReport {
  const sum = (of: (report: SweepReport) => number): number => trials.reduce((total, report) => total + of(report), 0);
  const runs = sum((report) => report.runs);
  const seeds = trials.flatMap(({ from, to }) => [BigInt(from), BigInt(to)]).sort((a, b) => (a < b ? -1 : 1));
  return {
    workload,
    from: String(seeds[0] ?? 0n),
    to: String(seeds.at(-1) ?? 0n),
    runs,
    failed: trials.flatMap(({ failed }) => failed),
    digest: digestText(trials.reduce((digest, report) => addToDigest(digest, BigInt(`0x${report.digest}`)), 0n)),
    wallMs: round(wallMs),
    runsPerMinute: round((runs / wallMs) * 60_000),
    byDesign: sum(({ byDesign }) => byDesign),
    stopped: trials.some(({ stopped }) => stopped),
    broken: trials.find(({ broken }) => broken !== null)?.broken ?? null,
    trials,
  };
}

function againWith(io: World['io'], workload: string, seed: string, words: string): string {
  return `${io.program} run ${quoted(workload)} --seed ${seed}${words}`;
}

/** @throws {UsageError} */
function rangeOf(given: { readonly seeds: string | undefined; readonly for: string | undefined; readonly 'seed-from': string | undefined }): SeedRange {
  if ((given.seeds === undefined) === (given.for === undefined)) throw new UsageError('sweep takes either --seeds A..B or --for 60s');
  if (given.seeds !== undefined) {
    if (given['seed-from'] !== undefined) throw new UsageError('--seed-from goes with --for; --seeds already says where to begin');
    return parseSeedRange(given.seeds);
  }
  parseDuration(given.for!, '--for');
  return { from: BigInt(parseSeed(given['seed-from'] ?? '0', '--seed-from')), to: SEED_MAX };
}

/** After all is said: what was found is not lost with the file. @throws {UsageError} */
function writeOut(path: string, report: object, file: string): void {
  try {
    writeWhole(path, json(report));
  } catch (error) {
    throw unwritable('--out', file, error);
  }
}

function sweepLine({ runs, failures, virtual }: SweepTally, total: bigint | undefined, startedAt: number): string {
  const wallMs = performance.now() - startedAt;
  return `${count(runs)}${total === undefined ? '' : ` of ${count(total)}`} runs, ${count(failures)} failed, ${figure((runs / wallMs) * 60_000)} per minute, ${figure(virtual / 1_000 / wallMs)} virtual seconds per wall second`;
}

function exitCodeOf({ broken, failed, stopped }: Pick<SweepReport, 'broken' | 'failed' | 'stopped'>): ExitCode {
  if (broken !== null) return EXIT.simulator;
  if (failed.length > 0) return EXIT.anomaly;
  return stopped ? EXIT.interrupted : EXIT.held;
}
