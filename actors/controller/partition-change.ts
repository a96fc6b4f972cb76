/**
 * @module
 * From what shall become of a partition to the change record that the controller writes, or to none (EL-3 … EL-6, EL-14). In this
 * order: a reassignment that is through ends; eligible leader replicas are worked out; a leader is elected; the epochs follow.
 */
import { NO_LEADER } from '../metadata/metadata-image.ts';
import type { PartitionRegistration, TopicPartition } from '../metadata/metadata-image.ts';
import { RECOVERING } from '../metadata/metadata-record.ts';
import type { PartitionChangeRecord } from '../metadata/metadata-record.ts';
import type { ProtocolVariant } from '../protocol-variant.ts';
import { electLeader } from './election.ts';
import type { ElectionType, ElectionVariant, IsActive } from './election.ts';
import { completeReassignment } from './reassignment.ts';

/** What a partition shall become. What is absent stays. */
export interface PartitionTarget {
  readonly election?: ElectionType;
  readonly isr?: readonly number[];
  readonly replicas?: readonly number[];
  readonly addingReplicas?: readonly number[];
  readonly removingReplicas?: readonly number[];
  readonly leaderRecoveryState?: number;
  /** Its log may have lost what it acknowledged: not eligible any more (EL-10). */
  readonly uncleanShutdown?: number;
}

export interface PartitionRules {
  readonly isActive: IsActive;
  /** The topic's min.insync.replicas; that it cannot be more than there are replicas is seen to here. */
  readonly minInsyncReplicas: number;
  readonly variant: ElectionVariant & Pick<ProtocolVariant, 'bumpsLeaderEpochOnShrink'>;
}

/** The change after which the partition is as wanted and led by who may lead it; undefined: nothing changes. */
export function changePartition({ topic, partition }: TopicPartition, before: PartitionRegistration, target: PartitionTarget, rules: PartitionRules): PartitionChangeRecord | undefined {
  const { variant, isActive } = rules;
  const assigned = completeReassignment({
    replicas: target.replicas ?? before.replicas,
    isr: target.isr ?? before.isr,
    addingReplicas: target.addingReplicas ?? before.addingReplicas,
    removingReplicas: target.removingReplicas ?? before.removingReplicas,
  });
  const { replicas, addingReplicas, removingReplicas } = assigned;
  const minIsr = Math.min(rules.minInsyncReplicas, replicas.length);
  const eligible = eligibleLeaderReplicas(before, assigned.isr, replicas, minIsr, target.uncleanShutdown, variant);
  const elected = electLeader({ leader: before.leader, replicas, isr: assigned.isr, elr: eligible, lastKnownElr: before.lastKnownElr }, target.election ?? 'online', isActive, variant);

  // EL-3: whoever is elected from outside the in-sync set is all of it.
  const isFromElr = eligible.includes(elected.leader);
  const wantedIsr = elected.isUnclean || isFromElr ? [elected.leader] : assigned.isr;
  const elr = elected.isUnclean ? [] : eligible.filter((replica) => replica !== elected.leader);
  // EL-5: without eligible leader replicas a set that would become empty is not written.
  const isr = wantedIsr.length === 0 && !variant.eligibleLeaderReplicas ? before.isr : wantedIsr;

  const hasShrunk = before.isr.some((replica) => !isr.includes(replica));
  const hasLostReplica = before.replicas.some((replica) => !replicas.includes(replica));
  const bumpsLeaderEpoch = elected.leader !== before.leader || hasLostReplica || (variant.bumpsLeaderEpochOnShrink && hasShrunk);
  const recoveryState = elected.isUnclean ? RECOVERING : (target.leaderRecoveryState ?? before.leaderRecoveryState);

  const change: Omit<PartitionChangeRecord, 'type' | 'topic' | 'partition'> = {
    ...(isSame(replicas, before.replicas) ? {} : { replicas }),
    ...(isSame(isr, before.isr) ? {} : { isr }),
    ...(isSame(elr, before.elr) ? {} : { elr }),
    ...lastKnown(before, isr, elected.leader, variant),
    ...(isSame(addingReplicas, before.addingReplicas) ? {} : { addingReplicas }),
    ...(isSame(removingReplicas, before.removingReplicas) ? {} : { removingReplicas }),
    ...(bumpsLeaderEpoch ? { leader: elected.leader } : {}),
    ...(recoveryState === before.leaderRecoveryState ? {} : { leaderRecoveryState: recoveryState }),
  };
  return Object.keys(change).length === 0 ? undefined : { type: 'PartitionChange', topic, partition, ...change };
}

/** Whether a change makes somebody leader who may lack what was committed: neither in sync before it, nor eligible. */
export function isUncleanElection(before: PartitionRegistration, { leader }: Pick<PartitionChangeRecord, 'leader'>): boolean {
  return leader !== undefined && leader !== NO_LEADER && !before.isr.includes(leader) && !before.elr.includes(leader);
}

/**
 * EL-6: with fewer in sync than min.insync.replicas nothing more is committed (HW-1), so whoever leaves the set from there on has
 * all that ever was. It stays eligible until the set is large enough again, or its own log is doubtful.
 */
function eligibleLeaderReplicas(before: PartitionRegistration, isr: readonly number[], replicas: readonly number[], minIsr: number, uncleanShutdown: number | undefined, variant: ElectionVariant): readonly number[] {
  if (!variant.eligibleLeaderReplicas || isr.length >= minIsr) return [];
  const kept = [...before.elr, ...before.isr.filter((replica) => !before.elr.includes(replica))];
  return kept.filter((replica) => !isr.includes(replica) && replica !== uncleanShutdown && replicas.includes(replica));
}

/** EL-6: the last leader is remembered while nobody is in sync, and forgotten when somebody leads again. */
function lastKnown(before: PartitionRegistration, isr: readonly number[], leader: number, variant: ElectionVariant): { readonly lastKnownElr?: readonly number[] } {
  if (!variant.eligibleLeaderReplicas) return {};
  if (leader === NO_LEADER && isr.length === 0 && before.leader !== NO_LEADER) return { lastKnownElr: [before.leader] };
  return leader !== NO_LEADER && before.lastKnownElr.length > 0 ? { lastKnownElr: [] } : {};
}

/** Order counts: it is the order of preference, and what Kafka compares. */
function isSame(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((element, i) => element === b[i]);
}
