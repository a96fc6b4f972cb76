/** @module The memory of a producer's batches, `buffer.memory` (PR-2). Who finds too little left waits, first come first served. */
import type { ActorContext, Micros, Signal, Task } from '../../runtime/index.ts';

interface Waiter {
  readonly bytes: number;
  readonly turn: Signal;
  isGranted: boolean;
}

export class BufferPool {
  readonly #context: ActorContext;
  readonly #waiters: Waiter[] = [];
  #available: number;

  constructor(context: ActorContext, totalBytes: number) {
    this.#context = context;
    this.#available = totalBytes;
  }

  get availableBytes(): number {
    return this.#available;
  }

  /** How many wait. */
  get waiters(): number {
    return this.#waiters.length;
  }

  /** Somebody waits: every batch there is should be sent (PR-3). */
  get hasWaiters(): boolean {
    return this.#waiters.length > 0;
  }

  /** Takes memory if there is enough and nobody waits for it. */
  take(bytes: number): boolean {
    if (this.hasWaiters || bytes > this.#available) return false;
    this.#available -= bytes;
    return true;
  }

  /** Waits for memory. @returns whether it was given in time */
  *wait(bytes: number, timeoutUs: Micros): Task<boolean> {
    const waiter: Waiter = { bytes, turn: this.#context.signal(), isGranted: false };
    this.#waiters.push(waiter);
    yield* waiter.turn.wait(timeoutUs);
    if (waiter.isGranted) return true;
    const at = this.#waiters.indexOf(waiter);
    if (at >= 0) this.#waiters.splice(at, 1);
    this.#grant();
    return false;
  }

  release(bytes: number): void {
    this.#available += bytes;
    this.#grant();
  }

  /** The producer closes: nobody gets anything any more. */
  close(): void {
    for (const { turn } of this.#waiters.splice(0)) turn.notify();
  }

  #grant(): void {
    for (let first = this.#waiters[0]; first !== undefined && first.bytes <= this.#available; first = this.#waiters[0]) {
      this.#waiters.shift();
      this.#available -= first.bytes;
      first.isGranted = true;
      first.turn.notify();
    }
  }
}
