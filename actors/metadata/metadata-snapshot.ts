/**
 * @module
 * What an image says, as records that make it again from nothing: the content of a snapshot of the metadata log (KR-4). Batches of magic 2,
 * as in the log, between a header and a footer:
 *
 *     SNAPSHOT_HEADER │ brokers, then each topic with its config and its partitions … │ SNAPSHOT_FOOTER
 *
 * Offsets count from 0, the epoch is the snapshot's own. The bytes depend on nothing but the log: every node writes the same for the same id.
 */
import { encodeControlBatch, encodeRecordBatch } from '../log/records.ts';
import type { ControlType } from '../log/records.ts';
import { lastOffsetOf, maxTimestampOf, stampBatch } from '../log/record-batch.ts';
import type { SnapshotId } from '../protocol/quorum-messages.ts';
import { MetadataImage } from './metadata-image.ts';
import { decodeMetadataBatches, encodeMetadataRecord } from './metadata-record.ts';
import type { MetadataRecord } from './metadata-record.ts';

/** Kafka's own: records in one batch of a snapshot. */
const BATCH_RECORDS = 1_024;
const encoder = new TextEncoder();

/** Of an image that holds nothing but what is committed. */
export function snapshotIdOf({ lastOffset, lastEpoch }: MetadataImage): SnapshotId {
  return { endOffset: lastOffset + 1, epoch: lastEpoch };
}

export function encodeSnapshot(image: MetadataImage): Uint8Array {
  const { lastEpoch: epoch, lastTimestamp: timestamp } = image;
  const control = (type: ControlType, value: object): Uint8Array => encodeControlBatch(type, encoder.encode(JSON.stringify(value)), timestamp);
  const records = [...recordsOf(image)].map((record) => encodeMetadataRecord(record, timestamp));
  const batches = [control('SNAPSHOT_HEADER', { version: 0, lastContainedLogTimestamp: timestamp })];
  for (let from = 0; from < records.length; from += BATCH_RECORDS) batches.push(encodeRecordBatch(records.slice(from, from + BATCH_RECORDS)));
  batches.push(control('SNAPSHOT_FOOTER', { version: 0 }));
  const bytes = new Uint8Array(batches.reduce((size, { length }) => size + length, 0));
  let position = 0;
  let baseOffset = 0;
  for (const batch of batches) {
    stampBatch(batch, 0, baseOffset, epoch);
    bytes.set(batch, position);
    position += batch.length;
    baseOffset = lastOffsetOf(batch) + 1;
  }
  return bytes;
}

/** The image that a whole snapshot holds. */
export function decodeSnapshot({ endOffset, epoch }: SnapshotId, bytes: Uint8Array): MetadataImage {
  const image = new MetadataImage();
  image.replay(decodeMetadataBatches(bytes));
  image.lastOffset = endOffset - 1;
  image.lastEpoch = epoch;
  image.lastTimestamp = maxTimestampOf(bytes);
  return image;
}

function* recordsOf(image: MetadataImage): IterableIterator<MetadataRecord> {
  for (const { inControlledShutdown, ...broker } of image.brokers.values()) yield { type: 'RegisterBroker', ...broker, ...(inControlledShutdown ? { inControlledShutdown } : {}) };
  for (const { name, topicId, config, partitions } of image.topics.values()) {
    yield { type: 'Topic', name, topicId };
    for (const [key, value] of config) yield { type: 'Config', topic: name, name: key, value };
    for (const [partition, registration] of partitions) yield { type: 'Partition', topic: name, partition, ...registration };
  }
}
