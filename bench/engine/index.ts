/**
 * @module
 * `trial bench engine`: what the machine costs, as ratios of interleaved runs against loops written by hand, and what a second
 * worker brings.
 */
import { SimulatorError } from '../../runtime/simulator-error.ts';
import { ControlBlock } from '../../runtime/workers/control-block.ts';
import { Crew } from '../../runtime/workers/crew.ts';
import { createHasher } from '../../runtime/workers/hasher.ts';
import { runPart } from '../../runtime/workers/run-part.ts';
import type { PartResult } from '../../runtime/workers/run-part.ts';
import { framedReference } from './framed-reference.ts';
import { FRAMED_BEGINS_US, FRAMED_MODULE, createSimulation, halfAndHalf } from './framed-simulation.ts';
import type { FramedArgument } from './framed-simulation.ts';
import { speedRatios, timed } from './interleave.ts';
import { LOOKAHEAD_US, MEAN_US, phold } from './phold.ts';
import { pholdReference } from './phold-reference.ts';
import { RECORDS_PER_BATCH, replicate } from './replicate.ts';
import { formatSection, section } from './report.ts';
import type { BenchSection, EngineBenchReport } from './report.ts';
import { clusterSection, sweepSections } from './trial-sections.ts';
import type { TrialExtent } from './trial-sections.ts';

export { formatEngineBench } from './report.ts';
export type { BenchSection, EngineBenchReport } from './report.ts';

/** How much is measured. */
interface Extent extends TrialExtent {
  readonly pairs: number;
  readonly warmUps: number;
  readonly pholdEvents: number;
  readonly framedEvents: number;
  readonly workerEvents: number;
  /** Batches that are replicated. */
  readonly batches: number;
}

const FULL: Extent = { pairs: 9, warmUps: 2, pholdEvents: 1_000_000, framedEvents: 200_000, workerEvents: 100_000, batches: 6_000, steadySeconds: 10, seeds: 12 };
const QUICK: Extent = { pairs: 3, warmUps: 1, pholdEvents: 500_000, framedEvents: 100_000, workerEvents: 60_000, batches: 1_500, steadySeconds: 2, seeds: 4 };

/** PHOLD's processes, and how many times the speed of the reference is asked for. */
const PHOLD_SIZES = [[1_024, 0.5], [65_536, 0.4]] as const;
const FRAMED_PROCESSES = 32;
const FRAMED_POPULATION = 256;
const FRAMED_GOAL = 0.75;
const REPLICATE_GOAL = 300_000;
/**
 * The curve: framed events per window per worker, when there are two; and how many messages under way make so many (4 for each, and
 * more where they queue up behind each other in their connections). The last point has the goal.
 */
const CURVE = [
  { perWindow: 2, population: 8 },
  { perWindow: 8, population: 34 },
  { perWindow: 32, population: 140 },
  { perWindow: 128, population: 660 },
  { perWindow: 512, population: 3_800, goal: 1.3 },
] as const;
/** An event causes the next one after so long, on average. */
const STEP_US = LOOKAHEAD_US + MEAN_US;

/**
 * Measures the engine. A few minutes; with `quick` about half a minute, and rougher.
 * @throws {SimulatorError} if the two sides of a comparison did not do the same: the figures would mean nothing
 */
export async function runEngineBench({ quick = false, onProgress = () => undefined }: { quick?: boolean; onProgress?: (line: string) => void } = {}): Promise<EngineBenchReport> {
  const startedAt = performance.now();
  const extent = quick ? QUICK : FULL;
  const sections: BenchSection[] = [];
  const add = (found: BenchSection): void => {
    sections.push(found);
    onProgress(formatSection(found));
  };
  for (const [processes, goal] of PHOLD_SIZES) add(await pholdSection(processes, goal, extent));
  add(await framedSection(extent));
  const crew = new Crew();
  try {
    for (const point of CURVE) add(await workersSection(crew, point, extent));
  } finally {
    await crew.dismiss();
  }
  add(await replicateSection(extent));
  add(await clusterSection({ ...extent, pairs: Math.ceil(extent.pairs / 2) }));
  for (const found of await sweepSections({ ...extent, pairs: Math.ceil(extent.pairs / 3), warmUps: 1 })) add(found);
  return { node: process.version, quick, sections, wallMs: performance.now() - startedAt };
}

