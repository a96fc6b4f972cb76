/**
 * @module
 * A stream of bytes from one thread to another through bounded shared memory: one writer, one reader, no locks.
 *
 *     ┌ written u32 ┬ read u32 ┬ capacity bytes … ┐      both counters only grow (modulo 2^32)
 *
 * It is a stream, not a queue of messages: a message larger than the ring flows through it in pieces.
 */

const HEADER_BYTES = 8;
const WRITTEN = 0;
const READ = 1;

export class ByteRing {
  readonly #counters: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #capacity: number;

  /** @param buffer shared memory; its size less the header must be a power of two */
  constructor(buffer: SharedArrayBuffer) {
    this.#counters = new Int32Array(buffer, 0, 2);
    this.#bytes = new Uint8Array(buffer, HEADER_BYTES);
    this.#capacity = this.#bytes.length;
    if ((this.#capacity & (this.#capacity - 1)) !== 0) throw new RangeError(`a ring of ${this.#capacity} bytes: the capacity must be a power of two`);
  }

  static allocate(capacity: number): SharedArrayBuffer {
    return new SharedArrayBuffer(HEADER_BYTES + capacity);
  }

  /** Writes all of `source`. `whenFull` is called again and again while there is no room; it may throw to give up. */
  write(source: Uint8Array, whenFull: () => void): void {
    let done = 0;
    while (done < source.length) {
      const written = Atomics.load(this.#counters, WRITTEN) >>> 0;
      const read = Atomics.load(this.#counters, READ) >>> 0;
      const room = this.#capacity - ((written - read) >>> 0);
      if (room === 0) {
        whenFull();
        continue;
      }
      const at = written & (this.#capacity - 1);
      const length = Math.min(room, source.length - done, this.#capacity - at);
      this.#bytes.set(length === source.length ? source : source.subarray(done, done + length), at);
      Atomics.store(this.#counters, WRITTEN, (written + length) | 0);
      done += length;
    }
  }

  /** Bytes that can be read now. */
  get readable(): number {
    return ((Atomics.load(this.#counters, WRITTEN) >>> 0) - (Atomics.load(this.#counters, READ) >>> 0)) >>> 0;
  }

  /** Moves up to `length` bytes into `target` at `offset`. @returns how many there were. */
  read(target: Uint8Array, offset: number, length: number): number {
    const count = Math.min(this.readable, length);
    const read = Atomics.load(this.#counters, READ) >>> 0;
    const at = read & (this.#capacity - 1);
    const first = Math.min(count, this.#capacity - at);
    target.set(this.#bytes.subarray(at, at + first), offset);
    if (first < count) target.set(this.#bytes.subarray(0, count - first), offset + first);
    Atomics.store(this.#counters, READ, (read + count) | 0);
    return count;
  }
}
