/**
 * @module
 * The network as TCP gives it to Kafka: connections that are FIFO each way, latency and bandwidth per link, and faults that
 * delay, hold, lose or break, but never duplicate or reorder within a connection (§14.2).
 *
 * A frame is late, held or lost on the sender's side when it leaves and on the receiver's side when it arrives; each end knows
 * only its own side. Frames in flight when a link is cut are held by the receiver, then delivered at the heal or lost with
 * their connection. After a client's timeout closed a connection, what it had sent may still arrive, before the close, and be
 * executed: this is where late writes come from.
 */
import type { LinkFaultKind, FaultPlan } from '../faults/plan.ts';
import { LinkWeather } from '../faults/weather.ts';
import type { WeatherStrike } from '../faults/weather.ts';
import type { Process } from '../kernel/process.ts';
import { randomStream } from '../random/random.ts';
import { SimulatorError } from '../simulator-error.ts';
import { DROP_REASONS } from '../trace/trace-event.ts';
import type { DropReason, TraceEvent } from '../trace/trace-event.ts';
import type { Micros } from '../units.ts';
import type { FrameCodec } from './codec.ts';
import { ClientEndpoint, ServerEndpoint } from './endpoint.ts';
import type { Endpoint, EndpointHost } from './endpoint.ts';
import { ACCEPT, CLOSE, FRAME_OVERHEAD_BYTES, NO_PAYLOAD, OPEN, REFUSE, RESET, connectionId } from './frame.ts';
import type { Frame } from './frame.ts';
import { InboundLink, OutboundLink } from './link.ts';
import { linkOptions } from './options.ts';
import type { NetworkOptions } from './options.ts';

/** What the network needs of the engine it runs in. */
export interface NetworkHost {
  readonly now: Micros;
  readonly seed: string;
  readonly actorCount: number;
  nameOf(actor: number): string;
  record(process: Process, event: TraceEvent): void;
  recordSent(process: Process, frame: Frame, arrivesAt: Micros): void;
  /** Puts a frame on its way; it is due at `arrivesAt`, on whichever worker its receiver lives. */
  post(process: Process, frame: Frame, arrivesAt: Micros): void;
  /** A strike is about to take effect: true if the plan has switched it off. Records it either way. */
  isSwitchedOff(process: Process, id: string, kind: string, detail: string): boolean;
}

export class Network implements EndpointHost {
  readonly #host: NetworkHost;
  readonly #options: NetworkOptions;
  readonly #plan: FaultPlan;
  readonly #codec: FrameCodec;
  readonly #lookahead: Micros;
  /** By from × actorCount + to. */
  readonly #outbound = new Map<number, OutboundLink>();
  readonly #inbound = new Map<number, InboundLink>();

  constructor(host: NetworkHost, options: NetworkOptions, plan: FaultPlan, codec: FrameCodec, lookahead: Micros) {
    this.#host = host;
    this.#options = options;
    this.#plan = plan;
    this.#codec = codec;
    this.#lookahead = lookahead;
  }

  get bytesMax(): number {
    return this.#options.connectionBytesMax;
  }

  encode(message: unknown): Uint8Array {
    return this.#codec.encode(message);
  }

  decode(bytes: Uint8Array): unknown {
    return this.#codec.decode(bytes);
  }

  nameOf(actor: number): string {
    return this.#host.nameOf(actor);
  }

  /** A new connection from this process; nothing is sent yet. */
  client(process: Process, peer: number): ClientEndpoint {
    const endpoint = new ClientEndpoint(connectionId(process.index, process.nextConnection()), peer, process, this);
    process.endpoints.set(endpoint.id, endpoint);
    return endpoint;
  }

