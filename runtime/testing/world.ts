/**
 * @module
 * Test support: small worlds of scripted actors, run in this thread on one worker, with every event kept.
 * By default a frame takes exactly {@link LATENCY} and bandwidth is unlimited, so that times in tests can be reckoned in the head.
 */
import type { Actor, ActorContext } from '../actor.ts';
import { NO_FAULTS } from '../faults/plan.ts';
import type { FaultPlan, TimedFault } from '../faults/plan.ts';
import type { NetworkOptions } from '../network/options.ts';
import type { Simulation } from '../simulation.ts';
import { SimulatorError } from '../simulator-error.ts';
import type { Task } from '../task.ts';
import { traceLine } from '../trace/trace-file.ts';
import type { TraceLine } from '../trace/trace-file.ts';
import { MILLISECOND, SECOND } from '../units.ts';
import type { Micros } from '../units.ts';
import { ControlBlock } from '../workers/control-block.ts';
import { createHasher } from '../workers/hasher.ts';
import { runPart } from '../workers/run-part.ts';
import type { PartResult } from '../workers/run-part.ts';

export const LATENCY: Micros = MILLISECOND;

const EXACT: NetworkOptions = { latencyUsMin: LATENCY, latencyUsMeanExtra: 0, bytesPerSecond: Infinity, connectionBytesMax: 1_000_000 };

const hasher = await createHasher();

export interface WorldOptions {
  readonly seed?: string;
  readonly network?: Partial<NetworkOptions>;
  readonly faults?: Partial<FaultPlan>;
  readonly endsAt?: Micros;
}

export interface World {
  /** What actors said, in order: `time actor words`. */
  readonly said: readonly string[];
  /** Every event of the run. */
  readonly lines: readonly TraceLine[];
  readonly result: PartResult;
  /** The events of these types, as `time actor`, with the fields asked for. */
  readonly where: (types: string, ...fields: string[]) => string[];
}

/** An actor that runs one task from its start. */
export function scripted(name: string, script: (context: ActorContext) => Task<unknown>, more: Partial<Actor> = {}): Actor {
  return { name, start: (context) => void context.spawn(script(context)), ...more };
}

/** Tells the trace: `World.said` collects it. */
export function say(context: ActorContext, words: string): void {
  context.observe({ say: words });
}

export function declareWorld(actors: readonly Actor[], { seed = 'world', network, faults, endsAt = 10 * SECOND }: WorldOptions = {}): Simulation {
  return {
    seed,
    actors,
    structures: [['say']],
    network: { ...EXACT, ...network },
    disk: { fsyncUs: 100, usPerMiB: 0 },
    faults: { ...NO_FAULTS, ...faults },
    endsAt,
    createJudge: () => ({ judge: () => undefined, verdict: () => undefined }),
  };
}

/** Runs the actors to the end. @throws {SimulatorError} what the run fails of */
export function runWorld(actors: readonly Actor[], options?: WorldOptions): World {
  const simulation = declareWorld(actors, options);
  const names = actors.map(({ name }) => name);
  const lines: TraceLine[] = [];
  const outcome = runPart({
    simulation,
    worker: 0,
    placement: actors.map(() => 0),
    control: new ControlBlock(1),
    rings: [undefined],
    hasher,
    traceAll: true,
    onTrace: (event, decode) => lines.push(traceLine(event, names, decode)),
  });
  if (!outcome.ok) {
    const { failure } = outcome;
    throw failure === 'aborted' ? new Error('aborted') : new SimulatorError(failure.code, `${failure.message} (actor ${failure.actor}, virtual time ${failure.time} µs)`);
  }
  return {
    lines,
    result: outcome.result,
    said: lines.filter(({ type }) => type === 'observed').map(({ time, actor, observation }) => `${time} ${actor} ${(observation as { say: string }).say}`),
    where: (types, ...fields) => lines.filter(({ type }) => types.split('|').includes(type)).map((line) => [line.time, line.actor, ...fields.map((field) => String(line[field]))].join(' ')),
  };
}

/** A timed fault; it lasts a moment unless it is said how long. */
export function fault(kind: TimedFault['kind'], at: Micros, target: TimedFault['target'], more: { for?: Micros; amount?: number; id?: string } = {}): TimedFault {
  return { id: `${kind}-${at}`, kind, at, for: 0, target, ...more };
}

/** A server that answers every request with the same words, after `workUs` of waiting; it says what it executes. */
export function echoServer(name = 'server', waitUs: Micros = 0): Actor {
  return {
    name,
    start(context) {
      context.serve(function* (request: { say: string }) {
        say(context, `executes ${request.say}`);
        if (waitUs > 0) yield* context.sleep(waitUs);
        return { say: request.say };
      });
    },
  };
}
