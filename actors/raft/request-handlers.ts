/** @module What a member of the quorum answers (§3.3). Each request is one event, but a Fetch that has to wait is several. */
import { MILLISECOND } from '../../runtime/index.ts';
import type { Task } from '../../runtime/index.ts';
import type { ErrorName } from '../protocol/errors.ts';
import { API_KEYS } from '../protocol/messages.ts';
import type {
  BeginQuorumEpochRequest, DescribeQuorumResponse, EndQuorumEpochRequest, FetchResponse, QuorumEpochResponse, QuorumFetchRequest, RaftRequest, VoteRequest, VoteResponse,
} from '../protocol/messages.ts';
import type { FetchSnapshotRequest, FetchSnapshotResponse } from '../protocol/quorum-messages.ts';
import type { ReplicaProgress } from './leadership.ts';
import { ballotOf, describeQuorumResponse, fetchSnapshotResponse, fetchedPartitionOf, only, quorumEpochResponse, quorumFetchResponse, voteResponse, wantedPieceOf } from './raft-messages.ts';
import type { QuorumFetchPartition } from './raft-messages.ts';
import type { RaftNode } from './raft-node.ts';
import { onHigherEpoch, onVoteGranted } from './role.ts';
import { grants, isMalformed } from './vote.ts';
import { answerVoterChange } from './voter-changes.ts';
import type { VoterChangeRequest } from './voter-changes.ts';

export class RequestHandlers {
  readonly #node: RaftNode;

  constructor(node: RaftNode) {
    this.#node = node;
  }

