import { describe, expect, it } from 'vitest';
import { checkArgument } from '../../workloads/index.ts';
import { HISTORIC_BUGS, formatBug, formatControls, runBugs } from './index.ts';
import type { HistoricBug } from './index.ts';

const B1 = HISTORIC_BUGS.find(({ id }) => id === 'B1')!;
/** As B1, where it is fixed. */
const FIXED: HistoricBug = { ...B1, protocol: '4.2' };

it.each(HISTORIC_BUGS.map((bug) => [bug.id, bug] as const))('%s names a trial, a protocol and switches that there are', (_id, { workload, protocol, settings }) => {
  expect(checkArgument({ workload, protocol, settings, seed: '1' })).toEqual([]);
});

describe('looking for a bug', () => {
  it('finds it within a few seeds, whatever the jobs, and nothing in the same seeds where it is fixed', async () => {
    const one = await runBugs({ bugs: [B1], seeds: 20, jobs: 1 });
    expect(one.bugs[0]!.findings[0]!.seed).toBeGreaterThan(0);
    expect(one.controls).toEqual([{ workload: 'truncation', protocol: '4.2', runs: one.bugs[0]!.runs, failed: [] }]);
    expect({ ...(await runBugs({ bugs: [B1], seeds: 20, jobs: 2 })), wallMs: 0 }).toEqual({ ...one, wallMs: 0 });
    expect(formatBug(one.bugs[0]!)).toMatch(/^✓ B1 .*\n +truncation --protocol 0\.10\n +acked-loss with seed \d+; \d+ of \d+ seeds?\n$/);
    expect(formatControls(one)).toMatch(/^✓ +truncation --protocol 4\.2, where all of this is fixed: nothing in \d+ seeds?\n/);
  });

  it('says that it was not found', async () => {
    const report = await runBugs({ bugs: [FIXED], seeds: 2, jobs: 2 });
    expect(report.bugs[0]).toEqual({ bug: FIXED, findings: [{ anomaly: 'acked-loss', seed: null }], runs: 2, failed: 0 });
    expect(formatBug(report.bugs[0]!)).toMatch(/^✗ B1 .*acked-loss in none of 2; 0 of 2 seeds\n$/s);
  });
});
