/** @module A trial with all that a user set worked into it, checked, and the moments of its run worked out. */
import { CONTROLLER_SOCKET_TIMEOUT_US } from '../actors/broker/controller-channel.ts';
import { BROKER_CONFIG } from '../actors/config/broker-config.ts';
import type { BrokerConfig } from '../actors/config/broker-config.ts';
import { CONSUMER_CONFIG } from '../actors/config/consumer-config.ts';
import type { ConsumerConfig } from '../actors/config/consumer-config.ts';
import { PRODUCER_CONFIG, acksOf } from '../actors/config/producer-config.ts';
import type { ProducerConfig } from '../actors/config/producer-config.ts';
import { TOPIC_CONFIG, topicConfig } from '../actors/config/topic-config.ts';
import type { TopicConfig } from '../actors/config/topic-config.ts';
import { PROTOCOL_DEFINITION } from '../actors/protocol-variant.ts';
import type { ProtocolVariant } from '../actors/protocol-variant.ts';
import { PROTOCOLS } from '../actors/protocols.ts';
import { MILLISECOND, SECOND, nearest } from '../runtime/index.ts';
import type { Micros } from '../runtime/index.ts';
import { TRIALS } from './catalogue.ts';
import type { Promises } from './checkers/checker.ts';
import { FAULT_PROFILES } from './faults/profiles.ts';
import { TRIAL_DEFINITION, attempt, scopeSettings, tryParse } from './settings.ts';
import { AFTERGLOW_US } from './trial.ts';
import type { ConfigValues, Trial, TrialArgument } from './trial.ts';

/** The cluster comes up and the topics are made before this. */
const LOAD_FROM: Micros = 5 * SECOND;
/** Faults begin so long after the load. */
const CALM_US: Micros = 2 * SECOND;
/** After every client has given up or been answered, so long for replicas to catch up before the final read. */
const SETTLE_US: Micros = 5 * SECOND;
/** The final read must be over by then. */
const FINAL_READ_US: Micros = 60 * SECOND;

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
  readonly brokerConfig: BrokerConfig;
  readonly topics: readonly ResolvedTopic[];
  readonly producers: { readonly count: number; readonly ratePerSecond: number; readonly valueBytes: number; readonly config: ProducerConfig };
  readonly consumers: { readonly count: number; readonly config: ConsumerConfig };
  readonly faults: string;
  readonly phases: Phases;
}

export const producerName = (index: number): string => `producer-${index}`;
export const consumerName = (index: number): string => `consumer-${index}`;

