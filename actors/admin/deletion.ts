/**
 * @module
 * Deletion of records (RT-2), which only the leader of a partition can do: the leaders are looked up, each is asked for all of its partitions at
 * once, and what a leader could not do is looked up and asked for again.
 */
import { milliseconds } from '../../runtime/index.ts';
import type { ActorContext, Micros, Task } from '../../runtime/index.ts';
import { byTopic } from '../broker/by-topic.ts';
import { brokerName } from '../client/bootstrap.ts';
import { ExponentialBackoff } from '../client/exponential-backoff.ts';
import type { TopicPartition } from '../client/topic-partition.ts';
import type { AdminConfig } from '../config/admin-config.ts';
import type { Observation } from '../observation.ts';
import { KafkaError, errorName, isRetriable } from '../protocol/errors.ts';
import { API_KEYS } from '../protocol/messages.ts';
import type { DeleteRecordsRequest, MetadataRequest } from '../protocol/messages.ts';
import type { AdminTransport } from './admin-transport.ts';
import type { DeletedRecords, RecordsToDelete } from './admin-types.ts';

const NOT_DELETED = -1;

/** A partition whose records are to go. */
interface Deletion extends RecordsToDelete {
  /** Undefined: nobody has decided yet. */
  outcome: DeletedRecords | undefined;
}

export class RecordsDeletion {
  readonly #context: ActorContext;
  readonly #transport: AdminTransport;
  readonly #clientId: string;
  readonly #config: AdminConfig;
  readonly #deletions: readonly Deletion[];
  readonly #deadline: Micros;

  constructor(context: ActorContext, transport: AdminTransport, clientId: string, config: AdminConfig, wishes: readonly RecordsToDelete[]) {
    this.#context = context;
    this.#transport = transport;
    this.#clientId = clientId;
    this.#config = config;
    this.#deletions = wishes.map((wish) => ({ ...wish, outcome: undefined }));
    for (const { topic, partition, beforeOffset } of wishes) context.observe({ kind: 'deletion-asked', topic, partition, beforeOffset } satisfies Observation);
    this.#deadline = context.now + milliseconds(config['default.api.timeout.ms']);
  }

  /** What became of each, in their order; REQUEST_TIMED_OUT of those that nobody decided in time. */
  *run(): Task<readonly DeletedRecords[]> {
    const backoff = new ExponentialBackoff(this.#context.random('deletions'), this.#config['retry.backoff.ms'], this.#config['retry.backoff.max.ms']);
    for (let attempt = 0; this.#open.length > 0 && this.#context.now < this.#deadline; attempt += 1) {
      if (attempt > 0) yield* this.#context.sleep(Math.min(backoff.delayUs(attempt - 1), this.#deadline - this.#context.now));
      yield* this.#askAll(yield* this.#leaders());
    }
    return this.#deletions.map(({ topic, partition, outcome }) => outcome ?? { topic, partition, error: 'REQUEST_TIMED_OUT', message: null, lowWatermark: NOT_DELETED });
  }

  get #open(): readonly Deletion[] {
    return this.#deletions.filter(({ outcome }) => outcome === undefined);
  }

  /** What is open, by the leader's id. What nobody leads, or nobody knows of, may be led by the next attempt. */
  *#leaders(): Task<ReadonlyMap<number, Deletion[]>> {
    const request: MetadataRequest = { apiKey: API_KEYS.Metadata, clientId: this.#clientId, topics: [...new Set(this.#open.map(({ topic }) => topic))] };
    const { topics } = yield* this.#transport.call(request, () => [], this.#deadline);
    const leaders = new Map<number, Deletion[]>();
    for (const deletion of this.#open) {
      const leader = topics.find(({ name }) => name === deletion.topic)?.partitions.find(({ partitionIndex }) => partitionIndex === deletion.partition)?.leaderId ?? -1;
      if (leader >= 0) leaders.set(leader, [...(leaders.get(leader) ?? []), deletion]);
    }
    return leaders;
  }

  /** Asks all leaders at the same time, for each may wait for its followers. */
  *#askAll(leaders: ReadonlyMap<number, Deletion[]>): Task {
    const answered = this.#context.signal();
    const asked = new Set(leaders.keys());
    const onDone = (leader: number): void => {
      asked.delete(leader);
      answered.notify();
    };
    for (const [leader, deletions] of leaders) this.#context.spawn(this.#ask(leader, deletions, onDone));
    while (asked.size > 0) yield* answered.wait();
  }

  *#ask(leader: number, deletions: readonly Deletion[], onDone: (leader: number) => void): Task {
    const request: DeleteRecordsRequest = {
      apiKey: API_KEYS.DeleteRecords,
      clientId: this.#clientId,
      topics: byTopic(deletions, ({ topic }) => topic).map(([name, items]) => ({ name, partitions: items.map(({ partition, beforeOffset }) => ({ partitionIndex: partition, offset: beforeOffset })) })),
      timeoutMs: this.#config['default.api.timeout.ms'],
    };
    try {
      const { topics } = yield* this.#transport.callBroker(brokerName(leader), request, this.#deadline);
      for (const { name, partitions } of topics)
        for (const { partitionIndex, errorCode, lowWatermark } of partitions) decide(deletions, { topic: name, partition: partitionIndex }, errorCode, lowWatermark);
    } catch (error) {
      if (!(error instanceof KafkaError && isRetriable(error.error))) throw error;
    }
    onDone(leader);
  }
}

/** What the client may try again stays open: another leader, a follower that is late. */
function decide(deletions: readonly Deletion[], { topic, partition }: TopicPartition, errorCode: number, lowWatermark: number): void {
  const error = errorName(errorCode);
  if (isRetriable(error)) return;
  for (const deletion of deletions) if (deletion.topic === topic && deletion.partition === partition) deletion.outcome = { topic, partition, error, message: null, lowWatermark };
}
