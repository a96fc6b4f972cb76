/** @module The replicas of a broker: opens their logs, gives them their roles as metadata says (§1.8), and does for all of them what is due now and then. */
import { MILLISECOND } from '../../runtime/index.ts';
import type { ActorContext, Task } from '../../runtime/index.ts';
import type { LogDirectory } from '../log/log-directory.ts';
import { NO_LEADER } from '../metadata/metadata-image.ts';
import type { MetadataImage, TopicPartition } from '../metadata/metadata-image.ts';
import type { BrokerMetrics } from './broker-metrics.ts';
import type { BrokerOptions } from './broker-options.ts';
import { directoryOf } from './log-manager.ts';
import type { LogManager } from './log-manager.ts';
import { Partition } from './partition.ts';
import type { PartitionHost } from './partition-host.ts';
import { ReplicaFetcher } from './replica-fetcher.ts';

export class ReplicaManager implements PartitionHost {
  readonly context: ActorContext;
  readonly options: BrokerOptions;
  readonly image: MetadataImage;
  readonly directory: LogDirectory;
  readonly metrics: BrokerMetrics;
  readonly #logs: LogManager;
  readonly #submit: (partition: Partition) => void;
  readonly brokerEpoch: () => number;
  readonly #partitions = new Map<string, Partition>();
  /** The same by topic and index: every request looks them up. */
  readonly #byTopic = new Map<string, (Partition | undefined)[]>();
  readonly #fetchers = new Map<number, ReplicaFetcher>();
  #hasApplied = false;
  #isShutDown = false;

  constructor(context: ActorContext, options: BrokerOptions, image: MetadataImage, directory: LogDirectory, logs: LogManager, metrics: BrokerMetrics, submit: (partition: Partition) => void, brokerEpoch: () => number) {
    this.context = context;
    this.options = options;
    this.image = image;
    this.directory = directory;
    this.metrics = metrics;
    this.#logs = logs;
    this.#submit = submit;
    this.brokerEpoch = brokerEpoch;
  }

  get partitions(): Iterable<Partition> {
    return this.#partitions.values();
  }

  get fetchers(): Iterable<ReplicaFetcher> {
    return this.#fetchers.values();
  }

  partition(topic: string, index: number): Partition | undefined {
    return this.#byTopic.get(topic)?.[index];
  }

  proposed(partition: Partition): void {
    this.#submit(partition);
  }

  /** Brings replicas in line with the image: first those that are not this broker's any more go, then leaders, then followers (ML-5). */
  *apply(changed: readonly TopicPartition[]): Task {
    if (this.#isShutDown) return;
    this.#logs.configure(this.image);
    const mine = [...new Map(changed.map((at) => [directoryOf(at.topic, at.partition), at])).values()].flatMap(({ topic, partition }) => {
      const registration = this.image.partition(topic, partition);
      return registration?.replicas.includes(this.options.brokerId) === true ? [{ topic, index: partition, registration }] : [];
    });
    // What happened while this broker was down counts, too: its logs may be of topics that are gone.
    yield* this.#deleteStray(this.#hasApplied ? changed : [...this.#logs.all]);
    this.#hasApplied = true;
    for (const { topic, index, registration } of mine) {
      if (registration.leader !== this.options.brokerId) continue;
      const partition = yield* this.#open(topic, index);
      this.#stopFetching(partition);
      yield* partition.lock.hold(partition.makeLeader(registration));
    }
    const isShuttingDown = this.image.brokers.get(this.options.brokerId)?.inControlledShutdown === true;
    for (const { topic, index, registration } of mine) {
      if (registration.leader === this.options.brokerId) continue;
      const partition = yield* this.#open(topic, index);
      const beginsAnew = partition.beginsAnew(registration);
      // First of all: what is on its way from the leader before is not for this epoch.
      if (beginsAnew) this.#stopFetching(partition);
      yield* partition.lock.hold(partition.makeFollower(registration));
      // A replica that has left the in-sync set to go takes no more with it (EL-9).
      if (isShuttingDown && !registration.isr.includes(this.options.brokerId)) this.#stopFetching(partition);
      else if (beginsAnew && registration.leader !== NO_LEADER && !this.#isShutDown) this.#startFetching(partition, registration.leader);
    }
  }

  /** DF-2: when the log directory fails, every replica in it is offline. */
  *followDirectory(): Task {
    yield* this.directory.untilOffline();
    for (const partition of this.#partitions.values()) {
      this.#stopFetching(partition);
      partition.takeOffline();
    }
  }

  /** Drops followers that lag from in-sync sets, every half of replica.lag.time.max.ms (FS-4). */
  *shrinkInSyncSets(): Task {
    const intervalUs = Math.floor((this.options.config['replica.lag.time.max.ms'] * MILLISECOND) / 2);
    for (;;) {
      yield* this.context.sleep(intervalUs);
      for (const partition of this.#partitions.values()) partition.tryShrink();
    }
  }

  /** RC-1: nothing is appended any more. */
  *shutDown(): Task {
    this.#isShutDown = true;
    for (const partition of this.#partitions.values()) yield* this.#stop(partition);
  }

  /** ML-4: logs go that are of another topic, if only by its id, or of a partition that is elsewhere now. */
  *#deleteStray(candidates: readonly TopicPartition[]): Task {
    for (const { topic, partition: index } of candidates) {
      const topicId = this.#logs.topicId(topic, index);
      const isMine = this.image.partition(topic, index)?.replicas.includes(this.options.brokerId) === true;
      if (isMine && (topicId === undefined || topicId === this.image.topics.get(topic)!.topicId)) continue;
      const partition = this.partition(topic, index);
      if (partition !== undefined) {
        this.#partitions.delete(directoryOf(topic, index));
        this.#byTopic.get(topic)!.splice(index, 1, undefined);
        yield* this.#stop(partition);
        this.metrics.partitionGone(partition);
      }
      yield* this.#logs.delete(topic, index);
    }
  }

  *#stop(partition: Partition): Task {
    this.#stopFetching(partition);
    yield* partition.lock.hold(partition.stop());
  }

  *#open(topic: string, index: number): Task<Partition> {
    const directory = directoryOf(topic, index);
    const known = this.#partitions.get(directory);
    if (known !== undefined) return known;
    const { topicId } = this.image.topics.get(topic)!;
    const partition = new Partition(topic, topicId, index, yield* this.#logs.getOrCreate(topic, index, topicId), this);
    this.#partitions.set(directory, partition);
    const ofTopic = this.#byTopic.get(topic) ?? [];
    ofTopic[index] = partition;
    this.#byTopic.set(topic, ofTopic);
    this.metrics.partitionOpened(partition);
    return partition;
  }

  #startFetching(partition: Partition, leader: number): void {
    const fetcher = this.#fetcherFor(leader);
    fetcher.add(partition);
    this.metrics.follows(partition, leader, fetcher);
  }

  #stopFetching(partition: Partition): void {
    for (const fetcher of this.#fetchers.values()) fetcher.remove(partition);
  }

  #fetcherFor(leader: number): ReplicaFetcher {
    let fetcher = this.#fetchers.get(leader);
    if (fetcher === undefined) {
      const { brokerId, config, protocol, planted } = this.options;
      const source = this.image.brokers.get(leader)!.host;
      fetcher = new ReplicaFetcher(this.context, { brokerId, source, config, protocol, planted, brokerEpoch: this.brokerEpoch }, this.metrics.topics);
      this.#fetchers.set(leader, fetcher);
      this.directory.spawn(fetcher.run());
    }
    return fetcher;
  }
}
