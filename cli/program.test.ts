import { describe, expect, it } from 'vitest';
import { version } from './commit.ts';
import { EXIT } from './exit-code.ts';
import { testWorld, trial } from './testing/cli-world.ts';

describe('the command line', () => {
  it.each([
    ['rnu', 'unknown command rnu; did you mean run?'],
    ['', 'which command? there is run, sweep, replay, list, bench'],
    ['run --sede 3', 'unknown option --sede; did you mean --seed?'],
    ['run --worker=3', 'unknown option --worker; did you mean --workers?'],
    ['list --seed 3', 'unknown option --seed; there is --json, --help, --version'],
    ['run -x', 'unknown option -x'],
    ['run --no-json', 'unknown option --no-json'],
    ['run toy toy-too', 'run does not take the word toy-too'],
    ['run toy -- toy-too', 'run does not take the word toy-too'],
    ['run --seed', '--seed needs a value'],
    ['run --seed=', '--seed needs a value'],
    ['run --seed 1 --seed 2', '--seed was given 2 times'],
    ['run --seed 1e3', 'a seed is a whole number'],
    ['run --seed -5', 'a seed is a whole number'],
    ['run --seed 99999999999999999999', 'more than the largest seed'],
    ['run toi', 'unknown workload toi; did you mean toy?'],
    ['run --set plant', '--set plant: not a setting'],
    ['run --set plant=odd --set plant=lost', '--set plant was given 2 times'],
    ['run --faults .', 'unknown fault profile .'],
    ['run --faults ./', 'cannot read ./: not a regular file'],
    ['run --set plnt=lost', 'unknown setting plnt; did you mean plant?'],
    ['run --faults mold', 'unknown fault profile mold; did you mean mild?'],
    ['run --faults nowhere.json', 'no such file or directory'],
    ['run --protocol 4.3', 'unknown protocol 4.3; did you mean 4.2?'],
    ['run --duration fast', '--duration fast: not a duration'],
    ['run --workers 0', '--workers 0'],
    ['list wokloads', 'unknown list wokloads; did you mean workloads?'],
    ['bench', 'bench what?'],
    ['bench engin', 'unknown bench engin; did you mean engine?'],
  ])('refuses: trial %s', async (line, message) => {
    const { code, out, err } = await trial(line);
    expect(err).toMatch(/^trial: /);
    expect(err).toContain(message);
    expect(err.trimEnd().split('\n')).toHaveLength(1);
    expect(out).toBe('');
    expect(code).toBe(EXIT.usage);
  });

  it.each(['run', 'sweep', 'replay', 'list', 'bench'])('helps with %s, with examples', async (name) => {
    const { code, out, err } = await trial(`${name} --help`);
    expect(code).toBe(EXIT.held);
    expect(err).toBe('');
    expect(out).toContain(`Usage: trial ${name}`);
    expect(out).toContain('Examples:');
  });

  it('helps with all commands', async () => expect((await trial('--help')).out).toMatch(/trial run \[workload\][^]*trial bench \[what\][^]*Exit codes: 0 all held/));
  it('tells what ends with which exit code', async () => expect((await trial('run --help')).out.replaceAll(/\s+/g, ' ')).toContain('130 ended by hand, nothing found'));
  it('says its version', async () => expect((await trial('--version')).out).toBe(`${version()}\n`));
  it('takes = in place of a space', async () => expect((await trial('run --seed=1 --set=plant=allowed --duration=1s')).out).toContain('by design'));
});

describe('trial list', () => {
  it('lists everything', async () => {
    const { code, out } = await trial('list');
    expect(code).toBe(EXIT.held);
    expect(out).toMatchInlineSnapshot(`
      "workloads
        7.1-durable
          toy      Servers count what they are asked. (7.1-durable) The default.
          toy-too  Servers count what they are asked. (7.1-durable)

      faults
        mild       One short partition.
        none       Nothing strikes.
        FILE.json  a plan of your own: --faults plan.json; how it is written: README.md, "Faults from a file"

      config
        trial
          plant  none  What goes wrong.

      protocols
        4.2  Kafka 4.2.

      metrics
        kafka.server:type=ReplicaManager
          name=LeaderCount (Value)    Partitions this broker leads.

      anomalies
        acked-loss  7.1-durable  safety  An acknowledged record is gone.
      "
    `);
  });

  it('lists one topic as an object', async () => expect(JSON.parse((await trial('list protocols --json')).out)).toEqual({ protocols: [{ name: '4.2', says: 'Kafka 4.2.', switches: {} }] }));
  it('lists everything as one object', async () => expect(Object.keys(JSON.parse((await trial('list --json')).out) as object)).toEqual(['workloads', 'faults', 'config', 'protocols', 'metrics', 'anomalies']));
});

describe('Ctrl-C', () => {
  it('is not listened for when nothing runs', async () => {
    const world = testWorld();
    await trial('run --duration 1s', world);
    world.press();
    expect(world.written.err).toBe('');
  });
});
