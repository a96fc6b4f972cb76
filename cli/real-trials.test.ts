import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as trials from '../workloads/index.ts';
import { artefactOf, readArtefact, writeArtefact } from './artefact.ts';
import { bench } from './bench.ts';
import type { World } from './command.ts';
import { parseDuration } from './duration.ts';
import { EXIT } from './exit-code.ts';
import { list } from './list.ts';
import { program } from './program.ts';
import { replay } from './replay.ts';
import { run } from './run.ts';
import { sweep } from './sweep.ts';
import { testWorld } from './testing/cli-world.ts';
import type { TrialRun } from './trial-run.ts';

const realWorld = (): World & ReturnType<typeof testWorld> => ({ ...testWorld(), trials });

async function real(line: string, world = realWorld()): Promise<{ code: number; report: Record<string, unknown>; out: string; err: string }> {
  const code = await program(line.split(' '), world);
  const { out, err } = world.written;
  return { code, out, err, report: line.includes('--json') && out !== '' ? (JSON.parse(out) as Record<string, unknown>) : {} };
}

describe('the trials there are', () => {
  it('run from the command line', async () => {
    const { code, report } = await real('run --seed 7 --duration 3s --workers 2 --json');
    expect(code).toBe(EXIT.held);
    expect(report).toMatchObject({ workload: trials.DEFAULT_TRIAL, seed: '7', verdict: 'pass' });
  });

  it.each(['session-timeout', 'min-insync-replicas', 'disk-full'])(
    'are the same on one to four workers: %s',
    async (workload) => {
      const soonOver = ['producer.delivery.timeout.ms=3000', 'producer.request.timeout.ms=2000', 'replica.lag.time.max.ms=3000', 'replica.socket.timeout.ms=3000'].map((setting) => ` --set ${setting}`).join('');
      const reports: Record<string, unknown>[] = [];
      for (const workers of [1, 2, 3, 4]) reports.push((await real(`run ${workload} --seed 5 --duration 14s --workers ${workers}${soonOver} --json`)).report);
      expect(Object.keys(reports[0]!['faults'] as object)).not.toEqual([]);
      expect(reports.map(({ digest, availability, shown }) => ({ digest, availability, shown }))).toEqual(reports.map(() => ({ digest: reports[0]!['digest'], availability: reports[0]!['availability'], shown: reports[0]!['shown'] })));
    },
    180_000,
  );

  it.each([
    ['run frist-cluster', 'first-cluster'],
    ['run --set ack=1', 'acks'],
    ['run --faults mixd', 'mixed'],
    ['run --protocol 4.1', '4.2'],
  ])('are named when they are nearly named: %s', async (line, nearest) => {
    const { code, err } = await real(line);
    expect(code).toBe(EXIT.usage);
    expect(err).toContain(`'${nearest}'`);
  });

  it('give the same run when their plan is given as executed, as an artefact gives it', async () => {
    const world = realWorld();
    const base: trials.TrialArgument = { workload: 'network-trouble', seed: '11', protocol: '4.2', durationUs: 30_000_000, settings: {}, faults: 'network' };
    const { plan } = trials.describeRun(base);
    expect(plan.timed.length).toBeGreaterThan(0);
    expect(trials.parsePlanFile(JSON.parse(JSON.stringify(plan)), base)).toEqual({ plan });
    writeArtefact(join(world.io.folder, 'a.json'), await artefactOf({ argument: base, plan, result: { digest: '', endedAt: 0, stopped: false }, verdict: { anomalies: [] } } as unknown as TrialRun));
    expect(await readArtefact(world.io.folder, 'a.json', trials)).toMatchObject({ argument: { ...base, plan }, isEdited: false });

    writeFileSync(join(world.io.folder, 'plan.json'), JSON.stringify(plan));
    const made = await real('run network-trouble --seed 11 --duration 30s --json');
    const given = await real('run network-trouble --seed 11 --duration 30s --faults plan.json --json', world);
    expect(given.report['digest']).toBe(made.report['digest']);
  });

  it.each(['1s', '3s'])('have a plan that an artefact can hold, in a run of %s with whichever faults', async (duration) => {
    const world = realWorld();
    for (const { name: faults } of trials.faultProfiles()) {
      const base: trials.TrialArgument = { workload: trials.DEFAULT_TRIAL, seed: '1', protocol: '4.2', durationUs: parseDuration(duration, '--duration'), settings: {}, faults };
      const { plan } = trials.describeRun(base);
      writeArtefact(join(world.io.folder, 'a.json'), await artefactOf({ argument: base, plan, result: { digest: '', endedAt: 0, stopped: false }, verdict: { anomalies: [] } } as unknown as TrialRun));
      expect(await readArtefact(world.io.folder, 'a.json', trials)).toMatchObject({ argument: { plan }, isEdited: false });
    }
  });

  it('keep a failure of one second so that it can be replayed', async () => {
    const world = realWorld();
    const failed = await real('run --seed 1 --duration 1s --set request.timeout.ms=0 --json', world);
    expect(failed.code).toBe(EXIT.anomaly);
    const again = await real(`replay ${String(failed.report['artefact'])} --json`, { ...testWorld(world.io.folder), trials });
    expect(again.report).toMatchObject({ reproduced: true, digest: failed.report['digest'] });
  });

  it('can have every strike of their plan switched off by hand', async () => {
    const world = realWorld();
    const base: trials.TrialArgument = { workload: 'network-trouble', seed: '11', protocol: '4.2', durationUs: 30_000_000, settings: {}, faults: 'network' };
    const file = join(world.io.folder, 'a.json');
    writeArtefact(file, await artefactOf({ argument: base, plan: trials.describeRun(base).plan, result: { digest: '', endedAt: 0, stopped: false }, verdict: { anomalies: [] } } as unknown as TrialRun));
    const artefact = JSON.parse(readFileSync(file, 'utf8')) as { plan: { timed: { id: string }[]; switchedOff: string[] } };
    artefact.plan.switchedOff = artefact.plan.timed.map(({ id }) => id);
    writeFileSync(file, JSON.stringify(artefact));
    const { report } = await real('replay a.json --json', world);
    expect(report).toMatchObject({ edited: true, reproduced: false });
    expect(Object.keys(report['faults'] as object).filter((kind) => !['delay', 'jam', 'reset', 'half-open', 'refuse'].includes(kind))).toEqual([]);
  });

  it('are the ones that the examples name', () => {
    const words = [run, sweep, replay, list, bench].flatMap(({ examples }) => examples.flatMap(([line]) => line.split(' ')));
    const named = words.flatMap((word) => /^(?:results\/failures\/)?([a-z]+-[a-z-]+?)(?:-\d+\.json)?$/.exec(word)?.[1] ?? []).filter((word) => !word.startsWith('part'));
    expect(named.length).toBeGreaterThan(0);
    expect(trials.trials().map(({ name }) => name)).toEqual(expect.arrayContaining(named));
  });
});
