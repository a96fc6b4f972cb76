/**
 * @module
 * A broker: registers with the controller, follows the metadata log, holds replicas, answers clients and followers.
 *
 *     controller ◄── heartbeats, AlterPartition ── broker ── Fetch ──► leaders of what it follows
 *     controller ── metadata log ──► image ──► replica manager ──► partitions ◄── Produce, Fetch ── clients
 */
import { done } from '../../runtime/index.ts';
import type { Actor, ActorContext, Caller, Task } from '../../runtime/index.ts';
import { brokerName } from '../client/bootstrap.ts';
import { LogDirectory } from '../log/log-directory.ts';
import { MetadataImage } from '../metadata/metadata-image.ts';
import type { TopicPartition } from '../metadata/metadata-image.ts';
import { API_KEYS } from '../protocol/messages.ts';
import type { BrokerRequest, ProduceRequest, ProduceResponse } from '../protocol/messages.ts';
import { AlterPartitionManager } from './alter-partition-manager.ts';
import { BrokerLifecycle } from './broker-lifecycle.ts';
import { BrokerMetrics } from './broker-metrics.ts';
import type { BrokerOptions } from './broker-options.ts';
import { ControllerChannel } from './controller-channel.ts';
import { describeConfigs, describeTopicPartitions } from './describe-handler.ts';
import { offsetForLeaderEpoch } from './epoch-handler.ts';
import { deleteRecords } from './delete-records-handler.ts';
import { fetch } from './fetch-handler.ts';
import { fetchWithSession } from './fetch-session.ts';
import { forward } from './forwarding.ts';
import { haltWhenOffline } from './log-dir-failure.ts';
import { LogManager } from './log-manager.ts';
import { listOffsets, metadata } from './metadata-handler.ts';
import { MetadataFollower } from './metadata-follower.ts';
import { produce } from './produce-handler.ts';
import { QuorumObserver } from './quorum-observer.ts';
import { ReplicaManager } from './replica-manager.ts';
import { RequestWaiting } from './request-waiting.ts';

/** The broker as an actor. */
export function broker(options: BrokerOptions): Actor {
  return {
    name: brokerName(options.brokerId),
    start(context) {
      const directory = new LogDirectory(context, { brokerId: options.brokerId, appendsAfterIoError: options.protocol.appendsAfterIoError });
      context.spawn(haltWhenOffline(context, directory));
      directory.spawn(run(context, options, directory));
    },
  };
}

function* run(context: ActorContext, options: BrokerOptions, directory: LogDirectory): Task {
  const { brokerId, controllers, config } = options;
  const observer = new QuorumObserver(context, { replicaId: brokerId, controllers, config });
  const channel = (): ControllerChannel => new ControllerChannel(context, () => observer.leaderId);
  const metrics = new BrokerMetrics(context, options.metricsIntervalUs);
  const image = new MetadataImage();
  const logs = new LogManager(context, directory, { brokerId, config, protocol: options.protocol, planted: options.planted, flushes: metrics.flushes });
  let shutDown = (): Task => done(undefined);
  // Asked to end before its logs are loaded it just ends: there is nothing to hand over, and no marker to leave.
  context.onTerminate(() => directory.whileOnline(shutDown()));
  // What is on the disk is recovered before the controller hears of this broker (RC-2, RC-3).
  yield* logs.load();
  const lifecycle = new BrokerLifecycle(context, channel(), options, logs.previousBrokerEpoch, () => follower.lastAppliedOffset);
  const brokerEpoch = (): number => lifecycle.brokerEpoch;
  const alterPartitions = new AlterPartitionManager(context, channel(), brokerId, brokerEpoch, metrics);
  const replicas = new ReplicaManager(context, options, image, directory, logs, metrics, (partition) => alterPartitions.submit(partition), brokerEpoch);
  const forwarding = channel();
  // B59: it acts on whatever it has read, and wants to be unfenced.
  const actsFrom = options.protocol.unfencesEarly ? (): number => 0 : brokerEpoch;
  const follower = new MetadataFollower(observer, image, actsFrom, publish);
  metrics.watch({ replicas, cleaner: logs.cleaner, directory, state: () => lifecycle.state, metadata: follower });
  context.spawn(lifecycle.run(() => directory.whileOnline(giveUp(context, replicas, logs))));
  directory.spawn(follower.run());
  context.spawn(alterPartitions.run());
  context.spawn(replicas.shrinkInSyncSets());
  context.spawn(replicas.followDirectory());
  logs.startBackgroundTasks();
  shutDown = () => shutDownInGoodOrder(context, options, lifecycle, replicas, logs);

  /** Nobody is served before the replicas stand as the metadata log says: until then connections are refused. */
  function* publish(changed: readonly TopicPartition[]): Task {
    yield* replicas.apply(changed);
    if (follower.hasPublished) return;
    context.serve((request: BrokerRequest, caller) => {
      const waiting = new RequestWaiting(context);
      return metrics.ofRequest(request.apiKey).measured(context, waiting, handle(context, options, replicas, forwarding, request, caller, waiting));
    });
    lifecycle.readyToUnfence();
  }
}

