import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createHasher } from '../runtime/workers/hasher.ts';
import { EXIT } from './exit-code.ts';
import type { SweepOfTrialsReport, SweepReport } from './report.ts';
import { addToDigest, digestText, seedHash } from './sweeper.ts';
import { testWorld, trial } from './testing/cli-world.ts';

const reportOf = (out: string): SweepReport => JSON.parse(out) as SweepReport;

describe('trial sweep', () => {
  it('prints one object with --json, the contract\'s fields first', async () => {
    const { code, out, err } = await trial('sweep --seeds 1..4 --jobs 2 --duration 1s --json');
    expect(code).toBe(EXIT.held);
    expect(err).toBe('');
    expect(Object.keys(reportOf(out)).slice(0, 8)).toEqual(['workload', 'from', 'to', 'runs', 'failed', 'digest', 'wallMs', 'runsPerMinute']);
    expect(reportOf(out)).toMatchObject({ workload: 'toy', from: '1', to: '4', runs: 4, failed: [], stopped: false, doneThrough: '4', broken: null });
  });

  it('keeps failing seeds, in the order of their numbers', async () => {
    const { code, out, folder } = await trial('sweep --seeds 9..13 --jobs 2 --duration 1s --set plant=odd --json');
    expect(code).toBe(EXIT.anomaly);
    expect(reportOf(out).failed.map(({ seed, artefact }) => [seed, artefact])).toEqual(['9', '11', '13'].map((seed) => [seed, `results/failures/toy-${seed}.json`]));
    expect(readdirSync(join(folder, 'results/failures')).sort()).toEqual(['toy-11.json', 'toy-13.json', 'toy-9.json']);
  });

  it('names them and how to replay them', async () => {
    const { out } = await trial('sweep --seeds 1..2 --duration 1s --set plant=odd');
    expect(out).toContain('✗ seed 1  acked-loss (7.1-durable)\n  replay        trial replay results/failures/toy-1.json\n');
    expect(out).toContain('✗ 1 of 2 seeds failed  (toy, seeds 1..2)');
  });

  it('has a digest that depends neither on jobs nor on order', async () => {
    const [one, two] = await Promise.all([1, 2].map((jobs) => trial(`sweep --seeds 1..6 --jobs ${jobs} --duration 1s --json`)));
    expect(reportOf(two!.out).digest).toBe(reportOf(one!.out).digest);
  });

  it('has shards whose digests add up to that of the whole', async () => {
    const parts = await Promise.all(['1/2', '2/2', '1/1'].map((shard) => trial(`sweep --seeds 1..5 --shard ${shard} --duration 1s --json`)));
    const [first, second, whole] = parts.map(({ out }) => reportOf(out));
    expect([first!.runs, second!.runs]).toEqual([3, 2]);
    expect(digestText(addToDigest(BigInt(`0x${first!.digest}`), BigInt(`0x${second!.digest}`)))).toBe(whole!.digest);
  });

  it('puts together what the runs measured, whatever the jobs', async () => {
    const [one, two] = await Promise.all([1, 2].map((jobs) => trial(`sweep --seeds 100..109 --jobs ${jobs} --duration 1s --json`)));
    const { resume, waits, recordsLost, shown } = reportOf(one!.out);
    expect(resume).toEqual({ electedMs: { count: 10, p50: 104, p99: 109, max: 109 }, ackedMs: { count: 10, p50: 104.5, p99: 109.5, max: 109.5 }, isrFullMs: null, controllerMs: null });
    expect(waits).toEqual({ writesMs: { count: 10, p50: 104.5, p99: 109.5, max: 109.5 }, readsMs: { count: 10, p50: 0, p99: 0, max: 0 }, clientsMs: { count: 10, p50: 104, p99: 109, max: 109 } });
    expect(recordsLost).toEqual({ count: 10, p50: 0, p99: 0, max: 0 });
    expect(shown['calls']).toMatchObject({ runs: 10 });
    const measured = ({ resume: a, waits: b, diskBytes: c, shown: d }: SweepReport): object => ({ a, b, c, d });
    expect(measured(reportOf(two!.out))).toEqual(measured(reportOf(one!.out)));
  });

  it('says what it measured', async () => {
    const { out } = await trial('sweep --seeds 100..109 --duration 1s');
    expect(out).toContain('  to resume     new leader after 104 ms, 109 ms, 109 ms (p50, p99, max of 10) · acknowledged again after 105 ms, 110 ms, 110\n');
    expect(out).toMatch(/ {2}shown {9}calls [\d ]+ \(in 10 runs\)\n/);
  });

  it.each(['all', 'toy,toy-too'])('runs one trial after the other: %s', async (word) => {
    const { code, out } = await trial(`sweep ${word} --seeds 1..2 --duration 1s --set plant=odd --json`);
    const whole = JSON.parse(out) as SweepOfTrialsReport;
    expect(code).toBe(EXIT.anomaly);
    expect(Object.keys(whole).slice(0, 8)).toEqual(['workload', 'from', 'to', 'runs', 'failed', 'digest', 'wallMs', 'runsPerMinute']);
    expect(whole).toMatchObject({ workload: word, from: '1', to: '2', runs: 4, failed: [{ workload: 'toy', seed: '1' }, { workload: 'toy-too', seed: '1' }] });
    expect(whole.trials.map(({ workload, runs }) => [workload, runs])).toEqual([['toy', 2], ['toy-too', 2]]);
    const [toy, too] = whole.trials;
    expect(digestText(addToDigest(BigInt(`0x${toy!.digest}`), BigInt(`0x${too!.digest}`)))).toBe(whole.digest);
  });

  it('tells of several trials in the end', async () => {
    const { code, out } = await trial('sweep all --seeds 2..2 --duration 1s');
    expect(code).toBe(EXIT.held);
    expect(out).toContain('✓ the one seed held  (toy, seeds 2..2)');
    expect(out).toContain('✓ the one seed held  (toy-too, seeds 2..2)');
    expect(out).toContain('✓ 2 trials, 2 runs: all held\n');
  });

  it('goes on until the time is over, and says which seeds it ran', async () => {
    const { code, out } = await trial('sweep --for 300ms --seed-from 100 --jobs 2 --duration 1s --json');
    const { from, to, runs, doneThrough } = reportOf(out);
    expect(code).toBe(EXIT.held);
    expect(from).toBe('100');
    expect(Number(to)).toBe(100 + runs - 1);
    expect(doneThrough).toBe(to);
  });

  it('runs the largest seeds there are', async () => {
    const { out } = await trial('sweep --seeds 18446744073709551614..18446744073709551615 --duration 1s --set plant=odd --json');
    expect(reportOf(out)).toMatchObject({ from: '18446744073709551614', to: '18446744073709551615', runs: 2, failed: [{ seed: '18446744073709551615' }] });
  });

  it('says what it found though the file cannot be written', async () => {
    const { code, out, err } = await trial('sweep --seeds 1..1 --duration 1s --out /dev/full --json');
    expect(reportOf(out)).toMatchObject({ runs: 1 });
    expect(err).toBe('trial: --out /dev/full: cannot be written: no space left on device\n');
    expect(code).toBe(EXIT.usage);
  });

  it('writes the object to a file too', async () => {
    const { out, folder } = await trial('sweep --seeds 1..1 --duration 1s --out out/sweep.json --json');
    expect(readFileSync(join(folder, 'out/sweep.json'), 'utf8')).toBe(out);
  });

  it('ends with 3 at a seed on which the simulator fails, naming it', async () => {
    const { code, out, err } = await trial('sweep --seeds 1..200 --duration 30s --set plant=throw --json');
    expect(code).toBe(EXIT.simulator);
    expect(reportOf(out).broken!.message).toContain('planted');
    expect(err).toMatch(/^trial: seed (\d+): the simulator itself failed: planted .*\n {2}to see it again: trial run toy --seed \1 --duration 30s --set plant=throw\n$/);
  });

  it('ends at Ctrl-C and says how far it got', async () => {
    const world = testWorld(undefined, 100);
    const running = trial('sweep --seeds 1..1000000 --jobs 2 --duration 1s', world);
    while (!world.written.err.includes('runs')) await new Promise((resolve) => setTimeout(resolve, 20));
    world.press();
    const { code, out } = await running;
    expect(code).toBe(EXIT.interrupted);
    expect(out).toMatch(/■ ended by hand after [\d ]+ runs?; (every seed up to \d+ is done|the first seed is not among them)\n✓ /);
  });

  it.each([
    ['sweep', 'either --seeds A..B or --for 60s'],
    ['sweep --seeds 1..2 --for 5s', 'either --seeds A..B or --for 60s'],
    ['sweep --seeds 1..2 --seed-from 5', '--seed-from goes with --for'],
    ['sweep --seeds 1-2', 'not a range'],
    ['sweep --for soon', '--for soon: not a duration'],
    ['sweep --seeds 1..2 --shard 3/2', '--shard 3/2'],
    ['sweep --seeds 1..2 --shard 3/3', 'there are only 2 seeds'],
    ['sweep toi --seeds 1..2', 'unknown workload toi; did you mean toy?'],
    ['sweep toy,toi --seeds 1..2', 'unknown workload toi; did you mean toy?'],
    ['sweep --seeds 1..2 --jobs none', '--jobs none'],
  ])('refuses: %s', async (line, message) => {
    const { code, out, err } = await trial(line);
    expect(code).toBe(EXIT.usage);
    expect(out).toBe('');
    expect(err).toContain(message);
  });
});

