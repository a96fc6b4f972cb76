/** @module What timed faults do to processes, and how strikes are recorded and switched off. */
import { describe, expect, it } from 'vitest';
import type { ConnectionError } from '../actor.ts';
import type { Actor } from '../actor.ts';
import type { TimedFault } from '../faults/plan.ts';
import { LATENCY, echoServer, fault, runWorld, say, scripted } from '../testing/world.ts';
import { done } from '../task.ts';
import type { World } from '../testing/world.ts';
import { MILLISECOND, SECOND } from '../units.ts';

const ms = (count: number): number => count * MILLISECOND;
const run = (actors: readonly Actor[], timed: readonly TimedFault[], switchedOff: readonly string[] = []): World => runWorld(actors, { faults: { timed, switchedOff } });
const lives = (world: World): string[] => world.where('process-started|process-stopped|process-paused|process-resumed');

/** Ticks every 10 ms. */
const clock: Actor = scripted('clock', function* (context) {
  for (;;) {
    yield* context.sleep(ms(10));
    say(context, `tick ${context.clock()}`);
  }
});
const ticks = ({ said }: World): number[] => said.filter((line) => line.includes('tick')).map((line) => Number(line.split(' ')[0]) / MILLISECOND);

const short = { endsAt: ms(100) };
const runShort = (timed: readonly TimedFault[], switchedOff: readonly string[] = []): World => runWorld([clock], { ...short, faults: { timed, switchedOff } });

describe('a pause', () => {
  it('holds timers and frames, and lets them go in the order they came', () => {
    expect(ticks(runShort([fault('pause', ms(15), { actor: 'clock' }, { for: ms(40) })]))).toEqual([10, 55, 65, 75, 85, 95]);
    const client = scripted('client', function* (context) {
      const connection = yield* context.connect('server', SECOND);
      for (const name of ['a', 'b']) connection.send({ say: name });
      yield* context.sleep(ms(30));
      connection.send({ say: 'c' });
    });
    const { said, where } = run([echoServer(), client], [fault('pause', ms(2.5), { actor: 'server' }, { for: ms(50) })]);
    expect(said).toEqual(['a', 'b', 'c'].map((name) => `${ms(52.5)} server executes ${name}`));
    expect(where('process-resumed', 'heldEvents')).toEqual([`${ms(52.5)} server 3`]);
  });

  it('lasts until the last of those that overlap has ended', () => {
    expect(ticks(runShort([fault('pause', ms(15), { actor: 'clock' }, { for: ms(20) }), fault('pause', ms(25), { actor: 'clock' }, { for: ms(40) })]))).toEqual([10, 65, 75, 85, 95]);
  });

  it('ends with the process: the end of an old pause does not end one of the next incarnation', () => {
    const world = runShort([
      fault('pause', ms(15), { actor: 'clock' }, { for: ms(30) }),
      fault('crash', ms(20), { actor: 'clock' }, { for: ms(5) }),
      fault('pause', ms(40), { actor: 'clock' }, { for: ms(40) }),
    ]);
    expect(ticks(world)).toEqual([10, 35, 80, 90]);
  });

  it('keeps what a call came to, when the reply comes first and the timeout after it', () => {
    const client = scripted('client', function* (context) {
      const connection = yield* context.connect('server', SECOND);
      yield* connection.call({ say: 'a' }, ms(20));
      say(context, `replied, still open: ${connection.isOpen}`);
      yield* context.sleep(ms(7));
      say(context, 'slept its time');
    });
    const { said, where } = run([echoServer('server', ms(10)), client], [fault('pause', ms(5), { actor: 'client' }, { for: ms(95) })]);
    expect(said.slice(1)).toEqual([`${ms(100)} client replied, still open: true`, `${ms(107)} client slept its time`]);
    expect(where('call-timed-out')).toEqual([]);
  });

  it('keeps what a signal came to, when it is notified first and the timeout comes after', () => {
    const server: Actor = {
      name: 'server',
      start(context) {
        const signal = context.signal();
        for (const [name, timeout] of [['timed', ms(20)], ['patient', undefined]] as const) {
          context.spawn((function* () {
            say(context, `${name} ${yield* signal.wait(timeout)}`);
            say(context, `${name} ${yield* signal.wait(timeout)}`);
          })());
        }
        context.serve(() => {
          signal.notify();
          return done(undefined);
        });
      },
    };
    const client = scripted('client', function* (context) {
      const connection = yield* context.connect('server', SECOND);
      yield* context.sleep(ms(5));
      connection.send({ say: 'notify' });
      yield* context.sleep(ms(200));
      connection.send({ say: 'notify' });
    });
    const { said } = run([server, client], [fault('pause', ms(5), { actor: 'server' }, { for: ms(95) })]);
    expect(said).toEqual([`${ms(100)} server timed true`, `${ms(100)} server patient true`, `${ms(120)} server timed false`, `${ms(208)} server patient true`]);
  });

  it('keeps tasks still, even when their connection breaks meanwhile', () => {
    const client = scripted('client', function* (context) {
      const connection = yield* context.connect('server', SECOND);
      try {
        yield* connection.call({ say: 'a' }, SECOND);
      } catch (error) {
        say(context, (error as ConnectionError).reason);
      }
    });
    const { said } = run([echoServer('server', SECOND), client], [fault('pause', ms(5), { actor: 'client' }, { for: ms(95) }), fault('reset', ms(50), { between: ['client'], and: ['server'] })]);
    expect(said.slice(1)).toEqual([`${ms(100)} client reset`]);
  });

  it('that ends in a crash: the machine refuses the openings that nobody accepted', () => {
    const client = scripted('client', function* (context) {
      try {
        yield* context.connect('server', SECOND);
      } catch (error) {
        say(context, (error as ConnectionError).reason);
      }
    });
    const timed = [fault('pause', 0, { actor: 'server' }, { for: ms(500) }), fault('crash', ms(50), { actor: 'server' }, { for: SECOND })];
    expect(run([echoServer(), client], timed).said).toEqual([`${ms(51)} client refused`]);
  });
});

