import { expect, test } from 'vitest';
import { checkDeterminism } from './determinism.ts';

test('20 seeds of a 3-second trial give one digest each on 1, 2, 3 and 4 workers, with shuffled placement and workers that sleep at random', { timeout: 240_000 }, async () => {
  const report = await checkDeterminism(20);
  expect(report.runs).toBe(80);
  expect(report.mismatches).toEqual([]);
});
