/**
 * @module
 * What the metadata log says: brokers, topics, partitions. The active controller keeps one, and every broker its own, made from the
 * same records in the same order.
 */
import type { Offset } from '../log/record-batch.ts';
import type { MetadataRecord, PartitionChangeRecord, RegisterBrokerRecord } from './metadata-record.ts';

/** Nobody leads. */
export const NO_LEADER = -1;

export interface BrokerRegistration {
  readonly brokerId: number;
  readonly incarnationId: string;
  /** Offset of its registration record (BL-1). */
  readonly brokerEpoch: Offset;
  readonly fenced: boolean;
  readonly inControlledShutdown: boolean;
  readonly host: string;
  readonly port: number;
}

export interface PartitionRegistration {
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
  readonly leader: number;
  readonly leaderEpoch: number;
  readonly partitionEpoch: number;
  readonly leaderRecoveryState: number;
}

export interface TopicImage {
  readonly name: string;
  readonly topicId: string;
  readonly config: ReadonlyMap<string, string>;
  readonly partitions: ReadonlyMap<number, PartitionRegistration>;
}

interface MutableTopic extends TopicImage {
  readonly config: Map<string, string>;
  readonly partitions: Map<number, PartitionRegistration>;
}

/** A partition by name and number. */
export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

export class MetadataImage {
  readonly #brokers = new Map<number, BrokerRegistration>();
  readonly #topics = new Map<string, MutableTopic>();
  /** Offset of the last record applied; −1 before the first. */
  lastOffset: Offset = -1;

  get brokers(): ReadonlyMap<number, BrokerRegistration> {
    return this.#brokers;
  }

  get topics(): ReadonlyMap<string, TopicImage> {
    return this.#topics;
  }

  partition(topic: string, partition: number): PartitionRegistration | undefined {
    return this.#topics.get(topic)?.partitions.get(partition);
  }

  /** Every partition, topic by topic in the order of their creation. */
  *partitions(): IterableIterator<TopicPartition & { readonly registration: PartitionRegistration }> {
    for (const { name, partitions } of this.#topics.values()) for (const [partition, registration] of partitions) yield { topic: name, partition, registration };
  }

  /** Epoch of a broker that is registered and not fenced; undefined otherwise (HW-3). */
  aliveBrokerEpoch(brokerId: number): Offset | undefined {
    const broker = this.#brokers.get(brokerId);
    return broker === undefined || broker.fenced ? undefined : broker.brokerEpoch;
  }

  /** "Active" of §1.11: may lead and may be in sync. */
  isActive(brokerId: number): boolean {
    const broker = this.#brokers.get(brokerId);
    return broker !== undefined && !broker.fenced && !broker.inControlledShutdown;
  }

  /** Applies one record of the log. @returns the partition it changed, if any. */
  apply(record: MetadataRecord, offset: Offset): TopicPartition | undefined {
    this.lastOffset = offset;
    switch (record.type) {
      case 'RegisterBroker':
        this.#brokers.set(record.brokerId, registrationOf(record));
        return undefined;
      case 'BrokerRegistrationChange': {
        const broker = this.#brokers.get(record.brokerId)!;
        this.#brokers.set(record.brokerId, { ...broker, fenced: record.fenced ?? broker.fenced, inControlledShutdown: record.inControlledShutdown ?? broker.inControlledShutdown });
        return undefined;
      }
      case 'Topic':
        this.#topics.set(record.name, { name: record.name, topicId: record.topicId, config: new Map(), partitions: new Map() });
        return undefined;
      case 'Config':
        this.#topics.get(record.topic)!.config.set(record.name, record.value);
        return undefined;
      case 'Partition': {
        const { topic, partition, replicas, isr, leader, leaderEpoch, partitionEpoch, leaderRecoveryState } = record;
        this.#topics.get(topic)!.partitions.set(partition, { replicas, isr, leader, leaderEpoch, partitionEpoch, leaderRecoveryState });
        return record;
      }
      case 'PartitionChange': {
        const { partitions } = this.#topics.get(record.topic)!;
        partitions.set(record.partition, changed(partitions.get(record.partition)!, record));
        return record;
      }
    }
  }
}

function registrationOf({ brokerId, incarnationId, brokerEpoch, fenced, host, port }: RegisterBrokerRecord): BrokerRegistration {
  return { brokerId, incarnationId, brokerEpoch, fenced, inControlledShutdown: false, host, port };
}

/** A partition after a change record (EL-4). */
export function changed(partition: PartitionRegistration, change: PartitionChangeRecord): PartitionRegistration {
  return {
    replicas: partition.replicas,
    isr: change.isr ?? partition.isr,
    leader: change.leader ?? partition.leader,
    leaderEpoch: partition.leaderEpoch + (change.leader === undefined ? 0 : 1),
    partitionEpoch: partition.partitionEpoch + 1,
    leaderRecoveryState: change.leaderRecoveryState ?? partition.leaderRecoveryState,
  };
}
