/** @module How many bytes of the metadata log have been committed since the node started, batch by batch (KR-4). */
import { lastOffsetOf, sizeInBytesOf } from '../log/record-batch.ts';
import type { Offset } from '../log/record-batch.ts';

export class CommittedBytes {
  /** Of all batches that were appended here and are committed. */
  total = 0;
  /** What is appended and not committed: at most what the followers have not fetched. */
  #uncommitted: { readonly endOffset: Offset; readonly bytes: number }[] = [];

  /** The batch at a position of `bytes`. */
  appended(bytes: Uint8Array, position: number): void {
    this.#uncommitted.push({ endOffset: lastOffsetOf(bytes, position) + 1, bytes: sizeInBytesOf(bytes, position) });
  }

  /** The log ends here now. */
  truncatedTo(offset: Offset): void {
    while ((this.#uncommitted.at(-1)?.endOffset ?? -1) > offset) this.#uncommitted.pop();
  }

  /** A snapshot holds what lies below. */
  skipTo(offset: Offset): void {
    this.#uncommitted = this.#uncommitted.filter(({ endOffset }) => endOffset > offset);
  }

  committedUpTo(highWatermark: Offset): void {
    let count = 0;
    for (const { endOffset, bytes } of this.#uncommitted) {
      if (endOffset > highWatermark) break;
      this.total += bytes;
      count += 1;
    }
    if (count > 0) this.#uncommitted.splice(0, count);
  }
}
