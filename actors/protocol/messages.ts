/**
 * @module
 * The requests and responses of the Kafka protocol that the cluster speaks, field for field as the public protocol names them.
 * Topics go by name (as up to Fetch v12, Produce v12); topic ids come with the wire codec.
 */
import type { Request } from '../../runtime/index.ts';
import { ADMIN_MESSAGES } from './admin-messages.ts';
import type { DescribeRequest, ForwardedAdminRequest } from './admin-messages.ts';
import { QUORUM_MESSAGES } from './quorum-messages.ts';
import type { AddRaftVoterRequest, FetchSnapshotRequest, RemoveRaftVoterRequest, UpdateRaftVoterRequest } from './quorum-messages.ts';
import { apiKey, array, boolean, bytes, int16, int32, int64, int8, nullable, string, struct, uuid } from './schema.ts';
import type { Infer, Type } from './schema.ts';

export const API_KEYS = {
  Produce: 0,
  Fetch: 1,
  ListOffsets: 2,
  Metadata: 3,
  CreateTopics: 19,
  DeleteTopics: 20,
  DeleteRecords: 21,
  OffsetForLeaderEpoch: 23,
  DescribeConfigs: 32,
  ElectLeaders: 43,
  IncrementalAlterConfigs: 44,
  AlterPartitionReassignments: 45,
  ListPartitionReassignments: 46,
  Vote: 52,
  BeginQuorumEpoch: 53,
  EndQuorumEpoch: 54,
  DescribeQuorum: 55,
  AlterPartition: 56,
  FetchSnapshot: 59,
  BrokerRegistration: 62,
  BrokerHeartbeat: 63,
  DescribeTopicPartitions: 75,
  AddRaftVoter: 80,
  RemoveRaftVoter: 81,
  UpdateRaftVoter: 82,
} as const;

const clientId = nullable(string);
const currentLeader = struct({ leaderId: int32, leaderEpoch: int32 });

export const produceRequest = struct({
  apiKey: apiKey<typeof API_KEYS.Produce>(),
  clientId,
  transactionalId: nullable(string),
  acks: int16,
  timeoutMs: int32,
  topicData: array(struct({ name: string, partitionData: array(struct({ index: int32, records: bytes })) })),
});
export const produceResponse = struct({
  responses: array(
    struct({
      name: string,
      partitionResponses: array(struct({ index: int32, errorCode: int16, baseOffset: int64, logAppendTimeMs: int64, logStartOffset: int64, currentLeader })),
    }),
  ),
});

/** `replicaState` −1: a consumer. `lastFetchedEpoch` −1: no divergence check. `topicId` null: not named, as up to v12. */
const fetchRequestHead = {
  apiKey: apiKey<typeof API_KEYS.Fetch>(),
  clientId,
  replicaState: struct({ replicaId: int32, replicaEpoch: int64 }),
  maxWaitMs: int32,
  minBytes: int32,
  maxBytes: int32,
  isolationLevel: int8,
};
const fetchRequestTopics = array(
  struct({
    topic: string,
    topicId: nullable(uuid),
    partitions: array(struct({ partition: int32, currentLeaderEpoch: int32, fetchOffset: int64, lastFetchedEpoch: int32, logStartOffset: int64, partitionMaxBytes: int32 })),
  }),
);
export const fetchRequest = struct({ ...fetchRequestHead, topics: fetchRequestTopics });
/** From v7 on of a client that knows fetch sessions (F-10): none asked for, or named, is `sessionId` 0. The project's own clients leave both fields out. */
const sessionFetchRequest = struct({ ...fetchRequestHead, sessionId: int32, sessionEpoch: int32, topics: fetchRequestTopics });
/** `divergingEpoch` and `currentLeader` of −1: absent. */
const fetchResponses = array(
  struct({
    topic: string,
    partitions: array(
      struct({
        partitionIndex: int32,
        errorCode: int16,
        highWatermark: int64,
        lastStableOffset: int64,
        logStartOffset: int64,
        divergingEpoch: struct({ epoch: int32, endOffset: int64 }),
        currentLeader,
        records: bytes,
      }),
    ),
  }),
);
export const fetchResponse = struct({ errorCode: int16, responses: fetchResponses });
/** To a client that knows fetch sessions. */
const sessionFetchResponse = struct({ errorCode: int16, sessionId: int32, responses: fetchResponses });

/** `timestamp` of ListOffsets with a meaning of its own (F-11). */
export const EARLIEST_TIMESTAMP = -2;
export const LATEST_TIMESTAMP = -1;