  /** Sends a frame on a connection. */
  send(process: Process, endpoint: Endpoint, kind: number, correlation: number, payload: Uint8Array): void {
    const frame: Frame = { from: process.index, to: endpoint.peerIndex, connection: endpoint.id, kind, correlation, payload };
    const link = (endpoint.link ??= this.#outboundLink(process.index, endpoint.peerIndex));
    let extraUs = 0;
    if (link.weather !== undefined && this.#host.now >= this.#plan.weatherFrom && this.#host.now < this.#plan.weatherUntil) {
      for (const strike of link.weather.next()) {
        if (!canHit(strike, endpoint, frame, link) || this.#host.isSwitchedOff(process, strike.id, strike.kind, `to ${endpoint.peer}`)) continue;
        extraUs += strike.extraUs;
        if (this.#struck(process, endpoint, frame, strike)) return;
      }
    }
    if (endpoint.isSilent) {
      this.#drop(process, frame, frame.to, 'half-open');
    } else if (link.isCut) {
      this.#hold(process, link, frame, endpoint);
    } else {
      this.#transmit(process, link, frame, endpoint, extraUs);
    }
  }

  /** A frame has come to a process that runs. */
  receive(process: Process, frame: Frame): void {
    const inbound = this.#inbound.get(this.#key(frame.from, frame.to));
    if (inbound !== undefined && inbound.cuts > 0) {
      inbound.held.push(frame);
      this.#host.record(process, { type: 'frame-held', peer: frame.from, connection: frame.connection, kind: frame.kind, correlation: frame.correlation });
      return;
    }
    if (process.state === 'off') this.#drop(process, frame, frame.from, 'powered-off');
    else if (frame.kind === OPEN) this.#accept(process, frame);
    else this.#deliver(process, frame);
  }

  closed(process: Process, endpoint: Endpoint, reason: string): void {
    if (!process.endpoints.delete(endpoint.id)) return;
    this.#loseHeld(process, endpoint, reason);
    this.#host.record(process, { type: 'connection-closed', peer: endpoint.peerIndex, connection: endpoint.id, reason });
  }

  timedOut(process: Process, endpoint: Endpoint, correlation: number): void {
    this.#host.record(process, { type: 'call-timed-out', peer: endpoint.peerIndex, connection: endpoint.id, correlation });
  }

  overflowed(process: Process, endpoint: Endpoint, frame: Frame): void {
    this.#drop(process, frame, frame.from, 'buffer-full');
    this.#reset(process, endpoint);
  }

  /** The process died: its machine resets the connections it had. */
  resetAll(process: Process): void {
    this.#endAll(process, RESET);
  }

  /** The process ended in good order: its machine closes the connections it had, after everything that was sent. */
  closeAll(process: Process): void {
    this.#endAll(process, CLOSE);
  }

  #endAll(process: Process, kind: number): void {
    for (const endpoint of process.endpoints.values()) {
      if (endpoint.isSilent) continue;
      const link = this.#outboundLink(process.index, endpoint.peerIndex);
      const frame: Frame = { from: process.index, to: endpoint.peerIndex, connection: endpoint.id, kind, correlation: 0, payload: NO_PAYLOAD };
      if (link.isCut) this.#hold(process, link, frame, endpoint);
      else this.#transmit(process, link, frame, endpoint, 0);
    }
  }

  /** The machine lost power: what it held for sending, and what it held unread, is gone. */
  powerOff(process: Process): void {
    for (let peer = 0; peer < this.#host.actorCount; peer += 1) {
      const outbound = this.#outbound.get(this.#key(process.index, peer));
      for (const { frame } of outbound?.held.splice(0) ?? []) this.#drop(process, frame, frame.to, 'powered-off');
      const inbound = this.#inbound.get(this.#key(peer, process.index));
      for (const frame of inbound?.held.splice(0) ?? []) this.#drop(process, frame, frame.from, 'powered-off');
    }
  }

  /** A fault of the directed link from → to begins, on the side that `process` owns. */
  begin(process: Process, kind: LinkFaultKind, from: number, to: number, amount: number): void {
    if (process.index === to && (kind === 'partition' || kind === 'jam')) this.#inboundLink(from, to).cuts += 1;
    if (kind === 'reset' || kind === 'half-open') this.#hitConnections(process, kind, process.index === from ? to : from);
    if (process.index !== from) return;
    const link = this.#outboundLink(from, to);
    if (kind === 'partition') link.partitions += 1;
    else if (kind === 'jam') link.jams += 1;
    else if (kind === 'delay') link.delayUs += amount;
    else if (kind === 'slow') link.slowed.push(amount);
  }

  /** The fault is over: what was held goes on its way. */
  end(process: Process, kind: LinkFaultKind, from: number, to: number, amount: number): void {
    if (process.index === to && (kind === 'partition' || kind === 'jam')) {
      const inbound = this.#inboundLink(from, to);
      inbound.cuts -= 1;
      if (inbound.cuts === 0) for (const frame of inbound.held.splice(0)) this.receive(process, frame);
    }
    if (process.index !== from) return;
    const link = this.#outboundLink(from, to);
    if (kind === 'partition') link.partitions -= 1;
    else if (kind === 'jam') link.jams -= 1;
    else if (kind === 'delay') link.delayUs -= amount;
    else if (kind === 'slow') link.slowed.splice(link.slowed.indexOf(amount), 1);
    if (!link.isCut) for (const { frame, endpoint } of link.held.splice(0)) this.#transmit(process, link, frame, endpoint, 0);
  }

  /** Weather hits a frame. @returns true if that ends the frame's journey. */
  #struck(process: Process, endpoint: Endpoint, frame: Frame, strike: WeatherStrike): boolean {
    switch (strike.kind) {
      case 'delay':
      case 'jam':
        return false;
      case 'half-open':
        endpoint.isSilent = true;
        return false;
      case 'refuse':
        this.#drop(process, frame, frame.to, 'reset');
        endpoint.fail('refused');
        return true;
      case 'reset':
        this.#drop(process, frame, frame.to, 'reset');
        this.#reset(process, endpoint);
        return true;
    }
  }

  /** Breaks a connection: the peer is told by a reset, this end at once. */
  #reset(process: Process, endpoint: Endpoint): void {
    const frame: Frame = { from: process.index, to: endpoint.peerIndex, connection: endpoint.id, kind: RESET, correlation: 0, payload: NO_PAYLOAD };
    const link = this.#outboundLink(process.index, endpoint.peerIndex);
    if (!link.isCut && !endpoint.isSilent) this.#transmit(process, link, frame, endpoint, 0);
    endpoint.fail('reset');
  }

