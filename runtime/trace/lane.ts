/**
 * @module
 * The lane of one actor: every event it executes, in binary, folded into a digest. The run's digest is the hash of the lanes'
 * digests in actor order, so it does not depend on which worker an actor lived on.
 *
 *     record = code u8 · time f64 · fields in the order of the table (number, actor: f64; text, bytes: length u32 and content)
 *
 * Every so many records the digest so far is kept as a checkpoint, by which two runs that differ are compared without storing them.
 */
import type { XXHash, XXHashAPI } from 'xxhash-wasm';
import type { Micros } from '../units.ts';
import { SimulatorError } from '../simulator-error.ts';
import { TRACE_EVENTS } from './trace-event.ts';
import type { TraceEvent, TraceEventType } from './trace-event.ts';

/** Small: the lanes of all actors of a worker are written in turn, and together should stay in the processor's cache. */
const BUFFER_BYTES = 8_192;
const CHECKPOINTS_MAX = 2_048;
const FIRST_CHECKPOINT_EVERY = 256;

/** Digest of a lane after its first `index` records; the last of them happened at `time`. */
export interface LaneCheckpoint {
  readonly index: number;
  readonly time: Micros;
  readonly digest: string;
}

interface EventLayout {
  readonly type: TraceEventType;
  readonly names: readonly string[];
  readonly kinds: readonly string[];
}

const layouts: readonly EventLayout[] = (Object.keys(TRACE_EVENTS) as TraceEventType[]).map((type) => {
  const fields = Object.entries(TRACE_EVENTS[type]);
  return {
    type,
    names: fields.map(([name]) => name),
    kinds: fields.map(([, kind]) => kind),
  };
});

/** Code of each event type: its position in the table. */
const codes = Object.fromEntries(layouts.map((layout, code) => [layout.type, code])) as Record<TraceEventType, number>;
const FRAME_SENT = codes['frame-sent'];
const FRAME_DELIVERED = codes['frame-delivered'];

const encoder = new TextEncoder();

const PLAIN_NUMBER = 1;
const PLAIN_TEXT = 2;
const PLAIN_TRUE = 3;
const PLAIN_FALSE = 4;
const PLAIN_NULL = 5;
const PLAIN_UNDEFINED = 6;
const PLAIN_BYTES = 7;
const PLAIN_ARRAY = 8;
const PLAIN_OBJECT = 9;

export function hexDigest(hash: bigint): string {
  return hash.toString(16).padStart(16, '0');
}

export class Lane {
  readonly #hash: XXHash<bigint>;
  #bytes = new Uint8Array(BUFFER_BYTES);
  #view = new DataView(this.#bytes.buffer);
  #position = 0;
  #index = 0;
  #time: Micros = 0;
  #checkpoints: LaneCheckpoint[] = [];
  #checkpointEvery = FIRST_CHECKPOINT_EVERY;
  #nextCheckpoint = FIRST_CHECKPOINT_EVERY;

  constructor(hasher: XXHashAPI) {
    this.#hash = hasher.create64();
  }

  /** Number of records so far; the index of the next one. */
  get length(): number {
    return this.#index;
  }

  /** Checkpoints so far, oldest first: at most `CHECKPOINTS_MAX`, thinned out evenly as the lane grows. */
  get checkpoints(): readonly LaneCheckpoint[] {
    return this.#checkpoints;
  }

  /** Writes one record. @returns its index. */
  record(time: Micros, event: TraceEvent): number {
    this.#begin(codes[event.type], time, 0);
    const layout = layouts[codes[event.type]]!;
    const names = layout.names;
    for (let i = 0; i < names.length; i += 1) {
      const value = (event as unknown as Record<string, unknown>)[names[i]!];
      switch (layout.kinds[i]) {
        case 'text':
          this.#blob(encoder.encode(value as string));
          break;
        case 'bytes':
          this.#blob(value as Uint8Array);
          break;
        case 'plain':
          this.#plain(value);
          break;
        default:
          this.#number(value as number);
      }
    }
    return this.#end();
  }

  /** `record` of a `frame-sent`, for the hot path: no event object is made. */
  frameSent(time: Micros, to: number, connection: number, kind: number, correlation: number, arrivesAt: Micros, payload: Uint8Array): number {
    this.#begin(FRAME_SENT, time, payload.length);
    const view = this.#view;
    const at = this.#position;
    view.setFloat64(at, to, true);
    view.setFloat64(at + 8, connection, true);
    view.setFloat64(at + 16, kind, true);
    view.setFloat64(at + 24, correlation, true);
    view.setFloat64(at + 32, arrivesAt, true);
    this.#position = at + 40;
    this.#blob(payload);
    return this.#end();
  }

  /** `record` of a `frame-delivered`, for the hot path. */
  frameDelivered(time: Micros, from: number, connection: number, kind: number, correlation: number, bytes: number): number {
    this.#begin(FRAME_DELIVERED, time, 0);
    const view = this.#view;
    const at = this.#position;
    view.setFloat64(at, from, true);
    view.setFloat64(at + 8, connection, true);
    view.setFloat64(at + 16, kind, true);
    view.setFloat64(at + 24, correlation, true);
    view.setFloat64(at + 32, bytes, true);
    this.#position = at + 40;
    return this.#end();
  }