export const listOffsetsRequest = struct({
  apiKey: apiKey<typeof API_KEYS.ListOffsets>(),
  clientId,
  replicaId: int32,
  isolationLevel: int8,
  topics: array(struct({ name: string, partitions: array(struct({ partitionIndex: int32, currentLeaderEpoch: int32, timestamp: int64 })) })),
});
export const listOffsetsResponse = struct({
  topics: array(struct({ name: string, partitions: array(struct({ partitionIndex: int32, errorCode: int16, timestamp: int64, offset: int64, leaderEpoch: int32 })) })),
});

/** `currentLeaderEpoch` −1: not checked. `replicaId` −1: a consumer. */
export const offsetForLeaderEpochRequest = struct({
  apiKey: apiKey<typeof API_KEYS.OffsetForLeaderEpoch>(),
  clientId,
  replicaId: int32,
  topics: array(struct({ topic: string, partitions: array(struct({ partition: int32, currentLeaderEpoch: int32, leaderEpoch: int32 })) })),
});
/** `leaderEpoch`: the largest epoch up to the one that was asked for; −1: it is not known, or not given (before KIP-279). `endOffset` −1: not known. */
export const offsetForLeaderEpochResponse = struct({
  topics: array(struct({ topic: string, partitions: array(struct({ errorCode: int16, partition: int32, leaderEpoch: int32, endOffset: int64 })) })),
});

/** `topics` null: all. */
export const metadataRequest = struct({
  apiKey: apiKey<typeof API_KEYS.Metadata>(),
  clientId,
  topics: nullable(array(string)),
});
export const metadataResponse = struct({
  brokers: array(struct({ nodeId: int32, host: string, port: int32 })),
  controllerId: int32,
  topics: array(
    struct({
      errorCode: int16,
      name: string,
      topicId: uuid,
      partitions: array(struct({ errorCode: int16, partitionIndex: int32, leaderId: int32, leaderEpoch: int32, replicaNodes: array(int32), isrNodes: array(int32) })),
    }),
  ),
});

/** `assignments` empty: the controller places the replicas; else `numPartitions` and `replicationFactor` are −1, which without them is the brokers' default. */
export const createTopicsRequest = struct({
  apiKey: apiKey<typeof API_KEYS.CreateTopics>(),
  clientId,
  topics: array(
    struct({
      name: string,
      numPartitions: int32,
      replicationFactor: int16,
      assignments: array(struct({ partitionIndex: int32, brokerIds: array(int32) })),
      configs: array(struct({ name: string, value: nullable(string) })),
    }),
  ),
});
/** `offset` −1: everything that is committed. */
export const deleteRecordsRequest = struct({
  apiKey: apiKey<typeof API_KEYS.DeleteRecords>(),
  clientId,
  topics: array(struct({ name: string, partitions: array(struct({ partitionIndex: int32, offset: int64 })) })),
  timeoutMs: int32,
});
/** `lowWatermark`: the first offset that some live replica still has; −1 with an error. */
export const deleteRecordsResponse = struct({ topics: array(struct({ name: string, partitions: array(struct({ partitionIndex: int32, lowWatermark: int64, errorCode: int16 })) })) });
export const createTopicsResponse = struct({ topics: array(struct({ name: string, topicId: uuid, errorCode: int16, errorMessage: nullable(string) })) });

const brokerRegistrationHead = {
  apiKey: apiKey<typeof API_KEYS.BrokerRegistration>(),
  brokerId: int32,
  clusterId: string,
  incarnationId: uuid,
  listeners: array(struct({ name: string, host: string, port: int32 })),
};
export const brokerRegistrationRequest = struct({ ...brokerRegistrationHead, previousBrokerEpoch: int64 });
/** Of a broker that names its rack. */
const rackedRegistrationRequest = struct({ ...brokerRegistrationHead, rack: string, previousBrokerEpoch: int64 });
export const brokerRegistrationResponse = struct({ errorCode: int16, brokerEpoch: int64 });

export const brokerHeartbeatRequest = struct({
  apiKey: apiKey<typeof API_KEYS.BrokerHeartbeat>(),
  brokerId: int32,
  brokerEpoch: int64,
  currentMetadataOffset: int64,
  wantFence: boolean,
  wantShutDown: boolean,
});
export const brokerHeartbeatResponse = struct({ errorCode: int16, isCaughtUp: boolean, isFenced: boolean, shouldShutDown: boolean });

