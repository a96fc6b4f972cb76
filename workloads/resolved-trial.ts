/** @module A trial with all that a user set worked into it, checked, and the moments of its run worked out. */
import { CONTROLLER_SOCKET_TIMEOUT_US } from '../actors/broker/controller-channel.ts';
import { BROKER_CONFIG } from '../actors/config/broker-config.ts';
import type { BrokerConfig } from '../actors/config/broker-config.ts';
import { CONSUMER_CONFIG } from '../actors/config/consumer-config.ts';
import type { ConsumerConfig } from '../actors/config/consumer-config.ts';
import { PRODUCER_CONFIG, acksOf } from '../actors/config/producer-config.ts';
import type { ProducerConfig } from '../actors/config/producer-config.ts';
import { TOPIC_CONFIG, isDeleted, topicConfig } from '../actors/config/topic-config.ts';
import type { TopicConfig } from '../actors/config/topic-config.ts';
import { brokerName } from '../actors/client/bootstrap.ts';
import { PROTOCOL_DEFINITION } from '../actors/protocol-variant.ts';
import type { ProtocolVariant } from '../actors/protocol-variant.ts';
import { PROTOCOLS } from '../actors/protocols.ts';
import { MILLISECOND, SECOND, nearest } from '../runtime/index.ts';
import type { Micros } from '../runtime/index.ts';
import { TRIALS } from './catalogue.ts';
import type { Promises, Retention } from './checkers/checker.ts';
import { FAULT_PROFILES } from './faults/profiles.ts';
import { TRIAL_DEFINITION, attempt, scopeSettings, tryParse } from './settings.ts';
import { AFTERGLOW_US, OWN_SCHEDULE, consumersOf, faultsOf, producersOf } from './trial.ts';
import type { ConfigValues, Producers, Trial, TrialArgument } from './trial.ts';

/** The cluster comes up and the topics are made before this. */
const LOAD_FROM: Micros = 5 * SECOND;
/** Faults begin so long after the load. */
const CALM_US: Micros = 2 * SECOND;
/** After every client has given up or been answered, so long for replicas to catch up before the final read. */
const SETTLE_US: Micros = 5 * SECOND;
/** The final read must be over by then. */
const FINAL_READ_US: Micros = 60 * SECOND;

/** The name of a record, which its value is at least. */
const RECORD_NAME_BYTES_MAX = 64;
/** The header of a batch, and what a record has besides its value. */
const RECORD_OVERHEAD_BYTES_MAX = 160;

/** The moments of a run, in virtual time. */
export interface Phases {
  readonly loadFrom: Micros;
  readonly faultsFrom: Micros;
  /** All faults have stopped. */
  readonly healsAt: Micros;
  readonly loadUntil: Micros;
  /** The final read begins. */
  readonly auditFrom: Micros;
  readonly endsAt: Micros;
}

export interface ResolvedTopic {
  readonly name: string;
  readonly partitions: number;
  readonly replicationFactor: number;
  /** What holds in the end: its own values over the brokers'. */
  readonly config: TopicConfig;
  /** Its own values, as the topic is created with them. */
  readonly overrides: Readonly<Record<string, string>>;
}

export interface ResolvedTrial {
  readonly trial: Trial;
  readonly seed: string;
  readonly protocol: ProtocolVariant;
  readonly brokers: number;
  readonly controllers: number;
  readonly brokerConfig: BrokerConfig;
  readonly topics: readonly ResolvedTopic[];
  /** Racks by name, with the brokers that stand in each. */
  readonly racks: Readonly<Record<string, readonly string[]>>;
  /** Kinds of producing applications, in the order declared. Their instances are numbered through all kinds. */
  readonly producers: readonly ResolvedProducers[];
  readonly consumers: readonly ResolvedConsumers[];
  /** The fault profile, or {@link OWN_SCHEDULE}; undefined: a plan that was given. */
  readonly faults: string | undefined;
  readonly phases: Phases;
  /** Every process tells its metrics so often; undefined: never. */
  readonly metricsIntervalUs: Micros | undefined;
}

export interface ResolvedProducers {
  readonly names: readonly string[];
  /** Of all of this kind together. */
  readonly ratePerSecond: number;
  readonly valueBytes: number;
  readonly config: ProducerConfig;
}

export interface ResolvedConsumers {
  readonly names: readonly string[];
  readonly startAfterUs: Micros;
  readonly config: ConsumerConfig;
}

export const producerName = (index: number): string => `producer-${index}`;
export const consumerName = (index: number): string => `consumer-${index}`;

