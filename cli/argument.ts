/** @module What to run: the flags that decide a run's outcome, made into the argument of a trial, and back into the words that give it again. */
import { faultsOf } from '../workloads/trial.ts';
import type { TrialArgument } from '../workloads/trial.ts';
import type { Flags, Given, World } from './command.ts';
import { parseDuration } from './duration.ts';
import { ARTEFACT_FORMAT, readJson } from './files.ts';
import { groupBy } from './format.ts';
import { UsageError, problemsOf } from './usage-error.ts';

const DEFAULT_PROTOCOL = '4.2';

/** All that changes the outcome, beside workload and seed. */
export const ARGUMENT_FLAGS = {
  duration: { kind: 'text', value: '60s', says: 'virtual time that load and faults last (500ms, 60s, 5m, 1h); default: the trial\'s own' },
  set: { kind: 'many', value: 'key=value', says: 'a setting (see: list config); may be given again for another' },
  protocol: { kind: 'text', value: DEFAULT_PROTOCOL, says: 'version of Kafka that the cluster behaves as (see: list protocols)' },
  faults: { kind: 'text', value: 'profile|FILE.json', says: 'fault profile (see: list faults), or a file with a fault plan; default: the trial\'s own' },
} as const satisfies Flags;

export type ArgumentFlags = Given<typeof ARGUMENT_FLAGS>;

/**
 * The argument of a run. It spells out the trial's own duration and fault profile, so that an artefact does not change with the trial.
 * @throws {UsageError} naming everything that is wrong with it
 */
export function argumentOf(flags: ArgumentFlags, workload: string | undefined, seed: string, { io, trials }: World): TrialArgument {
  const name = workload ?? trials.DEFAULT_TRIAL;
  const declared = trials.trials().find((trial) => trial.name === name);
  const durationUs = flags.duration === undefined ? declared?.durationUs : parseDuration(flags.duration, '--duration');
  const base: TrialArgument = {
    workload: name,
    seed,
    protocol: flags.protocol ?? DEFAULT_PROTOCOL,
    ...(durationUs !== undefined && { durationUs }),
    settings: parseSettings(flags.set),
  };
  const faults = flags.faults ?? (declared && faultsOf(declared));
  if (faults === undefined || !isFile(faults)) return checked({ ...base, ...(faults !== undefined && { faults }) }, trials);
  // What is wrong with the argument is said before what is wrong with the plan, which may follow from it.
  const argument = checked(base, trials);
  const content = readJson(io.folder, faults);
  if (typeof content === 'object' && content !== null && 'format' in content && content.format === ARTEFACT_FORMAT)
    throw new UsageError(`--faults ${faults}: this is an artefact; use ${io.program} replay ${quoted(faults)}`);
  const parsed = trials.parsePlanFile(content, argument);
  if ('errors' in parsed) throw problemsOf(`${faults} is not a fault plan`, parsed.errors);
  return { ...argument, plan: parsed.plan };
}

/** @throws {UsageError} */
export function checked(argument: TrialArgument, trials: World['trials']): TrialArgument {
  const problems = trials.checkArgument(argument);
  if (problems.length > 0) throw new UsageError(problems.join('\n'));
  return argument;
}

/** `key=value`, each. @throws {UsageError} if one is not, or two have the same key */
export function parseSettings(settings: readonly string[]): Readonly<Record<string, string>> {
  const pairs = settings.map((setting) => {
    const at = setting.indexOf('=');
    if (at < 1) throw new UsageError(`--set ${setting}: not a setting; write key=value, such as acks=1`);
    return [setting.slice(0, at).trim(), setting.slice(at + 1).trim()] as const;
  });
  for (const [key, group] of groupBy(pairs, ([name]) => name)) if (group.length > 1) throw new UsageError(`--set ${key} was given ${group.length} times; it is taken once`);
  return Object.fromEntries(pairs);
}

/** The words that give the same argument again, ready to be pasted into a shell. */
export function wordsOf(flags: ArgumentFlags): string {
  const words = [
    ...(flags.duration === undefined ? [] : ['--duration', flags.duration]),
    ...flags.set.flatMap((setting) => ['--set', setting]),
    ...(flags.protocol === undefined ? [] : ['--protocol', flags.protocol]),
    ...(flags.faults === undefined ? [] : ['--faults', flags.faults]),
  ];
  return words.map((word) => ` ${quoted(word)}`).join('');
}

/** As a POSIX shell takes it for one word. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll('\'', '\'\\\'\'')}'`;
}

/** Profiles are words; a plan is known by its name as a file. */
function isFile(faults: string): boolean {
  return faults.endsWith('.json') || faults.includes('/');
}