export const alterPartitionRequest = struct({
  apiKey: apiKey<typeof API_KEYS.AlterPartition>(),
  brokerId: int32,
  brokerEpoch: int64,
  topics: array(
    struct({
      topicId: uuid,
      partitions: array(
        struct({ partitionIndex: int32, leaderEpoch: int32, newIsrWithEpochs: array(struct({ brokerId: int32, brokerEpoch: int64 })), leaderRecoveryState: int8, partitionEpoch: int32 }),
      ),
    }),
  ),
});
export const alterPartitionResponse = struct({
  errorCode: int16,
  topics: array(
    struct({
      topicId: uuid,
      partitions: array(struct({ partitionIndex: int32, errorCode: int16, leaderId: int32, leaderEpoch: int32, isr: array(int32), leaderRecoveryState: int8, partitionEpoch: int32 })),
    }),
  ),
});

/**
 * Fetch as the members and observers of the controller quorum send it (KR-3): it says what the asker knows to be committed (v18), so that it is
 * answered as soon as there is more. `replicaId` −1: an observer without an id.
 */
export const quorumFetchRequest = struct({
  apiKey: apiKey<typeof API_KEYS.Fetch>(),
  clientId,
  replicaState: struct({ replicaId: int32, replicaEpoch: int64 }),
  maxWaitMs: int32,
  minBytes: int32,
  maxBytes: int32,
  isolationLevel: int8,
  topics: array(
    struct({
      topic: string,
      partitions: array(
        struct({ partition: int32, currentLeaderEpoch: int32, fetchOffset: int64, lastFetchedEpoch: int32, logStartOffset: int64, partitionMaxBytes: int32, highWatermark: int64 }),
      ),
    }),
  ),
});

/** The voter set is static, so keys of voters are their ids alone: directory ids are left out. */
export const voteRequest = struct({
  apiKey: apiKey<typeof API_KEYS.Vote>(),
  clusterId: string,
  voterId: int32,
  topics: array(
    struct({
      topicName: string,
      partitions: array(struct({ partitionIndex: int32, replicaEpoch: int32, replicaId: int32, lastOffsetEpoch: int32, lastOffset: int64, preVote: boolean })),
    }),
  ),
});
export const voteResponse = struct({
  errorCode: int16,
  topics: array(
    struct({ topicName: string, partitions: array(struct({ partitionIndex: int32, errorCode: int16, leaderId: int32, leaderEpoch: int32, voteGranted: boolean })) }),
  ),
});

export const beginQuorumEpochRequest = struct({
  apiKey: apiKey<typeof API_KEYS.BeginQuorumEpoch>(),
  clusterId: string,
  voterId: int32,
  topics: array(struct({ topicName: string, partitions: array(struct({ partitionIndex: int32, leaderId: int32, leaderEpoch: int32 })) })),
});
/** `preferredSuccessors`: the voters by the end of their logs, the furthest first. */
export const endQuorumEpochRequest = struct({
  apiKey: apiKey<typeof API_KEYS.EndQuorumEpoch>(),
  clusterId: string,
  topics: array(
    struct({ topicName: string, partitions: array(struct({ partitionIndex: int32, leaderId: int32, leaderEpoch: int32, preferredSuccessors: array(int32) })) }),
  ),
});
/** Answers BeginQuorumEpoch and EndQuorumEpoch. */
export const quorumEpochResponse = struct({
  errorCode: int16,
  topics: array(struct({ topicName: string, partitions: array(struct({ partitionIndex: int32, errorCode: int16, leaderId: int32, leaderEpoch: int32 })) })),
});

const quorumReplica = struct({ replicaId: int32, logEndOffset: int64, lastFetchTimestamp: int64, lastCaughtUpTimestamp: int64 });
export const describeQuorumRequest = struct({
  apiKey: apiKey<typeof API_KEYS.DescribeQuorum>(),
  topics: array(struct({ topicName: string, partitions: array(struct({ partitionIndex: int32 })) })),
});
export const describeQuorumResponse = struct({
  errorCode: int16,
  topics: array(
    struct({
      topicName: string,
      partitions: array(
        struct({
          partitionIndex: int32,
          errorCode: int16,
          leaderId: int32,
          leaderEpoch: int32,
          highWatermark: int64,
          currentVoters: array(quorumReplica),
          observers: array(quorumReplica),
        }),
      ),
    }),
  ),
});

