import { expect, test } from 'vitest';
import { epochError } from './partition.ts';

test.each([
  [-1, 5, undefined],
  [5, 5, undefined],
  [4, 5, 'FENCED_LEADER_EPOCH'],
  [6, 5, 'UNKNOWN_LEADER_EPOCH'],
])('F-1: a request of epoch %i at epoch %i: %s', (requested, current, error) => {
  expect(epochError(requested, current)).toBe(error);
});
