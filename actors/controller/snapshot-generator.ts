/**
 * @module
 * When a controller writes a snapshot of the metadata (KR-4): after so many bytes of new records, or so long after the last one, whenever
 * something is committed. Nothing is looked at but two numbers until then.
 */
import { MILLISECOND } from '../../runtime/index.ts';
import type { ActorContext, Micros, Task } from '../../runtime/index.ts';
import type { BrokerConfig } from '../config/broker-config.ts';
import type { Offset } from '../log/record-batch.ts';
import type { MetadataImage } from '../metadata/metadata-image.ts';
import { encodeSnapshot, snapshotIdOf } from '../metadata/metadata-snapshot.ts';
import type { RaftClient } from '../raft/raft-client.ts';

export type SnapshotConfig = Pick<BrokerConfig, 'metadata.log.max.record.bytes.between.snapshots' | 'metadata.log.max.snapshot.interval.ms'>;

export class SnapshotGenerator {
  readonly #context: ActorContext;
  readonly #raft: RaftClient;
  readonly #maxBytes: number;
  readonly #maxUs: Micros;
  readonly #committedImage: () => Task<MetadataImage>;
  /** What is committed below has been looked at. */
  #seenOffset: Offset = 0;
  #bytesBefore = 0;
  #lastAt: Micros;
  #isAtWork = false;
  /** Size of the last snapshot written here, in bytes, and when that was; a process begins as if it had just written an empty one. */
  latestBytes = 0;
  latestAt: Micros;

  /** @param committedImage makes an image that holds what is committed and nothing else */
  constructor(context: ActorContext, raft: RaftClient, config: SnapshotConfig, committedImage: () => Task<MetadataImage>) {
    this.#context = context;
    this.#raft = raft;
    this.#maxBytes = config['metadata.log.max.record.bytes.between.snapshots'];
    this.#maxUs = config['metadata.log.max.snapshot.interval.ms'] * MILLISECOND;
    this.#committedImage = committedImage;
    this.#lastAt = context.now;
    this.latestAt = context.now;
  }

  /** Everything below is committed now. */
  committedUpTo(highWatermark: Offset): void {
    if (highWatermark <= this.#seenOffset) return;
    this.#seenOffset = highWatermark;
    const isDue = this.#raft.committedBytes - this.#bytesBefore >= this.#maxBytes || (this.#maxUs > 0 && this.#context.now - this.#lastAt >= this.#maxUs);
    if (!isDue || this.#isAtWork) return;
    this.#restart();
    this.#isAtWork = true;
    this.#context.spawn(this.#write());
  }

  /** A snapshot was read, of another node or of one's own: counting begins anew. */
  hasLoaded(): void {
    this.#restart();
  }

  #restart(): void {
    this.#bytesBefore = this.#raft.committedBytes;
    this.#lastAt = this.#context.now;
  }

  *#write(): Task {
    const image = yield* this.#committedImage();
    // Nothing may wait between these two: the image is what the id says.
    const id = snapshotIdOf(image);
    const content = encodeSnapshot(image);
    if (id.endOffset > (this.#raft.latestSnapshotId?.endOffset ?? 0) && (yield* this.#raft.createSnapshot(id, content))) {
      this.latestBytes = content.length;
      this.latestAt = this.#context.now;
    }
    this.#isAtWork = false;
  }
}
