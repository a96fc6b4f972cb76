/**
 * @module
 * The metadata log as the active controller of one epoch writes it. A record takes effect in its memory when it is proposed, and counts when a
 * majority has it: requests are answered, and brokers see it, only then (KR-11).
 */
import { MILLISECOND } from '../../runtime/index.ts';
import type { ActorContext, Task } from '../../runtime/index.ts';
import type { Offset } from '../log/record-batch.ts';
import { encodeMetadataRecord } from '../metadata/metadata-record.ts';
import type { MetadataRecord } from '../metadata/metadata-record.ts';
import type { RaftClient } from '../raft/raft-client.ts';
import type { ControllerLog } from './controller-state.ts';

export class MetadataLog implements ControllerLog {
  readonly #context: ActorContext;
  readonly #raft: RaftClient;
  readonly #epoch: number;
  #nextOffset: Offset;

  /** @param epoch the node leads it, and everything before it is committed */
  constructor(context: ActorContext, raft: RaftClient, epoch: number) {
    this.#context = context;
    this.#raft = raft;
    this.#epoch = epoch;
    this.#nextOffset = raft.nextOffset(epoch);
  }

  get nextOffset(): Offset {
    return this.#nextOffset;
  }

  /** Of a controller that leads no more the records go nowhere: nobody will be told that they count. */
  propose(records: readonly MetadataRecord[]): void {
    this.#nextOffset += records.length;
    const timestamp = Math.floor(this.#context.clock() / MILLISECOND);
    if (this.#isLeader) this.#raft.append(this.#epoch, records.map((record) => encodeMetadataRecord(record, timestamp)));
  }

  *committed(offset: Offset): Task<boolean> {
    while (this.#isLeader && this.#raft.highWatermark < offset) yield* this.#raft.progress.wait();
    return this.#isLeader;
  }

  get #isLeader(): boolean {
    return this.#raft.leadership?.epoch === this.#epoch;
  }
}
