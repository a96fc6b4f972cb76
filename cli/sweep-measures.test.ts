import { expect, it } from 'vitest';
import type { Anomaly } from '../workloads/checkers/checker.ts';
import { SweepMeasures } from './sweep-measures.ts';
import type { TrialRun } from './trial-run.ts';

const at = { row: '7.1-durable', class: 'safety', time: 1, causedAt: 1, detail: '' } as const;

function runWith(...anomalies: readonly Pick<Anomaly, 'name' | 'byDesign'>[]): TrialRun {
  const availability = { interruptions: [], controllers: [], writes: {}, reads: {}, clients: {} };
  return { verdict: { anomalies: anomalies.map((anomaly) => ({ ...at, ...anomaly })), availability, counts: {}, shown: {} }, result: { diskBytes: 1 } } as unknown as TrialRun;
}

it('counts the runs that met what the configuration allows, by anomaly and cause, of failed runs too', () => {
  const measures = new SweepMeasures();
  const duplicate = { name: 'duplicate', byDesign: 'retries' };
  measures.add(runWith({ name: 'acked-loss', byDesign: 'acks=1' }, duplicate, duplicate));
  measures.add(runWith(duplicate, { name: 'acked-loss', byDesign: null }));
  expect(measures.report().allowed).toEqual([{ ...duplicate, runs: 2 }, { name: 'acked-loss', byDesign: 'acks=1', runs: 1 }]);
});