  handle(request: RaftRequest): Task<object> {
    const node = this.#node;
    switch (request.apiKey) {
      case API_KEYS.Vote:
        return node.event(this.#onVote(request));
      case API_KEYS.BeginQuorumEpoch:
        return node.event(this.#onBeginQuorumEpoch(request));
      case API_KEYS.EndQuorumEpoch:
        return node.event(this.#onEndQuorumEpoch(request));
      case API_KEYS.DescribeQuorum:
        return node.event(this.#onDescribeQuorum());
      case API_KEYS.Fetch:
        return this.#onFetch(request);
      case API_KEYS.FetchSnapshot:
        return node.event(this.#onFetchSnapshot(request));
      case API_KEYS.AddRaftVoter:
      case API_KEYS.RemoveRaftVoter:
      case API_KEYS.UpdateRaftVoter:
        return node.event(this.#onVoterChange(request));
    }
  }

  /** KR-1. A vote is durable before it is given. */
  *#onVote(request: VoteRequest): Task<VoteResponse> {
    const node = this.#node;
    const ballot = ballotOf(request);
    const refuse = (error: ErrorName): VoteResponse => voteResponse(node.answer(error), false);
    if (ballot === undefined || isMalformed(ballot)) return refuse('INVALID_REQUEST');
    if (ballot.epoch < node.epoch) return refuse('FENCED_LEADER_EPOCH');
    if (ballot.epoch > node.epoch) yield* node.become(onHigherEpoch(node.role, ballot.epoch, undefined, node.rules));
    if (request.voterId !== node.nodeId) return refuse('INVALID_VOTER_KEY');
    const { role } = node;
    const isGranted = grants(role, ballot, node.log.end) || (node.options.planted?.votesForEverybody === true && !ballot.preVote);
    if (isGranted && !ballot.preVote && (role.kind === 'unattached' || role.kind === 'prospective') && role.votedId === undefined)
      yield* node.become(onVoteGranted(role, ballot.candidateId, node.rules));
    return voteResponse(node.answer('NONE'), isGranted);
  }

  /** KR-2: the winner of an election tells the others. */
  *#onBeginQuorumEpoch(request: BeginQuorumEpochRequest): Task<QuorumEpochResponse> {
    const node = this.#node;
    const asked = only(request.topics);
    if (asked === undefined) return quorumEpochResponse(node.answer('INVALID_REQUEST'));
    if (asked.leaderEpoch < node.epoch) return quorumEpochResponse(node.answer('FENCED_LEADER_EPOCH'));
    yield* node.heardOf(asked);
    if (request.voterId !== node.nodeId) return quorumEpochResponse(node.answer('INVALID_VOTER_KEY'));
    return quorumEpochResponse(node.answer('NONE'));
  }

  /** KR-2: a leader lays down its office. Who has the longest log stands at once, the others wait to let it win. */
  *#onEndQuorumEpoch(request: EndQuorumEpochRequest): Task<QuorumEpochResponse> {
    const node = this.#node;
    const asked = only(request.topics);
    if (asked === undefined) return quorumEpochResponse(node.answer('INVALID_REQUEST'));
    if (asked.leaderEpoch < node.epoch) return quorumEpochResponse(node.answer('FENCED_LEADER_EPOCH'));
    yield* node.heardOf(asked);
    const { role } = node;
    if (role.kind === 'follower') {
      const { preferredSuccessors } = asked;
      const position = preferredSuccessors.indexOf(node.nodeId);
      const deadline = position < 0 ? node.timeouts.election() : node.timeouts.succession(position, preferredSuccessors.length);
      node.update({ ...role, deadline: Math.min(role.deadline, deadline) });
      node.roleChanged.notify();
    }
    return quorumEpochResponse(node.answer('NONE'));
  }

  // eslint-disable-next-line require-yield -- it only looks
  *#onDescribeQuorum(): Task<DescribeQuorumResponse> {
    const node = this.#node;
    const { role } = node;
    if (role.kind !== 'leader') return describeQuorumResponse(node.answer('NOT_LEADER_OR_FOLLOWER'), -1, [], []);
    const { voters, observers } = role.leadership;
    return describeQuorumResponse(node.answer('NONE'), node.log.highWatermark, [...voters].map(described), [...observers].map(described));
  }

  /** KR-3. What a replica has is known from where it fetches; it is answered when there is something it does not know. */
  *#onFetch(request: QuorumFetchRequest): Task<FetchResponse> {
    const node = this.#node;
    const asked = fetchedPartitionOf(request);
    if (asked === undefined) return quorumFetchResponse(node.answer('UNKNOWN_TOPIC_OR_PARTITION'), {});
    const deadline = node.context.now + request.maxWaitMs * MILLISECOND;
    for (;;) {
      const isLast = node.context.now >= deadline;
      const answer = yield* node.event(this.#tryFetch(request.replicaState.replicaId, asked, isLast));
      if (answer !== undefined) return answer;
      yield* node.progress.wait(deadline - node.context.now);
    }
  }

  /** Undefined: there is nothing new, and time to wait for it. */
  *#tryFetch(replicaId: number, asked: QuorumFetchPartition, isLast: boolean): Task<FetchResponse | undefined> {
    const node = this.#node;
    const { role, log } = node;
    const fence = this.#fence(asked.currentLeaderEpoch);
    if (fence !== undefined || role.kind !== 'leader') return quorumFetchResponse(node.answer(fence ?? 'NOT_LEADER_OR_FOLLOWER'), {});
    const obstacle = log.obstacle(asked.fetchOffset, asked.lastFetchedEpoch);
    if (obstacle !== undefined) return quorumFetchResponse(node.answer('NONE'), obstacle);
    role.leadership.fetched(replicaId, asked.fetchOffset, log.endOffset, node.context.now);
    node.advanceHighWatermark(role);
    // An observer here keeps no log of its own that it could cut: it gets what is committed.
    const upToOffset = node.options.voters.includes(replicaId) ? log.endOffset : log.highWatermark;
    const isNews = asked.fetchOffset < upToOffset || asked.highWatermark < log.highWatermark;
    if (!isNews && !isLast) return undefined;
    const records = asked.fetchOffset < upToOffset ? yield* log.read(asked.fetchOffset, asked.partitionMaxBytes, upToOffset) : new Uint8Array(0);
    return quorumFetchResponse(node.answer('NONE'), { highWatermark: log.highWatermark, records });
  }

  /** KR-4: a piece of a snapshot. Who loads one is not gone: that keeps the leader in office. */
  *#onFetchSnapshot(request: FetchSnapshotRequest): Task<FetchSnapshotResponse> {
    const node = this.#node;
    const wanted = wantedPieceOf(request);
    if (wanted === undefined) return fetchSnapshotResponse(node.answer('UNKNOWN_TOPIC_OR_PARTITION'));
    const { role } = node;
    const { snapshots } = node.log;
    const fence = this.#fence(wanted.currentLeaderEpoch);
    if (fence !== undefined || role.kind !== 'leader') return fetchSnapshotResponse(node.answer(fence ?? 'NOT_LEADER_OR_FOLLOWER'));
    const { snapshotId, position } = wanted;
    const size = snapshots.sizeOf(snapshotId);
    if (size === undefined) return fetchSnapshotResponse(node.answer('SNAPSHOT_NOT_FOUND'));
    if (position < 0 || position >= size) return fetchSnapshotResponse(node.answer('POSITION_OUT_OF_RANGE'));
    role.leadership.asked(request.replicaId, node.context.now);
    const unalignedRecords = yield* snapshots.read(snapshotId, position, request.maxBytes);
    return fetchSnapshotResponse(node.answer('NONE'), { snapshotId, size, position, unalignedRecords });
  }

  // eslint-disable-next-line require-yield -- it only looks
  *#onVoterChange(request: VoterChangeRequest): Task<object> {
    return answerVoterChange(this.#node, request);
  }

  /** What refuses a request of another epoch; undefined: it is of this one. */
  #fence(epoch: number): ErrorName | undefined {
    if (epoch < this.#node.epoch) return 'FENCED_LEADER_EPOCH';
    return epoch > this.#node.epoch ? 'UNKNOWN_LEADER_EPOCH' : undefined;
  }
}

/** Times in ms, as Kafka says them; −1: never. */
function described({ replicaId, endOffset, lastFetchAt, lastCaughtUpAt }: ReplicaProgress): DescribeQuorumResponse['topics'][number]['partitions'][number]['currentVoters'][number] {
  return { replicaId, logEndOffset: endOffset, lastFetchTimestamp: inMs(lastFetchAt), lastCaughtUpTimestamp: inMs(lastCaughtUpAt) };
}

function inMs(at: number): number {
  return at < 0 ? -1 : Math.floor(at / MILLISECOND);
}
