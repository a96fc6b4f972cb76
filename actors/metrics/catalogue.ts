/**
 * @module
 * Every metric there is, under Kafka's own names (§8): the JMX object of the process and, of the clients' metrics, the attribute behind
 * a colon. Tags come after the object's name; what has a tag `topic` is there for all topics together as well, unless it is of a partition.
 *
 *     kafka.server:type=BrokerTopicMetrics,name=BytesInPerSec,topic=orders      Count, OneMinuteRate
 *     kafka.producer:type=producer-metrics,client-id=producer-0                 record-error-rate
 *
 * Left out of §8, of brokers, controllers and replicas: what could only ever tell the same here, or is of a part of Kafka that is not here.
 *
 *     PartitionsWithLateTransactionsCount, ProducerIdCount, LastStableOffsetLag   no transactions, no state of producers
 *     DeadThreadCount                                                             what would end a fetcher's thread ends the broker, or the run
 *     MetadataErrorCount, metadata-load-error-count, metadata-apply-error-count   what cannot be read ends the process; the rest never fails
 *     EventQueueTimeMs, EventQueueOperationsTimedOutCount                         a request is decided when it comes: there is no queue to wait in
 *     LeaderElectionRateAndTimeMs                                                 of controllers on ZooKeeper
 */

/** `gauge`: Value. `meter`: Count, OneMinuteRate. `histogram`: Count, Mean, Max. `timer`: a meter and a histogram of ms. `attribute`: the one it names. */
export type MetricKind = 'gauge' | 'meter' | 'histogram' | 'timer' | 'attribute';

interface Declared<K extends MetricKind> {
  readonly kind: K;
  readonly says: string;
  /** What tells its instances apart, beside the process. */
  readonly tags: readonly string[];
}

const gauge = (says: string, ...tags: string[]): Declared<'gauge'> => ({ kind: 'gauge', says, tags });
const meter = (says: string, ...tags: string[]): Declared<'meter'> => ({ kind: 'meter', says, tags });
const histogram = (says: string, ...tags: string[]): Declared<'histogram'> => ({ kind: 'histogram', says, tags });
const timer = (says: string, ...tags: string[]): Declared<'timer'> => ({ kind: 'timer', says, tags });
const attribute = (says: string, ...tags: string[]): Declared<'attribute'> => ({ kind: 'attribute', says, tags });

