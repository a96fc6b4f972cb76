/** @module Partitions are moved to other brokers (EL-14, KIP-455). */
import type { PartitionRegistration, TopicPartition } from '../metadata/metadata-image.ts';
import type { AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse, ListPartitionReassignmentsRequest, ListPartitionReassignmentsResponse } from '../protocol/admin-messages.ts';
import { ERRORS, NONE } from '../protocol/errors.ts';
import type { ErrorName } from '../protocol/errors.ts';
import type { ControllerState } from './controller-state.ts';
import { assignmentProblem } from './replica-placement.ts';
import { beginReassignment } from './reassignment.ts';

type Reassigning = ListPartitionReassignmentsResponse['topics'][number]['partitions'][number];

/** A refusal with its reason. */
type Refusal = readonly [error: ErrorName, reason: string | null];

const DONE: Refusal = ['NONE', null];

export function alterPartitionReassignments(state: ControllerState, { topics }: AlterPartitionReassignmentsRequest): AlterPartitionReassignmentsResponse {
  return {
    errorCode: NONE,
    errorMessage: null,
    responses: topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex, replicas }) => {
        const [error, errorMessage] = reassign(state, { topic: name, partition: partitionIndex }, replicas);
        return { partitionIndex, errorCode: ERRORS[error].code, errorMessage };
      }),
    })),
  };
}

function reassign(state: ControllerState, at: TopicPartition, target: readonly number[] | null): Refusal {
  const before = state.image.partition(at.topic, at.partition);
  if (before === undefined) return ['UNKNOWN_TOPIC_OR_PARTITION', null];
  if (target === null) return cancel(state, at, before);
  const problem = assignmentProblem(target, state.image.brokers);
  if (problem !== undefined) return ['INVALID_REPLICA_ASSIGNMENT', problem];
  const { replicas, addingReplicas, removingReplicas } = beginReassignment(before.replicas, target);
  // A reassignment in progress that adds the same replicas goes on adding them.
  state.change(at, { replicas, ...(addingReplicas.length > 0 ? { addingReplicas } : {}), ...(removingReplicas.length > 0 ? { removingReplicas } : {}) });
  return DONE;
}

/** The replicas that were added go again. If nobody of the others is in sync, that takes an unclean election. */
function cancel(state: ControllerState, at: TopicPartition, before: PartitionRegistration): Refusal {
  if (!isReassigning(before)) return ['NO_REASSIGNMENT_IN_PROGRESS', null];
  const replicas = before.replicas.filter((replica) => !before.addingReplicas.includes(replica));
  const isr = before.isr.filter((replica) => replicas.includes(replica));
  const election = state.electionOf(at.topic);
  if (isr.length === 0 && election !== 'unclean') return ['INVALID_REPLICA_ASSIGNMENT', 'No former replica is in sync: it would take an unclean election.'];
  state.change(at, { election, replicas, isr: isr.length > 0 ? isr : replicas.slice(0, 1), addingReplicas: [], removingReplicas: [] });
  return DONE;
}

export function listPartitionReassignments(state: ControllerState, { topics }: ListPartitionReassignmentsRequest): ListPartitionReassignmentsResponse {
  const wanted = topics ?? [...state.image.topics.values()].map(({ name, partitions }) => ({ name, partitionIndexes: [...partitions.keys()] }));
  const listed = wanted.map(({ name, partitionIndexes }) => ({
    name,
    partitions: partitionIndexes.flatMap((partitionIndex): Reassigning[] => {
      const registration = state.image.partition(name, partitionIndex);
      if (registration === undefined || !isReassigning(registration)) return [];
      const { replicas, addingReplicas, removingReplicas } = registration;
      return [{ partitionIndex, replicas, addingReplicas, removingReplicas }];
    }),
  }));
  return { errorCode: NONE, errorMessage: null, topics: listed.filter(({ partitions }) => partitions.length > 0) };
}

function isReassigning({ addingReplicas, removingReplicas }: PartitionRegistration): boolean {
  return addingReplicas.length > 0 || removingReplicas.length > 0;
}
