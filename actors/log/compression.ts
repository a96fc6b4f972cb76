/**
 * @module
 * Compression of the records in a batch (RB-2): of gzip, the one kind that is simulated. The broker never looks inside (compression.type=producer): what
 * a producer compressed a consumer decompresses.
 *
 * Deterministic: the same records and level are the same bytes on any machine. The header of the gzip format carries no time.
 */
import { gunzipSync, gzipSync } from 'fflate';
import type { DeflateOptions } from 'fflate';

/** How a producer compresses. */
export interface Compression {
  readonly type: 'none' | 'gzip';
  /** `compression.gzip.level`: 1 is fast, 9 is small; −1: zlib's own choice, which is 6. */
  readonly level: number;
}

export const NO_COMPRESSION: Compression = { type: 'none', level: -1 };

const DEFAULT_LEVEL = 6;
/** Not a time, but that there is none: anything else would ask the clock. */
const NO_TIME = 0;

export function gzip(bytes: Uint8Array, level: number): Uint8Array {
  return gzipSync(bytes, { level: (level < 0 ? DEFAULT_LEVEL : level) as NonNullable<DeflateOptions['level']>, mtime: NO_TIME });
}

/** @throws {RangeError} if this is not what `gzip` has made */
export function gunzip(bytes: Uint8Array): Uint8Array {
  try {
    return gunzipSync(bytes);
  } catch (error) {
    throw new RangeError('records that cannot be decompressed', { cause: error });
  }
}
