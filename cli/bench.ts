/** @module `trial bench`: the benchmarks. */
import { JSON_FLAG, command } from './command.ts';
import { EXIT } from './exit-code.ts';
import type { ExitCode } from './exit-code.ts';
import type { Io } from './io.ts';
import { Progress } from './progress.ts';
import { json } from './report.ts';
import { UsageError, unknown } from './usage-error.ts';
import { parseCount, parseJobs } from './workers.ts';

const BENCHES = ['engine', 'bugs'];
const SEEDS = 2_000;
const SEEDS_MAX = 999_999;
/** What each of them takes, beside --json. */
const FLAGS_OF: Readonly<Record<string, readonly string[]>> = { engine: ['quick'], bugs: ['bug', 'seeds', 'jobs'] };

export const bench = command({
  name: 'bench',
  says: 'Measure: ratios of interleaved runs, never single times; a missed goal is printed, and no error',
  word: { name: 'what', says: 'engine: the machine against a hand-tight loop, workers against one, jobs against one · bugs: how many seeds it takes to find again the bugs that Kafka had, and that they find nothing where those are fixed' },
  flags: {
    quick: { kind: 'switch', says: 'engine: fewer and shorter runs, a rough look' },
    bug: { kind: 'text', value: 'B3,B8', says: 'bugs: only these' },
    seeds: { kind: 'text', value: 'N', says: `bugs: look for each in the seeds 1 to N. Default: ${SEEDS}` },
    jobs: { kind: 'text', value: 'N', says: 'bugs: simulations side by side, one thread each. Default: one per core' },
    ...JSON_FLAG,
  },
  examples: [
    ['bench engine --quick', 'a rough look at the engine'],
    ['bench bugs --bug B3 --seeds 200', 'how soon KIP-279 is found again'],
  ],

  async perform(given, word, { io }) {
    if (word === undefined) throw new UsageError(`bench what? there is ${BENCHES.join(', ')}`);
    if (!BENCHES.includes(word)) throw unknown('bench', word, BENCHES);
    const { quick, bug, seeds, jobs } = given;
    for (const [flag, isGiven] of Object.entries({ quick, bug: bug !== undefined, seeds: seeds !== undefined, jobs: jobs !== undefined })) {
      if (isGiven && !FLAGS_OF[word]!.includes(flag)) throw new UsageError(`bench ${word} takes no --${flag}; that goes with bench ${BENCHES.find((other) => FLAGS_OF[other]!.includes(flag))}`);
    }
    return word === 'engine' ? await benchEngine(given, io) : await benchBugs(given, io);
  },
});

async function benchEngine({ quick, json: asJson }: { readonly quick: boolean; readonly json: boolean }, io: Io): Promise<ExitCode> {
  // Loaded when it is asked for: no other command pays for it.
  const { formatEngineBench, runEngineBench } = await import('../bench/engine/index.ts');
  const progress = new Progress(io);
  const report = await runEngineBench({ quick, onProgress: (line) => progress.show(line) });
  progress.clear();
  io.out(asJson ? json(report) : `${formatEngineBench(report).trimEnd()}\n`);
  return EXIT.held;
}

interface BugsGiven {
  readonly bug: string | undefined;
  readonly seeds: string | undefined;
  readonly jobs: string | undefined;
  readonly json: boolean;
}

async function benchBugs(given: BugsGiven, io: Io): Promise<ExitCode> {
  const { HISTORIC_BUGS, formatBug, formatControls, runBugs } = await import('../bench/bugs/index.ts');
  const ids = HISTORIC_BUGS.map(({ id }) => id);
  const wanted = given.bug?.split(',') ?? ids;
  for (const id of wanted) if (!ids.includes(id)) throw unknown('bug', id, ids);
  const seeds = given.seeds === undefined ? SEEDS : parseCount(given.seeds, '--seeds', SEEDS_MAX, '');
  const jobs = parseJobs(given.jobs);
  const progress = new Progress(io);
  const bugs = HISTORIC_BUGS.filter(({ id }) => wanted.includes(id));
  const report = await runBugs({
    bugs,
    seeds,
    jobs,
    onProgress: (line) => progress.show(line),
    onBug(found) {
      progress.clear();
      if (!given.json) io.out(formatBug(found));
    },
  });
  progress.clear();
  io.out(given.json ? json(report) : formatControls(report));
  return EXIT.held;
}
