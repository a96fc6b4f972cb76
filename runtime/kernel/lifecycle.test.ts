/** @module What timed faults do to processes, and how strikes are recorded and switched off. */
import { describe, expect, it } from 'vitest';
import type { ConnectionError } from '../actor.ts';
import type { Actor, ActorContext } from '../actor.ts';
import type { TimedFault } from '../faults/plan.ts';
import type { DiskError } from '../disk/disk.ts';
import { LATENCY, echoServer, fault, runWorld, say, scripted } from '../testing/world.ts';
import { done } from '../task.ts';
import type { Task } from '../task.ts';
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

describe('a shutdown', () => {
  /** Says how it ends, and takes its time over it. */
  const patient = (name: string, takesMs: number, more: Partial<Actor> = {}): Actor => ({
    name,
    ...more,
    start(context) {
      context.serve(function* (request: { say: string }) {
        yield* context.sleep(ms(10));
        return { say: request.say };
      });
      context.onTerminate(function* () {
        say(context, 'is asked to end');
        yield* context.sleep(ms(takesMs));
        say(context, 'has put its things in order');
      });
      context.spawn(
        (function* () {
          for (;;) {
            yield* context.sleep(ms(25));
            say(context, 'works');
          }
        })(),
      );
    },
  });
  const shutdown = (lastsMs: number, more: object = {}): TimedFault => fault('shutdown', ms(30), { actor: 'server' }, { for: ms(lastsMs), id: 'term', ...more });
  const deaths = (world: World): string[] => world.where('process-terminating|process-stopped|process-started', 'type', 'how').filter((line) => line.includes('server'));

  it('lets the process work on until it has ended by itself, and starts it when the time is over', () => {
    const world = runWorld([patient('server', 30)], { endsAt: ms(110), faults: { timed: [shutdown(50)] } });
    expect(world.said).toEqual(['25000 server works', '30000 server is asked to end', '50000 server works', '60000 server has put its things in order', '105000 server works']);
    expect(deaths(world)).toEqual(['0 server process-started undefined', '30000 server process-terminating undefined', '60000 server process-stopped exit', '80000 server process-started undefined']);
  });

  it('that takes longer than planned: the process is started as soon as it has ended', () => {
    const world = runWorld([patient('server', 40)], { endsAt: ms(100), faults: { timed: [shutdown(5)] } });
    expect(deaths(world).slice(2)).toEqual(['70000 server process-stopped exit', '70000 server process-started undefined']);
  });

  it('is a crash for a process that does not listen', () => {
    const world = runWorld([{ ...clock, name: 'server' }], { endsAt: ms(100), faults: { timed: [shutdown(20)] } });
    expect(deaths(world).slice(1)).toEqual(['30000 server process-stopped crash', '50000 server process-started undefined']);
  });

  it('is struck down by a crash like any other, and the end of the crash starts it', () => {
    const world = runWorld([patient('server', 30)], { endsAt: ms(150), faults: { timed: [shutdown(20), fault('crash', ms(40), { actor: 'server' }, { for: ms(60) })] } });
    expect(deaths(world).slice(2)).toEqual(['40000 server process-stopped crash', '100000 server process-started undefined']);
  });

  it('does not strike a process that is down, or that is ending already', () => {
    const world = runWorld([patient('server', 30)], { endsAt: ms(150), faults: { timed: [shutdown(100), shutdown(1, { id: 'again' }), { ...shutdown(10, { id: 'late' }), at: ms(70) }] } });
    expect(world.where('strike', 'id')).toEqual(['30000 server term']);
    expect(deaths(world).at(-1)).toBe('130000 server process-started undefined');
  });

  it('is paused with its process', () => {
    const world = runWorld([patient('server', 10)], { endsAt: ms(110), faults: { timed: [fault('pause', ms(28), { actor: 'server' }, { for: ms(40) }), shutdown(60)] } });
    expect(world.said.slice(1, 3)).toEqual(['68000 server is asked to end', '68000 server works']);
    expect(deaths(world).slice(2)).toEqual(['78000 server process-stopped exit', '90000 server process-started undefined']);
  });

  it('delivers everything that was sent, then closes: calls in flight fail, what comes later is refused', () => {
    const tell = function* (context: ActorContext, words: string): Task {
      const connection = yield* context.connect('server', SECOND);
      yield* context.sleep(ms(12) - LATENCY);
      try {
        say(context, (yield* connection.call<{ say: string }>({ say: words }, SECOND)).say);
        yield* connection.call({ say: 'too late' }, SECOND);
      } catch (error) {
        say(context, (error as ConnectionError).reason);
      }
      try {
        yield* context.connect('server', SECOND);
      } catch (error) {
        say(context, (error as ConnectionError).reason);
      }
    };
    const { said, where } = runWorld([patient('server', 5), scripted('client', (context) => tell(context, 'in time'))], { endsAt: ms(60), faults: { timed: [shutdown(100)] } });
    expect(said.filter((line) => line.includes('client'))).toEqual([`${ms(25)} client in time`, `${ms(36)} client closed`, `${ms(38)} client refused`]);
    expect(where('connection-closed', 'reason').filter((line) => line.includes('client'))).toEqual([`${ms(36)} client closed`, `${ms(38)} client refused`]);
  });

  it('lets a process send until the end: what it asked of others is executed', () => {
    const server = scripted('server', function* (context) {
      const connection = yield* context.connect('other', SECOND);
      context.onTerminate(function* () {
        for (const words of ['a', 'b']) connection.send({ say: words });
        yield* done(undefined);
      });
      yield* context.sleep(SECOND);
    });
    const { said, where } = runWorld([server, echoServer('other', ms(5))], { endsAt: ms(60), faults: { timed: [shutdown(100)] } });
    expect(said).toEqual([`${ms(31)} other executes a`, `${ms(36)} other executes b`]);
    expect(where('connection-closed', 'reason')).toEqual([`${ms(41)} other closed`]);
  });
});

