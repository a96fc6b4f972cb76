/**
 * @module
 * A broker's standing with the controller (BL-1, BL-2, BL-4): it registers, then sends heartbeats.
 *
 *     STARTING ──has read the metadata log──► RECOVERY ──unfenced──► RUNNING ──SIGTERM──► PENDING_CONTROLLED_SHUTDOWN ──may go──► SHUTTING_DOWN
 */
import { MILLISECOND, MINUTE } from '../../runtime/index.ts';
import type { ActorContext, Micros, Request, SpawnedTask, Task } from '../../runtime/index.ts';
import { BROKER_PORT } from '../client/bootstrap.ts';
import type { BrokerConfig } from '../config/broker-config.ts';
import { NONE } from '../protocol/errors.ts';
import { API_KEYS } from '../protocol/messages.ts';
import type { BrokerHeartbeatRequest, BrokerHeartbeatResponse, BrokerRegistrationRequest } from '../protocol/messages.ts';
import { randomUuid } from '../protocol/uuid.ts';
import { CONTROLLER_SOCKET_TIMEOUT_US } from './controller-channel.ts';
import type { ControllerChannel } from './controller-channel.ts';

const CLUSTER_ID = 'trial';
/** A broker gives up waiting for its leaderships to move after this, and goes. */
const CONTROLLED_SHUTDOWN_US_MAX: Micros = 5 * MINUTE;
/** One that starts and has not caught up yet asks again so soon. */
const STARTING_HEARTBEAT_US: Micros = 10 * MILLISECOND;
/** One that waits to go asks again soon once: often everything is ready by then. */
const FIRST_SHUTDOWN_HEARTBEAT_US: Micros = 50 * MILLISECOND;

export type BrokerState = 'STARTING' | 'RECOVERY' | 'RUNNING' | 'PENDING_CONTROLLED_SHUTDOWN' | 'SHUTTING_DOWN';

export interface LifecycleOptions {
  readonly brokerId: number;
  readonly config: BrokerConfig;
  /** broker.rack. */
  readonly rack?: string | undefined;
}

export class BrokerLifecycle {
  readonly #context: ActorContext;
  readonly #channel: ControllerChannel;
  readonly #brokerId: number;
  readonly #rack: string | undefined;
  readonly #heartbeatUs: Micros;
  /** A request that nobody has answered is given up after so long. */
  readonly #retryUs: Micros;
  readonly #previousBrokerEpoch: number;
  readonly #metadataOffset: () => number;
  #state: BrokerState = 'STARTING';
  #isReadyToUnfence = false;
  #gotControlledShutdownResponse = false;
  /** There is something to tell the controller at once. */
  #isUrgent = false;
  readonly #becameUrgent;
  readonly #mayShutDown;
  readonly #registrationTimeoutUs: Micros;
  /** Runs until the broker is registered. */
  #registrationTimeout: SpawnedTask | undefined;
  /** −1 until registered. */
  brokerEpoch = -1;

  /**
   * @param previousBrokerEpoch of the incarnation before, if it stopped in good order; −1: what it had may be gone (BL-1)
   * @param metadataOffset offset of the last record of the metadata log that the broker has acted on
   */
  constructor(context: ActorContext, channel: ControllerChannel, { brokerId, config, rack }: LifecycleOptions, previousBrokerEpoch: number, metadataOffset: () => number) {
    this.#context = context;
    this.#channel = channel;
    this.#brokerId = brokerId;
    this.#rack = rack;
    this.#heartbeatUs = config['broker.heartbeat.interval.ms'] * MILLISECOND;
    this.#retryUs = Math.min(CONTROLLER_SOCKET_TIMEOUT_US, this.#heartbeatUs);
    this.#registrationTimeoutUs = config['initial.broker.registration.timeout.ms'] * MILLISECOND;
    this.#previousBrokerEpoch = previousBrokerEpoch;
    this.#metadataOffset = metadataOffset;
    this.#becameUrgent = context.signal();
    this.#mayShutDown = context.signal();
  }

  get state(): BrokerState {
    return this.#state;
  }