  #hitConnections(process: Process, kind: 'reset' | 'half-open', peer: number): void {
    for (const endpoint of [...process.endpoints.values()]) {
      if (endpoint.peerIndex !== peer) continue;
      if (kind === 'half-open') endpoint.isSilent = true;
      else this.#reset(process, endpoint);
    }
  }

  #hold(process: Process, link: OutboundLink, frame: Frame, endpoint: Endpoint): void {
    if (frame.kind === OPEN && link.partitions > 0) {
      this.#drop(process, frame, frame.to, 'partitioned');
      return;
    }
    link.held.push({ frame, endpoint });
    this.#host.record(process, { type: 'frame-held', peer: frame.to, connection: frame.connection, kind: frame.kind, correlation: frame.correlation });
  }

  #transmit(process: Process, link: OutboundLink, frame: Frame, endpoint: Endpoint | undefined, extraUs: Micros): void {
    const now = this.#host.now;
    const leavesAt = process.busyUntil > now ? process.busyUntil : now;
    let arrivesAt = link.arrival(leavesAt, frame.payload.length + FRAME_OVERHEAD_BYTES) + extraUs;
    if (endpoint !== undefined) {
      if (arrivesAt < endpoint.lastArrival) arrivesAt = endpoint.lastArrival;
      endpoint.lastArrival = arrivesAt;
    }
    if (!(arrivesAt >= now + this.#lookahead)) throw new SimulatorError('lookahead', `a frame from ${this.nameOf(frame.from)} to ${this.nameOf(frame.to)} would arrive after ${arrivesAt - now} µs, sooner than the lookahead of ${this.#lookahead} µs`);
    this.#host.recordSent(process, frame, arrivesAt);
    this.#host.post(process, frame, arrivesAt);
  }

  #accept(process: Process, frame: Frame): void {
    if (process.state !== 'up' || process.handler === undefined || process.refusals > 0) {
      this.#answer(process, frame, REFUSE);
      return;
    }
    const endpoint = new ServerEndpoint(frame.connection, frame.from, process, this);
    endpoint.isOpen = true;
    process.endpoints.set(endpoint.id, endpoint);
    this.#host.record(process, { type: 'connection-opened', peer: frame.from, connection: frame.connection });
    this.send(process, endpoint, ACCEPT, 0, NO_PAYLOAD);
  }

  #deliver(process: Process, frame: Frame): void {
    const endpoint = process.endpoints.get(frame.connection);
    if (endpoint === undefined) {
      const reason = process.state === 'up' ? 'no-connection' : 'process-down';
      this.#drop(process, frame, frame.from, reason);
      if (frame.kind !== RESET && frame.kind !== REFUSE && frame.kind !== CLOSE) this.#answer(process, frame, RESET);
    } else if (frame.kind === RESET) {
      endpoint.fail('reset');
    } else if (frame.kind === REFUSE) {
      endpoint.fail('refused');
    } else if (frame.kind === ACCEPT) {
      this.#host.record(process, { type: 'connection-opened', peer: frame.from, connection: frame.connection });
      (endpoint as ClientEndpoint).accepted();
    } else {
      endpoint.receive(frame);
    }
  }

  /**
   * What has not left yet when a connection ends here. A reset takes all of it along; whoever gives up before the connection opened
   * takes the opening back; after a close the rest still goes out, before the close.
   */
  #loseHeld(process: Process, endpoint: Endpoint, reason: string): void {
    const link = this.#outbound.get(this.#key(process.index, endpoint.peerIndex));
    if (link === undefined || link.held.length === 0) return;
    const isLost = (frame: Frame): boolean => frame.connection === endpoint.id && (reason === 'reset' || frame.kind === OPEN);
    for (const { frame } of link.held) if (isLost(frame)) this.#drop(process, frame, frame.to, 'connection-lost');
    link.held = link.held.filter(({ frame }) => !isLost(frame));
  }

  /** The machine itself answers a frame for which there is no connection. */
  #answer(process: Process, frame: Frame, kind: number): void {
    const link = this.#outboundLink(process.index, frame.from);
    const answer: Frame = { from: process.index, to: frame.from, connection: frame.connection, kind, correlation: 0, payload: NO_PAYLOAD };
    if (link.isCut) this.#drop(process, answer, answer.to, 'partitioned');
    else this.#transmit(process, link, answer, undefined, 0);
  }

  #drop(process: Process, frame: Frame, peer: number, reason: DropReason): void {
    this.#host.record(process, { type: 'frame-dropped', peer, connection: frame.connection, kind: frame.kind, correlation: frame.correlation, reason: DROP_REASONS.indexOf(reason) });
  }

  #key(from: number, to: number): number {
    return from * this.#host.actorCount + to;
  }

  #outboundLink(from: number, to: number): OutboundLink {
    const key = this.#key(from, to);
    let link = this.#outbound.get(key);
    if (link === undefined) {
      const names = [this.nameOf(from), this.nameOf(to)] as const;
      const latency = randomStream(this.#host.seed, `link/${names[0]}>${names[1]}/latency`);
      link = new OutboundLink(linkOptions(this.#options, ...names), latency, LinkWeather.of(this.#plan, this.#host.seed, ...names));
      this.#outbound.set(key, link);
    }
    return link;
  }

  #inboundLink(from: number, to: number): InboundLink {
    const key = this.#key(from, to);
    let link = this.#inbound.get(key);
    if (link === undefined) {
      link = new InboundLink();
      this.#inbound.set(key, link);
    }
    return link;
  }
}

/** Whether weather has a hold on this frame at all: a strike is recorded only where it does something. */
function canHit({ kind }: WeatherStrike, endpoint: Endpoint, frame: Frame, link: OutboundLink): boolean {
  switch (kind) {
    case 'delay':
    case 'jam':
      return !endpoint.isSilent && !link.isCut;
    case 'half-open':
      return !endpoint.isSilent;
    case 'refuse':
      return frame.kind === OPEN;
    case 'reset':
      return true;
  }
}