describe('a process that ends itself', () => {
  const mortal = (how: 'exit' | 'halt'): Actor => scripted('server', function* (context) {
    yield* context.sleep(ms(10));
    context.spawn(
      (function* () {
        say(context, 'never');
        yield* done(undefined);
      })(),
    );
    if (how === 'exit') yield* context.exit();
    yield* context.halt('the disk is gone');
  });

  it('exits for good: nothing of it runs any more', () => {
    const world = runWorld([mortal('exit')], { endsAt: 5 * SECOND });
    expect(world.where('process-stopped|process-started|observed', 'type', 'how')).toEqual(['0 server process-started undefined', '10000 server process-stopped exit']);
  });

  it('halts, says why, and is started a second later by its supervisor', () => {
    const world = runWorld([mortal('halt')], { endsAt: 1_015 * MILLISECOND });
    expect(world.where('process-halted', 'reason')).toEqual(['10000 server the disk is gone']);
    expect(world.where('process-stopped|process-started', 'type', 'how')).toEqual(['0 server process-started undefined', '10000 server process-stopped halt', '1010000 server process-started undefined']);
  });

  it('halts while it is asked to end: it is started when that is over', () => {
    const server: Actor = { name: 'server', start: (context) => context.onTerminate(() => context.halt('it cannot be closed')) };
    const world = runWorld([server], { endsAt: 2 * SECOND, faults: { timed: [fault('shutdown', ms(5), { actor: 'server' }, { for: ms(400) })] } });
    expect(world.where('process-stopped|process-started', 'how')).toEqual(['0 server undefined', '5000 server halt', '405000 server undefined']);
  });
});

describe('a disk fault', () => {
  const text = new TextEncoder().encode('words');
  /** Writes something every 10 ms, and halts when that fails; another task ticks on. */
  const writer: Actor = {
    name: 'writer',
    start(context) {
      context.spawn(
        (function* () {
          for (;;) {
            yield* context.sleep(ms(10));
            try {
              yield* context.disk.append('log', text);
              yield* context.disk.fsync('log');
            } catch (error) {
              yield* context.halt((error as DiskError).message);
            }
            say(context, `wrote ${context.disk.size('log')}`);
          }
        })(),
      );
      context.spawn(
        (function* () {
          for (;;) {
            yield* context.sleep(ms(40));
            say(context, 'ticks');
          }
        })(),
      );
    },
  };
  const onDisk = (kind: TimedFault['kind'], atMs: number, lastsMs: number, more: object = {}): TimedFault => fault(kind, ms(atMs), { actor: 'writer' }, { for: ms(lastsMs), id: kind, ...more });
  const runWriter = (timed: readonly TimedFault[], endsMs: number, switchedOff: readonly string[] = []): World => runWorld([writer], { endsAt: ms(endsMs), faults: { timed, switchedOff } });
  const halts = (world: World): string[] => world.where('process-stopped|process-started', 'type', 'how').slice(1);

  it('that hangs holds up who needs the disk, and nobody else', () => {
    expect(runWriter([onDisk('disk-hung', 5, 70)], 85).said).toEqual(['40000 writer ticks', '75100 writer wrote 5', '80000 writer ticks']);
  });

  it('is a strike with an id, and has no effect when it is switched off', () => {
    expect(runWriter([onDisk('disk-hung', 5, 70)], 15).where('strike', 'id', 'kind')).toEqual(['5000 writer disk-hung disk-hung']);
    const world = runWriter([onDisk('disk-error', 5, 70)], 15, ['disk-error']);
    expect(world.where('strike-suppressed', 'id')).toEqual(['5000 writer disk-error']);
    expect(world.said).toEqual(['10100 writer wrote 5']);
  });

  it('that makes a process halt: it is started again when the disk is well', () => {
    const world = runWriter([onDisk('disk-error', 15, 30)], 60);
    expect(halts(world)).toEqual(['20100 writer process-stopped halt', '45000 writer process-started undefined']);
    expect(world.where('process-halted', 'reason')).toEqual(['20100 writer io: log']);
    expect(world.said.at(-1)).toBe('55100 writer wrote 10');
  });

  it('one of several: the process is started when the last of them is over', () => {
    const world = runWriter([onDisk('disk-error', 15, 30), onDisk('disk-slow', 16, 50, { amount: 10 })], 90);
    expect(halts(world)[1]).toBe('66000 writer process-started undefined');
  });

  it('that finds the process down: the end of its crash starts it, into the disk that is still broken', () => {
    const world = runWriter([onDisk('crash', 12, 20), onDisk('disk-error', 15, 60)], 90);
    expect(halts(world)).toEqual(['12000 writer process-stopped crash', '32000 writer process-started undefined', '42000 writer process-stopped halt', '75000 writer process-started undefined']);
  });

  it('bit rot hits what is there, and nothing where there is nothing', () => {
    const rot = (atMs: number): World => runWriter([onDisk('disk-bit-rot', atMs, 0, { amount: 2 })], 50);
    expect(rot(5).where('strike|disk-rotted')).toEqual([]);
    expect(rot(15).where('strike', 'detail')).toEqual(['15000 writer log']);
    expect(rot(15).where('strike|disk-rotted', 'type', 'bits')).toEqual(['15000 writer strike undefined', '15000 writer disk-rotted 2']);
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
