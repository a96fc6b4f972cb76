/** @module The metrics of a controller (§8). */
import { MILLISECOND } from '../../runtime/index.ts';
import type { ActorContext, Micros } from '../../runtime/index.ts';
import { NO_LEADER } from '../metadata/metadata-image.ts';
import type { BrokerRegistration, MetadataImage, PartitionRegistration } from '../metadata/metadata-image.ts';
import type { Histogram } from '../metrics/histogram.ts';
import { Metrics } from '../metrics/registry.ts';
import { CommittedElections } from './committed-elections.ts';
import type { SnapshotGenerator } from './snapshot-generator.ts';

/** What is looked up of a controller. */
export interface ControllerView {
  /** What the metadata log says, as far as this controller knows. */
  readonly image: () => MetadataImage;
  readonly isActive: () => boolean;
  readonly snapshots: Pick<SnapshotGenerator, 'latestBytes' | 'latestAt'>;
}

export class ControllerMetrics {
  readonly elections: CommittedElections;
  /** From deciding on a request until what it came to is committed, ms. */
  readonly processingTime: Histogram;
  #timedOutHeartbeats = 0;
  #newActiveControllers = 0;
  /** When the last record was written that it has applied, ms; undefined: it has applied none. */
  #lastAppliedTimestamp: number | undefined;

  /** @param intervalUs they are sampled so often; undefined: never */
  constructor(context: ActorContext, intervalUs: Micros | undefined, { image, isActive, snapshots }: ControllerView) {
    const metrics = new Metrics(context, context.name);
    this.elections = new CommittedElections(
      metrics.meter('kafka.controller:type=ControllerStats,name=UncleanLeaderElectionsPerSec'),
      metrics.meter('kafka.controller:type=ControllerStats,name=ElectionFromEligibleLeaderReplicasPerSec'),
    );
    this.processingTime = metrics.histogram('kafka.controller:type=ControllerEventManager,name=EventQueueProcessingTimeMs');
    const partitions = (is: (partition: PartitionRegistration) => boolean) => (): number => {
      let count = 0;
      for (const { registration } of image().partitions()) if (is(registration)) count += 1;
      return count;
    };
    const brokers = (are: (broker: BrokerRegistration) => boolean) => (): number => {
      let count = 0;
      for (const broker of image().brokers.values()) if (are(broker)) count += 1;
      return count;
    };
    metrics.gauge('kafka.controller:type=KafkaController,name=ActiveControllerCount', () => Number(isActive()));
    metrics.gauge('kafka.controller:type=KafkaController,name=OfflinePartitionsCount', partitions(({ leader }) => leader === NO_LEADER));
    metrics.gauge('kafka.controller:type=KafkaController,name=PreferredReplicaImbalanceCount', partitions(({ leader, replicas }) => leader !== replicas[0]));
    metrics.gauge('kafka.controller:type=KafkaController,name=ActiveBrokerCount', brokers(({ fenced }) => !fenced));
    metrics.gauge('kafka.controller:type=KafkaController,name=FencedBrokerCount', brokers(({ fenced }) => fenced));
    metrics.gauge('kafka.controller:type=KafkaController,name=ControlledShutdownBrokerCount', brokers(({ inControlledShutdown }) => inControlledShutdown));
    metrics.gauge('kafka.controller:type=KafkaController,name=GlobalTopicCount', () => image().topics.size);
    metrics.gauge('kafka.controller:type=KafkaController,name=GlobalPartitionCount', partitions(() => true));
    metrics.gauge('kafka.controller:type=KafkaController,name=TimedOutBrokerHeartbeatCount', () => this.#timedOutHeartbeats);
    metrics.gauge('kafka.controller:type=KafkaController,name=NewActiveControllersCount', () => this.#newActiveControllers);
    metrics.gauge('kafka.controller:type=KafkaController,name=LastAppliedRecordOffset', () => image().lastOffset);
    metrics.gauge('kafka.controller:type=KafkaController,name=LastAppliedRecordLagMs', () => (this.#lastAppliedTimestamp === undefined ? undefined : Math.floor(context.clock() / MILLISECOND) - this.#lastAppliedTimestamp));
    metrics.gauge('kafka.server:type=SnapshotEmitter,name=LatestSnapshotGeneratedBytes', () => snapshots.latestBytes);
    metrics.gauge('kafka.server:type=SnapshotEmitter,name=LatestSnapshotGeneratedAgeMs', () => Math.floor((context.now - snapshots.latestAt) / MILLISECOND));
    if (intervalUs !== undefined) metrics.sampleEvery(intervalUs);
  }

  /** Somebody is the active controller of a new epoch, as far as this one hears of it. */
  controllerElected(): void {
    this.#newActiveControllers += 1;
  }

  /** It has applied a record that was written then (ms), or writes it now. */
  applied(timestamp: number): void {
    this.#lastAppliedTimestamp = timestamp;
  }

  /** The session of a broker has run out. */
  heartbeatTimedOut(): void {
    this.#timedOutHeartbeats += 1;
  }
}
