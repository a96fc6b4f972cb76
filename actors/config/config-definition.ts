/**
 * @module
 * Kafka's configuration, declared key by key: type, default, what is possible, what it means. Values come as a user writes them;
 * what comes out is typed and keyed by Kafka's own names: `config['linger.ms']`. All that is wrong is said at once.
 */
import { nearest } from '../../runtime/index.ts';

/** Kafka config keys and their values, as a user writes them. */
export type ConfigValues = Readonly<Record<string, string | number | boolean>>;

/** A default that was another one in older versions of Kafka. */
export interface EarlierDefault<T> {
  /** The first version that has the present default, e.g. `3.0`. */
  readonly before: string;
  readonly default: T;
}

/** One key of a configuration. */
export interface ConfigKey<T> {
  /** `int` has 32 bits, `long` here the 53 of a whole number. */
  readonly type: 'int' | 'long' | 'double' | 'boolean' | 'string';
  readonly default: T;
  readonly doc: string;
  readonly unit?: 'ms' | 'bytes';
  readonly earlier?: readonly EarlierDefault<T>[];
  readonly atLeast?: number;
  readonly atMost?: number;
  readonly oneOf?: readonly T[];
}

export type ConfigKeys = Readonly<Record<string, ConfigKey<unknown>>>;
/** The values of all keys, each with its type. */
export type ConfigOf<K extends ConfigKeys> = { readonly [Name in keyof K]: K[Name] extends ConfigKey<infer T> ? T : never };

/** A whole configuration: of a producer, of a broker. */
export interface ConfigDefinition<K extends ConfigKeys> {
  /** Whose it is, e.g. `producer`. */
  readonly name: string;
  readonly keys: K;
  /** Keys that Kafka knows and the simulation does not, yet. */
  readonly notSimulated: readonly string[];
  /** What Kafka itself changes about values that were not given, seeing the others. */
  readonly adjust?: (config: ConfigOf<K>, given: ReadonlySet<string>) => ConfigOf<K>;
  /** What is wrong about values that are possible one by one. Sentences. */
  readonly conflicts?: (config: ConfigOf<K>, given: ReadonlySet<string>) => readonly string[];
}

/** What is wrong with a configuration. */
export type ConfigProblem =
  | { readonly kind: 'unknown-key'; readonly key: string; readonly nearest: string | undefined }
  | { readonly kind: 'not-simulated'; readonly key: string }
  | { readonly kind: 'impossible-value'; readonly key: string; readonly value: string; readonly allowed: string }
  | { readonly kind: 'conflict'; readonly message: string };

/** Thrown when a configuration is refused, with everything that is wrong with it. */
export class ConfigError extends Error {
  readonly problems: readonly ConfigProblem[];

