/**
 * @module
 * The records of the metadata log `__cluster_metadata-0`, as KRaft names them (semantics §3). Stored as values of ordinary records
 * in ordinary batches. The value is JSON for now; Kafka's own encoding of each record takes its place here and nowhere else.
 */
import { readRecords } from '../log/records.ts';
import type { RecordData } from '../log/records.ts';
import { baseOffsetOf, batchPositions, lastOffsetOf, maxTimestampOf, partitionLeaderEpochOf, readBatchHeader } from '../log/record-batch.ts';
import type { Offset } from '../log/record-batch.ts';

export const METADATA_TOPIC = '__cluster_metadata';
export const METADATA_LOG = `${METADATA_TOPIC}-0`;

/** `leaderRecoveryState`: 0 RECOVERED, 1 RECOVERING (after an unclean election). */
export const RECOVERED = 0;
export const RECOVERING = 1;

export interface RegisterBrokerRecord {
  readonly type: 'RegisterBroker';
  readonly brokerId: number;
  readonly incarnationId: string;
  /** The offset of this very record (BL-1). */
  readonly brokerEpoch: Offset;
  readonly fenced: boolean;
  /** Absent: no. Only a snapshot says so here. */
  readonly inControlledShutdown?: boolean;
  readonly host: string;
  readonly port: number;
  readonly rack?: string | undefined;
}

/** Absent fields: unchanged. */
export interface BrokerRegistrationChangeRecord {
  readonly type: 'BrokerRegistrationChange';
  readonly brokerId: number;
  readonly brokerEpoch: Offset;
  readonly fenced?: boolean;
  readonly inControlledShutdown?: boolean;
}

export interface TopicRecord {
  readonly type: 'Topic';
  readonly name: string;
  readonly topicId: string;
}

/** With its partitions and its config. */
export interface RemoveTopicRecord {
  readonly type: 'RemoveTopic';
  readonly name: string;
  readonly topicId: string;
}

export interface ConfigRecord {
  readonly type: 'Config';
  readonly topic: string;
  readonly name: string;
  /** Null: back to the default. */
  readonly value: string | null;
}

export interface PartitionRecord {
  readonly type: 'Partition';
  readonly topic: string;
  readonly partition: number;
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
  readonly elr: readonly number[];
  readonly lastKnownElr: readonly number[];
  readonly addingReplicas: readonly number[];
  readonly removingReplicas: readonly number[];
  readonly leader: number;
  readonly leaderEpoch: number;
  readonly partitionEpoch: number;
  readonly leaderRecoveryState: number;
}

/** EL-4: a leader field bumps the leader epoch, even with the same leader; every change bumps the partition epoch. Absent fields: unchanged. */
export interface PartitionChangeRecord {
  readonly type: 'PartitionChange';
  readonly topic: string;
  readonly partition: number;
  readonly replicas?: readonly number[];
  readonly isr?: readonly number[];
  readonly elr?: readonly number[];
  readonly lastKnownElr?: readonly number[];
  readonly addingReplicas?: readonly number[];
  readonly removingReplicas?: readonly number[];
  readonly leader?: number;
  readonly leaderRecoveryState?: number;
}

/** Nobody is eligible for a partition of this topic any more but who is in sync (EL-6). */
export interface ClearElrRecord {
  readonly type: 'ClearElr';
  readonly topic: string;
}

/** Says nothing: by it observers know that they are up to date (KR-12). */
export interface NoOpRecord {
  readonly type: 'NoOp';
}

export type MetadataRecord = RegisterBrokerRecord | BrokerRegistrationChangeRecord | TopicRecord | RemoveTopicRecord | ConfigRecord | PartitionRecord | PartitionChangeRecord | ClearElrRecord | NoOpRecord;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A record as it goes into a batch of the log. `timestamp` in ms. */
export function encodeMetadataRecord(record: MetadataRecord, timestamp: number): RecordData {
  return { key: null, value: encoder.encode(JSON.stringify(record)), timestamp };
}

/** What whole batches of the log say: their records with their offsets, without the quorum's own. */
export interface MetadataDelta {
  readonly records: readonly { readonly offset: Offset; readonly record: MetadataRecord }[];
  /** Where the last of the batches ends, which epoch wrote it, and the time of its last record in ms; undefined if there are none. */
  readonly end: { readonly offset: Offset; readonly epoch: number; readonly timestamp: number } | undefined;
}

export function decodeMetadataBatches(batches: Uint8Array): MetadataDelta {
  const positions = [...batchPositions(batches)];
  const last = positions.at(-1);
  return {
    records: positions.flatMap((position) => recordsOf(batches, position)),
    end: last === undefined ? undefined : { offset: lastOffsetOf(batches, last) + 1, epoch: partitionLeaderEpochOf(batches, last), timestamp: maxTimestampOf(batches, last) },
  };
}

function recordsOf(batches: Uint8Array, position: number): { offset: Offset; record: MetadataRecord }[] {
  if (readBatchHeader(batches, position).isControl) return [];
  const baseOffset = baseOffsetOf(batches, position);
  return readRecords(batches, position).map(({ value }, i) => ({ offset: baseOffset + i, record: JSON.parse(decoder.decode(value)) as MetadataRecord }));
}
