import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createHasher } from '../workers/hasher.ts';
import { Lane, decodeEvent, encodeEvent } from './lane.ts';
import { TRACE_EVENTS } from './trace-event.ts';
import type { TraceEvent } from './trace-event.ts';

const hasher = await createHasher();
const time = fc.maxSafeNat();
const number = fc.maxSafeNat();
const bytes = fc.oneof({ weight: 9, arbitrary: fc.uint8Array({ maxLength: 300 }) }, { weight: 1, arbitrary: fc.uint8Array({ minLength: 33_000, maxLength: 70_000, size: 'max' }) });

const text = fc.string({ unit: 'binary', maxLength: 100 });
const plainValue = fc.oneof(fc.integer(), fc.double({ noNaN: true }), text, fc.boolean(), fc.constant(null), fc.constant(undefined), bytes);
/** An observation: its kind says what its keys are. */
const plain = fc.record({ kind: fc.constant('appended'), offset: number, value: plainValue, list: fc.array(plainValue, { maxLength: 4 }), nested: fc.record({ leader: fc.nat(9), epochs: fc.array(fc.nat(9), { maxLength: 300 }) }) });
const FIELD = { number, actor: fc.nat(100_000), text, bytes, plain };

/** Any event of the table. */
const anyEvent: fc.Arbitrary<TraceEvent> = fc.oneof(...Object.entries(TRACE_EVENTS).map(([type, fields]) =>
  fc.record({ type: fc.constant(type), ...Object.fromEntries(Object.entries(fields).map(([name, kind]) => [name, FIELD[kind]])) }))) as unknown as fc.Arbitrary<TraceEvent>;

const NOISE: TraceEvent = { type: 'disk-synced', file: 1 };

describe('a lane', () => {
  it('the hot paths write the same bytes as the generic record', () => {
    fc.assert(fc.property(fc.array(fc.tuple(time, fc.nat(9), number, fc.nat(7), number, number, bytes, fc.constantFrom('sent', 'delivered', 'observed'), plain), { maxLength: 20 }), (events) => {
      const hot = new Lane(hasher);
      const generic = new Lane(hasher);
      for (const [at, peer, connection, kind, correlation, arrivesAt, payload, which, observation] of events) {
        if (which === 'sent') {
          hot.frameSent(at, peer, connection, kind, correlation, arrivesAt, payload);
          generic.record(at, { type: 'frame-sent', to: peer, connection, kind, correlation, arrivesAt, payload });
        } else if (which === 'delivered') {
          hot.frameDelivered(at, peer, connection, kind, correlation, payload.length);
          generic.record(at, { type: 'frame-delivered', from: peer, connection, kind, correlation, bytes: payload.length });
        } else {
          hot.observed(at, observation);
          generic.record(at, { type: 'observed', observation });
        }
      }
      expect(hot.digest()).toBe(generic.digest());
      expect(hot.length).toBe(events.length);
    }));
  });

  it('has one digest for one content, however often it was asked in between', () => {
    fc.assert(fc.property(fc.array(fc.tuple(time, anyEvent, fc.boolean()), { maxLength: 30 }), (events) => {
      const asked = new Lane(hasher);
      const quiet = new Lane(hasher);
      for (const [at, event, asks] of events) {
        asked.record(at, event);
        quiet.record(at, event);
        if (asks) asked.digest();
      }
      expect(asked.digest()).toBe(quiet.digest());
      expect(asked.digest()).toMatch(/^[0-9a-f]{16}$/);
    }));
  });

  it('has another digest when any field of any event is another', () => {
    fc.assert(fc.property(time, anyEvent, anyEvent, (at, one, other) => {
      fc.pre(JSON.stringify(one, replacer) !== JSON.stringify(other, replacer));
      const digest = (when: number, event: TraceEvent): string => {
        const lane = new Lane(hasher);
        lane.record(when, event);
        return lane.digest();
      };
      expect(digest(at, one)).not.toBe(digest(at, other));
      expect(digest(at, one)).not.toBe(digest(at + 1, one));
    }));
  });

  it('is these bytes for ever: artefacts in the wild carry digests', () => {
    const lane = new Lane(hasher);
    lane.record(0, { type: 'process-started', incarnation: 0 });
    lane.record(5, { type: 'strike', id: 'f1', kind: 'crash', detail: 'é' });
    lane.frameSent(7, 2, 2 ** 32 + 1, 3, 1, 507, new Uint8Array([1, 2, 3]));
    expect(lane.digest()).toMatchInlineSnapshot(`"88f5da703a997c60"`);
  });

  it('keeps checkpoints, and thins them out evenly as it grows', () => {
    const lane = new Lane(hasher);
    const grow = (to: number): void => {
      while (lane.length < to) lane.record(lane.length, NOISE);
    };
    grow(1_000);
    expect(lane.checkpoints.map(({ index, time: at }) => [index, at])).toEqual([[256, 255], [512, 511], [768, 767]]);
    grow(2_000_000);
    const { checkpoints } = lane;
    expect(checkpoints.length).toBeGreaterThanOrEqual(1_000);
    expect(checkpoints.length).toBeLessThan(2_048);
    const every = checkpoints[0]!.index;
    expect(checkpoints.every(({ index }, i) => index === (i + 1) * every)).toBe(true);
    const shorter = new Lane(hasher);
    while (shorter.length < every) shorter.record(shorter.length, NOISE);
    expect(shorter.digest()).toBe(checkpoints[0]!.digest);
  });
});

function replacer(_: string, value: unknown): unknown {
  if (value instanceof Uint8Array) return { bytes: [...value] };
  if (typeof value === 'number') return { number: Object.is(value, -0) ? '-0' : String(value) };
  return value === undefined ? { is: 'undefined' } : value;
}

it('an event on its way to the judges comes out as it went in', () => {
  fc.assert(fc.property(anyEvent, (event) => {
    const { code, fields } = encodeEvent(event);
    expect(decodeEvent(code, fields)).toEqual(event);
  }));
});
