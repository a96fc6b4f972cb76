/**
 * @module
 * A client's connections, one per broker (§14.2): opened when first wanted, opened again after a backoff, with a bound on what is in
 * flight on each.
 *
 *                    wanted, and backoff over                 accepted
 *     disconnected ───────────────────────────► connecting ─────────────► connected
 *          ▲                                        │ refused, timeout        │ broken, or a request timed out:
 *          └──────── reconnect.backoff.ms ──────────┴─────────────────────────┘ all in flight fail (§4.2.7)
 */
import { ConnectionError, milliseconds } from '../../runtime/index.ts';
import type { ActorContext, Connection, Micros, Random, Request, Task } from '../../runtime/index.ts';
import { KafkaError } from '../protocol/errors.ts';
import { ExponentialBackoff } from './exponential-backoff.ts';
import type { RequestCounts } from './request-counts.ts';

export interface ConnectionConfig {
  readonly 'request.timeout.ms': number;
  readonly 'reconnect.backoff.ms': number;
  readonly 'reconnect.backoff.max.ms': number;
  readonly 'socket.connection.setup.timeout.ms': number;
  readonly 'socket.connection.setup.timeout.max.ms': number;
}

export interface NetworkClientOptions {
  readonly config: ConnectionConfig;
  /** Most requests in flight on a connection. */
  readonly maxInFlight: number;
  /** A connection opened or closed, or has room again. */
  readonly onChange: () => void;
  /** A connection could not be opened, or broke: what is known of leaders may be out of date. */
  readonly onDisconnect: () => void;
  readonly counts?: RequestCounts;
}

/** A broker, by the name of its actor. */
interface Peer {
  readonly name: string;
  connection: Connection | undefined;
  isConnecting: boolean;
  inFlight: number;
  /** Connections that were lost or never came about, one after the other. */
  failures: number;
  /** Of these, attempts to connect that failed: one after a connection that was there waits no longer for its setup than the first. */
  setupFailures: number;
  /** Not to be connected before this. */
  retryAt: Micros;
}

export class NetworkClient {
  readonly #context: ActorContext;
  readonly #options: NetworkClientOptions;
  readonly #peers = new Map<string, Peer>();
  readonly #random: Random;
  readonly #reconnect: ExponentialBackoff;
  readonly #setupTimeout: ExponentialBackoff;
  #isClosed = false;

  constructor(context: ActorContext, options: NetworkClientOptions) {
    const { config } = options;
    this.#context = context;
    this.#options = options;
    this.#random = context.random('network-client');
    this.#reconnect = new ExponentialBackoff(this.#random, config['reconnect.backoff.ms'], config['reconnect.backoff.max.ms']);
    this.#setupTimeout = new ExponentialBackoff(this.#random, config['socket.connection.setup.timeout.ms'], config['socket.connection.setup.timeout.max.ms']);
  }

  /** Whether a request may be sent now. If not for want of a connection, one is opened as soon as its backoff is over and this is asked again. */
  isReady(name: string): boolean {
    const peer = this.#peer(name);
    if (peer.connection !== undefined) return peer.inFlight < this.#options.maxInFlight;
    this.#connect(peer);
    return false;
  }

  /** When to ask again whether a peer is ready, if nothing changes before: the end of its backoff. */
  retryAt(name: string): Micros {
    const peer = this.#peer(name);
    return peer.connection === undefined && !peer.isConnecting && !this.#isClosed ? peer.retryAt : Infinity;
  }

