/**
 * @module
 * Big-endian integers in a byte array, as Kafka writes them. A 64-bit integer is a plain number: exact up to ±2^53, beyond that
 * nearest. By hand and not by DataView, which would have to be made for every batch.
 */

const TWO_TO_32 = 4_294_967_296;

export function readInt16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24 >> 16) | bytes[at + 1]!;
}

export function readInt32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

export function readUint32(bytes: Uint8Array, at: number): number {
  return readInt32(bytes, at) >>> 0;
}

export function readInt64(bytes: Uint8Array, at: number): number {
  return readInt32(bytes, at) * TWO_TO_32 + readUint32(bytes, at + 4);
}

export function writeInt16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >> 8;
  bytes[at + 1] = value;
}

export function writeInt32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >> 24;
  bytes[at + 1] = value >> 16;
  bytes[at + 2] = value >> 8;
  bytes[at + 3] = value;
}

export function writeInt64(bytes: Uint8Array, at: number, value: number): void {
  writeInt32(bytes, at, Math.floor(value / TWO_TO_32));
  // A bitwise operation takes a number modulo 2^32, which is the lower half of its two's complement.
  writeInt32(bytes, at + 4, value);
}
