/**
 * @module
 * The face of the quorum for whoever builds on it, here the controller: who leads, what is committed, and for the leader a way to append.
 *
 *     append ──linger──► one batch, durable here ──Fetch──► durable on a majority ──► high watermark ──► read
 */
import { MILLISECOND, done } from '../../runtime/index.ts';
import type { ActorContext, Micros, Signal, Task } from '../../runtime/index.ts';
import { encodeRecordBatch } from '../log/records.ts';
import type { RecordData } from '../log/records.ts';
import type { Offset } from '../log/record-batch.ts';
import { KafkaError } from '../protocol/errors.ts';
import type { SnapshotId } from '../protocol/quorum-messages.ts';
import type { RaftRequest } from '../protocol/messages.ts';
import { Conversations } from './conversations.ts';
import type { RaftOptions } from './raft-config.ts';
import { RaftMetrics } from './raft-metrics.ts';
import { RaftNode } from './raft-node.ts';
import { RequestHandlers } from './request-handlers.ts';
import { leaderOf, onResign } from './role.ts';

const NO_BYTES = new Uint8Array(0);

/** The node leads this epoch, which begins with its own record at this offset. */
export interface LeaderEpoch {
  readonly epoch: number;
  readonly epochStartOffset: Offset;
}

/** What the leader has taken and not written yet. */
interface Accumulated {
  readonly epoch: number;
  readonly records: RecordData[];
  /** The offset that the next record will get. */
  nextOffset: Offset;
}

export class RaftClient {
  readonly #node: RaftNode;
  readonly #handlers: RequestHandlers;
  readonly #hasRecords: Signal;
  #accumulated: Accumulated | undefined;

  private constructor(node: RaftNode) {
    this.#node = node;
    this.#handlers = new RequestHandlers(node);
    this.#hasRecords = node.context.signal();
  }

