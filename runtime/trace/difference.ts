/**
 * @module
 * Where two runs part. Their lanes are compared checkpoint by checkpoint; the interval that differs is run again with every event
 * kept, and the first event that is not the same in both is named.
 */
import type { Micros } from '../units.ts';
import { compareTraceOrder } from './trace-event.ts';
import type { PlacedEvent } from './trace-event.ts';
import type { LaneCheckpoint } from './lane.ts';

/** What is compared of one lane. */
export interface LaneSummary {
  readonly actor: number;
  readonly digest: string;
  readonly records: number;
  readonly checkpoints: readonly LaneCheckpoint[];
}

/** Times between which the first difference lies, both included. */
export interface Interval {
  readonly from: Micros;
  readonly to: Micros;
}

/**
 * The interval in which two runs first differ. It ends where the first lane is known to differ, and begins where the last of all was known not to.
 * @returns undefined if no lane differs
 */
export function differingInterval(one: readonly LaneSummary[], other: readonly LaneSummary[]): Interval | undefined {
  let earliest: Interval | undefined;
  for (const lane of one) {
    const twin = other.find(({ actor }) => actor === lane.actor);
    if (twin?.digest === lane.digest) continue;
    const interval = laneInterval(lane, twin);
    earliest = earliest === undefined ? interval : { from: Math.min(earliest.from, interval.from), to: Math.min(earliest.to, interval.to) };
  }
  return earliest;
}

function laneInterval(lane: LaneSummary, twin: LaneSummary | undefined): Interval {
  let from: Micros = 0;
  for (const checkpoint of lane.checkpoints) {
    // Longer lanes keep fewer checkpoints: compare where both have one.
    const match = twin?.checkpoints.find(({ index }) => index === checkpoint.index);
    if (match === undefined) continue;
    if (match.digest !== checkpoint.digest) return { from, to: Math.min(match.time, checkpoint.time) };
    from = checkpoint.time;
  }
  return { from, to: Infinity };
}

/** Two runs at the first place where they are not the same; undefined: that run has no such event. */
export interface Difference {
  readonly one: PlacedEvent | undefined;
  readonly other: PlacedEvent | undefined;
}

/** The first event, in the order of the trace, that is not in both. Lanes are walked one by one: a lane's events keep their indices. */
export function firstDifference(one: readonly PlacedEvent[], other: readonly PlacedEvent[]): Difference | undefined {
  const lanesOfOther = byLane(other);
  const lanesOfOne = byLane(one);
  let first: Difference | undefined;
  for (const actor of new Set([...lanesOfOne.keys(), ...lanesOfOther.keys()])) {
    const left = lanesOfOne.get(actor) ?? [];
    const right = lanesOfOther.get(actor) ?? [];
    const at = left.findIndex((event, i) => !sameEvent(event, right[i]));
    const position = at >= 0 ? at : left.length;
    if (at < 0 && right.length === left.length) continue;
    const difference: Difference = { one: left[position], other: right[position] };
    if (first === undefined || compareTraceOrder(placeOf(difference), placeOf(first)) < 0) first = difference;
  }
  return first;
}

function placeOf({ one, other }: Difference): PlacedEvent {
  if (one === undefined) return other!;
  if (other === undefined) return one;
  return compareTraceOrder(one, other) <= 0 ? one : other;
}

function byLane(events: readonly PlacedEvent[]): Map<number, PlacedEvent[]> {
  const lanes = new Map<number, PlacedEvent[]>();
  for (const event of events) {
    const lane = lanes.get(event.actor);
    if (lane === undefined) lanes.set(event.actor, [event]);
    else lane.push(event);
  }
  return lanes;
}

function sameEvent(a: PlacedEvent, b: PlacedEvent | undefined): boolean {
  if (a.time !== b?.time || a.actor !== b.actor || a.event.type !== b.event.type) return false;
  const fields = a.event as unknown as Record<string, unknown>;
  const others = b.event as unknown as Record<string, unknown>;
  return Object.keys(fields).every((key) => sameValue(fields[key], others[key]));
}

function sameValue(a: unknown, b: unknown): boolean {
  if (a instanceof Uint8Array && b instanceof Uint8Array) return a.length === b.length && a.every((byte, i) => byte === b[i]);
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => sameValue((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]));
}
