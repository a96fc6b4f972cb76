/**
 * @module
 * Which partition a record goes to (PR-1): the one it names; else by the hash of its key; else the topic's sticky one, which changes
 * when it has taken about batch.size bytes, at a random draw among the partitions that have a leader.
 * Left out: the adaptive choice by the length of queues (partitioner.adaptive.partitioning.enable).
 */
import type { Random } from '../../runtime/index.ts';
import { murmur2 } from './murmur2.ts';

/** What the partitioner asks about a topic. */
export interface PartitionerView {
  /** Number of partitions, at least 1. */
  partitionCount(topic: string): number;
  hasLeader(topic: string, partition: number): boolean;
}

interface Sticky {
  partition: number;
  bytes: number;
}

export class Partitioner {
  readonly #random: Random;
  readonly #view: PartitionerView;
  readonly #stickyBytes: number;
  readonly #sticky = new Map<string, Sticky>();

  constructor(random: Random, view: PartitionerView, batchSizeBytes: number) {
    this.#random = random;
    this.#view = view;
    this.#stickyBytes = Math.max(1, batchSizeBytes);
  }

  /** The partition of a record that names none. */
  choose(topic: string, key: Uint8Array | null): number {
    if (key !== null) return (murmur2(key) & 0x7fff_ffff) % this.#view.partitionCount(topic);
    let sticky = this.#sticky.get(topic);
    if (sticky === undefined) {
      sticky = { partition: this.#draw(topic), bytes: 0 };
      this.#sticky.set(topic, sticky);
    }
    return sticky.partition;
  }

  /** A record without a key went to the sticky partition. It may change now, unless a batch stands there half full; then at the double. */
  appended(topic: string, bytes: number, leavesBatchOpen: boolean): void {
    const sticky = this.#sticky.get(topic);
    if (sticky === undefined) return;
    sticky.bytes += bytes;
    if (sticky.bytes < (leavesBatchOpen ? 2 : 1) * this.#stickyBytes) return;
    sticky.partition = this.#draw(topic);
    sticky.bytes = 0;
  }

  #draw(topic: string): number {
    const all = Array.from({ length: this.#view.partitionCount(topic) }, (_, partition) => partition);
    const led = all.filter((partition) => this.#view.hasLeader(topic, partition));
    return this.#random.pick(led.length === 0 ? all : led);
  }
}
