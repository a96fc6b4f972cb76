/**
 * @module
 * Life and death of processes, and the timed faults that touch them.
 *
 * crash: the process dies, its machine resets its connections, page cache and disk stay.
 * power-loss: silence; of the disk only what was durable stays.
 * pause: the machine goes on (frames arrive, timers come due), the process does nothing until it is resumed.
 * shutdown: the process is asked to end; one that does not listen dies as by a crash.
 */
import type { ActorError } from '../actor.ts';
import { isLinkFault } from '../faults/fault-event.ts';
import type { FaultEvent } from '../faults/fault-event.ts';
import { isDiskFaultKind } from '../faults/plan.ts';
import type { DiskFaultKind, FaultKind, TimedFault } from '../faults/plan.ts';
import type { Network } from '../network/network.ts';
import { randomStream } from '../random/random.ts';
import type { Random } from '../random/random.ts';
import { SimulatorError } from '../simulator-error.ts';
import type { Task } from '../task.ts';
import type { TraceEvent } from '../trace/trace-event.ts';
import { SECOND } from '../units.ts';
import type { Micros } from '../units.ts';
import { Context } from './context.ts';
import type { ContextHost } from './context.ts';
import { Timer } from './process.ts';
import type { HeldEvent, Process } from './process.ts';

/** What life and death need of the engine. */
export interface LifecycleHost extends ContextHost {
  nameOf(actor: number): string;
  record(process: Process, event: TraceEvent): void;
  disarmAll(process: Process): void;
  isSwitchedOff(process: Process, id: string, kind: string, detail: string): boolean;
  executeHeld(process: Process, held: readonly HeldEvent[]): void;
}

/** How a process ended. */
type Death = 'crash' | 'power-loss' | 'failed' | 'exit' | 'halt';

/** A supervisor waits so long before it starts again what has halted for no reason that it knows of. */
const HALT_RESTART_US = SECOND;

/** A supervisor starts a process again after a while. */
class Restart extends Timer {
  readonly #restart: () => void;

  constructor(restart: () => void) {
    super();
    this.#restart = restart;
  }

  expire(): void {
    this.#restart();
  }
}

export class Lifecycle {
  readonly #host: LifecycleHost;
  readonly #network: Network;
  readonly #seed: string;
  /** Faults in force: by actor, the ids and kinds of those that took effect there. */
  readonly #inForce = new Map<Process, Map<string, FaultKind>>();
  /** How those that are not up have ended, and, where a fault struck them down, which one. */
  readonly #deaths = new Map<Process, { readonly how: Death; readonly faultId?: string }>();
  /** Processes that should have ended by now and are started again as soon as they have. */
  readonly #overdue = new Set<Process>();

  constructor(host: LifecycleHost, network: Network, seed: string) {
    this.#host = host;
    this.#network = network;
    this.#seed = seed;
  }