async function pholdSection(processes: number, goal: number, { pairs, warmUps, pholdEvents }: Extent): Promise<BenchSection> {
  const until = Math.round((pholdEvents / processes) * STEP_US);
  const [engine, reference] = [phold(processes, until), pholdReference(processes, until)];
  if (engine.events !== reference.events || engine.checksum !== reference.checksum) throw unequal(`PHOLD with ${processes} processes`, engine, reference);
  const samples = await speedRatios(timed(() => phold(processes, until)), timed(() => pholdReference(processes, until)), pairs, warmUps);
  return section({ name: `phold-${processes}`, what: `queue and dispatch against a hand-tight loop: PHOLD, ${processes} processes`, unit: 'ratio', goal }, samples);
}

async function framedSection({ pairs, warmUps, framedEvents }: Extent): Promise<BenchSection> {
  const argument = framedArgument(FRAMED_POPULATION, framedEvents);
  const hasher = await createHasher();
  const engine = (): PartResult => {
    const control = new ControlBlock(1);
    const outcome = runPart({ simulation: createSimulation(argument), worker: 0, placement: new Array<number>(FRAMED_PROCESSES).fill(0), control, rings: [], hasher, traceAll: false });
    if (!outcome.ok) throw new SimulatorError('actor', outcome.failure === 'aborted' ? 'the run was aborted' : outcome.failure.message);
    return outcome.result;
  };
  const { frames } = engine().counts;
  const reference = (): void => {
    const steps = framedReference(FRAMED_PROCESSES, FRAMED_POPULATION, frames);
    if (steps !== frames) throw unequal('framed events', frames, steps);
  };
  const samples = await speedRatios(timed(engine), timed(reference), pairs, warmUps);
  return section({ name: 'framed', what: 'frames through actors, connections, msgpack and digest, against a hand-tight loop that packs and unpacks the same', unit: 'ratio', goal: FRAMED_GOAL }, samples);
}

/** A leader and its followers, on one worker: records acknowledged by all of them per second of wall time. */
async function replicateSection({ pairs, warmUps, batches }: Extent): Promise<BenchSection> {
  const hasher = await createHasher();
  const samples: number[] = [];
  for (let round = -warmUps; round < Math.ceil(pairs / 2); round += 1) {
    const { acknowledged, wallMs } = replicate(batches, hasher);
    if (acknowledged !== batches) throw unequal('replication', batches, acknowledged);
    if (round >= 0) samples.push((acknowledged * RECORDS_PER_BATCH * 1_000) / wallMs);
  }
  return section({ name: 'replicate', what: `records of 100 bytes per second, in batches of 16 KiB (${RECORDS_PER_BATCH}): appended by a leader and two followers, acks=all`, unit: 'rate', goal: REPLICATE_GOAL }, samples);
}

async function workersSection(crew: Crew, { perWindow, population, goal }: (typeof CURVE)[number] & { goal?: number }, { pairs, warmUps, workerEvents }: Extent): Promise<BenchSection> {
  const argument = framedArgument(population, workerEvents);
  const actors = createSimulation(argument).actors.map(({ name }) => name);
  const placements = [actors.map(() => 0), halfAndHalf(argument.processes)];
  const digests = new Set<string>();
  const run = (workers: number) => async (): Promise<number> => {
    const { digest, wallMs } = await crew.run({ module: FRAMED_MODULE, argument }, actors, { workers, placement: placements[workers - 1]! });
    digests.add(digest);
    if (digests.size > 1) throw unequal('one worker and two', ...digests);
    return wallMs;
  };
  const samples = await speedRatios(run(2), run(1), pairs, warmUps);
  return section({ name: `two-workers-${perWindow}`, what: `two workers against one: ${perWindow} framed events per window per worker`, unit: 'ratio', ...(goal === undefined ? {} : { goal }) }, samples);
}

/** As many processes as a small cluster with its clients, so many messages under way, and virtual time for about so many events. */
function framedArgument(population: number, events: number): FramedArgument {
  return { processes: FRAMED_PROCESSES, population, endsAt: FRAMED_BEGINS_US + Math.round((events / population) * STEP_US) };
}

function unequal(what: string, ...sides: readonly unknown[]): SimulatorError {
  return new SimulatorError('format', `${what}: the two sides did not do the same: ${sides.map((side) => JSON.stringify(side)).join(' against ')}`);
}
