/**
 * @module
 * The loop that everything runs in: take the first event, check that time and order are sane, dispatch, repeat until `until`.
 */
import { SimulatorError } from '../simulator-error.ts';
import type { Micros } from '../units.ts';
import { sequenceOf, sourceOf, kindOf } from './event-key.ts';
import type { EventQueue } from './event-queue.ts';

/** More events than this at one instant, and virtual time is not advancing: a livelock. */
export const EVENTS_PER_INSTANT_MAX = 1_000_000;

/** Receives each event in order. A method and not a closure per event. */
export interface EventSink<Payload> {
  dispatch(time: Micros, order: number, target: number, payload: Payload | undefined): void;
  /** Name of an actor, for errors. */
  nameOf(target: number): string;
}

/** Where the loop stands; survives from one slice to the next. */
export interface LoopState {
  time: Micros;
  order: number;
  /** Events at the present instant. */
  atThisInstant: number;
  /** Events dispatched in all. */
  events: number;
}

export function loopState(): LoopState {
  return { time: -1, order: -1, atThisInstant: 0, events: 0 };
}

/**
 * Dispatches events in order while they are due before `until`, at most `eventsMax` of them.
 * @returns true if nothing is left before `until`.
 * @throws {SimulatorError} if time went back, two events tie, or time stands still for a million events.
 */
export function runUntil<Payload>(queue: EventQueue<Payload>, sink: EventSink<Payload>, state: LoopState, until: Micros, eventsMax = Infinity): boolean {
  let events = 0;
  while (queue.headTime < until) {
    if (events >= eventsMax) {
      state.events += events;
      return false;
    }
    queue.pop();
    const time = queue.time;
    const order = queue.order;
    if (time > state.time) {
      state.time = time;
      state.atThisInstant = 0;
    } else {
      checkOrder(sink, state, time, order, queue.target);
    }
    state.order = order;
    events += 1;
    sink.dispatch(time, order, queue.target, queue.payload);
  }
  state.events += events;
  return true;
}

/** The second half of the checks: an event at the instant of the one before it. The words for an error are made only when it is thrown. */
function checkOrder<Payload>(sink: EventSink<Payload>, state: LoopState, time: Micros, order: number, target: number): void {
  if (time < state.time) throw new SimulatorError('time-went-back', `an event for actor ${sink.nameOf(target)} at ${time} µs came after time had reached ${state.time} µs`);
  if (order === state.order) {
    throw new SimulatorError('tie', `two events for actor ${sink.nameOf(target)} at ${time} µs have one key (kind ${kindOf(order)}, source ${sink.nameOf(sourceOf(order))}, sequence ${sequenceOf(order)})`);
  }
  state.atThisInstant += 1;
  if (state.atThisInstant >= EVENTS_PER_INSTANT_MAX) {
    throw new SimulatorError('livelock', `${EVENTS_PER_INSTANT_MAX} events at one instant: virtual time stands still; the last was for actor ${sink.nameOf(target)} at ${time} µs`);
  }
}
