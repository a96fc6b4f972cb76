/** @module Elections that somebody asks for (EL-12), and those that are due now and then (EL-11). */
import { MILLISECOND, SECOND } from '../../runtime/index.ts';
import type { Task } from '../../runtime/index.ts';
import { NO_LEADER } from '../metadata/metadata-image.ts';
import type { PartitionRegistration, TopicPartition } from '../metadata/metadata-image.ts';
import { ELECTION_TYPE } from '../protocol/admin-messages.ts';
import type { ElectLeadersRequest, ElectLeadersResponse } from '../protocol/admin-messages.ts';
import { ERRORS, NONE } from '../protocol/errors.ts';
import type { ErrorName } from '../protocol/errors.ts';
import type { ControllerState } from './controller-state.ts';
import type { ElectionType } from './election.ts';

/** Most elections in one pass of a sweep. */
const ELECTIONS_MAX = 1_000;

export function electLeaders(state: ControllerState, { electionType, topicPartitions }: ElectLeadersRequest): ElectLeadersResponse {
  const type = electionType === ELECTION_TYPE.preferred ? 'preferred' : electionType === ELECTION_TYPE.unclean ? 'unclean' : undefined;
  if (type === undefined) return { errorCode: ERRORS.INVALID_REQUEST.code, replicaElectionResults: [] };
  const wanted = topicPartitions ?? [...state.image.topics.values()].map(({ name, partitions }) => ({ topic: name, partitions: [...partitions.keys()] }));
  const isAll = topicPartitions === null;
  return {
    errorCode: NONE,
    replicaElectionResults: wanted.map(({ topic, partitions }) => ({
      topic,
      partitionResult: partitions
        .map((partition) => ({ partitionId: partition, error: elect(state, { topic, partition }, type) }))
        // Asked for all, only what was not as it should be is told.
        .filter(({ error }) => !isAll || error !== 'ELECTION_NOT_NEEDED')
        .map(({ partitionId, error }) => ({ partitionId, errorCode: ERRORS[error].code, errorMessage: null })),
    })),
  };
}

function elect(state: ControllerState, at: TopicPartition, election: Exclude<ElectionType, 'online'>): ErrorName {
  const before = state.image.partition(at.topic, at.partition);
  if (before === undefined) return 'UNKNOWN_TOPIC_OR_PARTITION';
  if (election === 'preferred' ? before.leader === before.replicas[0] : before.leader !== NO_LEADER) return 'ELECTION_NOT_NEEDED';
  if (state.change(at, { election })) return 'NONE';
  return election === 'preferred' ? 'PREFERRED_LEADER_NOT_AVAILABLE' : 'ELIGIBLE_LEADERS_NOT_AVAILABLE';
}

/** EL-11, EL-13: somebody leads where nobody does, even uncleanly, if the topic allows it. @returns whether there may be more to do */
export function electUncleanLeaders(state: ControllerState): boolean {
  return sweep(state, ({ topic, registration }) => registration.leader === NO_LEADER && state.electionOf(topic) === 'unclean', 'unclean');
}

/** EL-11: the first replica leads again where another one does. */
function electPreferredLeaders(state: ControllerState): boolean {
  return sweep(state, ({ registration }) => registration.leader !== registration.replicas[0], 'preferred');
}

function sweep(state: ControllerState, isDue: (partition: TopicPartition & { readonly registration: PartitionRegistration }) => boolean, election: ElectionType): boolean {
  let elections = 0;
  for (const partition of [...state.image.partitions()].filter(isDue)) {
    if (elections === ELECTIONS_MAX) return true;
    if (state.change({ topic: partition.topic, partition: partition.partition }, { election })) elections += 1;
  }
  return false;
}

export function* sweepUncleanElections(state: ControllerState): Task {
  yield* everyInterval(state, state.options.config['unclean.leader.election.interval.ms'] * MILLISECOND, electUncleanLeaders);
}

export function* balanceLeaders(state: ControllerState): Task {
  if (state.options.config['auto.leader.rebalance.enable']) yield* everyInterval(state, state.options.config['leader.imbalance.check.interval.seconds'] * SECOND, electPreferredLeaders);
}

/** A pass that has not done all is followed by the next at once. */
function* everyInterval(state: ControllerState, intervalUs: number, pass: (state: ControllerState) => boolean): Task {
  for (;;) {
    yield* state.context.sleep(intervalUs);
    while (pass(state)) yield* state.context.sleep(state.options.requestUs);
  }
}