  /** `record` of an `observed`, for the hot path. */
  observed(time: Micros, observation: object): number {
    this.#begin(codes.observed, time, 0);
    this.#plain(observation);
    return this.#end();
  }

  /** Digest of all records so far, 16 hexadecimal digits. */
  digest(): string {
    this.#flush();
    return hexDigest(this.#hash.digest());
  }

  #begin(code: number, time: Micros, blobBytes: number): void {
    if (this.#position + 128 + blobBytes > this.#bytes.length) this.#makeRoom(128 + blobBytes);
    this.#bytes[this.#position] = code;
    this.#view.setFloat64(this.#position + 1, time, true);
    this.#position += 9;
    this.#time = time;
  }

  #number(value: number): void {
    this.#view.setFloat64(this.#position, value, true);
    this.#position += 8;
  }

  #blob(bytes: Uint8Array): void {
    if (this.#position + 128 + bytes.length > this.#bytes.length) this.#makeRoom(128 + bytes.length);
    this.#view.setUint32(this.#position, bytes.length, true);
    this.#bytes.set(bytes, this.#position + 4);
    this.#position += 4 + bytes.length;
  }

  /**
   * Plain data: a tag, then what it says. Objects are their values in order, for the kind of an observation says what its keys are.
   * What is said is said for good: it is frozen, so that an actor that changes it afterwards gets an error, on every number of workers.
   */
  #plain(value: unknown): void {
    if (this.#position + 128 > this.#bytes.length) this.#makeRoom(128);
    if (typeof value === 'number') {
      this.#tag(PLAIN_NUMBER);
      this.#number(value);
    } else if (typeof value === 'string') {
      this.#tag(PLAIN_TEXT);
      this.#text(value);
    } else if (typeof value === 'boolean') {
      this.#tag(value ? PLAIN_TRUE : PLAIN_FALSE);
    } else if (value === null || value === undefined) {
      this.#tag(value === null ? PLAIN_NULL : PLAIN_UNDEFINED);
    } else if (value instanceof Uint8Array) {
      this.#tag(PLAIN_BYTES);
      this.#blob(value);
    } else if (typeof value === 'object') {
      Object.freeze(value);
      const isArray = Array.isArray(value);
      const items: readonly unknown[] = isArray ? value : Object.values(value);
      this.#tag(isArray ? PLAIN_ARRAY : PLAIN_OBJECT);
      this.#number(items.length);
      for (let i = 0; i < items.length; i += 1) this.#plain(items[i]);
    } else {
      throw new SimulatorError('actor', `an observation holds a ${typeof value}: only plain data can be told to judges`);
    }
  }

  #tag(tag: number): void {
    this.#bytes[this.#position] = tag;
    this.#position += 1;
  }

  /** A string: code unit by code unit while they are ASCII, which they nearly always are. */
  #text(text: string): void {
    if (text.length > 64) {
      this.#blob(encoder.encode(text));
      return;
    }
    let position = this.#position + 4;
    for (let i = 0; i < text.length; i += 1) {
      const unit = text.charCodeAt(i);
      if (unit > 0x7f) {
        this.#blob(encoder.encode(text));
        return;
      }
      this.#bytes[position] = unit;
      position += 1;
    }
    this.#view.setUint32(this.#position, text.length, true);
    this.#position = position;
  }

  #end(): number {
    const index = this.#index;
    this.#index = index + 1;
    if (this.#index === this.#nextCheckpoint) this.#checkpoint();
    return index;
  }

  #flush(): void {
    if (this.#position > 0) this.#hash.update(this.#bytes.subarray(0, this.#position));
    this.#position = 0;
  }

  /** Room for `bytes` more in the buffer. What is hashed is a stream, so where it is cut makes no difference. */
  #makeRoom(bytes: number): void {
    this.#flush();
    if (bytes <= this.#bytes.length) return;
    this.#bytes = new Uint8Array(bytes);
    this.#view = new DataView(this.#bytes.buffer);
  }

  #checkpoint(): void {
    this.#checkpoints.push({ index: this.#index, time: this.#time, digest: this.digest() });
    if (this.#checkpoints.length === CHECKPOINTS_MAX) {
      this.#checkpoints = this.#checkpoints.filter((_, i) => i % 2 === 1);
      this.#checkpointEvery *= 2;
    }
    this.#nextCheckpoint = this.#index + this.#checkpointEvery;
  }
}

/** Encodes one event outside its lane: fields only, for the way to the judges. */
export function encodeEvent(event: TraceEvent): { code: number; fields: unknown[] } {
  const code = codes[event.type];
  return { code, fields: layouts[code]!.names.map((name) => (event as unknown as Record<string, unknown>)[name]) };
}

/** The inverse of {@link encodeEvent}. */
export function decodeEvent(code: number, fields: readonly unknown[]): TraceEvent {
  const layout = layouts[code]!;
  const event: Record<string, unknown> = { type: layout.type };
  layout.names.forEach((name, i) => {
    event[name] = fields[i];
  });
  return event as unknown as TraceEvent;
}
