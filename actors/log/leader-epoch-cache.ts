/** @module Which leader epoch wrote which offsets of a log: what divergence is found by (§1.2, KIP-101, KIP-279). Pure memory; `log.ts` persists it. */
import type { Offset } from './record-batch.ts';

/** This leader epoch began to write at this offset. */
export interface EpochEntry {
  readonly epoch: number;
  readonly startOffset: Offset;
}

/** An epoch, and the offset after the last one it wrote. */
export interface EpochEndOffset {
  readonly epoch: number;
  readonly endOffset: Offset;
}

/** The invariant: epochs and start offsets both increase strictly from entry to entry (LEC-1). */
export class LeaderEpochCache {
  #entries: EpochEntry[] = [];

  /** @throws {RangeError} unless both columns increase strictly. */
  constructor(entries: readonly EpochEntry[] = []) {
    for (const { epoch, startOffset } of entries) {
      const latest = this.latest;
      if (latest !== undefined && (epoch <= latest.epoch || startOffset <= latest.startOffset))
        throw new RangeError(`epoch ${epoch} from ${startOffset} after epoch ${latest.epoch} from ${latest.startOffset}`);
      this.#entries.push({ epoch, startOffset });
    }
  }

  get entries(): readonly EpochEntry[] {
    return this.#entries;
  }

  get latest(): EpochEntry | undefined {
    return this.#entries.at(-1);
  }

  /**
   * The epoch writes from this offset on (LEC-1): entries that contradict it go.
   * @returns whether there is a new entry, which must be durable before the log is written (LEC-5).
   */
  assign(epoch: number, startOffset: Offset): boolean {
    if (epoch < 0 || startOffset < 0) throw new RangeError(`epoch ${epoch} from ${startOffset}`);
    const latest = this.latest;
    if (latest !== undefined && epoch === latest.epoch && startOffset >= latest.startOffset) return false;
    this.#dropTrailing((entry) => entry.epoch >= epoch || entry.startOffset >= startOffset);
    this.#entries.push({ epoch, startOffset });
    return true;
  }

  /** Where the largest known epoch ≤ `epoch` ends (LEC-3). Undefined: nothing can be said, on the wire (−1, −1). */
  endOffsetFor(epoch: number, logEndOffset: Offset): EpochEndOffset | undefined {
    if (epoch < 0) return undefined;
    if (epoch === this.latest?.epoch) return { epoch, endOffset: logEndOffset };
    const next = this.#entries.findIndex((entry) => entry.epoch > epoch);
    if (next < 0) return undefined;
    const endOffset = this.#entries[next]!.startOffset;
    return { epoch: this.#entries[next - 1]?.epoch ?? epoch, endOffset };
  }

  /** The epoch that wrote this offset, or would; undefined below the first entry. */
  epochOf(offset: Offset): number | undefined {
    return this.#entries.findLast((entry) => entry.startOffset <= offset)?.epoch;
  }

  /** The log ends at this offset now (LEC-4). @returns whether an entry went. */
  truncateFromEnd(offset: Offset): boolean {
    return this.#dropTrailing((entry) => entry.startOffset >= offset);
  }

  /** The log begins at this offset now: the epoch it lies in begins there (LEC-4). @returns whether an entry went or moved. */
  truncateFromStart(offset: Offset): boolean {
    const kept = this.#entries.filter((entry) => entry.startOffset > offset);
    const last = this.#entries[this.#entries.length - kept.length - 1];
    if (last === undefined) return false;
    const isNews = kept.length + 1 < this.#entries.length || last.startOffset < offset;
    this.#entries = [{ epoch: last.epoch, startOffset: offset }, ...kept];
    return isNews;
  }

  clear(): void {
    this.#entries = [];
  }

  #dropTrailing(isDropped: (entry: EpochEntry) => boolean): boolean {
    const before = this.#entries.length;
    while (this.#entries.length > 0 && isDropped(this.#entries.at(-1)!)) this.#entries.pop();
    return this.#entries.length < before;
  }
}