  /** Begins a new incarnation. */
  start(process: Process): void {
    process.incarnation += 1;
    process.state = 'up';
    this.#deaths.delete(process);
    process.busyUntil = 0;
    this.#host.record(process, { type: 'process-started', incarnation: process.incarnation });
    process.actor.start(new Context(process, this.#host));
  }

  /** The application failed of an error of its own world. */
  fail(process: Process, error: ActorError): void {
    this.#host.record(process, { type: 'process-failed', error: `${error.name}: ${error.message}` });
    this.#stop(process, 'failed');
    const { restartAfterUs } = process.actor;
    if (restartAfterUs !== undefined) this.#startAfter(process, restartAfterUs);
  }

  /** The process has ended in good order. */
  exit(process: Process): void {
    this.#end(process, 'exit');
  }

  /** The process has ended itself at once. */
  halt(process: Process, reason: string): void {
    this.#host.record(process, { type: 'process-halted', reason });
    this.#end(process, 'halt');
  }

  #end(process: Process, how: 'exit' | 'halt'): void {
    const isOverdue = this.#overdue.has(process);
    this.#stop(process, how);
    if (isOverdue) this.#startAfter(process, 0);
    else if (how === 'halt' && !this.#awaitsEndOfFault(process)) this.#startAfter(process, HALT_RESTART_US);
  }

  #startAfter(process: Process, delayUs: Micros): void {
    const { incarnation } = process;
    process.arm(new Restart(() => {
      if (process.state === 'down' && process.incarnation === incarnation) this.start(process);
    }), delayUs);
  }

  /** Some fault is in force that starts the process when it ends, should it be down then. */
  #awaitsEndOfFault(process: Process): boolean {
    return [...(this.#inForce.get(process)?.values() ?? [])].some((kind) => kind === 'shutdown' || isDiskFaultKind(kind));
  }

  /** One moment of a timed fault, for one of the actors it touches. */
  apply(process: Process, { fault, phase, links }: FaultEvent): void {
    let inForce = this.#inForce.get(process);
    if (inForce === undefined) {
      inForce = new Map();
      this.#inForce.set(process, inForce);
    }
    if (phase === 'begin') {
      // A nemesis may strike again with a fault that is still in force: it ends when it would have ended.
      if (inForce.has(fault.id) || !this.#canStrike(process, fault)) return;
      const detail = fault.kind === 'disk-bit-rot' ? process.disk.fileToRot(this.#rotOf(process, fault)) : links.map(([from, to]) => `${this.#host.nameOf(from)}>${this.#host.nameOf(to)}`).join(' ');
      if (this.#host.isSwitchedOff(process, fault.id, fault.kind, detail)) return;
      inForce.set(fault.id, fault.kind);
    } else if (!inForce.delete(fault.id)) {
      return;
    }
    if (isDiskFaultKind(fault.kind)) this.#applyToDisk(process, fault, fault.kind, phase);
    else if (!isLinkFault(fault)) this.#applyToProcess(process, fault, phase);
    else if (phase === 'begin') for (const [from, to] of links) this.#network.begin(process, fault.kind, from, to, amountOf(fault));
    else for (const [from, to] of links) this.#network.end(process, fault.kind, from, to, amountOf(fault));
  }

  /** A process that is down already cannot be struck down again; its machine can still lose power, and that is left out. */
  #canStrike(process: Process, fault: TimedFault): boolean {
    switch (fault.kind) {
      case 'crash':
      case 'power-loss':
      case 'pause':
        return process.state === 'up';
      case 'shutdown':
        return process.state === 'up' && !process.isTerminating;
      case 'disk-bit-rot':
        return process.disk.bytesStored > 0;
      default:
        return true;
    }
  }

  #applyToDisk(process: Process, fault: TimedFault, kind: DiskFaultKind, phase: 'begin' | 'end'): void {
    const { disk } = process;
    if (phase === 'begin') {
      if (kind === 'disk-bit-rot') disk.rot(amountOf(fault), this.#rotOf(process, fault));
      else disk.begin(fault.id, kind, amountOf(fault), this.#host.now + fault.for);
      return;
    }
    disk.end(fault.id);
    // The disk may have been why it halted, and is well again.
    if (this.#deaths.get(process)?.how === 'halt' && !this.#awaitsEndOfFault(process)) this.start(process);
  }

  /** The draws that say where bits rot: the same every time it is asked for. */
  #rotOf(process: Process, { id }: TimedFault): Random {
    return randomStream(this.#seed, `disk/${process.actor.name}/bit-rot/${id}`);
  }

  #applyToProcess(process: Process, fault: TimedFault, phase: 'begin' | 'end'): void {
    const begins = phase === 'begin';
    switch (fault.kind) {
      case 'crash':
      case 'power-loss':
        if (begins) this.#stop(process, fault.kind, fault.id);
        else this.start(process);
        return;
      case 'shutdown':
        if (begins) this.#terminate(process, fault.id);
        else this.#endOfShutdown(process, fault.id);
        return;
      case 'pause':
        if (begins) this.#pause(process);
        else this.#resume(process);
        return;
      case 'refuse':
        process.refusals += begins ? 1 : -1;
        return;
      case 'clock-skew':
        process.clockSkew += begins ? amountOf(fault) : -amountOf(fault);
        this.#host.record(process, { type: 'clock-skewed', byUs: process.clockSkew });
        return;
      default:
        throw new SimulatorError('declaration', `fault ${fault.id}: ${fault.kind} does not hit processes`);
    }
  }

  #terminate(process: Process, faultId: string): void {
    const { shutDown } = process;
    if (shutDown === undefined) {
      this.#stop(process, 'crash', faultId);
      return;
    }
    process.isTerminating = true;
    this.#host.record(process, { type: 'process-terminating' });
    process.spawn(this.#shutDown(process, shutDown));
  }

  *#shutDown(process: Process, shutDown: () => Task): Task {
    yield* shutDown();
    this.exit(process);
  }

  /** The time of a shutdown is over: what ended by itself is started, and what has not ended yet when it has. */
  #endOfShutdown(process: Process, faultId: string): void {
    const death = this.#deaths.get(process);
    if (death === undefined) {
      if (process.isTerminating) this.#overdue.add(process);
    } else if (death.faultId === undefined || death.faultId === faultId) {
      this.start(process);
    }
  }

  #stop(process: Process, how: Death, faultId?: string): void {
    this.#deaths.set(process, faultId === undefined ? { how } : { how, faultId });
    this.#host.record(process, { type: 'process-stopped', incarnation: process.incarnation, how });
    this.#host.disarmAll(process);
    this.#overdue.delete(process);
    if (how === 'power-loss') {
      process.state = 'off';
      this.#network.powerOff(process);
      process.disk.powerLoss(randomStream(this.#seed, `disk/${process.actor.name}#${process.incarnation}/power-loss`));
    } else {
      process.state = 'down';
      if (how === 'exit') this.#network.closeAll(process);
      else this.#network.resetAll(process);
    }
    this.#endPauses(process);
    const held = process.heldEvents;
    process.forget();
    // What a paused process had not yet seen dies with it; its machine answers the frames.
    this.#host.executeHeld(process, held);
  }

  /** Death ends every pause: their ends, when they come, must not end a pause of the next incarnation. */
  #endPauses(process: Process): void {
    process.pauses = 0;
    const inForce = this.#inForce.get(process);
    for (const [id, kind] of inForce ?? []) if (kind === 'pause') inForce!.delete(id);
  }

  #pause(process: Process): void {
    process.pauses += 1;
    this.#host.record(process, { type: 'process-paused' });
  }

  #resume(process: Process): void {
    process.pauses -= 1;
    if (process.pauses > 0) return;
    const held = process.heldEvents;
    process.heldEvents = [];
    this.#host.record(process, { type: 'process-resumed', heldEvents: held.length });
    this.#host.executeHeld(process, held);
  }
}

const AMOUNT_NEEDED: ReadonlySet<FaultKind> = new Set<FaultKind>(['delay', 'slow', 'clock-skew', 'disk-slow', 'disk-bit-rot']);

function amountOf(fault: TimedFault): number {
  if (fault.amount === undefined && AMOUNT_NEEDED.has(fault.kind)) throw new SimulatorError('declaration', `fault ${fault.id} (${fault.kind}) needs an amount`);
  return fault.amount ?? 0;
}
