import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { RunReport } from './report.ts';
import { testWorld, trial } from './testing/cli-world.ts';

const FOLDER = 'results/failures';

/** Fails in this folder. @returns the name of the artefact */
async function fail(folder: string, more = ''): Promise<string> {
  const { out } = await trial(`run --seed 8 --set plant=lost --json ${more}`, testWorld(folder));
  return (JSON.parse(out) as RunReport & { artefact: string }).artefact.replace(`${FOLDER}/`, '');
}

it('the same run is kept once; another run of the seed beside it', async () => {
  const { folder } = testWorld().io;
  expect(await fail(folder)).toBe('toy-8.json');
  expect(await fail(folder)).toBe('toy-8.json');
  const other = await fail(folder, '--duration 1s');
  expect(other).toMatch(/^toy-8-[0-9a-f]{8}\.json$/);
  expect(await fail(folder, '--duration 1s')).toBe(other);
  expect(readdirSync(join(folder, FOLDER)).sort()).toEqual([other, 'toy-8.json'].sort());
});

it('what was edited by hand is never written over', async () => {
  const { folder } = testWorld().io;
  const edited: string[] = [];
  for (let i = 0; i < 3; i += 1) {
    const name = await fail(folder);
    expect(edited).not.toContain(name);
    edited.push(name);
    const file = join(folder, FOLDER, name);
    const artefact = JSON.parse(readFileSync(file, 'utf8')) as { plan: { switchedOff: string[] } };
    artefact.plan.switchedOff.push('f0');
    writeFileSync(file, JSON.stringify(artefact));
  }
  expect(edited[2]).toMatch(/^toy-8-[0-9a-f]{8}-2\.json$/);
});

it('nor is what is no artefact', async () => {
  const { folder } = testWorld().io;
  await fail(folder);
  writeFileSync(join(folder, FOLDER, 'toy-8.json'), 'notes');
  expect(await fail(folder)).not.toBe('toy-8.json');
  expect(readFileSync(join(folder, FOLDER, 'toy-8.json'), 'utf8')).toBe('notes');
});