export const METRICS = {
  // Replicas of a broker.
  'kafka.server:type=ReplicaManager,name=UnderReplicatedPartitions': gauge('Partitions led here whose in-sync set is smaller than their replica set, not counting replicas that a reassignment adds.'),
  'kafka.server:type=ReplicaManager,name=UnderMinIsrPartitionCount': gauge('Partitions led here with fewer in-sync replicas than min.insync.replicas: acks=all is refused.'),
  'kafka.server:type=ReplicaManager,name=AtMinIsrPartitionCount': gauge('Partitions led here with exactly min.insync.replicas in sync: one more lost, and acks=all is refused.'),
  'kafka.server:type=ReplicaManager,name=PartitionCount': gauge('Replicas this broker holds.'),
  'kafka.server:type=ReplicaManager,name=LeaderCount': gauge('Partitions this broker leads.'),
  'kafka.server:type=ReplicaManager,name=OfflineReplicaCount': gauge('Replicas whose log directory has failed (DF-2).'),
  'kafka.server:type=ReplicaManager,name=ReassigningPartitions': gauge('Partitions led here of which a reassignment goes on.'),
  'kafka.server:type=ReplicaManager,name=IsrShrinksPerSec': meter('In-sync sets that this broker, leading, has made smaller.'),
  'kafka.server:type=ReplicaManager,name=IsrExpandsPerSec': meter('In-sync sets that this broker, leading, has made larger.'),
  'kafka.server:type=ReplicaManager,name=FailedIsrUpdatesPerSec': meter('Changes of an in-sync set that the controller has refused.'),
  'kafka.cluster:type=Partition,name=UnderReplicated': gauge('1 where this broker leads and the in-sync set is smaller than the replica set, not counting replicas that a reassignment adds.', 'topic', 'partition'),
  'kafka.cluster:type=Partition,name=UnderMinIsr': gauge('1 where this broker leads with fewer in-sync replicas than min.insync.replicas.', 'topic', 'partition'),
  'kafka.cluster:type=Partition,name=AtMinIsr': gauge('1 where this broker leads with exactly min.insync.replicas in sync.', 'topic', 'partition'),
  'kafka.cluster:type=Partition,name=InSyncReplicasCount': gauge('Members of the in-sync set, where this broker leads; else 0.', 'topic', 'partition'),
  'kafka.cluster:type=Partition,name=ReplicasCount': gauge('Replicas assigned, without those that a reassignment adds, where this broker leads; else 0.', 'topic', 'partition'),
  'kafka.log:type=Log,name=LogStartOffset': gauge('The first offset that is still there.', 'topic', 'partition'),
  'kafka.log:type=Log,name=LogEndOffset': gauge('The offset that the next record will get.', 'topic', 'partition'),
  'kafka.log:type=Log,name=NumLogSegments': gauge('Segments, the one that is written to among them.', 'topic', 'partition'),
  'kafka.log:type=Log,name=Size': gauge('Bytes of all segments.', 'topic', 'partition'),
  'kafka.log:type=LogFlushStats,name=LogFlushRateAndTimeMs': timer('Making a segment of a replica durable, its indexes with it.'),
  'kafka.log:type=LogManager,name=OfflineLogDirectoryCount': gauge('Log directories that have failed. A broker has one, and halts without it.'),

  // The log cleaner of a broker.
  'kafka.log:type=LogCleaner,name=cleaner-recopy-percent': gauge('Bytes that the last compaction has written, of those it has read.'),
  'kafka.log:type=LogCleaner,name=max-clean-time-secs': gauge('How long the last compaction of a log took.'),
  'kafka.log:type=LogCleaner,name=max-compaction-delay-secs': gauge('By how much a log had outlived max.compaction.lag.ms.'),
  'kafka.log:type=LogCleanerManager,name=max-dirty-percent': gauge('Share of dirty bytes of the dirtiest log.'),
  'kafka.log:type=LogCleanerManager,name=uncleanable-partitions-count': gauge('Logs that cannot be compacted, for they hold what cannot be read.'),

  // Requests of clients and followers.
  'kafka.server:type=BrokerTopicMetrics,name=MessagesInPerSec': meter('Records that clients have produced here.', 'topic'),
  'kafka.server:type=BrokerTopicMetrics,name=BytesInPerSec': meter('Bytes that clients have produced here.', 'topic'),
  'kafka.server:type=BrokerTopicMetrics,name=BytesOutPerSec': meter('Bytes that consumers have fetched here.', 'topic'),
  'kafka.server:type=BrokerTopicMetrics,name=TotalProduceRequestsPerSec': meter('Partitions that clients have asked to append to.', 'topic'),
  'kafka.server:type=BrokerTopicMetrics,name=TotalFetchRequestsPerSec': meter('Partitions that consumers and followers have asked to read.', 'topic'),
  'kafka.server:type=BrokerTopicMetrics,name=FailedProduceRequestsPerSec': meter('Appends that failed for another reason than that they came to the wrong broker.', 'topic'),
  'kafka.server:type=BrokerTopicMetrics,name=FailedFetchRequestsPerSec': meter('Reads that failed for another reason than that they came to the wrong broker.', 'topic'),
  'kafka.server:type=BrokerTopicMetrics,name=ReplicationBytesInPerSec': meter('Bytes that this broker has fetched as a follower.'),
  'kafka.server:type=BrokerTopicMetrics,name=ReplicationBytesOutPerSec': meter('Bytes that followers have fetched here.'),
  'kafka.server:type=BrokerTopicMetrics,name=InvalidMessageCrcRecordsPerSec': meter('Batches of clients and of leaders that failed their checksum.'),
  'kafka.server:type=BrokerTopicMetrics,name=InvalidOffsetOrSequenceRecordsPerSec': meter('Batches of clients whose offsets, sequence or control bit cannot be right.'),
  'kafka.network:type=RequestMetrics,name=RequestsPerSec': meter('Requests taken in.', 'request'),
  'kafka.network:type=RequestMetrics,name=ErrorsPerSec': meter('Error codes in answers, NONE among them.', 'request', 'error'),
  'kafka.network:type=RequestMetrics,name=TotalTimeMs': histogram('From taking a request in to its answer, ms.', 'request'),
  'kafka.network:type=RequestMetrics,name=LocalTimeMs': histogram('Of that, until it began to wait for others, or was answered: the work of this broker and its disk.', 'request'),
  'kafka.network:type=RequestMetrics,name=RemoteTimeMs': histogram('Of that, the rest: for replicas, for records to come, for the controller.', 'request'),
  'kafka.server:type=DelayedOperationPurgatory,name=PurgatorySize': gauge('Partitions that requests wait at: for a commit, for records. A request counts at each of its partitions.', 'delayedOperation'),
  'kafka.server:type=DelayedOperationPurgatory,name=NumDelayedOperations': gauge('Requests that wait with a timeout running.', 'delayedOperation'),
  'kafka.server:type=DelayedProduceMetrics,name=ExpiresPerSec': meter('Partitions of acks=all requests that were not committed in time.'),
  'kafka.server:type=DelayedFetchMetrics,name=ExpiresPerSec': meter('Fetches that were answered because their time was up.', 'fetcherType'),

  // A broker as a follower, and its life.
  'kafka.server:type=ReplicaFetcherManager,name=MaxLag': gauge('Records that the follower furthest behind has not fetched, as of its last fetch.', 'clientId'),
  'kafka.server:type=ReplicaFetcherManager,name=MinFetchRate': gauge('Fetches per second of the slowest fetcher, one-minute average.', 'clientId'),
  'kafka.server:type=ReplicaFetcherManager,name=FailedPartitionsCount': gauge('Partitions that are not fetched any more until metadata brings something newer (FT-6).', 'clientId'),
  'kafka.server:type=FetcherLagMetrics,name=ConsumerLag': gauge('Records that this follower had not fetched yet, as of its last fetch. The clientId is the fetcher thread, which its leader is part of.', 'clientId', 'topic', 'partition'),
  'kafka.server:type=KafkaServer,name=BrokerState': gauge('1 starting, 2 recovery: not yet unfenced, 3 running, 6 pending controlled shutdown, 7 shutting down.'),
  'kafka.server:type=broker-metadata-metrics:last-applied-record-offset': attribute('Offset of the last metadata record this broker has acted on.'),
  'kafka.server:type=broker-metadata-metrics:last-applied-record-lag-ms': attribute('Time since that record was written, by the clocks of both. Records come at least every metadata.max.idle.interval.ms.'),

  // The controller.
  'kafka.controller:type=KafkaController,name=ActiveControllerCount': gauge('1 where the active controller is; over all controllers the sum must be 1.'),
  'kafka.controller:type=KafkaController,name=OfflinePartitionsCount': gauge('Partitions without a leader.'),
  'kafka.controller:type=KafkaController,name=PreferredReplicaImbalanceCount': gauge('Partitions whose leader is not their first replica.'),
  'kafka.controller:type=KafkaController,name=ActiveBrokerCount': gauge('Brokers registered and not fenced.'),
  'kafka.controller:type=KafkaController,name=FencedBrokerCount': gauge('Brokers registered and fenced.'),
  'kafka.controller:type=KafkaController,name=ControlledShutdownBrokerCount': gauge('Brokers that are shutting down and hand over their leaderships.'),
  'kafka.controller:type=KafkaController,name=GlobalTopicCount': gauge('Topics.'),
  'kafka.controller:type=KafkaController,name=GlobalPartitionCount': gauge('Partitions of all topics.'),
  'kafka.controller:type=KafkaController,name=TimedOutBrokerHeartbeatCount': gauge('Sessions of brokers that have run out, since this controller started.'),
  'kafka.controller:type=KafkaController,name=NewActiveControllersCount': gauge('Elections of an active controller that this one has heard of, since it started, its own among them.'),
  'kafka.controller:type=KafkaController,name=LastAppliedRecordOffset': gauge('Offset of the last record of the metadata log that it has applied; of the active controller, proposed.'),
  'kafka.controller:type=KafkaController,name=LastAppliedRecordLagMs': gauge('Time since that record was written.'),
  'kafka.controller:type=ControllerEventManager,name=EventQueueProcessingTimeMs': histogram('From deciding on a request until what it came to is committed, ms.'),
  'kafka.controller:type=ControllerStats,name=UncleanLeaderElectionsPerSec': meter('Leaders elected from outside the in-sync set: what was committed may be lost. Every controller counts them, by what is committed.'),
  'kafka.controller:type=ControllerStats,name=ElectionFromEligibleLeaderReplicasPerSec': meter('Leaders elected from the eligible leader replicas (EL-6), counted likewise.'),
  'kafka.server:type=SnapshotEmitter,name=LatestSnapshotGeneratedBytes': gauge('Size of the snapshot of the metadata that this controller wrote last; 0: none yet.'),
  'kafka.server:type=SnapshotEmitter,name=LatestSnapshotGeneratedAgeMs': gauge('Time since then; if there is none, since it started.'),

  // The quorum.
  'kafka.server:type=raft-metrics:current-state': attribute('What it is, where Kafka has words: 0 unattached, or resigned, 1 unattached and has voted, 2 prospective, 3 candidate, 4 follower, 5 leader.'),
  'kafka.server:type=raft-metrics:current-epoch': attribute('The latest epoch this voter has heard of.'),
  'kafka.server:type=raft-metrics:current-leader': attribute('Who leads it, as far as this voter knows; −1: nobody.'),
  'kafka.server:type=raft-metrics:current-vote': attribute('Whom it has voted for in this epoch; −1: nobody.'),
  'kafka.server:type=raft-metrics:high-watermark': attribute('Offsets of the metadata log below this are committed.'),
  'kafka.server:type=raft-metrics:log-end-offset': attribute('The offset that the next record of its log will get.'),
  'kafka.server:type=raft-metrics:number-of-voters': attribute('Voters of the quorum.'),
  'kafka.server:type=raft-metrics:election-latency-avg': attribute('From standing for election to a leader, ms, on average.'),
  'kafka.server:type=raft-metrics:election-latency-max': attribute('The longest of these times, ms.'),
  'kafka.server:type=raft-metrics:commit-latency-avg': attribute('From appending, as the leader, to commit, ms, on average.'),
  'kafka.server:type=raft-metrics:commit-latency-max': attribute('The longest of these times, ms.'),

  // Producers.
  'kafka.producer:type=producer-metrics:record-send-total': attribute('Records sent in requests; again with every retry.', 'client-id'),
  'kafka.producer:type=producer-metrics:record-send-rate': attribute('The same per second.', 'client-id'),
  'kafka.producer:type=producer-metrics:record-error-total': attribute('Records that failed for good.', 'client-id'),
  'kafka.producer:type=producer-metrics:record-error-rate': attribute('The same per second.', 'client-id'),
  'kafka.producer:type=producer-metrics:record-retry-total': attribute('Records put back to be sent again.', 'client-id'),
  'kafka.producer:type=producer-metrics:record-retry-rate': attribute('The same per second.', 'client-id'),
  'kafka.producer:type=producer-metrics:batch-split-total': attribute('Batches split because a broker found them too large.', 'client-id'),
  'kafka.producer:type=producer-metrics:batch-split-rate': attribute('The same per second.', 'client-id'),
  'kafka.producer:type=producer-metrics:buffer-exhausted-total': attribute('Records dropped because no buffer memory came free in time.', 'client-id'),
  'kafka.producer:type=producer-metrics:buffer-exhausted-rate': attribute('The same per second.', 'client-id'),
  'kafka.producer:type=producer-metrics:batch-size-avg': attribute('Bytes of a batch sent, on average.', 'client-id'),
  'kafka.producer:type=producer-metrics:batch-size-max': attribute('Bytes of the largest batch sent.', 'client-id'),
  'kafka.producer:type=producer-metrics:records-per-request-avg': attribute('Records in a request, on average.', 'client-id'),
  'kafka.producer:type=producer-metrics:record-queue-time-avg': attribute('From the first record of a batch until it is sent, ms, on average.', 'client-id'),
  'kafka.producer:type=producer-metrics:record-queue-time-max': attribute('The longest of these times, ms.', 'client-id'),
  'kafka.producer:type=producer-metrics:request-latency-avg': attribute('From sending a Produce request to its answer, ms, on average.', 'client-id'),
  'kafka.producer:type=producer-metrics:request-latency-max': attribute('The longest of these times, ms.', 'client-id'),
  'kafka.producer:type=producer-metrics:request-total': attribute('Requests of all kinds sent.', 'client-id'),
  'kafka.producer:type=producer-metrics:request-rate': attribute('The same per second.', 'client-id'),
  'kafka.producer:type=producer-metrics:response-total': attribute('Answers received.', 'client-id'),
  'kafka.producer:type=producer-metrics:response-rate': attribute('The same per second.', 'client-id'),
  'kafka.producer:type=producer-metrics:requests-in-flight': attribute('Requests that wait for their answers.', 'client-id'),
  'kafka.producer:type=producer-metrics:metadata-age': attribute('Seconds since metadata last came.', 'client-id'),
  'kafka.producer:type=producer-metrics:buffer-total-bytes': attribute('buffer.memory.', 'client-id'),
  'kafka.producer:type=producer-metrics:buffer-available-bytes': attribute('What is left of it.', 'client-id'),
  'kafka.producer:type=producer-metrics:waiting-threads': attribute('Calls of send() that wait for buffer memory.', 'client-id'),
  'kafka.producer:type=producer-topic-metrics:record-send-total': attribute('Records of a topic sent in requests; again with every retry.', 'client-id', 'topic'),
  'kafka.producer:type=producer-topic-metrics:record-send-rate': attribute('The same per second.', 'client-id', 'topic'),
  'kafka.producer:type=producer-topic-metrics:record-error-total': attribute('Records of a topic that failed for good.', 'client-id', 'topic'),
  'kafka.producer:type=producer-topic-metrics:record-error-rate': attribute('The same per second.', 'client-id', 'topic'),
  'kafka.producer:type=producer-topic-metrics:record-retry-total': attribute('Records of a topic put back to be sent again.', 'client-id', 'topic'),
  'kafka.producer:type=producer-topic-metrics:record-retry-rate': attribute('The same per second.', 'client-id', 'topic'),

  // Consumers.
  'kafka.consumer:type=consumer-fetch-manager-metrics:records-lag-max': attribute('Records behind the high watermark after a poll: the most, of any partition, and of each.', 'client-id', 'topic', 'partition'),
  'kafka.consumer:type=consumer-fetch-manager-metrics:records-lead-min': attribute('Records from the start of the log to the position after a poll: the least, of any partition.', 'client-id'),
  'kafka.consumer:type=consumer-fetch-manager-metrics:records-consumed-total': attribute('Records handed to the application.', 'client-id'),
  'kafka.consumer:type=consumer-fetch-manager-metrics:records-consumed-rate': attribute('The same per second.', 'client-id'),
  'kafka.consumer:type=consumer-fetch-manager-metrics:bytes-consumed-total': attribute('Bytes of records fetched.', 'client-id'),
  'kafka.consumer:type=consumer-fetch-manager-metrics:bytes-consumed-rate': attribute('The same per second.', 'client-id'),
  'kafka.consumer:type=consumer-fetch-manager-metrics:fetch-total': attribute('Fetches answered.', 'client-id'),
  'kafka.consumer:type=consumer-fetch-manager-metrics:fetch-rate': attribute('The same per second.', 'client-id'),
  'kafka.consumer:type=consumer-fetch-manager-metrics:fetch-latency-avg': attribute('From sending a fetch to its answer, ms, on average.', 'client-id'),
  'kafka.consumer:type=consumer-fetch-manager-metrics:fetch-latency-max': attribute('The longest of these times, ms.', 'client-id'),
  'kafka.consumer:type=consumer-fetch-manager-metrics:fetch-size-avg': attribute('Bytes of records in an answer, on average.', 'client-id'),
  'kafka.consumer:type=consumer-fetch-manager-metrics:fetch-size-max': attribute('Bytes of records in the largest answer.', 'client-id'),
  'kafka.consumer:type=consumer-fetch-manager-metrics:records-lag': attribute('Records behind the high watermark after the last poll of this partition.', 'client-id', 'topic', 'partition'),
} as const satisfies Record<string, Declared<MetricKind>>;

