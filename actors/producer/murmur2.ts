/** @module The hash by which Kafka's producers choose the partition of a key: 32-bit MurmurHash2 with Kafka's seed. */

const SEED = 0x9747b28c;
const MULTIPLIER = 0x5bd1e995;

/** A signed 32-bit number, as in Kafka's own implementation. */
export function murmur2(data: Uint8Array): number {
  const { length } = data;
  let hash = SEED ^ length;
  const whole = length - (length % 4);
  for (let i = 0; i < whole; i += 4) {
    let k = data[i]! | (data[i + 1]! << 8) | (data[i + 2]! << 16) | (data[i + 3]! << 24);
    k = Math.imul(k, MULTIPLIER);
    k = Math.imul(k ^ (k >>> 24), MULTIPLIER);
    hash = Math.imul(hash, MULTIPLIER) ^ k;
  }
  if (whole < length) {
    if (length - whole > 2) hash ^= data[whole + 2]! << 16;
    if (length - whole > 1) hash ^= data[whole + 1]! << 8;
    hash = Math.imul(hash ^ data[whole]!, MULTIPLIER);
  }
  hash = Math.imul(hash ^ (hash >>> 13), MULTIPLIER);
  return hash ^ (hash >>> 15);
}
