import { describe, expect, test } from 'vitest';
import { MILLISECOND, SECOND } from '../../runtime/index.ts';
import type { ActorContext, Connection, Task } from '../../runtime/index.ts';
import { Admin } from '../admin/admin.ts';
import { brokerName, controllerName } from '../client/bootstrap.ts';
import { ADMIN_CONFIG } from '../config/admin-config.ts';
import { parseConfig } from '../config/config-definition.ts';
import { encodeRecordBatch } from '../log/records.ts';
import { API_KEYS } from '../protocol/messages.ts';
import type { CreateTopicsRequest, ProduceRequest, ProduceResponse } from '../protocol/messages.ts';
import { runCluster } from '../testing/cluster.ts';
import { metricValues } from '../testing/metrics.ts';
import { LOG_DIR_FAILURE_US } from './log-dir-failure.ts';

const value = new TextEncoder().encode('a record');
const LEADER = brokerName(0);
const SAMPLE = 100 * MILLISECOND;

function produceRequest(acks: number, timeoutMs: number): ProduceRequest {
  const records = encodeRecordBatch([{ key: null, value, timestamp: 0 }]);
  return { apiKey: API_KEYS.Produce, clientId: 'test', transactionalId: null, acks, timeoutMs, topicData: [{ name: 'orders', partitionData: [{ index: 0, records }] }] };
}

/** One partition, led by the first broker: all of them are there when it is made. */
function* createTopic(context: ActorContext, replicationFactor: number, minInsyncReplicas: number): Task {
  yield* context.sleep(2 * SECOND);
  const connection = yield* context.connect(controllerName(0), SECOND);
  const configs = [{ name: 'min.insync.replicas', value: String(minInsyncReplicas) }];
  const request: CreateTopicsRequest = { apiKey: API_KEYS.CreateTopics, clientId: 'test', topics: [{ name: 'orders', numPartitions: 1, replicationFactor, assignments: [], configs }] };
  for (;;) {
    const { topics } = yield* connection.call(request, SECOND);
    if (topics[0]?.errorCode === 0) break;
    yield* context.sleep(100 * MILLISECOND);
  }
  yield* context.sleep(SECOND);
}

function* produce(connection: Connection, acks = -1, timeoutMs = 5_000): Task<number> {
  const response: ProduceResponse = yield* connection.call(produceRequest(acks, timeoutMs), 30 * SECOND);
  return response.responses[0]!.partitionResponses[0]!.errorCode;
}

const REPLICAS = 'kafka.server:type=ReplicaManager,name=';
const TOPIC = 'kafka.server:type=BrokerTopicMetrics,name=';
const CONTROLLER = 'kafka.controller:type=KafkaController,name=';
const REQUESTS = 'kafka.network:type=RequestMetrics,name=';
const ORDERS_0 = ',topic=orders,partition=0';

/** A follower is cut off until its leader has dropped it, then comes back. */
const followerCutOff = runCluster({
  config: { 'replica.lag.time.max.ms': 3_000, 'replica.fetch.max.bytes': 100, 'replica.socket.timeout.ms': 2_000 },
  metricsIntervalUs: SAMPLE,
  faults: [{ id: 'f1', kind: 'partition', at: 5 * SECOND, for: 10 * SECOND, target: { between: [brokerName(2)], and: [LEADER] } }],
  scripts: {
    *client(context) {
      yield* createTopic(context, 3, 2);
      const leader = yield* context.connect(LEADER, SECOND);
      yield* context.sleep(12 * SECOND - context.now);
      for (let i = 0; i < 300; i += 1) expect(yield* produce(leader)).toBe(0);
      yield* context.sleep(20 * SECOND);
    },
  },
});

/** Both followers are cut off. */
const leaderAlone = runCluster({
  config: { 'replica.lag.time.max.ms': 4_000 },
  metricsIntervalUs: SAMPLE,
  faults: [{ id: 'f1', kind: 'partition', at: 5 * SECOND, for: 60 * SECOND, target: { between: [brokerName(1), brokerName(2)], and: [LEADER] } }],
  scripts: {
    *client(context) {
      yield* createTopic(context, 3, 2);
      yield* context.sleep(100 * MILLISECOND);
      const leader = yield* context.connect(LEADER, SECOND);
      expect(yield* produce(leader)).toBe(0);
      yield* context.sleep(5 * SECOND + MILLISECOND - context.now);
      expect(yield* produce(leader, -1, 1_000)).toBe(7);
      yield* context.sleep(10 * SECOND);
      expect(yield* produce(leader)).toBe(19);
      yield* context.sleep(SECOND);
    },
  },
});

