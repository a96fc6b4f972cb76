/**
 * @module
 * What changed between versions of Kafka, as one object of named switches, each read at the one place where its rule lives.
 * A historic bug is a switch, not a fork of the code. Presets bear the names of versions.
 */

/** How a follower finds the end of what it shares with its leader, from the oldest to the newest (§1.10). */
export const TRUNCATIONS = ['hw', 'kip101', 'kip279', 'kip320', 'fetch-epoch'] as const;
export type Truncation = (typeof TRUNCATIONS)[number];

export interface ProtocolVariant {
  readonly truncation: Truncation;
  /** Before 2.1 (KIP-320, B5): Fetch and OffsetForLeaderEpoch name no leader epoch, so a stale leader or follower is not found out. */
  readonly fetchesWithoutLeaderEpoch: boolean;
  /** Before 2.0 (KAFKA-7415): a new leader's epoch enters the cache with its first append, not as it takes office (LEC-2). */
  readonly epochStartsAtFirstAppend: boolean;
  /** KAFKA-18991, fixed in 4.1 (B8): a fetch answer is matched by its offset alone, not by the leader epoch it was asked in (FT-2). */
  readonly matchesFetchByOffsetAlone: boolean;
  /** KAFKA-18723, fixed in 4.0: a follower appends batches of later epochs than it asked in (FT-4). */
  readonly appendsLaterEpochs: boolean;
  /** KAFKA-14704, fixed in 3.4: a follower takes over the high watermark of an answer that says its log diverges (HW-5). */
  readonly hwMovesOnDivergence: boolean;
  /** Before 3.7 (KAFKA-15583, B20): the high watermark moves even while too few replicas are in sync (HW-1). */
  readonly hwAdvancesUnderMinIsr: boolean;
  /** Without the second half of FS-5: a follower may join the in-sync set at the high watermark, below the start of the leader's epoch. */
  readonly isrExpandAtHw: boolean;
  /** Never released (KAFKA-8836, B10): a pending shrink of the in-sync set counts before the controller has accepted it. */
  readonly countsPendingShrink: boolean;
  /** Before 3.5 (KIP-903): AlterPartition and Fetch carry no broker epochs, so a replica that lost its log may be counted in sync. */
  readonly isrWithoutBrokerEpochs: boolean;
  /** Eligible leader replicas (KIP-966), on for new clusters from 4.1 (EL-6). Off: the last replica standing stays in sync (EL-5, B16). */
  readonly eligibleLeaderReplicas: boolean;
  /** KAFKA-19522: the last known leader is elected even if it is fenced (EL-2). */
  readonly electsFencedLastKnownLeader: boolean;
  /** metadata.version before 3.6 (KAFKA-15021): the leader epoch rises with every shrink of the in-sync set (EL-4). */
  readonly bumpsLeaderEpochOnShrink: boolean;
  /** KAFKA-14154 (B23): a controller answers FENCED_LEADER_EPOCH to a leader that is newer than what it knows (AP-1). */
  readonly fencesNewerLeaders: boolean;
  /** B59: a broker is unfenced before it has read the metadata log up to its registration (BL-3). */
  readonly unfencesEarly: boolean;
  /** Pre-vote (KIP-996), since 4.0 (KR-1). */
  readonly preVote: boolean;
  /** B56: votes and the metadata log are not durable before they are acknowledged (KR-8). */
  readonly quorumWithoutFsync: boolean;
  /** Before 3.0: a new segment's directory entry is not synced, so that a loss of power may take the file (ST-6). */
  readonly segmentsWithoutDirectorySync: boolean;
  /** KAFKA-10778, fixed in 2.8 (B21): the log goes on being appended to after a write that failed (DF-6). */
  readonly appendsAfterIoError: boolean;
}

const V4_2: ProtocolVariant = {
  truncation: 'fetch-epoch',
  fetchesWithoutLeaderEpoch: false,
  epochStartsAtFirstAppend: false,
  matchesFetchByOffsetAlone: false,
  appendsLaterEpochs: false,
  hwMovesOnDivergence: false,
  hwAdvancesUnderMinIsr: false,
  isrExpandAtHw: false,
  countsPendingShrink: false,
  isrWithoutBrokerEpochs: false,
  eligibleLeaderReplicas: true,
  electsFencedLastKnownLeader: false,
  bumpsLeaderEpochOnShrink: false,
  fencesNewerLeaders: false,
  unfencesEarly: false,
  preVote: true,
  quorumWithoutFsync: false,
  segmentsWithoutDirectorySync: false,
  appendsAfterIoError: false,
};

export const PROTOCOLS: Readonly<Record<string, { readonly says: string; readonly variant: ProtocolVariant }>> = {
  '4.2': { says: 'Apache Kafka 4.2: divergence found in Fetch, strict min ISR, eligible leader replicas, pre-vote', variant: V4_2 },
};

/** Bugs that Kafka never had: planted by tests, to prove that the judges catch what they are there for. */
export interface PlantedBugs {
  /** acks=all answers after the leader's own append. */
  readonly acknowledgesBeforeCommit?: boolean;
  /** Consumers read to the end of the log. */
  readonly servesBeyondHighWatermark?: boolean;
  /** A new leader cuts off its log so many records below its high watermark. */
  readonly newLeaderForgets?: number;
  /** The leader moves its high watermark without asking its followers. */
  readonly ignoresFollowers?: boolean;
}
