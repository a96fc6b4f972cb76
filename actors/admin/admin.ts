/**
 * @module
 * The administrator's client, with the calls of Kafka's `Admin`. Each goes to any broker, which answers it or hands it on to the active
 * controller. What became of each thing asked for stands in the results, as Kafka's name of the error.
 *
 * A call whose answer was lost is sent again, and may have been done before: a topic that the first attempt made exists for the second.
 */
import type { ActorContext, Task } from '../../runtime/index.ts';
import { byTopic } from '../broker/by-topic.ts';
import type { TopicPartition } from '../client/topic-partition.ts';
import type { AdminConfig } from '../config/admin-config.ts';
import { CONFIG_OPERATION, CONFIG_RESOURCE, CONFIG_SOURCE, ELECTION_TYPE } from '../protocol/admin-messages.ts';
import type {
  AlterPartitionReassignmentsRequest,
  DeleteTopicsRequest,
  DescribeConfigsRequest,
  DescribeTopicPartitionsRequest,
  ElectLeadersRequest,
  IncrementalAlterConfigsRequest,
  ListPartitionReassignmentsRequest,
} from '../protocol/admin-messages.ts';
import { KafkaError, NONE, errorName } from '../protocol/errors.ts';
import { API_KEYS } from '../protocol/messages.ts';
import type { CreateTopicsRequest, MetadataRequest } from '../protocol/messages.ts';
import type { AlterConfigOp, ConfigEntry, ConfigResource, DeletedRecords, ElectionType, NewTopic, Outcome, PartitionOutcome, PartitionReassignment, PartitionReassignmentWish, RecordsToDelete, TopicDescription } from './admin-types.ts';
import { AdminTransport } from './admin-transport.ts';
import { RecordsDeletion } from './deletion.ts';

export interface AdminOptions {
  readonly clientId: string;
  /** Names of brokers' actors. */
  readonly bootstrapServers: readonly string[];
  readonly config: AdminConfig;
}

/** As many partitions, or replicas, as the brokers say. */
const DEFAULT = -1;

/** Every call may throw {@link KafkaError} REQUEST_TIMED_OUT: nobody could be asked within `default.api.timeout.ms`, or the outcome is open. */
export class Admin {
  readonly #context: ActorContext;
  readonly #config: AdminConfig;
  readonly #transport: AdminTransport;
  readonly #clientId: string;
  readonly #timeoutMs: number;

  constructor(context: ActorContext, { clientId, bootstrapServers, config }: AdminOptions) {
    this.#context = context;
    this.#config = config;
    this.#transport = new AdminTransport(context, bootstrapServers, config);
    this.#clientId = clientId;
    this.#timeoutMs = config['request.timeout.ms'];
  }

