/** @module Test support: runs tasks without a simulation, on a clock that moves only when every task waits. */
import type { Task } from '../task.ts';
import type { Micros } from '../units.ts';

/** Virtual time for tasks that sleep. Hand `sleep` to what is under test. */
export class ManualClock {
  #now: Micros = 0;
  #wakeTimes: Micros[] = [];

  now(): Micros {
    return this.#now;
  }

  *sleep(durationUs: Micros): Task {
    const wakeAt = this.#now + durationUs;
    this.#wakeTimes.push(wakeAt);
    while (this.#now < wakeAt) yield;
  }

  /** Moves on to when the next sleeper wakes. @throws {Error} if nobody sleeps. */
  advance(): void {
    this.#wakeTimes = this.#wakeTimes.filter((time) => time > this.#now);
    if (this.#wakeTimes.length === 0) throw new Error('a task waits for something that will not happen');
    this.#now = Math.min(...this.#wakeTimes);
  }
}

/** Runs a task to its end, moving the clock on whenever it waits. @throws what the task throws. */
export function runTask<T>(task: Task<T>, clock = new ManualClock()): T {
  for (;;) {
    const step = task.next();
    if (step.done === true) return step.value;
    clock.advance();
  }
}
