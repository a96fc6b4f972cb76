/**
 * @module
 * The active controller: registers brokers, watches their sessions, fences them, elects leaders from the in-sync set, decides on
 * AlterPartition. Everything it decides is a record of the metadata log first.
 */
import { MILLISECOND } from '../../runtime/index.ts';
import type { Actor, ActorContext, Task } from '../../runtime/index.ts';
import type { Observation } from '../observation.ts';
import { MetadataImage, NO_LEADER } from '../metadata/metadata-image.ts';
import type { PartitionRegistration, TopicPartition } from '../metadata/metadata-image.ts';
import { METADATA_TOPIC, RECOVERED } from '../metadata/metadata-record.ts';
import type { MetadataRecord } from '../metadata/metadata-record.ts';
import { API_KEYS } from '../protocol/messages.ts';
import type {
  AlterPartitionRequest,
  AlterPartitionResponse,
  BrokerHeartbeatRequest,
  BrokerHeartbeatResponse,
  BrokerRegistrationRequest,
  BrokerRegistrationResponse,
  ControllerRequest,
  CreateTopicsRequest,
  CreateTopicsResponse,
  FetchRequest,
  FetchResponse,
} from '../protocol/messages.ts';
import { ERRORS, NONE } from '../protocol/errors.ts';
import type { ErrorName } from '../protocol/errors.ts';
import { validateAlterPartition } from './alter-partition.ts';
import type { AlterPartitionItem } from './alter-partition.ts';
import { changeIsr, withBroker, withoutBroker } from './election.ts';
import { MetadataLog } from './metadata-log.ts';
import { assignReplicas } from './replica-placement.ts';

export interface ControllerOptions {
  readonly name: string;
  readonly config: { readonly 'broker.session.timeout.ms': number };
  /** Service time of one request, in µs. */
  readonly requestUs: number;
}

/** The controller as an actor. */
export function controller(options: ControllerOptions): Actor {
  return {
    name: options.name,
    start(context) {
      context.spawn(new Controller(context, options).run());
    },
  };
}

class Controller {
  readonly #context: ActorContext;
  readonly #options: ControllerOptions;
  readonly #image = new MetadataImage();
  #log!: MetadataLog;
  /** When each broker was last heard of, by its id. */
  readonly #lastContact = new Map<number, number>();
  readonly #sessionsChanged;
  /** What is to be told when the record at its offset is durable. */
  #untold: { readonly offset: number; readonly observation: Observation }[] = [];

  constructor(context: ActorContext, options: ControllerOptions) {
    this.#context = context;
    this.#options = options;
    this.#sessionsChanged = context.signal();
  }

  *run(): Task {
    this.#log = yield* MetadataLog.open(
      this.#context,
      (record, offset) => this.#image.apply(record, offset),
      (highWatermark) => this.#tell(highWatermark),
    );
    // What became durable at the moment of a crash has not been told yet; what was told is the same again.
    for (const { topic, partition, registration } of this.#image.partitions()) this.#context.observe(partitionChanged({ topic, partition }, registration, this.#image.lastOffset));
    // BL-5: a new controller gives every broker a fresh session.
    for (const brokerId of this.#image.brokers.keys()) this.#lastContact.set(brokerId, this.#context.now);
    this.#context.serve((request: ControllerRequest) => this.#handle(request));
    yield* this.#watchSessions();
  }

  #handle(request: ControllerRequest): Task<object> {
    this.#context.work(this.#options.requestUs);
    switch (request.apiKey) {
      case API_KEYS.BrokerRegistration:
        return this.#onBrokerRegistration(request);
      case API_KEYS.BrokerHeartbeat:
        return this.#onBrokerHeartbeat(request);
      case API_KEYS.AlterPartition:
        return this.#onAlterPartition(request);
      case API_KEYS.CreateTopics:
        return this.#onCreateTopics(request);
      case API_KEYS.Fetch:
        return this.#onFetch(request);
    }
  }

