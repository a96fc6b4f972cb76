import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import { toyTrials } from './testing/toy-trials.ts';
import { autoWorkers, parseJobs, parseWorkers } from './workers.ts';

const [toy] = toyTrials.trials();

describe('workers', () => {
  it.each([[25, 8, 1], [6_000, 8, 1], [10_000, 8, 2], [40_000, 8, 8], [100_000, 1, 1], [1_000_000, 64, 16]])('auto at %i records per second on %i cores: %i', (rate, cores, workers) => expect(autoWorkers(rate, cores)).toBe(workers));
  it('auto goes by the load that was set', () => expect(parseWorkers('auto', toy!, { rate: '1000000' })).toBe(Math.min(16, availableParallelism())));
  it('are one by default', () => expect(parseWorkers(undefined, toy!, {})).toBe(1));
  it('are as many as asked', () => expect(parseWorkers('3', toy!, {})).toBe(3));
  it.each(['0', '-1', '17', '1.5', 'many', '', '1e1'])('%j is refused', (text) => expect(() => parseWorkers(text, toy!, {})).toThrow('from 1 to 16 or auto'));
});

describe('jobs', () => {
  it('are one per core by default', () => expect(parseJobs(undefined)).toBe(availableParallelism()));
  it.each(['0', '257', 'auto'])('%j is refused', (text) => expect(() => parseJobs(text)).toThrow('--jobs'));
});