  constructor(owner: string, problems: readonly ConfigProblem[]) {
    super(`${owner} config: ${problems.map(describeProblem).join(' ')}`);
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/** A problem as a sentence for a person. */
export function describeProblem(problem: ConfigProblem): string {
  switch (problem.kind) {
    case 'unknown-key':
      return `Unknown key '${problem.key}'${problem.nearest === undefined ? '.' : `: did you mean '${problem.nearest}'?`}`;
    case 'not-simulated':
      return `'${problem.key}' is a key of Kafka that is not simulated yet.`;
    case 'impossible-value':
      return `'${problem.key}' cannot be '${problem.value}': it takes ${problem.allowed}.`;
    case 'conflict':
      return problem.message;
  }
}

const WHOLE = /^[+-]?\d+$/;
const KAFKA_LONG_MAX = 9_223_372_036_854_775_807n;
/** 140 years: virtual time counts µs, and the sum of two times must be exact. */
export const MS_MAX = 4_500_000_000_000;

/**
 * The values as the definition wants them, filled in with the defaults of a version of Kafka, e.g. `2.4`; absent: the present ones.
 * @throws {ConfigError}
 */
export function parseConfig<K extends ConfigKeys>(definition: ConfigDefinition<K>, values: ConfigValues, version?: string): ConfigOf<K> {
  const problems: ConfigProblem[] = [];
  const parsed: Record<string, unknown> = {};
  for (const [name, key] of Object.entries(definition.keys)) parsed[name] = version === undefined ? key.default : defaultIn(key, version);
  for (const [name, value] of Object.entries(values)) {
    const key = Object.hasOwn(definition.keys, name) ? definition.keys[name] : undefined;
    if (key === undefined) {
      problems.push(refuseKey(definition, name));
      continue;
    }
    const converted = convert(key, value);
    if (converted === undefined) problems.push({ kind: 'impossible-value', key: name, value: String(value), allowed: describeValues(key) });
    else parsed[name] = converted;
  }
  if (problems.length > 0) throw new ConfigError(definition.name, problems);

  const given = new Set(Object.keys(values));
  const typed = parsed as ConfigOf<K>;
  const config = definition.adjust?.(typed, given) ?? typed;
  const conflicts = definition.conflicts?.(config, given) ?? [];
  if (conflicts.length > 0) throw new ConfigError(definition.name, conflicts.map((message) => ({ kind: 'conflict', message })));
  return config;
}

/** A key's default in a version of Kafka, e.g. `0.11`. */
function defaultIn<T>(key: ConfigKey<T>, version: string): T {
  const earlier = (key.earlier ?? []).filter(({ before }) => compareVersions(version, before) < 0);
  // Of several that have been, the one that ended first after this version.
  const [first] = earlier.toSorted((a, b) => compareVersions(a.before, b.before));
  return first === undefined ? key.default : first.default;
}

/** Versions as `major.minor`. */
function compareVersions(a: string, b: string): number {
  const [aMajor = 0, aMinor = 0] = a.split('.').map(Number);
  const [bMajor = 0, bMinor = 0] = b.split('.').map(Number);
  return aMajor === bMajor ? aMinor - bMinor : aMajor - bMajor;
}

/** What a key takes, in words: `a whole number of ms, 0 or more`. */
export function describeValues(key: ConfigKey<unknown>): string {
  if (key.oneOf !== undefined) return key.oneOf.join(', ');
  if (key.type === 'boolean') return 'true or false';
  if (key.type === 'string') return 'text';
  const number = key.type === 'double' ? 'a number' : 'a whole number';
  const [low, high] = bounds(key);
  const range = high === limitOf(key) ? `${low} or more` : `${low} to ${high}`;
  return `${number}${key.unit === undefined ? '' : ` of ${key.unit}`}, ${range}`;
}

function refuseKey<K extends ConfigKeys>(definition: ConfigDefinition<K>, name: string): ConfigProblem {
  if (definition.notSimulated.includes(name)) return { kind: 'not-simulated', key: name };
  return { kind: 'unknown-key', key: name, nearest: nearest(name, Object.keys(definition.keys)) };
}

/** The value in the key's own type; undefined if it is none of it. */
function convert(key: ConfigKey<unknown>, value: string | number | boolean): unknown {
  const converted = convertType(key, value);
  if (converted === undefined) return undefined;
  if (key.oneOf !== undefined && !key.oneOf.includes(converted)) return undefined;
  if (typeof converted !== 'number') return converted;
  const [low, high] = bounds(key);
  return converted >= low && converted <= high ? converted : undefined;
}

function convertType(key: ConfigKey<unknown>, value: string | number | boolean): unknown {
  const text = String(value).trim();
  switch (key.type) {
    case 'string':
      return typeof value === 'boolean' ? undefined : text;
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : undefined;
    case 'int':
      return typeof value !== 'boolean' && WHOLE.test(text) ? Number(text) : undefined;
    case 'long':
      // Kafka's largest long often stands for never: the largest number here says the same.
      return typeof value !== 'boolean' && WHOLE.test(text) && BigInt(text) <= KAFKA_LONG_MAX ? Math.min(Number(text), limitOf(key)) : undefined;
    case 'double':
      return typeof value !== 'boolean' && text !== '' && Number.isFinite(Number(text)) ? Number(text) : undefined;
  }
}

function bounds(key: ConfigKey<unknown>): readonly [number, number] {
  const limit = limitOf(key);
  return [key.atLeast ?? -limit, key.atMost ?? limit];
}

function limitOf({ type, unit }: ConfigKey<unknown>): number {
  if (type === 'int') return 2_147_483_647;
  if (unit === 'ms') return MS_MAX;
  return type === 'long' ? Number.MAX_SAFE_INTEGER : Number.MAX_VALUE;
}
