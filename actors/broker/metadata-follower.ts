/**
 * @module
 * A broker reads the metadata log as an observer and acts on it: each fetch as one delta, but the first time all of it in one step,
 * and not before its own registration stands in it (BL-4: STARTING). What the log said before then is of the incarnation before: a
 * broker that acted on it would take up a leadership that it held, with a log that a loss of power may have cut, and its
 * followers would cut theirs to match (seed 54 of first-cluster).
 */
import type { Task } from '../../runtime/index.ts';
import type { MetadataImage, TopicPartition } from '../metadata/metadata-image.ts';
import { decodeMetadataBatches } from '../metadata/metadata-record.ts';
import { decodeSnapshot } from '../metadata/metadata-snapshot.ts';
import type { Offset } from '../log/record-batch.ts';
import type { QuorumObserver } from './quorum-observer.ts';

export class MetadataFollower {
  readonly #quorum: QuorumObserver;
  readonly #image: MetadataImage;
  readonly #brokerEpoch: () => number;
  #lastAppliedOffset: Offset = -1;
  #lastAppliedTimestamp: number | undefined;
  readonly #publish: (changed: readonly TopicPartition[]) => Task;
  /** The broker has acted on what the log says of it: it may be unfenced. */
  hasPublished = false;

  /**
   * @param brokerEpoch offset of this incarnation's registration; −1 before it
   * @param publish brings the broker in line with the image, which has changed at these partitions
   */
  constructor(quorum: QuorumObserver, image: MetadataImage, brokerEpoch: () => number, publish: (changed: readonly TopicPartition[]) => Task) {
    this.#quorum = quorum;
    this.#image = image;
    this.#brokerEpoch = brokerEpoch;
    this.#publish = publish;
  }

  /** Of the last record that the broker has acted on, too; −1: of none. */
  get lastAppliedOffset(): Offset {
    return this.#lastAppliedOffset;
  }

  /** When that record was written, in ms, by the clock of the controller that did; undefined: there is none. */
  get lastAppliedTimestamp(): number | undefined {
    return this.#lastAppliedTimestamp;
  }

  *run(): Task {
    let unpublished: TopicPartition[] = [];
    for (;;) {
      const image = this.#image;
      const fetchOffset = image.lastOffset + 1;
      const fetched = yield* this.#quorum.fetch({ fetchOffset, lastFetchedEpoch: image.lastEpoch, highWatermark: fetchOffset });
      if (fetched === undefined) continue;
      if (fetched.snapshotId !== undefined) {
        // KR-4: what it lacks is not in the log any more, or not all of it.
        const content = yield* this.#quorum.fetchSnapshot(fetched.snapshotId);
        if (content !== undefined) unpublished.push(...image.become(decodeSnapshot(fetched.snapshotId, content)));
        continue;
      }
      unpublished.push(...image.replay(decodeMetadataBatches(fetched.records)));
      if (!this.hasPublished && !this.#hasRegistered()) continue;
      // History is not acted out: a broker that starts acts on what the log says in the end.
      const hasCaughtUp = image.lastOffset + 1 >= fetched.highWatermark;
      if (!hasCaughtUp) continue;
      const { lastOffset, lastTimestamp } = image;
      const changed = unpublished;
      unpublished = [];
      yield* this.#publish(changed);
      this.#lastAppliedOffset = lastOffset;
      this.#lastAppliedTimestamp = lastTimestamp;
      this.hasPublished = true;
    }
  }

  #hasRegistered(): boolean {
    const brokerEpoch = this.#brokerEpoch();
    return brokerEpoch >= 0 && this.#image.lastOffset >= brokerEpoch;
  }
}
