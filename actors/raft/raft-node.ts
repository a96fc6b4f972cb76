/**
 * @module
 * A member of the controller quorum: its role, its log, and what is durable of both. Kafka runs it as one event loop; here the events
 * run one after the other, each with its disk writes to its end, so that none sees another's half.
 */
import { MILLISECOND, MINUTE, done } from '../../runtime/index.ts';
import type { ActorContext, Disk, Signal, Task } from '../../runtime/index.ts';
import { Lock } from '../concurrency/lock.ts';
import { crc32c } from '../log/crc32c.ts';
import { haltingDisk } from '../log/guarded-disk.ts';
import { encodeControlBatch } from '../log/records.ts';
import type { Observation } from '../observation.ts';
import { Leadership } from './leadership.ts';
import { MalformedQuorumStateError, QuorumStateFile } from './quorum-state-file.ts';
import type { ElectionState } from './quorum-state-file.ts';
import { RaftTimeouts } from './raft-config.ts';
import type { RaftOptions } from './raft-config.ts';
import { RaftLog } from './raft-log.ts';
import { leaderAndEpoch } from './raft-messages.ts';
import type { LeaderAndEpoch } from './raft-messages.ts';
import { FatalRaftError, isWon, leaderOf, onHigherEpoch, onLeaderFound, onTimeout, onVotesWon, votedIn } from './role.ts';
import type { Leader, Role, Rules } from './role.ts';
import type { ErrorName } from '../protocol/errors.ts';
import type { SnapshotId } from '../protocol/quorum-messages.ts';

const UNKNOWN = -1;
/** Kafka's own: how often it looks for snapshots to forget. */
const CLEAN_EVERY_US = MINUTE;
const encoder = new TextEncoder();

export class RaftNode {
  readonly context: ActorContext;
  readonly options: RaftOptions;
  readonly timeouts: RaftTimeouts;
  readonly rules: Rules;
  readonly log: RaftLog;
  /** The role, the end of the log or the high watermark has changed. */
  readonly progress: Signal;
  readonly roleChanged: Signal;
  /** There is a new snapshot. */
  readonly snapshotTaken: Signal;
  readonly #lock: Lock;
  readonly #file: QuorumStateFile;
  #persisted: ElectionState | undefined;
  #role: Role;
  /** One more with every change of role: who waited through one finds that what it was doing is over. */
  #generation = 0;

  private constructor(context: ActorContext, options: RaftOptions, log: RaftLog, file: QuorumStateFile, persisted: ElectionState | undefined) {
    this.context = context;
    this.options = options;
    this.log = log;
    this.#lock = new Lock(context);
    this.progress = context.signal();
    this.roleChanged = context.signal();
    this.snapshotTaken = context.signal();
    this.timeouts = new RaftTimeouts(context, options.config);
    this.rules = {
      nodeId: options.nodeId,
      voters: options.voters,
      preVote: options.protocol.preVote,
      electionDeadline: () => this.timeouts.election(),
      fetchDeadline: () => this.timeouts.fetch(),
      backoffDeadline: (retries) => this.timeouts.backoff(retries),
      lead: () => this.#newLeadership(),
    };
    this.#file = file;
    this.#persisted = persisted;
    this.#role = roleAfterStart(persisted, log.end.lastEpoch, this.rules, context.now);
  }

  static *open(context: ActorContext, options: RaftOptions): Task<RaftNode> {
    const { nodeId, protocol } = options;
    // DF-5: nobody can be told that this disk has failed.
    const disk = haltingDisk(context);
    const file = new QuorumStateFile(disk, !protocol.quorumWithoutFsync);
    const { log, state } = yield* orHalt(context, readDisk(context, disk, file, options));
    const epoch = Math.max(state?.leaderEpoch ?? 0, log.end.lastEpoch);
    context.observe({ kind: 'raft-opened', node: nodeId, epoch, ...log.opened } satisfies Observation);
    // A crash may have come between a download and what it was for.
    yield* log.truncateToLatestSnapshot(epoch);
    return new RaftNode(context, options, log, file, state);
  }

  get nodeId(): number {
    return this.options.nodeId;
  }

  get role(): Role {
    return this.#role;
  }

  get epoch(): number {
    return this.#role.epoch;
  }

  get generation(): number {
    return this.#generation;
  }

  get otherVoters(): readonly number[] {
    return this.options.voters.filter((voter) => voter !== this.nodeId);
  }

