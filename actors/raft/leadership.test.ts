import { describe, expect, it } from 'vitest';
import { Leadership } from './leadership.ts';

const CHECK_QUORUM_US = 3_000;

function leadershipOf(voters: number, epochStartOffset = 10): Leadership {
  return new Leadership({ nodeId: 0, voters: Array.from({ length: voters }, (_, id) => id), epochStartOffset, checkQuorumUs: CHECK_QUORUM_US, now: 0 });
}

describe('the high watermark of a leader (KR-7)', () => {
  it.each<[string, number[], number | undefined]>([
    ['alone: what is durable here', [14], 14],
    ['of three, nobody else has fetched', [14, -1, -1], undefined],
    ['of three, one follower', [14, 12, -1], 12],
    ['of three, the follower in the middle', [14, 11, 13], 13],
    ['of five, two followers', [14, 12, 13, -1, -1], 12],
    ['of five, one follower', [14, 12, -1, -1, -1], undefined],
    ['a majority has all of the epochs before, and nothing of this one', [11, 10, 10], undefined],
    ['a majority has the first record of this epoch', [11, 11, 3], 11],
    ['followers that are ahead of what the leader has durably', [11, 13, 13], 13],
  ])('%s', (_, endOffsets, committed) => {
    const leadership = leadershipOf(endOffsets.length);
    leadership.flushed(endOffsets[0]!, 1);
    endOffsets.slice(1).forEach((endOffset, i) => endOffset >= 0 && leadership.fetched(i + 1, endOffset, 14, 1));
    expect(leadership.committedOffset()).toBe(committed);
  });

  it('does not count observers', () => {
    const leadership = leadershipOf(3);
    leadership.flushed(14, 1);
    leadership.fetched(1_000, 14, 14, 1);
    expect(leadership.committedOffset()).toBeUndefined();
    expect([...leadership.observers]).toEqual([{ replicaId: 1_000, endOffset: 14, lastFetchAt: 1, lastCaughtUpAt: 1 }]);
  });
});

describe('a leader whom no majority asks resigns (§3.2)', () => {
  it('puts that off whenever a majority, itself included, has fetched since the last time', () => {
    const leadership = leadershipOf(5);
    leadership.fetched(1, 10, 10, 500);
    leadership.fetched(1, 10, 10, 900);
    expect(leadership.checkQuorumDeadline).toBe(CHECK_QUORUM_US);
    leadership.fetched(2, 10, 10, 1_000);
    expect(leadership.checkQuorumDeadline).toBe(1_000 + CHECK_QUORUM_US);
    leadership.fetched(2, 10, 10, 1_500);
    expect(leadership.checkQuorumDeadline).toBe(1_000 + CHECK_QUORUM_US);
  });

  it('never does when it is alone', () => {
    expect(leadershipOf(1).checkQuorumDeadline).toBe(Infinity);
  });
});

it('a fetch acknowledges the leader as BeginQuorumEpoch does, and says where the replica stands (KR-2, KR-3)', () => {
  const leadership = leadershipOf(3);
  leadership.acknowledged(2);
  leadership.fetched(1, 9, 11, 7);
  expect([1, 2].map((voter) => leadership.hasAcknowledged(voter))).toEqual([true, true]);
  expect([...leadership.voters].slice(1)).toEqual([
    { replicaId: 1, endOffset: 9, lastFetchAt: 7, lastCaughtUpAt: -1 },
    { replicaId: 2, endOffset: -1, lastFetchAt: -1, lastCaughtUpAt: -1 },
  ]);
});
