/**
 * @module
 * Writes the messages that every run is full of: declared records, lists of them, whole and other numbers, short ASCII texts, byte strings.
 * The bytes are msgpackr's own, to the last one; it takes half as long, for it knows that structures are fixed. Whatever else a
 * message may hold is not for it, and msgpackr writes the message instead.
 *
 *     record = id (1 or 2 bytes) · the values of its keys, in the order of the structure
 */

/** First id of a structure; from the 32nd on, an id takes two bytes. */
const FIRST_ID = 0x40;
const FIRST_TWO_BYTE_ID = 0x60;
/** Messages are written one behind the other into a piece of memory, each a view of it. */
const CHUNK_BYTES = 16_384;
/** A message begins where at least so much is left. */
const LEAST_ROOM = 1_024;
const SHORT_TEXT = 32;
const MEDIUM_TEXT = 64;

/** Where a record stands after some of its keys: mostly there is one way on. */
interface Node {
  /** Id of the structure whose keys end here; 0: none. */
  id: number;
  key: string | undefined;
  next: Node | undefined;
  others: Map<string, Node> | undefined;
}

function node(): Node {
  return { id: 0, key: undefined, next: undefined, others: undefined };
}

function child(parent: Node, key: string): Node | undefined {
  return parent.key === key ? parent.next : parent.others?.get(key);
}

function grow(parent: Node, key: string): Node {
  const known = child(parent, key);
  if (known !== undefined) return known;
  const made = node();
  if (parent.key === undefined) {
    parent.key = key;
    parent.next = made;
  } else {
    parent.others ??= new Map();
    parent.others.set(key, made);
  }
  return made;
}

export class RecordWriter {
  readonly #root = node();
  #bytes = new Uint8Array(CHUNK_BYTES);
  #view = new DataView(this.#bytes.buffer);
  #position = 0;
  /** Where the message at hand begins. */
  #start = 0;

  constructor(structures: readonly (readonly string[])[]) {
    structures.forEach((keys, index) => {
      let at = this.#root;
      for (const key of keys) at = grow(at, key);
      at.id = FIRST_ID + index;
    });
  }

