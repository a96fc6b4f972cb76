/** @module Leaders change their in-sync sets (AP-1, AP-2). */
import { NO_LEADER } from '../metadata/metadata-image.ts';
import { RECOVERED } from '../metadata/metadata-record.ts';
import { ERRORS, NONE } from '../protocol/errors.ts';
import type { ErrorName } from '../protocol/errors.ts';
import type { AlterPartitionRequest, AlterPartitionResponse } from '../protocol/messages.ts';
import { validateAlterPartition } from './alter-partition.ts';
import type { AlterPartitionItem } from './alter-partition.ts';
import type { ControllerState } from './controller-state.ts';

type AlteredPartition = AlterPartitionResponse['topics'][number]['partitions'][number];

export function alterPartition(state: ControllerState, { brokerId, brokerEpoch, topics }: AlterPartitionRequest): AlterPartitionResponse {
  if (state.image.brokers.get(brokerId)?.brokerEpoch !== brokerEpoch) return { errorCode: ERRORS.STALE_BROKER_EPOCH.code, topics: [] };
  return {
    errorCode: NONE,
    topics: topics.map(({ topicId, partitions }) => {
      const topic = state.image.topicById(topicId)?.name;
      return { topicId, partitions: partitions.map((item) => (topic === undefined ? refused(item, 'UNKNOWN_TOPIC_ID') : alter(state, brokerId, topic, item))) };
    }),
  };
}

function alter(state: ControllerState, brokerId: number, topic: string, item: AlterPartitionItem): AlteredPartition {
  const at = { topic, partition: item.partitionIndex };
  const error = validateAlterPartition(brokerId, item, state.image.partition(topic, item.partitionIndex), state.image.brokers, state.options.protocol);
  if (error !== 'NONE') return refused(item, error);
  state.change(at, { election: state.electionOf(topic), isr: item.newIsrWithEpochs.map((member) => member.brokerId), leaderRecoveryState: item.leaderRecoveryState });
  // Without a change: the answer is what is.
  const { leader, leaderEpoch, isr, leaderRecoveryState, partitionEpoch } = state.image.partition(topic, item.partitionIndex)!;
  // It has completed a reassignment that took the leadership from the leader.
  if (leader !== brokerId) return refused(item, 'NEW_LEADER_ELECTED');
  return { partitionIndex: item.partitionIndex, errorCode: NONE, leaderId: leader, leaderEpoch, isr, leaderRecoveryState, partitionEpoch };
}

function refused({ partitionIndex }: AlterPartitionItem, error: ErrorName): AlteredPartition {
  return { partitionIndex, errorCode: ERRORS[error].code, leaderId: NO_LEADER, leaderEpoch: -1, isr: [], leaderRecoveryState: RECOVERED, partitionEpoch: -1 };
}
