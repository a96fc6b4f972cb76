import { expect, it } from 'vitest';
import { ANOMALIES_LISTED_MAX } from '../workloads/verdict.ts';
import type { SweepReport } from './report.ts';
import type { SweepMeasuresReport } from './sweep-measures.ts';
import { measuresText, sweepText } from './sweep-text.ts';

const LOSS = { name: 'acked-loss', row: '7.1-durable', class: 'safety', byDesign: null, detail: '', virtualMs: 1, causedMs: 1, strikes: [] };

const measured: SweepMeasuresReport = {
  resume: { electedMs: { count: 12, p50: 8_200, p99: 9_100, max: 9_300 }, ackedMs: null, isrFullMs: { count: 1, p50: 1_500, p99: 1_500, max: 1_500 }, controllerMs: null },
  waits: { writesMs: { count: 3, p50: 9_000, p99: 9_400, max: 9_400 }, readsMs: null, clientsMs: null },
  recordsLost: { count: 3, p50: 0, p99: 1_204, max: 1_204 },
  diskBytes: { count: 3, p50: 1_000_000, p99: 1_100_000, max: 1_100_000 },
  allowed: [{ name: 'duplicate', byDesign: 'retries', runs: 3 }, { name: 'acked-loss', byDesign: 'acks=1', runs: 1 }],
  shown: { 'acks=all refused': { times: 326, runs: 3 } },
};

function failing(anomalies: number): string {
  const report = { workload: 'toy', from: '1', to: '1', runs: 1, failed: [{ seed: '1', anomalies: Array.from({ length: anomalies }, () => LOSS), artefact: null }], byDesign: 0, jobs: 1, shard: '1/1', doneThrough: '1', broken: null, stopped: false, digest: '00ff', ...measured };
  return sweepText(report as unknown as SweepReport, () => 'r');
}

it('counts the anomalies of a name, as far as a verdict lists them', () => {
  expect(failing(7)).toContain('✗ seed 1  acked-loss (7.1-durable) 7×\n');
  expect(failing(ANOMALIES_LISTED_MAX)).toContain('✗ seed 1  acked-loss (7.1-durable) 100× or more\n');
});

it('tells distributions over all seeds', () => {
  expect(`${measuresText(measured).join('\n')}\n`).toMatchInlineSnapshot(`
    "  to resume     new leader after 8.2 s, 9.1 s, 9.3 s (p50, p99, max of 12) · in-sync set full after 1.5 s
      longest wait  acks=all 9 s, 9.4 s, 9.4 s (p50, p99, max of 3)
      records lost  0, 1 204, 1 204 (p50, p99, max of 3 runs)
      disks hold    1 MB (p50 of 3 runs)
      by design     duplicate in 3 runs (retries) · acked-loss in 1 run (acks=1)
      shown         acks=all refused 326 (in 3 runs)
    "
  `);
});
