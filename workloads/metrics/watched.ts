/** @module The metrics that the book has a team watch (§7.6.3), and how those of many processes are put together. */

export interface Watched {
  /** Whose it is, as the report groups them. */
  readonly of: 'producers' | 'consumers' | 'brokers' | 'controllers';
  /** JMX object, as far as all processes have it in common. */
  readonly object: string;
  readonly attribute: string;
  /** `max`: the worst of them; of controllers, which all tell the same, whoever tells most. */
  readonly over: 'sum' | 'max';
}

const PRODUCER = 'kafka.producer:type=producer-metrics';
const CONSUMER = 'kafka.consumer:type=consumer-fetch-manager-metrics';
const CONTROLLER = 'kafka.controller:type=KafkaController,name=';

export const WATCHED: readonly Watched[] = [
  { of: 'producers', object: PRODUCER, attribute: 'record-error-rate', over: 'sum' },
  { of: 'producers', object: PRODUCER, attribute: 'record-error-total', over: 'sum' },
  { of: 'producers', object: PRODUCER, attribute: 'record-retry-rate', over: 'sum' },
  { of: 'producers', object: PRODUCER, attribute: 'record-retry-total', over: 'sum' },
  { of: 'consumers', object: CONSUMER, attribute: 'records-lag-max', over: 'max' },
  { of: 'consumers', object: CONSUMER, attribute: 'records-consumed-total', over: 'sum' },
  { of: 'brokers', object: 'kafka.server:type=ReplicaManager,name=UnderReplicatedPartitions', attribute: 'Value', over: 'sum' },
  { of: 'brokers', object: 'kafka.server:type=ReplicaManager,name=UnderMinIsrPartitionCount', attribute: 'Value', over: 'sum' },
  { of: 'brokers', object: 'kafka.server:type=BrokerTopicMetrics,name=FailedProduceRequestsPerSec', attribute: 'Count', over: 'sum' },
  { of: 'brokers', object: 'kafka.server:type=BrokerTopicMetrics,name=FailedFetchRequestsPerSec', attribute: 'Count', over: 'sum' },
  { of: 'controllers', object: `${CONTROLLER}ActiveControllerCount`, attribute: 'Value', over: 'sum' },
  { of: 'controllers', object: `${CONTROLLER}OfflinePartitionsCount`, attribute: 'Value', over: 'max' },
  { of: 'controllers', object: 'kafka.controller:type=ControllerStats,name=UncleanLeaderElectionsPerSec', attribute: 'Count', over: 'max' },
];

/** Object of the metric without the tag of a client, or undefined if it is one of a topic or a partition. */
export function commonObject(object: string): string | undefined {
  const [common, ...tags] = object.split(/,(?=client-id=|topic=|partition=)/);
  return tags.every((tag) => tag.startsWith('client-id=')) ? common : undefined;
}
