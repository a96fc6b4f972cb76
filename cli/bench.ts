/** @module `trial bench`: the benchmarks. */
import { JSON_FLAG, command } from './command.ts';
import { EXIT } from './exit-code.ts';
import { Progress } from './progress.ts';
import { json } from './report.ts';
import { UsageError, unknown } from './usage-error.ts';

const BENCHES = ['engine'];

export const bench = command({
  name: 'bench',
  says: 'Measure: ratios of interleaved runs, never single times; a missed goal is printed, and no error',
  word: { name: 'what', says: 'engine: the machine against a hand-tight loop, workers against one, jobs against one' },
  flags: {
    quick: { kind: 'switch', says: 'fewer and shorter runs: a rough look' },
    ...JSON_FLAG,
  },
  examples: [['bench engine --quick', 'a rough look at the engine']],

  async perform({ quick, json: asJson }, word, { io }) {
    if (word === undefined) throw new UsageError(`bench what? there is ${BENCHES.join(', ')}`);
    if (!BENCHES.includes(word)) throw unknown('bench', word, BENCHES);
    // Loaded when it is asked for: no other command pays for it.
    const { formatEngineBench, runEngineBench } = await import('../bench/engine/index.ts');
    const progress = new Progress(io);
    const report = await runEngineBench({ quick, onProgress: (line) => progress.show(line) });
    progress.clear();
    io.out(asJson ? json(report) : `${formatEngineBench(report).trimEnd()}\n`);
    return EXIT.held;
  },
});
