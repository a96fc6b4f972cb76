/**
 * @module
 * A broker as an observer of the controller quorum (§3.6): finds the leader, fetches what is committed from it, and finds the next one
 * when it is gone. An observer here keeps no log: it is sent nothing that is not committed, so there is never anything to cut off, and a
 * snapshot that it is sent (KR-4) goes into its memory.
 */
import { ConnectionError, MILLISECOND } from '../../runtime/index.ts';
import type { ActorContext, Connection, Request, Task } from '../../runtime/index.ts';
import { controllerNameOf } from '../client/bootstrap.ts';
import type { BrokerConfig } from '../config/broker-config.ts';
import { ERRORS, NONE } from '../protocol/errors.ts';
import type { SnapshotId } from '../protocol/quorum-messages.ts';
import { fetchSnapshotRequest, partitionOf, pieceOf, quorumFetchRequest } from '../raft/raft-messages.ts';
import type { FetchPosition, FetchedPartition } from '../raft/raft-messages.ts';
import { takePiece } from '../raft/snapshot-download.ts';
import type { DownloadProgress, SnapshotSink } from '../raft/snapshot-download.ts';

export interface QuorumObserverOptions {
  readonly replicaId: number;
  /** Node ids of all controllers: whoever answers says who leads (KR-5). */
  readonly controllers: readonly number[];
  readonly config: Pick<BrokerConfig, 'controller.quorum.fetch.snapshot.max.bytes' | 'controller.quorum.request.timeout.ms' | 'controller.quorum.retry.backoff.ms'>;
}

export class QuorumObserver {
  readonly #context: ActorContext;
  readonly #options: QuorumObserverOptions;
  #epoch = 0;
  #leaderId: number | undefined;
  /** The leader did not answer: somebody else is asked whether it still is one. */
  #isLeaderInDoubt = false;
  #connection: { readonly nodeId: number; readonly connection: Connection } | undefined;
  /** Whom to ask when no leader is known. Brokers begin with different controllers. */
  #turn: number;

  constructor(context: ActorContext, options: QuorumObserverOptions) {
    this.#context = context;
    this.#options = options;
    this.#turn = options.replicaId;
  }

  /** Who leads the quorum, as far as this broker knows: the active controller. */
  get leaderId(): number | undefined {
    return this.#leaderId;
  }

  /** Asks the leader for what follows a position, or somebody who leads. Undefined: there was no answer, or no leader, and a moment has passed. */
  *fetch(position: FetchPosition): Task<FetchedPartition | undefined> {
    const { config, replicaId } = this.#options;
    const nodeId = this.#whomToAsk();
    const answer = yield* this.#tryCall(nodeId, quorumFetchRequest(replicaId, this.#epoch, position));
    const fetched = answer === undefined ? undefined : partitionOf(answer);
    this.#heard(nodeId, fetched);
    if (fetched?.errorCode === NONE) return yield* this.#checked(fetched);
    yield* this.#context.sleep(config['controller.quorum.retry.backoff.ms'] * MILLISECOND);
    return undefined;
  }

  /** All of a snapshot that the leader has named (KR-4). Undefined: it has not come through, or is not there any more; the next fetch says what is. */
  *fetchSnapshot(id: SnapshotId): Task<Uint8Array | undefined> {
    const { config, replicaId } = this.#options;
    const pieces = new SnapshotInMemory();
    for (let progress: DownloadProgress = 'more'; progress === 'more'; ) {
      const nodeId = this.#whomToAsk();
      const answer = yield* this.#tryCall(nodeId, fetchSnapshotRequest(replicaId, this.#epoch, id, pieces.position, config['controller.quorum.fetch.snapshot.max.bytes']));
      const piece = answer === undefined ? undefined : pieceOf(answer);
      this.#heard(nodeId, piece);
      if (piece !== undefined) progress = yield* takePiece(id, pieces, piece);
      if (progress === 'whole') return pieces.content();
      if (piece === undefined || progress === 'gone') yield* this.#context.sleep(config['controller.quorum.retry.backoff.ms'] * MILLISECOND);
    }
    return undefined;
  }

  #whomToAsk(): number {
    const { controllers } = this.#options;
    if (this.#leaderId !== undefined && !this.#isLeaderInDoubt) return this.#leaderId;
    this.#turn += 1;
    return controllers[this.#turn % controllers.length]!;
  }

  /** Undefined: no answer. */
  *#tryCall<Reply>(nodeId: number, request: Request<Reply>): Task<Reply | undefined> {
    const timeoutUs = this.#options.config['controller.quorum.request.timeout.ms'] * MILLISECOND;
    if (this.#connection?.nodeId !== nodeId || !this.#connection.connection.isOpen) {
      this.#connection?.connection.close();
      this.#connection = undefined;
    }
    try {
      this.#connection ??= { nodeId, connection: yield* this.#context.connect(controllerNameOf(nodeId), timeoutUs) };
      return yield* this.#connection.connection.call(request, timeoutUs);
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
      return undefined;
    }
  }

  /** KR-5: every answer says who leads, as far as the answerer knows. */
  #heard(nodeId: number, answer: Pick<FetchedPartition, 'errorCode' | 'currentLeader'> | undefined): void {
    if (answer === undefined) {
      if (nodeId === this.#leaderId) this.#isLeaderInDoubt = true;
      return;
    }
    const { errorCode, currentLeader: { leaderId, leaderEpoch } } = answer;
    this.#isLeaderInDoubt = false;
    if (leaderEpoch < this.#epoch) return;
    if (leaderEpoch > this.#epoch || leaderId >= 0) this.#leaderId = leaderId < 0 ? undefined : leaderId;
    this.#epoch = leaderEpoch;
    const hasResigned = errorCode === ERRORS.NOT_LEADER_OR_FOLLOWER.code && this.#leaderId === nodeId;
    if (hasResigned) this.#leaderId = undefined;
  }

  /** What was committed cannot be taken back: a broker that has acted on it and is told so ends, as Kafka's does (KR-9). */
  *#checked(fetched: FetchedPartition): Task<FetchedPartition> {
    if (fetched.divergingEpoch.endOffset >= 0) yield* this.#context.halt(`the leader of epoch ${this.#epoch} does not have what this broker was told is committed`);
    return fetched;
  }
}

class SnapshotInMemory implements SnapshotSink {
  readonly #pieces: Uint8Array[] = [];
  position = 0;

  // eslint-disable-next-line require-yield -- nothing to wait for: it is memory
  *append(bytes: Uint8Array): Task {
    this.#pieces.push(bytes.slice());
    this.position += bytes.length;
  }

  content(): Uint8Array {
    const content = new Uint8Array(this.position);
    let at = 0;
    for (const piece of this.#pieces) {
      content.set(piece, at);
      at += piece.length;
    }
    return content;
  }
}
