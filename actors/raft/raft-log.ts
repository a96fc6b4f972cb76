/**
 * @module
 * The metadata log of a member of the quorum (§3.4): a log as any partition has, with the quorum's own rules of what is acknowledged
 * (KR-8) and what may be cut off (KR-9), and with snapshots, which take the place of its beginning (KR-4). One writer at a time.
 */
import type { ActorContext, Disk, Task } from '../../runtime/index.ts';
import { addToSummary, emptySummary, summaryOf } from '../log/batch-summary.ts';
import type { BatchSummary } from '../log/batch-summary.ts';
import type { EpochEndOffset } from '../log/leader-epoch-cache.ts';
import { InvalidAppendError, Log } from '../log/log.ts';
import { DEFAULT_LOG_CONFIG } from '../log/log-options.ts';
import { baseOffsetOf, sizeInBytesOf } from '../log/record-batch.ts';
import type { Offset } from '../log/record-batch.ts';
import type { Observation } from '../observation.ts';
import { METADATA_LOG } from '../metadata/metadata-record.ts';
import type { SnapshotId } from '../protocol/quorum-messages.ts';
import { CommittedBytes } from './committed-bytes.ts';
import type { QuorumConfig } from './raft-config.ts';
import { FatalRaftError } from './role.ts';
import { SnapshotStore } from './snapshot-store.ts';
import type { LogEnd } from './vote.ts';

export interface RaftLogOptions {
  readonly nodeId: number;
  /** False: what is appended is acknowledged before it is durable (B56). */
  readonly isSynced: boolean;
  readonly config: QuorumConfig;
}

/** The log as it was found, before anything was done about it. */
export interface OpenedLog extends BatchSummary {
  readonly logEndOffset: Offset;
  /** What lies below was not read: it is as it was. What lies above are these batches. */
  readonly recoveredFrom: Offset;
}

/** What a replica has to do before it can fetch: cut its log, or load a snapshot. */
export type Obstacle = { readonly divergingEpoch: EpochEndOffset } | { readonly snapshotId: SnapshotId };

const UNLIMITED = -1;

export class RaftLog {
  readonly #context: ActorContext;
  readonly #options: RaftLogOptions;
  readonly #log: Log;
  readonly snapshots: SnapshotStore;
  readonly opened: OpenedLog;
  readonly #bytes: CommittedBytes;

  private constructor(context: ActorContext, options: RaftLogOptions, log: Log, snapshots: SnapshotStore, recovered: BatchSummary, bytes: CommittedBytes) {
    this.#context = context;
    this.#options = options;
    this.#log = log;
    this.snapshots = snapshots;
    this.opened = { logEndOffset: log.logEndOffset, recoveredFrom: log.recoveredFrom, ...recovered };
    this.#bytes = bytes;
  }

  /** @throws {FatalRaftError} if the log lacks its beginning and no snapshot stands for it */
  static *open(context: ActorContext, disk: Disk, options: RaftLogOptions): Task<RaftLog> {
    const recovered = emptySummary();
    const committed = new CommittedBytes();
    const { config } = options;
    const opened = yield* Log.open(disk, METADATA_LOG, {
      config: { ...DEFAULT_LOG_CONFIG, 'segment.bytes': config['metadata.log.segment.bytes'], 'segment.ms': config['metadata.log.segment.ms'], 'retention.ms': UNLIMITED, 'retention.bytes': UNLIMITED },
      visit: (bytes, position) => {
        addToSummary(recovered, bytes, position);
        committed.appended(bytes, position);
      },
    });
    const snapshots = yield* SnapshotStore.open(disk, opened.logStartOffset);
    if (opened.logStartOffset > 0 && snapshots.latest === undefined) throw new FatalRaftError(`${context.name}: the log begins at offset ${opened.logStartOffset}, and there is no snapshot of what was before`);
    if (snapshots.latest !== undefined) committed.skipTo(snapshots.latest.endOffset);
    const log = new RaftLog(context, options, opened, snapshots, recovered, committed);
    // What a crash left in the page cache counts from now on, so it has to be as good as acknowledged.
    yield* log.#sync();
    return log;
  }

