/** @module How a command is declared, and what it is given: data that the help, the parser and the search for the nearest name all read. */
import type { ExitCode } from './exit-code.ts';
import type { Io } from './io.ts';
import type { Trials } from './trials.ts';

/** `text`: takes a value, once. `many`: takes a value, any number of times. `switch`: takes none. */
export interface Flag {
  readonly kind: 'text' | 'many' | 'switch';
  readonly says: string;
  /** How its value is written, e.g. `60s`. */
  readonly value?: string;
}

export type Flags = Readonly<Record<string, Flag>>;

/** What the user gave of these flags. */
export type Given<F extends Flags> = {
  readonly [Name in keyof F]: { readonly text: string | undefined; readonly many: readonly string[]; readonly switch: boolean }[F[Name]['kind']];
};

/** Where a command acts. */
export interface World {
  readonly io: Io;
  readonly trials: Trials;
}

export interface Command<F extends Flags = Flags> {
  readonly name: string;
  readonly says: string;
  /** The one word it may be given beside its flags. */
  readonly word?: { readonly name: string; readonly says: string; readonly isNeeded?: boolean };
  readonly flags: F;
  /** Without the program's name, and what each does. */
  readonly examples: readonly (readonly [words: string, says: string])[];
  /** @throws {UsageError} @throws {SimulatorError} */
  perform(given: Given<F>, word: string | undefined, world: World): Promise<ExitCode>;
}

/** Infers a command's flags, so that what it is given is typed by what it declares. */
export function command<const F extends Flags>(declaration: Command<F>): Command<F> {
  return declaration;
}

export const JSON_FLAG = { json: { kind: 'switch', says: 'print one JSON object on standard output, and nothing else there' } } as const satisfies Flags;

/** Of run and replay. */
export const METRICS_FLAG = { metrics: { kind: 'switch', says: 'show every metric of every process (see: list metrics); with --json they are always there' } } as const satisfies Flags;

/** Where the object is of one run. */
export const RUN_JSON_FLAG = { json: { kind: 'switch', says: `${JSON_FLAG.json.says}; its verdict "pass" proves nothing where "stopped" is true` } } as const satisfies Flags;
