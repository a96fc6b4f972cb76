/** @module What a leader knows of each follower, from its fetches (§1.6). */
import type { Micros } from '../../runtime/index.ts';
import type { Offset } from '../log/record-batch.ts';

export interface FollowerState {
  /** Its log end offset as of its last fetch; −1: not known in this leadership. */
  readonly logEndOffset: Offset;
  /** Where its log begins, as of its last fetch; −1: not known in this leadership. */
  readonly logStartOffset: Offset;
  readonly lastFetchTime: Micros;
  /** The leader's log end offset at that fetch. */
  readonly lastFetchLeaderLogEndOffset: Offset;
  /** The last instant at which it had everything the leader had then. */
  readonly lastCaughtUpTime: Micros;
  /** The broker epoch it fetched with; −1: it gave none. Undefined: it has not fetched in this leadership. */
  readonly brokerEpoch: number | undefined;
}

/** Kafka writes 0, long before any wall clock. Virtual time begins at 0, where that would pass for a moment ago. */
const NEVER: Micros = -Infinity;

/** FS-2, a broker that was not the leader before. */
export function unknownFollower(isInSync: boolean, now: Micros): FollowerState {
  return { logEndOffset: -1, logStartOffset: -1, lastFetchTime: NEVER, lastFetchLeaderLogEndOffset: 0, lastCaughtUpTime: isInSync ? now : NEVER, brokerEpoch: undefined };
}

/** FS-2, the same leader in a higher epoch. */
export function reelectedFollower(state: FollowerState, isInSync: boolean, epochStartOffset: Offset, now: Micros): FollowerState {
  const time = isInSync ? now : NEVER;
  return { logEndOffset: state.logEndOffset, logStartOffset: state.logStartOffset, lastFetchTime: time, lastFetchLeaderLogEndOffset: epochStartOffset, lastCaughtUpTime: time, brokerEpoch: state.brokerEpoch };
}

/** FS-1: the follower fetched from `offset`, so it has everything from the start of its log up to there. */
export function afterFetch(state: FollowerState, offset: Offset, logStartOffset: Offset, brokerEpoch: number, leaderLogEndOffset: Offset, now: Micros): FollowerState {
  let { lastCaughtUpTime } = state;
  if (offset >= leaderLogEndOffset) lastCaughtUpTime = Math.max(lastCaughtUpTime, now);
  else if (offset >= state.lastFetchLeaderLogEndOffset) lastCaughtUpTime = Math.max(lastCaughtUpTime, state.lastFetchTime);
  return {
    logEndOffset: offset,
    logStartOffset,
    lastFetchTime: now,
    lastFetchLeaderLogEndOffset: Math.max(leaderLogEndOffset, state.lastFetchLeaderLogEndOffset),
    lastCaughtUpTime,
    brokerEpoch,
  };
}

/** FS-3. */
export function isCaughtUp(state: FollowerState, leaderLogEndOffset: Offset, now: Micros, lagUsMax: Micros): boolean {
  return state.logEndOffset === leaderLogEndOffset || now - state.lastCaughtUpTime <= lagUsMax;
}
