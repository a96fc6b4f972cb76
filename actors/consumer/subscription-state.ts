/** @module What a consumer reads, and where it stands in each partition. */
import type { Micros } from '../../runtime/index.ts';
import { UsageError } from '../client/client-errors.ts';
import { partitionName } from '../client/topic-partition.ts';
import type { TopicPartition } from '../client/topic-partition.ts';
import type { Offset } from '../log/record-batch.ts';
import type { OffsetLookup } from './offset-lookups.ts';

/** A partition that is read. It is the same object as long as it stays assigned. */
export interface AssignedPartition extends TopicPartition {
  /** Offset of the next record for the application; undefined: it is being looked up, or will be. */
  position: Offset | undefined;
  /** The look-up of a position after a reset (RS-1). */
  reset: OffsetLookup | undefined;
  /** Something fetched waits for the application; nothing more is fetched meanwhile. */
  isBuffered: boolean;
  /** As the last fetch said; −1 before. */
  highWatermark: Offset;
  logStartOffset: Offset;
  /** Fetches in a row that were refused, and the leader epoch of the last: wait until `retryAt`, or for a newer leader. */
  failures: number;
  failedEpoch: number;
  retryAt: Micros;
}

export class SubscriptionState {
  /** In the order in which they are fetched and returned. */
  #partitions = new Map<string, AssignedPartition>();

  get partitions(): Iterable<AssignedPartition> {
    return this.#partitions.values();
  }

  get isEmpty(): boolean {
    return this.#partitions.size === 0;
  }

  /** Reads these from now on, and no others. Those that were read before keep their position. @returns those that are not read any more */
  assign(partitions: readonly TopicPartition[]): readonly AssignedPartition[] {
    const before = this.#partitions;
    this.#partitions = new Map(partitions.map((partition) => [partitionName(partition), before.get(partitionName(partition)) ?? unpositioned(partition)]));
    return [...before.values()].filter((partition) => !this.isAssigned(partition));
  }

  isAssigned(partition: AssignedPartition): boolean {
    return this.#partitions.get(partitionName(partition)) === partition;
  }

  find({ topic, partition }: TopicPartition): AssignedPartition | undefined {
    return this.#partitions.get(partitionName({ topic, partition }));
  }

  /** @throws {UsageError} IllegalStateException if it is not assigned */
  get(partition: TopicPartition): AssignedPartition {
    const assigned = this.find(partition);
    if (assigned === undefined) throw new UsageError('IllegalStateException', `No current assignment for partition ${partitionName(partition)}`);
    return assigned;
  }

  /** It has had its turn: the others come first now. */
  moveToEnd(partition: AssignedPartition): void {
    const name = partitionName(partition);
    if (this.#partitions.delete(name)) this.#partitions.set(name, partition);
  }
}

function unpositioned({ topic, partition }: TopicPartition): AssignedPartition {
  return { topic, partition, position: undefined, reset: undefined, isBuffered: false, highWatermark: -1, logStartOffset: -1, failures: 0, failedEpoch: -1, retryAt: 0 };
}
