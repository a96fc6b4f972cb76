/**
 * @module
 * Elections as Kafka's metrics count them: each controller, active or not, by what the metadata log says is committed. What is committed at
 * once is one change of a partition: who leads after it is held against who was in sync, or eligible, before it.
 *
 *     proposed, or read ──note──► waits ──committed──► counted
 *
 * What a process finds when it starts, and what it learns by a snapshot, is history: it counts nothing of that.
 */
import type { Offset } from '../log/record-batch.ts';
import type { PartitionDelta, PartitionRegistration } from '../metadata/metadata-image.ts';
import type { Meter } from '../metrics/meter.ts';
import { isUncleanElection } from './partition-change.ts';

export class CommittedElections {
  readonly #unclean: Meter;
  readonly #fromElr: Meter;
  /** What lies below is counted, or history; undefined: this process has not caught up yet, and all is history. */
  #countedTo: Offset | undefined;
  /** By offset, ascending. */
  #waiting: PartitionDelta[] = [];

  constructor(unclean: Meter, fromElr: Meter) {
    this.#unclean = unclean;
    this.#fromElr = fromElr;
  }

  /** What lies below is history. */
  beginAt(offset: Offset): void {
    this.#countedTo = Math.max(this.#countedTo ?? 0, offset);
  }

  /** What records have made of partitions; whether they are committed is open. */
  note(deltas: readonly PartitionDelta[]): void {
    const from = this.#countedTo ?? Infinity;
    for (const delta of deltas) if (delta.offset >= from) this.#waiting.push(delta);
  }

  /** Everything below is committed: what was noted of it counts. */
  committed(highWatermark: Offset): void {
    if (this.#countedTo === undefined || highWatermark <= this.#countedTo) return;
    this.#countedTo = highWatermark;
    if (this.#waiting.length === 0) return;
    const open = this.#waiting.findIndex(({ offset }) => offset >= highWatermark);
    const changes = new Map<string, Pick<PartitionDelta, 'before' | 'after'>>();
    for (const { topic, partition, before, after } of this.#waiting.splice(0, open < 0 ? this.#waiting.length : open)) {
      const at = `${topic}-${partition}`;
      // A partition that goes, or comes, has had no election; a later topic of its name is another one.
      if (after === undefined) changes.delete(at);
      else changes.set(at, { before: changes.has(at) ? changes.get(at)!.before : before, after });
    }
    for (const { before, after } of changes.values()) if (before !== undefined) this.#count(before, after!);
  }

  /** Whoever proposed it leads no more: if it is committed all the same, it will be read. */
  forgetProposed(): void {
    this.#waiting = [];
  }

  #count(before: PartitionRegistration, { leader }: PartitionRegistration): void {
    if (isUncleanElection(before, { leader })) this.#unclean.mark();
    else if (before.elr.includes(leader)) this.#fromElr.mark();
  }
}