  /** Requests in flight on all connections. */
  get inFlight(): number {
    let sum = 0;
    for (const { inFlight } of this.#peers.values()) sum += inFlight;
    return sum;
  }

  /**
   * The ready peer with the fewest requests in flight. Failing that it opens a connection, unless one is being opened: undefined.
   * It starts from a random one, so that a thousand clients do not all ask the same broker.
   */
  leastLoaded(names: readonly string[]): string | undefined {
    if (names.length === 0) return undefined;
    const first = names.length === 1 ? 0 : this.#random.below(names.length);
    let best: Peer | undefined;
    let connectable: Peer | undefined;
    let isConnecting = false;
    for (let i = 0; i < names.length; i += 1) {
      const peer = this.#peer(names[(first + i) % names.length]!);
      if (peer.connection !== undefined) {
        if (peer.inFlight < this.#options.maxInFlight && (best === undefined || peer.inFlight < best.inFlight)) best = peer;
      } else if (peer.isConnecting) {
        isConnecting = true;
      } else if (this.#context.now >= peer.retryAt) {
        connectable ??= peer;
      }
    }
    if (best === undefined && !isConnecting && connectable !== undefined) this.#connect(connectable);
    return best?.name;
  }

  /** Sends a request to a ready peer; it counts as in flight from now on. @throws {KafkaError} REQUEST_TIMED_OUT, NETWORK_EXCEPTION: its outcome is open */
  call<Reply>(name: string, request: Request<Reply>): Task<Reply> {
    const peer = this.#peer(name);
    peer.inFlight += 1;
    return this.#call(peer, peer.connection, request);
  }

  /** Sends a request that gets no answer. @throws {KafkaError} NETWORK_EXCEPTION */
  send(name: string, request: object): void {
    const { connection } = this.#peer(name);
    if (connection === undefined) throw disconnected(name);
    this.#options.counts?.sent.record();
    connection.send(request);
  }

  /** Closes all connections, for good; what is in flight fails. */
  close(): void {
    this.#isClosed = true;
    for (const peer of this.#peers.values()) peer.connection?.close();
  }

  *#call<Reply>(peer: Peer, connection: Connection | undefined, request: Request<Reply>): Task<Reply> {
    try {
      if (connection === undefined) throw disconnected(peer.name);
      const { config, counts } = this.#options;
      counts?.sent.record();
      const reply = yield* connection.call(request, milliseconds(config['request.timeout.ms']));
      counts?.answered.record();
      return reply;
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
      this.#lose(peer, connection);
      throw error.reason === 'timeout' ? new KafkaError('REQUEST_TIMED_OUT', `no answer of ${peer.name} within request.timeout.ms`) : disconnected(peer.name);
    } finally {
      peer.inFlight -= 1;
      this.#options.onChange();
    }
  }

  #peer(name: string): Peer {
    let peer = this.#peers.get(name);
    if (peer === undefined) {
      peer = { name, connection: undefined, isConnecting: false, inFlight: 0, failures: 0, setupFailures: 0, retryAt: 0 };
      this.#peers.set(name, peer);
    }
    // The other end may have closed while nothing was in flight: it is noticed when it is looked at.
    if (peer.connection?.isOpen === false) this.#lose(peer, peer.connection);
    return peer;
  }

  #connect(peer: Peer): void {
    if (peer.isConnecting || this.#isClosed || this.#context.now < peer.retryAt) return;
    peer.isConnecting = true;
    this.#context.spawn(this.#open(peer));
  }

  *#open(peer: Peer): Task {
    try {
      peer.connection = yield* this.#context.connect(peer.name, this.#setupTimeout.delayUs(peer.setupFailures));
      peer.failures = 0;
      peer.setupFailures = 0;
      if (this.#isClosed) peer.connection.close();
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
      peer.setupFailures += 1;
      this.#backOff(peer);
    }
    peer.isConnecting = false;
    this.#options.onChange();
  }

  /** A connection broke. Of all the calls that fail of it, the first one gets here with it still in place. */
  #lose(peer: Peer, connection: Connection | undefined): void {
    if (connection === undefined || peer.connection !== connection) return;
    peer.connection = undefined;
    this.#backOff(peer);
  }

  #backOff(peer: Peer): void {
    if (this.#isClosed) return;
    peer.retryAt = this.#context.now + this.#reconnect.delayUs(peer.failures);
    peer.failures += 1;
    this.#options.onDisconnect();
  }
}

function disconnected(name: string): KafkaError {
  return new KafkaError('NETWORK_EXCEPTION', `disconnected from ${name}`);
}
