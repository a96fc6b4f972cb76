/** @module What a producer gives back for a record: it will be acknowledged, or fail. */
import type { ActorContext, Signal, Task } from '../../runtime/index.ts';
import type { KafkaError } from '../protocol/errors.ts';
import type { Offset } from '../log/record-batch.ts';

/** A record as an application sends it. */
export interface ProducerRecord {
  readonly topic: string;
  /** Absent: chosen by the key. */
  readonly partition?: number | undefined;
  readonly key?: Uint8Array | null;
  readonly value: Uint8Array | null;
  /** In ms. Absent: the producer's clock. */
  readonly timestamp?: number;
  readonly headers?: readonly { readonly key: string; readonly value: Uint8Array | null }[];
}

/** Where an acknowledged record lies. */
export interface RecordMetadata {
  readonly topic: string;
  readonly partition: number;
  /** −1 with acks=0: nobody said. */
  readonly offset: Offset;
  /** In ms. */
  readonly timestamp: number;
}

/**
 * How it ended. `isIndeterminate`: an attempt may have reached a log, though it was not acknowledged; false only if each one was
 * definitely refused before the append, or none was made (§12.1).
 */
export type RecordOutcome =
  | { readonly isAcknowledged: true; readonly metadata: RecordMetadata }
  | { readonly isAcknowledged: false; readonly error: KafkaError; readonly isIndeterminate: boolean };

export class RecordFuture {
  readonly #context: ActorContext;
  readonly topic: string;
  /** −1: it failed before a partition was chosen. */
  readonly partition: number;
  #outcome: RecordOutcome | undefined;
  #callbacks: ((outcome: RecordOutcome) => void)[] | undefined;
  #settled: Signal | undefined;
  #onRetry: (() => void) | undefined;

  constructor(context: ActorContext, topic: string, partition: number) {
    this.#context = context;
    this.topic = topic;
    this.partition = partition;
  }

  /** Undefined: not done yet. */
  get outcome(): RecordOutcome | undefined {
    return this.#outcome;
  }

  /** Calls back when it is done, or now if it is. Callbacks of a batch come in the order of its records (§4.3); they must not throw. */
  onCompletion(callback: (outcome: RecordOutcome) => void): void {
    if (this.#outcome !== undefined) callback(this.#outcome);
    else (this.#callbacks ??= []).push(callback);
  }

  /** Calls back whenever an attempt has failed and another one will be made; what is called must not throw. (Kafka's tells nobody.) */
  onRetry(callback: () => void): void {
    this.#onRetry = callback;
  }

  /** Waits until it is done. */
  *settled(): Task<RecordOutcome> {
    if (this.#outcome === undefined) yield* (this.#settled ??= this.#context.signal()).wait();
    return this.#outcome!;
  }

  /** Waits until it is acknowledged. @throws {KafkaError} if it fails */
  *get(): Task<RecordMetadata> {
    const outcome = yield* this.settled();
    if (!outcome.isAcknowledged) throw outcome.error;
    return outcome.metadata;
  }

  /** For the producer alone. */
  retried(): void {
    this.#onRetry?.();
  }

  /** For the producer alone, once. */
  settle(outcome: RecordOutcome): void {
    this.#outcome = outcome;
    for (const callback of this.#callbacks ?? []) callback(outcome);
    this.#callbacks = undefined;
    this.#settled?.notify();
  }
}
