/**
 * @module
 * What the metadata log says: brokers, topics, partitions. The active controller keeps one, and every broker its own, made from the
 * same records in the same order.
 */
import type { Offset } from '../log/record-batch.ts';
import type { MetadataDelta, MetadataRecord, PartitionChangeRecord, PartitionRecord, RegisterBrokerRecord } from './metadata-record.ts';

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
  /** broker.rack; undefined: it names none. */
  readonly rack?: string | undefined;
}

export interface PartitionRegistration {
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
  /** Eligible leader replicas: they left the in-sync set when it was too small for anything to be committed without them (EL-6). */
  readonly elr: readonly number[];
  /** The last leader, while nobody leads and nobody may (EL-6). */
  readonly lastKnownElr: readonly number[];
  /** Replicas that a reassignment brings, and those that leave when it is through (EL-14). */
  readonly addingReplicas: readonly number[];
  readonly removingReplicas: readonly number[];
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

/** What a record of the log has made of a partition; undefined: it was, or is, not there. */
export interface PartitionDelta extends TopicPartition {
  readonly offset: Offset;
  readonly before: PartitionRegistration | undefined;
  readonly after: PartitionRegistration | undefined;
}

export class MetadataImage {
  readonly #brokers = new Map<number, BrokerRegistration>();
  readonly #topics = new Map<string, MutableTopic>();
  readonly #namesById = new Map<string, string>();
  /** Offset of the last record applied; −1 before the first. */
  lastOffset: Offset = -1;
  /** Epoch of the last batch that was read from the log, and the time of its last record in ms; 0 before the first. */
  lastEpoch = 0;
  lastTimestamp = 0;

  get brokers(): ReadonlyMap<number, BrokerRegistration> {
    return this.#brokers;
  }

  get topics(): ReadonlyMap<string, TopicImage> {
    return this.#topics;
  }

  partition(topic: string, partition: number): PartitionRegistration | undefined {
    return this.#topics.get(topic)?.partitions.get(partition);
  }

