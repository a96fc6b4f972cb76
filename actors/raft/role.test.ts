import { describe, expect, it } from 'vitest';
import { Leadership } from './leadership.ts';
import {
  FatalRaftError, isLost, isWon, leaderOf, onHigherEpoch, onLeaderFound, onResign, onTimeout, onVoteGranted, onVotesLost, onVotesWon, votedIn,
} from './role.ts';
import type { Candidate, Follower, Leader, Prospective, Resigned, Role, Rules, Unattached } from './role.ts';

const ELECTION = 1_000;
const FETCH = 2_000;
const BACKOFF = 100;
const CHECK_QUORUM = 3_000;
const voters = [0, 1, 2];
const me = 0;
const epoch = 5;

function leadershipOf(): Leadership {
  const leadership = new Leadership({ nodeId: me, voters, epochStartOffset: 10, checkQuorumUs: CHECK_QUORUM, now: 0 });
  leadership.fetched(1, 8, 11, 0);
  leadership.fetched(2, 11, 11, 0);
  return leadership;
}

const rules: Rules = {
  nodeId: me,
  voters,
  preVote: true,
  electionDeadline: () => ELECTION,
  fetchDeadline: () => FETCH,
  backoffDeadline: (retries) => BACKOFF * retries,
  lead: leadershipOf,
};
const withoutPreVote: Rules = { ...rules, preVote: false };

const votes = { granted: [me], rejected: [] };
const unattached: Unattached = { kind: 'unattached', epoch, deadline: 1, votedId: undefined };
const prospective: Prospective = { kind: 'prospective', epoch, deadline: 1, leaderId: undefined, votedId: undefined, votes, retries: 1 };
const candidate: Candidate = { kind: 'candidate', epoch, deadline: 1, votes, retries: 3, isBackingOff: false };
const leader: Leader = { kind: 'leader', epoch, deadline: 1, leadership: leadershipOf() };
const follower: Follower = { kind: 'follower', epoch, deadline: 1, leaderId: 1, votedId: 1, hasFetched: true };
const resigned: Resigned = { kind: 'resigned', epoch, deadline: 1, preferredSuccessors: [1, 2] };
const everyRole: [string, Role][] = [unattached, prospective, candidate, leader, follower, resigned].map((role) => [role.kind, role]);

describe('transitions by timeout (§3.1, KR-2)', () => {
  it.each<[string, Role, Rules, Partial<Role>]>([
    ['unattached asks whether it would win', unattached, rules, { kind: 'prospective', epoch, votes, retries: 1, deadline: ELECTION, leaderId: undefined }],
    ['unattached keeps its vote while it asks', { ...unattached, votedId: 2 }, rules, { kind: 'prospective', epoch, votedId: 2 }],
    ['unattached, before pre-vote, stands in the next epoch', unattached, withoutPreVote, { kind: 'candidate', epoch: 6, votes, retries: 1, deadline: ELECTION }],
    ['follower whose leader is silent asks, and remembers the leader', follower, rules, { kind: 'prospective', epoch, leaderId: 1, votedId: 1, deadline: ELECTION }],
    ['follower, before pre-vote, stands in the next epoch', follower, withoutPreVote, { kind: 'candidate', epoch: 6 }],
    ['prospective that knew a leader follows it again', { ...prospective, leaderId: 1 }, rules, { kind: 'follower', epoch, leaderId: 1, deadline: FETCH, hasFetched: false }],
    ['prospective that knew none is unattached', { ...prospective, votedId: 2 }, rules, { kind: 'unattached', epoch, votedId: 2, deadline: ELECTION }],
    ['candidate asks anew', candidate, rules, { kind: 'prospective', epoch, votedId: me, retries: 4 }],
    ['candidate, before pre-vote, stands in the next epoch', candidate, withoutPreVote, { kind: 'candidate', epoch: 6, retries: 4, isBackingOff: false }],
    ['leader that no majority asks resigns', leader, rules, { kind: 'resigned', epoch, preferredSuccessors: [2, 1], deadline: ELECTION }],
    ['resigned goes on to the next epoch', resigned, rules, { kind: 'unattached', epoch: 6, votedId: undefined, deadline: ELECTION }],
  ])('%s', (_, role, given, next) => {
    expect(onTimeout(role, given)).toMatchObject(next);
  });
});

