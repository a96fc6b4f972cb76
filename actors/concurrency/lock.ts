/** @module Mutual exclusion between tasks of one actor, first come first served. */
import type { ActorContext, Signal, Task } from '../../runtime/index.ts';

export class Lock {
  readonly #context: ActorContext;
  readonly #queue: Signal[] = [];
  #isHeld = false;

  constructor(context: ActorContext) {
    this.#context = context;
  }

  /** Runs a task while nobody else holds the lock. An exception of the task releases it. */
  *hold<T>(task: Task<T>): Task<T> {
    if (this.#isHeld) {
      const turn = this.#context.signal();
      this.#queue.push(turn);
      yield* turn.wait();
    }
    this.#isHeld = true;
    try {
      return yield* task;
    } finally {
      const next = this.#queue.shift();
      // Handed over, not released: nobody can come in between.
      if (next === undefined) this.#isHeld = false;
      else next.notify();
    }
  }
}
