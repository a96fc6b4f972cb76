/**
 * @module
 * A small world for tests of the machine: clients that call servers, servers that write to disk, and a judge that counts.
 * `createSimulation` is loaded by worker threads too.
 */
import { ConnectionError } from '../actor.ts';
import type { Actor, ActorContext, Connection } from '../actor.ts';
import { SOLID_STATE_DISK } from '../disk/simulated-disk.ts';
import { NO_FAULTS } from '../faults/plan.ts';
import type { FaultPlan } from '../faults/plan.ts';
import { DATACENTRE } from '../network/options.ts';
import type { Judge, Simulation } from '../simulation.ts';
import type { Task } from '../task.ts';
import { SECOND, milliseconds } from '../units.ts';

export interface PingArgument {
  readonly seed: string;
  readonly servers?: number;
  readonly clients?: number;
  readonly calls?: number;
  readonly faults?: FaultPlan;
  readonly endsAt?: number;
  /** A planted fault of determinism or of health, for the tests that must find it. */
  readonly plant?: 'date-now' | 'module-state' | 'throw' | 'throw-everywhere' | 'hang' | 'die' | 'judge-throws' | undefined;
  /** Plants a race: memory that actors on all workers write and read, as no actor ever may. */
  readonly racyMemory?: SharedArrayBuffer;
}

interface Ping {
  readonly call: number;
  readonly payload: Uint8Array;
}

/** What two actors must never share; the plant `module-state` does. */
const shared = { calls: 0 };
function server(name: string, plant: PingArgument['plant']): Actor {
  return {
    name,
    start(context) {
      let served = 0;
      context.serve(function* (ping: Ping) {
        served += 1;
        context.work(20);
        yield* context.disk.append('log', ping.payload);
        if (served % 8 === 0) yield* context.disk.fsync('log');
        if (served === 50 && name === 'server-1') misbehave(plant);
        if (served >= 40 && plant === 'throw-everywhere') throw new TypeError(`planted in ${name}`);
        return { call: ping.call, served };
      });
    },
  };
}

function misbehave(plant: PingArgument['plant']): void {
  if (plant === 'throw') throw new TypeError('planted');
  if (plant === 'hang') for (;;) shared.calls += 1;
   
  if (plant === 'die') process.exit(7);
}

function client(name: string, servers: number, calls: number, planted: () => number): Actor {
  return {
    name,
    finishes: true,
    start(context) {
      context.spawn(run(context, servers, calls, planted));
    },
  };
}

function* run(context: ActorContext, servers: number, calls: number, planted: () => number): Task {
  const random = context.random('load');
  const connections = new Map<number, Connection>();
  for (let call = 0; call < calls; call += 1) {
    yield* context.sleep(random.exponential(milliseconds(10)));
    const target = random.below(servers);
    try {
      let connection = connections.get(target);
      if (connection?.isOpen !== true) {
        connection = yield* context.connect(`server-${target}`, milliseconds(100));
        connections.set(target, connection);
      }
      const sent = context.now;
      const reply = yield* connection.call<{ served: number }>({ call, payload: new Uint8Array(50 + random.below(100)) } as object, milliseconds(200));
      context.observe({ kind: 'called', call, served: reply.served, tookUs: context.now - sent, planted: planted() });
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
      context.observe({ kind: 'failed', call, reason: error.reason });
    }
  }
  context.finish();
}

/** What a client reads that it must not. */
function planting(me: number, plant: PingArgument['plant'], racyMemory: SharedArrayBuffer | undefined): () => number {
  if (racyMemory !== undefined) {
    const last = new Int32Array(racyMemory);
    // Who was here last? On two workers, whoever was faster.
    return () => Atomics.exchange(last, 0, me);
  }
  // eslint-disable-next-line no-restricted-globals -- planted: the guards must catch it
  if (plant === 'date-now') return () => Date.now();
  if (plant === 'module-state') return () => (shared.calls += 1);
  return () => 0;
}

function createJudge(plant: PingArgument['plant']): Judge {
  const kinds: Record<string, number> = {};
  const order: string[] = [];
  return {
    judge({ time, actor, event }) {
      const kind = event.type === 'observed' ? (event.observation as { kind: string }).kind : event.type;
      kinds[kind] = (kinds[kind] ?? 0) + 1;
      if (plant === 'judge-throws' && kinds[kind] === 30) throw new RangeError('a judge that errs');
      if (order.length < 20_000) order.push(`${time} ${actor} ${kind}`);
    },
    verdict: ({ endedAt, stopped, stalled }) => ({ kinds, order, endedAt, stopped, stalled }),
  };
}

export function createSimulation(argument: unknown): Simulation {
  const { seed, servers = 3, clients = 4, calls = 50, faults = NO_FAULTS, endsAt = 30 * SECOND, plant, racyMemory } = argument as PingArgument;
  return {
    seed,
    actors: [
      ...Array.from({ length: servers }, (_, i) => server(`server-${i}`, plant)),
      ...Array.from({ length: clients }, (_, i) => client(`client-${i}`, servers, calls, planting(i, plant, racyMemory))),
    ],
    structures: [
      ['call', 'payload'],
      ['call', 'served'],
      ['kind', 'call', 'served', 'tookUs', 'planted'],
      ['kind', 'call', 'reason'],
    ],
    network: DATACENTRE,
    disk: SOLID_STATE_DISK,
    faults,
    endsAt,
    createJudge: () => createJudge(plant),
  };
}

export const PING_MODULE = import.meta.url;
