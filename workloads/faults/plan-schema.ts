/**
 * @module
 * A fault plan from a file (`--faults plan.json`): the JSON form of {@link FaultPlan}, times in µs. What is left out: no weather, nothing switched off.
 * Users find the format in README.md, "Faults from a file".
 *
 *     { "timed": [{ "id": "f1", "kind": "crash", "at": 10000000, "for": 5000000, "target": { "role": "leader of orders-0" } }] }
 */
import { z } from 'zod';
import { DISK_FAULTS, LINK_FAULTS, PROCESS_FAULTS, WEATHER_KINDS, isDiskFaultKind, isLinkFaultKind } from '../../runtime/faults/plan.ts';
import type { FaultKind, FaultPlan, Target, TimedFault, Weather } from '../../runtime/faults/plan.ts';
import { nearest } from '../../runtime/nearest.ts';
import { SECOND } from '../../runtime/units.ts';
import type { Micros } from '../../runtime/units.ts';
import { latestEndOf, parseRole, unknownRole } from './role.ts';

/** What a plan may name, and by when it must be over. */
export interface PlanScene {
  /** Names of all actors. */
  readonly actors: readonly string[];
  /** Topics, with the number of their partitions. */
  readonly topics: Readonly<Record<string, number>>;
  /** Replicas of every partition. */
  readonly replicationFactor: number;
  /** Racks by name. */
  readonly racks: Readonly<Record<string, readonly string[]>>;
  /** Every fault is over by then: what comes after is judged as a healthy cluster. */
  readonly healsAt: Micros;
}

const FAULT_KINDS: readonly FaultKind[] = [...PROCESS_FAULTS, ...DISK_FAULTS, ...LINK_FAULTS];
const MILLION = 1_000_000;

/** `unknown kind 'crush': did you mean 'crash'?` */
function unknown(what: string, given: string, candidates: readonly string[]): string {
  const near = nearest(given, candidates);
  return `unknown ${what} '${given}'${near === undefined ? `: there is ${candidates.join(', ')}` : `: did you mean '${near}'?`}`;
}

const MISSING = 'is missing';
const whole = (unit: string) => z.int({ error: ({ input }) => (input === undefined ? MISSING : `must be a whole number${unit}`) });
const time = whole(' of µs').min(0, 'must not be negative');
const names = z.array(z.string()).min(1, 'names nobody');
const oneOf = <const K extends string>(what: string, kinds: readonly K[]) =>
  z.string().transform((given, context): K => {
    const found = kinds.find((kind) => kind === given);
    if (found !== undefined) return found;
    context.addIssue({ code: 'custom', message: unknown(what, given, kinds) });
    return z.NEVER;
  });

const TARGETS = [
  z.strictObject({ actor: z.string() }),
  z.strictObject({ role: z.string() }),
  z.strictObject({ between: names, and: names }),
  z.strictObject({ from: names, to: names }),
] as const;
const target = z.union(TARGETS, { error: ({ input }) => input === undefined ? MISSING : 'must be one of {"actor": name}, {"role": text}, {"between": [names], "and": [names]}, {"from": [names], "to": [names]}' });

const timedFault = z.strictObject({
  // No slash and no >: ids of weather strikes have them.
  id: z.string().regex(/^[\w.-]+$/, 'must be made of letters, digits, . _ and -'),
  kind: oneOf('kind', FAULT_KINDS),
  at: time,
  for: time,
  target,
  amount: whole('').optional(),
});

const chance = whole('').min(0, 'must not be negative').max(MILLION, 'must be at most 1000000');
const weather = z.strictObject({
  links: z.strictObject({ from: z.string(), to: z.string() }).optional(),
  perMillion: z.partialRecord(oneOf('kind of weather', WEATHER_KINDS), chance),
  delayMeanUs: time.optional(),
  jamMeanUs: time.optional(),
});

const faultPlan = z.strictObject({
  timed: z.array(timedFault),
  weather: z.array(weather).default([]),
  weatherFrom: time.default(0),
  weatherUntil: time.default(0),
  switchedOff: z.array(z.string()).default([]),
});

