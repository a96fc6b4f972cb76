/**
 * @module
 * What a member of the controller quorum is at a moment, and what each event makes of it (§3.1). Pure: who calls persists the outcome
 * before it acts on it.
 *
 *     unattached ──timeout──► prospective ──majority──► candidate ──majority──► leader
 *         ▲  ▲                    │ ▲                      │ timeout or lost      │ asked by no majority
 *         │  └──lost, no leader───┘ └──────────────────────┘                      ▼
 *         └─────────────────────timeout, in the next epoch──────────────────── resigned
 *     any ──higher epoch──► unattached, or follower where its leader is known; follower ──timeout──► prospective
 */
import type { Micros } from '../../runtime/index.ts';
import type { Leadership } from './leadership.ts';

/** Answers to a nominee, its own vote included. */
export interface Votes {
  readonly granted: readonly number[];
  readonly rejected: readonly number[];
}

interface Standing {
  readonly epoch: number;
  /** When the role ends of itself, in virtual time. */
  readonly deadline: Micros;
}

/** Knows of no leader in its epoch. */
export interface Unattached extends Standing {
  readonly kind: 'unattached';
  readonly votedId: number | undefined;
}

/** Asks whether it would win (KIP-996), before it raises the epoch. */
export interface Prospective extends Standing {
  readonly kind: 'prospective';
  /** The last leader of this epoch that it knew. */
  readonly leaderId: number | undefined;
  readonly votedId: number | undefined;
  readonly votes: Votes;
  /** Elections in a row that came to nothing, this one included. */
  readonly retries: number;
}

export interface Candidate extends Standing {
  readonly kind: 'candidate';
  readonly votes: Votes;
  readonly retries: number;
  /** Lost: waits before it stands again. */
  readonly isBackingOff: boolean;
}

export interface Leader extends Standing {
  readonly kind: 'leader';
  readonly leadership: Leadership;
}

export interface Follower extends Standing {
  readonly kind: 'follower';
  readonly leaderId: number;
  readonly votedId: number | undefined;
  /** The leader has answered a fetch of this follower. */
  readonly hasFetched: boolean;
}

/** Led this epoch, and leads no more. */
export interface Resigned extends Standing {
  readonly kind: 'resigned';
  /** Who should stand first: the voters by the end of their logs. */
  readonly preferredSuccessors: readonly number[];
}

export type Role = Unattached | Prospective | Candidate | Leader | Follower | Resigned;
export type Nominee = Prospective | Candidate;

/** What the events need to know beside the role. */
export interface Rules {
  readonly nodeId: number;
  readonly voters: readonly number[];
  /** KIP-996. Without it who stands raises the epoch at once. */
  readonly preVote: boolean;
  /** When an election that begins now is given up: drawn between one and two election timeouts. */
  electionDeadline(): Micros;
  fetchDeadline(): Micros;
  /** When who has lost so many elections in a row may stand again. */
  backoffDeadline(retries: number): Micros;
  /** Takes office. */
  lead(epoch: number): Leadership;
}

/** Thrown where going on would break what a majority has agreed on: the process ends, as Kafka's does. */
export class FatalRaftError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'FatalRaftError';
  }
}

/**
 * A later epoch was heard of, with its leader if that is known. Who waited for an election goes on waiting for the same moment: a candidate that
 * cannot win, and stands again and again, would otherwise keep everybody else from it.
 */
export function onHigherEpoch(role: Role, epoch: number, leaderId: number | undefined, rules: Rules): Role {
  if (epoch <= role.epoch) throw new RangeError(`epoch ${epoch} is not higher than ${role.epoch}`);
  if (leaderId !== undefined) return follow(epoch, leaderId, undefined, rules);
  const hadLeader = role.kind === 'leader' || role.kind === 'follower';
  return { kind: 'unattached', epoch, deadline: hadLeader ? rules.electionDeadline() : role.deadline, votedId: undefined };
}

/** Somebody says who leads this epoch. @throws {FatalRaftError} if it is another one than was known (W14) */
export function onLeaderFound(role: Role, leaderId: number, rules: Rules): Role {
  switch (role.kind) {
    case 'unattached':
      return follow(role.epoch, leaderId, role.votedId, rules);
    case 'candidate':
      return follow(role.epoch, leaderId, rules.nodeId, rules);
    case 'prospective':
      if (role.leaderId === undefined) return follow(role.epoch, leaderId, role.votedId, rules);
      // It stands because that leader is silent: others that name it change nothing.
      requireSame(role.epoch, role.leaderId, leaderId);
      return role;
    case 'follower':
      requireSame(role.epoch, role.leaderId, leaderId);
      return role;
    case 'leader':
    case 'resigned':
      requireSame(role.epoch, rules.nodeId, leaderId);
      return role;
  }
}

