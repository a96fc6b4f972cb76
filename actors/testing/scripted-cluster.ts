/**
 * @module
 * Test support: brokers for tests of clients. They keep a log per partition and answer as leaders do, unless a script tells them to do
 * something else with the next request of a kind. Everything lies in one object that a test looks into: for one worker only.
 */
import type { Actor, ActorContext, Caller, Micros, Signal, Task } from '../../runtime/index.ts';
import { BROKER_PORT, brokerName } from '../client/bootstrap.ts';
import { batchPositions, lastOffsetOf, sizeInBytesOf, stampBatch } from '../log/record-batch.ts';
import { readRecords } from '../log/records.ts';
import { ERRORS, NONE } from '../protocol/errors.ts';
import type { ErrorName } from '../protocol/errors.ts';
import { API_KEYS, EARLIEST_TIMESTAMP, MESSAGES } from '../protocol/messages.ts';
import type { ClientRequest, FetchRequest, FetchResponse, ListOffsetsRequest, ListOffsetsResponse, MetadataResponse, ProduceRequest, ProduceResponse } from '../protocol/messages.ts';
import { structuresOf } from '../protocol/schema.ts';

/** What becomes of one request. Nothing said: it is answered as by a leader. */
export interface Step {
  /** Every partition of it is refused. */
  readonly error?: ErrorName;
  /** Said beside the error (KIP-951). */
  readonly currentLeader?: { readonly leaderId: number; readonly leaderEpoch: number };
  /** It is executed after so long, and answered then. */
  readonly afterUs?: Micros;
  /** It is executed, and never answered. */
  readonly isSilent?: boolean;
  /** The connection is closed instead. */
  readonly closes?: boolean;
  /** Something that happens just before. */
  readonly does?: () => void;
}

export interface Replica {
  leaderId: number;
  leaderEpoch: number;
  /** Whole batches, stamped. */
  batches: Uint8Array[];
  logStartOffset: number;
  logEndOffset: number;
  /** As far as consumers may read, if not to the end. */
  highWatermark: number | undefined;
}

export interface SeenRequest {
  readonly at: Micros;
  readonly broker: number;
  readonly request: ClientRequest;
}

type Api = 'Produce' | 'Fetch' | 'ListOffsets' | 'Metadata';
type PartitionFetch = FetchRequest['topics'][number]['partitions'][number];
type PartitionFetched = FetchResponse['responses'][number]['partitions'][number];

const NO_LEADER = { leaderId: -1, leaderEpoch: -1 };
const NO_BYTES: Uint8Array = new Uint8Array(0);
const FOR_EVER = 1_000_000_000_000;
const decoder = new TextDecoder();
const declared: ReadonlySet<string> = new Set(structuresOf(MESSAGES).map((keys) => keys.join()));

export class ScriptedCluster {
  readonly #brokers: number;
  readonly #partitions = new Map<string, Replica>();
  readonly #scripts = new Map<Api, Step[]>();
  readonly requests: SeenRequest[] = [];
  readonly #later: { readonly at: Micros; readonly broker: number; readonly does: () => void }[] = [];

  /** Partition i of a topic is led by broker (i mod brokers) + 1, in epoch 0. */
  constructor(topics: Readonly<Record<string, number>>, brokers = 1) {
    this.#brokers = brokers;
    for (const [topic, count] of Object.entries(topics))
      for (let i = 0; i < count; i += 1) this.#partitions.set(`${topic}-${i}`, { leaderId: (i % brokers) + 1, leaderEpoch: 0, batches: [], logStartOffset: 0, logEndOffset: 0, highWatermark: undefined });
  }

  /** What to do with the next requests of a kind, in the order in which they come, to whichever broker. */
  script(api: Api, ...steps: Step[]): this {
    this.#scripts.set(api, [...(this.#scripts.get(api) ?? []), ...steps]);
    return this;
  }

  /** Something that happens later, on a broker: fetches that wait there notice. */
  later(at: Micros, broker: number, does: () => void): this {
    this.#later.push({ at, broker, does });
    return this;
  }