describe('crashes that overlap', () => {
  it('a process that is down is not struck again, and comes back when the first says', () => {
    const world = runShort([fault('crash', ms(15), { actor: 'clock' }, { for: ms(30) }), fault('crash', ms(20), { actor: 'clock' }, { for: ms(5) }), fault('power-loss', ms(21), { actor: 'clock' }, { for: ms(50) })]);
    expect(lives(world)).toEqual(['0 clock', `${ms(15)} clock`, `${ms(45)} clock`]);
    expect(ticks(world)).toEqual([10, 55, 65, 75, 85, 95]);
    expect(world.where('strike', 'id')).toEqual([`${ms(15)} clock crash-15000`]);
  });

  it('a crash of no length is a restart', () => {
    expect(ticks(runShort([fault('crash', ms(15), { actor: 'clock' })]))).toEqual([10, 25, 35, 45, 55, 65, 75, 85, 95]);
  });
});

describe('clock skew', () => {
  it('moves the clock of one actor and not its time, adds up, and ends', () => {
    const target = { actor: 'clock' };
    const world = runShort([fault('clock-skew', ms(15), target, { for: ms(60), amount: -500 }), fault('clock-skew', ms(25), target, { for: ms(10), amount: 7_000 })]);
    expect(world.said.slice(0, 4)).toEqual(['10000 clock tick 10000', '20000 clock tick 19500', '30000 clock tick 36500', '40000 clock tick 39500']);
    expect(world.where('clock-skewed', 'byUs')).toEqual(['15000 clock -500', '25000 clock 6500', '35000 clock -500', '75000 clock 0']);
  });
});

