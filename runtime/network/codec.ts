/**
 * @module
 * msgpack for messages and observations. Objects are written as records whose structures are fixed before the run: msgpackr
 * would otherwise learn them as it goes, and the same message would be other bytes in another history. An object whose keys no
 * structure names is written with its keys (measured: the same bytes whatever went before), so it is slower and never wrong.
 */
import { Packr } from 'msgpackr';

/** msgpackr gives two-byte record ids to structures beyond these; more would also work, at one byte each. */
export type Structures = readonly (readonly string[])[];

export class FrameCodec {
  readonly #packr: Packr;

  constructor(structures: Structures) {
    this.#packr = new Packr({
      // Copies: msgpackr keeps its lookup tables inside this array.
      structures: structures.map((keys) => [...keys]),
      maxSharedStructures: structures.length,
      moreTypes: false,
      encodeUndefinedAsNil: false,
    });
  }

  /** The bytes of a plain message. They stay as they are: the caller may keep them. */
  encode(message: unknown): Uint8Array {
    return this.#packr.pack(message);
  }

  /** The message in these bytes. Byte strings in it are views of `bytes`: copy what is kept. */
  decode(bytes: Uint8Array): unknown {
    return this.#packr.unpack(bytes);
  }
}
