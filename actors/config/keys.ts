/** @module How the tables of keys are written: one line per key. */
import type { ConfigKey } from './config-definition.ts';

type Options<T> = Partial<Pick<ConfigKey<T>, 'type' | 'earlier' | 'atLeast' | 'atMost' | 'oneOf'>>;

/** A time in milliseconds, 0 or more. */
export function durationMs(defaultMs: number, doc: string, options: Options<number> = {}): ConfigKey<number> {
  return { type: 'long', default: defaultMs, doc, unit: 'ms', atLeast: 0, ...options };
}

/** A size in bytes, 0 or more. */
export function sizeBytes(defaultBytes: number, doc: string, options: Options<number> = {}): ConfigKey<number> {
  return { type: 'long', default: defaultBytes, doc, unit: 'bytes', atLeast: 0, ...options };
}

/** A number of things. */
export function count(defaultCount: number, doc: string, options: Options<number> = {}): ConfigKey<number> {
  return { type: 'int', default: defaultCount, doc, atLeast: 0, ...options };
}

/** A share, 0 to 1. */
export function ratio(defaultRatio: number, doc: string, options: Options<number> = {}): ConfigKey<number> {
  return { type: 'double', default: defaultRatio, doc, atLeast: 0, atMost: 1, ...options };
}

export function flag(defaultFlag: boolean, doc: string, options: Options<boolean> = {}): ConfigKey<boolean> {
  return { type: 'boolean', default: defaultFlag, doc, ...options };
}

/** One of some words. */
export function choice<T extends string>(oneOf: readonly T[], defaultChoice: NoInfer<T>, doc: string, options: Options<T> = {}): ConfigKey<T> {
  return { type: 'string', default: defaultChoice, doc, oneOf, ...options };
}
