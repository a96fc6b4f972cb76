/**
 * @module
 * One worker's part of a run: windows, barrier, mailboxes, judges.
 *
 *     ┌─► publish next event ─► barrier ─► drain mailboxes ─► window = [earliest of all, + lookahead) ─► run it ─┐
 *     └──────────────────────────────────────────────────────────────────────────────────────────────────────────┘
 *
 * Whatever is sent in a window arrives after it, and its sender counts it in what it publishes, so one barrier per window is enough
 * and idle time is jumped over. The windows are the same on any number of workers.
 */
import type { XXHashAPI } from 'xxhash-wasm';
import { Engine } from '../kernel/engine.ts';
import type { EventCounts } from '../kernel/engine.ts';
import { guarded } from '../kernel/guards.ts';
import { SimulatorError } from '../simulator-error.ts';
import type { SimulatorErrorCode } from '../simulator-error.ts';
import type { Judge, RunEnd, Simulation } from '../simulation.ts';
import { MergingFeed, isJudged } from '../trace/feed.ts';
import type { Feed } from '../trace/feed.ts';
import type { LaneCheckpoint } from '../trace/lane.ts';
import type { PlacedEvent } from '../trace/trace-event.ts';
import type { Micros } from '../units.ts';
import { ByteRing } from './byte-ring.ts';
import { RunAborted } from './control-block.ts';
import type { ControlBlock } from './control-block.ts';
import { MailboxReader, MailboxWriter } from './mailbox.ts';

/** Events between two signs of life inside a window. */
const EVENTS_PER_BEAT = 65_536;
/** Windows between two releases to the judges while few events wait: sorting a handful at a time would cost more than judging them. */
const RELEASE_AT = 512;
/** Place of a judge's failure among those of one instant: behind every event. */
const AFTER_EVENTS = Infinity;

export interface LaneResult {
  readonly actor: number;
  readonly digest: string;
  readonly records: number;
  readonly checkpoints: readonly LaneCheckpoint[];
}

export interface PartResult {
  readonly lanes: readonly LaneResult[];
  readonly counts: EventCounts;
  readonly events: number;
  readonly windows: number;
  readonly bytesDelivered: number;
  readonly diskBytes: number;
  readonly endedAt: Micros;
  /** The run was asked to stop before its end. */
  readonly stopped: boolean;
  /** Of worker 0: what the judge found. */
  readonly verdict: unknown;
}

/** A failure as data: an error's class does not survive the way between threads. */
export interface PartFailure {
  readonly code: SimulatorErrorCode;
  readonly message: string;
  readonly stack: string;
  readonly actor: string;
  readonly time: Micros;
  readonly order: number;
}

export type PartOutcome = { readonly ok: true; readonly result: PartResult } | { readonly ok: false; readonly failure: PartFailure | 'aborted' };

export interface Part {
  readonly simulation: Simulation;
  readonly worker: number;
  /** Worker of each actor. */
  readonly placement: readonly number[];
  readonly control: ControlBlock;
  /** Ring from worker i to worker j at i × workers + j. */
  readonly rings: readonly (SharedArrayBuffer | undefined)[];
  readonly hasher: XXHashAPI;
  /** Of worker 0: sees every event of the merged trace. */
  readonly onTrace?: ((event: PlacedEvent, decode: (bytes: Uint8Array) => unknown) => void) | undefined;
  /** Every worker: whether somebody sees every event. */
  readonly traceAll: boolean;
  /** Called between windows; for tests that disturb the timing of workers. */
  readonly betweenWindows?: (() => void) | undefined;
}

/** Runs a part to the end of the run. Never throws what happened inside: failures are data. */
export function runPart(part: Part): PartOutcome {
  const runner = new PartRunner(part);
  try {
    return { ok: true, result: guarded(() => runner.run()) };
  } catch (error) {
    part.control.abort();
    return { ok: false, failure: error instanceof RunAborted ? 'aborted' : runner.describe(error) };
  }
}

class PartRunner {
  readonly #part: Part;
  readonly #control: ControlBlock;
  readonly #readers: readonly MailboxReader[];
  readonly #writers: readonly (MailboxWriter | undefined)[];
  readonly #merging: MergingFeed | undefined;
  readonly #judge: Judge | undefined;
  readonly #engine: Engine;
  readonly #names: readonly string[];
  /** Of worker 0: names of the actors that have finished, on whichever worker. */
  readonly #finished = new Set<string>();
  /** Of worker 0: the place of what the judge is looking at. */
  #judging: { time: Micros; order: number } | undefined;
  /** Earliest event this worker has sent away in the present window. */
  #sentNext: Micros = Infinity;

