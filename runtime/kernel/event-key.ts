/**
 * @module
 * The total order of events: (time, kind, source actor, source sequence). Nothing in it depends on where an actor lives, so the
 * same events come in the same order on any number of workers. (kind, source, sequence) fit one double exactly:
 *
 *     kind 3 bits │ source 17 bits │ sequence 33 bits      = 53 bits
 */

/**
 * What an event is. The order of these values matters: at one instant faults come first, then frames from the network, then
 * the actor's own timers, so that packets precede local work (as in Shadow).
 */
export const FAULT_EVENT = 0;
export const FRAME_EVENT = 1;
export const TIMER_EVENT = 2;
export type EventKind = typeof FAULT_EVENT | typeof FRAME_EVENT | typeof TIMER_EVENT;

const SEQUENCES = 2 ** 33;
const SOURCES = 2 ** 17;

/** Largest number of actors in one simulation. */
export const ACTORS_MAX = SOURCES;
/** Largest number of events one actor may cause in one run. */
export const SEQUENCE_MAX = SEQUENCES - 1;

/** The part of the key that decides among events of the same time. */
export function eventOrder(kind: EventKind, source: number, sequence: number): number {
  return (kind * SOURCES + source) * SEQUENCES + sequence;
}

export function kindOf(order: number): EventKind {
  return Math.floor(order / (SOURCES * SEQUENCES)) as EventKind;
}

export function sourceOf(order: number): number {
  return Math.floor(order / SEQUENCES) % SOURCES;
}

export function sequenceOf(order: number): number {
  return order % SEQUENCES;
}
