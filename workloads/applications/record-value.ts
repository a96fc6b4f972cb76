/** @module The name of a record inside its value: what stands before the first space. The rest is filling. */

const decoder = new TextDecoder();
const SPACE = 0x20;

export function recordName(value: Uint8Array | null): string {
  if (value === null) return '';
  const end = value.indexOf(SPACE);
  return decoder.decode(end < 0 ? value : value.subarray(0, end));
}
