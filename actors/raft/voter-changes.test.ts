import { describe, expect, it } from 'vitest';
import { SECOND } from '../../runtime/index.ts';
import { errorName } from '../protocol/errors.ts';
import { API_KEYS } from '../protocol/messages.ts';
import type { AddRaftVoterRequest, RaftVoterResponse, RemoveRaftVoterRequest, UpdateRaftVoterRequest, UpdateRaftVoterResponse } from '../protocol/quorum-messages.ts';
import { of, runQuorum, voterName } from './testing/quorum.ts';
import { CONTROLLER_LISTENER } from './voter-changes.ts';
import type { VoterChangeRequest } from './voter-changes.ts';

const listeners = [{ name: CONTROLLER_LISTENER, host: 'voter', port: 9_093 }];
const voter = { clusterId: 'trial', voterDirectoryId: 'a-directory' };
const ADD: AddRaftVoterRequest = { apiKey: API_KEYS.AddRaftVoter, ...voter, timeoutMs: 1_000, voterId: 3, listeners, ackWhenCommitted: true };
const REMOVE: RemoveRaftVoterRequest = { apiKey: API_KEYS.RemoveRaftVoter, ...voter, voterId: 2 };
const UPDATE: UpdateRaftVoterRequest = { apiKey: API_KEYS.UpdateRaftVoter, ...voter, currentLeaderEpoch: 1, voterId: 2, listeners, kRaftVersionFeature: { minSupportedVersion: 0, maxSupportedVersion: 1 } };
const NOBODY = { voterId: -1 };
const NO_DIRECTORY = { voterDirectoryId: '' };
const ELSEWHERE = { clusterId: 'another' };
const NO_LISTENER = { listeners: [{ name: 'PLAINTEXT', host: 'voter', port: 9_092 }] };
const OLDER = { kRaftVersionFeature: { minSupportedVersion: 1, maxSupportedVersion: 1 } };
const NO_RANGE = { kRaftVersionFeature: { minSupportedVersion: 1, maxSupportedVersion: 0 } };

type Change = Partial<Pick<UpdateRaftVoterRequest, 'clusterId' | 'currentLeaderEpoch' | 'voterId' | 'voterDirectoryId' | 'listeners' | 'kRaftVersionFeature'>>;
interface Case {
  readonly what: string;
  readonly request: VoterChangeRequest;
  readonly change?: Change;
  readonly of?: 'leader' | 'follower';
  readonly expected: string;
}

const CASES: readonly Case[] = [
  { what: 'AddRaftVoter', request: ADD, expected: 'UNSUPPORTED_VERSION' },
  { what: 'AddRaftVoter of one who votes already', request: ADD, change: { voterId: 1 }, expected: 'UNSUPPORTED_VERSION' },
  { what: 'AddRaftVoter without a cluster id', request: ADD, change: { clusterId: null }, expected: 'UNSUPPORTED_VERSION' },
  { what: 'AddRaftVoter in another cluster', request: ADD, change: ELSEWHERE, expected: 'INCONSISTENT_CLUSTER_ID' },
  { what: 'AddRaftVoter at a follower', request: ADD, of: 'follower', expected: 'NOT_LEADER_OR_FOLLOWER' },
  { what: 'AddRaftVoter of nobody', request: ADD, change: NOBODY, expected: 'INVALID_REQUEST' },
  { what: 'AddRaftVoter of no directory', request: ADD, change: NO_DIRECTORY, expected: 'INVALID_REQUEST' },
  { what: 'AddRaftVoter of one who listens elsewhere', request: ADD, change: NO_LISTENER, expected: 'INVALID_REQUEST' },
  { what: 'RemoveRaftVoter', request: REMOVE, expected: 'UNSUPPORTED_VERSION' },
  { what: 'RemoveRaftVoter of one who does not vote', request: REMOVE, change: { voterId: 9 }, expected: 'UNSUPPORTED_VERSION' },
  { what: 'RemoveRaftVoter in another cluster', request: REMOVE, change: ELSEWHERE, expected: 'INCONSISTENT_CLUSTER_ID' },
  { what: 'RemoveRaftVoter at a follower', request: REMOVE, of: 'follower', expected: 'NOT_LEADER_OR_FOLLOWER' },
  { what: 'RemoveRaftVoter of nobody', request: REMOVE, change: NOBODY, expected: 'INVALID_REQUEST' },
  { what: 'UpdateRaftVoter: since 4.1 it is remembered for an upgrade', request: UPDATE, expected: 'NONE' },
  { what: 'UpdateRaftVoter of one who does not vote', request: UPDATE, change: { voterId: 9 }, expected: 'VOTER_NOT_FOUND' },
  { what: 'UpdateRaftVoter in an older epoch', request: UPDATE, change: { currentLeaderEpoch: 0 }, expected: 'FENCED_LEADER_EPOCH' },
  { what: 'UpdateRaftVoter in a later epoch', request: UPDATE, change: { currentLeaderEpoch: 2 }, expected: 'UNKNOWN_LEADER_EPOCH' },
  { what: 'UpdateRaftVoter at a follower', request: UPDATE, of: 'follower', expected: 'NOT_LEADER_OR_FOLLOWER' },
  { what: 'UpdateRaftVoter of one who listens elsewhere', request: UPDATE, change: NO_LISTENER, expected: 'INVALID_REQUEST' },
  { what: 'UpdateRaftVoter of one who knows only what is newer', request: UPDATE, change: OLDER, expected: 'INVALID_REQUEST' },
  { what: 'UpdateRaftVoter of one who knows nothing', request: UPDATE, change: NO_RANGE, expected: 'INVALID_REQUEST' },
];

describe('KR-6: a quorum whose voters are fixed answers', () => {
  const seed = 'voters';
  const leader = of(runQuorum({ seed }), 'raft-leader-elected')[0]!.node;
  const answers: (RaftVoterResponse | UpdateRaftVoterResponse)[] = [];
  const observed = runQuorum({
    seed,
    scripts: {
      *asker(context) {
        yield* context.sleep(5 * SECOND);
        for (const { request, change, of: whom = 'leader' } of CASES) {
          const connection = yield* context.connect(voterName(whom === 'leader' ? leader : (leader + 1) % 3), SECOND);
          answers.push(yield* connection.call<RaftVoterResponse | UpdateRaftVoterResponse>({ ...request, ...change }, SECOND));
          connection.close();
        }
      },
    },
  });

  it.each(CASES.map((one, i) => [one.what, one.expected, i] as const))('%s with %s', (_, expected, i) => {
    expect(errorName(answers[i]!.errorCode)).toBe(expected);
  });

  it('UpdateRaftVoter with who leads, whatever was wrong', () => {
    const updates = answers.filter((answer): answer is UpdateRaftVoterResponse => 'currentLeader' in answer);
    expect(updates.map(({ currentLeader }) => currentLeader)).toEqual(updates.map(() => ({ leaderId: leader, leaderEpoch: 1 })));
    expect(updates.length).toBe(8);
  });

  it('and goes on as before: one leader, and all three vote', () => {
    expect(of(observed, 'raft-leader-elected').length).toBe(1);
    expect(new Set(of(observed, 'raft-high-watermark').filter(({ time }) => time > 9 * SECOND).map(({ node }) => node)).size).toBe(3);
  });
});
