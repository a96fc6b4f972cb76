/** @module Requests that a script of a whole-cluster test sends by hand. */
import { MILLISECOND, SECOND } from '../../runtime/index.ts';
import type { ActorContext, Connection, Task } from '../../runtime/index.ts';
import { controllerName } from '../client/bootstrap.ts';
import { encodeRecordBatch } from '../log/records.ts';
import { API_KEYS, LATEST_TIMESTAMP } from '../protocol/messages.ts';
import type { CreateTopicsRequest, FetchRequest, FetchResponse, ListOffsetsRequest, ListOffsetsResponse, ProduceRequest, ProduceResponse } from '../protocol/messages.ts';
import { untilBrokersAreUp } from './brokers-up.ts';
import type { ClusterRun, Observed } from './cluster.ts';

const A_RECORD = new TextEncoder().encode('a record');

/** One record for `orders-0`. */
export function produceRequest(acks: number, timeoutMs: number, value = A_RECORD): ProduceRequest {
  const records = encodeRecordBatch([{ key: null, value, timestamp: 0 }]);
  return { apiKey: API_KEYS.Produce, clientId: 'test', transactionalId: null, acks, timeoutMs, topicData: [{ name: 'orders', partitionData: [{ index: 0, records }] }] };
}

/** Makes the topic `orders` of one partition, as soon as so many brokers are there, and waits until they know of it. */
export function* createTopic(context: ActorContext, replicationFactor: number, minInsyncReplicas: number): Task {
  yield* untilBrokersAreUp(context, replicationFactor);
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

/** Produces one record to `orders-0`. */
export function* produceTo(connection: Connection, acks: number, timeoutMs = 5_000, value = A_RECORD): Task<{ errorCode: number; baseOffset: number }> {
  const response: ProduceResponse = yield* connection.call(produceRequest(acks, timeoutMs, value), 30 * SECOND);
  return response.responses[0]!.partitionResponses[0]!;
}

/** Fetches from `orders-0` as a consumer, without waiting. */
export function* fetchFrom(connection: Connection, fetchOffset: number): Task<FetchResponse['responses'][number]['partitions'][number]> {
  const wanted = { partition: 0, currentLeaderEpoch: -1, fetchOffset, lastFetchedEpoch: -1, logStartOffset: -1, partitionMaxBytes: 1_000_000 };
  const request: FetchRequest = {
    apiKey: API_KEYS.Fetch, clientId: 'test', replicaState: { replicaId: -1, replicaEpoch: -1 }, maxWaitMs: 0, minBytes: 0, maxBytes: 1_000_000, isolationLevel: 0, topics: [{ topic: 'orders', topicId: null, partitions: [wanted] }],
  };
  const { responses } = yield* connection.call(request, SECOND);
  return responses[0]!.partitions[0]!;
}

/** Asks for the end of `orders-0`, as a consumer. */
export function* endOffsetAt(connection: Connection): Task<ListOffsetsResponse['topics'][number]['partitions'][number]> {
  const request: ListOffsetsRequest = {
    apiKey: API_KEYS.ListOffsets, clientId: 'test', replicaId: -1, isolationLevel: 0, topics: [{ name: 'orders', partitions: [{ partitionIndex: 0, currentLeaderEpoch: -1, timestamp: LATEST_TIMESTAMP }] }],
  };
  const { topics } = yield* connection.call(request, SECOND);
  return topics[0]!.partitions[0]!;
}

/** What was observed of one kind, in order. */
export function ofKind<K extends Observed['kind']>(run: ClusterRun, kind: K): Extract<Observed, { kind: K }>[] {
  return run.observed.filter((observed): observed is Extract<Observed, { kind: K }> => observed.kind === kind);
}
