/**
 * @module
 * The name of a record inside its value: what stands before the first space. The rest is filling. On a compacted topic the record's key is part of the
 * name, so that a judge knows which records compaction may have removed: `producer-0-17@k3`.
 */

const decoder = new TextDecoder();
const SPACE = 0x20;

export function recordName(value: Uint8Array | null): string {
  if (value === null) return '';
  const end = value.indexOf(SPACE);
  return decoder.decode(end < 0 ? value : value.subarray(0, end));
}

/** The name of a record of a compacted topic. */
export function nameWithKey(name: string, key: string): string {
  return `${name}@${key}`;
}

/** Undefined: it is no record of a compacted topic. */
export function keyOfName(name: string): string | undefined {
  const at = name.indexOf('@');
  return at < 0 ? undefined : name.slice(at + 1);
}
