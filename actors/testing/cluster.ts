/** @module A whole cluster in one thread, with actors that a test scripts, and everything that was observed. */
import xxhash from 'xxhash-wasm';
import { SOLID_STATE_DISK } from '../../runtime/disk/simulated-disk.ts';
import { NO_FAULTS } from '../../runtime/faults/plan.ts';
import type { FaultPlan, TimedFault } from '../../runtime/faults/plan.ts';
import type { Actor, ActorContext, Task } from '../../runtime/index.ts';
import { SECOND } from '../../runtime/index.ts';
import { DATACENTRE } from '../../runtime/network/options.ts';
import type { Simulation } from '../../runtime/simulation.ts';
import { ControlBlock } from '../../runtime/workers/control-block.ts';
import { runPart } from '../../runtime/workers/run-part.ts';
import type { PartResult } from '../../runtime/workers/run-part.ts';
import { broker } from '../broker/broker.ts';
import { BROKER_COSTS } from '../broker/broker-options.ts';
import { controllerId } from '../client/bootstrap.ts';
import { BROKER_CONFIG } from '../config/broker-config.ts';
import { parseConfig } from '../config/config-definition.ts';
import type { ConfigValues } from '../config/config-definition.ts';
import { controller } from '../controller/controller.ts';
import type { Observation } from '../observation.ts';
import { PROTOCOL_DEFINITION } from '../protocol-variant.ts';
import type { PlantedBugs, ProtocolVariant } from '../protocol-variant.ts';
import { MESSAGES } from '../protocol/messages.ts';
import { structuresOf } from '../protocol/schema.ts';

const hasher = await xxhash();

export interface ClusterOptions {
  readonly seed?: string;
  readonly brokers?: number;
  /** 1 unless said otherwise. */
  readonly controllers?: number;
  readonly config?: ConfigValues;
  readonly protocol?: Partial<ProtocolVariant>;
  readonly planted?: PlantedBugs;
  readonly faults?: readonly TimedFault[];
  readonly endsAt?: number;
  /** Metrics are told so often; absent: never. */
  readonly metricsIntervalUs?: number;
  /** Scripts, by the name of the actor that runs them; the run ends when all have. */
  readonly scripts: Readonly<Record<string, (context: ActorContext) => Task>>;
}

/** Something observed, when, by whom. */
export type Observed = { readonly time: number; readonly actor: string } & Observation;

export interface ClusterRun {
  readonly observed: readonly Observed[];
  /** Beginnings and ends of processes after the first start, in order: `µs actor started`, `µs actor halt`. */
  readonly lives: readonly string[];
  readonly result: PartResult;
}

/** Runs a cluster until its scripts are done. @throws what the simulation failed of. */
export function runCluster(options: ClusterOptions): ClusterRun {
  const observed: Observed[] = [];
  const lives: string[] = [];
  const simulation: Simulation = {
    seed: options.seed ?? 'cluster',
    actors: [...clusterActors(options), ...Object.entries(options.scripts).map(([name, script]) => scripted(name, script))],
    structures: structuresOf(MESSAGES),
    network: DATACENTRE,
    disk: SOLID_STATE_DISK,
    faults: plan(options.faults),
    endsAt: options.endsAt ?? 120 * SECOND,
    createJudge: () => ({
      judge: ({ time, actor, event }) => {
        if (event.type === 'observed') observed.push({ time, actor, ...(event.observation as Observation) });
        else if (event.type === 'process-started' && event.incarnation > 0) lives.push(`${time} ${actor} started`);
        else if (event.type === 'process-stopped') lives.push(`${time} ${actor} ${event.how}`);
      },
      verdict: ({ stalled }) => ({ stalled }),
    }),
  };
  const outcome = runPart({ simulation, worker: 0, placement: simulation.actors.map(() => 0), control: new ControlBlock(1), rings: [undefined], hasher, traceAll: false });
  if (outcome.ok) return { observed, lives, result: outcome.result };
  throw new Error(outcome.failure === 'aborted' ? 'aborted' : `${outcome.failure.actor}: ${outcome.failure.stack}`);
}

function clusterActors({ brokers = 3, controllers: controllerCount = 1, config = {}, protocol, planted = {}, metricsIntervalUs }: ClusterOptions): Actor[] {
  const parsed = parseConfig(BROKER_CONFIG, config);
  const variant = parseConfig(PROTOCOL_DEFINITION, { ...protocol });
  const controllers = Array.from({ length: controllerCount }, (_, index) => controllerId(index));
  return [
    ...controllers.map((nodeId) => controller({ nodeId, voters: controllers, config: parsed, protocol: variant, requestUs: BROKER_COSTS.requestUs, metricsIntervalUs })),
    ...Array.from({ length: brokers }, (_, brokerId) => broker({ brokerId, controllers, config: parsed, costs: BROKER_COSTS, protocol: variant, planted, metricsIntervalUs })),
  ];
}

function scripted(name: string, script: (context: ActorContext) => Task): Actor {
  return {
    name,
    finishes: true,
    start(context) {
      context.spawn(
        (function* () {
          yield* script(context);
          context.finish();
        })(),
      );
    },
  };
}

function plan(timed: readonly TimedFault[] | undefined): FaultPlan {
  return timed === undefined ? NO_FAULTS : { ...NO_FAULTS, timed };
}