describe('the digest of a sweep', () => {
  it('is free of order', async () => {
    const hasher = await createHasher();
    const runs = fc.array(fc.tuple(fc.bigInt(0n, 2n ** 64n - 1n), fc.stringMatching(/^[0-9a-f]{16}$/)), { maxLength: 20 });
    const digestOf = (list: readonly (readonly [bigint, string])[]): bigint => list.reduce((sum, [seed, digest]) => addToDigest(sum, seedHash(hasher, seed.toString(), digest)), 0n);
    fc.assert(fc.property(runs.chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length }))), ([list, shuffled]) => digestOf(list) === digestOf(shuffled)));
  });

  it('tells which seed had which digest', async () => {
    const hasher = await createHasher();
    const swapped = [['1', 'b'], ['2', 'a']].reduce((sum, [seed, digest]) => addToDigest(sum, seedHash(hasher, seed!, digest!)), 0n);
    const straight = [['1', 'a'], ['2', 'b']].reduce((sum, [seed, digest]) => addToDigest(sum, seedHash(hasher, seed!, digest!)), 0n);
    expect(swapped).not.toBe(straight);
  });

  it('has sixteen digits', () => expect([digestText(0n), digestText(2n ** 64n - 1n)]).toEqual(['0000000000000000', 'ffffffffffffffff']));
});