/** RC-1: the leaderships first, then the requests, then the logs; the marker says that nothing was left undone. */
function* shutDownInGoodOrder(context: ActorContext, { config }: BrokerOptions, lifecycle: BrokerLifecycle, replicas: ReplicaManager, logs: LogManager): Task {
  if (config['controlled.shutdown.enable']) yield* lifecycle.controlledShutdown();
  else lifecycle.shutDown();
  context.serve(refuse);
  yield* replicas.shutDown();
  yield* logs.shutdown(lifecycle.brokerEpoch);
}

/** BL-6: the controller has not taken this broker in. It stops in good order; a marker that says otherwise than the one it found would be none of its own. */
function* giveUp(context: ActorContext, replicas: ReplicaManager, logs: LogManager): Task {
  yield* replicas.shutDown();
  yield* logs.shutdown(logs.previousBrokerEpoch);
  yield* context.halt('the broker could not register in initial.broker.registration.timeout.ms');
}

/** Whoever asks a broker that shuts down is disconnected. */
function refuse(_request: object, caller: Caller): Task<undefined> {
  caller.close();
  return done(undefined);
}

function handle(context: ActorContext, options: BrokerOptions, replicas: ReplicaManager, forwarding: ControllerChannel, request: BrokerRequest, caller: Caller, waiting: RequestWaiting): Task<object | undefined> {
  context.work(options.costs.requestUs);
  switch (request.apiKey) {
    case API_KEYS.Produce:
      return timedProduce(context, options, replicas, request, caller, waiting);
    case API_KEYS.Fetch:
      return request.sessionEpoch === undefined ? fetch(context, replicas, request, waiting) : fetchWithSession(context, replicas, request, waiting);
    case API_KEYS.Metadata:
      return done(metadata(replicas.image, request));
    case API_KEYS.ListOffsets:
      return listOffsets(replicas, request);
    case API_KEYS.DeleteRecords:
      return deleteRecords(context, replicas, request, waiting);
    case API_KEYS.OffsetForLeaderEpoch:
      return done(offsetForLeaderEpoch(replicas, request));
    case API_KEYS.DescribeTopicPartitions:
      return done(describeTopicPartitions(replicas.image, request));
    case API_KEYS.DescribeConfigs:
      return done(describeConfigs(replicas.image, options.brokerId, options.config, request));
    case API_KEYS.CreateTopics:
    case API_KEYS.DeleteTopics:
    case API_KEYS.IncrementalAlterConfigs:
    case API_KEYS.ElectLeaders:
    case API_KEYS.AlterPartitionReassignments:
    case API_KEYS.ListPartitionReassignments:
      waiting.begin();
      return forward(forwarding, request);
  }
}

/** Produce costs by the byte, too. */
function timedProduce(context: ActorContext, { costs }: BrokerOptions, replicas: ReplicaManager, request: ProduceRequest, caller: Caller, waiting: RequestWaiting): Task<ProduceResponse | undefined> {
  let bytes = 0;
  for (const { partitionData } of request.topicData) for (const { records } of partitionData) bytes += records.length;
  context.work(Math.ceil((bytes * costs.nsPerKiB) / (1_024 * 1_000)));
  return produce(context, replicas, request, caller, waiting);
}
