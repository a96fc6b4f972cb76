import { expect, it } from 'vitest';
import { ANOMALIES_LISTED_MAX } from '../workloads/verdict.ts';
import type { SweepReport } from './report.ts';
import { sweepText } from './sweep-text.ts';

const LOSS = { name: 'acked-loss', row: '7.1-durable', class: 'safety', byDesign: null, detail: '', virtualMs: 1, causedMs: 1, strikes: [] };

function failing(anomalies: number): string {
  const report = { workload: 'toy', from: '1', to: '1', runs: 1, failed: [{ seed: '1', anomalies: Array.from({ length: anomalies }, () => LOSS), artefact: null }], byDesign: 0, jobs: 1, shard: '1/1', doneThrough: '1', broken: null, stopped: false, digest: '00ff' };
  return sweepText(report as unknown as SweepReport, () => 'r');
}

it('counts the anomalies of a name, as far as a verdict lists them', () => {
  expect(failing(7)).toContain('✗ seed 1  acked-loss (7.1-durable) 7×\n');
  expect(failing(ANOMALIES_LISTED_MAX)).toContain('✗ seed 1  acked-loss (7.1-durable) 100× or more\n');
});
