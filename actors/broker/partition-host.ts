/** @module What a partition knows of the broker it is on, and asks of it. */
import type { ActorContext } from '../../runtime/index.ts';
import type { MetadataImage } from '../metadata/metadata-image.ts';
import type { BrokerOptions } from './broker-options.ts';
import type { Partition } from './partition.ts';

export interface PartitionHost {
  readonly context: ActorContext;
  readonly options: BrokerOptions;
  readonly image: MetadataImage;
  /** Of this broker. */
  brokerEpoch(): number;
  /** A change of the in-sync set waits to be proposed. */
  proposed(partition: Partition): void;
}
