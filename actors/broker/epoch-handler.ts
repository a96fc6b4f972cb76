/** @module OffsetForLeaderEpoch: where an epoch ends in the leader's log (F-12). Followers of older generations ask it, and consumers that check their position. */
import { NONE, codeOf } from '../protocol/errors.ts';
import type { ErrorName } from '../protocol/errors.ts';
import type { OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse } from '../protocol/messages.ts';
import { epochError } from './fences.ts';
import type { ReplicaManager } from './replica-manager.ts';
import { GENERATIONS, endOffsetAnswer } from './truncation.ts';

type Asked = OffsetForLeaderEpochRequest['topics'][number]['partitions'][number];
type Answer = OffsetForLeaderEpochResponse['topics'][number]['partitions'][number];

export function offsetForLeaderEpoch(replicas: ReplicaManager, { topics }: OffsetForLeaderEpochRequest): OffsetForLeaderEpochResponse {
  return { topics: topics.map(({ topic, partitions }) => ({ topic, partitions: partitions.map((asked) => answer(replicas, topic, asked)) })) };
}

function answer(replicas: ReplicaManager, topic: string, { partition: index, currentLeaderEpoch, leaderEpoch }: Asked): Answer {
  const refused = (error: ErrorName): Answer => ({ errorCode: codeOf(error), partition: index, leaderEpoch: -1, endOffset: -1 });
  const partition = replicas.partition(topic, index);
  if (partition === undefined) return refused(replicas.image.partition(topic, index) === undefined ? 'UNKNOWN_TOPIC_OR_PARTITION' : 'NOT_LEADER_OR_FOLLOWER');
  if (partition.isOffline) return refused('KAFKA_STORAGE_ERROR');
  const stale = epochError(currentLeaderEpoch, partition.leaderEpoch);
  if (stale !== undefined) return refused(stale);
  if (!partition.isLeader) return refused('NOT_LEADER_OR_FOLLOWER');
  const { epoch, endOffset } = endOffsetAnswer(GENERATIONS[replicas.options.protocol.truncation], partition.log, leaderEpoch);
  return { errorCode: NONE, partition: index, leaderEpoch: epoch, endOffset };
}
