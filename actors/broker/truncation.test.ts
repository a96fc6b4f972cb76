import { describe, expect, it, test } from 'vitest';
import { LeaderEpochCache } from '../log/leader-epoch-cache.ts';
import type { EpochEntry } from '../log/leader-epoch-cache.ts';
import type { Log } from '../log/log.ts';
import { TRUNCATIONS } from '../protocol-variant.ts';
import { GENERATIONS, beginsAnew, endOffsetAnswer, truncationPoint } from './truncation.ts';

/** A log with these epochs, which ends there. */
function log(logEndOffset: number, ...epochs: readonly (readonly [epoch: number, startOffset: number])[]): Pick<Log, 'endOffsetFor' | 'epochs' | 'logEndOffset'> {
  const cache = new LeaderEpochCache(epochs.map(([epoch, startOffset]): EpochEntry => ({ epoch, startOffset })));
  return { logEndOffset, epochs: cache.entries, endOffsetFor: (epoch) => cache.endOffsetFor(epoch, logEndOffset) };
}

const NOTHING = [-1, -1];

describe('a leader says where an epoch ends (F-12, LEC-3), its log of epochs 1 from 0, 3 from 10, 6 from 20, ending at 30', () => {
  const leader = log(30, [1, 0], [3, 10], [6, 20]);

  test.each([
    ['its latest: the end of its log', 6, [6, 30], [-1, 30]],
    ['one it knows: where the next begins', 3, [3, 20], [-1, 20]],
    ['one between two that it knows: the lower, and where it ends', 4, [3, 20], [-1, 20]],
    ['one below all it knows', 0, [0, 0], NOTHING],
    ['one above all it knows', 7, NOTHING, NOTHING],
    ['none', -1, NOTHING, NOTHING],
  ])('%s', (_, epoch, sinceKip279, kip101) => {
    for (const truncation of ['kip279', 'kip320', 'fetch-epoch'] as const) {
      const { epoch: answered, endOffset } = endOffsetAnswer(GENERATIONS[truncation], leader, epoch);
      expect([answered, endOffset], truncation).toEqual(sinceKip279);
    }
    const { epoch: answered, endOffset } = endOffsetAnswer(GENERATIONS.kip101, leader, epoch);
    expect([answered, endOffset]).toEqual(kip101);
  });

  it('without epochs says nothing', () => {
    for (const truncation of TRUNCATIONS) expect(endOffsetAnswer(GENERATIONS[truncation], log(30), 0)).toEqual({ epoch: -1, endOffset: -1 });
  });
});

describe('to where a follower cuts its log (FT-3), its own of epochs 1 from 0, 2 from 4, 5 from 8, ending at 12', () => {
  const mine = log(12, [1, 0], [2, 4], [5, 8]);

  test.each([
    ['the leader cannot say: to where it would fetch from', [-1, -1], 7, 7, true],
    ['… or its end, if that is lower', [-1, -1], 20, 12, true],
    ['an end without an epoch, as KIP-101 gives it', [-1, 9], 3, 9, true],
    ['… beyond our end: nothing goes', [-1, 15], 3, 12, true],
    ['our latest epoch: the lower of both ends', [5, 10], 3, 10, true],
    ['… ours is shorter', [5, 15], 3, 12, true],
    ['an epoch below our latest: the lower of both ends', [2, 6], 3, 6, true],
    ['… where ours ends earlier', [2, 11], 3, 8, true],
    ['one that we do not have: back to the end of the one below, and compare again', [4, 10], 3, 8, false],
    ['one that we do not have, below ours', [3, 5], 3, 8, false],
    ['one below all of ours: the leader has nothing of what we have', [0, 0], 3, 0, true],
    ['one above all of ours: the end the leader gave', [7, 11], 3, 11, true],
  ])('%s', (_, [epoch, endOffset], fetchOffset, to, isDone) => {
    expect(truncationPoint({ epoch: epoch!, endOffset: endOffset! }, fetchOffset, mine)).toEqual({ to, isDone });
  });

  it('a log without epochs takes the end that the leader gave', () => {
    expect(truncationPoint({ epoch: 3, endOffset: 7 }, 0, log(10))).toEqual({ to: 7, isDone: true });
  });
});

describe('a follower that asks until the epochs agree (KIP-279)', () => {
  /** Cuts step by step, as the fetcher does. @returns what is left, and how often the leader was asked */
  function converge(truncation: 'kip101' | 'kip279', leader: ReturnType<typeof log>, entries: [number, number][], end: number, highWatermark = 0): { end: number; rounds: number } {
    let epochs = entries;
    let logEndOffset = end;
    for (let rounds = 1; ; rounds += 1) {
      const follower = log(logEndOffset, ...epochs);
      const { to, isDone } = truncationPoint(endOffsetAnswer(GENERATIONS[truncation], leader, epochs.at(-1)![0]), highWatermark, follower);
      logEndOffset = to;
      epochs = epochs.filter(([, startOffset]) => startOffset < to);
      if (isDone || epochs.length === 0) return { end: to, rounds };
    }
  }

  it('finds the last record that both have after a fast failover, where KIP-101 stops too late (B3)', () => {
    // The leader: a@0 of epoch 0, b@1 of epoch 0, f@2 of epoch 2. The follower: a@0 of epoch 0, c@1 and d@2 of epoch 1.
    const leader = log(3, [0, 0], [2, 2]);
    expect(converge('kip101', leader, [[0, 0], [1, 1]], 3)).toEqual({ end: 2, rounds: 1 });
    expect(converge('kip279', leader, [[0, 0], [1, 1]], 3)).toEqual({ end: 1, rounds: 1 });
  });

  it('goes back one of its own epochs at a time', () => {
    expect(converge('kip279', log(9, [0, 0], [1, 4], [3, 6]), [[0, 0], [2, 3]], 8)).toEqual({ end: 3, rounds: 2 });
  });

  it('cuts at the high watermark when the leader does not know so late an epoch', () => {
    expect(converge('kip279', log(5, [0, 0]), [[0, 0], [4, 3]], 6, 2)).toEqual({ end: 2, rounds: 1 });
  });
});

describe('when a follower begins anew (ML-2), knowing leader 1 of epoch 4', () => {
  const known = { leader: 1, leaderEpoch: 4 };
  test.each([
    ['the same epoch again', { leader: 1, leaderEpoch: 4 }, []],
    ['another leader', { leader: 2, leaderEpoch: 5 }, ['hw', 'kip101', 'kip279', 'kip320', 'fetch-epoch']],
    ['nobody leads', { leader: -1, leaderEpoch: 5 }, ['hw', 'kip101', 'kip279', 'kip320', 'fetch-epoch']],
    ['the same leader in the next epoch', { leader: 1, leaderEpoch: 5 }, ['kip320', 'fetch-epoch']],
    ['the same leader, and an epoch between was missed', { leader: 1, leaderEpoch: 6 }, ['kip279', 'kip320', 'fetch-epoch']],
    ['an older epoch', { leader: 2, leaderEpoch: 3 }, []],
  ])('%s', (_, next, generations) => {
    expect(TRUNCATIONS.filter((truncation) => beginsAnew(GENERATIONS[truncation], known, next))).toEqual(generations);
  });
});
