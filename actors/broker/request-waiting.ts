/** @module When a request has done its work on this broker and begins to wait for others: Kafka's purgatory, or its own request to the controller. */
import type { ActorContext, Micros } from '../../runtime/index.ts';

export class RequestWaiting {
  readonly #context: ActorContext;
  #since: Micros | undefined;

  constructor(context: ActorContext) {
    this.#context = context;
  }

  /** From now on; what comes after, a second reading too, is for whoever ends the waiting. */
  begin(): void {
    this.#since ??= this.#context.now;
  }

  /** Undefined: it has not waited. */
  get since(): Micros | undefined {
    return this.#since;
  }
}