/** The only replica dies and comes back. */
const onlyReplicaGone = runCluster({
  metricsIntervalUs: SAMPLE,
  faults: [{ id: 'f1', kind: 'crash', at: 5 * SECOND, for: 20 * SECOND, target: { actor: LEADER } }],
  scripts: {
    *client(context) {
      yield* createTopic(context, 1, 1);
      // The controller answers before the broker has read that it leads.
      yield* context.sleep(100 * MILLISECOND);
      const leader = yield* context.connect(LEADER, SECOND);
      expect(yield* produce(leader)).toBe(0);
      yield* context.sleep(40 * SECOND);
    },
  },
});

/** A replica is to move to a broker that its leader does not reach for a while; segments are small; in the end the topic is deleted. */
const moving = runCluster({
  brokers: 4,
  metricsIntervalUs: SAMPLE,
  faults: [{ id: 'f1', kind: 'partition', at: 4 * SECOND, for: 6 * SECOND, target: { between: [brokerName(3)], and: [LEADER] } }],
  scripts: {
    *client(context) {
      yield* context.sleep(2 * SECOND);
      const admin = new Admin(context, { clientId: 'test', bootstrapServers: [LEADER], config: parseConfig(ADMIN_CONFIG, {}) });
      yield* admin.createTopics([{ name: 'orders', replicasAssignments: [[0, 1, 2]], configs: { 'segment.bytes': '200', 'flush.messages': '1' } }]);
      yield* context.sleep(SECOND);
      const leader = yield* context.connect(LEADER, SECOND);
      for (let i = 0; i < 10; i += 1) expect(yield* produce(leader)).toBe(0);
      yield* context.sleep(5 * SECOND - context.now);
      yield* admin.alterPartitionReassignments([{ topic: 'orders', partition: 0, replicas: [0, 1, 3] }]);
      yield* context.sleep(50 * SECOND - context.now);
      yield* admin.deleteTopics(['orders']);
      yield* context.sleep(SECOND);
    },
  },
});

/** The only log directory fails; samples are taken before the broker halts. */
const directoryGone = runCluster({
  brokers: 1,
  metricsIntervalUs: LOG_DIR_FAILURE_US / 2,
  faults: [{ id: 'f1', kind: 'disk-error', at: 4 * SECOND, for: SECOND, target: { actor: LEADER } }],
  scripts: {
    *client(context) {
      yield* createTopic(context, 1, 1);
      const leader = yield* context.connect(LEADER, SECOND);
      yield* context.sleep(4 * SECOND + MILLISECOND - context.now);
      expect(yield* produce(leader)).toBe(56);
      yield* context.sleep(10 * MILLISECOND);
    },
  },
});

/** A broker does not reach the controller for a while. */
const withoutMetadata = runCluster({
  brokers: 1,
  metricsIntervalUs: SAMPLE,
  faults: [{ id: 'f1', kind: 'partition', at: 5 * SECOND, for: 5 * SECOND, target: { between: [LEADER], and: [controllerName(0)] } }],
  scripts: {
    *client(context) {
      yield* context.sleep(15 * SECOND);
    },
  },
});