  /** TOPIC_ALREADY_EXISTS, INVALID_TOPIC_EXCEPTION, INVALID_PARTITIONS, INVALID_REPLICATION_FACTOR, INVALID_REPLICA_ASSIGNMENT, INVALID_CONFIG. */
  *createTopics(topics: readonly NewTopic[]): Task<readonly Outcome[]> {
    const request: CreateTopicsRequest = {
      apiKey: API_KEYS.CreateTopics,
      clientId: this.#clientId,
      topics: topics.map(({ name, numPartitions = DEFAULT, replicationFactor = DEFAULT, replicasAssignments = [], configs = {} }) => ({
        name,
        numPartitions,
        replicationFactor,
        assignments: replicasAssignments.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds })),
        configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
      })),
    };
    const answer = yield* this.#transport.call(request, (reply) => reply.topics.map(({ errorCode }) => errorCode));
    return answer.topics.map(({ name, errorCode, errorMessage }) => ({ name, error: errorName(errorCode), message: errorMessage }));
  }

  /** Ids of the brokers that are not fenced, as far as a broker knows that may be behind. By Metadata, as before KIP-700. */
  *describeCluster(): Task<readonly number[]> {
    const request: MetadataRequest = { apiKey: API_KEYS.Metadata, clientId: this.#clientId, topics: [] };
    return (yield* this.#transport.call(request, () => [])).brokers.map(({ nodeId }) => nodeId);
  }

  /** UNKNOWN_TOPIC_OR_PARTITION. Brokers drop its logs when they have read of it. */
  *deleteTopics(names: readonly string[]): Task<readonly Outcome[]> {
    const request: DeleteTopicsRequest = { apiKey: API_KEYS.DeleteTopics, clientId: this.#clientId, topics: names.map((name) => ({ name, topicId: '' })), timeoutMs: this.#timeoutMs };
    const answer = yield* this.#transport.call(request, (reply) => reply.responses.map(({ errorCode }) => errorCode));
    return answer.responses.map(({ name, errorCode, errorMessage }) => ({ name: name ?? '', error: errorName(errorCode), message: errorMessage }));
  }

  /** UNKNOWN_TOPIC_OR_PARTITION. What a broker that may be behind knows. */
  *describeTopics(names: readonly string[]): Task<readonly TopicDescription[]> {
    const request: DescribeTopicPartitionsRequest = { apiKey: API_KEYS.DescribeTopicPartitions, clientId: this.#clientId, topics: names.map((name) => ({ name })) };
    const { topics } = yield* this.#transport.call(request, () => []);
    return topics.map(({ name, topicId, errorCode, partitions }) => ({
      name: name ?? '',
      error: errorName(errorCode),
      message: null,
      topicId,
      partitions: partitions.map(({ partitionIndex, leaderId, leaderEpoch, replicaNodes, isrNodes, eligibleLeaderReplicas, lastKnownElr }) => ({
        partition: partitionIndex,
        leader: leaderId,
        leaderEpoch,
        replicas: replicaNodes,
        isr: isrNodes,
        elr: eligibleLeaderReplicas,
        lastKnownElr,
      })),
    }));
  }

  /** UNKNOWN_TOPIC_OR_PARTITION, INVALID_CONFIG: then nothing of it is done. Configs that are not named stay (KIP-339). */
  *incrementalAlterConfigs(resource: ConfigResource, ops: readonly AlterConfigOp[]): Task<Outcome> {
    const configs = ops.map(({ name, value }) => ({ name, configOperation: value === null ? CONFIG_OPERATION.delete : CONFIG_OPERATION.set, value }));
    const request: IncrementalAlterConfigsRequest = {
      apiKey: API_KEYS.IncrementalAlterConfigs,
      clientId: this.#clientId,
      resources: [{ resourceType: CONFIG_RESOURCE[resource.type], resourceName: resource.name, configs }],
      validateOnly: false,
    };
    const { responses } = yield* this.#transport.call(request, (reply) => reply.responses.map(({ errorCode }) => errorCode));
    const { errorCode, errorMessage } = responses[0]!;
    return { name: resource.name, error: errorName(errorCode), message: errorMessage };
  }

  /** Of a topic. @throws {KafkaError} UNKNOWN_TOPIC_OR_PARTITION */
  *describeConfigs(topic: string): Task<readonly ConfigEntry[]> {
    const request: DescribeConfigsRequest = {
      apiKey: API_KEYS.DescribeConfigs,
      clientId: this.#clientId,
      resources: [{ resourceType: CONFIG_RESOURCE.topic, resourceName: topic, configurationKeys: null }],
    };
    const { results } = yield* this.#transport.call(request, () => []);
    const { errorCode, configs } = results[0]!;
    if (errorCode !== NONE) throw new KafkaError(errorName(errorCode), `configs of ${topic}: ${errorName(errorCode)}`);
    return configs.map(({ name, value, configSource }) => ({ name, value, isDefault: configSource !== CONFIG_SOURCE.dynamicTopic }));
  }

  /** EL-12: ELECTION_NOT_NEEDED, PREFERRED_LEADER_NOT_AVAILABLE, ELIGIBLE_LEADERS_NOT_AVAILABLE, UNKNOWN_TOPIC_OR_PARTITION. Null: all partitions. */
  *electLeaders(type: ElectionType, partitions: readonly TopicPartition[] | null): Task<readonly PartitionOutcome[]> {
    const request: ElectLeadersRequest = {
      apiKey: API_KEYS.ElectLeaders,
      clientId: this.#clientId,
      electionType: ELECTION_TYPE[type],
      topicPartitions: partitions === null ? null : byTopic(partitions, ({ topic }) => topic).map(([topic, items]) => ({ topic, partitions: items.map(({ partition }) => partition) })),
      timeoutMs: this.#timeoutMs,
    };
    const { replicaElectionResults } = yield* this.#transport.call(request, (reply) => [reply.errorCode]);
    return replicaElectionResults.flatMap(({ topic, partitionResult }) =>
      partitionResult.map(({ partitionId, errorCode, errorMessage }) => ({ topic, partition: partitionId, error: errorName(errorCode), message: errorMessage })),
    );
  }

  /** EL-14: INVALID_REPLICA_ASSIGNMENT, NO_REASSIGNMENT_IN_PROGRESS, UNKNOWN_TOPIC_OR_PARTITION. Done means begun: see `listPartitionReassignments`. */
  *alterPartitionReassignments(wishes: readonly PartitionReassignmentWish[]): Task<readonly PartitionOutcome[]> {
    const request: AlterPartitionReassignmentsRequest = {
      apiKey: API_KEYS.AlterPartitionReassignments,
      clientId: this.#clientId,
      timeoutMs: this.#timeoutMs,
      topics: byTopic(wishes, ({ topic }) => topic).map(([name, items]) => ({ name, partitions: items.map(({ partition, replicas }) => ({ partitionIndex: partition, replicas })) })),
    };
    const { responses } = yield* this.#transport.call(request, (reply) => [reply.errorCode]);
    return responses.flatMap(({ name, partitions }) =>
      partitions.map(({ partitionIndex, errorCode, errorMessage }) => ({ topic: name, partition: partitionIndex, error: errorName(errorCode), message: errorMessage })),
    );
  }

  /**
   * RT-2: OFFSET_OUT_OF_RANGE. Done means that every live replica begins there, or later. As long as nobody leads a partition, or it is not known,
   * it is asked for again, up to REQUEST_TIMED_OUT.
   */
  deleteRecords(wishes: readonly RecordsToDelete[]): Task<readonly DeletedRecords[]> {
    return new RecordsDeletion(this.#context, this.#transport, this.#clientId, this.#config, wishes).run();
  }

  /** All that are in progress. */
  *listPartitionReassignments(): Task<readonly PartitionReassignment[]> {
    const request: ListPartitionReassignmentsRequest = { apiKey: API_KEYS.ListPartitionReassignments, clientId: this.#clientId, timeoutMs: this.#timeoutMs, topics: null };
    const { topics } = yield* this.#transport.call(request, (reply) => [reply.errorCode]);
    return topics.flatMap(({ name, partitions }) => partitions.map(({ partitionIndex, replicas, addingReplicas, removingReplicas }) => ({ topic: name, partition: partitionIndex, replicas, addingReplicas, removingReplicas })));
  }

  /** Closes its connections, for good. */
  close(): void {
    this.#transport.close();
  }
}
