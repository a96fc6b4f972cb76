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
 * unclean election (B19), where unclean.leader.election.enable is on:
 *
 *     partition-changed isUnclean ─► leader-started, without the record
 *
 * election of the last known leader, which eligible leader replicas allow even where unclean election is off (EL-2, B17). It is the one that led last, as
 * seen from outside, and has everything unless it lost power, or bits of its log rotted, since it came to be in sync:
 *
 *     partition-changed, in sync ─► power loss or rot ─► log-opened, without all that had been appended ─► partition-changed isUnclean ─► leader-started
 *
 * bit rot (the brokers look at a checksum when they recover a log, and when a follower appends; a leader hands out what stands in its file):
 *
 *     strike disk-bit-rot in a log ─► log-opened, which ends at the first batch that is not sound: as after a power loss
 *     strike disk-bit-rot in a log ─► its leader's consumers find a batch unreadable, its followers cannot fetch beyond it
 *     strike disk-bit-rot in a log ─► log-opened with sound batches at other offsets, or of other epochs, than before: neither is under the checksum
 *     (RB-1). The replica fetches on from there, believes that it has everything, and nobody can tell: from there on its log is another one.
 *
 * What rot does to offset and epoch of a batch while its log is in use, and to checkpoints, which have no checksum, is excused nowhere.
 *
 * What was appended in an epoch before such a leader's, in the range it lacks, may be gone. Everything else that is gone is an anomaly.
 *
 * For as long as the controller has not noticed, a member of its in-sync set that lost power may be without what is committed, and so may one that was
 * elected uncleanly; a leader that does not know that it was deposed may commit what a removal has taken from everybody else.
 */
import type { Promises } from './checker.ts';
import type { Rift } from './committed-chain.ts';
import type { DivergenceFound, Election, PartitionHistory, Replica, Term } from './partition-history.ts';
import { clockTime } from './words.ts';

export const POWER_LOSS_OF_ISR = 'power loss of the whole in-sync set without fsync';
export const POWER_LOSS_OF_LAST_REPLICA = 'power loss of the last replica standing without fsync';
export const POWER_LOSS_OF_MEMBER = 'power loss of a member of the in-sync set without fsync';
export const BIT_ROT_OF_ISR = 'bit rot in the logs of the whole in-sync set, where it did not lose power';
export const BIT_ROT_OF_MEMBER = 'bit rot in the log of a member of the in-sync set';
export const BIT_ROT_OF_LEADER = 'bit rot in the log of the leader';
export const BIT_ROT_UNSEEN = 'bit rot in an offset or epoch, which no checksum covers';
export const UNCLEAN_ELECTION = 'unclean.leader.election.enable=true';
export const LAST_KNOWN_LEADER = 'election of the last known leader (eligible.leader.replicas)';

/** A broker lost power, or bits of a log rotted. */
export interface Damage {
  readonly how: 'power-loss' | 'bit-rot';
  readonly at: number;
  /** The fault that did it, if it said so. */
  readonly strike: string | undefined;
}

/** A replica reopened its log after a damage without the offsets from `from` up to but not including `upTo`; Infinity: its log is another one from there on. */
export interface Loss {
  readonly from: number;
  readonly upTo: number;
  readonly damage: Damage;
  readonly reopenedAt: number;
  /** Bits of it had rotted: it may have opened with batches at offsets that are not theirs. */
  readonly isRotten: boolean;
}

