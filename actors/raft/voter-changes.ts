/**
 * @module
 * KR-6: requests to change who votes (KIP-853), as a quorum answers them whose voters are fixed by controller.quorum.voters (kraft.version 0): it takes
 * nobody in and lets nobody go. A voter may say where it listens now; a static quorum remembers that until its leader changes, for a later
 * upgrade, and does nothing with it.
 */
import { ERRORS } from '../protocol/errors.ts';
import type { ErrorName } from '../protocol/errors.ts';
import { API_KEYS } from '../protocol/messages.ts';
import type { AddRaftVoterRequest, RaftVoterResponse, RemoveRaftVoterRequest, UpdateRaftVoterRequest, UpdateRaftVoterResponse } from '../protocol/quorum-messages.ts';
import { CLUSTER_ID } from './raft-messages.ts';
import type { RaftNode } from './raft-node.ts';

export type VoterChangeRequest = AddRaftVoterRequest | RemoveRaftVoterRequest | UpdateRaftVoterRequest;

/** The listener that controllers hear each other on. */
export const CONTROLLER_LISTENER = 'CONTROLLER';
/** Of a quorum whose voters are fixed. */
const KRAFT_VERSION = 0;

export function answerVoterChange(node: RaftNode, request: VoterChangeRequest): RaftVoterResponse | UpdateRaftVoterResponse {
  const refused = refusalOf(node, request);
  if (request.apiKey !== API_KEYS.UpdateRaftVoter) {
    const [error, message] = refused ?? ['UNSUPPORTED_VERSION', `the voters of this quorum are fixed: kraft.version is ${KRAFT_VERSION}`];
    return { errorCode: ERRORS[error].code, errorMessage: message };
  }
  const [error] = refused ?? updateRefusalOf(node, request) ?? ['NONE' as const];
  const { leaderId, leaderEpoch } = node.answer(error);
  return { errorCode: ERRORS[error].code, currentLeader: { leaderId, leaderEpoch } };
}

type Refusal = readonly [error: ErrorName, message: string | null];

/** What all three are looked at for, in Kafka's order; undefined: nothing is wrong. */
function refusalOf(node: RaftNode, request: VoterChangeRequest): Refusal | undefined {
  const { role } = node;
  if (request.clusterId !== null && request.clusterId !== CLUSTER_ID) return ['INCONSISTENT_CLUSTER_ID', `the cluster is ${CLUSTER_ID}`];
  const epoch = request.apiKey === API_KEYS.UpdateRaftVoter ? request.currentLeaderEpoch : node.epoch;
  if (epoch < node.epoch) return ['FENCED_LEADER_EPOCH', null];
  if (epoch > node.epoch) return ['UNKNOWN_LEADER_EPOCH', null];
  if (role.kind !== 'leader') return ['NOT_LEADER_OR_FOLLOWER', null];
  if (request.voterId < 0 || request.voterDirectoryId === '') return ['INVALID_REQUEST', 'no voter is named'];
  if (request.apiKey !== API_KEYS.RemoveRaftVoter && !request.listeners.some(({ name }) => name === CONTROLLER_LISTENER)) return ['INVALID_REQUEST', `no listener ${CONTROLLER_LISTENER}`];
  if (request.apiKey === API_KEYS.UpdateRaftVoter && !isRange(request)) return ['INVALID_REQUEST', null];
  // What an earlier leader has begun is not fenced yet.
  return role.leadership.committedOffset() === undefined ? ['REQUEST_TIMED_OUT', 'nothing of this epoch is committed yet'] : undefined;
}

function updateRefusalOf({ options }: RaftNode, { voterId, kRaftVersionFeature: { minSupportedVersion } }: UpdateRaftVoterRequest): Refusal | undefined {
  if (minSupportedVersion > KRAFT_VERSION) return ['INVALID_REQUEST', null];
  return options.voters.includes(voterId) ? undefined : ['VOTER_NOT_FOUND', null];
}

function isRange({ kRaftVersionFeature: { minSupportedVersion, maxSupportedVersion } }: UpdateRaftVoterRequest): boolean {
  return minSupportedVersion >= 0 && maxSupportedVersion >= minSupportedVersion;
}
