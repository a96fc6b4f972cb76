/**
 * @module
 * Work that may wait. A task is a generator: it runs until it waits, and is resumed when what it waits for has happened.
 * Generators, not promises: a generator resumes synchronously, and a crash drops the tasks of the dead process, where a
 * promise's continuation could never be taken back.
 */

/**
 * Work that may wait, and returns a `T`. Run one task inside another with `yield*`.
 * A task that is dropped (its process crashed) is neither resumed nor returned: no `finally` block of it runs.
 */
export type Task<T = void> = Generator<undefined, T, undefined>;

/** A task that is already done: for code that could wait but need not. */
// eslint-disable-next-line require-yield -- a task that never waits is still a task
export function* done<T>(value: T): Task<T> {
  return value;
}
