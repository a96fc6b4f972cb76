/**
 * @module
 * The two ends of a connection. Each lives with its own actor and knows the other only through frames.
 *
 * Client: requests are pipelined, replies come back in order, a timeout closes the connection.
 * Server: one request in work at a time; the next waits unread until this one is answered (§14.2).
 */
import { ConnectionError } from '../actor.ts';
import type { Caller, Connection, ConnectionFailure } from '../actor.ts';
import { Timer } from '../kernel/process.ts';
import type { Process, TaskCell, TaskOwner } from '../kernel/process.ts';
import type { Task } from '../task.ts';
import type { Micros } from '../units.ts';
import { CLOSE, NO_PAYLOAD, ONE_WAY, OPEN, REPLY, REQUEST } from './frame.ts';
import type { Frame } from './frame.ts';
import type { OutboundLink } from './link.ts';

/** What an end of a connection needs of the network. */
export interface EndpointHost {
  send(process: Process, endpoint: Endpoint, kind: number, correlation: number, payload: Uint8Array): void;
  encode(message: unknown): Uint8Array;
  decode(bytes: Uint8Array): unknown;
  nameOf(actor: number): string;
  /** The end is gone: forget it, and say why in the trace. */
  closed(process: Process, endpoint: Endpoint, reason: string): void;
  timedOut(process: Process, endpoint: Endpoint, correlation: number): void;
  /** Most unread bytes an end holds. */
  readonly bytesMax: number;
  /** The buffer of this end ran over. */
  overflowed(process: Process, endpoint: Endpoint, frame: Frame): void;
}

export abstract class Endpoint {
  readonly id: number;
  readonly peerIndex: number;
  protected readonly process: Process;
  protected readonly host: EndpointHost;
  isOpen = false;
  /** When the last frame sent on it arrives: the next one does not overtake it. */
  lastArrival: Micros = 0;
  /** Half open: what is sent vanishes. */
  isSilent = false;
  /** The link it sends on, once it has sent: found once, not at every frame. */
  link: OutboundLink | undefined;

  constructor(id: number, peerIndex: number, process: Process, host: EndpointHost) {
    this.id = id;
    this.peerIndex = peerIndex;
    this.process = process;
    this.host = host;
  }

  get peer(): string {
    return this.host.nameOf(this.peerIndex);
  }

  /** A frame of the peer. */
  abstract receive(frame: Frame): void;

  /** The connection broke: by a reset, a refusal, or the peer's close. */
  abstract fail(reason: ConnectionFailure): void;

  protected sendFrame(kind: number, correlation: number, payload: Uint8Array): void {
    this.host.send(this.process, this, kind, correlation, payload);
  }
}

/** A wait for one reply, or (correlation 0) for the connection to open. */
class PendingCall extends Timer {
  readonly #endpoint: ClientEndpoint;
  readonly cell: TaskCell;
  readonly correlation: number;
  reply: unknown;
  failure: ConnectionFailure | undefined;

  constructor(endpoint: ClientEndpoint, cell: TaskCell, correlation: number) {
    super();
    this.#endpoint = endpoint;
    this.cell = cell;
    this.correlation = correlation;
  }

  expire(): void {
    this.#endpoint.timedOut(this);
  }
}

const OPENING = 0;

export class ClientEndpoint extends Endpoint implements Connection {
  readonly #pending = new Map<number, PendingCall>();
  #correlation = OPENING;
  #brokenBy: ConnectionFailure = 'closed';

  *open(timeoutUs: Micros): Task<Connection> {
    const opening = this.#await(OPENING, timeoutUs);
    this.sendFrame(OPEN, OPENING, NO_PAYLOAD);
    yield;
    if (opening.failure !== undefined) throw new ConnectionError(opening.failure, this.peer);
    return this;
  }

