import { describe, expect, test } from 'vitest';
import { epochError } from './partition.ts';
import { truncationOffset } from './replica-fetcher.ts';

describe('FT-3: to where a follower cuts its log', () => {
  test.each([
    ['the leader gives no end: the fetch offset', { epoch: 3, endOffset: -1 }, 8, 10, undefined, 8],
    ['we know no such epoch at all: the end the leader gave', { epoch: 3, endOffset: 7 }, 10, 10, undefined, 7],
    ['… or our own, if that is lower', { epoch: 3, endOffset: 12 }, 10, 10, undefined, 10],
    ['we have only an earlier epoch: to its end, and ask again', { epoch: 3, endOffset: 7 }, 10, 10, { epoch: 2, endOffset: 5 }, 5],
    ['the same epoch: the lower of both ends', { epoch: 3, endOffset: 7 }, 10, 10, { epoch: 3, endOffset: 9 }, 7],
    ['the same epoch, ours shorter', { epoch: 3, endOffset: 9 }, 10, 10, { epoch: 3, endOffset: 6 }, 6],
  ])('%s', (_, diverging, fetchOffset, logEndOffset, mine, expected) => {
    expect(truncationOffset(diverging, fetchOffset, logEndOffset, mine)).toBe(expected);
  });
});

test.each([
  [-1, 5, undefined],
  [5, 5, undefined],
  [4, 5, 'FENCED_LEADER_EPOCH'],
  [6, 5, 'UNKNOWN_LEADER_EPOCH'],
])('F-1: a request of epoch %i at epoch %i: %s', (requested, current, error) => {
  expect(epochError(requested, current)).toBe(error);
});
