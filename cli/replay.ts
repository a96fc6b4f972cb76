/** @module `trial replay`: the same run again, compared with what was recorded; of a seed, two runs compared with each other. */
import { Crew } from '../runtime/workers/crew.ts';
import type { Anomaly } from '../workloads/checkers/checker.ts';
import type { TrialArgument } from '../workloads/trial.ts';
import { ARGUMENT_FLAGS, argumentOf, quoted, wordsOf } from './argument.ts';
import { readArtefact, verdictKey } from './artefact.ts';
import type { Recorded } from './artefact.ts';
import { METRICS_FLAG, RUN_JSON_FLAG, command } from './command.ts';
import type { World } from './command.ts';
import { commit, differenceOfCode, isSameCode } from './commit.ts';
import { EXIT } from './exit-code.ts';
import { interruptible } from './interrupt.ts';
import { Progress, runLine } from './progress.ts';
import { metricsText } from './metrics-text.ts';
import { json, runReport } from './report.ts';
import { exitCodeOf } from './run.ts';
import { runText } from './run-text.ts';
import { parseSeed } from './seeds.ts';
import { runTrial } from './trial-run.ts';
import type { TrialRun } from './trial-run.ts';
import { UsageError } from './usage-error.ts';
import { WORKERS_FLAG, parseWorkers } from './workers.ts';

/** What a run is compared with, and what that proves. */
interface Comparison {
  readonly reproduced: boolean;
  /** Sentences for a person. */
  readonly says: readonly string[];
  /** The same code was given the same argument and did something else: the simulator is not deterministic. */
  readonly isBroken: boolean;
}

type Outcome = Pick<TrialRun['result'], 'digest'> & { readonly anomalies: readonly Anomaly[] };

export const replay = command({
  name: 'replay',
  says: 'Run a kept failure, or a seed, again; say whether digest and verdict are the same',
  word: { name: 'file', says: 'an artefact (results/failures/…json); with --seed: a workload' },
  flags: {
    seed: { kind: 'text', value: 'S', says: 'run this seed twice and compare, instead of an artefact' },
    workers: WORKERS_FLAG,
    ...ARGUMENT_FLAGS,
    ...METRICS_FLAG,
    ...RUN_JSON_FLAG,
  },
  examples: [
    ['replay results/failures/broker-restart-8814.json', 'a kept failure; it may have been kept by another commit, which is said'],
    ['replay results/failures/broker-restart-8814.json --workers 4', 'the same on four threads'],
    ['replay --seed 8814 broker-restart', 'a seed, twice: on one worker, then on another number'],
  ],

  async perform(given, word, world) {
    const { io, trials } = world;
    const recorded = given.seed === undefined ? await recordedOf(word, given, world) : undefined;
    const argument = recorded?.argument ?? argumentOf(given, word, parseSeed(given.seed!), world);
    const trial = trials.trials().find(({ name }) => name === argument.workload)!;
    const workers = given.workers === undefined && recorded === undefined ? 2 : parseWorkers(given.workers, trial, argument.settings);

    const first = recorded === undefined ? await performRun(argument, 1, world) : undefined;
    const second = first?.result.stopped === true ? first : await performRun(argument, workers, world);
    const comparison = second.result.stopped
      ? { reproduced: false, says: ['Stopped by hand: nothing can be said about the rest.'], isBroken: false }
      : recorded === undefined
        ? betweenRuns(outcomeOf(first!), outcomeOf(second), workers)
        : withRecord(outcomeOf(second), recorded);

    const again = recorded === undefined ? `--seed ${argument.seed} ${quoted(argument.workload)}${wordsOf(given)}` : quoted(word!);
    if (given.json) io.out(json({ ...runReport(second), reproduced: comparison.reproduced, ...recordReport(recorded) }));
    else io.out(`${runText({ run: second, trial, artefact: undefined, replay: `${io.program} replay ${again}` })}\n${comparison.says.join('\n')}\n${given.metrics ? `\n${metricsText(second.verdict.metrics)}` : ''}`);
    return comparison.isBroken ? EXIT.simulator : exitCodeOf(second);
  },
});

