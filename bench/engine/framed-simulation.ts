/**
 * @module
 * PHOLD with frames: every event is a message that crosses the engine's network on a connection, is digested in the lanes of both
 * its ends, unpacked by a handler and packed again. `createSimulation` is loaded by worker threads.
 *
 * A process keeps connections to a few others of its own half, and to as many of the other half. In place of PHOLD's event to itself
 * stands a message to one of the former, who live on the same worker; with probability 0.25 it goes to one of the latter, who do not.
 */
import type { Actor, ActorContext, Connection } from '../../runtime/actor.ts';
import { SOLID_STATE_DISK } from '../../runtime/disk/simulated-disk.ts';
import { NO_FAULTS } from '../../runtime/faults/plan.ts';
import type { Simulation } from '../../runtime/simulation.ts';
import type { Task } from '../../runtime/task.ts';
import { SECOND } from '../../runtime/units.ts';
import type { Micros } from '../../runtime/units.ts';
import { FRAMED_STRUCTURES, firstMessage, nextMessage } from './framed-message.ts';
import type { FramedMessage } from './framed-message.ts';
import { LOOKAHEAD_US, MEAN_US, REMOTE_BELOW, firstState, uniform, xorshift32 } from './phold.ts';

export interface FramedArgument {
  /** Even, and more than 2 × `PEERS`. */
  readonly processes: number;
  /** Messages under way in all. */
  readonly population: number;
  readonly endsAt: Micros;
}

/** Connections of each process into either half. */
export const PEERS = 4;

/** By now every process has opened its connections, and sends its share of the messages. */
export const FRAMED_BEGINS_US: Micros = SECOND;

/** First half on worker 0, second half on worker 1. */
export function halfAndHalf(processes: number): number[] {
  return Array.from({ length: processes }, (_, process) => (process < processes / 2 ? 0 : 1));
}

/** The n-th peer of a process: below `PEERS` in its own half, from there on in the other. */
export function peerOf(process: number, processes: number, n: number): number {
  const half = processes / 2;
  const own = process < half ? 0 : half;
  return n < PEERS ? own + ((process - own + 1 + n) % half) : half - own + ((process - own + n) % half);
}

/** How many of the messages a process begins with. */
function shareOf(process: number, processes: number, population: number): number {
  return Math.floor(((process + 1) * population) / processes) - Math.floor((process * population) / processes);
}

function createProcess(process: number, { processes, population }: FramedArgument): Actor {
  return {
    name: `process-${process}`,
    start(context) {
      const connections: Connection[] = [];
      let state = firstState(process);
      // eslint-disable-next-line require-yield -- a handler is a task, though this one never waits
      context.serve(function* (message: FramedMessage): Task<undefined> {
        state = xorshift32(state);
        const first = state >>> 0 < REMOTE_BELOW ? PEERS : 0;
        state = xorshift32(state);
        connections[first + uniform(state, PEERS)]!.send(nextMessage(message, context.now));
        return undefined;
      });
      context.spawn(begin(context, connections, process, processes, shareOf(process, processes, population)));
    },
  };
}

/** Opens the connections, then sends this process's share of the messages. */
function* begin(context: ActorContext, connections: Connection[], process: number, processes: number, messages: number): Task {
  for (let n = 0; n < 2 * PEERS; n += 1) connections.push(yield* context.connect(`process-${peerOf(process, processes, n)}`, SECOND));
  yield* context.sleep(FRAMED_BEGINS_US - context.now);
  for (let token = 0; token < messages; token += 1) connections[token % PEERS]!.send(firstMessage(process, token));
}

export function createSimulation(argument: unknown): Simulation {
  const framed = argument as FramedArgument;
  return {
    seed: 'framed',
    actors: Array.from({ length: framed.processes }, (_, process) => createProcess(process, framed)),
    structures: FRAMED_STRUCTURES,
    network: { latencyUsMin: LOOKAHEAD_US, latencyUsMeanExtra: MEAN_US, bytesPerSecond: 1_250_000_000, connectionBytesMax: 128 * 1024 * 1024 },
    disk: SOLID_STATE_DISK,
    faults: NO_FAULTS,
    endsAt: framed.endsAt,
    createJudge: () => ({ judge: () => undefined, verdict: () => undefined }),
  };
}

export const FRAMED_MODULE = import.meta.url;