  get bootstrapServers(): string[] {
    return Array.from({ length: this.#brokers }, (_, i) => brokerName(i + 1));
  }

  get actors(): Actor[] {
    return this.bootstrapServers.map((name, i) => ({ name, start: (context) => this.#serve(context, i + 1) }));
  }

  partition(name: string): Replica {
    return this.#partitions.get(name)!;
  }

  /** Another broker leads from now on, in the next epoch. */
  elect(name: string, leaderId: number): void {
    const replica = this.partition(name);
    replica.leaderId = leaderId;
    replica.leaderEpoch += 1;
  }

  /** Values in the log of a partition, in their order. */
  values(name: string): string[] {
    return this.partition(name).batches.flatMap((batch) => readRecords(batch).map(({ value }) => decoder.decode(value ?? NO_BYTES)));
  }

  /** Requests of a kind, as they arrived. */
  seen(api: Api): SeenRequest[] {
    return this.requests.filter(({ request }) => request.apiKey === API_KEYS[api]);
  }

  /** How many records each Produce request had, per partition. */
  get producedCounts(): number[][] {
    return this.seen('Produce').map(({ request }) => (request as ProduceRequest).topicData.flatMap(({ partitionData }) => partitionData.map(({ records }) => readRecords(records).length)));
  }

  /** Puts a batch into a log. Fetches that wait notice when their time is over. */
  append(name: string, batch: Uint8Array): number {
    const replica = this.partition(name);
    const baseOffset = replica.logEndOffset;
    const stamped = batch.slice();
    stampBatch(stamped, 0, baseOffset, replica.leaderEpoch);
    replica.batches.push(stamped);
    replica.logEndOffset = lastOffsetOf(stamped) + 1;
    return baseOffset;
  }

  #serve(context: ActorContext, broker: number): void {
    const appended = context.signal();
    for (const { at, does } of this.#later.filter((event) => event.broker === broker)) {
      context.spawn(
        (function* () {
          yield* context.sleep(at);
          does();
          appended.notify();
        })(),
      );
    }
    const cluster = this as ScriptedCluster;
    context.serve(function* (request: ClientRequest, caller: Caller): Task<object | undefined> {
      assertDeclared(request);
      cluster.requests.push({ at: context.now, broker, request });
      const step = cluster.#scripts.get(apiOf(request))?.shift() ?? {};
      step.does?.();
      if (step.closes === true) {
        caller.close();
        return undefined;
      }
      if (step.afterUs !== undefined) yield* context.sleep(step.afterUs);
      const answer = yield* cluster.#answer(context, appended, broker, request, step);
      if (step.isSilent === true) yield* context.sleep(FOR_EVER);
      return answer;
    });
  }

  *#answer(context: ActorContext, appended: Signal, broker: number, request: ClientRequest, step: Step): Task<object> {
    switch (request.apiKey) {
      case API_KEYS.Produce:
        appended.notify();
        return this.#produce(broker, request, step);
      case API_KEYS.ListOffsets:
        return this.#listOffsets(request, step);
      case API_KEYS.Metadata:
        return this.#metadata(request.topics ?? [], step);
      case API_KEYS.Fetch: {
        const deadline = context.now + request.maxWaitMs * 1_000;
        for (;;) {
          const response = this.#fetch(broker, request, step);
          const isWorthSending = response.responses.some(({ partitions }) => partitions.some(({ errorCode, records }) => errorCode !== NONE || records.length > 0));
          if (isWorthSending || context.now >= deadline) return response;
          yield* appended.wait(deadline - context.now);
        }
      }
    }
  }

  #produce(broker: number, { topicData }: ProduceRequest, { error, currentLeader = NO_LEADER }: Step): ProduceResponse {
    const responses = topicData.map(({ name, partitionData }) => ({
      name,
      partitionResponses: partitionData.map(({ index, records }) => {
        const replica = this.#partitions.get(`${name}-${index}`);
        const verdict = error ?? (replica === undefined ? 'UNKNOWN_TOPIC_OR_PARTITION' : replica.leaderId === broker ? 'NONE' : 'NOT_LEADER_OR_FOLLOWER');
        const baseOffset = verdict === 'NONE' ? this.append(`${name}-${index}`, records) : -1;
        return { index, errorCode: ERRORS[verdict].code, baseOffset, logAppendTimeMs: -1, logStartOffset: 0, currentLeader };
      }),
    }));
    return { responses };
  }

  #fetch(broker: number, { topics }: FetchRequest, step: Step): FetchResponse {
    const responses = topics.map(({ topic, partitions }) => ({ topic, partitions: partitions.map((partition) => this.#fetchPartition(broker, topic, partition, step)) }));
    return { errorCode: NONE, responses };
  }

  #fetchPartition(broker: number, topic: string, { partition, currentLeaderEpoch, fetchOffset }: PartitionFetch, { error, currentLeader = NO_LEADER }: Step): PartitionFetched {
    const replica = this.#partitions.get(`${topic}-${partition}`)!;
    const highWatermark = replica.highWatermark ?? replica.logEndOffset;
    const verdict = error ?? fetchVerdict(broker, replica, currentLeaderEpoch, fetchOffset);
    const readable = verdict === 'NONE' ? replica.batches.filter((batch) => lastOffsetOf(batch) >= fetchOffset && lastOffsetOf(batch) < highWatermark) : [];
    return {
      partitionIndex: partition,
      errorCode: ERRORS[verdict].code,
      highWatermark,
      lastStableOffset: highWatermark,
      logStartOffset: replica.logStartOffset,
      divergingEpoch: { epoch: -1, endOffset: -1 },
      currentLeader,
      records: readable.length === 0 ? NO_BYTES : concatenated(readable),
    };
  }

  #listOffsets({ topics }: ListOffsetsRequest, { error }: Step): ListOffsetsResponse {
    return {
      topics: topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex, timestamp }) => {
          const replica = this.partition(`${name}-${partitionIndex}`);
          const offset = timestamp === EARLIEST_TIMESTAMP ? replica.logStartOffset : (replica.highWatermark ?? replica.logEndOffset);
          return { partitionIndex, errorCode: ERRORS[error ?? 'NONE'].code, timestamp: -1, offset: error === undefined ? offset : -1, leaderEpoch: replica.leaderEpoch };
        }),
      })),
    };
  }

  #metadata(topics: readonly string[], { error }: Step): MetadataResponse {
    return {
      brokers: this.bootstrapServers.map((host, i) => ({ nodeId: i + 1, host, port: BROKER_PORT })),
      controllerId: 1,
      topics: topics.map((name) => {
        const partitions = [...this.#partitions].filter(([key]) => key.slice(0, key.lastIndexOf('-')) === name).map(([, replica]) => replica);
        const verdict = error ?? (partitions.length === 0 ? 'UNKNOWN_TOPIC_OR_PARTITION' : 'NONE');
        return {
          errorCode: ERRORS[verdict].code,
          name,
          topicId: `id-of-${name}`,
          partitions: partitions.map(({ leaderId, leaderEpoch }, partitionIndex) => ({
            errorCode: leaderId < 0 ? ERRORS.LEADER_NOT_AVAILABLE.code : NONE, partitionIndex, leaderId, leaderEpoch, replicaNodes: [leaderId], isrNodes: [leaderId],
          })),
        };
      }),
    };
  }
}

