import { describe, expect, it } from 'vitest';
import { TIMER_EVENT, eventOrder } from './event-key.ts';
import { EVENTS_PER_INSTANT_MAX, loopState, runUntil } from './event-loop.ts';
import type { EventSink } from './event-loop.ts';
import { EventQueue } from './event-queue.ts';

function bench(onEvent: (queue: EventQueue<string>, time: number, order: number) => void = () => undefined) {
  const queue = new EventQueue<string>();
  const seen: string[] = [];
  const sink: EventSink<string> = {
    dispatch: (time, order, target, payload) => {
      if (payload !== undefined) seen.push(`${time}:${target}:${payload}`);
      onEvent(queue, time, order);
    },
    nameOf: (actor) => `actor-${actor}`,
  };
  const state = loopState();
  return { queue, seen, state, run: (until: number, eventsMax?: number) => runUntil(queue, sink, state, until, eventsMax) };
}

describe('the event loop', () => {
  it('dispatches what is due before the end, in the order of the key, and leaves the rest', () => {
    const { queue, seen, state, run } = bench();
    queue.push(5, eventOrder(TIMER_EVENT, 1, 0), 1, 'c');
    queue.push(5, eventOrder(TIMER_EVENT, 0, 9), 0, 'b');
    queue.push(0, eventOrder(TIMER_EVENT, 2, 0), 2, 'a');
    queue.push(10, eventOrder(TIMER_EVENT, 0, 10), 0, 'd');
    expect(run(10)).toBe(true);
    expect(seen).toEqual(['0:2:a', '5:0:b', '5:1:c']);
    expect(state).toMatchObject({ time: 5, events: 3 });
    expect(run(11)).toBe(true);
    expect(seen.at(-1)).toBe('10:0:d');
  });

  it('stops after as many events as it was told to, and says that there are more', () => {
    const { queue, seen, state, run } = bench();
    for (let i = 0; i < 5; i += 1) queue.push(i, i, 0, String(i));
    expect(run(100, 3)).toBe(false);
    expect(seen).toHaveLength(3);
    expect(run(100, 3)).toBe(true);
    expect(state.events).toBe(5);
  });

  it('refuses two events with one key, and names both ends', () => {
    const { queue, run } = bench();
    for (const target of [0, 1]) queue.push(7, eventOrder(TIMER_EVENT, 4, 2), target, 'twin');
    expect(() => run(10)).toThrow(expect.objectContaining({ code: 'tie', message: expect.stringMatching(/actor-[01] at 7 µs.*source actor-4, sequence 2/) as string }) as Error);
  });

  it('refuses an event from the past', () => {
    const { queue, run } = bench((queue, time) => {
      if (time === 8) queue.push(3, 99, 1, 'late');
    });
    queue.push(8, 1, 0, 'now');
    expect(() => run(10)).toThrow(expect.objectContaining({ code: 'time-went-back', message: expect.stringContaining('actor-1 at 3 µs') as string }) as Error);
  });

  it('calls a million events at one instant a livelock, and names the actor', () => {
    const { queue, state, run } = bench((queue, time, order) => queue.push(time, order + 1, 6, undefined));
    queue.push(2, 0, 6, 'first');
    expect(() => run(10)).toThrow(expect.objectContaining({ code: 'livelock', message: expect.stringContaining('actor-6 at 2 µs') as string }) as Error);
    expect(state.atThisInstant).toBe(EVENTS_PER_INSTANT_MAX);
  });

  it('lets time stand still often, if not for ever', () => {
    const { queue, state, run } = bench();
    for (let i = 0; i < 3_000; i += 1) queue.push(i % 2, i, 0, undefined);
    expect(run(10)).toBe(true);
    expect(state.events).toBe(3_000);
  });
});
