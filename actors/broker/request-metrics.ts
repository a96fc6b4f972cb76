/** @module Requests of one kind, how long they took and with what they were answered: Kafka's RequestMetrics (§8). */
import { MILLISECOND } from '../../runtime/index.ts';
import type { ActorContext, Task } from '../../runtime/index.ts';
import type { Histogram } from '../metrics/histogram.ts';
import type { Meter } from '../metrics/meter.ts';
import type { Metrics } from '../metrics/registry.ts';
import { errorName } from '../protocol/errors.ts';
import type { RequestWaiting } from './request-waiting.ts';

/** Every answer of a broker to a client or a follower, as far as its error codes go. */
interface Answered {
  readonly errorCode?: number;
  readonly responses?: readonly { readonly partitions?: readonly WithError[]; readonly partitionResponses?: readonly WithError[] }[];
  readonly topics?: readonly { readonly errorCode?: number; readonly partitions?: readonly WithError[] }[];
}
interface WithError {
  readonly errorCode: number;
}

export class RequestMetrics {
  readonly #metrics: Metrics;
  readonly #request: string;
  readonly #requests: Meter;
  readonly #totalTime: Histogram;
  readonly #localTime: Histogram;
  readonly #remoteTime: Histogram;
  /** By error code + 1: the lowest is −1. */
  readonly #errors: (Meter | undefined)[] = [];

  constructor(metrics: Metrics, request: string) {
    this.#metrics = metrics;
    this.#request = request;
    this.#requests = metrics.meter('kafka.network:type=RequestMetrics,name=RequestsPerSec', { request });
    this.#totalTime = metrics.histogram('kafka.network:type=RequestMetrics,name=TotalTimeMs', { request });
    this.#localTime = metrics.histogram('kafka.network:type=RequestMetrics,name=LocalTimeMs', { request });
    this.#remoteTime = metrics.histogram('kafka.network:type=RequestMetrics,name=RemoteTimeMs', { request });
  }

  /** Handles a request, and counts it. `waiting`: as `handling` tells it. */
  *measured<T extends object>(context: ActorContext, waiting: RequestWaiting, handling: Task<T | undefined>): Task<T | undefined> {
    const startedAt = context.now;
    this.#requests.mark();
    const answer = yield* handling;
    const endedAt = context.now;
    const localUntil = waiting.since ?? endedAt;
    this.#totalTime.update((endedAt - startedAt) / MILLISECOND);
    this.#localTime.update((localUntil - startedAt) / MILLISECOND);
    this.#remoteTime.update((endedAt - localUntil) / MILLISECOND);
    if (answer !== undefined) this.#countErrors(answer);
    return answer;
  }

  #countErrors({ errorCode, responses, topics }: Answered): void {
    if (errorCode !== undefined) this.#answeredWith(errorCode);
    if (responses !== undefined) for (const { partitions, partitionResponses } of responses) this.#countEach(partitions ?? partitionResponses);
    if (topics === undefined) return;
    for (const topic of topics) {
      if (topic.errorCode !== undefined) this.#answeredWith(topic.errorCode);
      this.#countEach(topic.partitions);
    }
  }

  #countEach(partitions: readonly WithError[] | undefined): void {
    if (partitions !== undefined) for (const { errorCode } of partitions) this.#answeredWith(errorCode);
  }

  #answeredWith(errorCode: number): void {
    let meter = this.#errors[errorCode + 1];
    if (meter === undefined) {
      meter = this.#metrics.meter('kafka.network:type=RequestMetrics,name=ErrorsPerSec', { request: this.#request, error: errorName(errorCode) });
      this.#errors[errorCode + 1] = meter;
    }
    meter.mark();
  }
}
