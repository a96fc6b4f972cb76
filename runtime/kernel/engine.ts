/**
 * @module
 * The engine of one worker: its share of the actors, their queue, their network, their faults. It knows nothing of threads: what
 * is meant for an actor elsewhere goes to the `Outside`.
 */
import type { ActorError, Connection } from '../actor.ts';
import { SimulatedDisk } from '../disk/simulated-disk.ts';
import { touchedBy, touchedByActors } from '../faults/fault-event.ts';
import type { FaultEvent, Touched } from '../faults/fault-event.ts';
import type { TimedFault } from '../faults/plan.ts';
import { FrameCodec } from '../network/codec.ts';
import type { Frame } from '../network/frame.ts';
import { Network } from '../network/network.ts';
import type { NetworkHost } from '../network/network.ts';
import { lookahead } from '../network/options.ts';
import { SimulatorError } from '../simulator-error.ts';
import type { Simulation } from '../simulation.ts';
import type { Task } from '../task.ts';
import { isJudged } from '../trace/feed.ts';
import type { Feed } from '../trace/feed.ts';
import { Lane } from '../trace/lane.ts';
import type { TraceEvent } from '../trace/trace-event.ts';
import type { Micros } from '../units.ts';
import type { XXHashAPI } from 'xxhash-wasm';
import type { ContextHost } from './context.ts';
import { ACTORS_MAX, FAULT_EVENT, FRAME_EVENT, TIMER_EVENT, eventOrder, kindOf } from './event-key.ts';
import { loopState, runUntil } from './event-loop.ts';
import type { EventSink } from './event-loop.ts';
import { EventQueue } from './event-queue.ts';
import { Lifecycle } from './lifecycle.ts';
import { HELD, Process, UNARMED } from './process.ts';
import type { HeldEvent, ProcessHost, Timer } from './process.ts';

/** The workers that other actors live on. */
export interface Outside {
  /** Carries an event to the worker of `target`. */
  send(time: Micros, order: number, target: number, payload: Frame | FaultEvent): void;
}

type Payload = Frame | Timer | FaultEvent;

/** How often each kind of event was dispatched. Cancelled timers never are. */
export interface EventCounts {
  frames: number;
  timers: number;
  faults: number;
}

export class Engine implements EventSink<Payload>, NetworkHost, ProcessHost, ContextHost {
  readonly #simulation: Simulation;
  readonly #queue = new EventQueue<Payload>();
  readonly #loop = loopState();
  readonly #processes: (Process | undefined)[];
  readonly #names: readonly string[];
  readonly #indices: ReadonlyMap<string, number>;
  readonly #codec: FrameCodec;
  readonly #network: Network;
  readonly #lifecycle: Lifecycle;
  readonly #outside: Outside;
  readonly #feed: Feed;
  readonly #switchedOff: ReadonlySet<string>;
  /** Index of the actor that is being started, before the first event. */
  #booting: number | undefined;
  readonly lookahead: Micros;
  now: Micros = 0;
  readonly counts: EventCounts = { frames: 0, timers: 0, faults: 0 };
  /** Bytes of all payloads delivered. */
  bytesDelivered = 0;
  /** Of this worker's actors, how many have finished; and when the last one did. */
  finished = 0;
  lastFinish: Micros = 0;
  /** Index of the actor an event is being dispatched to; shown when a worker hangs. */
  onActor: (index: number) => void = () => undefined;

  /**
   * @param isHere which actors, by index, live on this worker
   * @throws {SimulatorError} `declaration`
   */
  constructor(simulation: Simulation, isHere: (actor: number) => boolean, outside: Outside, feed: Feed, hasher: XXHashAPI) {
    this.#simulation = simulation;
    this.#outside = outside;
    this.#feed = feed;
    this.#names = simulation.actors.map(({ name }) => name);
    this.#indices = new Map(this.#names.map((name, index) => [name, index]));
    if (this.#indices.size !== this.#names.length) throw new SimulatorError('declaration', `two actors have one name: ${this.#names.find((name, i) => this.#names.indexOf(name) !== i)}`);
    if (this.#names.length > ACTORS_MAX) throw new SimulatorError('declaration', `${this.#names.length} actors: at most ${ACTORS_MAX} fit into the order of events`);
    const faultIds = simulation.faults.timed.map(({ id }) => id);
    if (new Set(faultIds).size !== faultIds.length) throw new SimulatorError('declaration', `two faults have one id: ${faultIds.find((id, i) => faultIds.indexOf(id) !== i)}`);
    this.#switchedOff = new Set(simulation.faults.switchedOff);
    this.lookahead = lookahead(simulation.network);
    if (!(this.lookahead >= 1)) throw new SimulatorError('declaration', 'every link needs a latency of at least 1 µs: it is how far workers may run apart');
    this.#codec = new FrameCodec(simulation.structures);
    this.#network = new Network(this, simulation.network, simulation.faults, this.#codec, this.lookahead);
    this.#lifecycle = new Lifecycle(this, this.#network, simulation.seed);
    this.#processes = simulation.actors.map((actor, index) => {
      if (!isHere(index)) return undefined;
      const disk = new SimulatedDisk({ now: () => this.now, sleep: (us) => process.sleep(us), record: (event) => this.record(process, event) }, simulation.disk);
      const process: Process = new Process(index, actor, new Lane(hasher), disk, this);
      return process;
    });
    for (const fault of simulation.faults.timed) this.#schedule(fault);
  }

