import { expect, test } from 'vitest';
import { declaredMetrics } from './catalogue.ts';

/** §8 up to its requests, and the state of the broker: by JMX object what it names, where it has attributes those. */
const SECTION_8: Readonly<Record<string, readonly string[]>> = {
  'kafka.server:type=ReplicaManager,name=': [
    'UnderReplicatedPartitions', 'UnderMinIsrPartitionCount', 'AtMinIsrPartitionCount', 'OfflineReplicaCount', 'PartitionCount', 'LeaderCount', 'IsrShrinksPerSec', 'IsrExpandsPerSec',
    'FailedIsrUpdatesPerSec', 'ReassigningPartitions', 'PartitionsWithLateTransactionsCount', 'ProducerIdCount',
  ],
  'kafka.cluster:type=Partition,name=': ['UnderReplicated', 'UnderMinIsr', 'AtMinIsr', 'InSyncReplicasCount', 'ReplicasCount', 'LastStableOffsetLag'],
  'kafka.log:type=Log,name=': ['LogStartOffset', 'LogEndOffset', 'NumLogSegments', 'Size'],
  'kafka.log:type=LogFlushStats,name=': ['LogFlushRateAndTimeMs'],
  'kafka.log:type=LogManager,name=': ['OfflineLogDirectoryCount'],
  'kafka.log:type=LogCleanerManager,name=': ['uncleanable-partitions-count'],
  'kafka.controller:type=KafkaController,name=': [
    'ActiveControllerCount', 'OfflinePartitionsCount', 'PreferredReplicaImbalanceCount', 'ActiveBrokerCount', 'FencedBrokerCount', 'ControlledShutdownBrokerCount', 'GlobalTopicCount',
    'GlobalPartitionCount', 'MetadataErrorCount', 'TimedOutBrokerHeartbeatCount', 'NewActiveControllersCount', 'EventQueueOperationsTimedOutCount', 'LastAppliedRecordOffset', 'LastAppliedRecordLagMs',
  ],
  'kafka.controller:type=ControllerStats,name=': ['UncleanLeaderElectionsPerSec', 'ElectionFromEligibleLeaderReplicasPerSec', 'LeaderElectionRateAndTimeMs'],
  'kafka.controller:type=ControllerEventManager,name=': ['EventQueueTimeMs', 'EventQueueProcessingTimeMs'],
  'kafka.server:type=raft-metrics:': [
    'current-state', 'current-leader', 'current-epoch', 'current-vote', 'high-watermark', 'log-end-offset', 'election-latency-avg', 'election-latency-max', 'commit-latency-avg', 'commit-latency-max', 'number-of-voters',
  ],
  'kafka.server:type=broker-metadata-metrics:': ['last-applied-record-offset', 'last-applied-record-lag-ms', 'metadata-load-error-count', 'metadata-apply-error-count'],
  'kafka.server:type=ReplicaFetcherManager,name=': ['MaxLag', 'MinFetchRate', 'DeadThreadCount', 'FailedPartitionsCount'],
  'kafka.server:type=FetcherLagMetrics,name=': ['ConsumerLag'],
  'kafka.network:type=RequestMetrics,name=': ['RequestsPerSec', 'ErrorsPerSec', 'TotalTimeMs', 'LocalTimeMs', 'RemoteTimeMs'],
  'kafka.server:type=BrokerTopicMetrics,name=': [
    'MessagesInPerSec', 'BytesInPerSec', 'BytesOutPerSec', 'FailedProduceRequestsPerSec', 'FailedFetchRequestsPerSec', 'ReplicationBytesInPerSec', 'ReplicationBytesOutPerSec', 'InvalidMessageCrcRecordsPerSec',
    'InvalidOffsetOrSequenceRecordsPerSec',
  ],
  'kafka.server:type=DelayedOperationPurgatory,name=': ['PurgatorySize', 'NumDelayedOperations'],
  'kafka.server:type=DelayedProduceMetrics,name=': ['ExpiresPerSec'],
  'kafka.server:type=DelayedFetchMetrics,name=': ['ExpiresPerSec'],
  'kafka.server:type=KafkaServer,name=': ['BrokerState'],
};

/** What the catalogue leaves out, and says why. */
const LEFT_OUT: readonly string[] = [
  'kafka.server:type=ReplicaManager,name=PartitionsWithLateTransactionsCount',
  'kafka.server:type=ReplicaManager,name=ProducerIdCount',
  'kafka.cluster:type=Partition,name=LastStableOffsetLag',
  'kafka.server:type=ReplicaFetcherManager,name=DeadThreadCount',
  'kafka.controller:type=KafkaController,name=MetadataErrorCount',
  'kafka.server:type=broker-metadata-metrics:metadata-load-error-count',
  'kafka.server:type=broker-metadata-metrics:metadata-apply-error-count',
  'kafka.controller:type=ControllerEventManager,name=EventQueueTimeMs',
  'kafka.controller:type=KafkaController,name=EventQueueOperationsTimedOutCount',
  'kafka.controller:type=ControllerStats,name=LeaderElectionRateAndTimeMs',
];

/** What Kafka has beyond §8. */
const BEYOND: readonly string[] = [
  'kafka.log:type=LogCleaner,name=cleaner-recopy-percent',
  'kafka.log:type=LogCleaner,name=max-clean-time-secs',
  'kafka.log:type=LogCleaner,name=max-compaction-delay-secs',
  'kafka.log:type=LogCleanerManager,name=max-dirty-percent',
  'kafka.server:type=BrokerTopicMetrics,name=TotalProduceRequestsPerSec',
  'kafka.server:type=BrokerTopicMetrics,name=TotalFetchRequestsPerSec',
  'kafka.server:type=SnapshotEmitter,name=LatestSnapshotGeneratedBytes',
  'kafka.server:type=SnapshotEmitter,name=LatestSnapshotGeneratedAgeMs',
];

test('§8: every metric of brokers, controllers and replicas is declared, or left out for a reason', () => {
  const asked = Object.entries(SECTION_8).flatMap(([object, names]) => names.map((name) => `${object}${name}`));
  const declared = declaredMetrics()
    .filter(({ object }) => !/^kafka\.(producer|consumer)/.test(object))
    .map(({ object, attributes }) => (object.includes(',name=') ? object : `${object}:${attributes[0]!}`));
  expect(LEFT_OUT.filter((name) => !asked.includes(name))).toEqual([]);
  expect(declared.toSorted()).toEqual([...asked.filter((name) => !LEFT_OUT.includes(name)), ...BEYOND].toSorted());
});
