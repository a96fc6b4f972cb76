/** @module Produce: append, then wait as acks asks (LA-1 … LA-6, DP-1, DP-2). */
import { MILLISECOND } from '../../runtime/index.ts';
import type { ActorContext, Caller, Task } from '../../runtime/index.ts';
import { NONE, codeOf } from '../protocol/errors.ts';
import type { ProduceRequest, ProduceResponse } from '../protocol/messages.ts';
import type { BrokerMetrics } from './broker-metrics.ts';
import type { DelayedProduce } from './delayed-produces.ts';
import type { Partition } from './partition.ts';
import type { ReplicaManager } from './replica-manager.ts';
import type { RequestWaiting } from './request-waiting.ts';

const ACKS_NONE = 0;
const ACKS_ALL = -1;
const ACKS: readonly number[] = [ACKS_ALL, ACKS_NONE, 1];
const NO_TIMESTAMP = -1;
/** Topics that only brokers write, and an administrator who must (LA-7). */
const INTERNAL_TOPICS: readonly string[] = ['__consumer_offsets', '__transaction_state'];
const ADMIN_CLIENT_ID = '__admin_client';

/** What became of one partition's batch. */
interface Produced {
  readonly name: string;
  readonly index: number;
  errorCode: number;
  baseOffset: number;
  /** Records appended. */
  readonly records: number;
  readonly partition: Partition | undefined;
  delayed?: DelayedProduce;
}

/** Answers a Produce request; undefined with acks=0, whose only sign of failure is a closed connection (LA-6). */
export function* produce(context: ActorContext, replicas: ReplicaManager, request: ProduceRequest, caller: Caller, waiting: RequestWaiting): Task<ProduceResponse | undefined> {
  const produced: Produced[] = [];
  for (const { name, partitionData } of request.topicData) {
    for (const { index, records } of partitionData) {
      const item = yield* appendTo(replicas, request, name, index, records);
      replicas.metrics.topics.produced(name, item.errorCode, records.length, item.records);
      produced.push(item);
    }
  }
  if (request.acks === ACKS_NONE) {
    if (produced.some(({ errorCode }) => errorCode !== NONE)) caller.close();
    return undefined;
  }
  if (request.acks === ACKS_ALL) {
    waiting.begin();
    yield* untilCommitted(context, replicas.metrics, produced, request.timeoutMs * MILLISECOND);
  }
  return response(request, produced);
}

function* appendTo(replicas: ReplicaManager, { acks, clientId }: ProduceRequest, name: string, index: number, records: Uint8Array): Task<Produced> {
  const partition = replicas.partition(name, index);
  const failed = (errorCode: number): Produced => ({ name, index, errorCode, baseOffset: -1, records: 0, partition });
  if (!ACKS.includes(acks)) return failed(codeOf('INVALID_REQUIRED_ACKS'));
  if (INTERNAL_TOPICS.includes(name) && clientId !== ADMIN_CLIENT_ID) return failed(codeOf('INVALID_TOPIC_EXCEPTION'));
  if (partition === undefined) return failed(codeOf(replicas.image.partition(name, index) === undefined ? 'UNKNOWN_TOPIC_OR_PARTITION' : 'NOT_LEADER_OR_FOLLOWER'));
  // The frame's buffer belongs to the network; the log stamps offsets into the batch it is given.
  const outcome = yield* partition.append(records.slice(), acks);
  if (outcome.error !== 'NONE') {
    if (outcome.countsAs !== undefined) replicas.metrics.topics.invalid(outcome.countsAs);
    return failed(codeOf(outcome.error));
  }
  if (!('baseOffset' in outcome)) return failed(codeOf('UNKNOWN_SERVER_ERROR'));
  const { baseOffset, lastOffset } = outcome;
  const appended: Produced = { name, index, errorCode: NONE, baseOffset, records: lastOffset - baseOffset + 1, partition };
  if (acks === ACKS_ALL) appended.delayed = partition.delayProduce(lastOffset + 1, replicas.context.signal());
  return appended;
}

/** DP-2: until nothing is pending, or the request's own timeout. What still waits then may yet be committed. */
function* untilCommitted(context: ActorContext, metrics: BrokerMetrics, produced: readonly Produced[], timeoutUs: number): Task {
  const deadline = context.now + timeoutUs;
  const waiting = produced.reduce((sum, { delayed }) => sum + Number(delayed !== undefined), 0);
  metrics.delayedProduce.requests += 1;
  metrics.delayedProduce.partitions += waiting;
  for (const item of produced) {
    const { delayed, partition } = item;
    if (delayed === undefined) continue;
    while (delayed.error === undefined && context.now < deadline) yield* delayed.decided.wait(deadline - context.now);
    if (delayed.error === undefined) {
      partition!.abandonProduce(delayed);
      metrics.expiredProduces.mark();
    }
    item.errorCode = codeOf(delayed.error ?? 'REQUEST_TIMED_OUT');
    if (item.errorCode !== NONE) item.baseOffset = -1;
  }
  metrics.delayedProduce.requests -= 1;
  metrics.delayedProduce.partitions -= waiting;
}

function response({ topicData }: ProduceRequest, produced: readonly Produced[]): ProduceResponse {
  return {
    responses: topicData.map(({ name }) => ({
      name,
      partitionResponses: produced
        .filter((item) => item.name === name)
        .map(({ index, errorCode, baseOffset, partition }) => ({
          index,
          errorCode,
          baseOffset,
          logAppendTimeMs: NO_TIMESTAMP,
          logStartOffset: errorCode === NONE ? partition!.log.logStartOffset : -1,
          currentLeader: leaderHint(errorCode, partition),
        })),
    })),
  };
}

/** KIP-951: whoever asked the wrong broker is told the right one, if it is known. */
export function leaderHint(errorCode: number, partition: Partition | undefined): { readonly leaderId: number; readonly leaderEpoch: number } {
  const asksElsewhere = errorCode === codeOf('NOT_LEADER_OR_FOLLOWER') || errorCode === codeOf('FENCED_LEADER_EPOCH');
  if (!asksElsewhere || partition === undefined) return { leaderId: -1, leaderEpoch: -1 };
  return { leaderId: partition.leaderId, leaderEpoch: partition.leaderEpoch };
}
