import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readTraceFile } from '../runtime/trace/trace-file.ts';
import { EXIT } from './exit-code.ts';
import type { RunReport } from './report.ts';
import { testWorld, trial } from './testing/cli-world.ts';
import type { TestWorld } from './testing/cli-world.ts';

const reportOf = (out: string): RunReport & { artefact: string | null; replay: string } => JSON.parse(out) as RunReport & { artefact: string | null; replay: string };

/** A world in which Ctrl-C is pressed as soon as its terminal shows this. */
function pressing(text: string): TestWorld {
  const world = testWorld(undefined, 80);
  let isPressed = false;
  const err = (shown: string): void => {
    world.io.err(shown);
    if (isPressed || !shown.includes(text)) return;
    isPressed = true;
    world.press();
  };
  return { ...world, io: { ...world.io, err } };
}

describe('trial run', () => {
  it('prints one object with --json, the contract\'s fields first', async () => {
    const { code, out, err } = await trial('run --seed 18446744073709551615 --json');
    expect(code).toBe(EXIT.held);
    expect(err).toBe('');
    expect(Object.keys(reportOf(out)).slice(0, 12)).toEqual(['workload', 'seed', 'protocol', 'workers', 'verdict', 'anomalies', 'digest', 'events', 'virtualMs', 'wallMs', 'faults', 'metrics']);
    expect(reportOf(out)).toMatchObject({ workload: 'toy', seed: '18446744073709551615', protocol: '4.2', workers: 1, verdict: 'pass', anomalies: [], stopped: false, artefact: null });
  });

  it('takes a fresh seed if none is given, and prints it', async () => {
    const { out } = await trial('run toy');
    expect(out).toMatch(/\(seed \d+, virtual/);
    expect(out).toMatch(/replay +trial run toy --seed \d+\n/);
  });

  it('has the same digest on any number of workers', async () => {
    const [one, two, three] = await Promise.all([1, 2, 3].map((workers) => trial(`run --seed 5 --workers ${workers} --json`)));
    expect(reportOf(one!.out).workers).toBe(1);
    expect(reportOf(two!.out).digest).toBe(reportOf(one!.out).digest);
    expect(reportOf(three!.out).digest).toBe(reportOf(one!.out).digest);
  });

  it('keeps a failure, and names it', async () => {
    const { code, out, folder } = await trial('run --seed 8 --set plant=lost --json');
    expect(code).toBe(EXIT.anomaly);
    expect(reportOf(out)).toMatchObject({ verdict: 'fail', anomalies: [{ name: 'acked-loss', row: '7.1-durable', class: 'safety', byDesign: null }], artefact: 'results/failures/toy-8.json', replay: 'trial replay results/failures/toy-8.json' });
    expect(JSON.parse(readFileSync(join(folder, 'results/failures/toy-8.json'), 'utf8'))).toMatchObject({ format: 'kafka-trial-artefact', digest: reportOf(out).digest });
  });

  it('says the verdict though the artefact cannot be kept', async () => {
    const world = testWorld();
    writeFileSync(join(world.io.folder, 'results'), 'a file in the way');
    const { code, err, out } = await trial('run --set plant=lost', world);
    expect(code).toBe(EXIT.anomaly);
    expect(err).toContain('could not keep');
    expect(out).toContain('✗ acked-loss');
  });

  it('does not fail for what the configuration allows, and does not hide it', async () => {
    const { code, out } = await trial('run --seed 1 --set plant=allowed');
    expect(code).toBe(EXIT.held);
    expect(out).toContain('○ acked-loss  by design: acks=1');
    expect(out).toContain('nothing went wrong but what the configuration allows');
  });

  it('ends with 3 if the simulator fails, naming code, actor and time', async () => {
    const { code, out, err } = await trial('run --seed 1 --duration 30s --set plant=throw --json');
    expect(code).toBe(EXIT.simulator);
    expect(out).toBe('');
    expect(err).toMatch(/^trial: the simulator itself failed \(actor\): planted \(actor server-\d, virtual time \d+ µs\)\n {2}to see it again: trial run toy --seed 1 --duration 30s --set plant=throw\n$/);
  });

  it('writes a trace that can be read again', async () => {
    const { out, folder } = await trial('run --seed 3 --trace 3.jsonl');
    const { header, lines, isTruncated } = readTraceFile(join(folder, '3.jsonl'));
    expect(header).toMatchObject({ seed: '3', about: { workload: 'toy' } });
    expect(lines.length).toBeGreaterThan(100);
    expect(isTruncated).toBe(false);
    expect(out).toMatch(/trace +3.jsonl: [\d ]+ events/);
  });

  it('refuses a trace file that cannot be written before it runs', async () => {
    const world = testWorld();
    mkdirSync(join(world.io.folder, 'there'));
    const { code, err } = await trial('run --trace there', world);
    expect(code).toBe(EXIT.usage);
    expect(err).toMatch(/^trial: --trace there: cannot be written: illegal operation on a directory\n$/);
  });

  it('refuses a trace in a folder that is not there, and makes none', async () => {
    const { code, err, folder } = await trial('run --trace there/x.jsonl');
    expect(code).toBe(EXIT.usage);
    expect(err).toBe(`trial: --trace there/x.jsonl: there is no folder ${join(folder, 'there')}\n`);
    expect(existsSync(join(folder, 'there'))).toBe(false);
  });

  // A device that is full stays what it is: a trace is never renamed into its place.
  it('names a trace that could not be written to its end', async () => {
    const { code, err } = await trial('run --seed 3 --trace /dev/full');
    expect(code).toBe(EXIT.usage);
    expect(err).toBe('trial: --trace /dev/full: cannot be written: no space left on device\n');
  });

  it('takes a plan from a file', async () => {
    const world = testWorld();
    writeFileSync(join(world.io.folder, 'plan.json'), JSON.stringify({ timed: [], weather: [], weatherFrom: 0, weatherUntil: 0, switchedOff: [] }));
    const { code, out } = await trial('run --seed 1 --faults plan.json', world);
    expect(code).toBe(EXIT.held);
    expect(out).toContain('a plan of its own: 0 timed faults');
    expect(out).toContain('what struck   nothing');
    expect(out).toContain('trial run toy --seed 1 --faults plan.json');
  });

  it('ends at Ctrl-C, keeps what was found, and says how far it got', async () => {
    const world = testWorld(undefined, 80);
    const running = trial('run --seed 4 --set plant=late', world);
    while (!world.written.err.includes('virtual')) await new Promise((resolve) => setTimeout(resolve, 20));
    world.press();
    const { code, out, err } = await running;
    expect(code).toBe(EXIT.anomaly);
    expect(out).toMatch(/■ toy: stopped by hand {2}\(seed 4, virtual \d/);
    expect(out).toContain('kept in       results/failures/toy-4.json');
    expect(err).toContain('Press Ctrl-C once more');
  });

  it('does not say that all held if it was ended by hand', async () => {
    const world = testWorld(undefined, 80);
    const running = trial('run --set plant=slow', world);
    while (!world.written.err.includes('virtual')) await new Promise((resolve) => setTimeout(resolve, 20));
    world.press();
    const { code, out } = await running;
    expect(code).toBe(EXIT.interrupted);
    expect(out).not.toContain('✓');
  });

  it('says that it was ended by hand while it was verified', async () => {
    const world = pressing('verifying');
    const { code, out } = await trial('run --seed 1 --duration 1s --verify', world);
    expect(out).toContain('Not verified: stopped by hand.');
    expect(code).toBe(EXIT.interrupted);
    expect((await trial('run --seed 1 --duration 1s --set plant=lost --verify', pressing('verifying'))).code).toBe(EXIT.anomaly);
  });

  it('verifies on another number of workers', async () => {
    const { code, out } = await trial('run --seed 1 --duration 1s --workers 2 --verify');
    expect(code).toBe(EXIT.held);
    expect(out).toContain('✓ Verified: on 1 worker the digest is the same as on 2 workers.');
  });

  it('ends with 3 where a run is not deterministic, naming the first event that differs', async () => {
    const { code, out } = await trial('run --seed 1 --duration 1s --set plant=clock --verify');
    expect(code).toBe(EXIT.simulator);
    expect(out).toMatch(/✗ Not deterministic: the digest is [0-9a-f]{16} on 1 worker, [0-9a-f]{16} on 2 workers.\n {2}The first event that differs: client-\d, virtual/);
    expect(out).toMatch(/on 1 worker: {2}\{"time":/);
  });

  it('shows no progress unless a person watches', async () => {
    expect((await trial('run --seed 1')).err).toBe('');
    expect((await trial('run --seed 1', testWorld(undefined, 40))).err).toContain('toy, seed 1: starting');
  });
});
