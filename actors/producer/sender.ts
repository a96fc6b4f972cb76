/**
 * @module
 * The sender of a producer (§4.2): whenever something has changed, it fails what has expired and sends what may go; what comes back it
 * judges by §4.4. It sleeps until the next deadline: linger, backoff, delivery timeout, reconnect.
 *
 * Room is left for idempotence: a batch is encoded when it is drained, which is where it gets its sequence, and put back by
 * `reenqueue`, which will insert by sequence.
 */
import type { ActorContext, Micros, Signal, Task } from '../../runtime/index.ts';
import { ClientError } from '../client/client-errors.ts';
import type { ClientMetadata } from '../client/metadata.ts';
import type { NetworkClient } from '../client/network-client.ts';
import { partitionName } from '../client/topic-partition.ts';
import { ACKS_NONE, acksOf } from '../config/producer-config.ts';
import type { ProducerConfig } from '../config/producer-config.ts';
import { KafkaError, NONE, errorName, isInvalidMetadata, isRetriable } from '../protocol/errors.ts';
import type { ErrorName } from '../protocol/errors.ts';
import { API_KEYS } from '../protocol/messages.ts';
import type { ProduceRequest, ProduceResponse } from '../protocol/messages.ts';
import type { ProducerBatch } from './producer-batch.ts';
import type { ProducerMetrics } from './producer-metrics.ts';
import type { LeaderOf, RecordAccumulator } from './record-accumulator.ts';

/** What a leader says before it appends anything (§12.1). After every other error the batch may be in the log. */
const REFUSALS_BEFORE_APPEND: ReadonlySet<ErrorName> = new Set([
  'CORRUPT_MESSAGE', 'UNKNOWN_TOPIC_OR_PARTITION', 'LEADER_NOT_AVAILABLE', 'MESSAGE_TOO_LARGE', 'INVALID_TOPIC_EXCEPTION', 'NOT_ENOUGH_REPLICAS',
  'INVALID_REQUIRED_ACKS', 'INVALID_TIMESTAMP', 'UNSUPPORTED_VERSION', 'INVALID_REQUEST', 'FENCED_LEADER_EPOCH', 'UNKNOWN_LEADER_EPOCH', 'INVALID_RECORD',
] satisfies ErrorName[]);

const UNKNOWN_OFFSET = -1;
const NO_TIMESTAMP = -1;

type PartitionResponse = ProduceResponse['responses'][number]['partitionResponses'][number];

export interface SenderParts {
  readonly config: ProducerConfig;
  readonly clientId: string | null;
  readonly network: NetworkClient;
  readonly metadata: ClientMetadata;
  readonly accumulator: RecordAccumulator;
  readonly metrics: ProducerMetrics;
}

export class Sender {
  readonly #context: ActorContext;
  readonly #parts: SenderParts;
  readonly #acks: -1 | 0 | 1;
  /** §4.2.4: with one request in flight, a partition rests until the answer is there. */
  readonly #guaranteesOrder: boolean;
  readonly #wakeup: Signal;
  readonly #leaderOf: LeaderOf;
  readonly #inFlight = new Set<ProducerBatch>();

  constructor(context: ActorContext, parts: SenderParts) {
    this.#context = context;
    this.#parts = parts;
    this.#acks = acksOf(parts.config);
    this.#guaranteesOrder = parts.config['max.in.flight.requests.per.connection'] === 1;
    this.#wakeup = context.signal();
    this.#leaderOf = (topic, partition) => parts.metadata.leaderOf(topic, partition);
  }

  /** Something has changed that may let batches go. */
  wakeup(): void {
    this.#wakeup.notify();
  }

  /** Runs as long as its producer. */
  *run(): Task {
    for (;;) {
      this.#expire();
      const wakeAt = this.#sendReady();
      // Without order a batch put back in front may hide an older one, which has expired when it comes to the head: look again at once.
      yield* this.#wakeup.wait(wakeAt === Infinity ? undefined : Math.max(0, wakeAt - this.#context.now));
    }
  }

