/**
 * @module
 * Letters between workers, over a byte ring: an event for an actor that lives elsewhere, or an event for the judges.
 *
 *     letter = length u32 · kind u8 · body
 *     frame  = time f64 · order f64 · target u32 · from u32 · connection f64 · frame kind u8 · correlation f64 · payload
 *     fault  = time f64 · order f64 · target u32 · msgpack of the FaultEvent
 *     judged = msgpack of [time, actor, index, code, fields]
 */
import { Packr } from 'msgpackr';
import type { FaultEvent } from '../faults/fault-event.ts';
import type { Frame } from '../network/frame.ts';
import { decodeEvent, encodeEvent } from '../trace/lane.ts';
import type { PlacedEvent } from '../trace/trace-event.ts';
import type { Micros } from '../units.ts';
import type { ByteRing } from './byte-ring.ts';

const FRAME = 1;
const FAULT = 2;
const JUDGED = 3;
const LETTER_HEADER = 5;
const EVENT_HEADER = LETTER_HEADER + 20;
const FRAME_HEADER = EVENT_HEADER + 21;

/** Plain maps: nothing learned, and rare. */
const packr = new Packr({ useRecords: false });

/** Receives what comes out of a mailbox. */
export interface LetterSink {
  event(time: Micros, order: number, target: number, payload: Frame | FaultEvent): void;
  judged(event: PlacedEvent): void;
}

export class MailboxWriter {
  readonly #ring: ByteRing;
  readonly #whenFull: () => void;
  readonly #header = new Uint8Array(FRAME_HEADER);
  readonly #view = new DataView(this.#header.buffer);

  constructor(ring: ByteRing, whenFull: () => void) {
    this.#ring = ring;
    this.#whenFull = whenFull;
  }

  event(time: Micros, order: number, target: number, payload: Frame | FaultEvent): void {
    const view = this.#view;
    view.setFloat64(LETTER_HEADER, time, true);
    view.setFloat64(LETTER_HEADER + 8, order, true);
    view.setUint32(LETTER_HEADER + 16, target, true);
    if ('payload' in payload) {
      view.setUint32(EVENT_HEADER, payload.from, true);
      view.setFloat64(EVENT_HEADER + 4, payload.connection, true);
      view.setUint8(EVENT_HEADER + 12, payload.kind);
      view.setFloat64(EVENT_HEADER + 13, payload.correlation, true);
      this.#post(FRAME, FRAME_HEADER, payload.payload);
    } else {
      this.#post(FAULT, EVENT_HEADER, packr.pack(payload));
    }
  }

  judged({ time, actor, index, event }: PlacedEvent): void {
    const { code, fields } = encodeEvent(event);
    this.#post(JUDGED, LETTER_HEADER, packr.pack([time, actor, index, code, fields]));
  }

  #post(kind: number, headerBytes: number, body: Uint8Array): void {
    this.#view.setUint32(0, headerBytes + body.length, true);
    this.#view.setUint8(4, kind);
    this.#ring.write(this.#header.subarray(0, headerBytes), this.#whenFull);
    if (body.length > 0) this.#ring.write(body, this.#whenFull);
  }
}

export class MailboxReader {
  readonly #ring: ByteRing;
  #buffer = new Uint8Array(65_536);
  #filled = 0;

  constructor(ring: ByteRing) {
    this.#ring = ring;
  }

  /** Hands on every letter that is there whole; the beginning of one that is not waits for its rest. */
  drain(sink: LetterSink): void {
    const readable = this.#ring.readable;
    if (readable === 0) return;
    if (this.#filled + readable > this.#buffer.length) this.#grow(this.#filled + readable);
    this.#filled += this.#ring.read(this.#buffer, this.#filled, readable);
    const view = new DataView(this.#buffer.buffer);
    let position = 0;
    while (this.#filled - position >= LETTER_HEADER) {
      const length = view.getUint32(position, true);
      if (this.#filled - position < length) break;
      this.#open(view, position, length, sink);
      position += length;
    }
    this.#buffer.copyWithin(0, position, this.#filled);
    this.#filled -= position;
  }

  #open(view: DataView, position: number, length: number, sink: LetterSink): void {
    const kind = view.getUint8(position + 4);
    if (kind === JUDGED) {
      const [time, actor, index, code, fields] = packr.unpack(this.#buffer.slice(position + LETTER_HEADER, position + length)) as [number, number, number, number, unknown[]];
      sink.judged({ time, actor, index, event: decodeEvent(code, fields) });
      return;
    }
    const time = view.getFloat64(position + LETTER_HEADER, true);
    const order = view.getFloat64(position + LETTER_HEADER + 8, true);
    const target = view.getUint32(position + LETTER_HEADER + 16, true);
    if (kind === FAULT) {
      sink.event(time, order, target, packr.unpack(this.#buffer.slice(position + EVENT_HEADER, position + length)) as FaultEvent);
      return;
    }
    sink.event(time, order, target, {
      from: view.getUint32(position + EVENT_HEADER, true),
      to: target,
      connection: view.getFloat64(position + EVENT_HEADER + 4, true),
      kind: view.getUint8(position + EVENT_HEADER + 12),
      correlation: view.getFloat64(position + EVENT_HEADER + 13, true),
      // A copy: the buffer is used again, the frame waits until it is due.
      payload: this.#buffer.slice(position + FRAME_HEADER, position + length),
    });
  }

  #grow(bytes: number): void {
    const larger = new Uint8Array(Math.max(bytes, this.#buffer.length * 2));
    larger.set(this.#buffer.subarray(0, this.#filled));
    this.#buffer = larger;
  }
}