  /** Opens what is on the disk and joins the quorum. Requests are taken from now on. */
  static *open(context: ActorContext, options: RaftOptions): Task<RaftClient> {
    const node = yield* RaftNode.open(context, options);
    const client = new RaftClient(node);
    context.spawn(node.watchDeadlines());
    context.spawn(new Conversations(node).run());
    context.spawn(client.#writeAccumulated());
    context.spawn(node.cleanLog());
    return client;
  }

  get epoch(): number {
    return this.#node.epoch;
  }

  /** The leader of the epoch, as far as this node knows. */
  get leaderId(): number | undefined {
    return leaderOf(this.#node.role, this.#node.nodeId);
  }

  /** Undefined unless this node leads. */
  get leadership(): LeaderEpoch | undefined {
    const { role } = this.#node;
    return role.kind === 'leader' ? { epoch: role.epoch, epochStartOffset: role.leadership.epochStartOffset } : undefined;
  }

  /** Offsets below are committed. */
  get highWatermark(): Offset {
    return this.#node.log.highWatermark;
  }

  get logStartOffset(): Offset {
    return this.#node.log.startOffset;
  }

  /** Notified when the role, the end of the log or the high watermark has changed. */
  get progress(): Signal {
    return this.#node.progress;
  }

  /** From now on its metrics are told so often. */
  sampleMetrics(intervalUs: Micros): void {
    const { context } = this.#node;
    context.spawn(new RaftMetrics(this.#node, intervalUs).follow());
  }

  handle(request: RaftRequest): Task<object> {
    return this.#handlers.handle(request);
  }

  /**
   * Committed batches, whole, from this offset on (KR-10). A view, valid until the reader next waits. Empty, too, if the log does not go back so
   * far any more: its beginning may have given way to a snapshot while this waited (KR-4).
   */
  *read(fromOffset: Offset, maxBytes: number): Task<Uint8Array> {
    const { log } = this.#node;
    if (fromOffset < log.startOffset) return NO_BYTES;
    const batches = yield* log.read(fromOffset, maxBytes, this.highWatermark);
    return fromOffset < log.startOffset ? NO_BYTES : batches;
  }

  /** The newest snapshot; undefined: there is none. */
  get latestSnapshotId(): SnapshotId | undefined {
    return this.#node.log.snapshots.latest;
  }

  /** All of a snapshot. Undefined: it is not there any more. A view, valid until the reader next waits. */
  *readSnapshot(id: SnapshotId): Task<Uint8Array | undefined> {
    const { snapshots } = this.#node.log;
    const size = snapshots.sizeOf(id);
    return size === undefined ? undefined : yield* snapshots.read(id, 0, size);
  }

  /** Keeps what the log says below the end offset of `id`, which must be committed; durable when it returns. @returns false: it was not needed any more */
  createSnapshot(id: SnapshotId, content: Uint8Array): Task<boolean> {
    return this.#node.createSnapshot(id, content);
  }

  /** Bytes of the batches that were committed since this node started and are in no snapshot that it started with. */
  get committedBytes(): number {
    return this.#node.log.committedBytes;
  }

  /** The offset that the next record appended in this epoch will get. @throws {KafkaError} NOT_CONTROLLER unless this node leads the epoch */
  nextOffset(epoch: number): Offset {
    return this.#accumulatorOf(epoch).nextOffset;
  }

  /**
   * Adds records at the end; those of one call lie in one batch, so that all of them become committed or none (KR-11, KR-13).
   * @throws {KafkaError} NOT_CONTROLLER unless this node leads the epoch
   */
  append(epoch: number, records: readonly RecordData[]): void {
    const accumulated = this.#accumulatorOf(epoch);
    accumulated.records.push(...records);
    accumulated.nextOffset += records.length;
    this.#hasRecords.notify();
  }

  /** Lays down the leadership of this epoch, if the node has it, and tells the others so that they need not wait (KR-2). */
  *resign(epoch: number): Task {
    const node = this.#node;
    yield* node.event(this.#layDown(epoch));
  }

  /** For a process that is about to end: who leads lays that down and waits for a successor, as long as an election takes. */
  *shutDown(): Task {
    const node = this.#node;
    const { leadership } = this;
    if (leadership === undefined || node.otherVoters.length === 0) return;
    yield* this.resign(leadership.epoch);
    while (node.role.kind === 'resigned') yield* node.progress.wait();
  }

  #layDown(epoch: number): Task {
    const { role, rules } = this.#node;
    return role.kind === 'leader' && role.epoch === epoch ? this.#node.become(onResign(role, rules)) : done(undefined);
  }

  #accumulatorOf(epoch: number): Accumulated {
    const { role, log } = this.#node;
    // An earlier offset is the LeaderChange record's, which is not written yet.
    if (role.kind !== 'leader' || role.epoch !== epoch || log.endOffset <= role.leadership.epochStartOffset) throw new KafkaError('NOT_CONTROLLER');
    if (this.#accumulated?.epoch !== epoch) this.#accumulated = { epoch, records: [], nextOffset: log.endOffset };
    return this.#accumulated;
  }

  /** Writes what was appended, so long after the first of it (controller.quorum.append.linger.ms), as one batch. */
  *#writeAccumulated(): Task {
    const { context, options } = this.#node;
    const lingerUs = options.config['controller.quorum.append.linger.ms'] * MILLISECOND;
    for (;;) {
      if (!this.#hasUnwritten()) yield* this.#hasRecords.wait();
      if (lingerUs > 0) yield* context.sleep(lingerUs);
      yield* this.#node.event(this.#drain());
    }
  }

  #hasUnwritten(): boolean {
    return this.#accumulated !== undefined && this.#accumulated.records.length > 0;
  }

  *#drain(): Task {
    const { role } = this.#node;
    const accumulated = this.#accumulated;
    // Another epoch may have begun meanwhile, with nothing to write yet.
    if (accumulated === undefined || accumulated.records.length === 0) return;
    if (role.kind !== 'leader' || role.epoch !== accumulated.epoch) {
      this.#accumulated = undefined;
      return;
    }
    const batch = encodeRecordBatch(accumulated.records.splice(0));
    yield* this.#node.append(role, batch);
  }
}
