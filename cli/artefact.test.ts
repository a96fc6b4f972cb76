import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { NO_FAULTS } from '../runtime/faults/plan.ts';
import type { Anomaly } from '../workloads/checkers/checker.ts';
import { artefactOf, readArtefact, verdictKey, writeArtefact } from './artefact.ts';
import type { TrialRun } from './trial-run.ts';
import { toyTrials } from './testing/toy-trials.ts';

const LOSS: Anomaly = { name: 'acked-loss', row: '7.1-durable', class: 'safety', byDesign: null, time: 41_207_000, causedAt: 41_207_000, detail: 'Told.\nGone.' };

const RUN = {
  argument: { workload: 'toy', seed: '18446744073709551615', protocol: '4.2', durationUs: 5_000_000, settings: { plant: 'lost' }, faults: 'mild' },
  plan: { ...NO_FAULTS, timed: [{ id: 'f0', kind: 'crash', at: 5, for: 10, target: { actor: 'server-0' } }] },
  result: { digest: '00ff00ff00ff00ff', endedAt: 60_000_000, stopped: false },
  verdict: { anomalies: [LOSS] },
} as unknown as TrialRun;

it('an artefact that is written and read again is the run that was', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kafka-trial-artefact-'));
  const artefact = await artefactOf(RUN);
  writeArtefact(join(folder, 'deep', 'a.json'), artefact);
  const read = await readArtefact(folder, 'deep/a.json', toyTrials);
  expect(read).toEqual({ artefact, argument: { ...RUN.argument, plan: RUN.plan }, isEdited: false });
  expect(readdirSync(join(folder, 'deep'))).toEqual(['a.json']);
});

it('a plan from a file is kept as the plan, not twice', async () => {
  const artefact = await artefactOf({ ...RUN, argument: { ...RUN.argument, plan: RUN.plan } });
  expect(artefact.argument).not.toHaveProperty('plan');
  expect(artefact.plan).toEqual(RUN.plan);
});

it('verdicts are the same whatever their order and wording', () => {
  const other = { ...LOSS, name: 'lost-write' };
  expect(verdictKey([LOSS, other])).toBe(verdictKey([other, { ...LOSS, detail: 'otherwise' }]));
  expect(verdictKey([LOSS])).not.toBe(verdictKey([{ ...LOSS, time: 1 }]));
  expect(verdictKey([LOSS])).not.toBe(verdictKey([{ ...LOSS, byDesign: 'acks=1' }]));
  expect(verdictKey([LOSS])).not.toBe(verdictKey([LOSS, LOSS]));
});