  /** What an answer says of this node's epoch and leader (KR-5). */
  answer(error: ErrorName): LeaderAndEpoch {
    return leaderAndEpoch(error, leaderOf(this.#role, this.nodeId), this.epoch);
  }

  /** Runs an event: nobody else's runs until it is over. A process that finds the quorum broken ends itself. */
  *event<T>(task: Task<T>): Task<T> {
    try {
      return yield* this.#lock.hold(task);
    } catch (error) {
      if (error instanceof FatalRaftError) yield* this.context.halt(error.message);
      throw error;
    }
  }

  /** Changes the role. What a voter must not forget is durable before anybody can tell (§3.1). In an event. */
  *become(next: Role): Task {
    const state = electionStateOf(next, this.nodeId);
    if (!isSame(state, this.#persisted)) {
      yield* this.#file.write(state);
      this.#persisted = state;
    }
    this.#role = next;
    this.#generation += 1;
    if (next.kind === 'leader') yield* this.#takeOffice(next);
    this.roleChanged.notify();
    this.progress.notify();
    if ((next.kind === 'prospective' || next.kind === 'candidate') && isWon(next, this.options.voters)) yield* this.become(onVotesWon(next, this.rules));
  }

  /** The same role, a step on: another deadline, one more vote. In an event. */
  update(role: Role): void {
    this.#role = role;
  }

  /** Acts on what somebody says of the epoch and its leader (KR-5). In an event. @returns whether that changed this node's role */
  *heardOf({ leaderId, leaderEpoch }: Pick<LeaderAndEpoch, 'leaderId' | 'leaderEpoch'>): Task<boolean> {
    const leader = leaderId === UNKNOWN ? undefined : leaderId;
    if (leaderEpoch < this.epoch) return false;
    if (leaderEpoch > this.epoch) {
      this.#requireOther(leader, leaderEpoch);
      yield* this.become(onHigherEpoch(this.#role, leaderEpoch, leader, this.rules));
      return true;
    }
    if (leader === undefined) return false;
    if (this.#role.kind !== 'leader' && this.#role.kind !== 'resigned') this.#requireOther(leader, leaderEpoch);
    const next = onLeaderFound(this.#role, leader, this.rules);
    if (next === this.#role) return false;
    yield* this.become(next);
    return true;
  }

  /** Appends as the leader of its epoch, durably, and counts it. In an event. */
  *append(role: Leader, batch: Uint8Array): Task {
    yield* this.log.appendAsLeader(batch, role.epoch);
    role.leadership.flushed(this.log.endOffset, this.context.now);
    this.advanceHighWatermark(role);
    this.progress.notify();
  }

  /** The leader's high watermark follows its voters (KR-7). */
  advanceHighWatermark({ epoch, leadership }: Leader): void {
    const committed = this.options.planted?.commitsAlone === true ? this.log.endOffset : leadership.committedOffset();
    if (committed !== undefined && this.log.advanceHighWatermark(committed, epoch)) this.progress.notify();
  }

  /** Ends roles when their time is over, for as long as the process lives. */
  *watchDeadlines(): Task {
    for (;;) {
      const deadline = deadlineOf(this.#role);
      if (deadline === Infinity) yield* this.roleChanged.wait();
      else if (deadline > this.context.now) yield* this.roleChanged.wait(deadline - this.context.now);
      else yield* this.event(this.#timeOut());
    }
  }

  /** Keeps what an image of the committed log says (KR-4). Not an event: everything goes on meanwhile. @returns whether it was needed */
  *createSnapshot(id: SnapshotId, content: Uint8Array): Task<boolean> {
    const isNew = yield* this.log.createSnapshot(id, content);
    if (!isNew) return false;
    this.observe({ kind: 'raft-snapshot-created', node: this.nodeId, epoch: this.epoch, endOffset: id.endOffset, snapshotEpoch: id.epoch, bytes: content.length, checksum: crc32c(content) });
    this.snapshotTaken.notify();
    return true;
  }

  /** Forgets old snapshots and the beginning of the log now and then, for as long as the process lives. */
  *cleanLog(): Task {
    for (;;) {
      // Of one nothing can go.
      if (this.log.snapshots.ids.length < 2) yield* this.snapshotTaken.wait();
      else {
        yield* this.context.sleep(CLEAN_EVERY_US);
        yield* this.event(this.log.clean(Math.floor(this.context.clock() / MILLISECOND)));
      }
    }
  }

  observe(observation: Observation): void {
    this.context.observe(observation);
  }

  #timeOut(): Task {
    // What came before under the lock may have put the deadline off.
    return deadlineOf(this.#role) > this.context.now ? done(undefined) : this.become(onTimeout(this.#role, this.rules));
  }

  /** KR-7: the first record of an epoch is its leader's own, for nothing older is committed before a record of this epoch is. */
  *#takeOffice(role: Leader): Task {
    const { epochStartOffset } = role.leadership;
    this.observe({ kind: 'raft-leader-elected', node: this.nodeId, epoch: role.epoch, epochStartOffset });
    const message = encoder.encode(JSON.stringify({ version: 0, leaderId: this.nodeId, voters: this.options.voters }));
    yield* this.append(role, encodeControlBatch('LEADER_CHANGE', message, Math.floor(this.context.clock() / MILLISECOND)));
  }

  #newLeadership(): Leadership {
    const { nodeId, voters } = this.options;
    return new Leadership({ nodeId, voters, epochStartOffset: this.log.endOffset, checkQuorumUs: this.timeouts.checkQuorumUs, now: this.context.now });
  }

  /** A node that leads knows it. One that is told so has forgotten (B56), and cannot go on. */
  #requireOther(leaderId: number | undefined, epoch: number): void {
    if (leaderId === this.nodeId) throw new FatalRaftError(`${this.context.name} is said to lead epoch ${epoch} and does not know of it`);
  }
}

function* readDisk(context: ActorContext, disk: Disk, file: QuorumStateFile, { nodeId, config, protocol }: RaftOptions): Task<{ readonly log: RaftLog; readonly state: ElectionState | undefined }> {
  const log = yield* RaftLog.open(context, disk, { nodeId, config, isSynced: !protocol.quorumWithoutFsync });
  return { log, state: yield* file.read() };
}

/** A voter that cannot read what it must not forget, or lacks the beginning of its log, takes no part, as Kafka's does not start. */
function* orHalt<T>(context: ActorContext, task: Task<T>): Task<T> {
  try {
    return yield* task;
  } catch (error) {
    if (error instanceof MalformedQuorumStateError || error instanceof FatalRaftError) yield* context.halt(error.message);
    throw error;
  }
}

/** The check-quorum deadline of a leader moves with the fetches of its voters. */
function deadlineOf(role: Role): number {
  return role.kind === 'leader' ? role.leadership.checkQuorumDeadline : role.deadline;
}

/** A voter takes up what it was when it went down; but who led leads no more: it may have lost what it had not written. */
function roleAfterStart(state: ElectionState | undefined, logEpoch: number, rules: Rules, now: number): Role {
  const isAlone = rules.voters.length === 1;
  if (state === undefined || state.leaderEpoch < logEpoch || isAlone) {
    const epoch = Math.max(state?.leaderEpoch ?? 0, logEpoch);
    return { kind: 'unattached', epoch, deadline: isAlone ? now : rules.electionDeadline(), votedId: undefined };
  }
  const { leaderEpoch: epoch, leaderId } = state;
  const votedId = state.votedId === UNKNOWN ? undefined : state.votedId;
  if (leaderId === rules.nodeId) return { kind: 'resigned', epoch, deadline: rules.electionDeadline(), preferredSuccessors: [] };
  if (leaderId !== UNKNOWN) return { kind: 'follower', epoch, deadline: rules.fetchDeadline(), leaderId, votedId, hasFetched: false };
  if (votedId === rules.nodeId) return { kind: 'candidate', epoch, deadline: rules.electionDeadline(), votes: { granted: [rules.nodeId], rejected: [] }, retries: 1, isBackingOff: false };
  return { kind: 'unattached', epoch, deadline: rules.electionDeadline(), votedId };
}

/** What is written down of a role. Who has resigned has led the epoch all the same, and must know that after a restart. */
function electionStateOf(role: Role, nodeId: number): ElectionState {
  const leaderId = role.kind === 'resigned' ? nodeId : leaderOf(role, nodeId);
  return { leaderEpoch: role.epoch, leaderId: leaderId ?? UNKNOWN, votedId: votedIn(role, nodeId) ?? UNKNOWN };
}

function isSame(a: ElectionState, b: ElectionState | undefined): boolean {
  return a.leaderEpoch === b?.leaderEpoch && a.leaderId === b.leaderId && a.votedId === b.votedId;
}
