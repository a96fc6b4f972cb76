/** @module `trial run`: one run, its verdict, and the line that runs it again. */
import { SimulatorError } from '../runtime/simulator-error.ts';
import { Crew } from '../runtime/workers/crew.ts';
import { verifyRun } from '../runtime/workers/verify.ts';
import type { Verification } from '../runtime/workers/verify.ts';
import { isFailure } from '../workloads/verdict.ts';
import { ARGUMENT_FLAGS, argumentOf, quoted, wordsOf } from './argument.ts';
import { METRICS_FLAG, RUN_JSON_FLAG, command } from './command.ts';
import { EXIT } from './exit-code.ts';
import type { ExitCode } from './exit-code.ts';
import { bytes, count, labelled, virtualTime } from './format.ts';
import { inFolder, unwritable, writable } from './files.ts';
import { interruptible } from './interrupt.ts';
import { keep } from './keep.ts';
import { Progress, runLine } from './progress.ts';
import { metricsText } from './metrics-text.ts';
import { json, runReport } from './report.ts';
import { runText } from './run-text.ts';
import { freshSeed, parseSeed } from './seeds.ts';
import { runTrial, withCommand } from './trial-run.ts';
import type { TrialRun } from './trial-run.ts';
import type { UsageError } from './usage-error.ts';
import { isBroken, verifyText } from './verify-text.ts';
import { WORKERS_FLAG, parseWorkers } from './workers.ts';

export const run = command({
  name: 'run',
  says: 'Run one trial with one seed and judge it',
  word: { name: 'workload', says: 'which trial (see: list workloads)' },
  flags: {
    seed: { kind: 'text', value: 'S', says: 'a whole number up to 2^64 − 1; the same seed gives the same run. Default: a fresh one, which is printed' },
    workers: WORKERS_FLAG,
    ...ARGUMENT_FLAGS,
    verify: { kind: 'switch', says: 'run again on another number of workers; where the digests differ, name the first event that does (exit code 3)' },
    trace: { kind: 'text', value: 'FILE', says: 'write every event to this file, one JSON object per line' },
    ...METRICS_FLAG,
    ...RUN_JSON_FLAG,
  },
  examples: [
    ['run', 'the default trial with a fresh seed'],
    ['run broker-restart --seed 8814 --workers 4', 'one seed on four threads: the same digest as on one'],
    ['run --set acks=1 --duration 5m', 'what is lost, by design, when only the leader acknowledges'],
    ['run --seed 7 --verify --json', 'for a script'],
  ],

  async perform(given, word, world) {
    const { io, trials } = world;
    const argument = argumentOf(given, word, given.seed === undefined ? freshSeed() : parseSeed(given.seed), world);
    const trial = trials.trials().find(({ name }) => name === argument.workload)!;
    const workers = parseWorkers(given.workers, trial, argument.settings);
    if (given.trace !== undefined) inFolder(io.folder, given.trace, '--trace');
    const traceFile = given.trace === undefined ? undefined : writable(io.folder, given.trace, '--trace');
    const again = `${io.program} run ${quoted(argument.workload)} --seed ${argument.seed}${wordsOf(given)}`;

    const { done, verification } = await performRun().catch((error: unknown) => {
      throw traceFailure(error, given.trace) ?? withCommand(error, again);
    });
    const artefact = isFailure(done.verdict) ? await keep(done, io) : undefined;
    const replay = artefact === undefined ? again : `${io.program} replay ${quoted(artefact)}`;
    if (given.json) io.out(json({ ...runReport(done), artefact: artefact ?? null, trace: done.result.trace.file ?? null, verification: verification ?? null, replay }));
    else io.out(runText({ run: done, trial, artefact, replay }) + traceText(given.trace, done) + (verification === undefined ? '' : verifyText(verification)) + (given.metrics ? `\n${metricsText(done.verdict.metrics)}` : ''));
    if (isBroken(verification)) return EXIT.simulator;
    return verification?.outcome === 'stopped' && !isFailure(done.verdict) ? EXIT.interrupted : exitCodeOf(done);

    async function performRun(): Promise<{ readonly done: TrialRun; readonly verification: Verification | undefined }> {
      const crew = new Crew();
      const progress = new Progress(io);
      const interrupt = interruptible(io);
      progress.show(`${argument.workload}, seed ${argument.seed}: starting`);
      try {
        const { signal } = interrupt;
        const done = await runTrial(crew, argument, trials, { workers, traceFile, signal, onProgress: (at) => progress.show(runLine(argument, at)) });
        if (!given.verify) return { done, verification: undefined };
        progress.show('verifying: starting');
        const onProgress = ({ time }: { readonly time: number }): void => progress.show(`verifying: virtual ${virtualTime(time)}`);
        return { done, verification: await verifyRun(crew, { module: trials.TRIAL_MODULE, argument }, done.actors, done.result, { workers, signal, onProgress }) };
      } finally {
        interrupt.end();
        progress.clear();
        await crew.dismiss();
      }
    }
  },
});

export function exitCodeOf({ verdict, result }: Pick<TrialRun, 'verdict' | 'result'>): ExitCode {
  if (isFailure(verdict)) return EXIT.anomaly;
  return result.stopped ? EXIT.interrupted : EXIT.held;
}

/** A run fails of a trace that cannot be written with what the system says, in Node's words: `ENOSPC: no space left on device, write`. */
function traceFailure(error: unknown, file: string | undefined): UsageError | undefined {
  const [, reason] = error instanceof SimulatorError ? (/\bE[A-Z]+: ([^,]+), (?:open|write|close)\b/.exec(error.message) ?? []) : [];
  return file === undefined || reason === undefined ? undefined : unwritable('--trace', file, reason);
}

function traceText(file: string | undefined, { result }: TrialRun): string {
  const summary = result.trace.file;
  if (file === undefined || summary === undefined) return '';
  return `${labelled('trace', `${file}: ${count(summary.events)} events, ${bytes(summary.bytes)}${summary.left === 0 ? '' : `; ${count(summary.left)} more did not fit`}`)}\n`;
}
