import fc from 'fast-check';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { FaultPlan } from '../faults/plan.ts';
import { randomStream } from '../random/random.ts';
import { createSimulation, PING_MODULE } from '../testing/ping-simulation.ts';
import type { PingArgument } from '../testing/ping-simulation.ts';
import { readTraceFile } from '../trace/trace-file.ts';
import { MILLISECOND, SECOND } from '../units.ts';
import { Crew } from './crew.ts';
import type { RunOptions, RunResult } from './crew.ts';

const crew = new Crew();
const directory = mkdtempSync(join(tmpdir(), 'crew-'));
afterAll(async () => {
  await crew.dismiss();
  rmSync(directory, { recursive: true });
});

const SERVERS = ['server-0', 'server-1', 'server-2'];
const CLIENTS = ['client-0', 'client-1', 'client-2', 'client-3'];

/** Some of everything. */
const TROUBLE: FaultPlan = {
  timed: [
    { id: 'f1', kind: 'partition', at: 50 * MILLISECOND, for: 60 * MILLISECOND, target: { between: ['server-0'], and: ['client-0', 'client-1'] } },
    { id: 'f2', kind: 'crash', at: 80 * MILLISECOND, for: 40 * MILLISECOND, target: { actor: 'server-1' } },
    { id: 'f3', kind: 'power-loss', at: 150 * MILLISECOND, for: 70 * MILLISECOND, target: { actor: 'server-2' } },
    { id: 'f4', kind: 'pause', at: 200 * MILLISECOND, for: 80 * MILLISECOND, target: { actor: 'client-2' } },
    { id: 'f5', kind: 'jam', at: 300 * MILLISECOND, for: 50 * MILLISECOND, target: { actor: 'server-0' } },
    { id: 'f6', kind: 'half-open', at: 320 * MILLISECOND, for: 0, target: { from: CLIENTS, to: ['server-1'] } },
    { id: 'f7', kind: 'slow', at: 330 * MILLISECOND, for: 50 * MILLISECOND, target: { from: SERVERS, to: CLIENTS }, amount: 50_000 },
  ],
  weather: [{ perMillion: { delay: 20_000, jam: 2_000, reset: 5_000, 'half-open': 2_000, refuse: 20_000 } }],
  weatherFrom: 0,
  weatherUntil: 400 * MILLISECOND,
  switchedOff: [],
};

function run(argument: PingArgument, options: RunOptions): Promise<RunResult> {
  return crew.run({ module: PING_MODULE, argument }, createSimulation(argument).actors.map(({ name }) => name), options);
}

/** What a run fails of. */
async function failureOf(argument: PingArgument, options: RunOptions): Promise<{ code: string; message: string }> {
  try {
    await run(argument, options);
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    return { code, message };
  }
  throw new Error('the run did not fail');
}

/** What must not depend on workers. */
const essence = ({ digest, verdict, counts, endedAt, windows }: RunResult): unknown => ({ digest, verdict, counts, endedAt, windows });

