import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ACTORS_MAX, FAULT_EVENT, FRAME_EVENT, SEQUENCE_MAX, TIMER_EVENT, eventOrder, kindOf, sequenceOf, sourceOf } from './event-key.ts';
import type { EventKind } from './event-key.ts';

const parts = fc.tuple(fc.constantFrom<EventKind>(FAULT_EVENT, FRAME_EVENT, TIMER_EVENT), fc.integer({ min: 0, max: ACTORS_MAX - 1 }), fc.integer({ min: 0, max: SEQUENCE_MAX }));

it('an order holds kind, source and sequence exactly', () => {
  fc.assert(fc.property(parts, ([kind, source, sequence]) => {
    const order = eventOrder(kind, source, sequence);
    expect(Number.isSafeInteger(order)).toBe(true);
    expect([kindOf(order), sourceOf(order), sequenceOf(order)]).toEqual([kind, source, sequence]);
  }));
});

it('orders compare by kind, then source, then sequence', () => {
  fc.assert(fc.property(parts, parts, (a, b) => {
    const lexicographic = a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
    expect(Math.sign(eventOrder(...a) - eventOrder(...b))).toBe(Math.sign(lexicographic));
  }));
});

it('at one instant faults come before frames, and frames before timers', () => {
  expect(eventOrder(FAULT_EVENT, ACTORS_MAX - 1, SEQUENCE_MAX)).toBeLessThan(eventOrder(FRAME_EVENT, 0, 0));
  expect(eventOrder(FRAME_EVENT, ACTORS_MAX - 1, SEQUENCE_MAX)).toBeLessThan(eventOrder(TIMER_EVENT, 0, 0));
});
