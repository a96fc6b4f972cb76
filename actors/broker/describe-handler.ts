/** @module What any broker tells an administrator from what it knows of the metadata log: topics with their eligible leader replicas, and configs. */
import { parseConfig } from '../config/config-definition.ts';
import { TOPIC_CONFIG, topicConfig } from '../config/topic-config.ts';
import type { BrokerConfig } from '../config/broker-config.ts';
import type { MetadataImage, PartitionRegistration } from '../metadata/metadata-image.ts';
import { CONFIG_RESOURCE, CONFIG_SOURCE } from '../protocol/admin-messages.ts';
import type { DescribeConfigsRequest, DescribeConfigsResponse, DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse } from '../protocol/admin-messages.ts';
import { ERRORS, NONE } from '../protocol/errors.ts';
import { availableLeader } from './metadata-handler.ts';

type DescribedConfig = DescribeConfigsResponse['results'][number]['configs'][number];

/** KIP-966. */
export function describeTopicPartitions(image: MetadataImage, { topics }: DescribeTopicPartitionsRequest): DescribeTopicPartitionsResponse {
  return {
    topics: topics.map(({ name }) => {
      const topic = image.topics.get(name);
      if (topic === undefined) return { errorCode: ERRORS.UNKNOWN_TOPIC_OR_PARTITION.code, name, topicId: '', partitions: [] };
      return { errorCode: NONE, name, topicId: topic.topicId, partitions: [...topic.partitions].map(([index, registration]) => describe(index, registration, image)) };
    }),
  };
}

function describe(partitionIndex: number, registration: PartitionRegistration, image: MetadataImage): DescribeTopicPartitionsResponse['topics'][number]['partitions'][number] {
  const { leaderEpoch, replicas, isr, elr, lastKnownElr } = registration;
  const leader = availableLeader(registration, image);
  return {
    errorCode: leader === undefined ? ERRORS.LEADER_NOT_AVAILABLE.code : NONE,
    partitionIndex,
    leaderId: leader ?? -1,
    leaderEpoch,
    replicaNodes: replicas,
    isrNodes: isr,
    eligibleLeaderReplicas: elr,
    lastKnownElr,
    offlineReplicas: replicas.filter((replica) => image.aliveBrokerEpoch(replica) === undefined),
  };
}

/** Configs of topics, and of this broker. */
export function describeConfigs(image: MetadataImage, brokerId: number, config: BrokerConfig, { resources }: DescribeConfigsRequest): DescribeConfigsResponse {
  return {
    results: resources.map(({ resourceType, resourceName, configurationKeys }) => {
      const resource = { resourceType, resourceName };
      const all = configsOf(image, brokerId, config, resourceType, resourceName);
      if (typeof all === 'string') return { errorCode: ERRORS[all].code, errorMessage: null, ...resource, configs: [] };
      const configs = all.filter(({ name }) => configurationKeys?.includes(name) ?? true);
      return { errorCode: NONE, errorMessage: null, ...resource, configs };
    }),
  };
}

function configsOf(image: MetadataImage, brokerId: number, config: BrokerConfig, resourceType: number, resourceName: string): readonly DescribedConfig[] | 'UNKNOWN_TOPIC_OR_PARTITION' | 'INVALID_REQUEST' {
  if (resourceType === CONFIG_RESOURCE.topic) {
    const topic = image.topics.get(resourceName);
    if (topic === undefined) return 'UNKNOWN_TOPIC_OR_PARTITION';
    const ofBroker = topicConfig({}, config);
    const ofKafka = parseConfig(TOPIC_CONFIG, {});
    return Object.entries(topicConfig(Object.fromEntries(topic.config), config)).map(([name, value]) => {
      const isBrokers = !topic.config.has(name);
      const isDefault = isBrokers && ofBroker[name as keyof typeof ofBroker] === ofKafka[name as keyof typeof ofKafka];
      return { name, value: String(value), configSource: isDefault ? CONFIG_SOURCE.default : isBrokers ? CONFIG_SOURCE.staticBroker : CONFIG_SOURCE.dynamicTopic };
    });
  }
  if (resourceType !== CONFIG_RESOURCE.broker || resourceName !== String(brokerId)) return 'INVALID_REQUEST';
  return Object.entries(config).map(([name, value]) => ({ name, value: String(value), configSource: CONFIG_SOURCE.staticBroker }));
}
