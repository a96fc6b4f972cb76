/**
 * @module
 * DeleteRecords: raises the start of a partition's log, and answers when every live replica has followed (RT-2). Replicas learn of the new start
 * from the answers to their fetches, and tell of theirs in the next. What lies below goes with whole segments, as retention finds them.
 */
import { MILLISECOND } from '../../runtime/index.ts';
import type { ActorContext, Signal, Task } from '../../runtime/index.ts';
import type { Offset } from '../log/record-batch.ts';
import { codeOf } from '../protocol/errors.ts';
import type { ErrorName } from '../protocol/errors.ts';
import type { DeleteRecordsRequest, DeleteRecordsResponse } from '../protocol/messages.ts';
import { byTopic } from './by-topic.ts';
import type { Partition } from './partition.ts';
import type { ReplicaManager } from './replica-manager.ts';
import type { RequestWaiting } from './request-waiting.ts';

const INVALID_LOW_WATERMARK = -1;

/** One partition of a request. */
interface Deletion {
  readonly topic: string;
  readonly partitionIndex: number;
  readonly partition: Partition | undefined;
  /** All live replicas are to begin here, or later. */
  readonly upTo: Offset;
  /** Undefined while it waits. */
  error: ErrorName | undefined;
  lowWatermark: Offset;
}

export function* deleteRecords(context: ActorContext, replicas: ReplicaManager, request: DeleteRecordsRequest, waiting: RequestWaiting): Task<DeleteRecordsResponse> {
  const deadline = context.now + request.timeoutMs * MILLISECOND;
  const changed = context.signal();
  const deletions: Deletion[] = [];
  for (const { name, partitions } of request.topics)
    for (const { partitionIndex, offset } of partitions) deletions.push(yield* begin(replicas, name, partitionIndex, offset, changed));
  for (;;) {
    for (const deletion of deletions) settle(deletion);
    if (deletions.every(({ error }) => error !== undefined) || context.now >= deadline) break;
    waiting.begin();
    yield* changed.wait(deadline - context.now);
  }
  for (const { partition } of deletions) partition?.lowWatermarkWaiters.delete(changed);
  return {
    topics: byTopic(deletions, ({ topic }) => topic).map(([name, items]) => ({
      name,
      partitions: items.map(({ partitionIndex, lowWatermark, error = 'REQUEST_TIMED_OUT' }) => ({ partitionIndex, lowWatermark, errorCode: codeOf(error) })),
    })),
  };
}

function* begin(replicas: ReplicaManager, topic: string, partitionIndex: number, offset: Offset, changed: Signal): Task<Deletion> {
  const partition = replicas.partition(topic, partitionIndex);
  const failed = (error: ErrorName): Deletion => ({ topic, partitionIndex, partition, upTo: 0, error, lowWatermark: INVALID_LOW_WATERMARK });
  if (partition === undefined) return failed(replicas.image.partition(topic, partitionIndex) === undefined ? 'UNKNOWN_TOPIC_OR_PARTITION' : 'NOT_LEADER_OR_FOLLOWER');
  const outcome = yield* partition.lock.hold(partition.deleteRecords(offset));
  if (typeof outcome === 'string') return failed(outcome);
  partition.lowWatermarkWaiters.add(changed);
  return { topic, partitionIndex, partition, upTo: outcome, error: undefined, lowWatermark: INVALID_LOW_WATERMARK };
}

function settle(deletion: Deletion): void {
  const { partition, upTo } = deletion;
  if (partition === undefined || deletion.error !== undefined) return;
  const lowWatermark = partition.lowWatermark();
  if (typeof lowWatermark === 'string') deletion.error = lowWatermark;
  else if (lowWatermark >= upTo) Object.assign(deletion, { error: 'NONE', lowWatermark });
}
