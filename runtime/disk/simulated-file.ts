/** @module One file of a simulated disk: a page cache and how much of it is durable. The fault model is told in `simulated-disk.ts`. */
import type { Random } from '../random/random.ts';

/** Space is given out in blocks of a page, and a torn tail is at most one page long. */
const PAGE_BYTES = 4096;

/** Positions from … to before. */
interface Hole {
  readonly from: number;
  readonly to: number;
}

/** What a power loss did to one file. */
export interface PowerLossDamage {
  /** Bytes of the page cache that are gone or garbage. */
  readonly lostBytes: number;
  /** Bytes that had been cut off and are back. */
  readonly restoredBytes: number;
}

/**
 * The bytes of a file. The invariant: `durableSize` ≤ `size`, the cache up to `durableSize` is on the platter, and where an unsynced
 * truncation went below what was durable, `cutOff` is what the platter still has from there on.
 *
 *     page cache   ├── durable ──┼── unsynced ──┤ size
 *     platter      ├── durable ──┼── cutOff ──────┤        (cutOff only until a sync)
 *
 * Holes are durable in name only: a sync failed, the system took them for written, and on the platter there are zeros.
 */
export class SimulatedFile {
  /** Position in the order in which the files of this disk were created, from 0. */
  readonly number: number;
  #pages = new Uint8Array(0);
  #size = 0;
  #durableSize = 0;
  #cutOff: Uint8Array | undefined;
  #truncations = 0;
  #holes: Hole[] = [];
  /** Nothing of it is in the page cache: the machine has lost power, and nobody has read it since. */
  isCold = false;

  constructor(number: number) {
    this.number = number;
  }

  get size(): number {
    return this.#size;
  }

  /** Bytes that the next sync has to write. */
  get unsyncedBytes(): number {
    return this.#size - this.#durableSize;
  }

  /** Bytes that can be appended without a new block. */
  get roomInLastBlock(): number {
    return (PAGE_BYTES - (this.#size % PAGE_BYTES)) % PAGE_BYTES;
  }

  /** How often this file was shortened. By it a sync knows that a truncation overtook it. */
  get truncations(): number {
    return this.#truncations;
  }

  append(bytes: Uint8Array): void {
    const needed = this.#size + bytes.length;
    if (needed > this.#pages.length) {
      const grown = new Uint8Array(Math.max(needed, 2 * this.#pages.length));
      grown.set(this.#pages.subarray(0, this.#size));
      this.#pages = grown;
    }
    this.#pages.set(bytes, this.#size);
    this.#size = needed;
  }

  /** A view of up to `length` bytes from `position`. */
  read(position: number, length: number): Uint8Array {
    return this.#pages.subarray(Math.min(position, this.#size), Math.min(position + length, this.#size));
  }

  /** @throws {RangeError} if the file is shorter than that. */
  truncate(size: number): void {
    if (!(size >= 0 && size <= this.#size)) throw new RangeError(`truncate to ${size}: the file has ${this.#size} bytes`);
    if (size < this.#durableSize) {
      const platter = this.#platterFrom(size);
      this.#durableSize = size;
      this.#cutOff = platter;
      this.#holes = this.#holes.filter(({ from }) => from < size).map(({ from, to }) => ({ from, to: Math.min(to, size) }));
    }
    this.#size = size;
    this.#truncations += 1;
  }

  /** Every truncation so far is durable now. */
  syncTruncations(): void {
    this.#cutOff = undefined;
  }

  /** Everything up to `size`, and every truncation so far, is durable now. */
  sync(size: number): void {
    this.#durableSize = Math.max(this.#durableSize, size);
    this.syncTruncations();
  }

  /**
   * A sync of everything up to `size` has failed: it is taken for written and is not on the platter.
   * @returns where that begins.
   */
  loseWrites(size: number): number {
    const from = this.#durableSize;
    this.#holes.push({ from, to: size });
    this.#durableSize = size;
    return from;
  }

  /** Flips one bit of a byte. */
  flipBit(position: number, bit: number): void {
    this.#pages[position]! ^= 1 << bit;
  }

  /** The page cache is gone; what remains is durable. Draws nothing if all of it was synced. */
  losePower(random: Random): PowerLossDamage {
    this.isCold = this.#size > 0;
    if (this.#cutOff !== undefined && random.chance(1, 2)) return this.#undoTruncation();
    const unsynced = this.#size - this.#durableSize;
    const kept = unsynced === 0 ? 0 : survivingBytes(random, unsynced);
    const torn = kept > 0 && random.chance(1, 2) ? random.between(1, Math.min(kept, PAGE_BYTES)) : 0;
    this.#size = this.#durableSize + kept;
    if (torn > 0) tear(this.#pages.subarray(this.#size - torn, this.#size), random);
    const neverWritten = this.#zeroHoles(this.#pages);
    this.#holes = [];
    this.sync(this.#size);
    return { lostBytes: unsynced - kept + torn + neverWritten, restoredBytes: 0 };
  }

  #undoTruncation(): PowerLossDamage {
    const platter = this.#platterFrom(0);
    const neverWritten = this.#holes.reduce((sum, { from, to }) => sum + to - from, 0);
    const damage = { lostBytes: this.#size - this.#durableSize + neverWritten, restoredBytes: platter.length - this.#durableSize };
    this.#holes = [];
    this.#pages = platter;
    this.#size = platter.length;
    this.sync(this.#size);
    return damage;
  }

  /** A copy of what is on the platter from `position` on, which lies in the durable part. */
  #platterFrom(position: number): Uint8Array<ArrayBuffer> {
    const cutOff = this.#cutOff ?? new Uint8Array(0);
    const platter = new Uint8Array(this.#durableSize - position + cutOff.length);
    platter.set(this.#pages.subarray(position, this.#durableSize));
    platter.set(cutOff, this.#durableSize - position);
    this.#zeroHoles(platter, position);
    return platter;
  }

  /** @returns how many bytes the holes have that lie in these bytes, which begin at this position of the file. */
  #zeroHoles(bytes: Uint8Array, position = 0): number {
    let zeroed = 0;
    for (const { from, to } of this.#holes) {
      if (to <= position) continue;
      const first = Math.max(from, position);
      bytes.fill(0, first - position, to - position);
      zeroed += to - first;
    }
    return zeroed;
  }
}

/** Nothing, all, or any part: the two ends are where recovery code goes wrong, and a uniform draw over a long tail would never try them. */
function survivingBytes(random: Random, unsynced: number): number {
  switch (random.below(4)) {
    case 0:
      return 0;
    case 1:
      return unsynced;
    default:
      return random.between(0, unsynced);
  }
}

/** The size of the file was written but these last bytes were not: zeros, or whatever the blocks held before. */
function tear(tail: Uint8Array, random: Random): void {
  if (random.chance(1, 2)) tail.fill(0);
  else for (let i = 0; i < tail.length; i += 1) tail[i] = random.below(256);
}