function fetchVerdict(broker: number, replica: Replica, epoch: number, offset: number): ErrorName {
  if (epoch >= 0 && epoch < replica.leaderEpoch) return 'FENCED_LEADER_EPOCH';
  if (epoch > replica.leaderEpoch) return 'UNKNOWN_LEADER_EPOCH';
  if (replica.leaderId !== broker) return 'NOT_LEADER_OR_FOLLOWER';
  return offset < replica.logStartOffset || offset > replica.logEndOffset ? 'OFFSET_OUT_OF_RANGE' : 'NONE';
}

function apiOf({ apiKey }: ClientRequest): Api {
  return (Object.keys(API_KEYS) as (keyof typeof API_KEYS)[]).find((name) => API_KEYS[name] === apiKey) as Api;
}

function concatenated(batches: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(batches.reduce((sum, batch) => sum + sizeInBytesOf(batch), 0));
  let at = 0;
  for (const batch of batches) {
    bytes.set(batch, at);
    at += batch.length;
  }
  if ([...batchPositions(bytes)].length !== batches.length) throw new Error('a batch is not whole');
  return bytes;
}

/** Every object of a message has the keys of its declaration, in that order: otherwise the codec writes them out each time. */
function assertDeclared(message: unknown): void {
  if (message instanceof Uint8Array || message === null || typeof message !== 'object') return;
  if (!Array.isArray(message) && !declared.has(Object.keys(message).join())) throw new Error(`not declared: {${Object.keys(message).join()}}`);
  for (const value of Object.values(message)) assertDeclared(value);
}
