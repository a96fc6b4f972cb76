/**
 * @module
 * The worker threads of the main thread: spawns them, gives them parts of runs, watches over them. The main thread neither
 * simulates nor blocks. comlink carries control alone; a call to a worker that died would never settle, so every call races with the
 * worker's end.
 */
import { Worker } from 'node:worker_threads';
import { wrap } from 'comlink';
import type { Remote } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { SimulatorError } from '../simulator-error.ts';
import { ByteRing } from './byte-ring.ts';
import { ControlBlock } from './control-block.ts';
import { createHasher } from './hasher.ts';
import type { Disturbance, PartReply, PartRequest, PartTrace, SimulationSource, WorkerApi } from './protocol.ts';
import type { LaneResult, PartFailure, PartResult } from './run-part.ts';

/** Capacity of the mailbox between two workers: a power of two. */
const RING_BYTES = 1 << 20;
/** A worker that gives no sign of life for so long has hung. */
const SILENCE_MS_MAX = 30_000;

export interface RunOptions {
  readonly workers: number;
  /** Worker of each actor. Default: dealt out in turn. */
  readonly placement?: readonly number[];
  readonly trace?: PartRequest['trace'];
  readonly keep?: PartRequest['keep'];
  readonly disturbance?: Disturbance;
  /** Called now and then with how far the run is. */
  readonly onProgress?: (progress: { time: number; events: number }) => void;
  /** Aborting it ends the run at the next barrier, keeping what was found. */
  readonly signal?: AbortSignal;
  /** For tests: how long a worker may be silent. */
  readonly silenceMsMax?: number;
}

/** The parts of a run, put together. */
export interface RunResult {
  readonly digest: string;
  readonly lanes: readonly LaneResult[];
  readonly counts: PartResult['counts'];
  readonly events: number;
  readonly windows: number;
  readonly bytesDelivered: number;
  readonly diskBytes: number;
  readonly endedAt: number;
  readonly stopped: boolean;
  readonly verdict: unknown;
  readonly trace: PartTrace;
  readonly wallMs: number;
}

interface Member {
  readonly worker: Worker;
  readonly api: Remote<WorkerApi>;
  /** Why the thread ended, once it has. */
  diedOf: string | undefined;
  /** Told when the thread ends, for whatever reason. Of the present run alone: a promise that outlives runs would keep all of them. */
  onDeath: ((reason: string) => void) | undefined;
}

const isSource = import.meta.url.endsWith('.ts');

function spawn(): Member {
  const entry = new URL(isSource ? './worker.ts' : './worker.js', import.meta.url);
  const file = isSource ? new URL('./boot-from-source.mjs', import.meta.url) : entry;
  // No flags are handed down: a test runner's or a loader's own would not suit a worker of ours.
  const worker = new Worker(file, { workerData: { entry: entry.href }, execArgv: [] });
  const member: Member = { worker, api: wrap<WorkerApi>(nodeEndpoint(worker)), diedOf: undefined, onDeath: undefined };
  const die = (reason: string): void => {
    member.diedOf ??= reason;
    member.onDeath?.(member.diedOf);
  };
  worker.once('error', (error) => die(error instanceof Error ? error.message : String(error)));
  worker.once('exit', (code) => die(`its thread ended with exit code ${code} in the middle of its work`));
  return member;
}

export class Crew {
  #members: Member[] = [];
  #isBusy = false;

  /**
   * Runs a simulation on so many of the crew's threads, which are spawned as needed and used again. One run at a time: two on the
   * same threads would wait for each other for ever.
   * @param actors names of the simulation's actors, in its order
   * @throws {SimulatorError} the simulation's own failure, or `worker`
   */
  async run(source: SimulationSource, actors: readonly string[], options: RunOptions): Promise<RunResult> {
    const { workers } = options;
    if (!(Number.isSafeInteger(workers) && workers >= 1)) throw new SimulatorError('declaration', `a run on ${workers} workers: at least one is needed`);
    if (this.#isBusy) throw new SimulatorError('declaration', 'this crew is in the middle of a run: use another one beside it');
    this.#isBusy = true;
    try {
      return await this.#run(source, actors, options);
    } finally {
      this.#isBusy = false;
    }
  }

  /** Ends all threads. */
  async dismiss(): Promise<void> {
    await Promise.all(this.#members.splice(0).map(({ worker }) => worker.terminate()));
  }

  async #run(source: SimulationSource, actors: readonly string[], options: RunOptions): Promise<RunResult> {
    const { workers } = options;
    this.#members = this.#members.filter(({ diedOf }) => diedOf === undefined);
    while (this.#members.length < workers) this.#members.push(spawn());
    const control = new ControlBlock(workers);
    const placement = options.placement ?? actors.map((_, actor) => actor % workers);
    const rings = Array.from({ length: workers * workers }, (_, i) => (Math.floor(i / workers) === i % workers ? undefined : ByteRing.allocate(RING_BYTES)));
    const stop = (): void => control.stop();
    options.signal?.addEventListener('abort', stop);
    if (options.signal?.aborted === true) stop();
    const watch = new Watch(control, actors, options);
    const startedAt = performance.now();
    try {
      const replies = await Promise.race([
        Promise.all(this.#members.slice(0, workers).map(async (member, worker) => {
          const request: PartRequest = { source, worker, workers, placement, control: control.buffer, rings, trace: options.trace, keep: options.keep, disturbance: options.disturbance };
          const reply = await Promise.race([watch.death(worker, member), member.api.run(request)]);
          watch.finished(worker);
          return reply;
        })),
        watch.silence,
      ]);
      return { ...(await combine(replies)), wallMs: performance.now() - startedAt };
    } catch (error) {
      control.abort();
      if (error instanceof SimulatorError && error.code === 'worker') await this.dismiss();
      throw error;
    } finally {
      for (const member of this.#members) member.onDeath = undefined;
      watch.end();
      options.signal?.removeEventListener('abort', stop);
    }
  }
}

/** Looks at the control block now and then: reports progress, notices silence, says where a worker was when it died. */
class Watch {
  readonly #control: ControlBlock;
  readonly #actors: readonly string[];
  readonly #timer: NodeJS.Timeout;
  /** Workers that have nothing more to say. */
  readonly #finished = new Set<number>();
  /** Rejects when a worker has been silent too long. */
  readonly silence: Promise<never>;

