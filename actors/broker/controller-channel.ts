/** @module A broker's connection to the active controller. Heartbeats and AlterPartition each have one of their own (§14.2). */
import { ConnectionError, MILLISECOND } from '../../runtime/index.ts';
import type { ActorContext, Connection, Request, Task } from '../../runtime/index.ts';
import { controllerNameOf } from '../client/bootstrap.ts';
import { ERRORS } from '../protocol/errors.ts';

/** controller.socket.timeout.ms: how long a request waits for its answer. */
export const CONTROLLER_SOCKET_TIMEOUT_US = 30_000 * MILLISECOND;
/** socket.connection.setup.timeout.ms. */
const CONNECT_TIMEOUT_US = 10_000 * MILLISECOND;
/** reconnect.backoff.ms of a broker's client, and how long it waits before it asks again who the controller is. */
const RETRY_BACKOFF_US = 50 * MILLISECOND;

export class ControllerChannel {
  readonly #context: ActorContext;
  readonly #activeController: () => number | undefined;
  #connection: Connection | undefined;

  /** @param activeController node id of the active controller, as far as this broker knows (KR-5) */
  constructor(context: ActorContext, activeController: () => number | undefined) {
    this.#context = context;
    this.#activeController = activeController;
  }

  /**
   * Calls the active controller. Undefined: it is not known, could not be reached, or is not the active one (NOT_CONTROLLER), and a moment has
   * passed. The request may have been executed. Once connected, only an error makes the channel look for another one, as in Kafka.
   */
  *call<Reply extends object>(request: Request<Reply>, timeoutUs = CONTROLLER_SOCKET_TIMEOUT_US): Task<Reply | undefined> {
    const reply = yield* this.#tryCall(request, timeoutUs);
    if (reply !== undefined && !isNotController(reply)) return reply;
    this.#connection?.close();
    this.#connection = undefined;
    yield* this.#context.sleep(RETRY_BACKOFF_US);
    return undefined;
  }

  *#tryCall<Reply>(request: Request<Reply>, timeoutUs: number): Task<Reply | undefined> {
    try {
      if (this.#connection?.isOpen !== true) {
        const nodeId = yield* this.#findActiveController(timeoutUs);
        if (nodeId === undefined) return undefined;
        this.#connection = yield* this.#context.connect(controllerNameOf(nodeId), Math.min(timeoutUs, CONNECT_TIMEOUT_US));
      }
      return yield* this.#connection.call(request, timeoutUs);
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
      return undefined;
    }
  }

  /** Waits until the active controller is known, or the time is over. */
  *#findActiveController(timeoutUs: number): Task<number | undefined> {
    const deadline = this.#context.now + timeoutUs;
    while (this.#activeController() === undefined && this.#context.now < deadline) yield* this.#context.sleep(RETRY_BACKOFF_US);
    return this.#activeController();
  }
}

/** Some answers say it once, and some of every thing that was asked. */
function isNotController(reply: Answered & { readonly topics?: readonly (Answered & { readonly partitions?: readonly Answered[] })[]; readonly responses?: readonly Answered[] }): boolean {
  const { topics = [], responses = [] } = reply;
  return [reply, ...topics, ...topics.flatMap(({ partitions = [] }) => partitions), ...responses].some(({ errorCode }) => errorCode === ERRORS.NOT_CONTROLLER.code);
}

interface Answered {
  readonly errorCode?: number;
}
