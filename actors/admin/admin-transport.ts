/** @module How an administrator's requests get answered: by whichever broker can be reached, and by another attempt while nobody decided. */
import { milliseconds } from '../../runtime/index.ts';
import type { ActorContext, Micros, Request, Signal, Task } from '../../runtime/index.ts';
import { ExponentialBackoff } from '../client/exponential-backoff.ts';
import { NetworkClient } from '../client/network-client.ts';
import type { AdminConfig } from '../config/admin-config.ts';
import { ERRORS, KafkaError, isRetriable } from '../protocol/errors.ts';

/** One thing at a time on a connection: calls of an administrator are rare. */
const IN_FLIGHT_MAX = 1;

export class AdminTransport {
  readonly #context: ActorContext;
  readonly #brokers: readonly string[];
  readonly #config: AdminConfig;
  readonly #network: NetworkClient;
  readonly #backoff: ExponentialBackoff;
  readonly #connectionsChanged: Signal;

  /** @param brokers names of actors */
  constructor(context: ActorContext, brokers: readonly string[], config: AdminConfig) {
    this.#context = context;
    this.#brokers = brokers;
    this.#config = config;
    this.#connectionsChanged = context.signal();
    const onChange = (): void => this.#connectionsChanged.notify();
    this.#network = new NetworkClient(context, { config, maxInFlight: IN_FLIGHT_MAX, onChange, onDisconnect: onChange });
    this.#backoff = new ExponentialBackoff(context.random('admin'), config['retry.backoff.ms'], config['retry.backoff.max.ms']);
  }

  /**
   * Asks until somebody decides. @param errorsOf the error codes of an answer: with NOT_CONTROLLER or REQUEST_TIMED_OUT among them nobody has
   * @throws {KafkaError} REQUEST_TIMED_OUT after default.api.timeout.ms: what was asked may be done all the same
   */
  *call<Reply>(request: Request<Reply>, errorsOf: (reply: Reply) => readonly number[], deadline = this.#context.now + milliseconds(this.#config['default.api.timeout.ms'])): Task<Reply> {
    for (let attempt = 0; ; attempt += 1) {
      const broker = yield* this.#readyBroker(deadline);
      try {
        const reply = yield* this.#network.call(broker, request);
        if (!errorsOf(reply).some(isUndecided)) return reply;
      } catch (error) {
        if (!(error instanceof KafkaError && isRetriable(error.error))) throw error;
      }
      yield* this.#context.sleep(Math.min(this.#backoff.delayUs(attempt), Math.max(0, deadline - this.#context.now)));
    }
  }

  /** Asks this broker, once. @throws {KafkaError} one that is retriable: it cannot be reached, or has not answered, and what was asked may be done all the same */
  *callBroker<Reply>(broker: string, request: Request<Reply>, deadline: Micros): Task<Reply> {
    for (let hasWaited = false; !this.#network.isReady(broker); hasWaited = true) {
      const { now } = this.#context;
      const retryAt = this.#network.retryAt(broker);
      if (now >= deadline || (hasWaited && retryAt > now && retryAt !== Infinity)) throw new KafkaError('NETWORK_EXCEPTION', `${broker} cannot be reached`);
      yield* this.#connectionsChanged.wait(Math.min(deadline, retryAt) - now);
    }
    return yield* this.#network.call(broker, request);
  }

  /** Closes all connections, for good. */
  close(): void {
    this.#network.close();
  }

  *#readyBroker(deadline: Micros): Task<string> {
    for (;;) {
      const { now } = this.#context;
      if (now >= deadline) throw new KafkaError('REQUEST_TIMED_OUT', 'no broker has answered within default.api.timeout.ms');
      const broker = this.#network.leastLoaded(this.#brokers);
      if (broker !== undefined) return broker;
      const retryAt = Math.min(deadline, ...this.#brokers.map((name) => this.#network.retryAt(name)).filter((at) => at > now));
      yield* this.#connectionsChanged.wait(retryAt - now);
    }
  }
}

function isUndecided(errorCode: number): boolean {
  return errorCode === ERRORS.NOT_CONTROLLER.code || errorCode === ERRORS.REQUEST_TIMED_OUT.code;
}