  *call<Reply>(request: object, timeoutUs: Micros): Task<Reply> {
    if (!this.isOpen) throw new ConnectionError(this.#brokenBy, this.peer);
    this.#correlation += 1;
    const pending = this.#await(this.#correlation, timeoutUs);
    this.sendFrame(REQUEST, pending.correlation, this.host.encode(request));
    yield;
    if (pending.failure !== undefined) throw new ConnectionError(pending.failure, this.peer);
    return pending.reply as Reply;
  }

  send(request: object): void {
    if (!this.isOpen) throw new ConnectionError(this.#brokenBy, this.peer);
    this.#correlation += 1;
    this.sendFrame(ONE_WAY, this.#correlation, this.host.encode(request));
  }

  close(): void {
    if (!this.isOpen) return;
    this.sendFrame(CLOSE, 0, NO_PAYLOAD);
    this.#end('closed', 'closed');
  }

  receive(frame: Frame): void {
    if (frame.kind === REPLY) {
      const pending = this.#pending.get(frame.correlation);
      if (pending === undefined) return;
      pending.reply = this.host.decode(frame.payload);
      this.#settle(pending);
    } else if (frame.kind === CLOSE) {
      this.fail('closed');
    }
  }

  /** The peer accepted. */
  accepted(): void {
    this.isOpen = true;
    const opening = this.#pending.get(OPENING);
    if (opening !== undefined) this.#settle(opening);
  }

  fail(reason: ConnectionFailure): void {
    this.#end(reason, reason);
  }

  timedOut(pending: PendingCall): void {
    this.host.timedOut(this.process, this, pending.correlation);
    pending.failure = 'timeout';
    this.#pending.delete(pending.correlation);
    this.process.wake(pending.cell);
    if (this.isOpen) this.sendFrame(CLOSE, 0, NO_PAYLOAD);
    this.#end('closed', 'timeout');
  }

  #await(correlation: number, timeoutUs: Micros): PendingCall {
    const pending = new PendingCall(this, this.process.runningTask(), correlation);
    this.#pending.set(correlation, pending);
    pending.cell.waitsFor = pending;
    this.process.arm(pending, timeoutUs);
    return pending;
  }

  #settle(pending: PendingCall): void {
    this.#pending.delete(pending.correlation);
    if (pending.isArmed) this.process.disarm(pending);
    this.process.wake(pending.cell);
  }

  /** Ends this half: every call in flight fails with `failure`. */
  #end(failure: ConnectionFailure, reason: string): void {
    this.isOpen = false;
    this.#brokenBy = failure;
    for (const pending of this.#pending.values()) {
      pending.failure = failure;
      this.#settle(pending);
    }
    this.host.closed(this.process, this, reason);
  }
}

export class ServerEndpoint extends Endpoint implements Caller, TaskOwner {
  /** Frames not yet read, in order: requests, and the peer's close behind them. */
  #unread: Frame[] = [];
  #unreadBytes = 0;
  #inWork: Frame | undefined;

  receive(frame: Frame): void {
    if (this.#inWork === undefined && this.#unread.length === 0) {
      this.#read(frame);
      return;
    }
    this.#unreadBytes += frame.payload.length;
    if (this.#unreadBytes > this.host.bytesMax) {
      this.host.overflowed(this.process, this, frame);
      return;
    }
    this.#unread.push(frame);
  }

  close(): void {
    if (!this.isOpen) return;
    this.sendFrame(CLOSE, 0, NO_PAYLOAD);
    this.#end('closed-by-server');
  }

  fail(reason: ConnectionFailure): void {
    this.#end(reason);
  }

  #read(frame: Frame): void {
    if (frame.kind === CLOSE) {
      this.#end('closed');
      return;
    }
    const handler = this.process.handler;
    if (handler === undefined) return;
    this.#inWork = frame;
    this.process.spawn(handler(this.host.decode(frame.payload) as never, this), this);
  }

  /** The request in work is done with. */
  taskEnded(reply: unknown): void {
    const frame = this.#inWork!;
    this.#inWork = undefined;
    if (frame.kind === REQUEST && reply !== undefined && this.isOpen) this.sendFrame(REPLY, frame.correlation, this.host.encode(reply));
    this.#next();
  }

  #next(): void {
    const frame = this.#unread.shift();
    if (frame === undefined || !this.isOpen) return;
    this.#unreadBytes -= frame.payload.length;
    this.#read(frame);
  }

  #end(reason: string): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.#unread = [];
    this.#unreadBytes = 0;
    this.host.closed(this.process, this, reason);
  }
}