  get seed(): string {
    return this.#simulation.seed;
  }

  get actorCount(): number {
    return this.#names.length;
  }

  /** When the next event here is due; Infinity if none is. */
  get nextTime(): Micros {
    return this.#queue.headTime;
  }

  get events(): number {
    return this.#loop.events;
  }

  /** Key of the event that was dispatched last: the place of a failure. Booting comes before every event, actor by actor. */
  get position(): { time: Micros; order: number } {
    if (this.#booting !== undefined) return { time: 0, order: this.#booting - ACTORS_MAX };
    return { time: this.#loop.time, order: this.#loop.order };
  }

  /** The processes that live here. */
  get processes(): readonly Process[] {
    return this.#processes.filter((process) => process !== undefined);
  }

  nameOf(actor: number): string {
    return this.#names[actor] ?? `#${actor}`;
  }

  /** Starts every actor that lives here, at time 0. */
  boot(): void {
    for (const process of this.processes) {
      this.#booting = process.index;
      this.onActor(process.index);
      this.#lifecycle.start(process);
      process.drain();
    }
    this.#booting = undefined;
  }

  /** Runs everything due before `until`, at most so many events. @returns true if nothing is left before `until`. */
  runUntil(until: Micros, eventsMax?: number): boolean {
    return runUntil(this.#queue, this, this.#loop, until, eventsMax);
  }

  /** Takes in what another worker sent. */
  accept(time: Micros, order: number, target: number, payload: Frame | FaultEvent): void {
    this.#queue.push(time, order, target, payload);
  }

  decode(bytes: Uint8Array): unknown {
    return this.#codec.decode(bytes);
  }

  dispatch(time: Micros, order: number, target: number, payload: Payload | undefined): void {
    this.now = time;
    this.onActor(target);
    const process = this.#processes[target]!;
    const kind = kindOf(order);
    if (process.pauses > 0 && kind !== FAULT_EVENT) {
      if (kind === TIMER_EVENT) (payload as Timer).slot = HELD;
      process.heldEvents.push({ order, payload });
      return;
    }
    this.#execute(process, kind, payload!);
    // A fault may break connections of a paused process: its tasks learn of it when it is resumed.
    if (process.pauses === 0) process.drain();
  }

  /** Executes what was held while the process was paused: after a resumption, or for the machine of a process that died meanwhile. */
  executeHeld(process: Process, held: readonly HeldEvent[]): void {
    const { incarnation } = process;
    process.drain();
    for (const { order, payload } of held) {
      const kind = kindOf(order);
      // A process that fails over one of them takes its timers with it; frames still find its machine.
      const isGone = process.state !== 'up' || process.incarnation !== incarnation;
      if (kind === TIMER_EVENT && (isGone || !(payload as Timer).isArmed)) continue;
      this.#execute(process, kind, payload as Payload);
      process.drain();
    }
  }

  #execute(process: Process, kind: number, payload: Payload): void {
    if (kind === FRAME_EVENT) {
      const frame = payload as Frame;
      this.counts.frames += 1;
      this.bytesDelivered += frame.payload.length;
      if (this.#feed.wantsAll) this.record(process, { type: 'frame-delivered', from: frame.from, connection: frame.connection, kind: frame.kind, correlation: frame.correlation, bytes: frame.payload.length });
      else process.lane.frameDelivered(this.now, frame.from, frame.connection, frame.kind, frame.correlation, frame.payload.length);
      this.#network.receive(process, frame);
    } else if (kind === TIMER_EVENT) {
      this.counts.timers += 1;
      const timer = payload as Timer;
      timer.slot = UNARMED;
      timer.expire();
    } else {
      this.counts.faults += 1;
      this.#lifecycle.apply(process, payload as FaultEvent);
    }
  }

  armTimer(process: Process, timer: Timer, at: Micros): void {
    timer.slot = this.#queue.push(at, eventOrder(TIMER_EVENT, process.index, process.nextSequence()), process.index, timer);
  }

  disarmTimer(timer: Timer): void {
    if (timer.slot !== HELD) this.#queue.remove(timer.slot);
    timer.slot = UNARMED;
  }

  /** Takes every timer of a process out of the queue: it has crashed. */
  disarmAll(process: Process): void {
    const timers = this.#queue.slotsWhere((target, order) => target === process.index && kindOf(order) === TIMER_EVENT);
    for (const slot of timers) this.#queue.remove(slot);
  }

  failed(process: Process, error: ActorError): void {
    this.#lifecycle.fail(process, error);
  }

  exit(process: Process): void {
    this.#lifecycle.exit(process);
  }

  halt(process: Process, reason: string): void {
    this.#lifecycle.halt(process, reason);
  }

  post(process: Process, frame: Frame, arrivesAt: Micros): void {
    this.#route(arrivesAt, eventOrder(FRAME_EVENT, process.index, process.nextSequence()), frame.to, frame);
  }

  record(process: Process, event: TraceEvent): void {
    const index = process.lane.record(this.now, event);
    if (this.#feed.wantsAll || isJudged(event.type)) this.#feed.push(this.now, process.index, index, event);
  }

  recordSent(process: Process, frame: Frame, arrivesAt: Micros): void {
    if (this.#feed.wantsAll) this.record(process, { type: 'frame-sent', to: frame.to, connection: frame.connection, kind: frame.kind, correlation: frame.correlation, arrivesAt, payload: frame.payload });
    else process.lane.frameSent(this.now, frame.to, frame.connection, frame.kind, frame.correlation, arrivesAt, frame.payload);
  }

  isSwitchedOff(process: Process, id: string, kind: string, detail: string): boolean {
    const off = this.#switchedOff.has(id);
    this.record(process, off ? { type: 'strike-suppressed', id, kind } : { type: 'strike', id, kind, detail });
    return off;
  }

  *connect(process: Process, peer: string, timeoutUs: Micros): Task<Connection> {
    const index = this.#indices.get(peer);
    if (index === undefined) throw new SimulatorError('declaration', `${process.actor.name} connects to ${peer}, which does not exist`);
    if (index === process.index) throw new SimulatorError('declaration', `${peer} connects to itself: an actor is one process, and talks to itself without a network`);
    return yield* this.#network.client(process, index).open(timeoutUs);
  }

  observe(process: Process, observation: object): void {
    const index = process.lane.observed(this.now, observation);
    this.#feed.push(this.now, process.index, index, { type: 'observed', observation });
  }

  finish(process: Process): void {
    if (process.finished || process.actor.finishes !== true) return;
    process.finished = true;
    this.finished += 1;
    this.lastFinish = this.now;
    this.record(process, { type: 'process-finished' });
  }

  strike(process: Process, faultId: string, targets: readonly string[]): void {
    const fault = this.#simulation.faults.timed.find(({ id }) => id === faultId);
    if (fault === undefined) throw new SimulatorError('declaration', `${process.actor.name} strikes with ${faultId}, which is not in the plan`);
    // One lookahead later, so that the news reaches every worker before it is due.
    const moments = this.#moments({ ...fault, at: this.now + this.lookahead }, touchedByActors(fault, targets, this.#names));
    for (const [at, event, target] of moments) this.#route(at, eventOrder(FAULT_EVENT, process.index, process.nextSequence()), target, event);
  }

  /** Puts both moments of a planned fault into the queues of those it touches here. */
  #schedule(fault: TimedFault): void {
    for (const [at, event, target] of this.#moments(fault, touchedBy(fault, fault.target, this.#names))) {
      const process = this.#processes[target];
      if (process !== undefined) this.#queue.push(at, eventOrder(FAULT_EVENT, target, process.nextSequence()), target, event);
    }
  }

  #moments(fault: TimedFault, { actors, links }: Touched): [at: Micros, event: FaultEvent, target: number][] {
    return actors.flatMap((target): [Micros, FaultEvent, number][] => {
      const mine = links.filter((link) => link.includes(target));
      return [
        [fault.at, { fault, phase: 'begin', links: mine }, target],
        [fault.at + fault.for, { fault, phase: 'end', links: mine }, target],
      ];
    });
  }

  #route(time: Micros, order: number, target: number, payload: Frame | FaultEvent): void {
    if (this.#processes[target] !== undefined) this.#queue.push(time, order, target, payload);
    else this.#outside.send(time, order, target, payload);
  }
}
