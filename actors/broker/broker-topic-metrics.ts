/** @module What goes in and out of a broker, of each topic and of all together: Kafka's BrokerTopicMetrics (§8). */
import type { BatchFault } from '../log/batch-validation.ts';
import type { Meter } from '../metrics/meter.ts';
import type { Metrics, Tags } from '../metrics/registry.ts';
import { NONE, errorName } from '../protocol/errors.ts';
import type { ErrorName } from '../protocol/errors.ts';
import type { FetchResponse } from '../protocol/messages.ts';

/** As in Kafka, what a client is to blame for, its knowledge of leaders, or the disk, is no failure of the request. */
const NOT_A_FAILED_PRODUCE: ReadonlySet<ErrorName> = new Set(['UNKNOWN_TOPIC_OR_PARTITION', 'NOT_LEADER_OR_FOLLOWER', 'MESSAGE_TOO_LARGE', 'CORRUPT_MESSAGE', 'INVALID_TOPIC_EXCEPTION', 'KAFKA_STORAGE_ERROR'] satisfies ErrorName[]);
const NOT_A_FAILED_FETCH: ReadonlySet<ErrorName> = new Set([
  'UNKNOWN_TOPIC_OR_PARTITION', 'NOT_LEADER_OR_FOLLOWER', 'UNKNOWN_LEADER_EPOCH', 'FENCED_LEADER_EPOCH', 'OFFSET_OUT_OF_RANGE', 'KAFKA_STORAGE_ERROR',
] satisfies ErrorName[]);

interface TopicMeters {
  readonly messagesIn: Meter;
  readonly bytesIn: Meter;
  readonly bytesOut: Meter;
  readonly produceRequests: Meter;
  readonly fetchRequests: Meter;
  readonly failedProduce: Meter;
  readonly failedFetch: Meter;
}

export class BrokerTopicMetrics {
  readonly #metrics: Metrics;
  readonly #all: TopicMeters;
  readonly #byTopic = new Map<string, TopicMeters>();
  readonly #invalidCrc: Meter;
  readonly #invalidOffsetOrSequence: Meter;
  readonly replicationBytesIn: Meter;
  readonly replicationBytesOut: Meter;

  constructor(metrics: Metrics) {
    this.#metrics = metrics;
    this.#all = topicMeters(metrics, {});
    this.#invalidCrc = metrics.meter('kafka.server:type=BrokerTopicMetrics,name=InvalidMessageCrcRecordsPerSec');
    this.#invalidOffsetOrSequence = metrics.meter('kafka.server:type=BrokerTopicMetrics,name=InvalidOffsetOrSequenceRecordsPerSec');
    this.replicationBytesIn = metrics.meter('kafka.server:type=BrokerTopicMetrics,name=ReplicationBytesInPerSec');
    this.replicationBytesOut = metrics.meter('kafka.server:type=BrokerTopicMetrics,name=ReplicationBytesOutPerSec');
  }

  /** A client's batch was appended, or refused. */
  produced(topic: string, errorCode: number, bytes: number, records: number): void {
    const ofTopic = this.#topic(topic);
    for (const meters of [this.#all, ofTopic]) {
      meters.produceRequests.mark();
      if (errorCode === NONE) {
        meters.bytesIn.mark(bytes);
        meters.messagesIn.mark(records);
      } else if (!NOT_A_FAILED_PRODUCE.has(errorName(errorCode))) {
        meters.failedProduce.mark();
      }
    }
  }

  /** A batch of a client, or one that a leader sent, was not appended for what it is. */
  invalid(countsAs: NonNullable<BatchFault['countsAs']>): void {
    (countsAs === 'invalid-crc' ? this.#invalidCrc : this.#invalidOffsetOrSequence).mark();
  }

  /** A fetch is answered. `reads`: how often each partition was read; one that had to wait, twice. */
  fetched(responses: FetchResponse['responses'], isFollower: boolean, reads: number): void {
    let bytesOfAll = 0;
    let partitionsOfAll = 0;
    for (const { topic, partitions } of responses) {
      const ofTopic = this.#topic(topic);
      let bytes = 0;
      for (const { records, errorCode } of partitions) {
        bytes += records.length;
        if (errorCode !== NONE && !NOT_A_FAILED_FETCH.has(errorName(errorCode))) for (const meters of [this.#all, ofTopic]) meters.failedFetch.mark();
      }
      ofTopic.fetchRequests.mark(partitions.length * reads);
      if (!isFollower) ofTopic.bytesOut.mark(bytes);
      bytesOfAll += bytes;
      partitionsOfAll += partitions.length;
    }
    this.#all.fetchRequests.mark(partitionsOfAll * reads);
    (isFollower ? this.replicationBytesOut : this.#all.bytesOut).mark(bytesOfAll);
  }

  #topic(topic: string): TopicMeters {
    let meters = this.#byTopic.get(topic);
    if (meters === undefined) {
      meters = topicMeters(this.#metrics, { topic });
      this.#byTopic.set(topic, meters);
    }
    return meters;
  }
}

function topicMeters(metrics: Metrics, tags: Tags): TopicMeters {
  return {
    messagesIn: metrics.meter('kafka.server:type=BrokerTopicMetrics,name=MessagesInPerSec', tags),
    bytesIn: metrics.meter('kafka.server:type=BrokerTopicMetrics,name=BytesInPerSec', tags),
    bytesOut: metrics.meter('kafka.server:type=BrokerTopicMetrics,name=BytesOutPerSec', tags),
    produceRequests: metrics.meter('kafka.server:type=BrokerTopicMetrics,name=TotalProduceRequestsPerSec', tags),
    fetchRequests: metrics.meter('kafka.server:type=BrokerTopicMetrics,name=TotalFetchRequestsPerSec', tags),
    failedProduce: metrics.meter('kafka.server:type=BrokerTopicMetrics,name=FailedProduceRequestsPerSec', tags),
    failedFetch: metrics.meter('kafka.server:type=BrokerTopicMetrics,name=FailedFetchRequestsPerSec', tags),
  };
}
