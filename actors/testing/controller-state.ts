/** @module Test support: what the active controller knows and decides, without an actor around it. What it proposes is committed at once. */
import type { ActorContext } from '../../runtime/index.ts';
import { randomStream } from '../../runtime/random/random.ts';
import { done } from '../../runtime/task.ts';
import { BROKER_CONFIG } from '../config/broker-config.ts';
import { parseConfig } from '../config/config-definition.ts';
import type { ConfigValues } from '../config/config-definition.ts';
import { brokerHeartbeat, registerBroker } from '../controller/broker-control.ts';
import { ControllerMetrics } from '../controller/controller-metrics.ts';
import { ControllerState } from '../controller/controller-state.ts';
import { createTopics } from '../controller/topic-control.ts';
import { MetadataImage } from '../metadata/metadata-image.ts';
import type { PartitionRegistration } from '../metadata/metadata-image.ts';
import type { MetadataRecord } from '../metadata/metadata-record.ts';
import type { Observation } from '../observation.ts';
import { API_KEYS } from '../protocol/messages.ts';
import type { BrokerHeartbeatRequest, BrokerHeartbeatResponse, BrokerRegistrationResponse } from '../protocol/messages.ts';
import { PROTOCOL_DEFINITION } from '../protocol-variant.ts';
import type { ProtocolVariant } from '../protocol-variant.ts';

export class TestController {
  now = 0;
  readonly state: ControllerState;
  readonly records: MetadataRecord[] = [];
  readonly observed: Observation[] = [];

  constructor(config: ConfigValues = {}, protocol: Partial<ProtocolVariant> = {}) {
    const at = (): number => this.now;
    const { records, observed } = this;
    const random = randomStream('test', 'controller');
    const context = {
      get now() {
        return at();
      },
      clock: () => at(),
      observe: (observation: Observation) => observed.push(observation),
      random: () => random,
    } as unknown as ActorContext;
    const log = {
      get nextOffset() {
        return records.length;
      },
      propose: (proposed: readonly MetadataRecord[]) => records.push(...proposed),
      committed: () => done(true),
    };
    const image = new MetadataImage();
    const options = { nodeId: 0, voters: [0], config: parseConfig(BROKER_CONFIG, config), protocol: parseConfig(PROTOCOL_DEFINITION, { ...protocol }), requestUs: 20 };
    const metrics = new ControllerMetrics(context, undefined, { image: () => image, isActive: () => true, snapshots: { latestBytes: 0, latestAt: 0 } });
    metrics.elections.beginAt(0);
    this.state = new ControllerState(context, options, image, log, metrics);
  }

  register(brokerId: number, incarnationId = `${brokerId}-first`, previousBrokerEpoch = -1): BrokerRegistrationResponse {
    return registerBroker(this.state, {
      apiKey: API_KEYS.BrokerRegistration, brokerId, clusterId: 'test', incarnationId, listeners: [{ name: 'PLAINTEXT', host: `broker-${brokerId}`, port: 9092 }], previousBrokerEpoch,
    });
  }

  /** A broker that has read everything, unless said otherwise. */
  heartbeat(brokerId: number, change: Partial<BrokerHeartbeatRequest> = {}): BrokerHeartbeatResponse {
    return brokerHeartbeat(this.state, {
      apiKey: API_KEYS.BrokerHeartbeat, brokerId, brokerEpoch: this.epochOf(brokerId), currentMetadataOffset: this.records.length - 1, wantFence: false, wantShutDown: false, ...change,
    });
  }

  /** Brokers 0, 1 and 2, registered and unfenced, and `orders-0` with min.insync.replicas=2 on them. */
  withOrders(): this {
    for (const broker of [0, 1, 2]) {
      this.register(broker);
      this.heartbeat(broker);
    }
    createTopics(this.state, {
      apiKey: API_KEYS.CreateTopics, clientId: null,
      topics: [{ name: 'orders', numPartitions: 1, replicationFactor: 3, assignments: [], configs: [{ name: 'min.insync.replicas', value: '2' }] }],
    });
    return this;
  }

  epochOf(brokerId: number): number {
    return this.state.image.brokers.get(brokerId)?.brokerEpoch ?? -1;
  }

  get orders(): PartitionRegistration {
    return this.state.image.partition('orders', 0)!;
  }

  get topicId(): string {
    return this.state.image.topics.get('orders')!.topicId;
  }
}
