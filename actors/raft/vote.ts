/** @module Whether a voter grants its vote (KR-1): pure, so that it can be held against a table. */
import type { Offset } from '../log/record-batch.ts';
import type { Role } from './role.ts';

/** What a Vote asks. */
export interface Ballot {
  readonly candidateId: number;
  /** Of the candidate; for a pre-vote the epoch it is in, for a real vote the one it stands in. */
  readonly epoch: number;
  readonly lastEpoch: number;
  readonly lastEpochEndOffset: Offset;
  readonly preVote: boolean;
}

/** Where a log ends: the last epoch that wrote to it, and the offset after its last record. */
export interface LogEnd {
  readonly lastEpoch: number;
  readonly endOffset: Offset;
}

/** Nobody can have written in the epoch that is only now stood for, nor in a later one. */
export function isMalformed({ epoch, lastEpoch, lastEpochEndOffset, preVote }: Ballot): boolean {
  return lastEpoch < 0 || lastEpochEndOffset < 0 || (preVote ? lastEpoch > epoch : lastEpoch >= epoch);
}

/** Whether a voter in this role grants the vote. The ballot is well formed and of the voter's own epoch. */
export function grants(role: Role, ballot: Ballot, own: LogEnd): boolean {
  const isUpToDate = ballot.lastEpoch !== own.lastEpoch ? ballot.lastEpoch > own.lastEpoch : ballot.lastEpochEndOffset >= own.endOffset;
  switch (role.kind) {
    case 'unattached':
    case 'prospective':
      if (ballot.preVote) return isUpToDate;
      if (role.votedId !== undefined) return role.votedId === ballot.candidateId;
      return (role.kind === 'unattached' || role.leaderId === undefined) && isUpToDate;
    case 'follower':
      return ballot.preVote && isUpToDate && !role.hasFetched;
    case 'candidate':
    case 'resigned':
      return ballot.preVote && isUpToDate;
    case 'leader':
      return false;
  }
}
