/** @module Requests of administrators, field for field as the public protocol names them. */
import type { Request } from '../../runtime/index.ts';
import type { API_KEYS } from './messages.ts';
import { apiKey, array, boolean, int16, int32, int8, nullable, string, struct, uuid } from './schema.ts';
import type { Infer, Type } from './schema.ts';

const clientId = nullable(string);

/** By name, or if that is null by id. */
export const deleteTopicsRequest = struct({
  apiKey: apiKey<typeof API_KEYS.DeleteTopics>(),
  clientId,
  topics: array(struct({ name: nullable(string), topicId: uuid })),
  timeoutMs: int32,
});
export const deleteTopicsResponse = struct({ responses: array(struct({ name: nullable(string), topicId: uuid, errorCode: int16, errorMessage: nullable(string) })) });

/** `resourceType` of configs. */
export const CONFIG_RESOURCE = { topic: 2, broker: 4 } as const;
/** `configOperation`. */
export const CONFIG_OPERATION = { set: 0, delete: 1 } as const;
/** `configSource`: whose value it is. */
export const CONFIG_SOURCE = { dynamicTopic: 1, staticBroker: 4, default: 5 } as const;

export const incrementalAlterConfigsRequest = struct({
  apiKey: apiKey<typeof API_KEYS.IncrementalAlterConfigs>(),
  clientId,
  resources: array(struct({ resourceType: int8, resourceName: string, configs: array(struct({ name: string, configOperation: int8, value: nullable(string) })) })),
  validateOnly: boolean,
});
export const incrementalAlterConfigsResponse = struct({
  responses: array(struct({ errorCode: int16, errorMessage: nullable(string), resourceType: int8, resourceName: string })),
});

/** `configurationKeys` null: all. */
export const describeConfigsRequest = struct({
  apiKey: apiKey<typeof API_KEYS.DescribeConfigs>(),
  clientId,
  resources: array(struct({ resourceType: int8, resourceName: string, configurationKeys: nullable(array(string)) })),
});
export const describeConfigsResponse = struct({
  results: array(
    struct({ errorCode: int16, errorMessage: nullable(string), resourceType: int8, resourceName: string, configs: array(struct({ name: string, value: nullable(string), configSource: int8 })) }),
  ),
});

export const describeTopicPartitionsRequest = struct({ apiKey: apiKey<typeof API_KEYS.DescribeTopicPartitions>(), clientId, topics: array(struct({ name: string })) });
export const describeTopicPartitionsResponse = struct({
  topics: array(
    struct({
      errorCode: int16,
      name: nullable(string),
      topicId: uuid,
      partitions: array(
        struct({
          errorCode: int16, partitionIndex: int32, leaderId: int32, leaderEpoch: int32, replicaNodes: array(int32), isrNodes: array(int32),
          eligibleLeaderReplicas: array(int32), lastKnownElr: array(int32), offlineReplicas: array(int32),
        }),
      ),
    }),
  ),
});

/** `electionType`. */
export const ELECTION_TYPE = { preferred: 0, unclean: 1 } as const;

/** `topicPartitions` null: all. */
export const electLeadersRequest = struct({
  apiKey: apiKey<typeof API_KEYS.ElectLeaders>(),
  clientId,
  electionType: int8,
  topicPartitions: nullable(array(struct({ topic: string, partitions: array(int32) }))),
  timeoutMs: int32,
});
export const electLeadersResponse = struct({
  errorCode: int16,
  replicaElectionResults: array(struct({ topic: string, partitionResult: array(struct({ partitionId: int32, errorCode: int16, errorMessage: nullable(string) })) })),
});

/** `replicas` null: the reassignment in progress is taken back. */
export const alterPartitionReassignmentsRequest = struct({
  apiKey: apiKey<typeof API_KEYS.AlterPartitionReassignments>(),
  clientId,
  timeoutMs: int32,
  topics: array(struct({ name: string, partitions: array(struct({ partitionIndex: int32, replicas: nullable(array(int32)) })) })),
});
export const alterPartitionReassignmentsResponse = struct({
  errorCode: int16,
  errorMessage: nullable(string),
  responses: array(struct({ name: string, partitions: array(struct({ partitionIndex: int32, errorCode: int16, errorMessage: nullable(string) })) })),
});

/** `topics` null: all. */
export const listPartitionReassignmentsRequest = struct({
  apiKey: apiKey<typeof API_KEYS.ListPartitionReassignments>(),
  clientId,
  timeoutMs: int32,
  topics: nullable(array(struct({ name: string, partitionIndexes: array(int32) }))),
});
export const listPartitionReassignmentsResponse = struct({
  errorCode: int16,
  errorMessage: nullable(string),
  topics: array(struct({ name: string, partitions: array(struct({ partitionIndex: int32, replicas: array(int32), addingReplicas: array(int32), removingReplicas: array(int32) })) })),
});

export type DeleteTopicsResponse = Infer<typeof deleteTopicsResponse>;
export type DeleteTopicsRequest = Infer<typeof deleteTopicsRequest> & Request<DeleteTopicsResponse>;
export type IncrementalAlterConfigsResponse = Infer<typeof incrementalAlterConfigsResponse>;
export type IncrementalAlterConfigsRequest = Infer<typeof incrementalAlterConfigsRequest> & Request<IncrementalAlterConfigsResponse>;
export type DescribeConfigsResponse = Infer<typeof describeConfigsResponse>;
export type DescribeConfigsRequest = Infer<typeof describeConfigsRequest> & Request<DescribeConfigsResponse>;
export type DescribeTopicPartitionsResponse = Infer<typeof describeTopicPartitionsResponse>;
export type DescribeTopicPartitionsRequest = Infer<typeof describeTopicPartitionsRequest> & Request<DescribeTopicPartitionsResponse>;
export type ElectLeadersResponse = Infer<typeof electLeadersResponse>;
export type ElectLeadersRequest = Infer<typeof electLeadersRequest> & Request<ElectLeadersResponse>;
export type AlterPartitionReassignmentsResponse = Infer<typeof alterPartitionReassignmentsResponse>;
export type AlterPartitionReassignmentsRequest = Infer<typeof alterPartitionReassignmentsRequest> & Request<AlterPartitionReassignmentsResponse>;
export type ListPartitionReassignmentsResponse = Infer<typeof listPartitionReassignmentsResponse>;
export type ListPartitionReassignmentsRequest = Infer<typeof listPartitionReassignmentsRequest> & Request<ListPartitionReassignmentsResponse>;

/** What the active controller decides for an administrator. A broker that is asked hands it on. */
export type ForwardedAdminRequest = DeleteTopicsRequest | IncrementalAlterConfigsRequest | ElectLeadersRequest | AlterPartitionReassignmentsRequest | ListPartitionReassignmentsRequest;
/** What any broker can answer from what it knows of the metadata log. */
export type DescribeRequest = DescribeConfigsRequest | DescribeTopicPartitionsRequest;

export const ADMIN_MESSAGES: readonly Type<unknown>[] = [
  deleteTopicsRequest,
  deleteTopicsResponse,
  incrementalAlterConfigsRequest,
  incrementalAlterConfigsResponse,
  describeConfigsRequest,
  describeConfigsResponse,
  describeTopicPartitionsRequest,
  describeTopicPartitionsResponse,
  electLeadersRequest,
  electLeadersResponse,
  alterPartitionReassignmentsRequest,
  alterPartitionReassignmentsResponse,
  listPartitionReassignmentsRequest,
  listPartitionReassignmentsResponse,
];
