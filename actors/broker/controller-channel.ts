/** @module A broker's connection to the active controller. Heartbeats, AlterPartition and the metadata log each have one of their own (§14.2). */
import { ConnectionError, MILLISECOND } from '../../runtime/index.ts';
import type { ActorContext, Connection, Request, Task } from '../../runtime/index.ts';

/** controller.socket.timeout.ms: how long a request waits for its answer. */
export const CONTROLLER_SOCKET_TIMEOUT_US = 30_000 * MILLISECOND;
/** socket.connection.setup.timeout.ms. */
const CONNECT_TIMEOUT_US = 10_000 * MILLISECOND;
/** reconnect.backoff.ms of a broker's client. */
const RECONNECT_BACKOFF_US = 50 * MILLISECOND;

export class ControllerChannel {
  readonly #context: ActorContext;
  readonly #controller: string;
  #connection: Connection | undefined;

  constructor(context: ActorContext, controller: string) {
    this.#context = context;
    this.#controller = controller;
  }

  /** Calls the controller. Undefined: it could not be reached, and a moment has passed. The request may have been executed. */
  *call<Reply>(request: Request<Reply>, timeoutUs = CONTROLLER_SOCKET_TIMEOUT_US): Task<Reply | undefined> {
    try {
      if (this.#connection?.isOpen !== true) this.#connection = yield* this.#context.connect(this.#controller, Math.min(timeoutUs, CONNECT_TIMEOUT_US));
      return yield* this.#connection.call(request, timeoutUs);
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
      yield* this.#context.sleep(RECONNECT_BACKOFF_US);
      return undefined;
    }
  }
}
