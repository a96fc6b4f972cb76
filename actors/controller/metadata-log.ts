/**
 * @module
 * The active controller's end of the metadata log. A record takes effect in memory when it is proposed and counts when it is durable:
 * requests are answered, and brokers see it, only then. With one controller that is its own fsync; a quorum's majority takes
 * its place in `#write`.
 */
import type { ActorContext, Task } from '../../runtime/index.ts';
import { haltingDisk } from '../log/guarded-disk.ts';
import type { Offset } from '../log/record-batch.ts';
import { Log } from '../log/log.ts';
import type { ControllerLog } from './controller-state.ts';
import { METADATA_LOG, decodeMetadataRecords, encodeMetadataRecords } from '../metadata/metadata-record.ts';
import type { MetadataRecord } from '../metadata/metadata-record.ts';

/** Most bytes read at a time when the log is replayed. */
const REPLAY_BYTES = 1_048_576;

export class MetadataLog implements ControllerLog {
  readonly #context: ActorContext;
  readonly #log: Log;
  readonly #epoch: number;
  #nextOffset: Offset;
  #proposed: MetadataRecord[] = [];
  readonly #onCommitted: (highWatermark: Offset) => void;
  readonly #hasProposed;
  readonly #committed;

  private constructor(context: ActorContext, log: Log, epoch: number, onCommitted: (highWatermark: Offset) => void) {
    this.#context = context;
    this.#log = log;
    this.#epoch = epoch;
    this.#onCommitted = onCommitted;
    this.#nextOffset = log.logEndOffset;
    this.#hasProposed = context.signal();
    this.#committed = context.signal();
  }

  /** Opens the log and replays it. What survived on this disk was durable or may become so: with one controller, its log is the truth. */
  static *open(context: ActorContext, replay: (record: MetadataRecord, offset: Offset) => void, onCommitted: (highWatermark: Offset) => void): Task<MetadataLog> {
    // DF-5: nobody can be told that this log has failed.
    const log = yield* Log.open(haltingDisk(context), METADATA_LOG);
    for (let offset = log.logStartOffset; offset < log.logEndOffset; ) {
      const records = decodeMetadataRecords(yield* log.read(offset, REPLAY_BYTES, log.logEndOffset, true));
      for (const { record, offset: at } of records) replay(record, at);
      offset = records.at(-1)!.offset + 1;
    }
    yield* log.flush();
    log.highWatermark = log.logEndOffset;
    const metadataLog = new MetadataLog(context, log, (log.latestEpoch ?? 0) + 1, onCommitted);
    context.spawn(metadataLog.#write());
    return metadataLog;
  }

  /** Offsets below are durable. */
  get highWatermark(): Offset {
    return this.#log.highWatermark;
  }

  get logStartOffset(): Offset {
    return this.#log.logStartOffset;
  }

  /** The offset that the next proposed record will get. */
  get nextOffset(): Offset {
    return this.#nextOffset;
  }

  /** Adds records at the end. They count when `committed` says so. */
  propose(records: readonly MetadataRecord[]): void {
    this.#nextOffset += records.length;
    this.#proposed.push(...records);
    this.#hasProposed.notify();
  }

  /** Waits until everything below `offset` is durable: with one controller, always in the end. */
  *committed(offset: Offset): Task<boolean> {
    while (this.highWatermark < offset) yield* this.#committed.wait();
    return true;
  }

  /** Waits until there is something at `offset`, or the time is over. */
  *waitFor(offset: Offset, timeoutUs: number): Task {
    const deadline = this.#context.now + timeoutUs;
    while (this.highWatermark <= offset && this.#context.now < deadline) yield* this.#committed.wait(deadline - this.#context.now);
  }

  *read(offset: Offset, maxBytes: number): Task<Uint8Array> {
    return yield* this.#log.read(offset, maxBytes, this.highWatermark, true);
  }

  /** Writes what was proposed, batch after batch, each durable before the next (§3: fsync before answering). */
  *#write(): Task {
    for (;;) {
      if (this.#proposed.length === 0) yield* this.#hasProposed.wait();
      const records = this.#proposed;
      this.#proposed = [];
      yield* this.#log.appendAsLeader(encodeMetadataRecords(records, Math.floor(this.#context.clock() / 1_000)), this.#epoch);
      yield* this.#log.flush();
      this.#log.highWatermark = this.#log.logEndOffset;
      this.#onCommitted(this.highWatermark);
      this.#committed.notify();
    }
  }
}
