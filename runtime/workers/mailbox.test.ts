import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fault } from '../testing/world.ts';
import type { FaultEvent } from '../faults/fault-event.ts';
import type { Frame } from '../network/frame.ts';
import { ByteRing } from './byte-ring.ts';
import { MailboxReader, MailboxWriter } from './mailbox.ts';
import type { LetterSink } from './mailbox.ts';
import type { PlacedEvent } from '../trace/trace-event.ts';

type Letter = { readonly event: [time: number, order: number, target: number, payload: Frame | FaultEvent] } | { readonly judged: PlacedEvent };

const index = fc.nat(2 ** 17 - 1);
const frame = fc.tuple(fc.maxSafeNat(), fc.maxSafeNat(), index, index, fc.maxSafeNat(), fc.nat(7), fc.maxSafeNat(), fc.uint8Array({ maxLength: 400 }))
  .map(([time, order, target, from, connection, kind, correlation, payload]): Letter => ({ event: [time, order, target, { from, to: target, connection, kind, correlation, payload }] }));
const faultEvent = fc.tuple(fc.maxSafeNat(), fc.maxSafeNat(), index, fc.array(fc.tuple(index, index), { maxLength: 5 }), fc.constantFrom('begin', 'end'))
  .map(([time, order, target, links, phase]): Letter => ({ event: [time, order, target, { fault: fault('partition', 5, { between: ['a', 'ü'], and: ['b'] }, { for: 7 }), phase, links }] }));
const judged = fc.tuple(fc.maxSafeNat(), index, fc.maxSafeNat(), fc.uint8Array({ maxLength: 400 }), fc.string({ unit: 'binary' }))
  .map(([time, actor, place, observation, error]): Letter => ({ judged: { time, actor, index: place, event: error === '' ? { type: 'observed', observation: { kind: 'appended', bytes: observation, isr: [1, place] } } : { type: 'process-failed', error } } }));

function bench(capacity: number) {
  const buffer = ByteRing.allocate(capacity);
  const received: Letter[] = [];
  const sink: LetterSink = {
    event: (...event) => received.push({ event }),
    judged: (event) => received.push({ judged: event }),
  };
  const reader = new MailboxReader(new ByteRing(buffer));
  const writer = new MailboxWriter(new ByteRing(buffer), () => reader.drain(sink));
  return { received, writer, drain: () => reader.drain(sink) };
}

function post(writer: MailboxWriter, letter: Letter): void {
  if ('event' in letter) writer.event(...letter.event);
  else writer.judged(letter.judged);
}

describe('a mailbox', () => {
  it('hands on every letter as it was posted, in order, through a ring of any size', () => {
    fc.assert(fc.property(fc.constantFrom(8, 256, 65_536), fc.array(fc.tuple(fc.oneof(frame, faultEvent, judged), fc.boolean()), { maxLength: 40 }), (capacity, letters) => {
      const { received, writer, drain } = bench(capacity);
      for (const [letter, drains] of letters) {
        post(writer, letter);
        if (drains) drain();
      }
      drain();
      expect(received).toEqual(letters.map(([letter]) => letter));
    }));
  });

  it('carries a letter larger than its ring and than its buffer', () => {
    const { received, writer, drain } = bench(1_024);
    const payload = Uint8Array.from({ length: 300_000 }, (_, i) => i % 256);
    const letter: Letter = { event: [1, 2, 3, { from: 4, to: 3, connection: 5, kind: 3, correlation: 6, payload }] };
    post(writer, letter);
    post(writer, letter);
    drain();
    const frames = received.map((one) => ('event' in one ? (one.event[3] as Frame) : undefined));
    expect(frames.map((one) => Buffer.compare(one!.payload, payload))).toEqual([0, 0]);
  });

  it('keeps what it handed on as it was, when it is used again', () => {
    const { received, writer, drain } = bench(1_024);
    const letter = (fill: number): Letter => ({ event: [1, 2, 3, { from: 4, to: 3, connection: 5, kind: 3, correlation: 6, payload: new Uint8Array(9).fill(fill) }] });
    for (const fill of [1, 2, 3]) {
      post(writer, letter(fill));
      drain();
    }
    expect(received).toEqual([letter(1), letter(2), letter(3)]);
  });
});