/** Works the argument out. Each problem is one sentence that names what was wrong and the nearest right thing. */
export function resolveTrial(argument: TrialArgument): { readonly resolved: ResolvedTrial } | { readonly problems: readonly string[] } {
  const trial = TRIALS.find(({ name }) => name === argument.workload);
  if (trial === undefined) return { problems: [unknown('workload', argument.workload, TRIALS.map(({ name }) => name))] };
  const protocol = PROTOCOLS[argument.protocol];
  const faults = argument.faults ?? trial.faults;
  const problems: string[] = [];
  if (protocol === undefined) problems.push(unknown('protocol', argument.protocol, Object.keys(PROTOCOLS)));
  if (!FAULT_PROFILES.some(({ name }) => name === faults)) problems.push(unknown('fault profile', faults, FAULT_PROFILES.map(({ name }) => name)));
  const { scoped, problems: unplaced } = scopeSettings(argument.settings);
  problems.push(...unplaced);

  const topics = Object.entries(trial.cluster.topics);
  const [, shape] = topics[0]!;
  const own = tryParse(TRIAL_DEFINITION, {
    brokers: trial.cluster.brokers,
    partitions: shape.partitions,
    'replication.factor': shape.replicationFactor,
    producers: trial.producers.count,
    consumers: trial.consumers.count,
    rate: trial.producers.ratePerSecond,
    'value.bytes': trial.producers.valueBytes ?? TRIAL_DEFINITION.keys['value.bytes'].default,
    ...scoped.trial,
  });
  const variant = tryParse(PROTOCOL_DEFINITION, { ...protocol?.variant, ...scoped.protocol });
  const broker = tryParse(BROKER_CONFIG, { ...trial.cluster.config, ...scoped.broker }, protocol?.version);
  const producer = tryParse(PRODUCER_CONFIG, { ...trial.producers.config, ...scoped.producer }, protocol?.version);
  const consumer = tryParse(CONSUMER_CONFIG, { ...trial.consumers.config, ...scoped.consumer }, protocol?.version);
  const topicConfigs = topics.map(([name, { config }]) => {
    const overrides = { ...config, ...scoped.topic };
    return { name, overrides, parsed: 'config' in broker ? attempt(() => topicConfig(overrides, broker.config)) : tryParse(TOPIC_CONFIG, overrides) };
  });
  for (const result of [own, variant, broker, producer, consumer, ...topicConfigs.map(({ parsed }) => parsed)]) if ('problems' in result) problems.push(...result.problems);
  if (!('config' in own) || !('config' in variant) || !('config' in broker) || !('config' in producer) || !('config' in consumer) || problems.length > 0) return { problems: [...new Set(problems)] };

  const replicationFactor = own.config['replication.factor'];
  if (replicationFactor > own.config.brokers) return { problems: [`'replication.factor' is ${replicationFactor}, and there are only ${own.config.brokers} brokers: set brokers=${replicationFactor} or more.`] };
  return {
    resolved: {
      trial,
      seed: argument.seed,
      protocol: variant.config,
      brokers: own.config.brokers,
      brokerConfig: broker.config,
      topics: topicConfigs.flatMap(({ name, overrides, parsed }) => ('config' in parsed ? [{ name, partitions: own.config.partitions, replicationFactor, config: parsed.config, overrides: asText(overrides) }] : [])),
      producers: { count: own.config.producers, ratePerSecond: own.config.rate, valueBytes: own.config['value.bytes'], config: producer.config },
      consumers: { count: own.config.consumers, config: consumer.config },
      faults,
      phases: phases(argument.durationUs ?? trial.durationUs, producer.config, broker.config),
    },
  };
}

function phases(durationUs: Micros, producer: ProducerConfig, broker: BrokerConfig): Phases {
  const healsAt = LOAD_FROM + durationUs;
  const loadUntil = healsAt + AFTERGLOW_US;
  // By then every send has been acknowledged or has failed.
  const answeredBy = loadUntil + producer['delivery.timeout.ms'] * MILLISECOND;
  // And every replica can be back (FS-4, §14.2): a follower's dead connection times out, its leader drops it 1.5 times the lag later, by a request on a dead connection of its own.
  const replicatedBy = healsAt + Math.ceil(1.5 * broker['replica.lag.time.max.ms'] + broker['replica.socket.timeout.ms']) * MILLISECOND + CONTROLLER_SOCKET_TIMEOUT_US;
  const auditFrom = Math.max(answeredBy, replicatedBy) + SETTLE_US;
  return { loadFrom: LOAD_FROM, faultsFrom: Math.min(LOAD_FROM + CALM_US, healsAt), healsAt, loadUntil, auditFrom, endsAt: auditFrom + FINAL_READ_US };
}

function asText(values: ConfigValues): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, String(value)]));
}

/** What the configuration promises, for the judges. */
export function promisesOf({ topics, producers, consumers, phases: { healsAt } }: ResolvedTrial): Promises {
  const { config } = producers;
  const keepsOrder = config['max.in.flight.requests.per.connection'] === 1 || config.retries === 0;
  return {
    healsAt,
    topics: Object.fromEntries(topics.map(({ name, partitions, replicationFactor, config: topic }) => [name, { partitions, replicationFactor, minInsyncReplicas: topic['min.insync.replicas'] }])),
    producers: Object.fromEntries(Array.from({ length: producers.count }, (_, i) => [producerName(i), { acks: acksOf(config), keepsOrder, retries: config.retries }])),
    consumers: Array.from({ length: consumers.count }, (_, i) => consumerName(i)),
  };
}

function unknown(what: string, given: string, candidates: readonly string[]): string {
  const near = nearest(given, candidates);
  return `Unknown ${what} '${given}'${near === undefined ? '.' : `: did you mean '${near}'?`} There is: ${candidates.join(', ')}.`;
}
