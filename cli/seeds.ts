/** @module Seeds: unsigned 64-bit numbers, written as strings wherever they travel, counted as BigInt. */
import { randomBytes } from 'node:crypto';
import { UsageError } from './usage-error.ts';

export const SEED_MAX = 2n ** 64n - 1n;

/** One of so many equal parts of a sweep: it takes every `of`-th seed, beginning with the `index`-th (from 1). */
export interface Shard {
  readonly index: number;
  readonly of: number;
}

export const WHOLE: Shard = { index: 1, of: 1 };

/** Both ends included. */
export interface SeedRange {
  readonly from: bigint;
  readonly to: bigint;
}

/** @returns the seed in its one way of writing. @throws {UsageError} */
export function parseSeed(text: string, option = '--seed'): string {
  return toSeed(text, `${option} ${text}`).toString();
}

/** `A..B`, both included. @throws {UsageError} */
export function parseSeedRange(text: string): SeedRange {
  const ends = text.split('..');
  const [from, to] = ends;
  if (ends.length !== 2 || from === undefined || to === undefined || from === '' || to === '') throw new UsageError(`--seeds ${text}: not a range; write the first and the last seed, such as 1..200`);
  const range = { from: toSeed(from, `--seeds ${text}`), to: toSeed(to, `--seeds ${text}`) };
  if (range.from > range.to) throw new UsageError(`--seeds ${text}: the first seed is after the last; did you mean ${range.to}..${range.from}?`);
  return range;
}

/** `i/n`. @throws {UsageError} */
export function parseShard(text: string): Shard {
  const [, index, of] = (/^(\d{1,6})\/(\d{1,6})$/.exec(text) ?? []).map(Number);
  if (index === undefined || of === undefined) throw new UsageError(`--shard ${text}: not a shard; write which and of how many, such as 1/4`);
  if (of < 1 || index < 1 || index > of) throw new UsageError(`--shard ${text}: shards are counted from 1; ${of < 1 ? 'there must be at least one' : `write 1/${of} to ${of}/${of}`}`);
  return { index, of };
}

/** The seeds of a shard, in order. */
export function* seedsOf({ from, to }: SeedRange, { index, of }: Shard): Generator<string> {
  for (let seed = from + BigInt(index - 1); seed <= to; seed += BigInt(of)) yield seed.toString();
}

/** How many seeds a shard has. */
export function countSeeds({ from, to }: SeedRange, { index, of }: Shard): bigint {
  const beyond = to - from - BigInt(index - 1);
  return beyond < 0n ? 0n : beyond / BigInt(of) + 1n;
}

/** A seed nobody asked for: short enough to be typed again. */
export function freshSeed(): string {
  return randomBytes(4).readUInt32BE().toString();
}

function toSeed(text: string, shown: string): bigint {
  if (!/^\d{1,40}$/.test(text)) throw new UsageError(`${shown}: a seed is a whole number from 0 to ${SEED_MAX}`);
  const seed = BigInt(text);
  if (seed > SEED_MAX) throw new UsageError(`${shown}: ${text} is more than the largest seed, ${SEED_MAX}`);
  return seed;
}
