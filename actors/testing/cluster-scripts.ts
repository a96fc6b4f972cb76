/** @module Test support: what scripts of whole clusters do and look for again and again, with one partition `orders-0` on brokers 0, 1 and 2. */
import { ConnectionError, MILLISECOND, SECOND } from '../../runtime/index.ts';
import type { ActorContext, Task } from '../../runtime/index.ts';
import { brokerName, controllerName } from '../client/bootstrap.ts';
import { untilBrokersAreUp } from './brokers-up.ts';
import { encodeRecordBatch } from '../log/records.ts';
import { ERRORS } from '../protocol/errors.ts';
import { API_KEYS } from '../protocol/messages.ts';
import type { CreateTopicsRequest, ProduceRequest } from '../protocol/messages.ts';
import type { ClusterRun, Observed } from './cluster.ts';

export interface TopicShape {
  readonly partitions?: number;
  readonly replicationFactor?: number;
  readonly config?: Readonly<Record<string, string>>;
}

/** Makes `orders`, with min.insync.replicas=2 unless told otherwise, as soon as all brokers are there; then waits a second. */
export function* createTopic(context: ActorContext, { partitions = 1, replicationFactor = 3, config = {} }: TopicShape = {}): Task {
  yield* untilBrokersAreUp(context);
  const connection = yield* context.connect(controllerName(0), SECOND);
  const configs = Object.entries({ 'min.insync.replicas': '2', ...config }).map(([name, value]) => ({ name, value }));
  const request: CreateTopicsRequest = { apiKey: API_KEYS.CreateTopics, clientId: 'test', topics: [{ name: 'orders', numPartitions: partitions, replicationFactor, assignments: [], configs }] };
  while ((yield* connection.call(request, SECOND)).topics[0]!.errorCode !== 0) yield* context.sleep(100 * MILLISECOND);
  yield* context.sleep(SECOND);
}

/** Sends one record to `orders-0` on this broker. @returns the error code; NETWORK_EXCEPTION if it could not be reached */
export function* produceTo(context: ActorContext, brokerId: number, acks = -1, timeoutMs = 2_000): Task<number> {
  const records = encodeRecordBatch([{ key: null, value: new TextEncoder().encode('a record'), timestamp: 0 }]);
  const request: ProduceRequest = { apiKey: API_KEYS.Produce, clientId: 'test', transactionalId: null, acks, timeoutMs, topicData: [{ name: 'orders', partitionData: [{ index: 0, records }] }] };
  try {
    const connection = yield* context.connect(brokerName(brokerId), SECOND);
    const response = yield* connection.call(request, 30 * SECOND);
    connection.close();
    return response.responses[0]!.partitionResponses[0]!.errorCode;
  } catch (error) {
    if (error instanceof ConnectionError) return ERRORS.NETWORK_EXCEPTION.code;
    throw error;
  }
}

export function ofKind<K extends Observed['kind']>(run: ClusterRun, kind: K): Extract<Observed, { kind: K }>[] {
  return run.observed.filter((observed): observed is Extract<Observed, { kind: K }> => observed.kind === kind);
}

/** The in-sync set of `orders-0` in the end, sorted. */
export function isr(run: ClusterRun): number[] {
  return (ofKind(run, 'partition-changed').at(-1)?.isr ?? []).toSorted((a, b) => a - b);
}
