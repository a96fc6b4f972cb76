/**
 * @module
 * What changed between versions of Kafka, as one object of named switches, each read at the one place where its rule lives.
 * A historic bug is a switch, not a fork of the code. Defaults are Kafka 4.2's; `protocols.ts` has the presets that bear the names of versions.
 */
import type { ConfigDefinition, ConfigOf } from './config/config-definition.ts';
import { choice, flag } from './config/keys.ts';

/** How a follower finds the end of what it shares with its leader, from the oldest to the newest (§1.10). `broker/truncation.ts` says what each does. */
export const TRUNCATIONS = ['hw', 'kip101', 'kip279', 'kip320', 'fetch-epoch'] as const;
export type Truncation = (typeof TRUNCATIONS)[number];

const SWITCHES = {
  truncation: choice(TRUNCATIONS, 'fetch-epoch', 'How a follower finds the end of what it shares with its leader (B1, B2, B3, B5).'),
  epochStartsAtFirstAppend: flag(false, "Before 2.0.1 (KAFKA-7415): a new leader's epoch begins with its first append, not as it takes office (LEC-2)."),
  matchesFetchByOffsetAlone: flag(false, 'KAFKA-18991, fixed in 4.1 (B8): a fetch answer is matched by its offset alone, not by the leader epoch it was asked in (FT-2).'),
  appendsLaterEpochs: flag(false, 'KAFKA-18723, fixed in 4.0: a follower appends batches of later epochs than it asked in (FT-4).'),
  followersServeConsumers: flag(true, 'Since 2.4 (KIP-392): a replica that does not lead answers consumers, too, up to its own high watermark (F-2).'),
  hwMovesOnDivergence: flag(false, 'KAFKA-14704, fixed in 3.4: a follower takes over the high watermark of an answer that says its log diverges (HW-5).'),
  hwAdvancesUnderMinIsr: flag(false, 'Before 3.7 (KAFKA-15583, B20): the high watermark moves even while too few replicas are in sync (HW-1).'),
  isrExpandAtHw: flag(false, "Before 2.0.1 (KAFKA-7128): a follower joins the in-sync set at the high watermark, below the start of the leader's epoch (FS-5)."),
  countsPendingShrink: flag(false, 'Never released (KAFKA-8836, B10): a pending shrink of the in-sync set counts before the controller has accepted it (AP-5).'),
  isrWithoutBrokerEpochs: flag(false, 'Before 3.5 (KIP-903): AlterPartition and Fetch carry no broker epochs, so that a replica that lost its log may be counted in sync (FS-1).'),
  eligibleLeaderReplicas: flag(true, 'Eligible leader replicas (KIP-966), since 4.1 (EL-6). Without them the last replica standing stays in sync (EL-5, B16).'),
  electsLastKnownLeader: flag(true, 'With eligible leader replicas: when none is left, the last leader is elected, with whatever log it has (EL-2, B17).'),
  electsFencedLastKnownLeader: flag(false, 'KAFKA-19522, fixed in 4.1: the last known leader is elected even if it is fenced (EL-2).'),
  bumpsLeaderEpochOnShrink: flag(false, 'Before 3.6 (KAFKA-15021): the leader epoch rises with every shrink of the in-sync set (EL-4).'),
  fencesNewerLeaders: flag(false, 'KAFKA-14154, fixed in 3.3 (B23): a controller answers FENCED_LEADER_EPOCH to a leader that is newer than what it knows (AP-1).'),
  fencedBrokersHaveNoSession: flag(false, 'Up to 3.9: whoever comes after a broker that is fenced registers at once, be it restarted within its session (BL-1).'),
  unfencesEarly: flag(false, 'B59: a broker is unfenced before it has read the metadata log up to its registration (BL-3).'),
  preVote: flag(true, 'Pre-vote (KIP-996), since 4.0 (KR-1).'),
  quorumWithoutFsync: flag(false, 'B56: votes and the metadata log are not durable before they are acknowledged (KR-8).'),
  segmentsWithoutDirectorySync: flag(false, "Before 3.0 (KAFKA-3968): a new segment's directory entry is not synced, so that a loss of power may take the file (ST-6)."),
  recoveryKeepsGaps: flag(true, 'Recovery looks at each segment by itself: where one has lost its tail between two batches, the next is kept, and offsets are missing (RC-3).'),
  appendsAfterIoError: flag(false, 'KAFKA-10778, fixed in 2.8 (B21): the log goes on being appended to after a write that failed (DF-6).'),
} as const;

/** One value for every switch. */
export type ProtocolVariant = ConfigOf<typeof SWITCHES>;

/** The switches as a user sets them: `--set protocol.truncation=hw`. */
export const PROTOCOL_DEFINITION: ConfigDefinition<typeof SWITCHES> = { name: 'protocol', keys: SWITCHES, notSimulated: [] };

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
  /** The leader's high watermark follows its followers down as well as up. */
  readonly highWatermarkFalls?: boolean;
  /** A deposed leader goes on leading, in the epoch of its successor. */
  readonly staysLeader?: boolean;
  /** A follower cuts off its log so many records below its high watermark when it hears of a new leader. */
  readonly followerForgets?: number;
  /** A follower does not say which epoch its log ends with, and goes on after whatever stands there. */
  readonly fetchesBlindly?: boolean;
  /** A follower takes over what the metadata log says of a partition once more a second later, whatever it has said since. */
  readonly appliesMetadataTwice?: boolean;
  /** The controller calls no election unclean. */
  readonly hidesUncleanElections?: boolean;
  /** Compaction removes the last record of a key, too. */
  readonly compactsLastValues?: boolean;
  /** Each look at what is too old deletes everything that is committed. */
  readonly retainsNothing?: boolean;
  /** A leader answers every so-manieth batch with acks=1, and does not append it. */
  readonly answersWithoutAppend?: number;
  /** A leader appends every so-manieth batch twice. */
  readonly appendsTwice?: number;
  /** A consumer sends no Fetch any more from this moment on, µs. */
  readonly stopsFetchingAt?: number;
  /** A voter of the quorum gives its vote to everybody who asks. */
  readonly votesForEverybody?: boolean;
  /** The leader of the quorum commits what it has written itself. */
  readonly commitsAlone?: boolean;
}
