/**
 * @module
 * A broker as an observer of the controller quorum (§3.6): finds the leader, fetches what is committed from it, and finds the next one
 * when it is gone. An observer here keeps no log: it is sent nothing that is not committed, so there is never anything to cut off.
 */
import { ConnectionError, MILLISECOND } from '../../runtime/index.ts';
import type { ActorContext, Connection, Task } from '../../runtime/index.ts';
import { controllerNameOf } from '../client/bootstrap.ts';
import type { BrokerConfig } from '../config/broker-config.ts';
import { ERRORS, NONE } from '../protocol/errors.ts';
import { partitionOf, quorumFetchRequest } from '../raft/raft-messages.ts';
import type { FetchPosition, FetchedPartition } from '../raft/raft-messages.ts';

export interface QuorumObserverOptions {
  readonly replicaId: number;
  /** Node ids of all controllers: whoever answers says who leads (KR-5). */
  readonly controllers: readonly number[];
  readonly config: Pick<BrokerConfig, 'controller.quorum.request.timeout.ms' | 'controller.quorum.retry.backoff.ms'>;
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
    const { config } = this.#options;
    const nodeId = this.#whomToAsk();
    const fetched = yield* this.#tryFetch(nodeId, position);
    if (fetched !== undefined) this.#heardOf(nodeId, fetched);
    else if (nodeId === this.#leaderId) this.#isLeaderInDoubt = true;
    if (fetched?.errorCode === NONE) return yield* this.#checked(fetched);
    yield* this.#context.sleep(config['controller.quorum.retry.backoff.ms'] * MILLISECOND);
    return undefined;
  }

  #whomToAsk(): number {
    const { controllers } = this.#options;
    if (this.#leaderId !== undefined && !this.#isLeaderInDoubt) return this.#leaderId;
    this.#turn += 1;
    return controllers[this.#turn % controllers.length]!;
  }

  *#tryFetch(nodeId: number, position: FetchPosition): Task<FetchedPartition | undefined> {
    const { config, replicaId } = this.#options;
    const timeoutUs = config['controller.quorum.request.timeout.ms'] * MILLISECOND;
    if (this.#connection?.nodeId !== nodeId || !this.#connection.connection.isOpen) {
      this.#connection?.connection.close();
      this.#connection = undefined;
    }
    try {
      this.#connection ??= { nodeId, connection: yield* this.#context.connect(controllerNameOf(nodeId), timeoutUs) };
      return partitionOf(yield* this.#connection.connection.call(quorumFetchRequest(replicaId, this.#epoch, position), timeoutUs));
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
      return undefined;
    }
  }

  /** KR-5: every answer says who leads, as far as the answerer knows. */
  #heardOf(nodeId: number, { errorCode, currentLeader: { leaderId, leaderEpoch } }: FetchedPartition): void {
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