  /** Undefined: there is no topic of this id (any more). */
  topicById(topicId: string): TopicImage | undefined {
    const name = this.#namesById.get(topicId);
    return name === undefined ? undefined : this.#topics.get(name);
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

  /** Applies whole batches of the log. @returns the partitions that changed, in the order of the records */
  replay({ records, end }: MetadataDelta): readonly PartitionDelta[] {
    const changed = records.flatMap(({ record, offset }) => this.apply(record, offset));
    if (end === undefined) return changed;
    this.lastOffset = end.offset - 1;
    this.lastEpoch = end.epoch;
    this.lastTimestamp = end.timestamp;
    return changed;
  }

  /** Says what another image says, from now on. @returns the partitions that are not what they were */
  become(other: MetadataImage): readonly TopicPartition[] {
    const changed = [...differences(this, other)];
    for (const map of [this.#brokers, this.#topics, this.#namesById]) map.clear();
    for (const [brokerId, broker] of other.#brokers) this.#brokers.set(brokerId, broker);
    for (const [name, topic] of other.#topics) this.#topics.set(name, topic);
    for (const [topicId, name] of other.#namesById) this.#namesById.set(topicId, name);
    this.lastOffset = other.lastOffset;
    this.lastEpoch = other.lastEpoch;
    this.lastTimestamp = other.lastTimestamp;
    return changed;
  }

  /** Applies one record of the log. @returns the partitions it changed, made or removed */
  apply(record: MetadataRecord, offset: Offset): readonly PartitionDelta[] {
    this.lastOffset = offset;
    switch (record.type) {
      case 'NoOp':
        return [];
      case 'RegisterBroker':
        this.#brokers.set(record.brokerId, registrationOf(record));
        return [];
      case 'BrokerRegistrationChange': {
        const broker = this.#brokers.get(record.brokerId)!;
        this.#brokers.set(record.brokerId, { ...broker, fenced: record.fenced ?? broker.fenced, inControlledShutdown: record.inControlledShutdown ?? broker.inControlledShutdown });
        return [];
      }
      case 'Topic':
        this.#topics.set(record.name, { name: record.name, topicId: record.topicId, config: new Map(), partitions: new Map() });
        this.#namesById.set(record.topicId, record.name);
        return [];
      case 'RemoveTopic': {
        const removed = this.#topics.get(record.name)!;
        this.#topics.delete(record.name);
        this.#namesById.delete(record.topicId);
        return [...removed.partitions].map(([partition, before]) => ({ topic: record.name, partition, offset, before, after: undefined }));
      }
      case 'Config': {
        const { config } = this.#topics.get(record.topic)!;
        if (record.value === null) config.delete(record.name);
        else config.set(record.name, record.value);
        return [];
      }
      case 'Partition': {
        const { topic, partition } = record;
        const after = created(record);
        this.#topics.get(topic)!.partitions.set(partition, after);
        return [{ topic, partition, offset, before: undefined, after }];
      }
      case 'PartitionChange': {
        const { topic, partition } = record;
        const { partitions } = this.#topics.get(topic)!;
        const before = partitions.get(partition)!;
        const after = changed(before, record);
        partitions.set(partition, after);
        return [{ topic, partition, offset, before, after }];
      }
      case 'ClearElr': {
        const { topic } = record;
        const { partitions } = this.#topics.get(topic)!;
        const cleared = [...partitions].filter(([, { elr, lastKnownElr }]) => elr.length > 0 || lastKnownElr.length > 0);
        return cleared.map(([partition, before]) => {
          const after = changed(before, { type: 'PartitionChange', topic, partition, elr: [], lastKnownElr: [] });
          partitions.set(partition, after);
          return { topic, partition, offset, before, after };
        });
      }
    }
  }
}

/** Partitions that only one of two images has, or that have another state or belong to another topic of that name in the other. */
function* differences(before: MetadataImage, after: MetadataImage): IterableIterator<TopicPartition> {
  for (const { topic, partition } of before.partitions()) if (after.partition(topic, partition) === undefined) yield { topic, partition };
  for (const { topic, partition, registration } of after.partitions()) {
    const isSameTopic = before.topics.get(topic)?.topicId === after.topics.get(topic)!.topicId;
    if (!isSameTopic || before.partition(topic, partition)?.partitionEpoch !== registration.partitionEpoch) yield { topic, partition };
  }
}

function registrationOf({ brokerId, incarnationId, brokerEpoch, fenced, inControlledShutdown = false, host, port, rack }: RegisterBrokerRecord): BrokerRegistration {
  return { brokerId, incarnationId, brokerEpoch, fenced, inControlledShutdown, host, port, rack };
}

function created({ replicas, isr, elr, lastKnownElr, addingReplicas, removingReplicas, leader, leaderEpoch, partitionEpoch, leaderRecoveryState }: PartitionRecord): PartitionRegistration {
  return { replicas, isr, elr, lastKnownElr, addingReplicas, removingReplicas, leader, leaderEpoch, partitionEpoch, leaderRecoveryState };
}

/** A partition after a change record (EL-4). */
export function changed(partition: PartitionRegistration, change: PartitionChangeRecord): PartitionRegistration {
  return {
    replicas: change.replicas ?? partition.replicas,
    isr: change.isr ?? partition.isr,
    elr: change.elr ?? partition.elr,
    lastKnownElr: change.lastKnownElr ?? partition.lastKnownElr,
    addingReplicas: change.addingReplicas ?? partition.addingReplicas,
    removingReplicas: change.removingReplicas ?? partition.removingReplicas,
    leader: change.leader ?? partition.leader,
    leaderEpoch: partition.leaderEpoch + (change.leader === undefined ? 0 : 1),
    partitionEpoch: partition.partitionEpoch + 1,
    leaderRecoveryState: change.leaderRecoveryState ?? partition.leaderRecoveryState,
  };
}
