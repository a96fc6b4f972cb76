/** @module What the controller makes of a leader's wish to change its in-sync set (AP-1, AP-2). */
import type { BrokerRegistration, PartitionRegistration } from '../metadata/metadata-image.ts';
import type { AlterPartitionRequest } from '../protocol/messages.ts';
import type { ErrorName } from '../protocol/errors.ts';

export type AlterPartitionItem = AlterPartitionRequest['topics'][number]['partitions'][number];

const RECOVERED = 0;
const RECOVERING = 1;
/** A broker epoch of −1 in a request: not known, not checked. */
const UNKNOWN_EPOCH = -1;

/** The first rule that the request breaks, in Kafka's order (AP-1); NONE if it may be done. The broker's own epoch was checked before. */
export function validateAlterPartition(brokerId: number, item: AlterPartitionItem, registration: PartitionRegistration | undefined, brokers: ReadonlyMap<number, BrokerRegistration>): ErrorName {
  if (registration === undefined) return 'UNKNOWN_TOPIC_OR_PARTITION';
  // The leader knows more than this controller, which must be a stale one.
  if (item.leaderEpoch > registration.leaderEpoch || item.partitionEpoch > registration.partitionEpoch) return 'NOT_CONTROLLER';
  if (item.leaderEpoch < registration.leaderEpoch) return 'FENCED_LEADER_EPOCH';
  if (registration.leader !== brokerId) return 'INVALID_REQUEST';
  if (item.partitionEpoch < registration.partitionEpoch) return 'INVALID_UPDATE_VERSION';
  const isr = item.newIsrWithEpochs;
  if (isr.some((member) => !registration.replicas.includes(member.brokerId))) return 'INVALID_REQUEST';
  if (!isr.some((member) => member.brokerId === brokerId)) return 'INVALID_REQUEST';
  if (item.leaderRecoveryState === RECOVERING && (isr.length > 1 || registration.leaderRecoveryState === RECOVERED)) return 'INVALID_REQUEST';
  if (isr.some(({ brokerId: id, brokerEpoch }) => !isEligible(brokers.get(id), brokerEpoch))) return 'INELIGIBLE_REPLICA';
  return 'NONE';
}

function isEligible(broker: BrokerRegistration | undefined, brokerEpoch: number): boolean {
  if (broker === undefined || broker.fenced || broker.inControlledShutdown) return false;
  return brokerEpoch === UNKNOWN_EPOCH || brokerEpoch === broker.brokerEpoch;
}