/** Reads a plan. Each error is one sentence that begins with the place, e.g. `timed[2].kind: unknown kind 'crush': did you mean 'crash'?` */
export function parseFaultPlan(json: unknown, scene: PlanScene): { readonly plan: FaultPlan } | { readonly errors: readonly string[] } {
  const parsed = faultPlan.safeParse(json);
  // Faults that are well-formed are checked even where others are not, so that one look shows all that is to be mended.
  if (!parsed.success) return { errors: [...parsed.error.issues.flatMap(sentences), ...timedProblems(wellFormed(json), scene)] };
  // Zod types optional keys as possibly undefined; what comes from JSON is there or not.
  const plan = parsed.data as FaultPlan;
  const errors = [...timedProblems(plan.timed, scene), ...weatherProblems(plan, scene), ...switchedOffProblems(plan, scene)];
  return errors.length > 0 ? { errors } : { plan };
}

/** The timed faults of a plan; undefined in the place of one that is malformed. */
function wellFormed(json: unknown): (TimedFault | undefined)[] {
  const { success, data } = z.looseObject({ timed: z.array(timedFault.optional().catch(undefined)) }).safeParse(json);
  return success ? (data.timed as (TimedFault | undefined)[]) : [];
}

function timedProblems(faults: readonly (TimedFault | undefined)[], scene: PlanScene): string[] {
  const ids = new Set<string>();
  return faults.flatMap((fault, i) => {
    if (fault === undefined) return [];
    const isDuplicate = ids.has(fault.id);
    ids.add(fault.id);
    const problems = [...(isDuplicate ? [`id: '${fault.id}' is the id of another fault already`] : []), ...targetProblems(fault, scene), ...amountProblems(fault), ...timeProblems(fault, scene)];
    return problems.map((problem) => `timed[${i}].${problem}`);
  });
}

const KEYS: readonly string[] = [...new Set([timedFault, weather, faultPlan, ...TARGETS].flatMap(({ shape }) => Object.keys(shape)))];

function sentences(issue: z.core.$ZodIssue): string[] {
  const place = issue.path.reduce<string>((path, key) => path + (typeof key === 'number' ? `[${key}]` : `${path === '' ? '' : '.'}${String(key)}`), '');
  const at = place === '' ? 'the plan' : place;
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => `${at}: ${unknownKey(key)}`);
  // The kinds of weather are keys of a record, and their error lies one level down.
  if (issue.code === 'invalid_key') return issue.issues.map(({ message }) => `${at}: ${message}`);
  if (issue.code === 'invalid_type' && issue.message.includes('received undefined')) return [`${at}: ${MISSING}`];
  return [`${at}: ${issue.message}`];
}

function unknownKey(key: string): string {
  const near = nearest(key, KEYS);
  return `unknown key '${key}'${near === undefined ? '' : `: did you mean '${near}'?`}`;
}

function targetProblems({ kind, target: to }: TimedFault, scene: PlanScene): string[] {
  if ('role' in to) return roleProblems(to.role, scene).map((problem) => `target.role: ${problem}`);
  const named = namesIn(to).filter((name) => !scene.actors.includes(name));
  const problems = named.map((name) => `target: ${unknown('actor', name, scene.actors)}`);
  if (!isLinkFaultKind(kind) && !('actor' in to)) problems.push(`target: ${kind} is a fault of a ${isDiskFaultKind(kind) ? 'disk' : 'process'}: its target is {"actor": name} or {"role": text}, not links`);
  else if (isLinkFaultKind(kind) && !('actor' in to) && linksOf(to) === 0) problems.push(`target: ${kind} is a fault of links: there is none from an actor to itself`);
  return problems;
}

function roleProblems(text: string, { topics, replicationFactor, racks }: PlanScene): string[] {
  const role = parseRole(text);
  if (role === undefined) return [unknownRole(text)];
  if (role.kind === 'rack') return racks[role.rack] === undefined ? [`'${text}': ${unknown('rack', role.rack, Object.keys(racks))}`] : [];
  if (role.kind === 'active-controller') return [];
  if (role.kind === 'replica' && role.replica >= replicationFactor) return [`'${text}': there are ${replicationFactor} replicas, counted from 0`];
  if (role.partition < (topics[role.topic] ?? 0)) return [];
  const there = Object.entries(topics).map(([topic, partitions]) => range(Array.from({ length: partitions }, (_, partition) => `${topic}-${partition}`)));
  return [`'${text}': there is no partition ${role.topic}-${role.partition}; there is ${there.join(', ')}`];
}

/** `f1 … f19`. */
function range(words: readonly string[]): string {
  return words.length <= 2 ? words.join(', ') : `${words[0]} … ${words.at(-1)}`;
}