describe('a run', () => {
  it('has one digest and one verdict on any number of workers, however placed and however disturbed', async () => {
    await fc.assert(fc.asyncProperty(fc.string(), fc.integer({ min: 1, max: 4 }), async (seed, workers) => {
      const argument: PingArgument = { seed, faults: TROUBLE };
      const expected = essence(await run(argument, { workers: 1 }));
      const random = randomStream(seed, 'placement');
      const placement = [...SERVERS, ...CLIENTS].map(() => random.below(workers));
      expect(essence(await run(argument, { workers }))).toEqual(expected);
      expect(essence(await run(argument, { workers, placement, disturbance: { seed, perMille: 20, sleepMsMax: 3 } }))).toEqual(expected);
    }), { numRuns: 5 });
  });

  it('has that digest on 1, 2, 3 and 4 workers, and another one for another seed', async () => {
    const digests = [];
    for (const workers of [1, 2, 3, 4]) digests.push((await run({ seed: '8814', faults: TROUBLE }, { workers })).digest);
    expect(new Set(digests).size).toBe(1);
    expect((await run({ seed: '8815', faults: TROUBLE }, { workers: 2 })).digest).not.toBe(digests[0]);
  });

  it('may leave a worker without any actor', async () => {
    const argument: PingArgument = { seed: 'idle' };
    const placement = [...SERVERS, ...CLIENTS].map(() => 1);
    expect(essence(await run(argument, { workers: 3, placement }))).toEqual(essence(await run(argument, { workers: 1 })));
  });

  it('judges every client call once, and names who did not finish', async () => {
    const done = await run({ seed: 's', calls: 20 }, { workers: 2 });
    expect(done.verdict).toMatchObject({ kinds: { called: 80, 'process-finished': 4 }, stopped: false, stalled: [] });
    const cut = await run({ seed: 's', endsAt: 100 * MILLISECOND }, { workers: 2 });
    expect(cut.verdict).toMatchObject({ endedAt: 100 * MILLISECOND, stopped: false, stalled: CLIENTS });
  });

  it('feeds the judge in the order of the trace', async () => {
    const { verdict } = await run({ seed: 'order', faults: TROUBLE }, { workers: 3 });
    const times = (verdict as { order: string[] }).order.map((line) => Number(line.split(' ')[0]));
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  it('does not change when it is traced or kept, on one worker or more', async () => {
    const argument: PingArgument = { seed: 'traced', faults: TROUBLE };
    const plain = essence(await run(argument, { workers: 2 }));
    const seen = [];
    for (const workers of [1, 2]) {
      const file = join(directory, `${workers}.jsonl`);
      const result = await run(argument, { workers, trace: { file, bytesMax: 50_000_000, about: {} }, keep: { from: 0, to: Infinity, eventsMax: 1_000_000 } });
      expect(essence(result)).toEqual(plain);
      const { lines, isTruncated } = readTraceFile(file);
      expect(isTruncated).toBe(false);
      expect(lines).toHaveLength(result.lanes.reduce((sum, { records }) => sum + records, 0));
      expect(result.trace.file?.events).toBe(lines.length);
      expect(result.trace.keptLines?.map((line) => JSON.parse(line) as unknown)).toEqual(lines);
      seen.push(lines);
    }
    expect(seen[0]).toEqual(seen[1]);
  });

  it('keeps only what it was told to', async () => {
    const { trace } = await run({ seed: 'kept' }, { workers: 2, keep: { from: 100_000, to: 200_000, eventsMax: 10 } });
    expect(trace.kept).toHaveLength(10);
    for (const { time } of trace.kept!) expect(time >= 100_000 && time <= 200_000).toBe(true);
  });

  it('that is stopped from outside keeps what was found, and says so', async () => {
    const abort = new AbortController();
    const long: PingArgument = { seed: 'long', calls: 1_000_000, endsAt: 100_000 * SECOND };
    let progress = { time: 0, events: 0 };
    const result = await run(long, { workers: 2, signal: abort.signal, onProgress: (now) => {
      progress = now;
      if (now.events > 1_000) abort.abort();
    } });
    expect(progress.time).toBeGreaterThan(0);
    expect(result.stopped).toBe(true);
    expect(result.verdict).toMatchObject({ stopped: true, stalled: CLIENTS, endedAt: result.endedAt });
    expect((result.verdict as { kinds: { called: number } }).kinds.called).toBeGreaterThan(0);
    expect((await run(long, { workers: 2, signal: AbortSignal.abort() })).stopped).toBe(true);
  });
});

describe('a run that fails', () => {
  it.each([1, 2, 3])('of an actor names it, its time and its error, the same on %i workers', async (workers) => {
    expect(await failureOf({ seed: '8814', plant: 'throw' }, { workers })).toEqual({ code: 'actor', message: 'planted (actor server-1, virtual time 427594 µs)' });
  });

  it('of several at once reports the one with the lowest key', async () => {
    const messages = new Set<string>();
    for (const workers of [1, 2, 3, 3, 2]) messages.add((await failureOf({ seed: 'all', plant: 'throw-everywhere' }, { workers, disturbance: { seed: String(messages.size), perMille: 50, sleepMsMax: 2 } })).message);
    expect(messages.size).toBe(1);
  });

  it('of its judge says that, and at which event, the same on any number of workers', async () => {
    const failures = [];
    for (const workers of [1, 2, 3]) failures.push(await failureOf({ seed: 'judged', plant: 'judge-throws' }, { workers }));
    expect(failures[0]).toMatchObject({ code: 'actor', message: expect.stringMatching(/^a judge that errs \(actor none: the judge, virtual time \d+ µs\)$/) as string });
    expect(failures).toEqual([failures[0], failures[0], failures[0]]);
  });

  it('of a clock of the real world names the rule and the caller', async () => {
    const { code, message } = await failureOf({ seed: 's', plant: 'date-now' }, { workers: 2 });
    expect(code).toBe('forbidden');
    expect(message).toMatch(/Date\.now in simulated code.*ping-simulation\.ts.*\(actor client-\d, virtual time \d+ µs\)$/);
  });

  it('of a worker that hangs is noticed, and the actor named', async () => {
    await run({ seed: 'warm' }, { workers: 2 });
    const { code, message } = await failureOf({ seed: 's', plant: 'hang' }, { workers: 2, silenceMsMax: 1_200 });
    expect(code).toBe('worker');
    expect(message).toBe('worker 1 has been silent for 1.2 s; it was in actor server-1');
  });

  it('of a worker that dies is an error and not a hang, and the actor is named', async () => {
    const { code, message } = await failureOf({ seed: 's', plant: 'die' }, { workers: 2 });
    expect(code).toBe('worker');
    expect(message).toBe('worker 1 died: its thread ended with exit code 7 in the middle of its work; it was in actor server-1');
  });

  it('leaves a crew that can run again', async () => {
    const argument: PingArgument = { seed: 'again', faults: TROUBLE };
    const expected = essence(await run(argument, { workers: 1 }));
    for (const plant of ['throw', 'die', 'date-now', 'judge-throws'] as const) {
      await failureOf({ seed: 's', plant }, { workers: 2 });
      expect(essence(await run(argument, { workers: 2 }))).toEqual(expected);
    }
  });

  it.each<[string, RunOptions, RegExp]>([
    ['no worker', { workers: 0 }, /at least one/],
    ['a placement on a worker that is not there', { workers: 2, placement: [0, 1, 2, 0, 0, 0, 0] }, /placement/],
    ['a placement for too few actors', { workers: 2, placement: [0, 1] }, /placement/],
    ['a trace file where none can be', { workers: 2, trace: { file: '/nowhere/trace', bytesMax: 1, about: {} } }, /\/nowhere\/trace/],
  ])('of %s says so', async (_, options, text) => {
    expect(await failureOf({ seed: 's' }, options)).toMatchObject({ code: 'declaration', message: expect.stringMatching(text) as string });
  });

  it('for lack of a module says so', async () => {
    await expect(crew.run({ module: 'file:///nowhere.ts', argument: {} }, [], { workers: 2 })).rejects.toMatchObject({ code: 'declaration', message: expect.stringContaining('nowhere') as string });
  });

  it('because the crew is busy leaves the run that it is busy with alone', async () => {
    const first = run({ seed: 'busy' }, { workers: 2 });
    expect(await failureOf({ seed: 'busy' }, { workers: 2 })).toMatchObject({ code: 'declaration' });
    expect((await first).stopped).toBe(false);
  });
});
