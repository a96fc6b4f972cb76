/**
 * @module
 * The last offset of each key in the dirty part of a log (RT-3). It holds as many keys as log.cleaner.dedupe.buffer.size has room for: Kafka keeps 16 bytes of
 * hash and 8 of offset each. Here it holds the keys themselves, so that no two are ever taken for one.
 */
import type { Offset } from './record-batch.ts';

/** What Kafka's map needs for a key. */
const BYTES_PER_KEY = 24;

export class OffsetMap {
  readonly #offsets = new Map<string, Offset>();
  readonly #keysMax: number;
  #latestOffset: Offset = -1;

  /** @param bytes log.cleaner.dedupe.buffer.size @param loadFactor log.cleaner.io.buffer.load.factor */
  constructor(bytes: number, loadFactor: number) {
    this.#keysMax = Math.floor(Math.floor(bytes / BYTES_PER_KEY) * loadFactor);
  }

  /** It takes no further record. */
  get isFull(): boolean {
    return this.#offsets.size >= this.#keysMax;
  }

  /** Up to here it knows every record of the dirty part; −1: it knows none. */
  get latestOffset(): Offset {
    return this.#latestOffset;
  }

  /** A record of this key lies here, after all that were put before. */
  put(key: Uint8Array, offset: Offset): void {
    this.#offsets.set(textOf(key), offset);
    this.#latestOffset = offset;
  }

  /** There is nothing more up to here. */
  reach(offset: Offset): void {
    this.#latestOffset = Math.max(this.#latestOffset, offset);
  }

  /** Where the last record of this key lies; −1: the dirty part has none. */
  get(key: Uint8Array): Offset {
    return this.#offsets.get(textOf(key)) ?? -1;
  }
}

/** One code unit a byte: different keys are different texts, whatever bytes they are. */
function textOf(key: Uint8Array): string {
  let text = '';
  for (const byte of key) text += String.fromCharCode(byte);
  return text;
}