describe('§8: what moves a metric', () => {
  test.each([
    ['a follower is dropped and comes back', followerCutOff, LEADER, `${REPLICAS}UnderReplicatedPartitions:Value`, [0, 1, 0]],
    ['the same of the partition', followerCutOff, LEADER, `kafka.cluster:type=Partition,name=UnderReplicated${ORDERS_0}:Value`, [0, 1, 0]],
    ['two of three are min.insync.replicas', followerCutOff, LEADER, `${REPLICAS}AtMinIsrPartitionCount:Value`, [0, 1, 0]],
    ['and not below', followerCutOff, LEADER, `${REPLICAS}UnderMinIsrPartitionCount:Value`, [0]],
    ['the leader counts what it made smaller', followerCutOff, LEADER, `${REPLICAS}IsrShrinksPerSec:Count`, [0, 1]],
    ['and larger', followerCutOff, LEADER, `${REPLICAS}IsrExpandsPerSec:Count`, [0, 1]],
    ['a follower counts none', followerCutOff, brokerName(1), `${REPLICAS}IsrShrinksPerSec:Count`, [0]],
    ['who leads', followerCutOff, LEADER, `${REPLICAS}LeaderCount:Value`, [0, 1]],
    ['who follows', followerCutOff, brokerName(1), `${REPLICAS}LeaderCount:Value`, [0]],
    ['members of the in-sync set', followerCutOff, LEADER, `kafka.cluster:type=Partition,name=InSyncReplicasCount${ORDERS_0}:Value`, [3, 2, 3]],
    ['replicas', followerCutOff, LEADER, `kafka.cluster:type=Partition,name=ReplicasCount${ORDERS_0}:Value`, [3]],
    ['a leader alone is under min ISR', leaderAlone, LEADER, `${REPLICAS}UnderMinIsrPartitionCount:Value`, [0, 1]],
    ['a produce that waited in vain', leaderAlone, LEADER, 'kafka.server:type=DelayedProduceMetrics,name=ExpiresPerSec:Count', [0, 1]],
    ['and waits no more', leaderAlone, LEADER, 'kafka.server:type=DelayedOperationPurgatory,name=PurgatorySize,delayedOperation=Produce:Value', [0, 1, 0]],
    ['a refused produce has failed', leaderAlone, LEADER, `${TOPIC}FailedProduceRequestsPerSec:Count`, [0, 1]],
    ['of its topic, too', leaderAlone, LEADER, `${TOPIC}FailedProduceRequestsPerSec,topic=orders:Count`, [0, 1]],
    ['errors by their name', leaderAlone, LEADER, `${REQUESTS}ErrorsPerSec,request=Produce,error=NOT_ENOUGH_REPLICAS:Count`, [1]],
    ['a timeout is one', leaderAlone, LEADER, `${REQUESTS}ErrorsPerSec,request=Produce,error=REQUEST_TIMED_OUT:Count`, [1]],
    ['and no error as well', leaderAlone, LEADER, `${REQUESTS}ErrorsPerSec,request=Produce,error=NONE:Count`, [1]],
    ['records taken in', leaderAlone, LEADER, `${TOPIC}MessagesInPerSec:Count`, [0, 1, 2]],
    ['requests', leaderAlone, LEADER, `${TOPIC}TotalProduceRequestsPerSec:Count`, [0, 1, 2, 3]],
    ['nobody leads', onlyReplicaGone, controllerName(0), `${CONTROLLER}OfflinePartitionsCount:Value`, [0, 1, 0]],
    ['brokers begin fenced, and one is fenced again', onlyReplicaGone, controllerName(0), `${CONTROLLER}FencedBrokerCount:Value`, [1, 0, 1, 0]],
    ['its session ran out', onlyReplicaGone, controllerName(0), `${CONTROLLER}TimedOutBrokerHeartbeatCount:Value`, [0, 1]],
    ['the active controller', onlyReplicaGone, controllerName(0), `${CONTROLLER}ActiveControllerCount:Value`, [1]],
    ['topics', onlyReplicaGone, controllerName(0), `${CONTROLLER}GlobalTopicCount:Value`, [0, 1]],
    ['partitions', onlyReplicaGone, controllerName(0), `${CONTROLLER}GlobalPartitionCount:Value`, [0, 1]],
    ['no leader but the first replica', onlyReplicaGone, controllerName(0), `${CONTROLLER}PreferredReplicaImbalanceCount:Value`, [0, 1, 0]],
    ['counters begin anew with a process', onlyReplicaGone, LEADER, `${TOPIC}MessagesInPerSec:Count`, [0, 1, 0]],
    ['a log does not', onlyReplicaGone, LEADER, `kafka.log:type=Log,name=LogEndOffset${ORDERS_0}:Value`, [0, 1, 1]],
    ['a reassignment goes on', moving, LEADER, `${REPLICAS}ReassigningPartitions:Value`, [0, 1, 0]],
    ['only its leader tells that', moving, brokerName(1), `${REPLICAS}ReassigningPartitions:Value`, [0]],
    ['a replica that it adds is not missing', moving, LEADER, `${REPLICAS}UnderReplicatedPartitions:Value`, [0]],
    ['and does not count yet; a partition that is gone tells nothing', moving, LEADER, `kafka.cluster:type=Partition,name=ReplicasCount${ORDERS_0}:Value`, [3, null]],
    ['the log directory', directoryGone, LEADER, 'kafka.log:type=LogManager,name=OfflineLogDirectoryCount:Value', [0, 1]],
    ['and the replicas in it', directoryGone, LEADER, `${REPLICAS}OfflineReplicaCount:Value`, [0, 1]],
  ] as const)('%s', (_, run, actor, metric, expected) => {
    expect(metricValues(run, actor, metric)).toEqual(expected);
  });

  test('BrokerState: starting, then running once it is unfenced', () => {
    const states = metricValues(onlyReplicaGone, LEADER, 'kafka.server:type=KafkaServer,name=BrokerState:Value');
    expect(states.filter((state) => state === 3)).toHaveLength(2);
    expect(states.every((state, i) => i === 0 || state === 3 || state! >= 1)).toBe(true);
  });

  test('a follower that comes back with small fetches lags, and catches up', () => {
    for (const metric of ['kafka.server:type=ReplicaFetcherManager,name=MaxLag,clientId=Replica:Value', `kafka.server:type=FetcherLagMetrics,name=ConsumerLag,clientId=ReplicaFetcherThread-0-0${ORDERS_0}:Value`]) {
      const lags = metricValues(followerCutOff, brokerName(2), metric).filter((lag) => lag !== null);
      expect(Math.max(...lags)).toBeGreaterThan(50);
      expect(lags.at(-1)).toBe(0);
    }
  });

  test('the lag of a replica is told under the thread that fetches it, and no more when nobody does', () => {
    const lag = metricValues(moving, brokerName(2), `kafka.server:type=FetcherLagMetrics,name=ConsumerLag,clientId=ReplicaFetcherThread-0-0${ORDERS_0}:Value`);
    expect(lag[0]).toBe(0);
    expect(lag.at(-1)).toBe(null);
    expect(moving.observed.some((observed) => observed.kind === 'metrics-registered' && observed.names.some((name) => name.includes('ConsumerLag,clientId=Replica,')))).toBe(false);
  });

  test('segments are counted, and what it takes to flush one', () => {
    const segments = metricValues(moving, LEADER, `kafka.log:type=Log,name=NumLogSegments${ORDERS_0}:Value`).filter((value) => value !== null);
    expect(Math.max(...segments)).toBe(5);
    const flush = (attribute: string): number => metricValues(moving, LEADER, `kafka.log:type=LogFlushStats,name=LogFlushRateAndTimeMs:${attribute}`).at(-1)!;
    // Once for each batch, and once more for each segment that was closed.
    expect(flush('Count')).toBe(14);
    expect(flush('Mean')).toBeGreaterThan(0);
    expect(flush('Max')).toBeLessThan(100);
    expect(flush('OneMinuteRate')).toBeGreaterThan(0);
  });

  test('what a request takes here and what it waits for others are its time', () => {
    const last = (name: string, attribute: string): number => metricValues(leaderAlone, LEADER, `${REQUESTS}${name},request=Produce:${attribute}`).at(-1)!;
    expect(last('LocalTimeMs', 'Mean') + last('RemoteTimeMs', 'Mean')).toBeCloseTo(last('TotalTimeMs', 'Mean'));
    expect([last('LocalTimeMs', 'Count'), last('RemoteTimeMs', 'Count')]).toEqual([3, 3]);
    // The one that waited for followers which were not there, as long as it may.
    expect(last('RemoteTimeMs', 'Max')).toBeCloseTo(1_000, 0);
    expect(last('LocalTimeMs', 'Max')).toBeLessThan(10);
  });

  test('a broker that hears nothing of the controller falls behind the metadata log', () => {
    const lags = metricValues(withoutMetadata, LEADER, 'kafka.server:type=broker-metadata-metrics:last-applied-record-lag-ms').filter((lag) => lag !== null);
    expect(Math.max(...lags)).toBeGreaterThan(5_000);
    expect(lags.at(-1)).toBeLessThan(1_000);
    expect(Math.min(...lags)).toBeGreaterThanOrEqual(0);
  });

  test('what a follower takes in is what its leader gives out', () => {
    const last = (actor: string, metric: string): number => metricValues(followerCutOff, actor, metric).at(-1)!;
    const taken = last(brokerName(1), `${TOPIC}ReplicationBytesInPerSec:Count`) + last(brokerName(2), `${TOPIC}ReplicationBytesInPerSec:Count`);
    expect(last(LEADER, `${TOPIC}ReplicationBytesOutPerSec:Count`)).toBe(taken);
    expect(last(LEADER, `${TOPIC}BytesInPerSec:Count`) * 2).toBe(taken);
  });
});
