/**
 * @module
 * Who leads a partition, and who is in sync, after brokers came or went (§1.11). Pure functions from a registration to the change
 * record that the controller writes, or to nothing.
 */
import { NO_LEADER } from '../metadata/metadata-image.ts';
import type { PartitionRegistration, TopicPartition } from '../metadata/metadata-image.ts';
import type { PartitionChangeRecord } from '../metadata/metadata-record.ts';

/** Whether a broker is registered, unfenced and not shutting down. */
export type IsActive = (brokerId: number) => boolean;

/**
 * The leader of an ONLINE election from this in-sync set (EL-1, EL-2): the present one if valid, else the first valid replica in
 * replica order, else none. Unclean elections and eligible leader replicas are further steps of the same ladder.
 */
export function electLeader(partition: PartitionRegistration, targetIsr: readonly number[], isActive: IsActive): number {
  const isValid = (replica: number): boolean => targetIsr.includes(replica) && isActive(replica);
  if (isValid(partition.leader)) return partition.leader;
  return partition.replicas.find(isValid) ?? NO_LEADER;
}

/**
 * The change after which the in-sync set is `targetIsr` and a valid leader is elected (EL-3, EL-4, EL-5); undefined if nothing changes.
 * Without eligible leader replicas a set that would become empty is not written: its last member stays, and nobody leads.
 */
export function changeIsr({ topic, partition }: TopicPartition, registration: PartitionRegistration, targetIsr: readonly number[], isActive: IsActive): PartitionChangeRecord | undefined {
  const isr = targetIsr.length === 0 ? lastStanding(registration) : targetIsr;
  const leader = electLeader(registration, isr, isActive);
  const isrChanged = isr.length !== registration.isr.length || isr.some((replica) => !registration.isr.includes(replica));
  const leaderChanged = leader !== registration.leader;
  if (!isrChanged && !leaderChanged) return undefined;
  return { type: 'PartitionChange', topic, partition, ...(isrChanged ? { isr } : {}), ...(leaderChanged ? { leader } : {}) };
}

/** EL-5: the last replica standing. */
function lastStanding({ isr, leader }: PartitionRegistration): readonly number[] {
  return isr.includes(leader) ? [leader] : isr.slice(0, 1);
}

/** A broker is fenced, or restarts: it leaves every in-sync set it can leave, and leads nothing (EL-7, EL-10). */
export function withoutBroker(at: TopicPartition, registration: PartitionRegistration, brokerId: number, isActive: IsActive): PartitionChangeRecord | undefined {
  const isActiveNow: IsActive = (replica) => replica !== brokerId && isActive(replica);
  if (!registration.isr.includes(brokerId) && registration.leader !== brokerId) return undefined;
  return changeIsr(at, registration, registration.isr.filter((replica) => replica !== brokerId), isActiveNow);
}

/** A broker is unfenced: where nobody leads, it may (EL-8). It returns to in-sync sets only by AlterPartition. */
export function withBroker(at: TopicPartition, registration: PartitionRegistration, isActive: IsActive): PartitionChangeRecord | undefined {
  if (registration.leader !== NO_LEADER) return undefined;
  return changeIsr(at, registration, registration.isr, isActive);
}