const ATTRIBUTES: Readonly<Record<Exclude<MetricKind, 'attribute'>, readonly string[]>> = {
  gauge: ['Value'],
  meter: ['Count', 'OneMinuteRate'],
  histogram: ['Count', 'Mean', 'Max'],
  timer: ['Count', 'OneMinuteRate', 'Mean', 'Max'],
};

/** Every metric: its JMX object without tags, what it has of attributes, what tells its instances apart, what it says. */
export function declaredMetrics(): readonly { readonly object: string; readonly attributes: readonly string[]; readonly tags: readonly string[]; readonly says: string }[] {
  return Object.entries(METRICS).map(([name, { kind, tags, says }]) => {
    const at = name.lastIndexOf(':');
    return kind === 'attribute' ? { object: name.slice(0, at), attributes: [name.slice(at + 1)], tags, says } : { object: name, attributes: ATTRIBUTES[kind], tags, says };
  });
}

type Named<K extends MetricKind> = { [Name in keyof typeof METRICS]: (typeof METRICS)[Name]['kind'] extends K ? Name : never }[keyof typeof METRICS];
export type GaugeName = Named<'gauge'>;
export type MeterName = Named<'meter'>;
export type HistogramName = Named<'histogram'>;
export type TimerName = Named<'timer'>;
/** A JMX object and its attribute. */
export type AttributeName = Named<'attribute'>;

/** Attributes that only grow as long as a process lives: over its incarnations they add up. */
export function isCounter(attributeName: string): boolean {
  return attributeName === 'Count' || attributeName.endsWith('-total');
}
