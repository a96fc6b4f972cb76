import { expect, it } from 'vitest';
import { controlTypeOf } from '../log/records.ts';
import { batchPositions, baseOffsetOf, lastOffsetOf, partitionLeaderEpochOf } from '../log/record-batch.ts';
import { MetadataImage } from './metadata-image.ts';
import type { MetadataRecord, PartitionRecord } from './metadata-record.ts';
import { decodeSnapshot, encodeSnapshot, snapshotIdOf } from './metadata-snapshot.ts';

const broker = (brokerId: number): MetadataRecord => ({ type: 'RegisterBroker', brokerId, incarnationId: `i${brokerId}`, brokerEpoch: brokerId, fenced: true, host: `broker-${brokerId}`, port: 9092 });
const partition = (topic: string, index: number): PartitionRecord => ({
  type: 'Partition', topic, partition: index, replicas: [1, 2, 3], isr: [1, 2], elr: [3], lastKnownElr: [], addingReplicas: [], removingReplicas: [], leader: 1, leaderEpoch: 0, partitionEpoch: 0, leaderRecoveryState: 0,
});

/** All that can be said: brokers fenced and shutting down, configs set and taken back, topics changed, removed and made again. */
const HISTORY: readonly MetadataRecord[] = [
  broker(1), broker(2), broker(3),
  { type: 'BrokerRegistrationChange', brokerId: 2, brokerEpoch: 2, fenced: false },
  { type: 'BrokerRegistrationChange', brokerId: 2, brokerEpoch: 2, inControlledShutdown: true },
  { type: 'Topic', name: 'orders', topicId: 'a' }, partition('orders', 0), partition('orders', 1),
  { type: 'Topic', name: 'bills', topicId: 'b' }, partition('bills', 0),
  { type: 'Config', topic: 'bills', name: 'min.insync.replicas', value: '2' },
  { type: 'Config', topic: 'bills', name: 'retention.ms', value: '5' },
  { type: 'Config', topic: 'bills', name: 'min.insync.replicas', value: null },
  { type: 'PartitionChange', topic: 'orders', partition: 1, leader: 2, isr: [2], addingReplicas: [4], replicas: [1, 2, 3, 4] },
  { type: 'RemoveTopic', name: 'orders', topicId: 'a' },
  { type: 'Topic', name: 'orders', topicId: 'c' }, partition('orders', 0),
  { type: 'PartitionChange', topic: 'bills', partition: 0, leader: -1, isr: [], elr: [1], lastKnownElr: [1], leaderRecoveryState: 1 },
  { type: 'NoOp' },
];

function imageOf(records: readonly MetadataRecord[], from = new MetadataImage()): MetadataImage {
  const base = from.lastOffset + 1;
  from.replay({ records: records.map((record, i) => ({ record, offset: base + i })), end: { offset: base + records.length, epoch: 7, timestamp: 1_000 + base } });
  return from;
}

const everythingIn = (image: MetadataImage): unknown => ({
  brokers: [...image.brokers], topics: [...image.topics.values()].map(({ config, partitions, ...topic }) => ({ ...topic, config: [...config], partitions: [...partitions] })), at: [image.lastOffset, image.lastEpoch, image.lastTimestamp],
});

it('KR-4: a snapshot makes the image again from which it was made, at any point of its history', () => {
  for (let length = 0; length <= HISTORY.length; length += 1) {
    const image = imageOf(HISTORY.slice(0, length));
    const again = decodeSnapshot(snapshotIdOf(image), encodeSnapshot(image));
    expect(everythingIn(again)).toEqual(everythingIn(image));
    expect(again.topicById('b')?.name).toBe(image.topicById('b')?.name);
  }
});

it('KR-4: who goes on from a snapshot writes the same bytes later as who has read the whole log', () => {
  const whole = imageOf(HISTORY);
  for (let length = 0; length < HISTORY.length; length += 1) {
    const before = imageOf(HISTORY.slice(0, length));
    const after = imageOf(HISTORY.slice(length), decodeSnapshot(snapshotIdOf(before), encodeSnapshot(before)));
    after.lastTimestamp = whole.lastTimestamp;
    expect(encodeSnapshot(after)).toEqual(encodeSnapshot(whole));
  }
});

it('KR-4: a snapshot is whole batches between a header and a footer, with offsets from 0 and the epoch of its name', () => {
  const bytes = encodeSnapshot(imageOf(Array.from({ length: 1_500 }, (_, i) => broker(i))));
  const positions = [...batchPositions(bytes)];
  expect([positions.length, controlTypeOf(bytes), controlTypeOf(bytes, positions.at(-1))]).toEqual([4, 'SNAPSHOT_HEADER', 'SNAPSHOT_FOOTER']);
  expect(positions.map((position) => [baseOffsetOf(bytes, position), lastOffsetOf(bytes, position), partitionLeaderEpochOf(bytes, position)])).toEqual([[0, 0, 7], [1, 1_024, 7], [1_025, 1_500, 7], [1_501, 1_501, 7]]);
});

it('KR-4: a broker that loads a snapshot acts on what is not as it was', () => {
  const image = imageOf(HISTORY.slice(0, 13));
  const changed = image.become(decodeSnapshot({ endOffset: HISTORY.length, epoch: 7 }, encodeSnapshot(imageOf(HISTORY))));
  // orders-1 is gone, orders-0 is of another topic, bills-0 has changed.
  expect(changed).toEqual([{ topic: 'orders', partition: 1 }, { topic: 'bills', partition: 0 }, { topic: 'orders', partition: 0 }]);
  expect(everythingIn(image)).toEqual(everythingIn(imageOf(HISTORY)));
  expect(image.become(decodeSnapshot(snapshotIdOf(image), encodeSnapshot(image)))).toEqual([]);
});
