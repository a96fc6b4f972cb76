/** @module The metrics of a broker (§8). What is counted is counted where it happens; what can be looked up is looked up when a sample is taken. */
import { MILLISECOND, SECOND } from '../../runtime/index.ts';
import type { ActorContext, Micros } from '../../runtime/index.ts';
import type { Meter } from '../metrics/meter.ts';
import { Metrics } from '../metrics/registry.ts';
import type { Timer } from '../metrics/timer.ts';
import { API_KEYS } from '../protocol/messages.ts';
import type { BrokerState } from './broker-lifecycle.ts';
import { BrokerTopicMetrics } from './broker-topic-metrics.ts';
import type { LogCleaner } from './log-cleaner.ts';
import type { MetadataFollower } from './metadata-follower.ts';
import type { Partition } from './partition.ts';
import { RequestMetrics } from './request-metrics.ts';

/** What is looked up of a broker. */
export interface BrokerView {
  readonly replicas: { readonly partitions: Iterable<Partition>; readonly fetchers: Iterable<FetcherView> };
  readonly cleaner: Pick<LogCleaner, 'last' | 'maxOverdueMs' | 'dirtiestRatio' | 'uncleanablePartitions'>;
  readonly directory: { readonly isOffline: boolean };
  readonly state: () => BrokerState;
  readonly metadata: Pick<MetadataFollower, 'lastAppliedOffset' | 'lastAppliedTimestamp'>;
}

/** What is looked up of a fetcher. */
export interface FetcherView {
  readonly requests: Meter;
  readonly failedPartitions: number;
  /** Records of this partition it has not fetched, as of its last fetch; undefined if it does not fetch it. */
  lagOf(partition: Partition): number | undefined;
}

/** Requests that wait, and the partitions they wait for. */
export interface Purgatory {
  requests: number;
  partitions: number;
}

/** As the metric tells them. */
const BROKER_STATE: Readonly<Record<BrokerState, number>> = { STARTING: 1, RECOVERY: 2, RUNNING: 3, PENDING_CONTROLLED_SHUTDOWN: 6, SHUTTING_DOWN: 7 };

const REPLICA = { clientId: 'Replica' };

export class BrokerMetrics {
  readonly #context: ActorContext;
  readonly #metrics: Metrics;
  readonly topics: BrokerTopicMetrics;
  readonly #requests = new Map<number, RequestMetrics>();
  readonly flushes: Timer;
  readonly isrShrinks: Meter;
  readonly isrExpands: Meter;
  readonly failedIsrUpdates: Meter;
  readonly delayedProduce: Purgatory = { requests: 0, partitions: 0 };
  readonly delayedFetch: Purgatory = { requests: 0, partitions: 0 };
  readonly expiredProduces: Meter;
  readonly expiredFollowerFetches: Meter;
  readonly expiredConsumerFetches: Meter;
  #view: BrokerView | undefined;

  /** @param intervalUs they are sampled so often; undefined: never */
  constructor(context: ActorContext, intervalUs: Micros | undefined) {
    this.#context = context;
    const metrics = new Metrics(context, context.name);
    this.#metrics = metrics;
    if (intervalUs !== undefined) metrics.sampleEvery(intervalUs);
    this.topics = new BrokerTopicMetrics(metrics);
    this.flushes = metrics.timer('kafka.log:type=LogFlushStats,name=LogFlushRateAndTimeMs');
    this.isrShrinks = metrics.meter('kafka.server:type=ReplicaManager,name=IsrShrinksPerSec');
    this.isrExpands = metrics.meter('kafka.server:type=ReplicaManager,name=IsrExpandsPerSec');
    this.failedIsrUpdates = metrics.meter('kafka.server:type=ReplicaManager,name=FailedIsrUpdatesPerSec');
    for (const [delayedOperation, purgatory] of [['Produce', this.delayedProduce], ['Fetch', this.delayedFetch]] as const) {
      metrics.gauge('kafka.server:type=DelayedOperationPurgatory,name=PurgatorySize', () => purgatory.partitions, { delayedOperation });
      metrics.gauge('kafka.server:type=DelayedOperationPurgatory,name=NumDelayedOperations', () => purgatory.requests, { delayedOperation });
    }
    this.expiredProduces = metrics.meter('kafka.server:type=DelayedProduceMetrics,name=ExpiresPerSec');
    this.expiredFollowerFetches = metrics.meter('kafka.server:type=DelayedFetchMetrics,name=ExpiresPerSec', { fetcherType: 'follower' });
    this.expiredConsumerFetches = metrics.meter('kafka.server:type=DelayedFetchMetrics,name=ExpiresPerSec', { fetcherType: 'consumer' });
  }

