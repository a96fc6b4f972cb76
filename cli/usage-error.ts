/** @module What a user gave cannot be used. */
import { nearest } from '../runtime/nearest.ts';

/** Thrown when the command line, or a file it names, cannot be used. Shown as it stands, without a stack; exit code 2. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

/** Problems of one input that are shown. */
const PROBLEMS_SHOWN = 5;

/** What is wrong with an input, and each problem in a line of its own; of many the first few. */
export function problemsOf(input: string, problems: readonly string[]): UsageError {
  const more = problems.length - PROBLEMS_SHOWN;
  return new UsageError([`${input}:`, ...problems.slice(0, PROBLEMS_SHOWN), ...(more > 0 ? [`… and ${more} more`] : [])].join('\n  '));
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
