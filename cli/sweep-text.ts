/** @module A sweep as a person reads it. */
import type { Distribution } from '../workloads/availability/distribution.ts';
import { distributionText, resumeText } from './availability-text.ts';
import { bytes, count, figure, groupBy, labelled, labelledCommand, orMore, several } from './format.ts';
import type { SweepFailure, SweepOfTrialsReport, SweepReport } from './report.ts';
import type { SweepMeasuresReport } from './sweep-measures.ts';

/** Failing seeds that are listed; the rest is counted. */
const SHOWN = 10;

/** @param replay the command that runs a failing seed again */
export function sweepText(report: SweepReport, replay: (failure: SweepFailure) => string): string {
  const { workload, from, to, runs, failed, jobs, shard } = report;
  const seeds = `${workload}, seeds ${from}..${to}${shard === '1/1' ? '' : `, shard ${shard}`}`;
  const lines = failed.slice(0, SHOWN).flatMap((failure) => [`✗ seed ${failure.seed}  ${namesOf(failure)}`, labelledCommand('replay', replay(failure))]);
  if (failed.length > SHOWN) lines.push(`✗ … and ${count(failed.length - SHOWN)} more seeds`);
  if (failed.length > 0) lines.push('');
  const isCutShort = report.stopped || report.broken !== null;
  if (isCutShort)
    lines.push(`■ ended ${report.stopped ? 'by hand' : `at seed ${report.broken!.seed}`} after ${several(runs, 'run')}; ${report.doneThrough === null ? 'the first seed is not among them' : `every seed up to ${report.doneThrough} is done`}`);
  if (failed.length > 0) lines.push(`✗ ${count(failed.length)} of ${several(runs, 'seed')} failed  (${seeds})`);
  else if (runs > 0) lines.push(`✓ ${runs === 1 ? 'the one seed' : `all ${count(runs)} seeds`}${isCutShort ? ' run so far' : ''} held  (${seeds})`);
  lines.push(...measuresText(report));
  const speed = `${figure(report.runsPerMinute)} runs per minute · ${figure(report.virtualSecondsPerWallSecond)} virtual seconds per wall second · ${figure((report.events / report.wallMs) * 1_000)} events per second`;
  return [...lines, labelled('speed', `${speed} · ${several(jobs, 'job')}, ${figure(report.wallMs / 1_000)} s`), labelled('digest', report.digest), ''].join('\n');
}

/** What was measured, as far as there was something. */
export function measuresText({ resume, waits, recordsLost, diskBytes, allowed, shown }: SweepMeasuresReport): string[] {
  const resumed = resumeText(resume);
  const waited = [waitText('acks=all', waits.writesMs), waitText('reads', waits.readsMs), waitText('a client stood still for', waits.clientsMs)].filter((text) => text !== '');
  const seen = Object.entries(shown).map(([name, { times, runs }]) => `${name} ${count(times)} (in ${several(runs, 'run')})`);
  return [
    ...(resumed === '' ? [] : [labelled('to resume', resumed)]),
    ...(waited.length === 0 ? [] : [labelled('longest wait', waited.join(' · '))]),
    ...(recordsLost === null || recordsLost.max === 0 ? [] : [labelled('records lost', `${count(recordsLost.p50)}, ${count(recordsLost.p99)}, ${count(recordsLost.max)} (p50, p99, max of ${several(recordsLost.count, 'run')})`)]),
    ...(diskBytes === null ? [] : [labelled('disks hold', `${bytes(diskBytes.p50)} (p50 of ${several(diskBytes.count, 'run')})`)]),
    ...(allowed.length === 0 ? [] : [labelled('by design', allowed.map(({ name, byDesign, runs }) => `${name} in ${several(runs, 'run')} (${byDesign})`).join(' · '))]),
    ...(seen.length === 0 ? [] : [labelled('shown', seen.join(' · '))]),
  ];
}

/** Nobody waited: nothing is told. */
function waitText(what: string, times: Distribution | null): string {
  return times?.max === 0 ? '' : distributionText(what, times);
}

/** Of several trials, after each one's own text. */
export function sweepOfTrialsText({ trials, failed, runs, digest, wallMs, runsPerMinute }: SweepOfTrialsReport): string {
  const failing = [...new Set(failed.map(({ workload }) => workload))];
  return [
    failed.length === 0 ? `✓ ${several(trials.length, 'trial')}, ${several(runs, 'run')}: all held` : `✗ ${count(failed.length)} of ${several(runs, 'run')} failed, of ${failing.join(', ')}`,
    labelled('speed', `${figure(runsPerMinute)} runs per minute · ${figure(wallMs / 1_000)} s`),
    labelled('digest', digest),
    '',
  ].join('\n');
}

function namesOf({ anomalies }: SweepFailure): string {
  const names = anomalies.filter(({ byDesign }) => byDesign === null).map(({ name, row }) => `${name} (${row})`);
  return [...groupBy(names, (name) => name)].map(([name, group]) => (group.length === 1 ? name : `${name} ${count(group.length)}×${orMore(group.length)}`)).join(', ');
}