  get startOffset(): Offset {
    return this.#log.logStartOffset;
  }

  get endOffset(): Offset {
    return this.#log.logEndOffset;
  }

  /** Where it ends, as votes compare it (KR-1). */
  get end(): LogEnd {
    // An empty log ends where its snapshot does.
    return { lastEpoch: this.#log.latestEpoch ?? this.snapshots.latest?.epoch ?? 0, endOffset: this.#log.logEndOffset };
  }

  /** Offsets below are committed, as far as this node knows: from nothing on in every incarnation, and never back. */
  get highWatermark(): Offset {
    return this.#log.highWatermark;
  }

  /** Bytes of the batches that were committed since this node started and are in no snapshot that it started with. */
  get committedBytes(): number {
    return this.#bytes.total;
  }

  /** @returns whether it moved. */
  advanceHighWatermark(offset: Offset, epoch: number): boolean {
    const highWatermark = Math.min(offset, this.#log.logEndOffset);
    if (highWatermark <= this.#log.highWatermark) return false;
    this.#log.highWatermark = highWatermark;
    this.#bytes.committedUpTo(highWatermark);
    this.#observe({ kind: 'raft-high-watermark', node: this.#options.nodeId, epoch, highWatermark });
    return true;
  }

  /** Appends one batch in the leader's epoch; durable when it returns (KR-8). */
  *appendAsLeader(batch: Uint8Array, epoch: number): Task {
    const { baseOffset } = yield* this.#log.appendAsLeader(batch, epoch);
    this.#observe({ kind: 'raft-appended', node: this.#options.nodeId, epoch, baseOffset, asLeader: true, ...summaryOf(batch) });
    this.#bytes.appended(batch, 0);
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
    for (let at = 0; at < batches.length; at += sizeInBytesOf(batches, at)) this.#bytes.appended(batches, at);
    yield* this.#sync();
    return true;
  }

  /**
   * What a replica whose log ends with (`lastFetchedEpoch`, `fetchOffset`) has to do before it can fetch from there; undefined: nothing. One that has
   * nothing loads the newest snapshot, and so does one whose end the log does not know any more (KR-4); one that has something else cuts that off (KR-3).
   */
  obstacle(fetchOffset: Offset, lastFetchedEpoch: number): Obstacle | undefined {
    const { earliest, latest } = this.snapshots;
    if (earliest !== undefined && latest !== undefined) {
      const isAtStartOfOther = fetchOffset === this.startOffset && lastFetchedEpoch !== earliest.epoch;
      if (fetchOffset === 0 || fetchOffset < this.startOffset || isAtStartOfOther || lastFetchedEpoch < earliest.epoch) return { snapshotId: latest };
    }
    if (fetchOffset === 0 && lastFetchedEpoch === 0) return undefined;
    const end = this.#endOffsetFor(lastFetchedEpoch);
    return end.epoch === lastFetchedEpoch && end.endOffset >= fetchOffset ? undefined : { divergingEpoch: end };
  }

  /**
   * Cuts off what the leader does not have (KR-9).
   * @throws {FatalRaftError} if that was committed
   */
  *truncateToDivergence(leader: EpochEndOffset, epoch: number): Task {
    const own = this.#endOffsetFor(leader.epoch);
    const toOffset = own.epoch === leader.epoch ? Math.min(own.endOffset, leader.endOffset) : own.endOffset;
    if (toOffset < this.#log.highWatermark)
      throw new FatalRaftError(`${this.#context.name}: the leader of epoch ${epoch} parts from this log at offset ${toOffset}, below the high watermark ${this.#log.highWatermark}`);
    yield* this.#log.truncateTo(toOffset);
    yield* this.#log.flushEpochs();
    this.#bytes.truncatedTo(this.#log.logEndOffset);
    this.#observe({ kind: 'raft-truncated', node: this.#options.nodeId, epoch, toOffset: this.#log.logEndOffset });
  }

  /** Whole batches from `fromOffset`, none that reaches `upToOffset`. A view, valid until the reader next waits. */
  read(fromOffset: Offset, maxBytes: number, upToOffset: Offset): Task<Uint8Array> {
    return this.#log.read(fromOffset, maxBytes, upToOffset, true);
  }

  /**
   * Keeps what an image of the committed log says, as a snapshot of that name; durable when it returns. Others may append meanwhile.
   * @returns false: it was not needed any more, or was there
   */
  *createSnapshot(id: SnapshotId, content: Uint8Array): Task<boolean> {
    if (id.endOffset > this.highWatermark) throw new RangeError(`${this.#context.name}: a snapshot up to ${id.endOffset}, above the high watermark ${this.highWatermark}`);
    const writer = id.endOffset < this.startOffset ? undefined : this.snapshots.begin(id);
    if (writer === undefined) return false;
    yield* writer.append(content);
    yield* writer.freeze();
    // The log may have given way to a later one meanwhile.
    yield* this.snapshots.removeBefore(this.startOffset);
    return true;
  }

  /** A log that ends before the newest snapshot does gives way to it as a whole: it is empty then, and begins there. @returns whether it has */
  *truncateToLatestSnapshot(epoch: number): Task<boolean> {
    const { latest } = this.snapshots;
    const latestEpoch = this.#log.latestEpoch ?? 0;
    if (latest === undefined || latest.epoch < latestEpoch || (latest.epoch === latestEpoch && latest.endOffset <= this.endOffset)) return false;
    // The snapshot is durable: a crash in the middle of this changes nothing any more.
    this.#observe({ kind: 'raft-snapshot-loaded', node: this.#options.nodeId, epoch, endOffset: latest.endOffset, snapshotEpoch: latest.epoch });
    yield* this.#log.truncateFullyAndStartAt(latest.endOffset);
    yield* this.snapshots.removeBefore(latest.endOffset);
    this.#bytes.truncatedTo(0);
    return true;
  }

  /**
   * Forgets the oldest snapshot, and what of the log lies below the next one, while log and snapshots together are larger than metadata.max.retention.bytes
   * or the oldest is older than metadata.max.retention.ms. The newest stays.
   */
  *clean(nowMs: number): Task {
    const { 'metadata.max.retention.bytes': maxBytes, 'metadata.max.retention.ms': maxMs } = this.#options.config;
    const isTooLarge = (): boolean => maxBytes >= 0 && this.#log.sizeInBytes + this.snapshots.sizeInBytes > maxBytes;
    for (let [oldest, next] = this.snapshots.ids; oldest !== undefined && next !== undefined; [oldest, next] = this.snapshots.ids) {
      const isDue = isTooLarge() || (maxMs >= 0 && nowMs - (yield* this.snapshots.timestampOf(oldest)) > maxMs);
      // After a start less may be known to be committed than the snapshot says.
      if (!isDue || next.endOffset > this.highWatermark || !this.#log.raiseLogStartOffset(next.endOffset)) return;
      yield* this.#log.deleteOldSegments(nowMs);
      yield* this.snapshots.removeBefore(next.endOffset);
    }
  }

  /** Where the largest known epoch ≤ `epoch` ends. Of an epoch that lies before all of the log the first snapshot is all that is known. */
  #endOffsetFor(epoch: number): EpochEndOffset {
    const { earliest } = this.snapshots;
    const end = this.#log.endOffsetFor(epoch);
    if (end === undefined) return { epoch: this.end.lastEpoch, endOffset: this.endOffset };
    return end.epoch === epoch && end.endOffset === earliest?.endOffset ? earliest : end;
  }

  *#sync(): Task {
    if (this.#options.isSynced) yield* this.#log.flush();
  }

  #observe(observation: Observation): void {
    this.#context.observe(observation);
  }
}