  constructor(control: ControlBlock, actors: readonly string[], options: RunOptions) {
    this.#control = control;
    this.#actors = actors;
    const silenceMsMax = options.silenceMsMax ?? SILENCE_MS_MAX;
    const seen = Array.from({ length: control.workers }, () => ({ beats: -1, at: performance.now() }));
    let fail: (error: SimulatorError) => void;
    this.silence = new Promise<never>((_, reject) => {
      fail = reject;
    });
    this.silence.catch(() => undefined);
    this.#timer = setInterval(() => {
      options.onProgress?.(control.progress);
      seen.forEach((last, worker) => {
        const beats = control.beats(worker);
        if (beats !== last.beats || this.#finished.has(worker)) seen[worker] = { beats, at: performance.now() };
        else if (performance.now() - last.at > silenceMsMax) fail(new SimulatorError('worker', `worker ${worker} has been silent for ${silenceMsMax / 1000} s; it was in actor ${this.#actorOf(worker)}`));
      });
    }, Math.min(100, silenceMsMax / 4));
  }

  /** Rejects when the thread of this worker ends, saying where it was. */
  death(worker: number, member: Member): Promise<never> {
    return new Promise<never>((_, reject) => {
      member.onDeath = (reason) => reject(new SimulatorError('worker', `worker ${worker} died: ${reason}; it was in actor ${this.#actorOf(worker)}`));
    });
  }

  finished(worker: number): void {
    this.#finished.add(worker);
  }

  end(): void {
    clearInterval(this.#timer);
  }

  #actorOf(worker: number): string {
    return this.#actors[this.#control.actorOf(worker)] ?? 'none';
  }
}

async function combine(replies: readonly PartReply[]): Promise<Omit<RunResult, 'wallMs'>> {
  const results: PartResult[] = [];
  const failures: PartFailure[] = [];
  let trace: PartTrace = {};
  replies.forEach((reply, worker) => {
    if (reply.ok) {
      results.push(reply.result);
      if (worker === 0) trace = reply.trace;
    } else if (reply.failure !== 'aborted') failures.push(reply.failure);
  });
  if (failures.length > 0) throw firstFailure(failures);
  if (results.length < replies.length) throw new SimulatorError('worker', 'the run was aborted');
  const lanes = results.flatMap((result) => result.lanes).sort((a, b) => a.actor - b.actor);
  const hasher = await createHasher();
  const sum = (value: (result: PartResult) => number): number => results.reduce((total, result) => total + value(result), 0);
  const [first] = results;
  return {
    digest: hasher.h64ToString(lanes.map(({ digest }) => digest).join('')),
    lanes,
    counts: { frames: sum(({ counts }) => counts.frames), timers: sum(({ counts }) => counts.timers), faults: sum(({ counts }) => counts.faults) },
    events: sum(({ events }) => events),
    windows: first!.windows,
    bytesDelivered: sum(({ bytesDelivered }) => bytesDelivered),
    diskBytes: sum(({ diskBytes }) => diskBytes),
    endedAt: first!.endedAt,
    stopped: first!.stopped,
    verdict: first!.verdict,
    trace,
  };
}

/** Of several simultaneous failures the one with the lowest event key: the same on any number of workers. */
function firstFailure(failures: readonly PartFailure[]): SimulatorError {
  const [first] = [...failures].sort((a, b) => a.time - b.time || a.order - b.order);
  const { code, message, stack, actor, time } = first!;
  const where = time < 0 ? '' : ` (actor ${actor}, virtual time ${time} µs)`;
  const error = new SimulatorError(code, `${message}${where}`);
  error.stack = stack;
  return error;
}
