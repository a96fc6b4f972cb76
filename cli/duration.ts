/** @module Durations as a user writes them: `500ms`, `60s`, `5m`, `1h`. */
import { MILLISECOND, MINUTE, SECOND } from '../runtime/units.ts';
import type { Micros } from '../runtime/units.ts';
import { UsageError } from './usage-error.ts';

const UNITS: ReadonlyMap<string, Micros> = new Map([['us', 1], ['ms', MILLISECOND], ['s', SECOND], ['m', MINUTE], ['h', 60 * MINUTE]]);

/** Longest duration: a year. Beyond it a number of microseconds would soon stop being exact. */
const LONGEST: Micros = 365 * 24 * 60 * MINUTE;

/** @param option the option it was given to, for the message. @throws {UsageError} unless it is a positive duration with a unit */
export function parseDuration(text: string, option: string): Micros {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(us|ms|s|m|h)$/.exec(text) ?? [];
  if (amount === undefined || unit === undefined) throw new UsageError(`${option} ${text}: not a duration; write a number and a unit, such as 500ms, 60s, 5m or 1h`);
  const micros = Math.round(Number(amount) * UNITS.get(unit)!);
  if (micros <= 0) throw new UsageError(`${option} ${text}: a duration must be longer than nothing`);
  if (micros > LONGEST) throw new UsageError(`${option} ${text}: longer than a year`);
  return micros;
}
