/** @module What an administrator asks for, and gets. Names are those of Kafka's `Admin`. */
import type { TopicPartition } from '../client/topic-partition.ts';
import type { Offset } from '../log/record-batch.ts';
import type { ErrorName } from '../protocol/errors.ts';

/** Without a number of partitions, or replicas: as many as the brokers say. With replicas assigned (per partition, the preferred one first) neither may be given. */
export interface NewTopic {
  readonly name: string;
  readonly numPartitions?: number;
  readonly replicationFactor?: number;
  readonly replicasAssignments?: readonly (readonly number[])[];
  readonly configs?: Readonly<Record<string, string>>;
}

/** What became of one of the things asked for. */
export interface Outcome {
  /** Of the topic, or of the broker. */
  readonly name: string;
  /** NONE: done. */
  readonly error: ErrorName;
  readonly message: string | null;
}

export interface PartitionOutcome extends TopicPartition {
  readonly error: ErrorName;
  readonly message: string | null;
}

export interface ConfigResource {
  readonly type: 'topic' | 'broker';
  readonly name: string;
}

/** Null: back to the default. */
export interface AlterConfigOp {
  readonly name: string;
  readonly value: string | null;
}

export interface ConfigEntry {
  readonly name: string;
  readonly value: string | null;
  /** Nobody said otherwise. */
  readonly isDefault: boolean;
}

export type ElectionType = 'preferred' | 'unclean';

export interface PartitionDescription {
  readonly partition: number;
  /** −1: nobody leads. */
  readonly leader: number;
  readonly leaderEpoch: number;
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
  readonly elr: readonly number[];
  readonly lastKnownElr: readonly number[];
}

export interface TopicDescription extends Outcome {
  readonly topicId: string;
  readonly partitions: readonly PartitionDescription[];
}

/** Everything below an offset; −1: all that is committed. */
export interface RecordsToDelete extends TopicPartition {
  readonly beforeOffset: Offset;
}

/** `lowWatermark`: the first offset that some live replica still has; −1 with an error. */
export interface DeletedRecords extends PartitionOutcome {
  readonly lowWatermark: Offset;
}

/** Null replicas: take back what is in progress. */
export interface PartitionReassignmentWish extends TopicPartition {
  readonly replicas: readonly number[] | null;
}

/** A reassignment in progress. */
export interface PartitionReassignment extends TopicPartition {
  readonly replicas: readonly number[];
  readonly addingReplicas: readonly number[];
  readonly removingReplicas: readonly number[];
}
