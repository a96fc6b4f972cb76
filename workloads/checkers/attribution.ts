/**
 * @module
 * When the loss of a committed record is by design. W5 names the exceptions, and each must be seen to have happened, in this order:
 *
 * power loss of the whole in-sync set (Kafka does not fsync before it acknowledges, ST-3):
 *
 *     process-stopped power-loss ─► log-opened, shorter than what had been appended ─► leader-started,
 *     and in that epoch every member of the controller's in-sync set has lost the record so. A replica that has it and is not in sync
 *     does not help (the last replica standing, EL-5).
 *
 * unclean election:
 *
 *     partition-changed isUnclean ─► leader-started, at an offset at or below the record's
 *
 * What was appended in an epoch before such a leader's, in the range it lacks, may be gone. Everything else that is gone is an anomaly.
 */
import type { PartitionHistory, Replica, Term } from './partition-history.ts';
import { clockTime } from './words.ts';

export const POWER_LOSS_OF_ISR = 'power loss of the whole in-sync set without fsync';
export const POWER_LOSS_OF_MEMBER = 'power loss of a member of the in-sync set without fsync';
export const UNCLEAN_ELECTION = 'unclean.leader.election.enable=true';

/** A replica reopened its log after a power loss without the offsets from `from` up to but not including `upTo`. */
export interface Loss {
  readonly from: number;
  readonly upTo: number;
  readonly powerLostAt: number;
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

/**
 * What a power loss took from a replica that has just opened its log; undefined: nothing. A disk may undo a truncation when it loses power:
 * then the end of the log says nothing, and its newest epoch tells that what was appended after the truncation is gone.
 */
export function lossOnReopening(before: Replica, logEndOffset: number, latestEpoch: number, powerLostAt: number | undefined, now: number): Loss | undefined {
  if (powerLostAt === undefined || powerLostAt < before.openedAt) return before.loss;
  const upTo = Math.max(before.logEndOffset, before.loss?.upTo ?? 0);
  const undone = latestEpoch < before.latestEpoch ? before.truncatedTo : Infinity;
  const from = Math.min(logEndOffset, undone, before.loss?.from ?? Infinity);
  return from < upTo ? { from, upTo, powerLostAt, reopenedAt: now } : undefined;
}

/** What is still missing once a follower has fetched the offsets from `baseOffset` up to but not including `end`. */
export function lossAfterFetch(loss: Loss, baseOffset: number, end: number): Loss | undefined {
  if (end >= loss.upTo) return undefined;
  return baseOffset <= loss.from && end > loss.from ? { ...loss, from: end } : loss;
}

/** What the partition loses, by design, as this leader takes office. */
export function removalsOnTakingOffice(partition: PartitionHistory, term: Term): Removal[] {
  return [uncleanRemoval(partition, term), powerLossRemoval(partition, term)].filter((removal) => removal !== undefined);
}

function uncleanRemoval(partition: PartitionHistory, { broker, leaderEpoch, startOffset, startedAt }: Term): Removal | undefined {
  // The elected one may have died before it led, and been elected anew in a later epoch: nobody else could be.
  const election = partition.elections.findLast(({ isUnclean, leader, leaderEpoch: epoch }) => isUnclean && leader === broker && epoch <= leaderEpoch);
  if (election === undefined) return undefined;
  if (partition.terms.some((earlier) => earlier.leaderEpoch >= election.leaderEpoch && earlier.leaderEpoch < leaderEpoch)) return undefined;
  const story = `broker ${broker} was elected uncleanly at ${clockTime(election.at)} and became leader in epoch ${leaderEpoch} with log end offset ${startOffset}.`;
  return { cause: UNCLEAN_ELECTION, from: startOffset, upTo: Infinity, leaderEpoch, at: startedAt, story };
}

function powerLossRemoval(partition: PartitionHistory, { broker, leaderEpoch, startedAt }: Term): Removal | undefined {
  const isr = partition.election(leaderEpoch)?.isr ?? [];
  if (!isr.includes(broker)) return undefined;
  const losses = isr.map((member) => partition.replicas.get(member)?.loss);
  let from = 0;
  let upTo = Infinity;
  for (const loss of losses) {
    if (loss === undefined) return undefined;
    from = Math.max(from, loss.from);
    upTo = Math.min(upTo, loss.upTo);
  }
  if (from >= upTo) return undefined;
  const own = partition.replicas.get(broker)!.loss!;
  const story =
    `broker ${broker} lost power at ${clockTime(own.powerLostAt)}, reopened its log at offset ${own.from} where it had reached ${own.upTo}, ` +
    `and became leader in epoch ${leaderEpoch} with in-sync set [${isr.join(', ')}].`;
  return { cause: POWER_LOSS_OF_ISR, from, upTo, leaderEpoch, at: startedAt, story };
}

/** What allows a record that got this offset in this epoch to be gone; undefined: nothing does. An epoch of −1 is not known, and excuses nothing. */
export function allowedRemoval(partition: PartitionHistory, offset: number, leaderEpoch: number): Removal | undefined {
  if (leaderEpoch < 0) return undefined;
  return partition.removals.find((removal) => removal.from <= offset && offset < removal.upTo && leaderEpoch < removal.leaderEpoch);
}

/** What allows this offset to hold something else than it once did, whichever epoch wrote it. */
export function allowedRewrite(partition: PartitionHistory, offset: number): Removal | undefined {
  return partition.removals.find((removal) => removal.from <= offset && offset < removal.upTo);
}
