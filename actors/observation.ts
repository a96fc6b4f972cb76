/**
 * @module
 * The one closed union of what actors tell the judges: client calls (invoked, returned) and what a broker or controller did that
 * a judge could not see from outside. Judges read these and nothing else.
 */
import { array, boolean, float64, int32, int64, nullable, string } from './protocol/schema.ts';
import type { Fields, InferFields } from './protocol/schema.ts';

const partition = { topic: string, partition: int32 } as const;
/** One entry per batch, in order: {@link BatchSummary}. */
const batches = { lastOffsets: array(int64), epochs: array(int32), checksums: array(int64) } as const;

export const OBSERVATIONS = {
  // Client calls. `call` is unique per client; `value` is the record's value, unique in the run.
  'send-invoked': { call: int64, ...partition, value: string, acks: int32 },
  /** `error` null: acknowledged; with acks=0 the offset is −1. `isIndeterminate`: the record may be in the log all the same. */
  'send-returned': { call: int64, ...partition, value: string, acks: int32, offset: int64, error: nullable(string), isIndeterminate: boolean },
  /** An attempt has failed, and the record will be sent once more. */
  'send-retried': { call: int64, ...partition, value: string },
  /** One partition's share of a poll: the records in the order in which the application got them. */
  polled: { ...partition, offsets: array(int64), values: array(string) },
  /** A consumer says that it was given everything from `fromOffset` (−1: it does not say from where) up to its end. */
  'read-to-end': { ...partition, fromOffset: int64, endOffset: int64 },
  /** A consumer that was to read to the end stops before: it was given nothing for a long time. `endOffset`: the end as a broker told it; −1: nobody did. */
  'gave-up': { ...partition, position: int64, endOffset: int64 },
  /** A consumer could not read what stands at this offset, for it is corrupt, and went on behind it. */
  unreadable: { ...partition, offset: int64 },
  /** The auditor has read a partition to its end, after the heal; `values[i]` stands at `offsets[i]`. */
  'final-read': { ...partition, endOffset: int64, offsets: array(int64), values: array(string) },

  /** An administrator was told that a partition begins to move to these brokers. */
  'reassignment-begun': { ...partition, replicas: array(int32) },

  /** An administrator asks for everything below an offset to be deleted; −1: below the high watermark (RT-2). */
  'deletion-asked': { ...partition, beforeOffset: int64 },

  // Replicas. `broker` is the one that observes.
  /**
   * A replica's log after a start. Below `recoveredFrom` it is what it was when it was last heard of; from there on it was read again, and holds
   * these batches ({@link BatchSummary}).
   */
  'log-opened': { ...partition, broker: int32, logStartOffset: int64, logEndOffset: int64, latestEpoch: int32, recoveredFrom: int64, ...batches },
  appended: { ...partition, broker: int32, leaderEpoch: int32, baseOffset: int64, lastOffset: int64, asLeader: boolean, ...batches },
  truncated: { ...partition, broker: int32, leaderEpoch: int32, toOffset: int64, fromOffset: int64, highWatermark: int64 },
  'leader-started': { ...partition, broker: int32, leaderEpoch: int32, epochStartOffset: int64, highWatermark: int64, isr: array(int32) },
  'follower-started': { ...partition, broker: int32, leader: int32, leaderEpoch: int32, logEndOffset: int64 },
  /** A replica has taken over what the metadata log, or an answer to its AlterPartition, says of its partition (§1.8). */
  'partition-applied': { ...partition, broker: int32, leader: int32, leaderEpoch: int32, partitionEpoch: int32, isr: array(int32) },
  /** A leader's high watermark moved. */
  'high-watermark': { ...partition, broker: int32, leaderEpoch: int32, highWatermark: int64, isr: array(int32) },
  /** The first offset that is still there has risen. `reason`: `retention`, `delete-records`, `leader` (a follower takes over its leader's) or `truncated-fully`. */
  'log-start': { ...partition, broker: int32, logStartOffset: int64, reason: string },
  /** A round of compaction begins to replace segments: records below `endOffset` that have a later one of the same key below it may be gone from now on (RT-3). */
  'log-cleaned': { ...partition, broker: int32, endOffset: int64 },
  /** An I/O error has taken the log directory of a broker offline (DF-1). */
  'log-directory-offline': { broker: int32, cause: string },

  // The active controller. `elr`, `lastKnownElr`: eligible leader replicas (EL-6), empty where the feature is off. `metadataOffset`: of the record
  // that says so; a controller that takes over tells all partitions again, as of the last record it has read.
  'partition-changed': {
    ...partition, leader: int32, leaderEpoch: int32, partitionEpoch: int32, isr: array(int32), elr: array(int32), lastKnownElr: array(int32), replicas: array(int32), isUnclean: boolean,
    metadataOffset: int64,
  },
  'partition-deleted': { ...partition },
  'broker-registered': { broker: int32, brokerEpoch: int64 },
  'broker-fenced': { broker: int32, brokerEpoch: int64 },
  'broker-unfenced': { broker: int32, brokerEpoch: int64 },

  // Voters of the controller quorum (§3), by their node id. An epoch's first offset is that of its leader's LeaderChange record.
  'raft-leader-elected': { node: int32, epoch: int32, epochStartOffset: int64 },
  /** Written, but durable only when it is acknowledged. The first of the batches begins at `baseOffset`. */
  'raft-appended': { node: int32, epoch: int32, baseOffset: int64, asLeader: boolean, ...batches },
  'raft-truncated': { node: int32, epoch: int32, toOffset: int64 },
  'raft-high-watermark': { node: int32, epoch: int32, highWatermark: int64 },
  /** A voter opened its log after a start; what lies from `recoveredFrom` on it read again, and it is durable now (as `log-opened`). Its high watermark begins anew. */
  'raft-opened': { node: int32, epoch: int32, logEndOffset: int64, recoveredFrom: int64, ...batches },
  /** A voter has written a snapshot of what is committed below `endOffset`, where `snapshotEpoch` wrote last: so many bytes, of this CRC-32C (KR-4). */
  'raft-snapshot-created': { node: int32, epoch: int32, endOffset: int64, snapshotEpoch: int32, bytes: int64, checksum: int64 },
  /** A snapshot that is durable takes the place of a voter's log, which is empty then, and begins and ends there. */
  'raft-snapshot-loaded': { node: int32, epoch: int32, endOffset: int64, snapshotEpoch: int32 },
  /** The active controller has replayed the log and takes requests (KR-12). */
  'controller-activated': { node: int32, epoch: int32 },

  // Metrics of a process (§8), every so often. `owner` tells the registries of one process apart.
  /** Metrics that are new, numbered from `from` on; 0: the process has started anew. */
  'metrics-registered': { owner: string, from: int32, names: array(string) },
  /** What has changed since the last sample: the metric `indices[i]` is `values[i]` now; null: it has no value. */
  'metrics-sampled': { owner: string, indices: array(int32), values: array(nullable(float64)) },
} as const satisfies Record<string, Fields>;

export type ObservationKind = keyof typeof OBSERVATIONS;

/** Something observed, e.g. `{ kind: 'broker-fenced', broker: 2, brokerEpoch: 17 }`. */
export type Observation = { [K in ObservationKind]: { readonly kind: K } & InferFields<(typeof OBSERVATIONS)[K]> }[ObservationKind];
