/** @module The quorum's requests and answers, which all speak of one partition: put into Kafka's nesting, and taken out of it (§3.3). */
import type { Offset } from '../log/record-batch.ts';
import { METADATA_TOPIC } from '../metadata/metadata-record.ts';
import { ERRORS, NONE } from '../protocol/errors.ts';
import type { ErrorName } from '../protocol/errors.ts';
import { API_KEYS } from '../protocol/messages.ts';
import type {
  BeginQuorumEpochRequest, DescribeQuorumRequest, DescribeQuorumResponse, EndQuorumEpochRequest, FetchResponse, QuorumEpochResponse, QuorumFetchRequest, VoteRequest, VoteResponse,
} from '../protocol/messages.ts';
import type { FetchSnapshotRequest, FetchSnapshotResponse, SnapshotId } from '../protocol/quorum-messages.ts';
import type { Ballot } from './vote.ts';

export const CLUSTER_ID = 'trial';
/** KafkaRaftClient's own bounds of a fetch. */
const FETCH_MAX_WAIT_MS = 500;
const FETCH_MAX_BYTES = 8_388_608;
const UNKNOWN = -1;

/** What every answer of the quorum says beside its own: who leads, as far as the answerer knows (KR-5). */
export interface LeaderAndEpoch {
  readonly errorCode: number;
  /** −1: not known. */
  readonly leaderId: number;
  readonly leaderEpoch: number;
}

/** Where a replica's log ends and what it knows to be committed. */
export interface FetchPosition {
  readonly fetchOffset: Offset;
  readonly lastFetchedEpoch: number;
  readonly highWatermark: Offset;
}

export type QuorumFetchPartition = QuorumFetchRequest['topics'][number]['partitions'][number];
export type FetchedPartition = FetchResponse['responses'][number]['partitions'][number] & { readonly snapshotId?: SnapshotId };
export type SnapshotPiece = FetchSnapshotResponse['topics'][number]['partitions'][number];
export type WantedPiece = FetchSnapshotRequest['topics'][number]['partitions'][number];

export function voteRequest(voterId: number, { candidateId, epoch, lastEpoch, lastEpochEndOffset, preVote }: Ballot): VoteRequest {
  const ballot = { partitionIndex: 0, replicaEpoch: epoch, replicaId: candidateId, lastOffsetEpoch: lastEpoch, lastOffset: lastEpochEndOffset, preVote };
  return { apiKey: API_KEYS.Vote, clusterId: CLUSTER_ID, voterId, topics: [{ topicName: METADATA_TOPIC, partitions: [ballot] }] };
}

/** Undefined: it is not about the metadata log. */
export function ballotOf({ topics }: VoteRequest): Ballot | undefined {
  const ballot = only(topics);
  if (ballot === undefined) return undefined;
  return { candidateId: ballot.replicaId, epoch: ballot.replicaEpoch, lastEpoch: ballot.lastOffsetEpoch, lastEpochEndOffset: ballot.lastOffset, preVote: ballot.preVote };
}

export function voteResponse({ errorCode, leaderId, leaderEpoch }: LeaderAndEpoch, voteGranted: boolean): VoteResponse {
  return { errorCode: NONE, topics: [{ topicName: METADATA_TOPIC, partitions: [{ partitionIndex: 0, errorCode, leaderId, leaderEpoch, voteGranted }] }] };
}

export function beginQuorumEpochRequest(voterId: number, leaderId: number, leaderEpoch: number): BeginQuorumEpochRequest {
  return { apiKey: API_KEYS.BeginQuorumEpoch, clusterId: CLUSTER_ID, voterId, topics: [{ topicName: METADATA_TOPIC, partitions: [{ partitionIndex: 0, leaderId, leaderEpoch }] }] };
}

export function endQuorumEpochRequest(leaderId: number, leaderEpoch: number, preferredSuccessors: readonly number[]): EndQuorumEpochRequest {
  return { apiKey: API_KEYS.EndQuorumEpoch, clusterId: CLUSTER_ID, topics: [{ topicName: METADATA_TOPIC, partitions: [{ partitionIndex: 0, leaderId, leaderEpoch, preferredSuccessors }] }] };
}

export function quorumEpochResponse({ errorCode, leaderId, leaderEpoch }: LeaderAndEpoch): QuorumEpochResponse {
  return { errorCode: NONE, topics: [{ topicName: METADATA_TOPIC, partitions: [{ partitionIndex: 0, errorCode, leaderId, leaderEpoch }] }] };
}

export function describeQuorumRequest(): DescribeQuorumRequest {
  return { apiKey: API_KEYS.DescribeQuorum, topics: [{ topicName: METADATA_TOPIC, partitions: [{ partitionIndex: 0 }] }] };
}

type DescribedPartition = DescribeQuorumResponse['topics'][number]['partitions'][number];

