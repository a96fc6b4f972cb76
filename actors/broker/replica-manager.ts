/** @module The replicas of a broker: opens their logs, gives them their roles as metadata says (§1.8), and does for all of them what is due now and then. */
import { MILLISECOND } from '../../runtime/index.ts';
import type { ActorContext, Task } from '../../runtime/index.ts';
import { addToSummary, emptySummary } from '../log/batch-summary.ts';
import { readOffsetCheckpoint, writeOffsetCheckpoint } from '../log/checkpoint-file.ts';
import type { PartitionOffset } from '../log/checkpoint-file.ts';
import { Log } from '../log/log.ts';
import { NO_LEADER } from '../metadata/metadata-image.ts';
import type { MetadataImage, TopicPartition } from '../metadata/metadata-image.ts';
import type { BrokerOptions } from './broker-options.ts';
import { Partition } from './partition.ts';
import type { PartitionHost } from './partition.ts';
import { ReplicaFetcher } from './replica-fetcher.ts';

const HIGH_WATERMARK_CHECKPOINT = 'replication-offset-checkpoint';

export class ReplicaManager implements PartitionHost {
  readonly context: ActorContext;
  readonly options: BrokerOptions;
  readonly image: MetadataImage;
  readonly #submit: (partition: Partition) => void;
  readonly #brokerEpoch: () => number;
  readonly #partitions = new Map<string, Partition>();
  /** The same by topic and index: every request looks them up. */
  readonly #byTopic = new Map<string, Partition[]>();
  readonly #fetchers = new Map<number, ReplicaFetcher>();
  /** The high watermarks as they were last written down, by this incarnation or the one before (HW-7). */
  readonly #checkpointed = new Map<string, PartitionOffset>();

  constructor(context: ActorContext, options: BrokerOptions, image: MetadataImage, submit: (partition: Partition) => void, brokerEpoch: () => number) {
    this.context = context;
    this.options = options;
    this.image = image;
    this.#submit = submit;
    this.#brokerEpoch = brokerEpoch;
  }

  get partitions(): Iterable<Partition> {
    return this.#partitions.values();
  }

  partition(topic: string, index: number): Partition | undefined {
    return this.#byTopic.get(topic)?.[index];
  }

  proposed(partition: Partition): void {
    this.#submit(partition);
  }

  /** Before anything else: what the last incarnation left. */
  *recover(): Task {
    for (const entry of yield* readOffsetCheckpoint(this.context.disk, HIGH_WATERMARK_CHECKPOINT)) this.#checkpointed.set(directoryOf(entry.topic, entry.partition), entry);
  }

  /** Brings replicas in line with the image: first leaders, then followers (ML-5). */
  *apply(changed: readonly TopicPartition[]): Task {
    const mine = [...new Map(changed.map((at) => [directoryOf(at.topic, at.partition), at])).values()].flatMap(({ topic, partition }) => {
      const registration = this.image.partition(topic, partition);
      return registration?.replicas.includes(this.options.brokerId) === true ? [{ topic, index: partition, registration }] : [];
    });
    for (const { topic, index, registration } of mine) {
      if (registration.leader !== this.options.brokerId) continue;
      const partition = yield* this.#open(topic, index);
      this.#stopFetching(partition);
      yield* partition.lock.hold(partition.makeLeader(registration));
    }
    for (const { topic, index, registration } of mine) {
      if (registration.leader === this.options.brokerId) continue;
      const partition = yield* this.#open(topic, index);
      const isNewEpoch = yield* partition.lock.hold(partition.makeFollower(registration));
      if (!isNewEpoch) continue;
      this.#stopFetching(partition);
      if (registration.leader !== NO_LEADER) this.#fetcherFor(registration.leader).add(partition);
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

  /** Writes down all high watermarks (HW-7). */
  *checkpointHighWatermarks(): Task {
    for (;;) {
      yield* this.context.sleep(this.options.config['replica.high.watermark.checkpoint.interval.ms'] * MILLISECOND);
      for (const { topic, index, log } of this.#partitions.values()) this.#checkpointed.set(directoryOf(topic, index), { topic, partition: index, offset: log.highWatermark });
      // With those of the last incarnation whose logs are not open yet.
      const offsets = [...this.#checkpointed.values()];
      if (offsets.length > 0) yield* writeOffsetCheckpoint(this.context.disk, HIGH_WATERMARK_CHECKPOINT, offsets);
    }
  }

  *#open(topic: string, index: number): Task<Partition> {
    const directory = directoryOf(topic, index);
    const known = this.#partitions.get(directory);
    if (known !== undefined) return known;
    const recovered = emptySummary();
    const log = yield* Log.open(this.context.disk, directory, (bytes, position) => addToSummary(recovered, bytes, position));
    log.highWatermark = Math.min(Math.max(this.#checkpointed.get(directory)?.offset ?? 0, log.logStartOffset), log.logEndOffset);
    const partition = new Partition(topic, index, log, this);
    this.#partitions.set(directory, partition);
    const ofTopic = this.#byTopic.get(topic) ?? [];
    ofTopic[index] = partition;
    this.#byTopic.set(topic, ofTopic);
    const { logStartOffset, logEndOffset, recoveredFrom, latestEpoch = -1 } = log;
    this.context.observe({ kind: 'log-opened', topic, partition: index, broker: this.options.brokerId, logStartOffset, logEndOffset, latestEpoch, recoveredFrom, ...recovered });
    return partition;
  }

  #stopFetching(partition: Partition): void {
    for (const fetcher of this.#fetchers.values()) fetcher.remove(partition);
  }

  #fetcherFor(leader: number): ReplicaFetcher {
    let fetcher = this.#fetchers.get(leader);
    if (fetcher === undefined) {
      const { brokerId, config } = this.options;
      const source = this.image.brokers.get(leader)!.host;
      fetcher = new ReplicaFetcher(this.context, { brokerId, source, config, brokerEpoch: this.#brokerEpoch });
      this.#fetchers.set(leader, fetcher);
      this.context.spawn(fetcher.run());
    }
    return fetcher;
  }
}

/** Directory of a replica's log, Kafka's way. */
function directoryOf(topic: string, index: number): string {
  return `${topic}-${index}`;
}
