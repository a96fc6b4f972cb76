/** @module A trial as a simulation: the cluster, the applications, the nemesis, the judges. Loaded by every worker. */
import { broker } from '../actors/broker/broker.ts';
import { BROKER_COSTS } from '../actors/broker/broker-options.ts';
import { brokerName, controllerId, controllerName } from '../actors/client/bootstrap.ts';
import { isCompacted } from '../actors/config/topic-config.ts';
import { CONSUMER_CONFIG } from '../actors/config/consumer-config.ts';
import type { ConsumerConfig } from '../actors/config/consumer-config.ts';
import { parseConfig } from '../actors/config/config-definition.ts';
import { controller } from '../actors/controller/controller.ts';
import type { PlantedBugs } from '../actors/protocol-variant.ts';
import { MESSAGES } from '../actors/protocol/messages.ts';
import { structuresOf } from '../actors/protocol/schema.ts';
import { SOLID_STATE_DISK } from '../runtime/disk/simulated-disk.ts';
import { NO_FAULTS } from '../runtime/faults/plan.ts';
import type { FaultPlan } from '../runtime/faults/plan.ts';
import type { Actor } from '../runtime/index.ts';
import { DATACENTRE } from '../runtime/network/options.ts';
import { SimulatorError } from '../runtime/simulator-error.ts';
import type { Simulation } from '../runtime/simulation.ts';
import { administrator } from './applications/administrator.ts';
import { balancer } from './applications/balancer.ts';
import { auditor, consumingApplication } from './applications/consuming.ts';
import { operator } from './applications/operator.ts';
import { meanInterval, producingApplication } from './applications/producing.ts';
import { nemesis } from './faults/nemesis.ts';
import { planFaults } from './faults/profiles.ts';
import type { FaultScene } from './faults/scene.ts';
import type { AdminAction } from './faults/administration.ts';
import { planAdministration, planSchedule } from './faults/step.ts';
import { createTrialJudge } from './judge.ts';
import { brokerNames, promisesOf, resolveTrial } from './resolved-trial.ts';
import type { ResolvedConsumers, ResolvedTrial } from './resolved-trial.ts';
import { OWN_SCHEDULE } from './trial.ts';
import type { TrialArgument } from './trial.ts';

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
  const bootstrap = brokerNames(resolved.brokers);
  return {
    seed: argument.seed,
    actors: [...clusterActors(resolved, planted), operatorActor(resolved, bootstrap), nemesis(faults, { brokers: bootstrap, controllers: controllerNames(resolved.controllers) }, resolved.racks), ...applications(resolved, bootstrap, planted)],
    structures: structuresOf(MESSAGES),
    network: DATACENTRE,
    disk: SOLID_STATE_DISK,
    faults,
    endsAt: resolved.phases.endsAt,
    createJudge: () => createTrialJudge(promisesOf(resolved), resolved),
  };
}

/** The faults that (seed, profile or schedule) make of this trial. */
export function planOf(resolved: ResolvedTrial): FaultPlan {
  const { seed, trial, faults } = resolved;
  if (faults === undefined) return NO_FAULTS;
  const scene = sceneOf(resolved);
  return faults === OWN_SCHEDULE && typeof trial.faults !== 'string' ? planSchedule(trial.faults, seed, scene) : planFaults(faults, seed, scene);
}

/** What the trial's schedule has an administrator ask for; nothing under other faults. */
function administrationOf(resolved: ResolvedTrial): readonly AdminAction[] {
  const { seed, trial, faults } = resolved;
  return faults === OWN_SCHEDULE && typeof trial.faults !== 'string' ? planAdministration(trial.faults, seed, sceneOf(resolved)) : [];
}

function sceneOf({ topics, producers, consumers, brokers, controllers, racks, phases }: ResolvedTrial): FaultScene {
  return {
    brokers: brokerNames(brokers),
    controllers: controllerNames(controllers),
    clients: [...producers, ...consumers].flatMap(({ names }) => names),
    topics: Object.fromEntries(topics.map(({ name, partitions }) => [name, partitions])),
    replicationFactor: topics[0]!.replicationFactor,
    racks,
    fromUs: phases.faultsFrom,
    healUs: phases.healsAt,
  };
}

function controllerNames(controllers: number): string[] {
  return Array.from({ length: controllers }, (_, index) => controllerName(index));
}

function clusterActors({ brokers, controllers, racks, brokerConfig, protocol, metricsIntervalUs }: ResolvedTrial, planted: PlantedBugs): Actor[] {
  const voters = Array.from({ length: controllers }, (_, index) => controllerId(index));
  return [
    ...voters.map((nodeId) => controller({ nodeId, voters, config: brokerConfig, protocol, planted, requestUs: BROKER_COSTS.requestUs, metricsIntervalUs })),
    ...Array.from({ length: brokers }, (_, brokerId) => broker({ brokerId, controllers: voters, config: brokerConfig, costs: BROKER_COSTS, protocol, planted, metricsIntervalUs, rack: rackOf(brokerId, racks) })),
  ];
}

/** Where all stand in one rack none is named. */
function rackOf(brokerId: number, racks: ResolvedTrial['racks']): string | undefined {
  const entries = Object.entries(racks);
  return entries.length < 2 ? undefined : entries.find(([, names]) => names.includes(brokerName(brokerId)))?.[0];
}

function operatorActor({ topics }: ResolvedTrial, bootstrap: readonly string[]): Actor {
  return operator({
    bootstrap,
    topics: topics.map(({ name, partitions, replicationFactor, overrides }) => ({ name, partitions, replicationFactor, config: overrides })),
  });
}

function applications(resolved: ResolvedTrial, bootstrap: readonly string[], planted: PlantedBugs): Actor[] {
  const { trial, topics, brokers, producers, consumers, phases, metricsIntervalUs } = resolved;
  const actions = administrationOf(resolved);
  const partitions = topics.flatMap(({ name, partitions: count }) => Array.from({ length: count }, (_, partition) => ({ topic: name, partition })));
  const written = topics.map(({ name, partitions: count, config }) => ({ name, partitions: count, isCompacted: isCompacted(config) }));
  return [
    ...producers.flatMap(({ names, ratePerSecond, valueBytes, config }) =>
      names.map((name) => producingApplication({ name, bootstrap, topics: written, meanIntervalUs: meanInterval(ratePerSecond, names.length), valueBytes, config, from: phases.loadFrom, until: phases.loadUntil, metricsIntervalUs })),
    ),
    ...consumers.flatMap(({ names, startAfterUs, config }) =>
      names.map((name) => consumingApplication({ name, bootstrap, partitions, config, from: phases.loadFrom + startAfterUs, until: phases.auditFrom, metricsIntervalUs, planted })),
    ),
    ...[trial.cluster.movesLeadersEveryUs ?? []].flat().map((meanIntervalUs) => balancer({ bootstrap, partitions, meanIntervalUs, from: phases.faultsFrom, until: phases.healsAt })),
    ...(actions.length === 0 ? [] : [administrator({ bootstrap, brokers: Array.from({ length: brokers }, (_, id) => id), actions, until: phases.healsAt })]),
    auditor({ name: AUDITOR, bootstrap, partitions, config: auditorConfig(consumers[0]), from: phases.auditFrom, until: phases.auditFrom }),
  ];
}

/** The auditor reads as the trial's own consumers do, and everything. */
function auditorConfig(consumers: ResolvedConsumers | undefined): ConsumerConfig {
  return { ...(consumers?.config ?? parseConfig(CONSUMER_CONFIG, {})), 'auto.offset.reset': 'earliest' };
}
