/**
 * @module
 * CRC-32C (Castagnoli), the checksum of a record batch (RB-1), eight bytes at a time.
 * Slicing-by-8: table k holds the remainder of each byte followed by k zero bytes, so that eight look-ups replace eight dependent steps.
 */

/** x^32 + x^28 + … + 1 with its bits reversed, as the checksum shifts to the right. */
const POLYNOMIAL = 0x82f63b78;
const SLICES = 8;
const TABLES = slicingTables();

function slicingTables(): Int32Array {
  const tables = new Int32Array(SLICES * 256);
  for (let byte = 0; byte < 256; byte += 1) {
    let remainder = byte;
    for (let bit = 0; bit < 8; bit += 1) remainder = (remainder & 1) === 1 ? (remainder >>> 1) ^ POLYNOMIAL : remainder >>> 1;
    tables[byte] = remainder;
  }
  for (let entry = 256; entry < tables.length; entry += 1) {
    const previous = tables[entry - 256]!;
    tables[entry] = (previous >>> 8) ^ tables[previous & 0xff]!;
  }
  return tables;
}

/** CRC-32C of `bytes[start, end)`, unsigned. */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.length): number {
  const sliced = end - ((end - start) % SLICES);
  let crc = -1;
  let at = start;
  for (; at < sliced; at += SLICES) {
    crc ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    crc =
      TABLES[0x700 + (crc & 0xff)]! ^
      TABLES[0x600 + ((crc >>> 8) & 0xff)]! ^
      TABLES[0x500 + ((crc >>> 16) & 0xff)]! ^
      TABLES[0x400 + (crc >>> 24)]! ^
      TABLES[0x300 + bytes[at + 4]!]! ^
      TABLES[0x200 + bytes[at + 5]!]! ^
      TABLES[0x100 + bytes[at + 6]!]! ^
      TABLES[bytes[at + 7]!]!;
  }
  for (; at < end; at += 1) crc = (crc >>> 8) ^ TABLES[(crc ^ bytes[at]!) & 0xff]!;
  return ~crc >>> 0;
}
