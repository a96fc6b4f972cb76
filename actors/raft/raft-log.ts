/**
 * @module
 * The metadata log of a member of the quorum (§3.4): a log as any partition has, with the quorum's own rules of what is acknowledged
 * (KR-8) and what may be cut off (KR-9). One writer at a time.
 */
import type { ActorContext, Disk, Task } from '../../runtime/index.ts';
import { addToSummary, emptySummary, summaryOf } from '../log/batch-summary.ts';
import type { BatchSummary } from '../log/batch-summary.ts';
import type { EpochEndOffset } from '../log/leader-epoch-cache.ts';
import { InvalidAppendError, Log } from '../log/log.ts';
import { baseOffsetOf } from '../log/record-batch.ts';
import type { Offset } from '../log/record-batch.ts';
import type { Observation } from '../observation.ts';
import { METADATA_LOG } from '../metadata/metadata-record.ts';
import { FatalRaftError } from './role.ts';
import type { LogEnd } from './vote.ts';

export interface RaftLogOptions {
  readonly nodeId: number;
  /** False: what is appended is acknowledged before it is durable (B56). */
  readonly isSynced: boolean;
}

export class RaftLog {
  readonly #context: ActorContext;
  readonly #options: RaftLogOptions;
  readonly #log: Log;
  /** What was read again when the log was opened. */
  readonly recovered: BatchSummary;

  private constructor(context: ActorContext, options: RaftLogOptions, log: Log, recovered: BatchSummary) {
    this.#context = context;
    this.#options = options;
    this.#log = log;
    this.recovered = recovered;
  }

  static *open(context: ActorContext, disk: Disk, options: RaftLogOptions): Task<RaftLog> {
    const recovered = emptySummary();
    const opened = yield* Log.open(disk, METADATA_LOG, { visit: (bytes, position) => addToSummary(recovered, bytes, position) });
    const log = new RaftLog(context, options, opened, recovered);
    // What a crash left in the page cache counts from now on, so it has to be as good as acknowledged.
    yield* log.#sync();
    return log;
  }

  get startOffset(): Offset {
    return this.#log.logStartOffset;
  }

  /** What lies below was not read when the log was opened: it is as it was. */
  get recoveredFrom(): Offset {
    return this.#log.recoveredFrom;
  }

  get endOffset(): Offset {
    return this.#log.logEndOffset;
  }

  /** Where it ends, as votes compare it (KR-1). */
  get end(): LogEnd {
    return { lastEpoch: this.#log.latestEpoch ?? 0, endOffset: this.#log.logEndOffset };
  }

  /** Offsets below are committed, as far as this node knows: from nothing on in every incarnation, and never back. */
  get highWatermark(): Offset {
    return this.#log.highWatermark;
  }

  /** @returns whether it moved. */
  advanceHighWatermark(offset: Offset, epoch: number): boolean {
    const highWatermark = Math.min(offset, this.#log.logEndOffset);
    if (highWatermark <= this.#log.highWatermark) return false;
    this.#log.highWatermark = highWatermark;
    this.#observe({ kind: 'raft-high-watermark', node: this.#options.nodeId, epoch, highWatermark });
    return true;
  }

  /** Appends one batch in the leader's epoch; durable when it returns (KR-8). */
  *appendAsLeader(batch: Uint8Array, epoch: number): Task {
    const { baseOffset } = yield* this.#log.appendAsLeader(batch, epoch);
    this.#observe({ kind: 'raft-appended', node: this.#options.nodeId, epoch, baseOffset, asLeader: true, ...summaryOf(batch) });
    yield* this.#sync();
  }

  /** Appends what the leader of `epoch` sent; durable when it returns, which is before the next Fetch acknowledges it (KR-8). @returns false if it is not sound. */
  *appendAsFollower(batches: Uint8Array, epoch: number): Task<boolean> {
    try {
      yield* this.#log.appendAsFollower(batches);
    } catch (error) {
      if (error instanceof InvalidAppendError && error.reason === 'corrupt') return false;
      throw error;
    }
    this.#observe({ kind: 'raft-appended', node: this.#options.nodeId, epoch, baseOffset: baseOffsetOf(batches), asLeader: false, ...summaryOf(batches) });
    yield* this.#sync();
    return true;
  }

  /** Where the log of a replica that ends with (`lastFetchedEpoch`, `fetchOffset`) leaves this one (KR-3); undefined if it does not. */
  divergence(fetchOffset: Offset, lastFetchedEpoch: number): EpochEndOffset | undefined {
    if (fetchOffset === 0 && lastFetchedEpoch === 0) return undefined;
    const end = this.#log.endOffsetFor(lastFetchedEpoch) ?? { epoch: -1, endOffset: this.#log.logStartOffset };
    return end.epoch === lastFetchedEpoch && end.endOffset >= fetchOffset ? undefined : end;
  }

  /**
   * Cuts off what the leader does not have (KR-9).
   * @throws {FatalRaftError} if that was committed
   */
  *truncateToDivergence(leader: EpochEndOffset, epoch: number): Task {
    const own = this.#log.endOffsetFor(leader.epoch) ?? { epoch: -1, endOffset: this.#log.logStartOffset };
    const toOffset = own.epoch === leader.epoch ? Math.min(own.endOffset, leader.endOffset) : own.endOffset;
    if (toOffset < this.#log.highWatermark)
      throw new FatalRaftError(`${this.#context.name}: the leader of epoch ${epoch} parts from this log at offset ${toOffset}, below the high watermark ${this.#log.highWatermark}`);
    yield* this.#log.truncateTo(toOffset);
    yield* this.#log.flushEpochs();
    this.#observe({ kind: 'raft-truncated', node: this.#options.nodeId, epoch, toOffset: this.#log.logEndOffset });
  }

  /** Whole batches from `fromOffset`, none that reaches `upToOffset`. A view, valid until the reader next waits. */
  read(fromOffset: Offset, maxBytes: number, upToOffset: Offset): Task<Uint8Array> {
    return this.#log.read(fromOffset, maxBytes, upToOffset, true);
  }

  *#sync(): Task {
    if (this.#options.isSynced) yield* this.#log.flush();
  }

  #observe(observation: Observation): void {
    this.#context.observe(observation);
  }
}
