import { describe, expect, it } from 'vitest';
import { Crew } from '../../runtime/workers/crew.ts';
import { createHasher } from '../../runtime/workers/hasher.ts';
import { framedReference } from './framed-reference.ts';
import { FRAMED_BEGINS_US, FRAMED_MODULE, createSimulation, halfAndHalf } from './framed-simulation.ts';
import { speedRatios } from './interleave.ts';
import { phold } from './phold.ts';
import { pholdReference } from './phold-reference.ts';
import { RECORDS_PER_BATCH, replicate } from './replicate.ts';
import { formatEngineBench, section } from './report.ts';

describe('the engine benchmark compares like with like', () => {
  it.each([1, 2, 64, 1_024, 5_000])('PHOLD with %i processes: engine and reference do the same events in the same order', (processes) => {
    const engine = phold(processes, 40_000);
    expect(engine.events).toBeGreaterThan(10 * processes);
    expect(engine).toEqual(pholdReference(processes, 40_000));
  });

  it('the framed reference handles as many events as it was told to', () => {
    expect(framedReference(32, 64, 5_000)).toBe(5_000);
  });

  it('every batch is replicated and acknowledged', async () => {
    expect(replicate(40, await createHasher()).acknowledged).toBe(40);
    expect(RECORDS_PER_BATCH).toBeGreaterThan(100);
  });

  it('the framed simulation is the same on one worker and on two, and no message is lost', async () => {
    const argument = { processes: 32, population: 64, endsAt: FRAMED_BEGINS_US + 100_000 };
    const actors = createSimulation(argument).actors.map(({ name }) => name);
    const crew = new Crew();
    try {
      const one = await crew.run({ module: FRAMED_MODULE, argument }, actors, { workers: 1 });
      const two = await crew.run({ module: FRAMED_MODULE, argument }, actors, { workers: 2, placement: halfAndHalf(32) });
      expect(two.digest).toBe(one.digest);
      // In 100 ms each of the 64 messages makes some dozens of steps.
      expect(one.counts.frames).toBeGreaterThan(64 * 20);
      expect(one.counts.timers).toBe(32);
    } finally {
      await crew.dismiss();
    }
  });
});

describe('its report', () => {
  it('gives the ratio of the subject to the base, pair by pair, whichever of the two ran first', async () => {
    expect(await speedRatios(() => 10, () => 20, 4, 1)).toEqual([2, 2, 2, 2]);
  });

  it('says median, range and goal, and whether the goal was reached', () => {
    const sections = [section({ name: 'slow', what: 'this against that', unit: 'ratio', goal: 0.5 }, [0.1, 0.4, 0.2]), section({ name: 'fast', what: 'frames', unit: 'rate', goal: 100_000 }, [150_000])];
    const text = formatEngineBench({ node: 'v20', quick: false, sections, wallMs: 1_500 });
    expect(text).toMatch(/slow +0\.20× +0\.10× – 0\.40× +✗ ≥ 0\.50× +this against that/);
    expect(text).toMatch(/fast +150\.0 k\/s .*✓ ≥ 100\.0 k\/s +frames/);
  });
});