describe('transitions by votes (§3.1)', () => {
  it('a majority of pre-votes makes a candidate, in the next epoch', () => {
    expect(onVotesWon({ ...prospective, retries: 2 }, rules)).toEqual({ ...candidate, epoch: 6, retries: 2, deadline: ELECTION });
  });

  it('a majority of votes makes a leader, who is checked by its quorum', () => {
    expect(onVotesWon(candidate, rules)).toMatchObject({ kind: 'leader', epoch, deadline: CHECK_QUORUM });
  });

  it('a candidate that cannot win any more backs off, longer with every loss', () => {
    expect(onVotesLost(candidate, rules)).toEqual({ ...candidate, isBackingOff: true });
    expect(onVotesLost(candidate, withoutPreVote)).toEqual({ ...candidate, isBackingOff: true, deadline: 3 * BACKOFF });
  });

  it.each<[string, number, number[], number[], boolean, boolean]>([
    ['its own vote alone', 3, [0], [], false, false],
    ['two of three', 3, [0, 1], [], true, false],
    ['one refusal of three', 3, [0], [1], false, false],
    ['two refusals of three', 3, [0], [1, 2], false, true],
    ['two of five', 5, [0, 1], [2, 3], false, false],
    ['three of five', 5, [0, 1, 2], [3, 4], true, false],
    ['three refusals of five', 5, [0], [1, 2, 3], false, true],
    ['alone', 1, [0], [], true, false],
  ])('%s', (_, count, granted, rejected, won, lost) => {
    const of = Array.from({ length: count }, (_unused, id) => id);
    const nominee = { ...candidate, votes: { granted, rejected } };
    expect([isWon(nominee, of), isLost(nominee, of)]).toEqual([won, lost]);
  });

  it.each<[string, Unattached | Prospective]>([['unattached', unattached], ['prospective', prospective]])('a vote given binds, and gives the candidate time (KR-1): %s', (kind, role) => {
    expect(onVoteGranted(role, 2, rules)).toEqual({ ...role, kind, votedId: 2, deadline: ELECTION });
  });
});

describe('transitions by a higher epoch (§3.1)', () => {
  it.each(everyRole)('%s of an older epoch is unattached, with a vote to give', (_, role) => {
    expect(onHigherEpoch(role, 9, undefined, rules)).toMatchObject({ kind: 'unattached', epoch: 9, votedId: undefined });
  });

  it.each<[string, Role, number]>([
    ['leader', leader, ELECTION],
    ['follower', follower, ELECTION],
    ['unattached', unattached, unattached.deadline],
    ['prospective', prospective, prospective.deadline],
    ['candidate', candidate, candidate.deadline],
    ['resigned', resigned, resigned.deadline],
  ])('%s without a leader stands no later for it: a candidate that cannot win does not hold the others up', (_, role, deadline) => {
    expect(onHigherEpoch(role, 9, undefined, rules).deadline).toBe(deadline);
  });

  it.each(everyRole)('%s follows the leader of a higher epoch', (_, role) => {
    expect(onHigherEpoch(role, 9, 2, rules)).toEqual({ kind: 'follower', epoch: 9, deadline: FETCH, leaderId: 2, votedId: undefined, hasFetched: false });
  });

  it('epochs never go back', () => {
    expect(() => onHigherEpoch(follower, epoch, undefined, rules)).toThrow(RangeError);
  });
});

describe('transitions by a leader found in the same epoch (§3.1)', () => {
  it.each<[string, Role, number | undefined]>([
    ['unattached', { ...unattached, votedId: 2 }, 2],
    ['prospective', prospective, undefined],
    ['candidate', candidate, me],
  ])('%s follows it, and keeps its vote', (_, role, votedId) => {
    expect(onLeaderFound(role, 1, rules)).toEqual({ kind: 'follower', epoch, deadline: FETCH, leaderId: 1, votedId, hasFetched: false });
  });

  it.each<[string, Role, number]>([
    ['follower', follower, 1],
    ['prospective that finds it silent', { ...prospective, leaderId: 1 }, 1],
    ['leader', leader, me],
    ['resigned', resigned, me],
  ])('%s knows it already', (_, role, leaderId) => {
    expect(onLeaderFound(role, leaderId, rules)).toBe(role);
  });

  it.each<[string, Role]>([['follower', follower], ['leader', leader], ['resigned', resigned], ['prospective', { ...prospective, leaderId: 1 }]])(
    '%s of another leader ends itself: an epoch has one (W14)',
    (_, role) => {
      expect(() => onLeaderFound(role, 2, rules)).toThrow(FatalRaftError);
    },
  );
});

describe('what a role knows', () => {
  it.each<[string, Role, number | undefined, number | undefined]>([
    ['unattached', { ...unattached, votedId: 2 }, undefined, 2],
    ['prospective', { ...prospective, leaderId: 1, votedId: 2 }, 1, 2],
    ['candidate', candidate, undefined, me],
    ['leader', leader, me, me],
    ['follower', follower, 1, 1],
    ['resigned', resigned, undefined, me],
  ])('%s', (_, role, leaderId, votedId) => {
    expect([leaderOf(role, me), votedIn(role, me)]).toEqual([leaderId, votedId]);
  });

  it('who resigns names the voter with the longest log first (KR-2)', () => {
    expect(onResign(leader, rules).preferredSuccessors).toEqual([2, 1]);
  });
});
