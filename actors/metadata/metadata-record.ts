/**
 * @module
 * The records of the metadata log `__cluster_metadata-0`, as KRaft names them (semantics §3). Stored as values of ordinary records
 * in ordinary batches. The value is JSON for now; Kafka's own encoding of each record takes its place here and nowhere else.
 */
import { encodeRecordBatch, readRecords } from '../log/records.ts';
import { batchPositions, baseOffsetOf } from '../log/record-batch.ts';
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
  readonly host: string;
  readonly port: number;
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

export type MetadataRecord = RegisterBrokerRecord | BrokerRegistrationChangeRecord | TopicRecord | RemoveTopicRecord | ConfigRecord | PartitionRecord | PartitionChangeRecord;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** One batch with these records. */
export function encodeMetadataRecords(records: readonly MetadataRecord[], timestamp: number): Uint8Array {
  return encodeRecordBatch(records.map((record) => ({ key: null, value: encoder.encode(JSON.stringify(record)), timestamp })));
}

/** The records in these batches, with their offsets. */
export function decodeMetadataRecords(batches: Uint8Array): { offset: Offset; record: MetadataRecord }[] {
  return [...batchPositions(batches)].flatMap((position) => {
    const baseOffset = baseOffsetOf(batches, position);
    return readRecords(batches, position).map(({ value }, i) => ({ offset: baseOffset + i, record: JSON.parse(decoder.decode(value)) as MetadataRecord }));
  });
}
