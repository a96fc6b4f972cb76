/**
 * @module
 * A broker reads the metadata log as an observer and acts on it: each fetch as one delta, but the first time all of it in one step,
 * and not before its own registration stands in it (BL-4: STARTING). What the log said before then is of the incarnation before: a
 * broker that acted on it would take up a leadership that it held, with a log that a loss of power may have cut, and its
 * followers would cut theirs to match (seed 54 of first-cluster).
 */
import { MILLISECOND } from '../../runtime/index.ts';
import type { Task } from '../../runtime/index.ts';
import type { MetadataImage, TopicPartition } from '../metadata/metadata-image.ts';
import { METADATA_TOPIC, decodeMetadataRecords } from '../metadata/metadata-record.ts';
import { NONE } from '../protocol/errors.ts';
import { API_KEYS } from '../protocol/messages.ts';
import type { FetchRequest } from '../protocol/messages.ts';
import type { ControllerChannel } from './controller-channel.ts';

/** controller.quorum.fetch.timeout.ms. */
const FETCH_TIMEOUT_US = 2_000 * MILLISECOND;
/** How long the controller may hold a fetch back when there is nothing new. */
const MAX_WAIT_MS = 500;
const MAX_BYTES = 8_388_608;

export class MetadataFollower {
  readonly #channel: ControllerChannel;
  readonly #brokerId: number;
  readonly #image: MetadataImage;
  readonly #brokerEpoch: () => number;
  readonly #publish: (changed: readonly TopicPartition[]) => Task;
  /** The broker has acted on what the log says of it: it may be unfenced. */
  hasPublished = false;

  /**
   * @param brokerEpoch offset of this incarnation's registration; −1 before it
   * @param publish brings the broker in line with the image, which has changed at these partitions
   */
  constructor(channel: ControllerChannel, brokerId: number, image: MetadataImage, brokerEpoch: () => number, publish: (changed: readonly TopicPartition[]) => Task) {
    this.#channel = channel;
    this.#brokerId = brokerId;
    this.#image = image;
    this.#brokerEpoch = brokerEpoch;
    this.#publish = publish;
  }

  *run(): Task {
    let unpublished: TopicPartition[] = [];
    for (;;) {
      const answer = yield* this.#channel.call(this.#request(), FETCH_TIMEOUT_US);
      const fetched = answer?.responses[0]?.partitions[0];
      if (fetched?.errorCode !== NONE) continue;
      for (const { offset, record } of decodeMetadataRecords(fetched.records)) {
        unpublished.push(...this.#image.apply(record, offset));
      }
      if (!this.hasPublished && !this.#hasRegistered()) continue;
      // History is not acted out: a broker that starts acts on what the log says in the end.
      const hasCaughtUp = this.#image.lastOffset + 1 >= fetched.highWatermark;
      if (!hasCaughtUp) continue;
      const changed = unpublished;
      unpublished = [];
      yield* this.#publish(changed);
      this.hasPublished = true;
    }
  }

  #hasRegistered(): boolean {
    const brokerEpoch = this.#brokerEpoch();
    return brokerEpoch >= 0 && this.#image.lastOffset >= brokerEpoch;
  }

  #request(): FetchRequest {
    const fetchOffset = this.#image.lastOffset + 1;
    return {
      apiKey: API_KEYS.Fetch,
      clientId: null,
      replicaState: { replicaId: this.#brokerId, replicaEpoch: -1 },
      maxWaitMs: MAX_WAIT_MS,
      minBytes: 1,
      maxBytes: MAX_BYTES,
      isolationLevel: 0,
      topics: [{ topic: METADATA_TOPIC, topicId: null, partitions: [{ partition: 0, currentLeaderEpoch: -1, fetchOffset, lastFetchedEpoch: -1, logStartOffset: 0, partitionMaxBytes: MAX_BYTES }] }],
    };
  }
}
