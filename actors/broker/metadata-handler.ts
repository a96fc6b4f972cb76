/** @module Metadata and ListOffsets: what clients ask before they write and read. */
import { ERRORS, NONE } from '../protocol/errors.ts';
import type { ErrorName } from '../protocol/errors.ts';
import { EARLIEST_TIMESTAMP, LATEST_TIMESTAMP } from '../protocol/messages.ts';
import type { ListOffsetsRequest, ListOffsetsResponse, MetadataRequest, MetadataResponse } from '../protocol/messages.ts';
import { NO_LEADER } from '../metadata/metadata-image.ts';
import type { MetadataImage, PartitionRegistration } from '../metadata/metadata-image.ts';
import { codeOf, epochError } from './partition.ts';
import type { Partition } from './partition.ts';
import type { ReplicaManager } from './replica-manager.ts';

const CONSUMER = -1;

/** What this broker knows, which may be old: a broker that cannot reach the controller serves on (BL-4). */
export function metadata(image: MetadataImage, request: MetadataRequest): MetadataResponse {
  const names = request.topics ?? [...image.topics.keys()];
  return {
    brokers: [...image.brokers.values()].filter(({ fenced }) => !fenced).map(({ brokerId, host, port }) => ({ nodeId: brokerId, host, port })),
    controllerId: -1,
    topics: names.map((name) => {
      const topic = image.topics.get(name);
      if (topic === undefined) return { errorCode: ERRORS.UNKNOWN_TOPIC_OR_PARTITION.code, name, topicId: '', partitions: [] };
      return { errorCode: NONE, name, topicId: topic.topicId, partitions: [...topic.partitions].map(([index, registration]) => partitionMetadata(index, registration, image)) };
    }),
  };
}

function partitionMetadata(partitionIndex: number, registration: PartitionRegistration, image: MetadataImage): MetadataResponse['topics'][number]['partitions'][number] {
  const { leaderEpoch, replicas, isr } = registration;
  const leader = availableLeader(registration, image);
  return {
    errorCode: leader === undefined ? ERRORS.LEADER_NOT_AVAILABLE.code : NONE,
    partitionIndex,
    leaderId: leader ?? NO_LEADER,
    leaderEpoch,
    replicaNodes: replicas,
    isrNodes: isr,
  };
}

/** Who leads and can be asked; undefined: nobody (ML-3). */
export function availableLeader({ leader }: PartitionRegistration, image: MetadataImage): number | undefined {
  return leader !== NO_LEADER && image.aliveBrokerEpoch(leader) !== undefined ? leader : undefined;
}

/** F-11. Lookups by time come with the index they need. */
export function listOffsets(replicas: ReplicaManager, request: ListOffsetsRequest): ListOffsetsResponse {
  return {
    topics: request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex, currentLeaderEpoch, timestamp }) => {
        const found = offsetFor(replicas.partition(name, partitionIndex), currentLeaderEpoch, timestamp, request.replicaId);
        if (typeof found === 'string') return { partitionIndex, errorCode: codeOf(found), timestamp: -1, offset: -1, leaderEpoch: -1 };
        return { partitionIndex, errorCode: NONE, timestamp: -1, offset: found.offset, leaderEpoch: found.leaderEpoch };
      }),
    })),
  };
}

function offsetFor(partition: Partition | undefined, currentLeaderEpoch: number, timestamp: number, replicaId: number): { readonly offset: number; readonly leaderEpoch: number } | ErrorName {
  if (partition === undefined) return 'UNKNOWN_TOPIC_OR_PARTITION';
  if (partition.isOffline) return 'KAFKA_STORAGE_ERROR';
  const stale = epochError(currentLeaderEpoch, partition.leaderEpoch);
  if (stale !== undefined) return stale;
  if (!partition.isLeader) return 'NOT_LEADER_OR_FOLLOWER';
  const { log, leaderEpoch } = partition;
  if (timestamp === EARLIEST_TIMESTAMP) return { offset: log.logStartOffset, leaderEpoch };
  if (timestamp !== LATEST_TIMESTAMP) return 'UNSUPPORTED_VERSION';
  if (replicaId !== CONSUMER) return { offset: log.logEndOffset, leaderEpoch };
  // A new leader's high watermark lags behind what the old one may have shown: it does not report an end that went back.
  if (log.highWatermark < partition.leaderEpochStartOffset) return 'OFFSET_NOT_AVAILABLE';
  return { offset: log.highWatermark, leaderEpoch };
}