  /** BL-1. A registration ends what the id led before, with the records of the registration last (EL-10). */
  *#onBrokerRegistration(request: BrokerRegistrationRequest): Task<BrokerRegistrationResponse> {
    const { brokerId, incarnationId, listeners } = request;
    const known = this.#image.brokers.get(brokerId);
    if (known !== undefined && known.incarnationId !== incarnationId && !known.fenced && this.#hasSession(brokerId)) {
      return { errorCode: ERRORS.DUPLICATE_BROKER_REGISTRATION.code, brokerEpoch: -1 };
    }
    const [listener] = listeners;
    if (listener === undefined) return { errorCode: ERRORS.INVALID_REQUEST.code, brokerEpoch: -1 };
    const isSameIncarnation = known?.incarnationId === incarnationId;
    if (!isSameIncarnation) this.#removeFromLeadership(brokerId);
    const brokerEpoch = this.#log.nextOffset;
    this.#propose([{ type: 'RegisterBroker', brokerId, incarnationId, brokerEpoch, fenced: isSameIncarnation ? known.fenced : true, host: listener.host, port: listener.port }]);
    this.#observe({ kind: 'broker-registered', broker: brokerId, brokerEpoch });
    this.#touch(brokerId);
    yield* this.#log.committed(this.#log.nextOffset);
    return { errorCode: NONE, brokerEpoch };
  }

  /** BL-2, BL-3. */
  *#onBrokerHeartbeat(request: BrokerHeartbeatRequest): Task<BrokerHeartbeatResponse> {
    const { brokerId, brokerEpoch, currentMetadataOffset, wantFence } = request;
    const broker = this.#image.brokers.get(brokerId);
    const refused = { isCaughtUp: false, isFenced: true, shouldShutDown: false };
    if (broker === undefined) return { errorCode: ERRORS.BROKER_ID_NOT_REGISTERED.code, ...refused };
    if (broker.brokerEpoch !== brokerEpoch) return { errorCode: ERRORS.STALE_BROKER_EPOCH.code, ...refused };
    this.#touch(brokerId);
    const isCaughtUp = currentMetadataOffset >= brokerEpoch;
    if (broker.fenced && !wantFence && isCaughtUp) this.#unfence(brokerId, brokerEpoch);
    else if (!broker.fenced && wantFence) this.#fence(brokerId);
    yield* this.#log.committed(this.#log.nextOffset);
    return { errorCode: NONE, isCaughtUp, isFenced: this.#image.brokers.get(brokerId)!.fenced, shouldShutDown: false };
  }

  /** AP-1, AP-2. */
  *#onAlterPartition(request: AlterPartitionRequest): Task<AlterPartitionResponse> {
    const { brokerId, brokerEpoch, topics } = request;
    if (this.#image.brokers.get(brokerId)?.brokerEpoch !== brokerEpoch) return { errorCode: ERRORS.STALE_BROKER_EPOCH.code, topics: [] };
    const decided = topics.map(({ topicName, partitions }) => ({
      topicName,
      partitions: partitions.map((item) => this.#alterPartition(brokerId, { topic: topicName, partition: item.partitionIndex }, item)),
    }));
    yield* this.#log.committed(this.#log.nextOffset);
    return { errorCode: NONE, topics: decided };
  }

  #alterPartition(brokerId: number, at: TopicPartition, item: AlterPartitionItem): AlterPartitionResponse['topics'][number]['partitions'][number] {
    const before = this.#image.partition(at.topic, at.partition);
    const error: ErrorName = validateAlterPartition(brokerId, item, before, this.#image.brokers);
    if (error !== 'NONE') {
      return { partitionIndex: at.partition, errorCode: ERRORS[error].code, leaderId: NO_LEADER, leaderEpoch: -1, isr: [], leaderRecoveryState: RECOVERED, partitionEpoch: -1 };
    }
    const isr = item.newIsrWithEpochs.map(({ brokerId: id }) => id);
    const change = changeIsr(at, before!, isr, this.#isActive);
    if (change !== undefined) this.#propose([change]);
    const { leader, leaderEpoch, partitionEpoch, leaderRecoveryState, isr: newIsr } = this.#image.partition(at.topic, at.partition)!;
    return { partitionIndex: at.partition, errorCode: NONE, leaderId: leader, leaderEpoch, isr: newIsr, leaderRecoveryState, partitionEpoch };
  }

  *#onCreateTopics(request: CreateTopicsRequest): Task<CreateTopicsResponse> {
    const topics = request.topics.map((topic) => {
      const error = this.#createTopic(topic);
      return { name: topic.name, topicId: this.#image.topics.get(topic.name)?.topicId ?? '', errorCode: ERRORS[error].code, errorMessage: null };
    });
    yield* this.#log.committed(this.#log.nextOffset);
    return { topics };
  }

  #createTopic({ name, numPartitions, replicationFactor, configs }: CreateTopicsRequest['topics'][number]): ErrorName {
    if (this.#image.topics.has(name)) return 'TOPIC_ALREADY_EXISTS';
    const brokers = [...this.#image.brokers.keys()].filter(this.#isActive).sort((a, b) => a - b);
    if (replicationFactor < 1 || replicationFactor > brokers.length) return 'INVALID_REPLICATION_FACTOR';
    const records: MetadataRecord[] = [{ type: 'Topic', name, topicId: `topic-${this.#log.nextOffset}` }];
    for (const config of configs) if (config.value !== null) records.push({ type: 'Config', topic: name, name: config.name, value: config.value });
    assignReplicas(brokers, numPartitions, replicationFactor).forEach((replicas, partition) => {
      records.push({ type: 'Partition', topic: name, partition, replicas, isr: replicas, leader: replicas[0]!, leaderEpoch: 0, partitionEpoch: 0, leaderRecoveryState: RECOVERED });
    });
    this.#propose(records);
    return 'NONE';
  }

  /** A broker reads the metadata log (§3). */
  *#onFetch(request: FetchRequest): Task<FetchResponse> {
    const [topic] = request.topics;
    const [wanted] = topic?.partitions ?? [];
    if (topic?.topic !== METADATA_TOPIC || wanted === undefined) return { errorCode: ERRORS.UNKNOWN_TOPIC_OR_PARTITION.code, responses: [] };
    yield* this.#log.waitFor(wanted.fetchOffset, request.maxWaitMs * MILLISECOND);
    const { highWatermark, logStartOffset } = this.#log;
    const isInRange = wanted.fetchOffset >= logStartOffset && wanted.fetchOffset <= highWatermark;
    const records = isInRange ? yield* this.#log.read(wanted.fetchOffset, wanted.partitionMaxBytes) : new Uint8Array(0);
    const errorCode = isInRange ? NONE : ERRORS.OFFSET_OUT_OF_RANGE.code;
    const none = { divergingEpoch: { epoch: -1, endOffset: -1 }, currentLeader: { leaderId: -1, leaderEpoch: -1 } };
    return {
      errorCode: NONE,
      responses: [{ topic: METADATA_TOPIC, partitions: [{ partitionIndex: 0, errorCode, highWatermark, lastStableOffset: highWatermark, logStartOffset, ...none, records }] }],
    };
  }

  /** Fences brokers whose session has run out, the one that did first before the others, and sleeps until the next can. */
  *#watchSessions(): Task {
    for (;;) {
      const alive = [...this.#image.brokers.values()].filter(({ fenced }) => !fenced).map(({ brokerId }) => ({ brokerId, expiresAt: this.#expiryOf(brokerId) }));
      const next = alive.reduce<(typeof alive)[number] | undefined>((first, session) => (first === undefined || session.expiresAt < first.expiresAt ? session : first), undefined);
      if (next === undefined) yield* this.#sessionsChanged.wait();
      else if (next.expiresAt > this.#context.now) yield* this.#context.sleep(next.expiresAt - this.#context.now);
      else this.#fence(next.brokerId);
    }
  }

  /** A broker that stayed out too long: it leaves in-sync sets and leads nothing (EL-7). */
  #fence(brokerId: number): void {
    const broker = this.#image.brokers.get(brokerId)!;
    this.#propose([{ type: 'BrokerRegistrationChange', brokerId, brokerEpoch: broker.brokerEpoch, fenced: true }]);
    this.#removeFromLeadership(brokerId);
    this.#observe({ kind: 'broker-fenced', broker: brokerId, brokerEpoch: broker.brokerEpoch });
  }

  #unfence(brokerId: number, brokerEpoch: number): void {
    this.#propose([{ type: 'BrokerRegistrationChange', brokerId, brokerEpoch, fenced: false }]);
    for (const { registration, ...at } of [...this.#image.partitions()]) {
      const change = withBroker(at, registration, this.#isActive);
      if (change !== undefined) this.#propose([change]);
    }
    this.#observe({ kind: 'broker-unfenced', broker: brokerId, brokerEpoch });
    this.#sessionsChanged.notify();
  }

  #removeFromLeadership(brokerId: number): void {
    for (const { registration, ...at } of [...this.#image.partitions()]) {
      const change = withoutBroker(at, registration, brokerId, this.#isActive);
      if (change !== undefined) this.#propose([change]);
    }
  }

  readonly #isActive = (brokerId: number): boolean => this.#image.isActive(brokerId);

  #touch(brokerId: number): void {
    this.#lastContact.set(brokerId, this.#context.now);
  }

  #expiryOf(brokerId: number): number {
    return (this.#lastContact.get(brokerId) ?? 0) + this.#options.config['broker.session.timeout.ms'] * MILLISECOND;
  }

  #hasSession(brokerId: number): boolean {
    return this.#expiryOf(brokerId) > this.#context.now;
  }

  /** Takes effect here at once, and elsewhere when durable. */
  #propose(records: readonly MetadataRecord[]): void {
    let offset = this.#log.nextOffset;
    for (const record of records) {
      const at = this.#image.apply(record, offset);
      if (at !== undefined) this.#untold.push({ offset, observation: partitionChanged(at, this.#image.partition(at.topic, at.partition)!, offset) });
      offset += 1;
    }
    this.#log.propose(records);
  }

  /** Tells the judges something about the record proposed last, when it is durable. */
  #observe(observation: Observation): void {
    this.#untold.push({ offset: this.#log.nextOffset - 1, observation });
  }

  #tell(highWatermark: number): void {
    const durable = this.#untold.findIndex(({ offset }) => offset >= highWatermark);
    for (const { observation } of this.#untold.splice(0, durable < 0 ? this.#untold.length : durable)) this.#context.observe(observation);
  }
}

function partitionChanged({ topic, partition }: TopicPartition, { leader, leaderEpoch, partitionEpoch, isr, replicas }: PartitionRegistration, metadataOffset: number): Observation {
  return { kind: 'partition-changed', topic, partition, leader, leaderEpoch, partitionEpoch, isr, elr: [], lastKnownElr: [], replicas, isUnclean: false, metadataOffset };
}