  /** From now on there is something to look up. */
  watch(view: BrokerView): void {
    this.#view = view;
    const metrics = this.#metrics;
    metrics.gauge('kafka.server:type=KafkaServer,name=BrokerState', () => BROKER_STATE[view.state()]);
    metrics.attribute('kafka.server:type=broker-metadata-metrics:last-applied-record-offset', () => view.metadata.lastAppliedOffset);
    metrics.attribute('kafka.server:type=broker-metadata-metrics:last-applied-record-lag-ms', () => this.#sinceMs(view.metadata.lastAppliedTimestamp));
    metrics.gauge('kafka.log:type=LogManager,name=OfflineLogDirectoryCount', () => Number(view.directory.isOffline));
    const among = (is: (partition: Partition) => boolean) => (): number => count(view.replicas.partitions, is);
    const { cleaner } = view;
    metrics.gauge('kafka.log:type=LogCleaner,name=cleaner-recopy-percent', () => Math.floor((100 * cleaner.last.bytesWritten) / Math.max(1, cleaner.last.bytesRead)));
    metrics.gauge('kafka.log:type=LogCleaner,name=max-clean-time-secs', () => Math.floor(cleaner.last.durationUs / SECOND));
    metrics.gauge('kafka.log:type=LogCleaner,name=max-compaction-delay-secs', () => Math.floor(cleaner.maxOverdueMs / 1_000));
    metrics.gauge('kafka.log:type=LogCleanerManager,name=max-dirty-percent', () => Math.floor(100 * cleaner.dirtiestRatio));
    metrics.gauge('kafka.log:type=LogCleanerManager,name=uncleanable-partitions-count', () => cleaner.uncleanablePartitions);
    metrics.gauge('kafka.server:type=ReplicaManager,name=PartitionCount', among(() => true));
    metrics.gauge('kafka.server:type=ReplicaManager,name=LeaderCount', among(({ isLeader }) => isLeader));
    metrics.gauge('kafka.server:type=ReplicaManager,name=UnderReplicatedPartitions', among(isUnderReplicated));
    metrics.gauge('kafka.server:type=ReplicaManager,name=UnderMinIsrPartitionCount', among(isUnderMinIsr));
    metrics.gauge('kafka.server:type=ReplicaManager,name=AtMinIsrPartitionCount', among(isAtMinIsr));
    metrics.gauge('kafka.server:type=ReplicaManager,name=OfflineReplicaCount', among(({ isOffline }) => isOffline));
    metrics.gauge('kafka.server:type=ReplicaManager,name=ReassigningPartitions', among(isReassigning));
    metrics.gauge('kafka.server:type=ReplicaFetcherManager,name=MaxLag', () => this.#maxLag(view), REPLICA);
    metrics.gauge('kafka.server:type=ReplicaFetcherManager,name=MinFetchRate', () => this.#minFetchRate(view), REPLICA);
    metrics.gauge('kafka.server:type=ReplicaFetcherManager,name=FailedPartitionsCount', () => sum(view.replicas.fetchers, ({ failedPartitions }) => failedPartitions), REPLICA);
  }

  /** A replica has been opened: its own metrics begin. */
  partitionOpened(partition: Partition): void {
    const metrics = this.#metrics;
    const tags = { topic: partition.topic, partition: partition.index };
    metrics.gauge('kafka.cluster:type=Partition,name=UnderReplicated', () => Number(isUnderReplicated(partition)), tags);
    metrics.gauge('kafka.cluster:type=Partition,name=UnderMinIsr', () => Number(isUnderMinIsr(partition)), tags);
    metrics.gauge('kafka.cluster:type=Partition,name=AtMinIsr', () => Number(isAtMinIsr(partition)), tags);
    metrics.gauge('kafka.cluster:type=Partition,name=InSyncReplicasCount', () => (partition.isLeader ? partition.isr.length : 0), tags);
    metrics.gauge('kafka.cluster:type=Partition,name=ReplicasCount', () => (partition.isLeader ? replicationFactorOf(partition) : 0), tags);
    metrics.gauge('kafka.log:type=Log,name=LogStartOffset', () => partition.log.logStartOffset, tags);
    metrics.gauge('kafka.log:type=Log,name=LogEndOffset', () => partition.log.logEndOffset, tags);
    metrics.gauge('kafka.log:type=Log,name=NumLogSegments', () => partition.log.segments.length, tags);
    metrics.gauge('kafka.log:type=Log,name=Size', () => partition.log.sizeInBytes, tags);
  }

  /** It follows a leader from now on: its lag is told under the name of the thread that fetches. */
  follows(partition: Partition, leader: number, fetcher: FetcherView): void {
    const tags = { clientId: `ReplicaFetcherThread-0-${leader}`, topic: partition.topic, partition: partition.index };
    this.#metrics.gauge('kafka.server:type=FetcherLagMetrics,name=ConsumerLag', () => fetcher.lagOf(partition), tags);
  }

  /** The replica is not this broker's any more. */
  partitionGone({ topic, index }: Partition): void {
    this.#metrics.remove({ topic, partition: index });
  }

  ofRequest(apiKey: number): RequestMetrics {
    let metrics = this.#requests.get(apiKey);
    if (metrics === undefined) {
      const [name = String(apiKey)] = Object.entries(API_KEYS).find(([, key]) => key === apiKey) ?? [];
      metrics = new RequestMetrics(this.#metrics, name);
      this.#requests.set(apiKey, metrics);
    }
    return metrics;
  }

  /** Undefined: since nothing. The broker's clock may be ahead of the one that wrote the time, or behind. */
  #sinceMs(timestamp: number | undefined): number | undefined {
    return timestamp === undefined ? undefined : Math.floor(this.#context.clock() / MILLISECOND) - timestamp;
  }

  #lagOf(partition: Partition): number | undefined {
    for (const fetcher of this.#view?.replicas.fetchers ?? []) {
      const lag = fetcher.lagOf(partition);
      if (lag !== undefined) return lag;
    }
    return undefined;
  }

  #maxLag({ replicas: { partitions } }: BrokerView): number {
    let max = 0;
    for (const partition of partitions) max = Math.max(max, this.#lagOf(partition) ?? 0);
    return max;
  }

  #minFetchRate({ replicas: { fetchers } }: BrokerView): number {
    let min = Infinity;
    for (const { requests } of fetchers) min = Math.min(min, requests.oneMinuteRate(this.#context.now));
    return min === Infinity ? 0 : min;
  }
}

/** A replica that a reassignment adds does not count before it is through. */
function replicationFactorOf({ replicas, addingReplicas }: Partition): number {
  return addingReplicas.length === 0 ? replicas.length : replicas.filter((replica) => !addingReplicas.includes(replica)).length;
}

function isUnderReplicated(partition: Partition): boolean {
  return partition.isLeader && partition.isr.length < replicationFactorOf(partition);
}

function isReassigning({ isLeader, addingReplicas, removingReplicas }: Partition): boolean {
  return isLeader && (addingReplicas.length > 0 || removingReplicas.length > 0);
}

function isUnderMinIsr(partition: Partition): boolean {
  return partition.isLeader && partition.isr.length < partition.minIsr;
}

function isAtMinIsr(partition: Partition): boolean {
  return partition.isLeader && partition.isr.length === partition.minIsr;
}

function count<T>(items: Iterable<T>, is: (item: T) => boolean): number {
  return sum(items, (item) => Number(is(item)));
}

function sum<T>(items: Iterable<T>, of: (item: T) => number): number {
  let total = 0;
  for (const item of items) total += of(item);
  return total;
}