describe('strikes', () => {
  const split = fault('partition', ms(10), { between: ['client'], and: ['server'] }, { for: ms(40), id: 'split' });
  const client = scripted('client', function* (context) {
    const connection = yield* context.connect('server', SECOND);
    yield* context.sleep(ms(20));
    yield* connection.call({ say: 'a' }, SECOND);
  });

  it('are recorded with their id and what they hit, by everyone they hit', () => {
    const { where } = run([echoServer(), client], [split]);
    expect(where('strike', 'id', 'kind', 'detail')).toEqual([
      `${ms(10)} server split partition client>server server>client`,
      `${ms(10)} client split partition client>server server>client`,
    ]);
  });

  it('that are switched off have no effect and say so; all else that is planned still happens', () => {
    const skew = fault('clock-skew', ms(30), { actor: 'server' }, { for: ms(5), amount: 1, id: 'skew' });
    const { said, where } = run([echoServer(), client], [split, skew], ['split']);
    expect(said).toEqual([`${ms(22) + LATENCY} server executes a`]);
    expect(where('strike|strike-suppressed', 'type', 'id')).toEqual([`${ms(10)} server strike-suppressed split`, `${ms(10)} client strike-suppressed split`, `${ms(30)} server strike skew`]);
  });

  it('on names that do not exist, or twice under one id, are mistakes of the declaration', () => {
    const mistake = (text: string): unknown => expect.objectContaining({ code: 'declaration', message: expect.stringContaining(text) as string });
    expect(() => run([clock], [fault('crash', 1, { actor: 'nobody' }, { id: 'f9' })])).toThrow(mistake('f9 names an actor that does not exist: nobody'));
    expect(() => run([clock], [fault('crash', 1, { actor: 'clock' }), fault('crash', 1, { actor: 'clock' })])).toThrow(mistake('crash-1'));
  });
});

describe('a nemesis', () => {
  /** Strikes with planned faults whose target is a role. */
  const nemesis = (...strikes: readonly [atMs: number, id: string, targets: readonly string[]][]): Actor => scripted('nemesis', function* (context) {
    for (const [at, id, targets] of strikes) {
      yield* context.sleep(ms(at) - context.now);
      context.strike(id, targets);
    }
  });
  const planned = (kind: TimedFault['kind'], lastsMs: number): TimedFault => fault(kind, 0, { role: 'leader' }, { for: ms(lastsMs), id: kind });
  const idle = (name: string): Actor => ({ name, start: () => undefined });

  it('strikes whom it names, one lookahead later and for as long as planned', () => {
    const world = runWorld([clock, nemesis([20, 'crash', ['clock']])], { ...short, faults: { timed: [planned('crash', 30)] } });
    expect(world.where('process-stopped|process-started').filter((line) => line.includes('clock'))).toEqual(['0 clock', `${ms(20) + LATENCY} clock`, `${ms(50) + LATENCY} clock`]);
    expect(world.where('strike', 'id')).toEqual([`${ms(20) + LATENCY} clock crash`]);
  });

  it('strikes all whom it names', () => {
    const { where } = run([idle('a'), idle('b'), idle('c'), nemesis([20, 'pause', ['c', 'a']])], [planned('pause', 30)]);
    expect(where('process-paused')).toEqual([`${ms(21)} a`, `${ms(21)} c`]);
    expect(where('process-resumed')).toEqual([`${ms(51)} a`, `${ms(51)} c`]);
  });

  it('cuts several actors off as one fault: every link once, healed for good at the end', () => {
    const client = scripted('client', function* (context) {
      const connection = yield* context.connect('server', SECOND);
      yield* context.sleep(ms(30));
      yield* connection.call({ say: 'held' }, SECOND);
    });
    const { said, where } = run([echoServer(), client, nemesis([20, 'partition', ['server', 'client']])], [planned('partition', 30)]);
    expect(said).toEqual([`${ms(52)} server executes held`]);
    expect(where('strike')).toHaveLength(3);
  });

  it('that strikes twice with one fault does not leave it in force for ever', () => {
    const client = scripted('client', function* (context) {
      const connection = yield* context.connect('server', SECOND);
      yield* context.sleep(ms(60));
      yield* connection.call({ say: 'free' }, SECOND);
    });
    const { said } = run([echoServer(), client, nemesis([20, 'partition', ['server']], [30, 'partition', ['server']])], [planned('partition', 25)]);
    expect(said).toEqual([`${ms(63)} server executes free`]);
  });

  it('strikes nobody when it names nobody, and nothing that is not planned', () => {
    expect(run([clock, nemesis([20, 'crash', []])], [planned('crash', 5)]).where('strike')).toEqual([]);
    expect(() => run([clock, nemesis([20, 'flood', ['clock']])], [])).toThrow(expect.objectContaining({ code: 'declaration' }) as Error);
  });
});
