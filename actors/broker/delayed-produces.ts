/** @module Produce requests of a partition that wait until their records are committed, or the leader is deposed (DP-1, DP-4). */
import type { Signal } from '../../runtime/index.ts';
import type { Offset } from '../log/record-batch.ts';
import type { ErrorName } from '../protocol/errors.ts';

/** A produce that waits. */
export interface DelayedProduce {
  /** One beyond its last record. */
  readonly requiredOffset: Offset;
  /** Undefined while it waits. */
  error: ErrorName | undefined;
  readonly decided: Signal;
}

export class DelayedProduces {
  readonly #outcome: (requiredOffset: Offset) => ErrorName | undefined;
  #waiting: DelayedProduce[] = [];

  /** @param outcome of a produce that needs everything below an offset committed; undefined: it waits */
  constructor(outcome: (requiredOffset: Offset) => ErrorName | undefined) {
    this.#outcome = outcome;
  }

  /** Begins to wait, unless it is decided already. */
  add(requiredOffset: Offset, decided: Signal): DelayedProduce {
    const delayed: DelayedProduce = { requiredOffset, error: this.#outcome(requiredOffset), decided };
    if (delayed.error === undefined) this.#waiting.push(delayed);
    return delayed;
  }

  /** The request timed out: nobody waits any more. */
  abandon(delayed: DelayedProduce): void {
    this.#waiting = this.#waiting.filter((other) => other !== delayed);
  }

  /** Decides those that can be decided now. */
  settle(): void {
    if (this.#waiting.length === 0) return;
    this.#waiting = this.#waiting.filter((delayed) => {
      delayed.error = this.#outcome(delayed.requiredOffset);
      if (delayed.error === undefined) return true;
      delayed.decided.notify();
      return false;
    });
  }
}
