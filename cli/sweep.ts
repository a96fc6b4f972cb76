/** @module `trial sweep`: many seeds side by side. */
import { createHasher } from '../runtime/workers/hasher.ts';
import { ARGUMENT_FLAGS, argumentOf, quoted, wordsOf } from './argument.ts';
import { JSON_FLAG, command } from './command.ts';
import { parseDuration } from './duration.ts';
import { EXIT } from './exit-code.ts';
import type { ExitCode } from './exit-code.ts';
import { unwritable, writable, writeWhole } from './files.ts';
import { count, figure } from './format.ts';
import { interruptible } from './interrupt.ts';
import { keep } from './keep.ts';
import { Progress } from './progress.ts';
import { anomalyReport, json, round } from './report.ts';
import type { SweepFailure, SweepReport } from './report.ts';
import { SEED_MAX, WHOLE, countSeeds, parseSeed, parseSeedRange, parseShard, seedsOf } from './seeds.ts';
import type { SeedRange } from './seeds.ts';
import { sweepText } from './sweep-text.ts';
import { digestText, sweep as sweepSeeds } from './sweeper.ts';
import type { SweepTally } from './sweeper.ts';
import { UsageError } from './usage-error.ts';
import { parseJobs } from './workers.ts';

export const sweep = command({
  name: 'sweep',
  says: 'Run one trial with many seeds side by side; failing seeds are kept under results/failures/',
  word: { name: 'workload', says: 'which trial (see: list workloads)' },
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
    ['sweep broker-restart --for 10m --json', 'as many as ten minutes allow'],
    ['sweep --seeds 1..1000000 --shard 2/8 --out part-2.json', 'one machine of eight'],
  ],

  async perform(given, word, world) {
    const { io, trials } = world;
    const range = rangeOf(given);
    const shard = given.shard === undefined ? WHOLE : parseShard(given.shard);
    const total = countSeeds(range, shard);
    if (total === 0n) throw new UsageError(`--shard ${given.shard}: there are only ${range.to - range.from + 1n} seeds`);
    const jobs = Math.min(parseJobs(given.jobs), Number(total));
    const argument = argumentOf(given, word, range.from.toString(), world);
    const out = given.out === undefined ? undefined : writable(io.folder, given.out, '--out');

    const failed: SweepFailure[] = [];
    const progress = new Progress(io);
    const interrupt = interruptible(io);
    const startedAt = performance.now();
    const until = given.for === undefined ? Infinity : startedAt + parseDuration(given.for, '--for') / 1_000;
    const againWith = (seed: string): string => `${io.program} run ${quoted(argument.workload)} --seed ${seed}${wordsOf(given)}`;
    let tally: SweepTally;
    try {
      tally = await sweepSeeds(
        {
          argument,
          seeds: seedsOf(range, shard),
          jobs,
          until,
          signal: interrupt.signal,
          async onFailure(run) {
            const artefact = await keep(run, io);
            failed.push({ seed: run.argument.seed, anomalies: run.verdict.anomalies.map((anomaly) => anomalyReport(anomaly, run.verdict)), artefact: artefact ?? null });
            progress.say(`✗ seed ${run.argument.seed}  ${run.verdict.anomalies.find(({ byDesign }) => byDesign === null)!.name}  ${artefact ?? ''}`);
          },
          onRun: (now) => progress.show(sweepLine(now, given.for === undefined ? total : undefined, startedAt)),
        },
        trials,
        await createHasher(),
      );
    } finally {
      interrupt.end();
      progress.clear();
    }

    failed.sort((a, b) => (BigInt(a.seed) < BigInt(b.seed) ? -1 : 1));
    const wallMs = performance.now() - startedAt;
    const report: SweepReport = {
      workload: argument.workload,
      from: range.from.toString(),
      to: given.for === undefined ? range.to.toString() : (tally.last ?? range.from.toString()),
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
      stopped: interrupt.signal.aborted,
      doneThrough: tally.doneThrough ?? null,
      broken: tally.broken === undefined ? null : { seed: tally.broken.seed, message: tally.broken.error.message },
    };
    io.out(given.json ? json(report) : sweepText(report, ({ seed, artefact }) => (artefact === null ? againWith(seed) : `${io.program} replay ${quoted(artefact)}`)));
    if (tally.broken !== undefined) io.err(`trial: seed ${tally.broken.seed}: the simulator itself failed: ${tally.broken.error.message}\n  to see it again: ${againWith(tally.broken.seed)}\n`);
    if (out !== undefined) writeOut(out, report, given.out!);
    return exitCodeOf(report);
  },
});

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
function writeOut(path: string, report: SweepReport, file: string): void {
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

function exitCodeOf({ broken, failed, stopped }: SweepReport): ExitCode {
  if (broken !== null) return EXIT.simulator;
  if (failed.length > 0) return EXIT.anomaly;
  return stopped ? EXIT.interrupted : EXIT.held;
}
