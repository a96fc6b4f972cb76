/**
 * @module
 * `trial bench bugs`: how many seeds it takes to find again the bugs that Kafka had, and that the same seeds find nothing where they are fixed.
 */
import { Crew } from '../../runtime/workers/crew.ts';
import { TRIAL_MODULE, describeRun } from '../../workloads/index.ts';
import type { Anomaly, TrialArgument, TrialVerdict } from '../../workloads/index.ts';
import type { Evidence, HistoricBug } from './historic-bugs.ts';

export type { HistoricBug } from './historic-bugs.ts';
export { HISTORIC_BUGS } from './historic-bugs.ts';
export { formatBug, formatControls } from './report.ts';

/** All of them are fixed here. */
const FIXED = '4.2';

export interface Finding extends Evidence {
  /** The first seed that shows it; null: none did. */
  readonly seed: number | null;
}

export interface BugReport {
  readonly bug: HistoricBug;
  readonly findings: readonly Finding[];
  /** Seeds that were needed, from 1 on: all there were if something was not found. */
  readonly runs: number;
  /** In how many of those seeds something showed. */
  readonly failed: number;
}

/** The seeds of all bugs of one trial, in the protocol that has none of them. */
export interface ControlReport {
  readonly workload: string;
  readonly protocol: string;
  readonly runs: number;
  /** Seeds with an anomaly that nothing allows, or that shows one of the bugs. */
  readonly failed: readonly number[];
}

export interface BugsReport {
  /** Each bug is looked for in so many seeds at most. */
  readonly seeds: number;
  readonly bugs: readonly BugReport[];
  readonly controls: readonly ControlReport[];
  readonly wallMs: number;
}

export interface BugsOrder {
  readonly bugs: readonly HistoricBug[];
  readonly seeds: number;
  /** Simulations side by side. Never changes the outcome. */
  readonly jobs: number;
  readonly onProgress?: (line: string) => void;
  /** Called for each bug as soon as its seeds are through. */
  readonly onBug?: (report: BugReport) => void;
}

/** Looks for each bug in seeds 1, 2, 3, … until everything it is known by was found, then runs the same seeds without it. @throws {SimulatorError} */
export async function runBugs({ bugs, seeds, jobs, onProgress = () => undefined, onBug = () => undefined }: BugsOrder): Promise<BugsReport> {
  const startedAt = performance.now();
  const crews = Array.from({ length: jobs }, () => new Crew());
  try {
    const reports: BugReport[] = [];
    for (const bug of bugs) {
      const report = await lookFor(bug, seeds, crews, onProgress);
      reports.push(report);
      onBug(report);
    }
    const controls: ControlReport[] = [];
    for (const workload of new Set(bugs.map((bug) => bug.workload))) {
      const those = reports.filter(({ bug }) => bug.workload === workload);
      controls.push(await control(workload, those, crews, onProgress));
    }
    return { seeds, bugs: reports, controls, wallMs: performance.now() - startedAt };
  } finally {
    await Promise.all(crews.map((crew) => crew.dismiss()));
  }
}

async function lookFor(bug: HistoricBug, seeds: number, crews: readonly Crew[], onProgress: (line: string) => void): Promise<BugReport> {
  const { id, workload, protocol, settings, evidence } = bug;
  const first = new Map<Evidence, number>();
  const failed: number[] = [];
  await eachSeed({ workload, protocol, settings }, seeds, crews, (seed, anomalies) => {
    const shown = evidence.filter((one) => shows(anomalies, one));
    for (const one of shown) first.set(one, Math.min(seed, first.get(one) ?? seed));
    if (shown.length > 0) failed.push(seed);
    onProgress(`${id}: seed ${seed} of ${seeds}, ${first.size} of ${evidence.length} found`);
    return first.size === evidence.length;
  });
  const runs = first.size === evidence.length ? Math.max(...first.values()) : seeds;
  const findings = evidence.map((one) => ({ ...one, seed: first.get(one) ?? null }));
  return { bug, findings, runs, failed: failed.filter((seed) => seed <= runs).length };
}

async function control(workload: string, reports: readonly BugReport[], crews: readonly Crew[], onProgress: (line: string) => void): Promise<ControlReport> {
  const evidence = reports.flatMap(({ bug }) => bug.evidence);
  const seeds = Math.max(...reports.map(({ runs }) => runs));
  const failed: number[] = [];
  await eachSeed({ workload, protocol: FIXED, settings: {} }, seeds, crews, (seed, anomalies) => {
    if (anomalies.some(({ byDesign }) => byDesign === null) || evidence.some((one) => shows(anomalies, one))) failed.push(seed);
    onProgress(`${workload} in ${FIXED}: seed ${seed} of ${seeds}`);
    return false;
  });
  return { workload, protocol: FIXED, runs: seeds, failed: failed.sort((a, b) => a - b) };
}

function shows(anomalies: readonly Anomaly[], { anomaly, cause }: Evidence): boolean {
  return anomalies.some(({ name, byDesign }) => name === anomaly && (cause === undefined ? byDesign === null : byDesign === cause));
}

/** Runs seeds in order, each as soon as a crew is free; once `isEnough`, no further one is begun, and those under way are finished. */
async function eachSeed(argument: Omit<TrialArgument, 'seed'>, seeds: number, crews: readonly Crew[], isEnough: (seed: number, anomalies: readonly Anomaly[]) => boolean): Promise<void> {
  let next = 1;
  let isOver = false;
  const work = async (crew: Crew): Promise<void> => {
    while (!isOver && next <= seeds) {
      const seed = next;
      next += 1;
      const whole: TrialArgument = { ...argument, seed: String(seed) };
      const { verdict } = await crew.run({ module: TRIAL_MODULE, argument: whole }, describeRun(whole).actors, { workers: 1 });
      if (isEnough(seed, (verdict as TrialVerdict).anomalies)) isOver = true;
    }
  };
  await Promise.all(crews.map(work));
}
