import { describe, expect, test } from 'vitest';
import { afterFetch, isCaughtUp, reelectedFollower, unknownFollower } from './follower-state.ts';
import { nextHighWatermark } from './high-watermark.ts';

const inSync = (logEndOffset: number): Parameters<typeof nextHighWatermark>[1] extends Iterable<infer R> ? R : never => ({ logEndOffset, isInMaximalIsr: true, isAboutToJoin: false });
const outOfSync = (logEndOffset: number): ReturnType<typeof inSync> => ({ logEndOffset, isInMaximalIsr: false, isAboutToJoin: false });
const joining = (logEndOffset: number): ReturnType<typeof inSync> => ({ logEndOffset, isInMaximalIsr: false, isAboutToJoin: true });

describe('high watermark of a leader', () => {
  test.each([
    ['HW-2: the slowest in-sync replica holds it back', 10, [inSync(7), inSync(9)], 3, 2, 7],
    ['HW-2: replicas out of sync do not', 10, [inSync(9), outOfSync(2)], 2, 2, 9],
    ['HW-2: a replica about to join does', 10, [inSync(9), joining(5)], 2, 2, 5],
    ['HW-3: a member that has not fetched in this leadership (−1) blocks it', 10, [inSync(-1), inSync(9)], 3, 2, -1],
    ['alone in sync, the leader decides', 10, [outOfSync(4), outOfSync(4)], 1, 1, 10],
    ['HW-1: below min.insync.replicas it does not move', 10, [outOfSync(4)], 1, 2, undefined],
  ])('%s', (_, logEndOffset, replicas, isrSize, minIsr, expected) => {
    expect(nextHighWatermark(logEndOffset, replicas, isrSize, minIsr, false)).toBe(expected);
  });

  test('before KAFKA-15583 it moved below min.insync.replicas', () => {
    expect(nextHighWatermark(10, [outOfSync(4)], 1, 2, true)).toBe(10);
  });
});

describe('what a leader knows of a follower', () => {
  const fresh = unknownFollower(false, 100);

  test('FS-1: a fetch at the end means it has everything now', () => {
    expect(afterFetch(fresh, 10, 0, 7, 10, 200)).toMatchObject({ logEndOffset: 10, lastCaughtUpTime: 200, brokerEpoch: 7 });
  });

  test('FS-1: a fetch at what was the end at its last fetch means it had everything then', () => {
    const first = afterFetch(fresh, 5, 0, 7, 10, 200);
    expect(afterFetch(first, 10, 0, 7, 30, 300).lastCaughtUpTime).toBe(200);
  });

  test('FS-1: a fetch below that says nothing of having caught up', () => {
    const first = afterFetch(fresh, 5, 0, 7, 10, 200);
    expect(afterFetch(first, 9, 0, 7, 30, 300).lastCaughtUpTime).toBe(-Infinity);
  });

  test('FS-2: a new leader takes in-sync members as caught up now, others as never', () => {
    expect(unknownFollower(true, 100)).toMatchObject({ logEndOffset: -1, lastCaughtUpTime: 100, brokerEpoch: undefined });
    expect(fresh.lastCaughtUpTime).toBe(-Infinity);
  });

  test('FS-2: re-elected in a higher epoch, the leader keeps what it knows of their logs', () => {
    const known = afterFetch(fresh, 5, 0, 7, 10, 200);
    expect(reelectedFollower(known, true, 10, 300)).toEqual({ logEndOffset: 5, logStartOffset: 0, lastFetchTime: 300, lastFetchLeaderLogEndOffset: 10, lastCaughtUpTime: 300, brokerEpoch: 7 });
    expect(reelectedFollower(known, false, 10, 300).lastCaughtUpTime).toBe(-Infinity);
  });

  test('FS-2, FS-3: one that never caught up is not caught up in the first moments of a run either', () => {
    expect(isCaughtUp(fresh, 10, 40, 50)).toBe(false);
    expect(isCaughtUp(afterFetch(fresh, 5, 0, 7, 10, 41), 10, 42, 50)).toBe(false);
  });

  test('FS-3, FS-4: a follower at the end is caught up however long it has been silent; one that is not, for replica.lag.time.max.ms', () => {
    const silent = afterFetch(fresh, 10, 0, 7, 10, 200);
    expect(isCaughtUp(silent, 10, 1_000_000, 50)).toBe(true);
    expect(isCaughtUp(silent, 11, 250, 50)).toBe(true);
    expect(isCaughtUp(silent, 11, 251, 50)).toBe(false);
  });
});