  /** Gives up all that is not done: the producer closes by force (API-2). */
  abort(error: KafkaError): void {
    for (const batch of this.#parts.accumulator.abandon()) this.#fail(batch, 'ABORTED', error);
  }

  /** §4.2.5. A batch in flight is failed too, though its request may still be executed. */
  #expire(): void {
    const { accumulator, config } = this.#parts;
    const inFlight = [...this.#inFlight].filter((batch) => !batch.isDone && accumulator.hasExpired(batch));
    for (const batch of [...accumulator.takeExpired(), ...inFlight]) {
      const message = `Expiring ${batch.recordCount} record(s) for ${partitionName(batch)}: ${config['delivery.timeout.ms']} ms has passed since batch creation`;
      this.#fail(batch, 'FAILED', new ClientError('TimeoutException', message));
    }
  }

  /** Sends until nothing more may go. @returns when to look again if nothing changes before */
  #sendReady(): Micros {
    const { accumulator, metadata, network } = this.#parts;
    for (;;) {
      const { peers, nextAt, hasUnknownLeader } = accumulator.ready(this.#leaderOf);
      if (hasUnknownLeader) metadata.requestUpdate();
      let wakeAt = Math.min(nextAt, this.#nextExpiry());
      let hasSent = false;
      for (const peer of peers) {
        if (!network.isReady(peer)) {
          wakeAt = Math.min(wakeAt, network.retryAt(peer));
          continue;
        }
        this.#send(peer, accumulator.drain(peer, this.#leaderOf));
        hasSent = true;
      }
      if (!hasSent) return wakeAt;
    }
  }

  #nextExpiry(): Micros {
    const { accumulator } = this.#parts;
    let first = accumulator.expiresAt;
    for (const batch of this.#inFlight) if (!batch.isDone) first = Math.min(first, accumulator.expiryOf(batch));
    return first;
  }

  #send(peer: string, batches: readonly ProducerBatch[]): void {
    const { accumulator, config, clientId, metrics, network } = this.#parts;
    const request: ProduceRequest = {
      apiKey: API_KEYS.Produce,
      clientId,
      transactionalId: null,
      acks: this.#acks,
      timeoutMs: config['request.timeout.ms'],
      topicData: topicDataOf(batches),
    };
    for (const batch of batches) {
      if (this.#guaranteesOrder) accumulator.setMuted(batch, true);
      batch.isInFlight = true;
      this.#inFlight.add(batch);
      metrics.sent(batch.topic, batch.recordCount, batch.sizeInBytes, batch.createdAt);
    }
    metrics.requested(batches.reduce((sum, { recordCount }) => sum + recordCount, 0));
    if (this.#acks === ACKS_NONE) this.#sendUnanswered(peer, request, batches);
    else this.#context.spawn(this.#awaitAnswer(batches, network.call(peer, request)));
  }

  /** §4.2.6: with acks=0 a batch is done when it is written to the socket. */
  #sendUnanswered(peer: string, request: ProduceRequest, batches: readonly ProducerBatch[]): void {
    try {
      this.#parts.network.send(peer, request);
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
      for (const batch of batches) this.#complete(batch, error.error, undefined);
      return;
    }
    for (const batch of batches) this.#complete(batch, undefined, undefined);
  }

  *#awaitAnswer(batches: readonly ProducerBatch[], call: Task<ProduceResponse>): Task {
    const sentAt = this.#context.now;
    try {
      const answers = answersByPartition(yield* call);
      this.#parts.metrics.answered(sentAt);
      for (const batch of batches) {
        const answer = answers.get(partitionName(batch));
        if (answer === undefined) this.#complete(batch, 'UNKNOWN_SERVER_ERROR', undefined);
        else this.#complete(batch, answer.errorCode === NONE ? undefined : errorName(answer.errorCode), answer);
      }
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
      for (const batch of batches) this.#complete(batch, error.error, undefined);
    }
    this.wakeup();
  }

  /** An attempt has ended: §4.4, in its order. */
  #complete(batch: ProducerBatch, error: ErrorName | undefined, answer: PartitionResponse | undefined): void {
    const { accumulator, metadata, metrics } = this.#parts;
    this.#inFlight.delete(batch);
    batch.isInFlight = false;
    if (error === undefined) {
      batch.succeed(answer?.baseOffset ?? UNKNOWN_OFFSET, answer?.logAppendTimeMs ?? NO_TIMESTAMP);
    } else {
      if (!REFUSALS_BEFORE_APPEND.has(error)) batch.mayBeAppended = true;
      if (error === 'MESSAGE_TOO_LARGE' && batch.recordCount > 1 && !batch.isDone) {
        accumulator.splitAndReenqueue(batch);
        metrics.splits.record();
      } else if (this.#canRetry(batch, error)) {
        accumulator.reenqueue(batch);
        metrics.retried(batch.topic, batch.recordCount);
      } else {
        this.#fail(batch, 'FAILED', new KafkaError(error));
      }
      if (isInvalidMetadata(error)) metadata.requestUpdate();
      if (answer !== undefined && (error === 'NOT_LEADER_OR_FOLLOWER' || error === 'FENCED_LEADER_EPOCH')) metadata.applyLeaderHint(batch.topic, batch.partition, answer.currentLeader);
    }
    if (this.#guaranteesOrder) accumulator.setMuted(batch, false);
    if (batch.isDone) accumulator.forget(batch);
  }

  /** RTY of §4.4. */
  #canRetry(batch: ProducerBatch, error: ErrorName): boolean {
    const { accumulator, config } = this.#parts;
    return !accumulator.hasExpired(batch) && batch.attempts < config.retries && !batch.isDone && isRetriable(error);
  }

  #fail(batch: ProducerBatch, state: 'FAILED' | 'ABORTED', error: KafkaError): void {
    if (batch.isDone) return;
    this.#parts.metrics.failed(batch.topic, batch.recordCount);
    batch.fail(state, error);
    // What is in flight keeps its memory until the answer is there.
    if (!batch.isInFlight) this.#parts.accumulator.forget(batch);
  }
}

function topicDataOf(batches: readonly ProducerBatch[]): ProduceRequest['topicData'] {
  const topics = new Map<string, { index: number; records: Uint8Array }[]>();
  for (const batch of batches) {
    const partitionData = topics.get(batch.topic) ?? [];
    topics.set(batch.topic, partitionData);
    partitionData.push({ index: batch.partition, records: batch.encode() });
  }
  return [...topics].map(([name, partitionData]) => ({ name, partitionData }));
}

function answersByPartition({ responses }: ProduceResponse): ReadonlyMap<string, PartitionResponse> {
  const answers = new Map<string, PartitionResponse>();
  for (const { name, partitionResponses } of responses) for (const answer of partitionResponses) answers.set(partitionName({ topic: name, partition: answer.index }), answer);
  return answers;
}
