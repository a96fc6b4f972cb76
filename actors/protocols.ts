/**
 * @module
 * Presets of the protocol's switches. A preset behaves as the first release of its version did (2.0 as 2.0.0), in what the switches cover, and has
 * the defaults of that version's configuration. Whatever the version, the controllers are a KRaft quorum, the leader changes in-sync
 * sets by AlterPartition, and records are batches of magic 2: ZooKeeper and older record formats are not simulated.
 */
import { parseConfig } from './config/config-definition.ts';
import { PROTOCOL_DEFINITION } from './protocol-variant.ts';
import type { ProtocolVariant } from './protocol-variant.ts';

export interface Protocol {
  readonly says: string;
  /** Whose defaults of the configuration hold, e.g. `2.4`. */
  readonly version: string;
  readonly variant: ProtocolVariant;
}

const V4_2 = parseConfig(PROTOCOL_DEFINITION, {});
/** From version to version backwards: what it did not have yet. */
const V4_0: ProtocolVariant = { ...V4_2, matchesFetchByOffsetAlone: true, eligibleLeaderReplicas: false, electsFencedLastKnownLeader: true };
const V3_9: ProtocolVariant = { ...V4_0, appendsLaterEpochs: true, preVote: false, fencedBrokersHaveNoSession: true };
const V3_6: ProtocolVariant = { ...V3_9, hwAdvancesUnderMinIsr: true };
const V2_8: ProtocolVariant = {
  ...V3_6,
  hwMovesOnDivergence: true,
  isrWithoutBrokerEpochs: true,
  bumpsLeaderEpochOnShrink: true,
  fencesNewerLeaders: true,
  segmentsWithoutDirectorySync: true,
};
const V2_4: ProtocolVariant = { ...V2_8, truncation: 'kip320', appendsAfterIoError: true };
const V2_0: ProtocolVariant = { ...V2_4, truncation: 'kip279', followersServeConsumers: false, epochStartsAtFirstAppend: true, isrExpandAtHw: true };
const V0_11: ProtocolVariant = { ...V2_0, truncation: 'kip101' };
const V0_10: ProtocolVariant = { ...V0_11, truncation: 'hw' };
const HARDENED: ProtocolVariant = { ...V4_2, electsLastKnownLeader: false, recoveryKeepsGaps: false };

/** By name, newest first. */
export const PROTOCOLS: Readonly<Record<string, Protocol>> = {
  '4.2': { says: 'Apache Kafka 4.2: divergence found in Fetch, strict min ISR, eligible leader replicas, pre-vote.', version: '4.2', variant: V4_2 },
  '4.0': { says: 'No eligible leader replicas: the last replica standing stays in sync. Fetch answers are matched by offset alone (KAFKA-18991).', version: '4.0', variant: V4_0 },
  '3.9': { says: 'Before pre-vote; a follower appends batches of later epochs than it asked in (KAFKA-18723).', version: '3.9', variant: V3_9 },
  '3.6': { says: 'Before strict min ISR: the high watermark moves on a single replica (KAFKA-15583).', version: '3.6', variant: V3_6 },
  '2.8': { says: 'The first with divergence found in Fetch, and KAFKA-14704 in it; no broker epochs in in-sync sets yet (KIP-903).', version: '2.8', variant: V2_8 },
  '2.4': { says: 'A follower asks for the end of its epoch before it fetches; leader epochs fence both requests (KIP-320).', version: '2.4', variant: V2_4 },
  '2.0': { says: 'A follower asks for the end of its epoch, back through its epochs (KIP-279); nothing fences a stale leader or follower.', version: '2.0', variant: V2_0 },
  '0.11': { says: 'A follower asks for the end of its latest epoch, once (KIP-101): logs may diverge after fast failovers.', version: '0.11', variant: V0_11 },
  '0.10': { says: 'A follower cuts its log at its own high watermark: committed records may be lost, and logs diverge.', version: '0.10', variant: V0_10 },
  hardened: { says: 'No version of Kafka: 4.2 in which a partition waits for an eligible leader rather than elect the last known one (B17), and a log that is recovered ends where offsets are missing.', version: '4.2', variant: HARDENED },
};