/** The role's time is over. */
export function onTimeout(role: Role, rules: Rules): Role {
  switch (role.kind) {
    case 'unattached':
      return stand(role.epoch, undefined, role.votedId, 1, rules);
    case 'prospective':
      return onVotesLost(role, rules);
    case 'candidate':
      return stand(role.epoch, undefined, rules.nodeId, role.retries + 1, rules);
    case 'follower':
      return stand(role.epoch, role.leaderId, role.votedId, 1, rules);
    case 'leader':
      return onResign(role, rules);
    case 'resigned':
      return { kind: 'unattached', epoch: role.epoch + 1, deadline: rules.electionDeadline(), votedId: undefined };
  }
}

/** A majority would vote, or has voted, for this node. */
export function onVotesWon(role: Nominee, rules: Rules): Role {
  switch (role.kind) {
    case 'prospective':
      return candidate(role.epoch + 1, role.retries, rules);
    case 'candidate': {
      const leadership = rules.lead(role.epoch);
      return { kind: 'leader', epoch: role.epoch, deadline: leadership.checkQuorumDeadline, leadership };
    }
  }
}

/** A majority has refused, or so many that none is left. */
export function onVotesLost(role: Nominee, rules: Rules): Role {
  switch (role.kind) {
    case 'prospective':
      if (role.leaderId !== undefined) return follow(role.epoch, role.leaderId, role.votedId, rules);
      return { kind: 'unattached', epoch: role.epoch, deadline: rules.electionDeadline(), votedId: role.votedId };
    case 'candidate':
      // With pre-vote it waits out what is left of its election (KIP-996); before, a back-off of its own.
      return { ...role, isBackingOff: true, deadline: rules.preVote ? role.deadline : rules.backoffDeadline(role.retries) };
  }
}

/** This node gives its one vote of this epoch to a candidate (KR-1), and gives it the time to win: it has as good a chance as this one. */
export function onVoteGranted(role: Unattached | Prospective, candidateId: number, rules: Rules): Role {
  return { ...role, votedId: candidateId, deadline: rules.electionDeadline() };
}

/** A leader lays down its office: because it stops, or because no majority asks it any more. */
export function onResign(role: Leader, rules: Rules): Resigned {
  return { kind: 'resigned', epoch: role.epoch, deadline: rules.electionDeadline(), preferredSuccessors: role.leadership.successors() };
}

/** The leader of this epoch, as far as the node knows. */
export function leaderOf(role: Role, nodeId: number): number | undefined {
  switch (role.kind) {
    case 'leader':
      return nodeId;
    case 'follower':
    case 'prospective':
      return role.leaderId;
    case 'unattached':
    case 'candidate':
    case 'resigned':
      return undefined;
  }
}

/** Who got this node's vote in this epoch. */
export function votedIn(role: Role, nodeId: number): number | undefined {
  switch (role.kind) {
    case 'unattached':
    case 'prospective':
    case 'follower':
      return role.votedId;
    case 'candidate':
    case 'leader':
    case 'resigned':
      return nodeId;
  }
}

export function majorityOf(voters: readonly number[]): number {
  return Math.floor(voters.length / 2) + 1;
}

export function isWon({ votes }: Nominee, voters: readonly number[]): boolean {
  return votes.granted.length >= majorityOf(voters);
}

export function isLost({ votes }: Nominee, voters: readonly number[]): boolean {
  return voters.length - votes.rejected.length < majorityOf(voters);
}

function follow(epoch: number, leaderId: number, votedId: number | undefined, rules: Rules): Follower {
  return { kind: 'follower', epoch, deadline: rules.fetchDeadline(), leaderId, votedId, hasFetched: false };
}

function stand(epoch: number, leaderId: number | undefined, votedId: number | undefined, retries: number, rules: Rules): Nominee {
  if (!rules.preVote) return candidate(epoch + 1, retries, rules);
  return { kind: 'prospective', epoch, deadline: rules.electionDeadline(), leaderId, votedId, votes: { granted: [rules.nodeId], rejected: [] }, retries };
}

function candidate(epoch: number, retries: number, rules: Rules): Candidate {
  return { kind: 'candidate', epoch, deadline: rules.electionDeadline(), votes: { granted: [rules.nodeId], rejected: [] }, retries, isBackingOff: false };
}

function requireSame(epoch: number, known: number, said: number): void {
  if (known !== said) throw new FatalRaftError(`epoch ${epoch} has two leaders: ${known} and ${said}`);
}
