/** @module The hash of lanes and runs: xxh64, from WebAssembly, loaded once per thread. */
import xxhash from 'xxhash-wasm';
import type { XXHashAPI } from 'xxhash-wasm';

let loaded: Promise<XXHashAPI> | undefined;

export function createHasher(): Promise<XXHashAPI> {
  loaded ??= xxhash();
  return loaded;
}
