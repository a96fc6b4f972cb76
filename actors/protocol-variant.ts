/**
 * @module
 * What changed between versions of Kafka, as one object of named switches, each read at the one place where its rule lives.
 * A historic bug is a switch, not a fork of the code. Presets bear the names of versions.
 */

export interface ProtocolVariant {
  /** How a follower finds the end of what it shares with its leader (§1.10). */
  readonly truncation: 'fetch-epoch';
  /** Before 3.7 (KAFKA-15583): the high watermark moves even while too few replicas are in sync (HW-1). */
  readonly hwAdvancesUnderMinIsr: boolean;
  /** Without the second half of FS-5: a follower may join the in-sync set at the high watermark, below the start of the leader's epoch. */
  readonly isrExpandAtHw: boolean;
}

export const PROTOCOLS: Readonly<Record<string, { readonly says: string; readonly variant: ProtocolVariant }>> = {
  '4.2': {
    says: 'Apache Kafka 4.2: divergence found in Fetch, strict min ISR',
    variant: { truncation: 'fetch-epoch', hwAdvancesUnderMinIsr: false, isrExpandAtHw: false },
  },
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
