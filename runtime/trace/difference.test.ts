import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createHasher } from '../workers/hasher.ts';
import { differingInterval, firstDifference } from './difference.ts';
import type { LaneSummary } from './difference.ts';
import { Lane } from './lane.ts';
import { compareTraceOrder } from './trace-event.ts';
import type { PlacedEvent } from './trace-event.ts';

const hasher = await createHasher();

/** Events of one run: by lane, the number that each of its events carries. One event per 10 µs. */
type Run = readonly (readonly number[])[];

function eventsOf(run: Run): PlacedEvent[] {
  return run.flatMap((lane, actor) => lane.map((file, index) => ({ time: index * 10, actor, index, event: { type: 'disk-synced' as const, file } }))).sort(compareTraceOrder);
}

function summaries(run: Run): LaneSummary[] {
  return run.map((events, actor) => {
    const lane = new Lane(hasher);
    events.forEach((file, index) => lane.record(index * 10, { type: 'disk-synced', file }));
    return { actor, digest: lane.digest(), records: lane.length, checkpoints: lane.checkpoints };
  });
}

const zeros = (length: number): number[] => Array.from({ length }, () => 0);
const changedAt = (length: number, at: number): number[] => zeros(length).map((_, i) => (i === at ? 1 : 0));

describe('the finder of differences', () => {
  it('finds none between equal runs', () => {
    const run = [zeros(1_000), zeros(300)];
    expect(differingInterval(summaries(run), summaries(run))).toBeUndefined();
    expect(firstDifference(eventsOf(run), eventsOf(run))).toBeUndefined();
  });

  it('names an interval that holds the first event that differs, and that event', () => {
    const edit = fc.record({ lane: fc.nat(2), at: fc.nat(1_999) });
    fc.assert(fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), fc.tuple(fc.nat(1_500), fc.nat(1_500), fc.nat(1_500)), (edits, shorter) => {
      const one: Run = shorter.map((by) => zeros(2_000 - by));
      const other: Run = one.map((lane, actor) => lane.map((_, i) => (edits.some(({ lane: l, at }) => l === actor && at === i) ? 1 : 0)));
      const [first] = eventsOf(other).filter(({ event }) => event.type === 'disk-synced' && event.file === 1);
      fc.pre(first !== undefined);
      const interval = differingInterval(summaries(one), summaries(other))!;
      expect(first.time).toBeGreaterThanOrEqual(interval.from);
      expect(first.time).toBeLessThanOrEqual(interval.to);
      const within = ({ time }: PlacedEvent): boolean => time >= interval.from && time <= interval.to;
      const difference = firstDifference(eventsOf(one).filter(within), eventsOf(other).filter(within))!;
      expect(difference.other).toEqual(first);
      expect(difference.one).toMatchObject({ time: first.time, actor: first.actor });
    }), { numRuns: 50 });
  });

  it('looks into every lane that differs, and not only the one whose checkpoints lie close', () => {
    // Lane 0 differs at 50 µs but has no checkpoint at all; lane 1 differs at 5 000 µs, between checkpoints at 2 550 and 5 110.
    const one = [zeros(100), zeros(1_000)];
    const other = [changedAt(100, 5), changedAt(1_000, 500)];
    expect(differingInterval(summaries(one), summaries(other))).toEqual({ from: 0, to: 5_110 });
  });

  it('says when one run has an event that the other has not', () => {
    expect(firstDifference(eventsOf([zeros(3)]), eventsOf([zeros(2)]))).toMatchObject({ one: { index: 2 }, other: undefined });
    expect(firstDifference([], eventsOf([[], [7]]))).toMatchObject({ one: undefined, other: { actor: 1, index: 0 } });
  });

  it('compares observations and byte strings by content', () => {
    const event = (...bytes: number[]): PlacedEvent => ({ time: 1, actor: 0, index: 0, event: { type: 'observed', observation: { isr: [1, 2], bytes: new Uint8Array(bytes) } } });
    expect(firstDifference([event(1, 2)], [event(1, 2)])).toBeUndefined();
    expect(firstDifference([event(1, 2)], [event(1, 3)])).toBeDefined();
    expect(firstDifference([event(1, 2)], [event(1)])).toBeDefined();
  });
});
