/** @module The command line as a whole: finds the command, gives it what was asked, and turns what went wrong into a message and an exit code. */
import yargs from 'yargs';
import { SimulatorError } from '../runtime/simulator-error.ts';
import { bench } from './bench.ts';
import type { Command, Flag, Flags, Given, World } from './command.ts';
import { version } from './commit.ts';
import { EXIT } from './exit-code.ts';
import type { ExitCode } from './exit-code.ts';
import { list } from './list.ts';
import { replay } from './replay.ts';
import { run } from './run.ts';
import { sweep } from './sweep.ts';
import { UsageError, unknown } from './usage-error.ts';

// A command is called with what its own flags were given; to the table they are all the same.
const COMMANDS = [run, sweep, replay, list, bench] as unknown as readonly Command[];

const NAME = 'trial';
const EXIT_CODES = 'Exit codes: 0 all held · 1 an anomaly that nothing allows · 2 wrong usage, or a file that cannot be read or written · 3 the simulator itself failed · 130 ended by hand, nothing found';

/** Performs what the words ask. Never throws: what went wrong is said on `err`, and is the exit code. */
export async function program(words: readonly string[], world: World): Promise<ExitCode> {
  try {
    const parsed = parse(words, world);
    if (typeof parsed !== 'string') return await parsed();
    world.io.out(`${parsed}\n`);
    return EXIT.held;
  } catch (error) {
    return failed(error, world);
  }
}

function failed(error: unknown, { io }: World): ExitCode {
  if (error instanceof UsageError) {
    io.err(`trial: ${error.message}\n`);
    return EXIT.usage;
  }
  if (error instanceof SimulatorError) {
    io.err(`trial: the simulator itself failed (${error.code}): ${error.message}\n`);
    return EXIT.simulator;
  }
  io.err(`trial: internal error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return EXIT.simulator;
}

/** @returns what to do, or the text to show. @throws {UsageError} */
function parse(words: readonly string[], world: World): (() => Promise<ExitCode>) | string {
  let chosen: (() => Promise<ExitCode>) | undefined;
  let text = '';
  let problem: string | undefined;
  const parser = yargs()
    .scriptName(NAME)
    .usage('Puts Kafka\'s guarantees on trial: a simulated cluster, faults from a seed, and a verdict.\n\nUsage: $0 <command>')
    .locale('en')
    .version(version())
    .help()
    .wrap(Math.min(110, world.io.terminal?.columns ?? 110))
    .parserConfiguration({ 'greedy-arrays': false, 'parse-numbers': false, 'parse-positional-numbers': false, 'camel-case-expansion': false, 'boolean-negation': false, 'dot-notation': false })
    .strict()
    .demandCommand(1, 'which command?')
    .epilogue(`${world.io.program === NAME ? '' : `To call it from here: ${world.io.program} <command>\n`}${EXIT_CODES}`);
  for (const declared of COMMANDS)
    parser.command(
      declared.word === undefined ? declared.name : `${declared.name} [${declared.word.name}]`,
      declared.says,
      (options) => {
        if (declared.word !== undefined) options.positional(declared.word.name, { type: 'string', describe: declared.word.says });
        for (const [name, flag] of Object.entries(declared.flags)) options.option(name, optionOf(flag));
        for (const [line, says] of declared.examples) options.example(`$0 ${line}`, says);
        options.epilogue(EXIT_CODES);
        return options.usage(`${declared.says}\n\nUsage: $0 ${declared.name} ${declared.word === undefined ? '' : `[${declared.word.name}] `}[options]`);
      },
      (parsed) => {
        chosen = () => declared.perform(givenOf(declared.flags, parsed), wordOf(declared, parsed), world);
      },
    );
  void parser.parse([...words], {}, (error, _, output) => {
    text = output;
    problem = error?.message;
  });
  if (problem !== undefined) throw explained(problem, words);
  return chosen ?? text;
}

function optionOf({ kind, says, value }: Flag): { readonly type: 'string' | 'boolean'; readonly array?: boolean; readonly requiresArg?: boolean; readonly describe: string } {
  if (kind === 'switch') return { type: 'boolean', describe: says };
  return { type: 'string', array: kind === 'many', requiresArg: true, describe: value === undefined ? says : `${value}: ${says}` };
}

/** @throws {UsageError} if a flag that is given once was given twice, or is empty */
function givenOf(flags: Flags, parsed: Readonly<Record<string, unknown>>): Given<Flags> {
  const given = Object.entries(flags).map(([name, { kind }]) => {
    const value = parsed[name];
    if (kind === 'switch') return [name, value === true];
    const values = value === undefined ? [] : [value].flat().map(String);
    if (values.includes('')) throw new UsageError(`--${name} needs a value`);
    if (kind === 'many') return [name, values];
    if (values.length > 1) throw new UsageError(`--${name} was given ${values.length} times; it is taken once`);
    return [name, values[0]];
  });
  return Object.fromEntries(given) as Given<Flags>;
}

function wordOf({ name, word }: Command, parsed: { readonly _: readonly (string | number)[]; readonly [name: string]: unknown }): string | undefined {
  // Words after `--` are words like the others; the first of all is the command itself.
  const [, ...more] = parsed._.map(String);
  const words = [...(word === undefined || parsed[word.name] === undefined ? [] : [String(parsed[word.name])]), ...more];
  const most = word === undefined ? 0 : 1;
  if (words.length > most) throw new UsageError(`${name} does not take the word ${words[most]}`);
  return words[0];
}

/** The parser's complaint in this program's words, with the nearest right name. */
function explained(problem: string, words: readonly string[]): UsageError {
  const commands = COMMANDS.map(({ name }) => name);
  const given = COMMANDS.find(({ name }) => words.includes(name));
  const seeHelp = given === undefined ? 'see --help' : `see ${given.name} --help`;
  const [, unknownName] = /^Unknown (?:argument|command)s?: ([^,]+)/.exec(problem) ?? [];
  if (unknownName !== undefined) {
    const isFlag = words.some((word) => word === `--${unknownName}` || word.startsWith(`--${unknownName}=`));
    if (isFlag) return unknown('option', `--${unknownName}`, [...Object.keys(given?.flags ?? {}), 'help', 'version'].map((name) => `--${name}`));
    if (words.some((word) => /^-[^-]/.test(word) && word.includes(unknownName))) return new UsageError(`unknown option -${unknownName}; ${seeHelp}`);
    if (given === undefined) return unknown('command', unknownName, commands);
    return new UsageError(`${given.name} does not take the word ${unknownName}; ${seeHelp}`);
  }
  const [, needy] = /^Not enough arguments following: (.+)$/.exec(problem) ?? [];
  if (needy !== undefined) return new UsageError(`--${needy} needs a value; ${seeHelp}`);
  if (problem === 'which command?') return new UsageError(`which command? there is ${commands.join(', ')}; ${seeHelp}`);
  return new UsageError(`${problem}; ${seeHelp}`);
}
