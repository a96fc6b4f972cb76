import { expect, it } from 'vitest';
import { simulationOf } from '../simulation.ts';
import { runTrial } from '../testing/run-trial.ts';

function anomalies(protocol: string, seed: number): string[] {
  const { verdict } = runTrial(simulationOf({ workload: 'truncation', seed: String(seed), protocol, settings: {} }, {}));
  return [...new Set(verdict.anomalies.filter(({ byDesign }) => byDesign === null).map(({ name }) => name))];
}

it('on a random seed 0.10 loses what was acknowledged, and shows two records at one offset; 4.2 on the same seeds does neither (B1, B2)', () => {
  const old = new Set<string>();
  const seeds: number[] = [];
  for (let seed = 1; seed <= 20 && !(old.has('acked-loss') && old.has('inconsistent-offsets')); seed += 1) {
    seeds.push(seed);
    for (const name of anomalies('0.10', seed)) old.add(name);
  }
  expect([...old]).toEqual(expect.arrayContaining(['acked-loss', 'inconsistent-offsets', 'committed-unstable']));
  expect(seeds.flatMap((seed) => anomalies('4.2', seed))).toEqual([]);
}, 60_000);
