/**
 * @module
 * msgpack for messages. Objects are written as records whose structures are fixed before the run: msgpackr
 * would otherwise learn them as it goes, and the same message would be other bytes in another history. An object whose keys no
 * structure names is written with its keys (measured: the same bytes whatever went before), so it is slower and never wrong.
 */
import { Packr } from 'msgpackr';
import { RecordWriter } from './record-writer.ts';

/** Keys of each kind of object, in the order they are written. The first 32 cost one byte in each record, the rest two. */
export type Structures = readonly (readonly string[])[];

/** Structures with an id of one byte. */
const ONE_BYTE_IDS = 32;

/**
 * A structure as msgpackr keeps it: a copy, for it adds its lookup tables, and marked with the second byte of its id, which it does
 * for structures it loads and forgets for those it is given.
 */
function structure(keys: readonly string[], index: number): object {
  return Object.assign([...keys], index < ONE_BYTE_IDS ? {} : { highByte: (index - ONE_BYTE_IDS) >> 5 });
}

export class FrameCodec {
  readonly #packr: Packr;
  readonly #writer: RecordWriter;

  constructor(structures: Structures) {
    this.#writer = new RecordWriter(structures);
    this.#packr = new Packr({
      structures: structures.map(structure),
      maxSharedStructures: structures.length,
      moreTypes: false,
      encodeUndefinedAsNil: false,
    });
  }

  /**
   * The bytes of a plain message. They stay as they are: the caller may keep them.
   * Never a Buffer, for then byte strings decoded from it would be Buffers, and plain arrays where the frame came from another worker.
   */
  encode(message: unknown): Uint8Array {
    const written = this.#writer.write(message);
    if (written !== undefined) return written;
    const packed = this.#packr.pack(message);
    return new Uint8Array(packed.buffer, packed.byteOffset, packed.length);
  }

  /** The message in these bytes. Byte strings in it are views of `bytes`: copy what is kept. */
  decode(bytes: Uint8Array): unknown {
    return this.#packr.unpack(bytes);
  }
}