  /**
   * Registers, then keeps the session alive until the broker shuts down. What is urgent is told at once, but never after a failure.
   * @param giveUp ends a broker that was not taken in within initial.broker.registration.timeout.ms (BL-6)
   */
  *run(giveUp: () => Task): Task {
    this.#registrationTimeout = this.#context.spawn(this.#timeOut(giveUp));
    const incarnationId = randomUuid(this.#context.random('incarnation-id'));
    while (this.#state !== 'SHUTTING_DOWN') {
      this.#isUrgent = false;
      const waitUs = this.brokerEpoch < 0 ? yield* this.#register(incarnationId) : yield* this.#heartbeat();
      if (waitUs === undefined) yield* this.#context.sleep(this.#heartbeatUs);
      else if (waitUs > 0 && !this.#isUrgent) yield* this.#becameUrgent.wait(waitUs);
    }
  }

  /** The broker has acted on what the metadata log says of it. Before, it wants to stay fenced. */
  readyToUnfence(): void {
    if (this.#isReadyToUnfence) return;
    this.#isReadyToUnfence = true;
    this.#hurry();
  }

  /** EL-9: asks the controller to give the leaderships to others, and returns when that is done, or after so long. A broker that never ran has none. */
  *controlledShutdown(): Task {
    if (this.#state === 'RUNNING') {
      this.#state = 'PENDING_CONTROLLED_SHUTDOWN';
      this.#hurry();
      yield* this.#mayShutDown.wait(CONTROLLED_SHUTDOWN_US_MAX);
    }
    this.shutDown();
  }

  /** No more heartbeats: if the controller was not asked, the session runs out. */
  shutDown(): void {
    this.#registrationTimeout?.cancel();
    this.#state = 'SHUTTING_DOWN';
    this.#hurry();
  }

  *#timeOut(giveUp: () => Task): Task {
    yield* this.#context.sleep(this.#registrationTimeoutUs);
    this.#state = 'SHUTTING_DOWN';
    this.#hurry();
    yield* giveUp();
  }

  #hurry(): void {
    this.#isUrgent = true;
    this.#becameUrgent.notify();
  }

  /** Asks the active controller, whoever it is, until it answers or the request is too old to be sent again */
  *#ask<Reply extends object>(request: Request<Reply>): Task<Reply | undefined> {
    const deadline = this.#context.now + this.#retryUs;
    do {
      const answer = yield* this.#channel.call(request, this.#retryUs);
      if (answer !== undefined) return answer;
    } while (this.#context.now < deadline && this.#state !== 'SHUTTING_DOWN');
    return undefined;
  }

  /** @returns how long to wait with the first heartbeat; undefined: it failed (DUPLICATE_BROKER_REGISTRATION: the former incarnation's session has not run out yet) */
  *#register(incarnationId: string): Task<Micros | undefined> {
    const request: BrokerRegistrationRequest = {
      apiKey: API_KEYS.BrokerRegistration,
      brokerId: this.#brokerId,
      clusterId: CLUSTER_ID,
      incarnationId,
      listeners: [{ name: 'PLAINTEXT', host: this.#context.name, port: BROKER_PORT }],
      ...(this.#rack !== undefined && { rack: this.#rack }),
      previousBrokerEpoch: this.#previousBrokerEpoch,
    };
    const answer = yield* this.#ask(request);
    if (answer?.errorCode !== NONE) return undefined;
    this.#registrationTimeout?.cancel();
    this.brokerEpoch = answer.brokerEpoch;
    return 0;
  }

  /** @returns how long to wait with the next one; undefined: it failed. A broker that is refused (STALE_BROKER_EPOCH) goes on asking. */
  *#heartbeat(): Task<Micros | undefined> {
    const request: BrokerHeartbeatRequest = {
      apiKey: API_KEYS.BrokerHeartbeat,
      brokerId: this.#brokerId,
      brokerEpoch: this.brokerEpoch,
      currentMetadataOffset: this.#metadataOffset(),
      wantFence: !this.#isReadyToUnfence,
      wantShutDown: this.#state === 'PENDING_CONTROLLED_SHUTDOWN',
    };
    const answer = yield* this.#ask(request);
    return answer?.errorCode === NONE ? this.#answered(answer) : undefined;
  }

  #answered({ isCaughtUp, isFenced, shouldShutDown }: BrokerHeartbeatResponse): Micros {
    switch (this.#state) {
      case 'STARTING':
        if (isCaughtUp) this.#state = 'RECOVERY';
        return STARTING_HEARTBEAT_US;
      case 'RECOVERY':
        if (!isFenced) this.#state = 'RUNNING';
        return this.#heartbeatUs;
      case 'RUNNING':
        return this.#heartbeatUs;
      case 'PENDING_CONTROLLED_SHUTDOWN': {
        if (shouldShutDown) this.#mayShutDown.notify();
        const isFirst = !this.#gotControlledShutdownResponse;
        this.#gotControlledShutdownResponse = true;
        return isFirst ? FIRST_SHUTDOWN_HEARTBEAT_US : this.#heartbeatUs;
      }
      case 'SHUTTING_DOWN':
        return 0;
    }
  }
}
