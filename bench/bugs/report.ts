/** @module What `trial bench bugs` found, as a person reads it. */
import type { BugReport, BugsReport, ControlReport, Finding } from './index.ts';

/** What was found of one bug. */
export function formatBug({ bug: { id, known, workload, protocol, settings }, findings, runs, failed }: BugReport): string {
  const isFound = findings.every(({ seed }) => seed !== null);
  const sets = Object.entries(settings).map(([key, value]) => ` --set ${key}=${value}`).join('');
  const found = findings.map((finding) => findingText(finding, runs)).join(' · ');
  return `${isFound ? '✓' : '✗'} ${id.padEnd(4)} ${known}\n       ${workload} --protocol ${protocol}${sets}\n       ${found}; ${failed} of ${several(runs, 'seed')}\n`;
}

/** After them all: what the same seeds found without the bugs. */
export function formatControls({ controls, wallMs }: BugsReport): string {
  return [...controls.map(controlText), '', `Seeds 1, 2, 3, …; ${(wallMs / 1_000).toFixed(0)} s.`, ''].join('\n');
}

function findingText({ anomaly, cause, seed }: Finding, runs: number): string {
  return `${anomaly}${cause === undefined ? '' : ` (${cause})`} ${seed === null ? `in none of ${runs}` : `with seed ${seed}`}`;
}

function controlText({ workload, protocol, runs, failed }: ControlReport): string {
  const what = `${workload} --protocol ${protocol}, where all of this is fixed`;
  return failed.length === 0 ? `✓      ${what}: nothing in ${several(runs, 'seed')}` : `✗      ${what}: seeds ${failed.join(', ')} of ${runs} show something`;
}

function several(amount: number, thing: string): string {
  return `${amount} ${thing}${amount === 1 ? '' : 's'}`;
}
