/** @module Topics are made and deleted. */
import { RECOVERED } from '../metadata/metadata-record.ts';
import type { MetadataRecord } from '../metadata/metadata-record.ts';
import type { DeleteTopicsRequest, DeleteTopicsResponse } from '../protocol/admin-messages.ts';
import { ERRORS } from '../protocol/errors.ts';
import type { ErrorName } from '../protocol/errors.ts';
import type { CreateTopicsRequest, CreateTopicsResponse } from '../protocol/messages.ts';
import { randomUuid } from '../protocol/uuid.ts';
import { topicConfigProblem } from './config-control.ts';
import type { ControllerState } from './controller-state.ts';
import { assignReplicas, assignmentProblem } from './replica-placement.ts';
import { placeStriped } from './striped-placement.ts';

type CreatableTopic = CreateTopicsRequest['topics'][number];
/** What is wrong with a wish, and why. */
type Refusal = readonly [error: ErrorName, reason: string];
/** Brokers of each partition, in the order of the partitions. */
type Assignments = readonly (readonly number[])[];

const TOPIC_NAME_LENGTH_MAX = 249;
/** As many partitions, or replicas, as the brokers say. */
const DEFAULT = -1;

export function createTopics(state: ControllerState, request: CreateTopicsRequest): CreateTopicsResponse {
  return {
    topics: request.topics.map((topic) => {
      const refusal = createTopic(state, topic);
      const [error, errorMessage] = refusal ?? (['NONE', null] as const);
      return { name: topic.name, topicId: state.image.topics.get(topic.name)?.topicId ?? '', errorCode: ERRORS[error].code, errorMessage };
    }),
  };
}

function createTopic(state: ControllerState, topic: CreatableTopic): Refusal | undefined {
  const { name, configs } = topic;
  if (state.image.topics.has(name)) return ['TOPIC_ALREADY_EXISTS', `Topic '${name}' already exists.`];
  const invalidName = nameProblem(name, [...state.image.topics.keys()]);
  if (invalidName !== undefined) return ['INVALID_TOPIC_EXCEPTION', invalidName];
  const overrides = new Map(configs.flatMap(({ name: key, value }) => (value === null ? [] : [[key, value] as const])));
  const invalidConfig = topicConfigProblem(state, overrides);
  if (invalidConfig !== undefined) return ['INVALID_CONFIG', invalidConfig];
  const placed = topic.assignments.length > 0 ? manualAssignments(state, topic) : automaticAssignments(state, topic);
  if ('refusal' in placed) return placed.refusal;
  state.propose([
    { type: 'Topic', name, topicId: randomUuid(state.context.random('topic-id')) },
    ...[...overrides].map(([key, value]): MetadataRecord => ({ type: 'Config', topic: name, name: key, value })),
    ...placed.assignments.map((replicas, partition): MetadataRecord => {
      const isr = replicas.filter(state.isActive);
      return {
        type: 'Partition', topic: name, partition, replicas, isr, elr: [], lastKnownElr: [], addingReplicas: [], removingReplicas: [],
        leader: isr[0]!, leaderEpoch: 0, partitionEpoch: 0, leaderRecoveryState: RECOVERED,
      };
    }),
  ]);
  return undefined;
}

function automaticAssignments(state: ControllerState, topic: CreatableTopic): { readonly assignments: Assignments } | { readonly refusal: Refusal } {
  const { config } = state.options;
  const partitions = topic.numPartitions === DEFAULT ? config['num.partitions'] : topic.numPartitions;
  const replicationFactor = topic.replicationFactor === DEFAULT ? config['default.replication.factor'] : topic.replicationFactor;
  if (replicationFactor < 1) return { refusal: ['INVALID_REPLICATION_FACTOR', 'The replication factor must be larger than 0, or -1 for the default.'] };
  if (partitions < 1) return { refusal: ['INVALID_PARTITIONS', 'The number of partitions must be larger than 0, or -1 for the default.'] };
  const usable = [...state.image.brokers.values()].filter(({ inControlledShutdown }) => !inControlledShutdown).map(({ brokerId, rack, fenced }) => ({ id: brokerId, rack, fenced }));
  const active = usable.filter(({ fenced }) => !fenced).map(({ id }) => id).sort((a, b) => a - b);
  // Brokers that are fenced may be back: they get replicas, too, if somebody is there to lead.
  const count = active.length > 0 ? usable.length : 0;
  if (replicationFactor > count) return { refusal: ['INVALID_REPLICATION_FACTOR', `There are ${count} brokers for ${replicationFactor} replicas.`] };
  const isStriped = active.length < usable.length || usable.some(({ rack }) => rack !== undefined);
  return { assignments: isStriped ? placeStriped(usable, partitions, replicationFactor, state.context.random('replica-placement')) : assignReplicas(active, partitions, replicationFactor) };
}

function manualAssignments(state: ControllerState, { numPartitions, replicationFactor, assignments }: CreatableTopic): { readonly assignments: Assignments } | { readonly refusal: Refusal } {
  if (numPartitions !== DEFAULT || replicationFactor !== DEFAULT) return { refusal: ['INVALID_REQUEST', 'With replicas assigned, numPartitions and replicationFactor must be -1.'] };
  const sorted = assignments.toSorted((a, b) => a.partitionIndex - b.partitionIndex);
  if (sorted.some(({ partitionIndex }, i) => partitionIndex !== i)) return { refusal: ['INVALID_REPLICA_ASSIGNMENT', 'Partitions must be numbered from 0 on, each once.'] };
  for (const { partitionIndex, brokerIds } of sorted) {
    const problem =
      assignmentProblem(brokerIds, state.image.brokers) ??
      (brokerIds.length === sorted[0]!.brokerIds.length ? undefined : 'All partitions must have as many replicas.') ??
      (brokerIds.some(state.isActive) ? undefined : `No broker of partition ${partitionIndex} is there.`);
    if (problem !== undefined) return { refusal: ['INVALID_REPLICA_ASSIGNMENT', problem] };
  }
  return { assignments: sorted.map(({ brokerIds }) => brokerIds) };
}

/** What is wrong with a name: names that differ in `.` and `_` alone would be one in metrics. */
function nameProblem(name: string, existing: readonly string[]): string | undefined {
  if (name === '' || name === '.' || name === '..') return `'${name}' is no name for a topic.`;
  if (name.length > TOPIC_NAME_LENGTH_MAX) return `A topic's name has at most ${TOPIC_NAME_LENGTH_MAX} characters.`;
  if (!/^[a-zA-Z0-9._-]+$/.test(name)) return `'${name}' has other characters than letters, digits, '.', '_' and '-'.`;
  const plain = (topic: string): string => topic.replaceAll('.', '_');
  const colliding = existing.find((topic) => plain(topic) === plain(name));
  return colliding === undefined ? undefined : `'${name}' collides with '${colliding}'.`;
}

export function deleteTopics(state: ControllerState, { topics }: DeleteTopicsRequest): DeleteTopicsResponse {
  return {
    responses: topics.map(({ name, topicId }) => {
      const topic = name === null ? state.image.topicById(topicId) : state.image.topics.get(name);
      if (topic === undefined) return { name, topicId, errorCode: ERRORS[name === null ? 'UNKNOWN_TOPIC_ID' : 'UNKNOWN_TOPIC_OR_PARTITION'].code, errorMessage: null };
      state.propose([{ type: 'RemoveTopic', name: topic.name, topicId: topic.topicId }]);
      return { name: topic.name, topicId: topic.topicId, errorCode: ERRORS.NONE.code, errorMessage: null };
    }),
  };
}
