/** @module Metadata and ListOffsets: what clients ask before they write and read. */
import type { Task } from '../../runtime/index.ts';
import { ERRORS, KafkaError, NONE, codeOf } from '../protocol/errors.ts';
import type { ErrorName } from '../protocol/errors.ts';
import { EARLIEST_TIMESTAMP, LATEST_TIMESTAMP } from '../protocol/messages.ts';
import type { ListOffsetsRequest, ListOffsetsResponse, MetadataRequest, MetadataResponse } from '../protocol/messages.ts';
import { NO_LEADER } from '../metadata/metadata-image.ts';
import type { MetadataImage, PartitionRegistration } from '../metadata/metadata-image.ts';
import { epochError } from './fences.ts';
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

/** F-11. */
export function* listOffsets(replicas: ReplicaManager, request: ListOffsetsRequest): Task<ListOffsetsResponse> {
  const topics: { name: string; partitions: ListedPartition[] }[] = [];
  for (const { name, partitions } of request.topics) {
    const listed: ListedPartition[] = [];
    for (const { partitionIndex, currentLeaderEpoch, timestamp } of partitions) {
      const found = yield* offsetFor(replicas.partition(name, partitionIndex) ?? (replicas.image.partition(name, partitionIndex) === undefined ? 'UNKNOWN_TOPIC_OR_PARTITION' : 'NOT_LEADER_OR_FOLLOWER'), currentLeaderEpoch, timestamp, request.replicaId);
      listed.push(typeof found === 'string' ? { partitionIndex, errorCode: codeOf(found), ...NOT_FOUND } : { partitionIndex, errorCode: NONE, ...NOT_FOUND, ...found });
    }
    topics.push({ name, partitions: listed });
  }
  return { topics };
}

type ListedPartition = ListOffsetsResponse['topics'][number]['partitions'][number];
const NOT_FOUND = { timestamp: -1, offset: -1, leaderEpoch: -1 };

interface ListedOffset {
  /** Of the record, in ms, where a time was looked for. */
  readonly timestamp?: number;
  readonly offset: number;
  readonly leaderEpoch: number;
}

function* offsetFor(partition: Partition | ErrorName, currentLeaderEpoch: number, timestamp: number, replicaId: number): Task<ListedOffset | ErrorName> {
  if (typeof partition === 'string') return partition;
  if (partition.isOffline) return 'KAFKA_STORAGE_ERROR';
  const stale = epochError(currentLeaderEpoch, partition.leaderEpoch);
  if (stale !== undefined) return stale;
  if (!partition.isLeader) return 'NOT_LEADER_OR_FOLLOWER';
  const { log, leaderEpoch } = partition;
  if (timestamp === EARLIEST_TIMESTAMP) return { offset: log.logStartOffset, leaderEpoch };
  if (timestamp < 0 && timestamp !== LATEST_TIMESTAMP) return 'UNSUPPORTED_VERSION';
  if (replicaId !== CONSUMER) return { offset: log.logEndOffset, leaderEpoch };
  // A new leader's high watermark lags behind what the old one may have shown: it does not report an end that went back.
  const mayHaveGoneBack = (): boolean => log.highWatermark < partition.leaderEpochStartOffset;
  if (timestamp === LATEST_TIMESTAMP) return mayHaveGoneBack() ? 'OFFSET_NOT_AVAILABLE' : { offset: log.highWatermark, leaderEpoch };
  // The first committed record that is not earlier; all −1: there is none yet.
  try {
    const found = yield* log.offsetForTimestamp(timestamp);
    if (found !== undefined && found.offset < log.highWatermark) return { ...found, leaderEpoch: log.epochOf(found.offset) ?? -1 };
    return mayHaveGoneBack() ? 'OFFSET_NOT_AVAILABLE' : NOT_FOUND;
  } catch (error) {
    if (error instanceof KafkaError) return error.error;
    throw error;
  }
}
