/** @module Test support: partitions of brokers 0, 1 and 2, as the metadata log says. */
import type { PartitionRegistration } from '../metadata/metadata-image.ts';
import { RECOVERED } from '../metadata/metadata-record.ts';

/** Leader epoch 5, partition epoch 9, unless said otherwise. */
export function partition(change: Partial<PartitionRegistration> = {}): PartitionRegistration {
  return {
    replicas: [0, 1, 2], isr: [0, 1, 2], elr: [], lastKnownElr: [], addingReplicas: [], removingReplicas: [],
    leader: 0, leaderEpoch: 5, partitionEpoch: 9, leaderRecoveryState: RECOVERED, ...change,
  };
}

/** Who is active. */
export function active(...brokers: readonly number[]): (brokerId: number) => boolean {
  return (brokerId) => brokers.includes(brokerId);
}
