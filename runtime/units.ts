/** @module Units of time. Virtual time is a whole number of microseconds in a plain number, never a float, never a wall clock. */

/** Microseconds of virtual time, a safe integer. */
export type Micros = number;

export const MILLISECOND: Micros = 1_000;
export const SECOND: Micros = 1_000_000;
export const MINUTE: Micros = 60 * SECOND;

export const milliseconds = (count: number): Micros => Math.round(count * MILLISECOND);
export const seconds = (count: number): Micros => Math.round(count * SECOND);
