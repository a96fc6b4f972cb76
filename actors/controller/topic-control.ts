/** @module Topics are made. */
import { RECOVERED } from '../metadata/metadata-record.ts';
import type { MetadataRecord } from '../metadata/metadata-record.ts';
import { ERRORS } from '../protocol/errors.ts';
import type { ErrorName } from '../protocol/errors.ts';
import type { CreateTopicsRequest, CreateTopicsResponse } from '../protocol/messages.ts';
import { randomUuid } from '../protocol/uuid.ts';
import type { ControllerState } from './controller-state.ts';
import { assignReplicas } from './replica-placement.ts';

type CreatableTopic = CreateTopicsRequest['topics'][number];

export function createTopics(state: ControllerState, request: CreateTopicsRequest): CreateTopicsResponse {
  return {
    topics: request.topics.map((topic) => {
      const error = createTopic(state, topic);
      return { name: topic.name, topicId: state.image.topics.get(topic.name)?.topicId ?? '', errorCode: ERRORS[error].code, errorMessage: null };
    }),
  };
}

function createTopic(state: ControllerState, { name, numPartitions, replicationFactor, configs }: CreatableTopic): ErrorName {
  if (state.image.topics.has(name)) return 'TOPIC_ALREADY_EXISTS';
  const brokers = [...state.image.brokers.keys()].filter(state.isActive).sort((a, b) => a - b);
  if (replicationFactor < 1 || replicationFactor > brokers.length) return 'INVALID_REPLICATION_FACTOR';
  const records: MetadataRecord[] = [{ type: 'Topic', name, topicId: randomUuid(state.context.random('topic-id')) }];
  for (const config of configs) if (config.value !== null) records.push({ type: 'Config', topic: name, name: config.name, value: config.value });
  assignReplicas(brokers, numPartitions, replicationFactor).forEach((replicas, partition) => {
    records.push({
      type: 'Partition', topic: name, partition, replicas, isr: replicas, elr: [], lastKnownElr: [], addingReplicas: [], removingReplicas: [],
      leader: replicas[0]!, leaderEpoch: 0, partitionEpoch: 0, leaderRecoveryState: RECOVERED,
    });
  });
  state.propose(records);
  return 'NONE';
}
