import fc from 'fast-check';
import { expect, it } from 'vitest';
import { MergingFeed } from './feed.ts';
import { compareTraceOrder } from './trace-event.ts';
import type { PlacedEvent, TraceEvent } from './trace-event.ts';

const EVENT: TraceEvent = { type: 'process-paused' };

it('events come out in the order of the trace, each as soon as nothing earlier can come, whatever order workers send them in', () => {
  const placed = fc.tuple(fc.nat(20), fc.nat(3), fc.nat(1_000));
  fc.assert(fc.property(fc.uniqueArray(placed, { selector: String }), fc.nat(20), (events, until) => {
    const out: PlacedEvent[] = [];
    const feed = new MergingFeed(false, (event) => out.push(event));
    for (const [time, actor, index] of events) feed.push(time, actor, index, EVENT);
    const sorted = events.map(([time, actor, index]) => ({ time, actor, index, event: EVENT })).sort(compareTraceOrder);
    feed.release(until);
    expect(out).toEqual(sorted.filter(({ time }) => time < until));
    expect(feed.pending).toBe(sorted.length - out.length);
    feed.release(Infinity);
    expect(out).toEqual(sorted);
  }));
});
