/** @module A broker's standing with the controller: it registers, then sends heartbeats (BL-1, BL-2). */
import { MILLISECOND } from '../../runtime/index.ts';
import type { ActorContext, Task } from '../../runtime/index.ts';
import { BROKER_PORT } from '../client/bootstrap.ts';
import { NONE } from '../protocol/errors.ts';
import { API_KEYS } from '../protocol/messages.ts';
import type { BrokerHeartbeatRequest, BrokerRegistrationRequest } from '../protocol/messages.ts';
import { randomUuid } from '../protocol/uuid.ts';
import type { ControllerChannel } from './controller-channel.ts';

const CLUSTER_ID = 'trial';

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
  readonly #heartbeatUs: number;
  readonly #previousBrokerEpoch: number;
  readonly #metadata: MetadataProgress;
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
  }

  /** Registers, then keeps the session alive for as long as the process lives. */
  *run(): Task {
    const incarnationId = randomUuid(this.#context.random('incarnation-id'));
    for (;;) {
      if (this.brokerEpoch < 0) yield* this.#register(incarnationId);
      else yield* this.#heartbeat();
    }
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
    // The former incarnation's session has not run out yet (DUPLICATE_BROKER_REGISTRATION), or nobody answered.
    else yield* this.#context.sleep(this.#heartbeatUs);
  }

  *#heartbeat(): Task {
    const sentAt = this.#context.now;
    const request: BrokerHeartbeatRequest = {
      apiKey: API_KEYS.BrokerHeartbeat,
      brokerId: this.#brokerId,
      brokerEpoch: this.brokerEpoch,
      currentMetadataOffset: this.#metadata.lastOffset(),
      wantFence: !this.#metadata.hasPublished(),
      wantShutDown: false,
    };
    const answer = yield* this.#channel.call(request, this.#heartbeatUs);
    // Nobody answered: try again at once. Refused: it is not who the controller knows any more.
    if (answer === undefined) return;
    if (answer.errorCode !== NONE) {
      this.brokerEpoch = -1;
      return;
    }
    // A broker that waits to be unfenced asks again soon, as Kafka does while it starts.
    const interval = answer.isFenced ? Math.min(this.#heartbeatUs, 100 * MILLISECOND) : this.#heartbeatUs;
    yield* this.#context.sleep(Math.max(0, sentAt + interval - this.#context.now));
  }
}