  /** The message as bytes, which stay as they are; undefined if it holds something that is not for this writer. */
  write(message: unknown): Uint8Array | undefined {
    if (this.#bytes.length - this.#position < LEAST_ROOM) this.#renew(CHUNK_BYTES);
    this.#start = this.#position;
    if (!this.#value(message)) {
      this.#position = this.#start;
      return undefined;
    }
    return new Uint8Array(this.#bytes.buffer, this.#start, this.#position - this.#start);
  }

  #value(value: unknown): boolean {
    if (this.#bytes.length - this.#position < 16) this.#makeRoom(16);
    if (typeof value === 'number') this.#number(value);
    else if (typeof value === 'string') return this.#text(value);
    else if (value === null) this.#byte(0xc0);
    else if (typeof value === 'boolean') this.#byte(value ? 0xc3 : 0xc2);
    else if (typeof value === 'object') return this.#object(value);
    else return false;
    return true;
  }

  #object(value: object): boolean {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === Object.prototype) return this.#record(value as Readonly<Record<string, unknown>>);
    if (prototype === Array.prototype) return this.#list(value as readonly unknown[]);
    if (prototype !== Uint8Array.prototype) return false;
    this.#blob(value as Uint8Array);
    return true;
  }

  #record(record: Readonly<Record<string, unknown>>): boolean {
    // From the start of the message, which may move.
    const at = this.#position - this.#start;
    this.#position += 1;
    let place: Node = this.#root;
    // eslint-disable-next-line no-restricted-syntax -- a plain object, whose keys must come in the one order that its structure names
    for (const key in record) {
      const next = child(place, key);
      if (next === undefined || !this.#value(record[key])) return false;
      place = next;
    }
    const { id } = place;
    if (id === 0) return false;
    if (id < FIRST_TWO_BYTE_ID) this.#bytes[this.#start + at] = id;
    else this.#twoByteId(at, id - FIRST_TWO_BYTE_ID);
    return true;
  }

  /** Its second byte finds the values written already. */
  #twoByteId(at: number, id: number): void {
    if (this.#bytes.length === this.#position) this.#makeRoom(1);
    const first = this.#start + at;
    this.#bytes.copyWithin(first + 2, first + 1, this.#position);
    this.#bytes[first] = FIRST_TWO_BYTE_ID + (id & 0x1f);
    this.#bytes[first + 1] = id >> 5;
    this.#position += 1;
  }

  #list(items: readonly unknown[]): boolean {
    const { length } = items;
    if (length < 0x10) {
      this.#byte(0x90 | length);
    } else if (length < 0x10000) {
      this.#byte(0xdc);
      this.#uint16(length);
    } else {
      return false;
    }
    for (let i = 0; i < length; i += 1) if (!this.#value(items[i])) return false;
    return true;
  }

  #blob(blob: Uint8Array): void {
    const { length } = blob;
    if (this.#bytes.length - this.#position < length + 5) this.#makeRoom(length + 5);
    if (length < 0x100) {
      this.#byte(0xc4);
      this.#byte(length);
    } else if (length < 0x10000) {
      this.#byte(0xc5);
      this.#uint16(length);
    } else {
      this.#byte(0xc6);
      this.#view.setUint32(this.#position, length);
      this.#position += 4;
    }
    this.#bytes.set(blob, this.#position);
    this.#position += length;
  }

  #number(value: number): void {
    if (value >>> 0 === value) {
      if (value < FIRST_ID) {
        this.#byte(value);
      } else if (value < 0x100) {
        this.#byte(0xcc);
        this.#byte(value);
      } else if (value < 0x10000) {
        this.#byte(0xcd);
        this.#uint16(value);
      } else {
        this.#byte(0xce);
        this.#view.setUint32(this.#position, value);
        this.#position += 4;
      }
    } else if (value >> 0 === value && value >= -0x80) {
      if (value < -0x20) this.#byte(0xd0);
      this.#byte(value + 0x100);
    } else if (value >> 0 === value) {
      const isShort = value >= -0x8000;
      this.#byte(isShort ? 0xd1 : 0xd2);
      if (isShort) this.#view.setInt16(this.#position, value);
      else this.#view.setInt32(this.#position, value);
      this.#position += isShort ? 2 : 4;
    } else {
      this.#byte(0xcb);
      this.#view.setFloat64(this.#position, value);
      this.#position += 8;
    }
  }

  #text(text: string): boolean {
    const { length } = text;
    if (length >= MEDIUM_TEXT) return false;
    if (this.#bytes.length - this.#position < MEDIUM_TEXT + 2) this.#makeRoom(MEDIUM_TEXT + 2);
    if (length < SHORT_TEXT) {
      this.#byte(0xa0 | length);
    } else {
      this.#byte(0xd9);
      this.#byte(length);
    }
    const bytes = this.#bytes;
    let position = this.#position;
    for (let i = 0; i < length; i += 1) {
      const unit = text.charCodeAt(i);
      if (unit > 0x7f) return false;
      bytes[position] = unit;
      position += 1;
    }
    this.#position = position;
    return true;
  }

  #byte(byte: number): void {
    this.#bytes[this.#position] = byte;
    this.#position += 1;
  }

  #uint16(value: number): void {
    this.#bytes[this.#position] = value >> 8;
    this.#bytes[this.#position + 1] = value & 0xff;
    this.#position += 2;
  }

  /** Moves what there is of the message at hand to where so much more fits behind it. */
  #makeRoom(bytes: number): void {
    const written = this.#bytes.subarray(this.#start, this.#position);
    this.#renew(Math.max(CHUNK_BYTES, 2 * (written.length + bytes)));
    this.#bytes.set(written);
    this.#position = written.length;
    this.#start = 0;
  }

  #renew(bytes: number): void {
    this.#bytes = new Uint8Array(bytes);
    this.#view = new DataView(this.#bytes.buffer);
    this.#position = 0;
    this.#start = 0;
  }
}