/** A consumer could not read an offset of a log in which bits had rotted. */
export interface Unreadable {
  readonly consumer: string;
  readonly offset: number;
  readonly excuse: Excuse;
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

/** What a damage took from a replica that has just opened its log; undefined: nothing. `unchangedBelow`: the log, which reached `endBefore`, is there what it was. */
export function lossOnReopening(before: Replica, unchangedBelow: number, endBefore: number, power: Damage | undefined, now: number): Loss | undefined {
  const damage = power !== undefined && power.at >= before.openedAt ? power : before.rot;
  if (damage === undefined) return before.loss;
  const from = Math.min(unchangedBelow, before.loss?.from ?? Infinity);
  const isRotten = before.rot !== undefined || before.loss?.isRotten === true;
  const upTo = isRotten && before.log.endOffset > from ? Infinity : Math.max(endBefore, before.loss?.upTo ?? 0);
  return from < upTo ? { from, upTo, damage, reopenedAt: now, isRotten } : undefined;
}

/** What is still missing once a follower has fetched the offsets from `baseOffset` up to but not including `end`. */
export function lossAfterFetch(loss: Loss, baseOffset: number, end: number): Loss | undefined {
  if (loss.isRotten && baseOffset > loss.from) return { ...loss, upTo: Infinity };
  if (end >= loss.upTo) return undefined;
  return baseOffset <= loss.from && end > loss.from ? { ...loss, from: end } : loss;
}

/** What is missing once a replica has cut its log off at `toOffset`, which had reached `fromOffset`: the beginning of what it was, if the cut goes deep enough. */
export function lossAfterTruncation(loss: Loss, toOffset: number, fromOffset: number): Loss {
  return loss.upTo === Infinity && toOffset <= loss.from ? { ...loss, from: toOffset, upTo: fromOffset } : loss;
}

/** What the partition loses, by design, as this leader takes office. `rift`: what it lacks of what was committed. */
export function removalsOnTakingOffice(partition: PartitionHistory, term: Term, rift: Rift | undefined, { eligibleLeaderReplicas }: Pick<Promises, 'eligibleLeaderReplicas'>): Removal[] {
  return [uncleanRemoval(partition, term, rift), eligibleLeaderReplicas ? undefined : damageRemoval(partition, term), rotUnseenRemoval(partition, term)].filter((removal) => removal !== undefined);
}

function uncleanRemoval(partition: PartitionHistory, { broker, leaderEpoch, startOffset, startedAt }: Term, rift: Rift | undefined): Removal | undefined {
  const election = uncleanElectionOf(partition, broker, leaderEpoch);
  if (election === undefined) return undefined;
  const took = `and became leader in epoch ${leaderEpoch} with log end offset ${startOffset}.`;
  if (!election.isOfLastKnownLeader) return { cause: UNCLEAN_ELECTION, from: Math.min(startOffset, rift?.from ?? Infinity), upTo: Infinity, leaderEpoch, at: startedAt, story: `${electedUncleanly(broker, election)} ${took}` };
  const loss = lossOfLastKnownLeader(partition, broker, election);
  return loss && { cause: LAST_KNOWN_LEADER, from: loss.from, upTo: loss.upTo, leaderEpoch, at: startedAt, story: `${reopened(broker, loss)}, was elected as the last known leader at ${clockTime(election.at)} ${took}` };
}

/** Whoever led last has all that is committed, unless a damage has taken it since it came to be in sync: a process that merely died leaves its page cache whole. */
function lossOfLastKnownLeader(partition: PartitionHistory, broker: number, { leaderEpoch, memberSince }: Election): Loss | undefined {
  const loss = partition.replicas.get(broker)?.loss;
  if (loss === undefined || hasJoinedSince(loss, memberSince)) return undefined;
  // It may have been elected while it was away. If it has led with the loss, that was no such election.
  return partition.terms.some((term) => term.broker === broker && term.leaderEpoch < leaderEpoch && term.startedAt >= loss.reopenedAt) ? undefined : loss;
}

/** The unclean election by which a broker leads, if it was allowed. The elected one may have died before it led, and been elected anew in a later epoch: nobody else could be. */
function uncleanElectionOf({ elections, terms }: PartitionHistory, broker: number, leaderEpoch: number): Election | undefined {
  const election = elections.findLast(({ isUnclean, leader, leaderEpoch: epoch }) => isUnclean && leader === broker && epoch <= leaderEpoch);
  if (election === undefined || !(election.mayBeUnclean || election.isOfLastKnownLeader) || terms.some((earlier) => earlier.leaderEpoch >= election.leaderEpoch && earlier.leaderEpoch < leaderEpoch)) return undefined;
  return election;
}

function electedUncleanly(broker: number, { at }: Election): string {
  return `broker ${broker} was elected uncleanly at ${clockTime(at)}`;
}

function damageRemoval(partition: PartitionHistory, { broker, leaderEpoch, startedAt }: Term): Removal | undefined {
  const isr = partition.election(leaderEpoch)?.isr ?? [];
  if (!isr.includes(broker)) return undefined;
  let from = 0;
  let upTo = Infinity;
  let isByPowerAlone = true;
  for (const member of isr) {
    const loss = partition.replicas.get(member)?.loss;
    if (loss === undefined || hasJoinedSince(loss, partition.joinedAt.get(member))) return undefined;
    from = Math.max(from, loss.from);
    upTo = Math.min(upTo, loss.upTo);
    isByPowerAlone &&= loss.damage.how === 'power-loss';
  }
  if (from >= upTo) return undefined;
  const own = partition.replicas.get(broker)!.loss!;
  const story = `${reopened(broker, own)}, and became leader in epoch ${leaderEpoch} with in-sync set [${isr.join(', ')}].`;
  const cause = survivesOutside(partition, isr, upTo) ? POWER_LOSS_OF_LAST_REPLICA : POWER_LOSS_OF_ISR;
  return { cause: isByPowerAlone ? cause : BIT_ROT_OF_ISR, from, upTo, leaderEpoch, at: startedAt, story };
}

/** A leader whose log is another one since bits of it rotted: whoever follows it keeps what it has, and consumers get what the leader has. */
function rotUnseenRemoval({ replicas }: PartitionHistory, { broker, leaderEpoch, startedAt }: Term): Removal | undefined {
  const loss = replicas.get(broker)?.loss;
  if (loss?.upTo !== Infinity) return undefined;
  return { cause: BIT_ROT_UNSEEN, from: loss.from, upTo: Infinity, leaderEpoch, at: startedAt, story: `${reopened(broker, loss)}, and became leader in epoch ${leaderEpoch}.` };
}

/** Whoever was not in sync when the power went owes everything that was committed when it joined. */
function hasJoinedSince({ damage, upTo, reopenedAt }: Loss, joinedAt = 0): boolean {
  // That its log is another one keeps nobody from joining. What has rotted is missed only when the log is opened.
  if (upTo === Infinity) return false;
  return joinedAt > (damage.how === 'power-loss' ? damage.at : reopenedAt);
}

/** A replica that is not in sync has what the only member lost (B16). */
function survivesOutside({ replicas, committed }: PartitionHistory, isr: readonly number[], upTo: number): boolean {
  if (isr.length > 1 || committed.endOffset > upTo) return false;
  for (const [id, { log }] of replicas) if (!isr.includes(id) && log.contains(committed.tip)) return true;
  return false;
}

function reopened(broker: number, { from, upTo, damage }: Loss): string {
  const as = upTo === Infinity ? `with other batches than before from offset ${from} on` : `at offset ${from} where it had reached ${upTo}`;
  return `${damaged(broker, damage)}, reopened its log ${as}`;
}

function damaged(broker: number, { how, at, strike }: Damage): string {
  return `broker ${broker} ${how === 'power-loss' ? 'lost power' : 'had bits of its log flipped'} at ${clockTime(at)}${strike === undefined ? '' : ` (strike ${strike})`}`;
}

/** The removal that covers all of a rift. */
export function removalFor(removals: readonly Removal[], { from, upTo, committedIn }: Rift): Removal | undefined {
  return removals.find((removal) => removal.from <= from && upTo <= removal.upTo && committedIn < removal.leaderEpoch);
}

/** What allows a replica that could be elected to be without what this leader has committed, for now; undefined: nothing does. */
export function allowedLack(partition: PartitionHistory, member: number, { from, upTo }: Rift, leaderEpoch: number): Excuse | undefined {
  const loss = partition.replicas.get(member)?.loss;
  if (loss !== undefined && loss.from <= from && upTo <= loss.upTo && !hasJoinedSince(loss, partition.joinedAt.get(member))) return { cause: loss.damage.how === 'power-loss' ? POWER_LOSS_OF_MEMBER : BIT_ROT_OF_MEMBER, story: `${reopened(member, loss)}.` };
  const election = uncleanElectionOf(partition, member, partition.lastElection?.leaderEpoch ?? -1);
  if (election?.isOfLastKnownLeader === false) return { cause: UNCLEAN_ELECTION, story: `${electedUncleanly(member, election)}.` };
  const ofLastKnown = election && lossOfLastKnownLeader(partition, member, election);
  if (ofLastKnown !== undefined && ofLastKnown.from <= from && upTo <= ofLastKnown.upTo) return { cause: LAST_KNOWN_LEADER, story: `${reopened(member, ofLastKnown)}, and was elected as the last known leader.` };
  const later = partition.removals.find((removal) => removal.leaderEpoch > leaderEpoch && removal.from < upTo);
  // Whoever shares a leader's log only up to where bits of it rotted is without what it wrote since.
  return later ?? partition.removals.find((removal) => removal.cause === BIT_ROT_UNSEEN && removal.leaderEpoch <= leaderEpoch && removal.from <= from);
}

/** What allows two logs to differ: that one of them, or of a leader they followed, is another one since bits of it rotted. */
export function allowedDivergence({ replicas, removals }: PartitionHistory, { replicas: both, partedAt }: Pick<DivergenceFound, 'replicas' | 'partedAt'>): Excuse | undefined {
  for (const broker of both) {
    const loss = replicas.get(broker)?.loss;
    if (loss?.upTo === Infinity && loss.from <= partedAt) return { cause: BIT_ROT_UNSEEN, story: `${reopened(broker, loss)}.` };
  }
  return removals.find(({ cause, from }) => cause === BIT_ROT_UNSEEN && from <= partedAt);
}

/** What allows a consumer to be given what nobody has committed at this offset: a leader whose log is another one from there on. */
export function allowedReading({ removals }: PartitionHistory, offset: number): Excuse | undefined {
  return removals.find(({ cause, from }) => cause === BIT_ROT_UNSEEN && from <= offset);
}

/** What keeps consumers and followers from reading what the leader has; undefined: nothing does. */
export function allowedSilence({ replicas }: PartitionHistory, leader: number): Excuse | undefined {
  const rot = replicas.get(leader)?.rot;
  return rot && { cause: BIT_ROT_OF_LEADER, story: `${damaged(leader, rot)}, and leads.` };
}

/** Why a consumer, who said so, could not read an offset. */
export function allowedUnread({ unreadable }: PartitionHistory, offset: number, consumer: string): Excuse | undefined {
  return unreadable.find((found) => found.offset === offset && found.consumer === consumer)?.excuse;
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

/** How far a consumer had read what a leader epoch wrote, when it was given something. */
export interface Mark {
  readonly offset: number;
  /** −1: not known, which excuses nothing. */
  readonly leaderEpoch: number;
}

/**
 * What allows a consumer not to be given what stands at an offset now: it had read beyond it what a removal has taken since, and does not look back (B6: its
 * position is not checked against epochs). From there on it misses nothing.
 */
export function allowedPassing(partition: PartitionHistory, marks: readonly Mark[], offset: number): Excuse | undefined {
  const removal = partition.removals.find(({ from, upTo, leaderEpoch }) => from <= offset && offset < upTo && marks.some((mark) => mark.offset >= offset && isBefore(mark, leaderEpoch)));
  return removal ?? allowedReading(partition, offset);
}

/** What allows a consumer that had read this to be given a lower offset next: its log had ended below, and auto.offset.reset took it back. */
export function allowedStepBack(partition: PartitionHistory, mark: Mark): Excuse | undefined {
  return partition.removals.find(({ from, leaderEpoch }) => from <= mark.offset && isBefore(mark, leaderEpoch)) ?? allowedReading(partition, mark.offset);
}

function isBefore(mark: Mark, leaderEpoch: number): boolean {
  return mark.leaderEpoch >= 0 && mark.leaderEpoch < leaderEpoch;
}
