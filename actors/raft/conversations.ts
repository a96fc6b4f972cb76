/**
 * @module
 * What a member of the quorum asks the others, by its role (§3.3): for votes, to be followed, to be followed no more, for the log.
 * A change of role ends all conversations; what is answered after it counts for nothing.
 */
import { ConnectionError, MILLISECOND } from '../../runtime/index.ts';
import type { Connection, Request, Task } from '../../runtime/index.ts';
import { NONE } from '../protocol/errors.ts';
import type { FetchResponse, QuorumEpochResponse, QuorumFetchRequest, VoteRequest, VoteResponse } from '../protocol/messages.ts';
import type { Leadership } from './leadership.ts';
import type { FetchSnapshotResponse } from '../protocol/quorum-messages.ts';
import { beginQuorumEpochRequest, endQuorumEpochRequest, fetchSnapshotRequest, only, partitionOf, pieceOf, quorumFetchRequest, voteRequest } from './raft-messages.ts';
import type { RaftNode } from './raft-node.ts';
import { FatalRaftError, isLost, isWon, onVotesLost, onVotesWon } from './role.ts';
import { takePiece } from './snapshot-download.ts';
import type { SnapshotWriter } from './snapshot-store.ts';

/** What an answer leads to: the next question at once, the same one after a pause, or nothing more. */
type Outcome = 'next' | 'again' | 'done';

export class Conversations {
  readonly #node: RaftNode;

  constructor(node: RaftNode) {
    this.#node = node;
  }

  /** Holds the conversations that each role needs, for as long as the process lives. */
  *run(): Task {
    const node = this.#node;
    for (let generation = -1; ; ) {
      if (node.generation === generation) yield* node.roleChanged.wait();
      if (node.generation === generation) continue;
      generation = node.generation;
      this.#begin();
    }
  }

  #begin(): void {
    const { context, role, otherVoters } = this.#node;
    switch (role.kind) {
      case 'unattached':
        if (otherVoters.length > 0) context.spawn(this.#seekLeader());
        break;
      case 'prospective':
      case 'candidate':
        if (role.kind === 'candidate' && role.isBackingOff) break;
        for (const voter of otherVoters) context.spawn(this.#askForVote(voter));
        break;
      case 'leader':
        for (const voter of otherVoters) context.spawn(this.#announce(voter));
        break;
      case 'follower':
        context.spawn(this.#fetchFrom(role.leaderId));
        break;
      case 'resigned':
        for (const voter of otherVoters) context.spawn(this.#sayFarewell(voter));
        break;
    }
  }

  /** Somebody may know who leads: an unattached voter fetches from one after the other, and is redirected (KR-5). */
  *#seekLeader(): Task {
    const node = this.#node;
    const { generation, otherVoters } = node;
    for (let turn = 0; node.generation === generation; turn += 1) {
      const voter = otherVoters[(turn + node.nodeId) % otherVoters.length]!;
      yield* this.#converse<FetchResponse>(voter, generation, () => ({ ...this.#fetchRequest(), maxWaitMs: 0 }), (answer) => this.#onSought(answer));
      yield* this.#pause();
    }
  }

  *#onSought(answer: FetchResponse | undefined): Task<Outcome> {
    if (answer !== undefined) yield* this.#node.heardOf(partitionOf(answer).currentLeader);
    return 'done';
  }

  #askForVote(voter: number): Task {
    const node = this.#node;
    const ballot = (): VoteRequest => {
      const { lastEpoch, endOffset } = node.log.end;
      return voteRequest(voter, { candidateId: node.nodeId, epoch: node.epoch, lastEpoch, lastEpochEndOffset: endOffset, preVote: node.role.kind === 'prospective' });
    };
    return this.#converse<VoteResponse>(voter, node.generation, ballot, (answer) => this.#countVote(voter, answer));
  }

  *#countVote(voter: number, answer: VoteResponse | undefined): Task<Outcome> {
    const node = this.#node;
    if (answer === undefined) return 'again';
    const vote = only(answer.topics)!;
    if (yield* node.heardOf(vote)) return 'done';
    const { role } = node;
    if (vote.errorCode !== NONE || (role.kind !== 'prospective' && role.kind !== 'candidate')) return 'again';
    const { granted, rejected } = role.votes;
    const votes = vote.voteGranted ? { granted: [...granted, voter], rejected } : { granted, rejected: [...rejected, voter] };
    const counted = { ...role, votes };
    node.update(counted);
    const { voters } = node.options;
    if (isWon(counted, voters)) yield* node.become(onVotesWon(counted, node.rules));
    else if (isLost(counted, voters)) yield* node.become(onVotesLost(counted, node.rules));
    return 'done';
  }