/** Works the argument out. Each problem is one sentence that names what was wrong and the nearest right thing. */
export function resolveTrial(argument: TrialArgument): { readonly resolved: ResolvedTrial } | { readonly problems: readonly string[] } {
  const trial = TRIALS.find(({ name }) => name === argument.workload);
  if (trial === undefined) return { problems: [unknown('workload', argument.workload, TRIALS.map(({ name }) => name))] };
  const protocol = PROTOCOLS[argument.protocol];
  const faults = argument.faults ?? (argument.plan === undefined ? faultsOf(trial) : undefined);
  const problems: string[] = [];
  if (protocol === undefined) problems.push(unknown('protocol', argument.protocol, Object.keys(PROTOCOLS)));
  const profiles = [...FAULT_PROFILES.map(({ name }) => name), ...(faultsOf(trial) === OWN_SCHEDULE ? [OWN_SCHEDULE] : [])];
  if (faults !== undefined && !profiles.includes(faults)) problems.push(unknown('fault profile', faults, profiles));
  const { scoped, problems: unplaced } = scopeSettings(argument.settings);
  problems.push(...unplaced);

  const topics = Object.entries(trial.cluster.topics);
  const [, shape] = topics[0]!;
  const cluster = tryParse(TRIAL_DEFINITION, {
    brokers: trial.cluster.brokers,
    ...(trial.cluster.controllers === undefined ? {} : { controllers: trial.cluster.controllers }),
    ...(trial.cluster.racks === undefined ? {} : { racks: trial.cluster.racks }),
    partitions: shape.partitions,
    'replication.factor': shape.replicationFactor,
    ...scoped.trial,
  });
  const variant = tryParse(PROTOCOL_DEFINITION, { ...protocol?.variant, ...scoped.protocol });
  const broker = tryParse(BROKER_CONFIG, { ...trial.cluster.config, ...scoped.broker }, protocol?.version);
  const producers = producersOf(trial).map((declared) => ({
    load: tryParse(TRIAL_DEFINITION, { ...loadOf(declared), ...scoped.trial }),
    client: tryParse(PRODUCER_CONFIG, { ...declared.config, ...scoped.producer }, protocol?.version),
  }));
  const consumers = consumersOf(trial).map((declared) => ({
    declared,
    load: tryParse(TRIAL_DEFINITION, { consumers: declared.count, ...scoped.trial }),
    client: tryParse(CONSUMER_CONFIG, { ...declared.config, ...scoped.consumer }, protocol?.version),
  }));
  const topicConfigs = topics.map(([name, { config }]) => {
    const overrides = { ...config, ...scoped.topic };
    return { name, overrides, parsed: 'config' in broker ? attempt(() => topicConfig(overrides, broker.config)) : tryParse(TOPIC_CONFIG, overrides) };
  });
  const parsed = [cluster, variant, broker, ...[...producers, ...consumers].flatMap(({ load, client }) => [load, client]), ...topicConfigs.map((topic) => topic.parsed)];
  for (const result of parsed) if ('problems' in result) problems.push(...result.problems);
  if (!('config' in cluster) || !('config' in variant) || !('config' in broker) || problems.length > 0) return { problems: [...new Set(problems)] };

  const { brokers, partitions, 'replication.factor': replicationFactor, 'metrics.sample.interval.ms': metricsIntervalMs } = cluster.config;
  if (replicationFactor > brokers) return { problems: [`'replication.factor' is ${replicationFactor}, and there are only ${brokers} brokers: set brokers=${replicationFactor} or more.`] };
  const nextProducer = numbered(producerName);
  const nextConsumer = numbered(consumerName);
  const resolvedProducers = producers.flatMap(({ load, client }): ResolvedProducers[] =>
    'config' in load && 'config' in client ? [{ names: nextProducer(load.config.producers), ratePerSecond: load.config.rate, valueBytes: load.config['value.bytes'], config: client.config }] : [],
  );
  return {
    resolved: {
      trial,
      seed: argument.seed,
      protocol: variant.config,
      brokers,
      controllers: cluster.config.controllers,
      brokerConfig: broker.config,
      topics: topicConfigs.flatMap(({ name, overrides, parsed: topic }) => ('config' in topic ? [{ name, partitions, replicationFactor, config: topic.config, overrides: asText(overrides) }] : [])),
      racks: racksOf(brokers, cluster.config.racks),
      producers: resolvedProducers,
      consumers: consumers.flatMap(({ declared, load, client }): ResolvedConsumers[] =>
        'config' in load && 'config' in client ? [{ names: nextConsumer(load.config.consumers), startAfterUs: declared.startAfterUs ?? 0, config: client.config }] : [],
      ),
      faults,
      metricsIntervalUs: metricsIntervalMs > 0 ? metricsIntervalMs * MILLISECOND : undefined,
      phases: phases(argument.durationUs ?? trial.durationUs, resolvedProducers, broker.config),
    },
  };
}

