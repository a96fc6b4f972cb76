/**
 * @module
 * All that the active controller knows and how it decides: the image with what is proposed and not committed yet, the brokers'
 * sessions, what the judges are to be told. A controller that resigns drops it; the next one begins with what is committed (KR-10).
 */
import { MILLISECOND } from '../../runtime/index.ts';
import type { ActorContext, Micros, Task } from '../../runtime/index.ts';
import type { Offset } from '../log/record-batch.ts';
import type { MetadataImage, PartitionRegistration, TopicPartition } from '../metadata/metadata-image.ts';
import { RECOVERING } from '../metadata/metadata-record.ts';
import type { MetadataRecord } from '../metadata/metadata-record.ts';
import type { Observation } from '../observation.ts';
import { BrokerSessions } from './broker-sessions.ts';
import type { ControllerMetrics } from './controller-metrics.ts';
import type { ControllerOptions } from './controller-options.ts';
import { changePartition, isUncleanElection } from './partition-change.ts';
import type { PartitionTarget } from './partition-change.ts';

/** The end of the metadata log where the active controller writes. */
export interface ControllerLog {
  /** The offset that the next proposed record will get. */
  readonly nextOffset: Offset;
  /** Adds records at the end, all or none of them. They count when `committed` says so. */
  propose(records: readonly MetadataRecord[]): void;
  /** Waits until everything below `offset` is committed: true. False: this controller is not the active one any more, and the outcome is open (KR-11). */
  committed(offset: Offset): Task<boolean>;
}

export class ControllerState {
  readonly context: ActorContext;
  readonly options: ControllerOptions;
  readonly image: MetadataImage;
  readonly log: ControllerLog;
  readonly metrics: ControllerMetrics;
  readonly sessions: BrokerSessions;
  /** What is to be told when the record at its offset is committed. */
  readonly #untold: { readonly offset: Offset; readonly observation: Observation }[] = [];

  /** @param image what is committed; from now on with what is proposed */
  constructor(context: ActorContext, options: ControllerOptions, image: MetadataImage, log: ControllerLog, metrics: ControllerMetrics) {
    this.context = context;
    this.options = options;
    this.image = image;
    this.log = log;
    this.metrics = metrics;
    this.sessions = new BrokerSessions(options.config['broker.session.timeout.ms'] * MILLISECOND);
    // BL-5: a new controller gives every broker that is not fenced a fresh session.
    for (const { brokerId, fenced } of image.brokers.values()) this.sessions.open(brokerId, fenced ? undefined : context.now);
    // What was committed at the moment of a crash has not been told yet; what was told is the same again.
    for (const { registration, ...at } of image.partitions()) context.observe(partitionChanged(at, registration, registration.leaderRecoveryState === RECOVERING, image.lastOffset));
  }

  get now(): Micros {
    return this.context.now;
  }

  readonly isActive = (brokerId: number): boolean => this.image.isActive(brokerId);

  /** Takes effect here at once, and elsewhere when committed. */
  propose(records: readonly MetadataRecord[]): void {
    let offset = this.log.nextOffset;
    for (const record of records) {
      const isUnclean = this.options.planted?.hidesUncleanElections !== true && record.type === 'PartitionChange' && isUncleanElection(this.image.partition(record.topic, record.partition)!, record);
      const deltas = this.image.apply(record, offset);
      this.metrics.elections.note(deltas);
      for (const { topic, partition, after } of deltas)
        this.#untold.push({ offset, observation: after === undefined ? { kind: 'partition-deleted', topic, partition } : partitionChanged({ topic, partition }, after, isUnclean, offset) });
      offset += 1;
    }
    this.log.propose(records);
    this.metrics.applied(Math.floor(this.context.clock() / MILLISECOND));
  }

  /** Tells the judges something about the record proposed last, when it is committed. */
  observe(observation: Observation): void {
    this.#untold.push({ offset: this.log.nextOffset - 1, observation });
  }

  /** Everything below is committed. */
  tell(highWatermark: Offset): void {
    this.metrics.elections.committed(highWatermark);
    const open = this.#untold.findIndex(({ offset }) => offset >= highWatermark);
    for (const { observation } of this.#untold.splice(0, open < 0 ? this.#untold.length : open)) this.context.observe(observation);
  }

  /** Proposes what becomes of a partition, if anything. `isActive`: who may lead, if not simply who is active now. @returns whether anything does */
  change(at: TopicPartition, target: PartitionTarget, isActive = this.isActive): boolean {
    const { protocol } = this.options;
    const minInsyncReplicas = Number(this.topicConfig(at.topic, 'min.insync.replicas'));
    const change = changePartition(at, this.image.partition(at.topic, at.partition)!, target, { isActive, minInsyncReplicas, variant: protocol });
    if (change !== undefined) this.propose([change]);
    return change !== undefined;
  }

  /** As `change` for many partitions, each with the election that its topic allows (EL-2). */
  changeAll(partitions: Iterable<TopicPartition & { readonly registration: PartitionRegistration }>, target: (registration: PartitionRegistration) => PartitionTarget, isActive = this.isActive): void {
    for (const { topic, partition, registration } of [...partitions]) this.change({ topic, partition }, { election: this.electionOf(topic), ...target(registration) }, isActive);
  }

  /** Whether an election of this topic may take whoever is there. */
  electionOf(topic: string): 'unclean' | 'online' {
    return String(this.topicConfig(topic, 'unclean.leader.election.enable')) === 'true' ? 'unclean' : 'online';
  }

  /** A key that topics and brokers have in common: the topic's own value, else the brokers'. */
  topicConfig(topic: string, key: 'min.insync.replicas' | 'unclean.leader.election.enable'): string | number | boolean {
    return this.image.topics.get(topic)?.config.get(key) ?? this.options.config[key];
  }
}

function partitionChanged({ topic, partition }: TopicPartition, { leader, leaderEpoch, partitionEpoch, isr, elr, lastKnownElr, replicas }: PartitionRegistration, isUnclean: boolean, metadataOffset: Offset): Observation {
  return { kind: 'partition-changed', topic, partition, leader, leaderEpoch, partitionEpoch, isr, elr, lastKnownElr, replicas, isUnclean, metadataOffset };
}