  /** KR-2: until the voter knows, and again if it falls silent: it may have restarted and follow nobody. */
  *#announce(voter: number): Task {
    const node = this.#node;
    const { generation, role } = node;
    if (role.kind !== 'leader') return;
    const { leadership } = role;
    const quietUs = node.timeouts.beginQuorumEpochUs;
    while (node.generation === generation) {
      const hasFetchedLately = leadership.hasAcknowledged(voter) && node.context.now - leadership.lastFetchOf(voter) < quietUs;
      if (!hasFetchedLately)
        yield* this.#converse<QuorumEpochResponse>(voter, generation, () => beginQuorumEpochRequest(voter, node.nodeId, role.epoch), (answer) => this.#onAnnounced(voter, leadership, answer));
      yield* node.context.sleep(quietUs);
    }
  }

  *#onAnnounced(voter: number, leadership: Leadership, answer: QuorumEpochResponse | undefined): Task<Outcome> {
    const outcome = yield* this.#onAccepted(answer);
    if (outcome === 'done') leadership.acknowledged(voter);
    return outcome;
  }

  /** KR-2: so that the voters need not wait out their timeouts. */
  *#sayFarewell(voter: number): Task {
    const { generation, nodeId, role } = this.#node;
    if (role.kind !== 'resigned') return;
    const { epoch, preferredSuccessors } = role;
    yield* this.#converse<QuorumEpochResponse>(voter, generation, () => endQuorumEpochRequest(nodeId, epoch, preferredSuccessors), (answer) => this.#onAccepted(answer));
  }

  *#onAccepted(answer: QuorumEpochResponse | undefined): Task<Outcome> {
    if (answer === undefined) return 'again';
    const said = only(answer.topics)!;
    const isElsewhere = yield* this.#node.heardOf(said);
    return isElsewhere || said.errorCode === NONE ? 'done' : 'again';
  }

  /** KR-3, KR-8: each fetch says what the one before has made durable. Where the leader says so, a snapshot is loaded in between (KR-4). */
  *#fetchFrom(leader: number): Task {
    const node = this.#node;
    const { generation, nodeId } = node;
    const maxBytes = node.options.config['controller.quorum.fetch.snapshot.max.bytes'];
    let snapshot: SnapshotWriter | undefined;
    while (node.generation === generation) {
      yield* this.#converse<FetchResponse>(leader, generation, () => this.#fetchRequest(), (answer) => this.#onFetched(answer, (writer) => (snapshot = writer)));
      if (snapshot === undefined || node.generation !== generation) break;
      const writer: SnapshotWriter = snapshot;
      snapshot = undefined;
      yield* this.#converse<FetchSnapshotResponse>(leader, generation, () => fetchSnapshotRequest(nodeId, node.epoch, writer.id, writer.position, maxBytes), (answer) => this.#onPiece(answer, writer));
      // What was not frozen is of no use.
      yield* writer.discard();
    }
  }

  *#onFetched(answer: FetchResponse | undefined, load: (snapshot: SnapshotWriter) => void): Task<Outcome> {
    const node = this.#node;
    if (answer === undefined) return 'again';
    const fetched = partitionOf(answer);
    if (yield* node.heardOf(fetched.currentLeader)) return 'done';
    const { role, log } = node;
    if (fetched.errorCode !== NONE || role.kind !== 'follower') return 'again';
    const snapshot = fetched.snapshotId === undefined ? undefined : log.snapshots.begin(fetched.snapshotId);
    if (snapshot !== undefined) {
      load(snapshot);
    } else if (fetched.divergingEpoch.endOffset >= 0) {
      yield* log.truncateToDivergence(fetched.divergingEpoch, role.epoch);
    } else {
      if (fetched.records.length > 0 && !(yield* log.appendAsFollower(fetched.records, role.epoch))) return 'again';
      if (log.advanceHighWatermark(fetched.highWatermark, role.epoch)) node.progress.notify();
    }
    node.update({ ...role, deadline: node.timeouts.fetch(), hasFetched: true });
    if (snapshot !== undefined) return 'done';
    // A snapshot that it has already will not be another one at once.
    return fetched.snapshotId === undefined ? 'next' : 'again';
  }

  /** KR-4. When the last piece is there, the log gives way to the snapshot, and goes on from its end. */
  *#onPiece(answer: FetchSnapshotResponse | undefined, writer: SnapshotWriter): Task<Outcome> {
    const node = this.#node;
    if (answer === undefined) return 'again';
    const piece = pieceOf(answer);
    if (yield* node.heardOf(piece.currentLeader)) return 'done';
    const { role, log } = node;
    if (role.kind !== 'follower') return 'done';
    const progress = yield* takePiece(writer.id, writer, piece);
    node.update({ ...role, deadline: node.timeouts.fetch(), hasFetched: true });
    if (progress !== 'whole') return progress === 'more' ? 'next' : 'done';
    yield* writer.freeze();
    if (!(yield* log.truncateToLatestSnapshot(role.epoch)))
      throw new FatalRaftError(`${node.context.name}: the log ends at offset ${log.endOffset} of epoch ${log.end.lastEpoch}, and the leader of epoch ${role.epoch} sent a snapshot of ${writer.id.endOffset}, ${writer.id.epoch}`);
    node.progress.notify();
    node.snapshotTaken.notify();
    return 'done';
  }

  #fetchRequest(): QuorumFetchRequest {
    const { nodeId, epoch, log } = this.#node;
    const { lastEpoch, endOffset } = log.end;
    return quorumFetchRequest(nodeId, epoch, { fetchOffset: endOffset, lastFetchedEpoch: lastEpoch, highWatermark: log.highWatermark });
  }

  /**
   * Asks a peer, over a connection of its own, until it is done or the role changes. Taking an answer is an event; the answer is undefined if
   * none came.
   */
  *#converse<Reply>(peer: number, generation: number, ask: () => Request<Reply>, take: (answer: Reply | undefined) => Task<Outcome>): Task {
    const node = this.#node;
    const timeoutUs = node.options.config['controller.quorum.request.timeout.ms'] * MILLISECOND;
    let connection: Connection | undefined;
    let outcome: Outcome = 'next';
    while (node.generation === generation && outcome !== 'done') {
      let answer: Reply | undefined;
      try {
        if (connection?.isOpen !== true) connection = yield* node.context.connect(node.options.nameOf(peer), timeoutUs);
        if (node.generation !== generation) break;
        answer = yield* connection.call(ask(), timeoutUs);
      } catch (error) {
        if (!(error instanceof ConnectionError)) throw error;
      }
      outcome = yield* node.event(this.#inGeneration(generation, () => take(answer)));
      if (outcome === 'again') yield* this.#pause();
    }
    connection?.close();
  }

  /** What was asked in another role is answered too late. */
  *#inGeneration(generation: number, take: () => Task<Outcome>): Task<Outcome> {
    return this.#node.generation === generation ? yield* take() : 'done';
  }

  #pause(): Task {
    return this.#node.context.sleep(this.#node.options.config['controller.quorum.retry.backoff.ms'] * MILLISECOND);
  }
}
