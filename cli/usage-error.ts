/** @module What a user gave cannot be used. */
import { nearest } from '../runtime/nearest.ts';

/** Thrown when the command line, or a file it names, cannot be used. Shown as it stands, without a stack; exit code 2. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

/** `unknown command rnu; did you mean run?` */
export function unknown(what: string, word: string, known: readonly string[]): UsageError {
  const near = nearest(word, known);
  return new UsageError(`unknown ${what} ${word}; ${near === undefined ? `there is ${known.join(', ')}` : `did you mean ${near}?`}`);
}

/** A system error in one line: `no such file or directory`. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Node: "ENOENT: no such file or directory, open 'x.json'".
  const [, reason] = /^[A-Z]+: ([^,]+),/.exec(error.message) ?? [];
  return reason ?? error.message;
}