function loadOf({ count, ratePerSecond, valueBytes }: Producers): ConfigValues {
  return { producers: count, rate: ratePerSecond, ...(valueBytes !== undefined && { 'value.bytes': valueBytes }) };
}

/** Gives out names, so many at a time, and none twice. */
function numbered(nameOf: (index: number) => string): (count: number) => string[] {
  let next = 0;
  return (count) => {
    next += count;
    return Array.from({ length: count }, (_, i) => nameOf(next - count + i));
  };
}

/** Brokers are dealt out to the racks one after the other. */
function racksOf(brokers: number, racks: number): Record<string, readonly string[]> {
  const names = brokerNames(brokers);
  return Object.fromEntries(Array.from({ length: Math.min(racks, brokers) }, (_, rack) => [`rack-${rack}`, names.filter((_name, broker) => broker % racks === rack)]));
}

export function brokerNames(brokers: number): string[] {
  return Array.from({ length: brokers }, (_, id) => brokerName(id));
}

function phases(durationUs: Micros, producers: readonly ResolvedProducers[], broker: BrokerConfig): Phases {
  const healsAt = LOAD_FROM + durationUs;
  const loadUntil = healsAt + AFTERGLOW_US;
  // By then every send has been acknowledged or has failed.
  const answeredBy = loadUntil + Math.max(0, ...producers.map(({ config }) => config['delivery.timeout.ms'])) * MILLISECOND;
  // And every replica can be back (FS-4, §14.2): a follower's dead connection times out, its leader drops it 1.5 times the lag later, by a request on a dead connection of its own.
  const replicatedBy = healsAt + Math.ceil(1.5 * broker['replica.lag.time.max.ms'] + broker['replica.socket.timeout.ms']) * MILLISECOND + CONTROLLER_SOCKET_TIMEOUT_US;
  const auditFrom = Math.max(answeredBy, replicatedBy) + SETTLE_US;
  return { loadFrom: LOAD_FROM, faultsFrom: Math.min(LOAD_FROM + CALM_US, healsAt), healsAt, loadUntil, auditFrom, endsAt: auditFrom + FINAL_READ_US };
}

function asText(values: ConfigValues): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, String(value)]));
}

function retentionOf(topic: TopicConfig, producers: readonly ResolvedProducers[]): Retention {
  const { 'retention.ms': ms, 'retention.bytes': bytes } = topic;
  const recordBytesMax = Math.max(RECORD_NAME_BYTES_MAX, ...producers.map(({ valueBytes }) => valueBytes)) + RECORD_OVERHEAD_BYTES_MAX;
  return { isDeleted: isDeleted(topic), us: ms < 0 ? Infinity : ms * MILLISECOND, bytes: bytes < 0 ? Infinity : bytes, recordBytesMax };
}

/** What the configuration promises, for the judges. */
export function promisesOf({ topics, producers, consumers, protocol, phases: { healsAt, auditFrom } }: ResolvedTrial): Promises {
  return {
    healsAt,
    recoversBy: auditFrom,
    eligibleLeaderReplicas: protocol.eligibleLeaderReplicas,
    topics: Object.fromEntries(topics.map(({ name, partitions, replicationFactor, config: topic }) => [name, { partitions, replicationFactor, minInsyncReplicas: topic['min.insync.replicas'], uncleanLeaderElection: topic['unclean.leader.election.enable'], retention: retentionOf(topic, producers) }])),
    producers: Object.fromEntries(
      producers.flatMap(({ names, config }) => {
        const keepsOrder = config['max.in.flight.requests.per.connection'] === 1 || config.retries === 0;
        return names.map((name) => [name, { acks: acksOf(config), keepsOrder }]);
      }),
    ),
    consumers: consumers.flatMap(({ names }) => names),
  };
}

function unknown(what: string, given: string, candidates: readonly string[]): string {
  const near = nearest(given, candidates);
  return `Unknown ${what} '${given}'${near === undefined ? '.' : `: did you mean '${near}'?`} There is: ${candidates.join(', ')}.`;
}
