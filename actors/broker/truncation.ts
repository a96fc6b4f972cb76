/**
 * @module
 * The five generations in which a follower finds the end of what it shares with its leader (§1.10), oldest first:
 *
 *     hw            cuts its log at its own high watermark, and fetches from there                 (loses, diverges: B1, B2)
 *     kip101        asks where its latest epoch ends, and gets an offset                            (diverges after fast failovers: B3)
 *     kip279        … and gets the largest epoch up to the one it asked for, too; asks again until they agree     (unfenced: B5)
 *     kip320        … in every new leader epoch, and both requests name it: a stale leader or follower is found out
 *     fetch-epoch   names the epoch of its last record in Fetch, and is told in the answer where the logs part
 */
import type { EpochEndOffset } from '../log/leader-epoch-cache.ts';
import type { Log } from '../log/log.ts';
import type { Offset } from '../log/record-batch.ts';
import type { Truncation } from '../protocol-variant.ts';

export interface Generation {
  /** What a follower begins with: it cuts at its high watermark, it asks its leader for the end of an epoch (TRUNCATING), or it fetches at once. */
  readonly beginsWith: 'high-watermark' | 'asking' | 'fetching';
  /** What makes it begin anew: another leader, another one or a change that it missed, or every new leader epoch. */
  readonly beginsAnewOn: 'other-leader' | 'missed-epoch' | 'new-epoch';
  /** Fetch, ListOffsets and OffsetForLeaderEpoch of followers name the leader epoch, and are fenced by it (KIP-320). */
  readonly namesLeaderEpoch: boolean;
  /** OffsetForLeaderEpoch is answered with the epoch whose end it is (KIP-279). */
  readonly answersWithEpoch: boolean;
}

export const GENERATIONS: Readonly<Record<Truncation, Generation>> = {
  hw: { beginsWith: 'high-watermark', beginsAnewOn: 'other-leader', namesLeaderEpoch: false, answersWithEpoch: false },
  kip101: { beginsWith: 'asking', beginsAnewOn: 'other-leader', namesLeaderEpoch: false, answersWithEpoch: false },
  kip279: { beginsWith: 'asking', beginsAnewOn: 'missed-epoch', namesLeaderEpoch: false, answersWithEpoch: true },
  kip320: { beginsWith: 'asking', beginsAnewOn: 'new-epoch', namesLeaderEpoch: true, answersWithEpoch: true },
  'fetch-epoch': { beginsWith: 'fetching', beginsAnewOn: 'new-epoch', namesLeaderEpoch: true, answersWithEpoch: true },
};

/** Who leads, and since which epoch. */
export interface Leadership {
  readonly leader: number;
  readonly leaderEpoch: number;
}

/** Whether a follower that knew of one leadership begins anew when it hears of the next (ML-2). */
export function beginsAnew({ beginsAnewOn }: Generation, known: Leadership, next: Leadership): boolean {
  if (next.leaderEpoch <= known.leaderEpoch) return false;
  switch (beginsAnewOn) {
    case 'other-leader':
      return next.leader !== known.leader;
    case 'missed-epoch':
      return next.leader !== known.leader || next.leaderEpoch > known.leaderEpoch + 1;
    case 'new-epoch':
      return true;
  }
}

/** What stands for "nothing can be said", and for an epoch that an old leader does not give. */
const UNDEFINED = -1;
const UNDEFINED_END: EpochEndOffset = { epoch: UNDEFINED, endOffset: UNDEFINED };

/** How a leader answers OffsetForLeaderEpoch (F-12). */
export function endOffsetAnswer({ answersWithEpoch }: Generation, log: Pick<Log, 'endOffsetFor' | 'epochs'>, epoch: number): EpochEndOffset {
  const end = log.endOffsetFor(epoch);
  if (answersWithEpoch) return end ?? UNDEFINED_END;
  // KIP-101 says nothing of epochs before the first that the leader knows.
  const [first] = log.epochs;
  return end === undefined || first === undefined || epoch < first.epoch ? UNDEFINED_END : { epoch: UNDEFINED, endOffset: end.endOffset };
}

/** Where a follower cuts its log. Not done: what is left must be compared once more, by a smaller epoch. */
export interface TruncationPoint {
  readonly to: Offset;
  readonly isDone: boolean;
}

/**
 * FT-3: to where a follower cuts its log when its leader says where an epoch ends.
 * @param theirs the leader's answer; an end of −1: it cannot say, an epoch of −1: it does not give the epoch (KIP-101)
 * @param fetchOffset where the follower would fetch from: while it asks, its high watermark
 */
export function truncationPoint(theirs: EpochEndOffset, fetchOffset: Offset, log: Pick<Log, 'endOffsetFor' | 'logEndOffset'>): TruncationPoint {
  const { logEndOffset } = log;
  if (theirs.endOffset === UNDEFINED) return { to: Math.min(fetchOffset, logEndOffset), isDone: true };
  const mine = log.endOffsetFor(theirs.epoch);
  if (mine === undefined) return { to: Math.min(theirs.endOffset, logEndOffset), isDone: true };
  // We have no such epoch: back to the end of the one below, and compare that.
  if (mine.epoch !== theirs.epoch) return { to: Math.min(mine.endOffset, logEndOffset), isDone: false };
  return { to: Math.min(theirs.endOffset, mine.endOffset, logEndOffset), isDone: true };
}
