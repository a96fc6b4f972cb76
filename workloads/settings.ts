/**
 * @module
 * What `--set key=value` may change: every config key that is simulated, a few properties of the trial itself, and single switches of the
 * protocol (`protocol.truncation`). A config key may be prefixed by its scope (`producer.request.timeout.ms`); without one it counts
 * in every scope that has it.
 */
import { BROKER_CONFIG } from '../actors/config/broker-config.ts';
import { describeProblem, describeValues, ConfigError, parseConfig } from '../actors/config/config-definition.ts';
import type { ConfigDefinition, ConfigKey, ConfigKeys, ConfigValues } from '../actors/config/config-definition.ts';
import { CONSUMER_CONFIG } from '../actors/config/consumer-config.ts';
import { PRODUCER_CONFIG } from '../actors/config/producer-config.ts';
import { TOPIC_CONFIG } from '../actors/config/topic-config.ts';
import { PROTOCOL_DEFINITION } from '../actors/protocol-variant.ts';
import { nearest } from '../runtime/index.ts';

export type Scope = 'producer' | 'consumer' | 'broker' | 'topic' | 'trial' | 'protocol';

/** Properties of the trial's own cluster and load. */
export const TRIAL_KEYS = {
  brokers: { type: 'int', default: 3, atLeast: 1, atMost: 64, doc: 'Number of brokers.' },
  controllers: { type: 'int', default: 3, oneOf: [1, 3, 5], doc: 'Members of the controller quorum.' },
  racks: { type: 'int', default: 1, atLeast: 1, atMost: 64, doc: 'Racks: broker b stands in rack b modulo this, and says so (broker.rack); 1: no broker names one.' },
  partitions: { type: 'int', default: 6, atLeast: 1, atMost: 1_024, doc: 'Partitions of each topic.' },
  'replication.factor': { type: 'int', default: 3, atLeast: 1, atMost: 64, doc: 'Replicas of each partition.' },
  producers: { type: 'int', default: 2, atLeast: 1, atMost: 256, doc: 'Number of producing applications.' },
  consumers: { type: 'int', default: 1, atLeast: 0, atMost: 256, doc: 'Number of consuming applications; each reads every partition.' },
  rate: { type: 'int', default: 30, atLeast: 1, atMost: 1_000_000, doc: 'Records per second of all producers together, open loop.' },
  'value.bytes': { type: 'int', default: 100, atLeast: 24, atMost: 1_000_000, doc: "Bytes of each record's value." },
  'metrics.sample.interval.ms': { type: 'int', default: 1_000, atLeast: 0, atMost: 3_600_000, doc: 'How often every process tells its metrics; 0: never.' },
} as const satisfies Record<string, ConfigKey<number>>;

export const TRIAL_DEFINITION: ConfigDefinition<typeof TRIAL_KEYS> = { name: 'trial', keys: TRIAL_KEYS, notSimulated: [] };

const DEFINITIONS: Readonly<Record<Scope, { readonly keys: ConfigKeys; readonly notSimulated: readonly string[] }>> = {
  producer: PRODUCER_CONFIG,
  consumer: CONSUMER_CONFIG,
  broker: BROKER_CONFIG,
  topic: TOPIC_CONFIG,
  trial: TRIAL_DEFINITION,
  protocol: PROTOCOL_DEFINITION,
};

const SCOPES = Object.keys(DEFINITIONS) as Scope[];

/** Settings by scope. */
export type ScopedSettings = Readonly<Record<Scope, Readonly<Record<string, string>>>>;

/** Deals settings out to their scopes. Each problem is a sentence. */
export function scopeSettings(settings: Readonly<Record<string, string>>): { readonly scoped: ScopedSettings; readonly problems: readonly string[] } {
  const scoped: Record<Scope, Record<string, string>> = { producer: {}, consumer: {}, broker: {}, topic: {}, trial: {}, protocol: {} };
  const problems: string[] = [];
  for (const [name, value] of Object.entries(settings)) {
    const [scopes, key] = placesOf(name);
    if (scopes.length === 0) problems.push(refusal(name));
    for (const scope of scopes) scoped[scope][key] = value;
  }
  return { scoped, problems };
}

function placesOf(name: string): [scopes: Scope[], key: string] {
  const prefixed = SCOPES.find((scope) => name.startsWith(`${scope}.`) && Object.hasOwn(DEFINITIONS[scope].keys, name.slice(scope.length + 1)));
  if (prefixed !== undefined) return [[prefixed], name.slice(prefixed.length + 1)];
  return [SCOPES.filter((scope) => scope !== 'protocol' && Object.hasOwn(DEFINITIONS[scope].keys, name)), name];
}

function refusal(name: string): string {
  const switches = Object.keys(PROTOCOL_DEFINITION.keys).map((key) => `protocol.${key}`);
  if (name.startsWith('protocol.')) return describeProblem({ kind: 'unknown-key', key: name, nearest: nearest(name, switches) });
  const bare = SCOPES.reduce((rest, scope) => (rest.startsWith(`${scope}.`) ? rest.slice(scope.length + 1) : rest), name);
  if (SCOPES.some((scope) => DEFINITIONS[scope].notSimulated.includes(bare))) return describeProblem({ kind: 'not-simulated', key: name });
  const known = [...new Set(SCOPES.flatMap((scope) => Object.keys(DEFINITIONS[scope].keys)))];
  return describeProblem({ kind: 'unknown-key', key: name, nearest: nearest(bare, known) });
}

/** The parsed config, or the sentences that say what is wrong with it. */
export function tryParse<K extends ConfigKeys>(definition: ConfigDefinition<K>, values: ConfigValues, version?: string): { readonly config: ReturnType<typeof parseConfig<K>> } | { readonly problems: readonly string[] } {
  return attempt(() => parseConfig(definition, values, version));
}

/** The same for whatever parses. */
export function attempt<T>(parse: () => T): { readonly config: T } | { readonly problems: readonly string[] } {
  try {
    return { config: parse() };
  } catch (error) {
    if (error instanceof ConfigError) return { problems: error.problems.map(describeProblem) };
    throw error;
  }
}

/** A key that can be set, as a person reads of it. `earlier`: its defaults before some versions of Kafka. */
export interface SettingKey {
  readonly scope: Scope;
  readonly key: string;
  readonly default: string;
  readonly earlier: readonly { readonly before: string; readonly default: string }[];
  readonly doc: string;
}

/** Every key that can be set, for `trial list config`. */
export function settingKeys(): readonly SettingKey[] {
  return SCOPES.flatMap((scope) =>
    Object.entries(DEFINITIONS[scope].keys).map(([key, definition]) => ({
      scope,
      key,
      default: String(definition.default),
      earlier: (definition.earlier ?? []).map(({ before, default: value }) => ({ before, default: String(value) })),
      doc: `${definition.doc} Takes ${describeValues(definition)}.`,
    })),
  );
}