function timeProblems(fault: TimedFault, { healsAt }: PlanScene): string[] {
  const end = latestEndOf(fault);
  if (end <= healsAt) return [];
  const how = 'role' in fault.target ? 'may last until' : 'lasts until';
  return [`for: fault '${fault.id}' ${how} ${inSeconds(end)}${'role' in fault.target ? ' (its role must be found first)' : ''}, and everything heals at ${inSeconds(healsAt)}: end it sooner, or move the heal with --duration`];
}

/** `65 s (65000000 µs)`. */
function inSeconds(time: Micros): string {
  return `${time / SECOND} s (${time} µs)`;
}

function namesIn(target: Exclude<Target, { role: string }>): readonly string[] {
  if ('actor' in target) return [target.actor];
  return 'between' in target ? [...target.between, ...target.and] : [...target.from, ...target.to];
}

function linksOf(target: Exclude<Target, { role: string } | { actor: string }>): number {
  const [left, right] = 'between' in target ? [target.between, target.and] : [target.from, target.to];
  return left.flatMap((a) => right.filter((b) => b !== a)).length;
}

function amountProblems({ kind, amount }: TimedFault): string[] {
  const meaning = AMOUNTS[kind];
  if (meaning === undefined) return amount === undefined ? [] : [`amount: ${kind} has none`];
  if (amount === undefined) return [`amount: ${kind} needs one, ${meaning.says}`];
  return amount < meaning.atLeast ? [`amount: must be at least ${meaning.atLeast}, ${meaning.says}`] : [];
}

const AMOUNTS: Readonly<Partial<Record<FaultKind, { readonly says: string; readonly atLeast: number }>>> = {
  delay: { says: 'the µs added to every frame', atLeast: 0 },
  slow: { says: 'the bandwidth in bytes per second', atLeast: 1 },
  'clock-skew': { says: 'the µs that the clock jumps', atLeast: -Number.MAX_SAFE_INTEGER },
  'disk-slow': { says: 'the µs that every operation of the disk takes longer', atLeast: 0 },
  'disk-bit-rot': { says: 'the number of bits that flip', atLeast: 1 },
};

function weatherProblems({ weather: entries, weatherFrom, weatherUntil }: FaultPlan, { healsAt }: PlanScene): string[] {
  const blows = entries.some(({ perMillion }: Weather) => Object.values(perMillion).some((rate) => rate > 0));
  if (!blows) return [];
  // A profile whose run is too short for faults has its weather end as it begins; where nothing is given, it was forgotten.
  if (weatherUntil === 0) return ['weatherUntil: is missing or 0, and the weather never blows'];
  if (weatherUntil < weatherFrom) return ['weatherUntil: must not be earlier than weatherFrom'];
  return weatherUntil > healsAt ? [`weatherUntil: the weather blows until ${inSeconds(weatherUntil)}, and everything heals at ${inSeconds(healsAt)}: end it sooner, or move the heal with --duration`] : [];
}

const WEATHER_STRIKE = /^([^>/]+)>([^>/]+)\/([^/]+)\/\d+$/;

/** A strike that cannot be is refused: to switch it off would change nothing, and prove nothing. */
function switchedOffProblems({ timed, switchedOff }: FaultPlan, { actors }: PlanScene): string[] {
  const ids = timed.map(({ id }) => id);
  return switchedOff.flatMap((id, i) => {
    const problems = /[>/]/.test(id) ? weatherStrikeProblems(id, actors) : ids.includes(id) ? [] : [`there is no timed fault '${id}': there is ${ids.length === 0 ? 'none' : range(ids)}`];
    return problems.map((problem) => `switchedOff[${i}]: ${problem}`);
  });
}

function weatherStrikeProblems(id: string, actors: readonly string[]): string[] {
  const [, from, to, kind] = WEATHER_STRIKE.exec(id) ?? [];
  if (from === undefined || to === undefined || kind === undefined) return [`'${id}' is no strike: one of the weather is written from>to/kind/n, such as broker-0>broker-1/delay/117`];
  return [
    ...[from, to].filter((name) => !actors.includes(name)).map((name) => unknown('actor', name, actors)),
    ...(WEATHER_KINDS.some((known) => known === kind) ? [] : [unknown('kind of weather', kind, WEATHER_KINDS)]),
  ];
}
