import { afterAll, describe, expect, it } from 'vitest';
import { createSimulation, PING_MODULE } from '../testing/ping-simulation.ts';
import type { PingArgument } from '../testing/ping-simulation.ts';
import { Crew } from './crew.ts';
import type { RunOptions } from './crew.ts';
import { verifyRun } from './verify.ts';
import type { Verification, VerifyOptions } from './verify.ts';

const crew = new Crew();
afterAll(() => crew.dismiss());

async function verify(argument: PingArgument, options: VerifyOptions, changed: Partial<RunOptions> = {}): Promise<Verification> {
  const source = { module: PING_MODULE, argument };
  const actors = createSimulation(argument).actors.map(({ name }) => name);
  const first = await crew.run(source, actors, { ...options, ...changed });
  return verifyRun(crew, source, actors, first, options);
}

describe('verification', () => {
  it.each([[1, 2], [2, 1], [3, 1]])('of a deterministic run on %i workers finds the same digest on %i', async (workers, other) => {
    expect(await verify({ seed: 's' }, { workers })).toMatchObject({ outcome: 'same', workers: [workers, other], digest: expect.stringMatching(/^[0-9a-f]{16}$/) as string });
  });

  it('locates state that actors share: time, actor and both events', async () => {
    const verification = await verify({ seed: 's', plant: 'module-state' }, { workers: 2 });
    if (verification.outcome !== 'different') throw new Error(JSON.stringify(verification));
    const { difference, digests, interval } = verification;
    expect(digests[0]).not.toBe(digests[1]);
    expect(difference.actor).toMatch(/^client-\d$/);
    expect(difference.time).toBeGreaterThanOrEqual(interval.from);
    const events = [difference.one!, difference.other!].map((line) => JSON.parse(line) as { observation: { planted: number } });
    for (const event of events) expect(event).toMatchObject({ type: 'observed', time: difference.time, observation: { kind: 'called' } });
    const [one, other] = events.map(({ observation }) => observation);
    expect({ ...one, planted: 0 }).toEqual({ ...other, planted: 0 });
    expect(one!.planted).not.toBe(other!.planted);
  });

  it('locates it also where too little is kept at first, and says so where it is too little at last', async () => {
    const argument: PingArgument = { seed: 's', plant: 'module-state' };
    expect(await verify(argument, { workers: 2, eventsMax: 20 })).toMatchObject({ outcome: 'different' });
    expect(await verify(argument, { workers: 1, eventsMax: 1 })).toMatchObject({ outcome: 'not-located', because: 'the runs agree in the 16 events kept from 0 µs on, and differ later' });
  });

  it('catches a race between workers, and locates it or says honestly why not', async () => {
    const argument: PingArgument = { seed: 'race', racyMemory: new SharedArrayBuffer(4), clients: 12, calls: 300 };
    const verification = await verify(argument, { workers: 2, disturbance: { seed: 'd', perMille: 5, sleepMsMax: 1 } });
    expect(['different', 'not-located']).toContain(verification.outcome);
    if (verification.outcome === 'different') {
      expect(verification.difference.actor).toMatch(/^client-/);
      expect(verification.difference.one).toContain('"kind":"called"');
      expect(verification.difference.one).not.toBe(verification.difference.other);
    } else if (verification.outcome === 'not-located') expect(verification.because).not.toBe('');
  });

  it('of a run that was stopped compares nothing', async () => {
    expect(await verify({ seed: 's' }, { workers: 2 }, { signal: AbortSignal.abort() })).toEqual({ outcome: 'stopped', workers: [2, 1] });
  });

  it('fails of what the second run fails of', async () => {
    const argument: PingArgument = { seed: 's' };
    const actors = createSimulation(argument).actors.map(({ name }) => name);
    const first = await crew.run({ module: PING_MODULE, argument }, actors, { workers: 2 });
    await expect(verifyRun(crew, { module: PING_MODULE, argument: { ...argument, plant: 'throw' } }, actors, first, { workers: 2 })).rejects.toMatchObject({ code: 'actor' });
  });
});
