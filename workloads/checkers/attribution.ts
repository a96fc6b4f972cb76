/**
 * @module
 * When the loss of a committed record is by design: the one place that says so. W5 names the exceptions, and each must be seen to have happened,
 * in this order:
 *
 * power loss of the whole in-sync set, or of the last replica standing (Kafka does not fsync before it acknowledges, ST-3; B15, B16):
 *
 *     process-stopped power-loss ─► log-opened, without all that had been appended ─► leader-started,
 *     and in that epoch every member of the controller's in-sync set, which it was when the power went, has lost the record so. A replica that
 *     has it and is not in sync does not help (EL-5). With eligible leader replicas this is no excuse: whoever did not shut down cleanly is
 *     neither in sync nor eligible when it is back (EL-10), and comes to lead by an unclean election only.
 *
 * unclean election (B19), or that of the last known leader, which eligible leader replicas allow even where unclean election is off (EL-2, B17):
 *
 *     partition-changed isUnclean ─► leader-started, without the record
 *
 * What was appended in an epoch before such a leader's, in the range it lacks, may be gone. Everything else that is gone is an anomaly.
 *
 * For as long as the controller has not noticed, a member of its in-sync set that lost power may be without what is committed, and so may one that was
 * elected uncleanly; a leader that does not know that it was deposed may commit what a removal has taken from everybody else.
 */
import type { Promises } from './checker.ts';
import type { Rift } from './committed-chain.ts';
import type { Election, PartitionHistory, Replica, Term } from './partition-history.ts';
import { clockTime } from './words.ts';

export const POWER_LOSS_OF_ISR = 'power loss of the whole in-sync set without fsync';
export const POWER_LOSS_OF_LAST_REPLICA = 'power loss of the last replica standing without fsync';
export const POWER_LOSS_OF_MEMBER = 'power loss of a member of the in-sync set without fsync';
export const UNCLEAN_ELECTION = 'unclean.leader.election.enable=true';
export const LAST_KNOWN_LEADER = 'election of the last known leader (eligible.leader.replicas)';

/** A broker lost power. */
export interface PowerLoss {
  readonly at: number;
  /** The fault that did it, if it said so. */
  readonly strike: string | undefined;
}

/** A replica reopened its log after a power loss without the offsets from `from` up to but not including `upTo`. */
export interface Loss {
  readonly from: number;
  readonly upTo: number;
  readonly power: PowerLoss;
  readonly reopenedAt: number;
}

/** A leader took office without these offsets, and the configuration allows it. */
export interface Removal {
  readonly cause: string;
  readonly from: number;
  readonly upTo: number;
  /** Records of earlier epochs are gone. */
  readonly leaderEpoch: number;
  readonly at: number;
  /** What happened, in a sentence. */
  readonly story: string;
}

/** Why a replica may lack something for the time being, and what happened, in a sentence. */
export interface Excuse {
  readonly cause: string;
  readonly story: string;
}

/** What a power loss took from a replica that has just opened its log; undefined: nothing. `unchangedBelow`: the log is there what it was. */
export function lossOnReopening(before: Replica, unchangedBelow: number, endBefore: number, power: PowerLoss | undefined, now: number): Loss | undefined {
  if (power === undefined || power.at < before.openedAt) return before.loss;
  const upTo = Math.max(endBefore, before.loss?.upTo ?? 0);
  const from = Math.min(unchangedBelow, before.loss?.from ?? Infinity);
  return from < upTo ? { from, upTo, power, reopenedAt: now } : undefined;
}

/** What is still missing once a follower has fetched the offsets from `baseOffset` up to but not including `end`. */
export function lossAfterFetch(loss: Loss, baseOffset: number, end: number): Loss | undefined {
  if (end >= loss.upTo) return undefined;
  return baseOffset <= loss.from && end > loss.from ? { ...loss, from: end } : loss;
}

/** What the partition loses, by design, as this leader takes office. `rift`: what it lacks of what was committed. */
export function removalsOnTakingOffice(partition: PartitionHistory, term: Term, rift: Rift | undefined, { eligibleLeaderReplicas }: Pick<Promises, 'eligibleLeaderReplicas'>): Removal[] {
  return [uncleanRemoval(partition, term, rift), eligibleLeaderReplicas ? undefined : powerLossRemoval(partition, term)].filter((removal) => removal !== undefined);
}

function uncleanRemoval(partition: PartitionHistory, { broker, leaderEpoch, startOffset, startedAt }: Term, rift: Rift | undefined): Removal | undefined {
  const election = uncleanElectionOf(partition, broker, leaderEpoch);
  if (election === undefined) return undefined;
  const story = `${electedUncleanly(broker, election)} and became leader in epoch ${leaderEpoch} with log end offset ${startOffset}.`;
  return { cause: causeOf(election), from: Math.min(startOffset, rift?.from ?? Infinity), upTo: Infinity, leaderEpoch, at: startedAt, story };
}

