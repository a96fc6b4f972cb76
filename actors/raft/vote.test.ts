import { describe, expect, it } from 'vitest';
import { Leadership } from './leadership.ts';
import type { Role } from './role.ts';
import { grants, isMalformed } from './vote.ts';
import type { Ballot } from './vote.ts';

const epoch = 5;
const deadline = 0;
const votes = { granted: [0], rejected: [] };
const leadership = new Leadership({ nodeId: 0, voters: [0, 1, 2], epochStartOffset: 10, checkQuorumUs: 1, now: 0 });
const unattached: Role = { kind: 'unattached', epoch, deadline, votedId: undefined };
const prospective: Role = { kind: 'prospective', epoch, deadline, leaderId: undefined, votedId: undefined, votes, retries: 1 };
const follower: Role = { kind: 'follower', epoch, deadline, leaderId: 2, votedId: undefined, hasFetched: false };
const candidate: Role = { kind: 'candidate', epoch, deadline, votes, retries: 1, isBackingOff: false };
const leader: Role = { kind: 'leader', epoch, deadline, leadership };
const resigned: Role = { kind: 'resigned', epoch, deadline, preferredSuccessors: [] };

/** The voter's own log ends here. */
const own = { lastEpoch: 4, endOffset: 20 };
const same: Ballot = { candidateId: 1, epoch, lastEpoch: 4, lastEpochEndOffset: 20, preVote: false };
const pre: Ballot = { ...same, preVote: true };
const behind = { lastEpochEndOffset: 19 };

describe('who gets a vote (KR-1)', () => {
  it.each<[string, Role, Ballot, boolean]>([
    ['unattached, equal log', unattached, same, true],
    ['unattached, longer log', unattached, { ...same, lastEpochEndOffset: 21 }, true],
    ['unattached, shorter log', unattached, { ...same, ...behind }, false],
    ['unattached, shorter log of a later epoch', unattached, { ...pre, lastEpoch: 5, lastEpochEndOffset: 1 }, true],
    ['unattached, longer log of an earlier epoch', unattached, { ...same, lastEpoch: 3, lastEpochEndOffset: 99 }, false],
    ['unattached, has voted for this candidate: says it again', { ...unattached, votedId: 1 }, same, true],
    ['unattached, has voted for this candidate, whatever its log', { ...unattached, votedId: 1 }, { ...same, ...behind }, true],
    ['unattached, has voted for another', { ...unattached, votedId: 2 }, same, false],
    ['unattached, has voted for another: a pre-vote binds nobody', { ...unattached, votedId: 2 }, pre, true],
    ['unattached, pre-vote, shorter log', unattached, { ...pre, ...behind }, false],
    ['prospective that knows of no leader', prospective, same, true],
    ['prospective that knows of no leader, shorter log', prospective, { ...same, ...behind }, false],
    ['prospective that knows a leader of this epoch', { ...prospective, leaderId: 2 }, same, false],
    ['prospective that knows a leader, pre-vote', { ...prospective, leaderId: 2 }, pre, true],
    ['prospective that has voted for this candidate', { ...prospective, votedId: 1 }, same, true],
    ['prospective that has voted for another', { ...prospective, votedId: 2 }, same, false],
    ['follower: there is a leader', follower, same, false],
    ['follower that has not fetched yet, pre-vote', follower, pre, true],
    ['follower that has not fetched yet, pre-vote, shorter log', follower, { ...pre, ...behind }, false],
    ['follower that has fetched, pre-vote: the leader is well', { ...follower, hasFetched: true }, pre, false],
    ['candidate: has voted for itself', candidate, same, false],
    ['candidate, pre-vote', candidate, pre, true],
    ['candidate, pre-vote, shorter log', candidate, { ...pre, ...behind }, false],
    ['leader', leader, same, false],
    ['leader, pre-vote', leader, pre, false],
    ['resigned: had its own vote', resigned, same, false],
    ['resigned, pre-vote', resigned, pre, true],
    ['resigned, pre-vote, shorter log', resigned, { ...pre, ...behind }, false],
  ])('%s', (_, role, ballot, granted) => {
    expect(grants(role, ballot, own)).toBe(granted);
  });
});

describe('what cannot be (KR-1)', () => {
  it.each<[string, Ballot, boolean]>([
    ['a real vote by a log of an earlier epoch', same, false],
    ['a real vote by a log of the very epoch it is for', { ...same, lastEpoch: 5 }, true],
    ['a pre-vote by a log of the present epoch', { ...pre, lastEpoch: 5 }, false],
    ['a pre-vote by a log of a later epoch', { ...pre, lastEpoch: 6 }, true],
    ['no epoch', { ...same, lastEpoch: -1 }, true],
    ['no offset', { ...same, lastEpochEndOffset: -1 }, true],
  ])('%s', (_, ballot, malformed) => {
    expect(isMalformed(ballot)).toBe(malformed);
  });
});