/** @throws {UsageError} */
async function recordedOf(file: string | undefined, given: Parameters<typeof wordsOf>[0], { io, trials }: World): Promise<Recorded> {
  if (file === undefined) throw new UsageError('replay what? name an artefact, or a seed with --seed');
  const words = wordsOf(given);
  if (words !== '') throw new UsageError(`an artefact holds its own settings;${words} cannot be given with it. Edit the file, or replay a --seed`);
  if (trials.trials().some(({ name }) => name === file)) throw new UsageError(`replay ${file}: which seed? add --seed, or name an artefact`);
  return readArtefact(io.folder, file, trials);
}

async function performRun(argument: TrialArgument, workers: number, { io, trials }: World): Promise<TrialRun> {
  const crew = new Crew();
  const progress = new Progress(io);
  const interrupt = interruptible(io);
  try {
    return await runTrial(crew, argument, trials, { workers, signal: interrupt.signal, onProgress: (at) => progress.show(runLine(argument, at)) });
  } finally {
    interrupt.end();
    progress.clear();
    await crew.dismiss();
  }
}

function outcomeOf({ result, verdict }: TrialRun): Outcome {
  return { digest: result.digest, anomalies: verdict.anomalies };
}

function betweenRuns(one: Outcome, other: Outcome, workers: number): Comparison {
  const reproduced = isSame(one, other);
  const where = `on 1 worker and on ${workers}`;
  return reproduced
    ? { reproduced, isBroken: false, says: [`✓ Reproduced: the same digest and verdict ${where}.`] }
    : { reproduced, isBroken: true, says: [`✗ Not reproduced: digest ${one.digest} and ${other.digest} ${where}. The simulator itself has failed; run --verify names the first event that differs.`] };
}

function withRecord(now: Outcome, { artefact, isEdited }: Recorded): Comparison {
  const here = commit();
  const sameCode = isSameCode(artefact.commit, here);
  const says = sameCode ? [] : [differenceOfCode(artefact.commit, here)];
  if (isEdited) return { reproduced: false, isBroken: false, says: [...says, 'The artefact was edited by hand: it promises to run, and not to come out as recorded.'] };
  if (artefact.stopped) {
    const recorded = verdictKey(artefact.anomalies).split('\n');
    const found = new Set(verdictKey(now.anomalies).split('\n'));
    const reproduced = recorded.every((anomaly) => found.has(anomaly));
    return { reproduced, isBroken: sameCode && !reproduced, says: [...says, `${reproduced ? '✓ Reproduced: what was found is found again' : '✗ Not reproduced: what was found is not found again'}. (The recorded run was stopped by hand; its digest is of its beginning.)`] };
  }
  const reproduced = isSame(artefact, now);
  if (reproduced) return { reproduced, isBroken: false, says: [...says, '✓ Reproduced: the same digest and the same verdict as recorded.'] };
  const verdict = verdictKey(artefact.anomalies) === verdictKey(now.anomalies) ? 'the verdict is the same' : 'the verdict is another';
  const why = sameCode ? 'The code is the same: the simulator itself has failed.' : 'Other code may well come to something else.';
  return { reproduced, isBroken: sameCode, says: [...says, `✗ Not reproduced: digest recorded ${artefact.digest}, now ${now.digest}; ${verdict}. ${why}`] };
}

function isSame(one: Outcome, other: Outcome): boolean {
  return one.digest === other.digest && verdictKey(one.anomalies) === verdictKey(other.anomalies);
}

function recordReport(recorded: Recorded | undefined): object {
  if (recorded === undefined) return {};
  const { artefact, isEdited } = recorded;
  return { edited: isEdited, recorded: { digest: artefact.digest, anomalies: artefact.anomalies.length, commit: artefact.commit, sameCode: isSameCode(artefact.commit, commit()) } };
}
