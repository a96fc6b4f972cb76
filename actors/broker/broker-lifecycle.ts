/**
 * @module
 * A broker's standing with the controller (BL-1, BL-2, BL-4): it registers, then sends heartbeats.
 *
 *     STARTING ──has read the metadata log──► RECOVERY ──unfenced──► RUNNING ──SIGTERM──► PENDING_CONTROLLED_SHUTDOWN ──may go──► SHUTTING_DOWN
 */
import { MILLISECOND, MINUTE } from '../../runtime/index.ts';
import type { ActorContext, Micros, Task } from '../../runtime/index.ts';
import { BROKER_PORT } from '../client/bootstrap.ts';
import { NONE } from '../protocol/errors.ts';
import { API_KEYS } from '../protocol/messages.ts';
import type { BrokerHeartbeatRequest, BrokerHeartbeatResponse, BrokerRegistrationRequest } from '../protocol/messages.ts';
import { randomUuid } from '../protocol/uuid.ts';
import type { ControllerChannel } from './controller-channel.ts';

const CLUSTER_ID = 'trial';
/** A broker gives up waiting for its leaderships to move after this, and goes. */
const CONTROLLED_SHUTDOWN_US_MAX: Micros = 5 * MINUTE;
/** A broker that waits to be unfenced asks again soon, as Kafka does while it starts. */
const STARTING_HEARTBEAT_US: Micros = 100 * MILLISECOND;
/** One that waits to go asks again soon once: often everything is ready by then. */
const FIRST_SHUTDOWN_HEARTBEAT_US: Micros = 50 * MILLISECOND;

export type BrokerState = 'STARTING' | 'RECOVERY' | 'RUNNING' | 'PENDING_CONTROLLED_SHUTDOWN' | 'SHUTTING_DOWN';

/** How far the broker is with the metadata log. */
export interface MetadataProgress {
  /** Offset of the last record it has read. */
  lastOffset(): number;
  /** It has acted on what the log says of it; before that it wants to stay fenced. */
  hasPublished(): boolean;
}

export class BrokerLifecycle {
  readonly #context: ActorContext;
  readonly #channel: ControllerChannel;
  readonly #brokerId: number;
  readonly #heartbeatUs: Micros;
  readonly #previousBrokerEpoch: number;
  readonly #metadata: MetadataProgress;
  #state: BrokerState = 'STARTING';
  #hasAskedToShutDown = false;
  /** The state has changed by something else than an answer. */
  readonly #stateChanged;
  readonly #mayShutDown;
  /** −1 until registered. */
  brokerEpoch = -1;

  /** @param previousBrokerEpoch of the incarnation before, if it stopped in good order; −1: what it had may be gone (BL-1) */
  constructor(context: ActorContext, channel: ControllerChannel, brokerId: number, heartbeatMs: number, previousBrokerEpoch: number, metadata: MetadataProgress) {
    this.#context = context;
    this.#channel = channel;
    this.#brokerId = brokerId;
    this.#heartbeatUs = heartbeatMs * MILLISECOND;
    this.#previousBrokerEpoch = previousBrokerEpoch;
    this.#metadata = metadata;
    this.#stateChanged = context.signal();
    this.#mayShutDown = context.signal();
  }

  get state(): BrokerState {
    return this.#state;
  }

  /** Registers, then keeps the session alive until the broker shuts down. */
  *run(): Task {
    const incarnationId = randomUuid(this.#context.random('incarnation-id'));
    while (this.#state !== 'SHUTTING_DOWN') {
      if (this.brokerEpoch < 0) yield* this.#register(incarnationId);
      else yield* this.#heartbeat();
    }
  }

  /** EL-9: asks the controller to give the leaderships to others, and returns when that is done, or after so long. A broker that never ran has none. */
  *controlledShutdown(): Task {
    if (this.#state === 'RUNNING') {
      this.#state = 'PENDING_CONTROLLED_SHUTDOWN';
      this.#stateChanged.notify();
      yield* this.#mayShutDown.wait(CONTROLLED_SHUTDOWN_US_MAX);
    }
    this.shutDown();
  }

  /** No more heartbeats: if the controller was not asked, the session runs out. */
  shutDown(): void {
    this.#state = 'SHUTTING_DOWN';
    this.#stateChanged.notify();
  }

  *#register(incarnationId: string): Task {
    const request: BrokerRegistrationRequest = {
      apiKey: API_KEYS.BrokerRegistration,
      brokerId: this.#brokerId,
      clusterId: CLUSTER_ID,
      incarnationId,
      listeners: [{ name: 'PLAINTEXT', host: this.#context.name, port: BROKER_PORT }],
      previousBrokerEpoch: this.#previousBrokerEpoch,
    };
    const answer = yield* this.#channel.call(request);
    if (answer?.errorCode === NONE) this.brokerEpoch = answer.brokerEpoch;
    // The former incarnation's session has not run out yet (DUPLICATE_BROKER_REGISTRATION). If nobody answered, the channel has waited.
    else if (answer !== undefined) yield* this.#stateChanged.wait(this.#heartbeatUs);
  }

  *#heartbeat(): Task {
    const sentAt = this.#context.now;
    const wantShutDown = this.#state === 'PENDING_CONTROLLED_SHUTDOWN';
    const request: BrokerHeartbeatRequest = {
      apiKey: API_KEYS.BrokerHeartbeat,
      brokerId: this.#brokerId,
      brokerEpoch: this.brokerEpoch,
      currentMetadataOffset: this.#metadata.lastOffset(),
      wantFence: !this.#metadata.hasPublished(),
      wantShutDown,
    };
    const answer = yield* this.#channel.call(request, this.#heartbeatUs);
    // Nobody answered: try again at once. Refused: it is not who the controller knows any more.
    if (answer === undefined) return;
    if (answer.errorCode !== NONE) {
      this.brokerEpoch = -1;
      return;
    }
    const next = this.#answered(answer, wantShutDown);
    // The wish to shut down may have come while the answer was on its way.
    const isOutdated = this.#state === 'PENDING_CONTROLLED_SHUTDOWN' && !wantShutDown;
    if (!isOutdated && this.#state !== 'SHUTTING_DOWN') yield* this.#stateChanged.wait(Math.max(0, sentAt + next - this.#context.now));
  }

  /** @returns how long after the last heartbeat the next one is due */
  #answered({ isCaughtUp, isFenced, shouldShutDown }: BrokerHeartbeatResponse, hadAskedToShutDown: boolean): Micros {
    switch (this.#state) {
      case 'STARTING':
      case 'RECOVERY':
        if (isCaughtUp) this.#state = 'RECOVERY';
        if (!isFenced) this.#state = 'RUNNING';
        return isFenced ? Math.min(this.#heartbeatUs, STARTING_HEARTBEAT_US) : this.#heartbeatUs;
      case 'RUNNING':
        return isFenced ? Math.min(this.#heartbeatUs, STARTING_HEARTBEAT_US) : this.#heartbeatUs;
      case 'PENDING_CONTROLLED_SHUTDOWN': {
        if (hadAskedToShutDown && shouldShutDown) this.#mayShutDown.notify();
        const isFirst = hadAskedToShutDown && !this.#hasAskedToShutDown;
        this.#hasAskedToShutDown ||= hadAskedToShutDown;
        return isFirst ? Math.min(this.#heartbeatUs, FIRST_SHUTDOWN_HEARTBEAT_US) : this.#heartbeatUs;
      }
      case 'SHUTTING_DOWN':
        return 0;
    }
  }
}