export type ProduceResponse = Infer<typeof produceResponse>;
export type ProduceRequest = Infer<typeof produceRequest> & Request<ProduceResponse>;
export type FetchResponse = Infer<typeof fetchResponse> & Partial<Pick<Infer<typeof sessionFetchResponse>, 'sessionId'>>;
export type FetchRequest = Infer<typeof fetchRequest> & Partial<Pick<Infer<typeof sessionFetchRequest>, 'sessionId' | 'sessionEpoch'>> & Request<FetchResponse>;
export type ListOffsetsResponse = Infer<typeof listOffsetsResponse>;
export type ListOffsetsRequest = Infer<typeof listOffsetsRequest> & Request<ListOffsetsResponse>;
export type OffsetForLeaderEpochResponse = Infer<typeof offsetForLeaderEpochResponse>;
export type OffsetForLeaderEpochRequest = Infer<typeof offsetForLeaderEpochRequest> & Request<OffsetForLeaderEpochResponse>;
export type MetadataResponse = Infer<typeof metadataResponse>;
export type MetadataRequest = Infer<typeof metadataRequest> & Request<MetadataResponse>;
export type DeleteRecordsResponse = Infer<typeof deleteRecordsResponse>;
export type DeleteRecordsRequest = Infer<typeof deleteRecordsRequest> & Request<DeleteRecordsResponse>;
export type CreateTopicsResponse = Infer<typeof createTopicsResponse>;
export type CreateTopicsRequest = Infer<typeof createTopicsRequest> & Request<CreateTopicsResponse>;
export type BrokerRegistrationResponse = Infer<typeof brokerRegistrationResponse>;
export type BrokerRegistrationRequest = Infer<typeof brokerRegistrationRequest> & Partial<Pick<Infer<typeof rackedRegistrationRequest>, 'rack'>> & Request<BrokerRegistrationResponse>;
export type BrokerHeartbeatResponse = Infer<typeof brokerHeartbeatResponse>;
export type BrokerHeartbeatRequest = Infer<typeof brokerHeartbeatRequest> & Request<BrokerHeartbeatResponse>;
export type AlterPartitionResponse = Infer<typeof alterPartitionResponse>;
export type AlterPartitionRequest = Infer<typeof alterPartitionRequest> & Request<AlterPartitionResponse>;
export type QuorumFetchRequest = Infer<typeof quorumFetchRequest> & Request<FetchResponse>;
export type VoteResponse = Infer<typeof voteResponse>;
export type VoteRequest = Infer<typeof voteRequest> & Request<VoteResponse>;
export type QuorumEpochResponse = Infer<typeof quorumEpochResponse>;
export type BeginQuorumEpochRequest = Infer<typeof beginQuorumEpochRequest> & Request<QuorumEpochResponse>;
export type EndQuorumEpochRequest = Infer<typeof endQuorumEpochRequest> & Request<QuorumEpochResponse>;
export type DescribeQuorumResponse = Infer<typeof describeQuorumResponse>;
export type DescribeQuorumRequest = Infer<typeof describeQuorumRequest> & Request<DescribeQuorumResponse>;

/** What a member of the controller quorum is asked as such (§3.3). */
export type RaftRequest = VoteRequest | BeginQuorumEpochRequest | EndQuorumEpochRequest | QuorumFetchRequest | FetchSnapshotRequest | DescribeQuorumRequest | AddRaftVoterRequest | RemoveRaftVoterRequest | UpdateRaftVoterRequest;
/** What clients ask a broker. */
export type ClientRequest = ProduceRequest | FetchRequest | ListOffsetsRequest | MetadataRequest;
/** What a broker is asked, by clients and by other brokers. */
export type BrokerRequest = ClientRequest | DeleteRecordsRequest | OffsetForLeaderEpochRequest | DescribeRequest | ForwardedRequest;
/** What a controller is asked. Brokers fetch the metadata log from it, as observers of the quorum. */
export type ControllerRequest = BrokerRegistrationRequest | BrokerHeartbeatRequest | AlterPartitionRequest | ForwardedRequest | RaftRequest;
/** What a client may ask any broker, which hands it on to the active controller. */
export type ForwardedRequest = CreateTopicsRequest | ForwardedAdminRequest;

/** Every message, for the frame codec. */
export const MESSAGES: readonly Type<unknown>[] = [
  ...ADMIN_MESSAGES,
  produceRequest,
  produceResponse,
  fetchRequest,
  fetchResponse,
  listOffsetsRequest,
  listOffsetsResponse,
  offsetForLeaderEpochRequest,
  offsetForLeaderEpochResponse,
  metadataRequest,
  metadataResponse,
  deleteRecordsRequest,
  deleteRecordsResponse,
  createTopicsRequest,
  createTopicsResponse,
  brokerRegistrationRequest,
  brokerRegistrationResponse,
  brokerHeartbeatRequest,
  brokerHeartbeatResponse,
  alterPartitionRequest,
  alterPartitionResponse,
  quorumFetchRequest,
  voteRequest,
  voteResponse,
  beginQuorumEpochRequest,
  endQuorumEpochRequest,
  quorumEpochResponse,
  describeQuorumRequest,
  describeQuorumResponse,
  sessionFetchRequest,
  sessionFetchResponse,
  ...QUORUM_MESSAGES,
  rackedRegistrationRequest,
];