export function describeQuorumResponse(
  { errorCode, leaderId, leaderEpoch }: LeaderAndEpoch,
  highWatermark: Offset,
  currentVoters: DescribedPartition['currentVoters'],
  observers: DescribedPartition['observers'],
): DescribeQuorumResponse {
  return { errorCode: NONE, topics: [{ topicName: METADATA_TOPIC, partitions: [{ partitionIndex: 0, errorCode, leaderId, leaderEpoch, highWatermark, currentVoters, observers }] }] };
}

export function quorumFetchRequest(replicaId: number, currentLeaderEpoch: number, { fetchOffset, lastFetchedEpoch, highWatermark }: FetchPosition): QuorumFetchRequest {
  return {
    apiKey: API_KEYS.Fetch,
    clientId: null,
    replicaState: { replicaId, replicaEpoch: UNKNOWN },
    maxWaitMs: FETCH_MAX_WAIT_MS,
    minBytes: 1,
    maxBytes: FETCH_MAX_BYTES,
    isolationLevel: 0,
    topics: [
      { topic: METADATA_TOPIC, partitions: [{ partition: 0, currentLeaderEpoch, fetchOffset, lastFetchedEpoch, logStartOffset: 0, partitionMaxBytes: FETCH_MAX_BYTES, highWatermark }] },
    ],
  };
}

/** Undefined: it is not about the metadata log. */
export function fetchedPartitionOf({ topics }: QuorumFetchRequest): QuorumFetchPartition | undefined {
  const [topic] = topics;
  return topic?.topic === METADATA_TOPIC ? topic.partitions[0] : undefined;
}

/** What a Fetch is answered with; what is not said is absent. */
export interface FetchOutcome {
  readonly highWatermark?: Offset;
  readonly divergingEpoch?: { readonly epoch: number; readonly endOffset: Offset };
  readonly snapshotId?: SnapshotId;
  readonly records?: Uint8Array;
}

export function quorumFetchResponse({ errorCode, leaderId, leaderEpoch }: LeaderAndEpoch, { highWatermark = UNKNOWN, divergingEpoch, snapshotId, records = new Uint8Array(0) }: FetchOutcome): FetchResponse {
  const partition = {
    partitionIndex: 0,
    errorCode,
    highWatermark,
    lastStableOffset: highWatermark,
    logStartOffset: 0,
    divergingEpoch: { epoch: divergingEpoch?.epoch ?? UNKNOWN, endOffset: divergingEpoch?.endOffset ?? UNKNOWN },
    currentLeader: { leaderId, leaderEpoch },
    records,
    ...(snapshotId === undefined ? {} : { snapshotId }),
  };
  return { errorCode: NONE, responses: [{ topic: METADATA_TOPIC, partitions: [partition] }] };
}

/** What a Fetch of the quorum was answered for its partition. */
export function partitionOf(answer: FetchResponse): FetchedPartition {
  return answer.responses[0]!.partitions[0]!;
}

export function fetchSnapshotRequest(replicaId: number, currentLeaderEpoch: number, snapshotId: SnapshotId, position: number, maxBytes: number): FetchSnapshotRequest {
  const wanted = { partition: 0, currentLeaderEpoch, snapshotId, position };
  return { apiKey: API_KEYS.FetchSnapshot, clusterId: CLUSTER_ID, replicaId, maxBytes, topics: [{ name: METADATA_TOPIC, partitions: [wanted] }] };
}

/** Undefined: it is not about the metadata log. */
export function wantedPieceOf({ topics }: FetchSnapshotRequest): WantedPiece | undefined {
  const [topic] = topics;
  return topic?.name === METADATA_TOPIC ? topic.partitions[0] : undefined;
}

/** `piece`: what there is to say of the snapshot; absent with an error. */
export function fetchSnapshotResponse({ errorCode, leaderId, leaderEpoch }: LeaderAndEpoch, piece?: Pick<SnapshotPiece, 'snapshotId' | 'size' | 'position' | 'unalignedRecords'>): FetchSnapshotResponse {
  const { snapshotId = { endOffset: UNKNOWN, epoch: UNKNOWN }, size = 0, position = 0, unalignedRecords = new Uint8Array(0) } = piece ?? {};
  const partition = { index: 0, errorCode, snapshotId, currentLeader: { leaderId, leaderEpoch }, size, position, unalignedRecords };
  return { errorCode: NONE, topics: [{ name: METADATA_TOPIC, partitions: [partition] }] };
}

/** What a FetchSnapshot was answered for its partition. */
export function pieceOf(answer: FetchSnapshotResponse): SnapshotPiece {
  return answer.topics[0]!.partitions[0]!;
}

/** The one partition that the quorum speaks of; undefined if the message speaks of another. */
export function only<P>(topics: readonly { readonly topicName: string; readonly partitions: readonly P[] }[]): P | undefined {
  const [topic] = topics;
  return topic?.topicName === METADATA_TOPIC ? topic.partitions[0] : undefined;
}

export function leaderAndEpoch(error: ErrorName, leaderId: number | undefined, leaderEpoch: number): LeaderAndEpoch {
  return { errorCode: ERRORS[error].code, leaderId: leaderId ?? UNKNOWN, leaderEpoch };
}