  constructor(part: Part) {
    this.#part = part;
    this.#control = part.control;
    const { worker, control, simulation, placement } = part;
    if (placement.length !== simulation.actors.length || placement.some((place) => !(place >= 0 && place < control.workers))) {
      throw new SimulatorError('declaration', `the placement [${placement.join(', ')}] does not put each of ${simulation.actors.length} actors on one of ${control.workers} workers`);
    }
    const others = Array.from({ length: control.workers }, (_, other) => other).filter((other) => other !== worker);
    const ring = (from: number, to: number): ByteRing => new ByteRing(part.rings[from * control.workers + to]!);
    this.#names = simulation.actors.map(({ name }) => name);
    this.#readers = others.map((other) => new MailboxReader(ring(other, worker)));
    const whenFull = (): void => control.pause(worker, () => this.#drain());
    const writers: (MailboxWriter | undefined)[] = new Array<undefined>(control.workers).fill(undefined);
    for (const other of others) writers[other] = new MailboxWriter(ring(worker, other), whenFull);
    this.#writers = writers;
    if (worker === 0) {
      this.#judge = simulation.createJudge();
      this.#merging = new MergingFeed(part.traceAll, (event) => this.#see(event));
    }
    const feed = this.#merging ?? remoteFeed(part.traceAll, writers[0]!);
    const outside = {
      send: (time: Micros, order: number, target: number, payload: Parameters<MailboxWriter['event']>[3]) => {
        if (time < this.#sentNext) this.#sentNext = time;
        this.#writers[part.placement[target]!]!.event(time, order, target, payload);
      },
    };
    this.#engine = new Engine(simulation, (actor) => part.placement[actor] === worker, outside, feed, part.hasher);
    this.#engine.onActor = (actor) => control.enter(worker, actor);
  }

  run(): PartResult {
    const { simulation, worker, betweenWindows } = this.#part;
    const engine = this.#engine;
    const control = this.#control;
    const finishers = simulation.actors.filter(({ finishes }) => finishes === true).length;
    let end = simulation.endsAt;
    let windows = 0;
    let stopped = false;
    engine.boot();
    for (;;) {
      const parity = windows & 1;
      control.publish(worker, parity, { nextTime: Math.min(engine.nextTime, this.#sentNext), finished: engine.finished, lastFinish: engine.lastFinish, stopping: control.isStopping });
      this.#sentNext = Infinity;
      control.barrier(worker, () => this.#drain());
      this.#drain();
      betweenWindows?.();
      const all = control.gathered(parity);
      // The last actor has finished: what is under way within one lookahead still happens, on any number of workers.
      if (finishers > 0 && all.finished === finishers) end = Math.min(end, all.lastFinish + engine.lookahead);
      if (all.nextTime >= end) break;
      if (all.stopping) {
        stopped = true;
        end = all.nextTime;
        break;
      }
      if (this.#merging !== undefined && this.#merging.pending >= RELEASE_AT) this.#merging.release(all.nextTime);
      this.#runWindow(Math.min(all.nextTime + engine.lookahead, end));
      windows += 1;
    }
    this.#merging?.release(Infinity);
    return this.#result(end, windows, stopped);
  }

  /** What went wrong, and at which event. */
  describe(error: unknown): PartFailure {
    const { time, order } = this.#judging ?? this.#engine.position;
    const known = error instanceof SimulatorError;
    const message = error instanceof Error ? error.message : String(error);
    const actor = this.#judging === undefined ? (this.#names[this.#control.actorOf(this.#part.worker)] ?? 'none') : 'none: the judge';
    return { code: known ? error.code : 'actor', message, stack: error instanceof Error ? (error.stack ?? message) : message, actor, time, order };
  }

  #runWindow(until: Micros): void {
    const { worker } = this.#part;
    // To the end, even if the run was aborted meanwhile: a failure still to come here may be the first of all.
    while (!this.#engine.runUntil(until, EVENTS_PER_BEAT)) this.#control.beat(worker);
    this.#control.beat(worker);
    this.#control.progressed(worker, this.#engine.now, this.#engine.events);
  }

  #drain(): void {
    for (const reader of this.#readers) reader.drain(this.#sink);
  }

  readonly #sink = {
    event: (time: Micros, order: number, target: number, payload: Parameters<MailboxWriter['event']>[3]): void => this.#engine.accept(time, order, target, payload),
    judged: ({ time, actor, index, event }: PlacedEvent): void => this.#merging!.push(time, actor, index, event),
  };

  #see(placed: PlacedEvent): void {
    this.#part.onTrace?.(placed, (bytes) => this.#engine.decode(bytes));
    const { event } = placed;
    if (!isJudged(event.type)) return;
    if (event.type === 'process-finished') this.#finished.add(this.#names[placed.actor]!);
    this.#judging = { time: placed.time, order: AFTER_EVENTS };
    this.#judge!.judge({ time: placed.time, actor: this.#names[placed.actor]!, event });
    this.#judging = undefined;
  }

  #result(end: Micros, windows: number, stopped: boolean): PartResult {
    const engine = this.#engine;
    const { processes } = engine;
    const stalled = this.#part.simulation.actors.filter(({ finishes, name }) => finishes === true && !this.#finished.has(name)).map(({ name }) => name);
    return {
      lanes: processes.map(({ index, lane }) => ({ actor: index, digest: lane.digest(), records: lane.length, checkpoints: lane.checkpoints })),
      counts: engine.counts,
      events: engine.events,
      windows,
      bytesDelivered: engine.bytesDelivered,
      diskBytes: processes.reduce((bytes, { disk }) => bytes + disk.bytesStored, 0),
      endedAt: end,
      stopped,
      verdict: this.#verdict({ endedAt: end, stopped, stalled }),
    };
  }

  #verdict(end: RunEnd): unknown {
    this.#judging = { time: end.endedAt, order: AFTER_EVENTS };
    return this.#judge?.verdict(end);
  }
}

function remoteFeed(wantsAll: boolean, writer: MailboxWriter): Feed {
  return { wantsAll, push: (time, actor, index, event) => writer.judged({ time, actor, index, event }) };
}
