import { mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Artefact } from './artefact.ts';
import { EXIT } from './exit-code.ts';
import { testWorld, trial } from './testing/cli-world.ts';

const FILE = 'results/failures/toy-8.json';

/** The folder in which the one failure of these tests was kept. */
const original = trial('run --seed 8 --set plant=lost').then(({ folder }) => folder);

/** A folder with that failure, perhaps changed by hand. */
async function kept(change: (artefact: Record<string, unknown> & { plan: { switchedOff: string[] } }) => void = () => undefined): Promise<string> {
  const artefact = JSON.parse(readFileSync(join(await original, FILE), 'utf8')) as Record<string, unknown> & { plan: { switchedOff: string[] } };
  change(artefact);
  const { folder } = testWorld().io;
  mkdirSync(dirname(join(folder, FILE)), { recursive: true });
  writeFileSync(join(folder, FILE), JSON.stringify(artefact));
  return folder;
}

const replayIn = (folder: string, words: string): ReturnType<typeof trial> => trial(`replay ${words}`, testWorld(folder));

describe('trial replay of an artefact', () => {
  it.each([1, 2, 3])('reproduces digest and verdict on %i workers', async (workers) => {
    const { code, out } = await replayIn(await kept(), `${FILE} --workers ${workers} --json`);
    expect(code).toBe(EXIT.anomaly);
    expect(JSON.parse(out)).toMatchObject({ workload: 'toy', seed: '8', workers, verdict: 'fail', reproduced: true, edited: false });
  });

  it('says so', async () => {
    const { out } = await replayIn(await kept(), FILE);
    expect(out).toContain('✓ Reproduced: the same digest and the same verdict as recorded.');
  });

  it('runs one whose strike was switched off by hand, and claims nothing', async () => {
    const folder = await kept(({ plan }) => plan.switchedOff.push('f0'));
    const { out, code } = await replayIn(folder, FILE);
    expect(code).toBe(EXIT.anomaly);
    expect(out).toContain('edited by hand: it promises to run');
    expect(out).toContain('1 switched off');
    expect(out).not.toMatch(/reproduced/i);
    expect(JSON.parse((await replayIn(folder, `${FILE} --json`)).out)).toMatchObject({ reproduced: false, edited: true });
  });

  it('is not misled by another layout of the file', async () => {
    const folder = await kept((artefact) => {
      const { plan, ...rest } = artefact;
      for (const key of Object.keys(artefact)) delete artefact[key];
      Object.assign(artefact, { plan: Object.fromEntries(Object.entries(plan).reverse()) }, rest);
    });
    expect(JSON.parse((await replayIn(folder, `${FILE} --json`)).out)).toMatchObject({ reproduced: true, edited: false });
  });

  it('says when another commit kept it, and runs it all the same', async () => {
    const { out, code } = await replayIn(await kept((artefact) => (artefact['commit'] = '0123abc')), FILE);
    expect(code).toBe(EXIT.anomaly);
    expect(out).toContain('Kept by other code: 0123abc');
    expect(out).toContain('✓ Reproduced');
  });

  it('says when it does not come out as another commit recorded it: the verdict decides', async () => {
    const folder = await kept((artefact) => Object.assign(artefact, { commit: '0123abc', digest: 'ffffffffffffffff' }));
    const { out, code } = await replayIn(folder, FILE);
    expect(code).toBe(EXIT.anomaly);
    expect(out).toContain('✗ Not reproduced: digest recorded ffffffffffffffff');
    expect(out).toContain('the verdict is the same. Other code may well come to something else.');
  });

  it('compares what was found, of a run that had been stopped by hand', async () => {
    const folder = await kept((artefact) => Object.assign(artefact, { stopped: true, digest: 'ffffffffffffffff' }));
    expect(JSON.parse((await replayIn(folder, `${FILE} --json`)).out)).toMatchObject({ reproduced: true });
  });
});

describe('trial replay of a seed', () => {
  it('runs it twice and compares', async () => {
    const { code, out } = await trial('replay --seed 5 toy --json');
    expect(code).toBe(EXIT.held);
    expect(JSON.parse(out)).toMatchObject({ seed: '5', workers: 2, reproduced: true });
  });

  it('ends with 3 if the two are not the same', async () => {
    const { code, out } = await trial('replay --seed 5 --set plant=clock');
    expect(code).toBe(EXIT.simulator);
    expect(out).toContain('✗ Not reproduced');
  });
});

describe('trial replay refuses', () => {
  it.each<[string, (artefact: Artefact) => unknown, RegExp]>([
    ['foreign JSON', () => ({ hello: 'world' }), /^trial: results\/failures\/toy-8.json is not an artefact of kafka-trial\n$/],
    ['JSON that is no object', () => [1], /is not an artefact of kafka-trial\n$/],
    ['a trace', () => ({ format: 'kafka-trial-trace', version: 1 }), /is not an artefact of kafka-trial\n$/],
    ['a later format version', (artefact) => ({ ...artefact, version: 2 }), /has artefact version 2; this version of kafka-trial reads 1\n$/],
    ['a missing field', ({ digest: _, ...artefact }) => artefact, /is a broken artefact:\n {2}digest: /],
    ['a seed that is a number', (artefact) => ({ ...artefact, argument: { ...artefact.argument, seed: 8 } }), /argument.seed: /],
    ['an unknown workload', (artefact) => ({ ...artefact, argument: { ...artefact.argument, workload: 'toi' } }), /unknown workload toi; did you mean toy\?\n$/],
    ['an impossible plan', (artefact) => ({ ...artefact, plan: { switchedOff: [] } }), /holds a plan that cannot be executed:\n {2}timed: missing\n$/],
  ])('%s', async (_, change, message) => {
    const folder = await kept();
    writeFileSync(join(folder, FILE), JSON.stringify(change(JSON.parse(readFileSync(join(folder, FILE), 'utf8')) as Artefact)));
    const { code, out, err } = await replayIn(folder, FILE);
    expect(code).toBe(EXIT.usage);
    expect(out).toBe('');
    expect(err).toMatch(message);
  });

  it.each([
    ['replay', 'replay what?'],
    ['replay nowhere.json', 'cannot read'],
    ['replay toy', 'which seed?'],
    ['replay x.json --set plant=odd', 'an artefact holds its own settings; --set plant=odd cannot be given with it'],
  ])('%s', async (line, message) => {
    const { code, err } = await trial(line);
    expect(code).toBe(EXIT.usage);
    expect(err).toContain(message);
  });

  it.each([
    ['a folder', (file: string) => mkdirSync(file), 'not a regular file'],
    // Sparse: it takes no room.
    ['what is too large', (file: string) => {
      writeFileSync(file, '');
      truncateSync(file, 64 * 1024 * 1024 + 1);
    }, 'larger than 64 MB'],
  ])('%s', async (_, make, message) => {
    const world = testWorld();
    make(join(world.io.folder, 'x.json'));
    const { code, err } = await trial('replay x.json', world);
    expect(code).toBe(EXIT.usage);
    expect(err).toBe(`trial: cannot read x.json: ${message}\n`);
  });

  it('what is not JSON', async () => {
    const folder = await kept();
    writeFileSync(join(folder, FILE), '{');
    expect((await replayIn(folder, FILE)).err).toContain('is not JSON');
  });
});

it('an artefact is not taken for a fault plan', async () => {
  const { code, err } = await trial(`run --faults ${FILE}`, testWorld(await kept()));
  expect(code).toBe(EXIT.usage);
  expect(err).toBe(`trial: --faults ${FILE}: this is an artefact; use trial replay ${FILE}\n`);
});
