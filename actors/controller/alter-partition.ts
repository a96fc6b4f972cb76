/** @module Whether a leader's wish to change its in-sync set may be done (AP-1). */
import type { BrokerRegistration, PartitionRegistration } from '../metadata/metadata-image.ts';
import type { AlterPartitionRequest } from '../protocol/messages.ts';
import type { ErrorName } from '../protocol/errors.ts';
import { RECOVERED, RECOVERING } from '../metadata/metadata-record.ts';
import type { ProtocolVariant } from '../protocol-variant.ts';

export type AlterPartitionItem = AlterPartitionRequest['topics'][number]['partitions'][number];

type AlterPartitionVariant = Pick<ProtocolVariant, 'fencesNewerLeaders' | 'isrWithoutBrokerEpochs'>;

/** A broker epoch of −1 in a request: not known, not checked. */
const UNKNOWN_EPOCH = -1;

/** The first rule that the request breaks, in Kafka's order; NONE if it may be done. The broker's own epoch and the topic were checked before. */
export function validateAlterPartition(
  brokerId: number,
  item: AlterPartitionItem,
  registration: PartitionRegistration | undefined,
  brokers: ReadonlyMap<number, BrokerRegistration>,
  variant: AlterPartitionVariant,
): ErrorName {
  if (registration === undefined) return 'UNKNOWN_TOPIC_OR_PARTITION';
  const stale = epochError(item, registration, brokerId, variant);
  if (stale !== undefined) return stale;
  const isr = item.newIsrWithEpochs;
  if (isr.some((member) => !registration.replicas.includes(member.brokerId))) return 'INVALID_REQUEST';
  if (!isr.some((member) => member.brokerId === brokerId)) return 'INVALID_REQUEST';
  if (item.leaderRecoveryState === RECOVERING && (isr.length > 1 || registration.leaderRecoveryState === RECOVERED)) return 'INVALID_REQUEST';
  const isIneligible = isr.some(({ brokerId: id, brokerEpoch }) => !isEligible(brokers.get(id), variant.isrWithoutBrokerEpochs ? UNKNOWN_EPOCH : brokerEpoch));
  return isIneligible ? 'INELIGIBLE_REPLICA' : 'NONE';
}

function epochError(item: AlterPartitionItem, registration: PartitionRegistration, brokerId: number, { fencesNewerLeaders }: AlterPartitionVariant): ErrorName | undefined {
  const isNewer = item.leaderEpoch > registration.leaderEpoch || item.partitionEpoch > registration.partitionEpoch;
  // The leader knows more than this controller, which must be a stale one.
  if (isNewer && !fencesNewerLeaders) return 'NOT_CONTROLLER';
  if (item.leaderEpoch !== registration.leaderEpoch) return 'FENCED_LEADER_EPOCH';
  if (registration.leader !== brokerId) return 'INVALID_REQUEST';
  return item.partitionEpoch === registration.partitionEpoch ? undefined : 'INVALID_UPDATE_VERSION';
}

function isEligible(broker: BrokerRegistration | undefined, brokerEpoch: number): boolean {
  if (broker === undefined || broker.fenced || broker.inControlledShutdown) return false;
  return brokerEpoch === UNKNOWN_EPOCH || brokerEpoch === broker.brokerEpoch;
}
