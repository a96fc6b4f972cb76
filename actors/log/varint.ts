/**
 * @module
 * Variable-length integers of the record format: zigzag (0, −1, 1, −2 … become 0, 1, 2, 3 …), then seven bits a byte, the lowest
 * first, the top bit set on all but the last. A varint and a varlong of the same value are the same bytes.
 *
 * 32 bits take the quick way. Beyond, the sign and the lowest six bits of the magnitude share the first byte, so that the rest stays
 * exact: safe integers pass without BigInt.
 */

/** A place in a byte array that moves on as it is read. */
export interface Cursor {
  readonly bytes: Uint8Array;
  position: number;
}

/** Bytes that `value`, a safe integer, takes: 1 to 8. */
export function sizeOfVarint(value: number): number {
  if ((value | 0) === value) {
    const zigzag = (value << 1) ^ (value >> 31);
    return zigzag === 0 ? 1 : Math.ceil((32 - Math.clz32(zigzag)) / 7);
  }
  let size = 1;
  for (let rest = Math.floor(magnitudeOf(value) / 64); rest > 0; rest = Math.floor(rest / 128)) size += 1;
  return size;
}

/** Writes `value`, a safe integer, at a position. @returns the position after it. */
export function writeVarint(bytes: Uint8Array, position: number, value: number): number {
  if ((value | 0) !== value) return writeLong(bytes, position, value);
  let at = position;
  let zigzag = (value << 1) ^ (value >> 31);
  for (; zigzag >>> 7 !== 0; zigzag >>>= 7) bytes[at++] = zigzag | 0x80;
  bytes[at++] = zigzag;
  return at;
}

/** Reads a value and moves the cursor past it. @throws {RangeError} if the bytes end within it, or it is not a safe integer. */
export function readVarint(cursor: Cursor): number {
  const { bytes } = cursor;
  let byte = bytes[cursor.position++];
  if (byte === undefined) throw new RangeError('the bytes end within a varint');
  const isNegative = (byte & 1) === 1;
  let magnitude = (byte & 0x7f) >> 1;
  for (let scale = 64; byte >= 0x80; scale *= 128) {
    byte = bytes[cursor.position++];
    if (byte === undefined) throw new RangeError('the bytes end within a varint');
    if (scale > Number.MAX_SAFE_INTEGER) throw new RangeError('a varint is too long');
    magnitude += (byte & 0x7f) * scale;
  }
  if (magnitude > Number.MAX_SAFE_INTEGER) throw new RangeError('a varint beyond 2^53');
  return isNegative ? -magnitude - 1 : magnitude;
}

function writeLong(bytes: Uint8Array, position: number, value: number): number {
  let at = position;
  const magnitude = magnitudeOf(value);
  let bits = ((magnitude % 64) << 1) | (value < 0 ? 1 : 0);
  for (let rest = Math.floor(magnitude / 64); rest > 0; rest = Math.floor(rest / 128)) {
    bytes[at++] = bits | 0x80;
    bits = rest % 128;
  }
  bytes[at++] = bits;
  return at;
}

/** Zigzag without its lowest bit, the sign. */
function magnitudeOf(value: number): number {
  return value < 0 ? -value - 1 : value;
}
