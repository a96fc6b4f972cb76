/** @module A trial as a simulation: the cluster, the applications, the nemesis, the judges. Loaded by every worker. */
import { broker } from '../actors/broker/broker.ts';
import { BROKER_COSTS } from '../actors/broker/broker-options.ts';
import { brokerName, controllerName } from '../actors/client/bootstrap.ts';
import { controller } from '../actors/controller/controller.ts';
import type { PlantedBugs } from '../actors/protocol-variant.ts';
import { MESSAGES } from '../actors/protocol/messages.ts';
import { structuresOf } from '../actors/protocol/schema.ts';
import { SOLID_STATE_DISK } from '../runtime/disk/simulated-disk.ts';
import type { FaultPlan } from '../runtime/faults/plan.ts';
import type { Actor } from '../runtime/index.ts';
import { DATACENTRE } from '../runtime/network/options.ts';
import { SimulatorError } from '../runtime/simulator-error.ts';
import type { Simulation } from '../runtime/simulation.ts';
import { auditor, consumingApplication } from './applications/consuming.ts';
import { operator } from './applications/operator.ts';
import { meanInterval, producingApplication } from './applications/producing.ts';
import { nemesis } from './faults/nemesis.ts';
import { planFaults } from './faults/profiles.ts';
import { createTrialJudge } from './judge.ts';
import { consumerName, producerName, promisesOf, resolveTrial } from './resolved-trial.ts';
import type { ResolvedTrial } from './resolved-trial.ts';
import type { TrialArgument } from './trial.ts';

const CONTROLLER = controllerName(0);
const AUDITOR = 'auditor';

/** Called by workers with the argument that the command line has checked. @throws {SimulatorError} `declaration` */
export function createSimulation(argument: unknown): Simulation {
  return simulationOf(argument as TrialArgument, {});
}

/** The same, with bugs planted: for the tests that judge the judges. */
export function simulationOf(argument: TrialArgument, planted: PlantedBugs): Simulation {
  const result = resolveTrial(argument);
  if ('problems' in result) throw new SimulatorError('declaration', result.problems.join(' '));
  const { resolved } = result;
  const faults = argument.plan ?? planOf(resolved);
  const bootstrap = brokerNames(resolved);
  return {
    seed: argument.seed,
    actors: [...clusterActors(resolved, planted), operatorActor(resolved), nemesis(faults, bootstrap), ...applications(resolved, bootstrap)],
    structures: structuresOf(MESSAGES),
    network: DATACENTRE,
    disk: SOLID_STATE_DISK,
    faults,
    endsAt: resolved.phases.endsAt,
    createJudge: () => createTrialJudge(promisesOf(resolved)),
  };
}

/** The faults that (seed, profile) make of this trial. */
export function planOf({ seed, faults, topics, producers, consumers, brokers, phases }: ResolvedTrial): FaultPlan {
  return planFaults(faults, seed, {
    brokers: Array.from({ length: brokers }, (_, id) => brokerName(id)),
    controllers: [CONTROLLER],
    clients: [...Array.from({ length: producers.count }, (_, i) => producerName(i)), ...Array.from({ length: consumers.count }, (_, i) => consumerName(i))],
    topics: Object.fromEntries(topics.map(({ name, partitions }) => [name, partitions])),
    fromUs: phases.faultsFrom,
    healUs: phases.healsAt,
  });
}

function brokerNames({ brokers }: ResolvedTrial): string[] {
  return Array.from({ length: brokers }, (_, id) => brokerName(id));
}

function clusterActors({ brokers, brokerConfig, protocol }: ResolvedTrial, planted: PlantedBugs): Actor[] {
  return [
    controller({ name: CONTROLLER, config: brokerConfig, protocol, requestUs: BROKER_COSTS.requestUs }),
    ...Array.from({ length: brokers }, (_, brokerId) => broker({ brokerId, controller: CONTROLLER, config: brokerConfig, costs: BROKER_COSTS, protocol, planted })),
  ];
}

function operatorActor({ topics }: ResolvedTrial): Actor {
  return operator({
    controller: CONTROLLER,
    topics: topics.map(({ name, partitions, replicationFactor, overrides }) => ({ name, partitions, replicationFactor, config: overrides })),
  });
}

function applications({ topics, producers, consumers, phases }: ResolvedTrial, bootstrap: readonly string[]): Actor[] {
  const partitions = topics.flatMap(({ name, partitions: count }) => Array.from({ length: count }, (_, partition) => ({ topic: name, partition })));
  const meanIntervalUs = meanInterval(producers.ratePerSecond, producers.count);
  return [
    ...Array.from({ length: producers.count }, (_, i) =>
      producingApplication({ name: producerName(i), bootstrap, topics, meanIntervalUs, valueBytes: producers.valueBytes, config: producers.config, from: phases.loadFrom, until: phases.loadUntil }),
    ),
    ...Array.from({ length: consumers.count }, (_, i) => consumingApplication({ name: consumerName(i), bootstrap, partitions, config: consumers.config, from: phases.loadFrom, until: phases.auditFrom })),
    auditor({ name: AUDITOR, bootstrap, partitions, config: { ...consumers.config, 'auto.offset.reset': 'earliest' }, from: phases.auditFrom, until: phases.auditFrom }),
  ];
}