/** The elected one may have died before it led, and been elected anew in a later epoch: nobody else could be. */
function uncleanElectionOf({ elections, terms }: PartitionHistory, broker: number, leaderEpoch: number): Election | undefined {
  const election = elections.findLast(({ isUnclean, leader, leaderEpoch: epoch }) => isUnclean && leader === broker && epoch <= leaderEpoch);
  if (election === undefined || terms.some((earlier) => earlier.leaderEpoch >= election.leaderEpoch && earlier.leaderEpoch < leaderEpoch)) return undefined;
  return election;
}

function causeOf({ isOfLastKnownLeader }: Election): string {
  return isOfLastKnownLeader ? LAST_KNOWN_LEADER : UNCLEAN_ELECTION;
}

function electedUncleanly(broker: number, { isOfLastKnownLeader, at }: Election): string {
  return `broker ${broker} was elected ${isOfLastKnownLeader ? 'as the last known leader' : 'uncleanly'} at ${clockTime(at)}`;
}

function powerLossRemoval(partition: PartitionHistory, { broker, leaderEpoch, startedAt }: Term): Removal | undefined {
  const isr = partition.election(leaderEpoch)?.isr ?? [];
  if (!isr.includes(broker)) return undefined;
  let from = 0;
  let upTo = Infinity;
  for (const member of isr) {
    const loss = partition.replicas.get(member)?.loss;
    if (loss === undefined || hasJoinedSince(partition, member, loss)) return undefined;
    from = Math.max(from, loss.from);
    upTo = Math.min(upTo, loss.upTo);
  }
  if (from >= upTo) return undefined;
  const own = partition.replicas.get(broker)!.loss!;
  const story = `${reopened(broker, own)}, and became leader in epoch ${leaderEpoch} with in-sync set [${isr.join(', ')}].`;
  return { cause: survivesOutside(partition, isr, upTo) ? POWER_LOSS_OF_LAST_REPLICA : POWER_LOSS_OF_ISR, from, upTo, leaderEpoch, at: startedAt, story };
}

/** Whoever was not in sync when the power went owes everything that was committed when it joined. */
function hasJoinedSince(partition: PartitionHistory, member: number, { power }: Loss): boolean {
  return (partition.joinedAt.get(member) ?? 0) > power.at;
}

/** A replica that is not in sync has what the only member lost (B16). */
function survivesOutside({ replicas, committed }: PartitionHistory, isr: readonly number[], upTo: number): boolean {
  if (isr.length > 1 || committed.endOffset > upTo) return false;
  for (const [id, { log }] of replicas) if (!isr.includes(id) && log.contains(committed.tip)) return true;
  return false;
}

function reopened(broker: number, { from, upTo, power }: Loss): string {
  const strike = power.strike === undefined ? '' : ` (strike ${power.strike})`;
  return `broker ${broker} lost power at ${clockTime(power.at)}${strike}, reopened its log at offset ${from} where it had reached ${upTo}`;
}

/** The removal that covers all of a rift. */
export function removalFor(removals: readonly Removal[], { from, upTo, committedIn }: Rift): Removal | undefined {
  return removals.find((removal) => removal.from <= from && upTo <= removal.upTo && committedIn < removal.leaderEpoch);
}

/** What allows a replica that could be elected to be without what this leader has committed, for now; undefined: nothing does. */
export function allowedLack(partition: PartitionHistory, member: number, { from, upTo }: Rift, leaderEpoch: number): Excuse | undefined {
  const loss = partition.replicas.get(member)?.loss;
  if (loss !== undefined && loss.from <= from && upTo <= loss.upTo && !hasJoinedSince(partition, member, loss)) return { cause: POWER_LOSS_OF_MEMBER, story: `${reopened(member, loss)}.` };
  const election = uncleanElectionOf(partition, member, partition.lastElection?.leaderEpoch ?? -1);
  if (election !== undefined) return { cause: causeOf(election), story: `${electedUncleanly(member, election)}.` };
  return partition.removals.find((removal) => removal.leaderEpoch > leaderEpoch && removal.from < upTo);
}

/** What allows a record that got this offset in this epoch to be gone; undefined: nothing does. An epoch of −1 is not known, and excuses nothing. */
export function allowedRemoval(partition: PartitionHistory, offset: number, leaderEpoch: number): Removal | undefined {
  if (leaderEpoch < 0) return undefined;
  return partition.removals.find((removal) => removal.from <= offset && offset < removal.upTo && leaderEpoch < removal.leaderEpoch);
}

/** When a record that got this offset in this epoch went: a leader took office, or committed, without it. Undefined: nobody was seen to. */
export function lostAt(partition: PartitionHistory, offset: number, leaderEpoch: number): number | undefined {
  const disappearance = partition.disappearances.find(({ from, upTo, term }) => from <= offset && offset < upTo && leaderEpoch <= term.leaderEpoch);
  return disappearance?.at ?? allowedRemoval(partition, offset, leaderEpoch)?.at ?? (leaderEpoch < 0 ? undefined : partition.firstTermWithout(offset, leaderEpoch)?.startedAt);
}

/** What allows this offset to hold something else than it once did, whichever epoch wrote it. */
export function allowedRewrite(partition: PartitionHistory, offset: number): Removal | undefined {
  return partition.removals.find((removal) => removal.from <= offset && offset < removal.upTo);
}
