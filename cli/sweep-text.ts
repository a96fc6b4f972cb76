/** @module A sweep as a person reads it. */
import { count, figure, groupBy, labelled, labelledCommand, orMore, several } from './format.ts';
import type { SweepFailure, SweepReport } from './report.ts';

/** Failing seeds that are listed; the rest is counted. */
const SHOWN = 10;

/** @param replay the command that runs a failing seed again */
export function sweepText(report: SweepReport, replay: (failure: SweepFailure) => string): string {
  const { workload, from, to, runs, failed, byDesign, jobs, shard } = report;
  const seeds = `${workload}, seeds ${from}..${to}${shard === '1/1' ? '' : `, shard ${shard}`}`;
  const lines = failed.slice(0, SHOWN).flatMap((failure) => [`✗ seed ${failure.seed}  ${namesOf(failure)}`, labelledCommand('replay', replay(failure))]);
  if (failed.length > SHOWN) lines.push(`✗ … and ${count(failed.length - SHOWN)} more seeds`);
  if (failed.length > 0) lines.push('');
  const isCutShort = report.stopped || report.broken !== null;
  if (isCutShort)
    lines.push(`■ ended ${report.stopped ? 'by hand' : `at seed ${report.broken!.seed}`} after ${several(runs, 'run')}; ${report.doneThrough === null ? 'the first seed is not among them' : `every seed up to ${report.doneThrough} is done`}`);
  if (failed.length > 0) lines.push(`✗ ${count(failed.length)} of ${several(runs, 'seed')} failed  (${seeds})`);
  else if (runs > 0) lines.push(`✓ ${runs === 1 ? 'the one seed' : `all ${count(runs)} seeds`}${isCutShort ? ' run so far' : ''} held  (${seeds})`);
  if (byDesign > 0) lines.push(labelled('by design', `${several(byDesign, 'seed')} met what the configuration allows`));
  const speed = `${figure(report.runsPerMinute)} runs per minute · ${figure(report.virtualSecondsPerWallSecond)} virtual seconds per wall second · ${figure((report.events / report.wallMs) * 1_000)} events per second`;
  return [...lines, labelled('speed', `${speed} · ${several(jobs, 'job')}, ${figure(report.wallMs / 1_000)} s`), labelled('digest', report.digest), ''].join('\n');
}

function namesOf({ anomalies }: SweepFailure): string {
  const names = anomalies.filter(({ byDesign }) => byDesign === null).map(({ name, row }) => `${name} (${row})`);
  return [...groupBy(names, (name) => name)].map(([name, group]) => (group.length === 1 ? name : `${name} ${count(group.length)}×${orMore(group.length)}`)).join(', ');
}
