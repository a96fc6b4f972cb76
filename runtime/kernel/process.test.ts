import { describe, expect, it } from 'vitest';
import { ActorError } from '../actor.ts';
import type { SpawnedTask } from '../actor.ts';
import { LATENCY, echoServer, fault, runWorld, say, scripted } from '../testing/world.ts';
import { SECOND } from '../units.ts';

class Mishap extends ActorError {}

describe('tasks', () => {
  it('run in the order they were spawned, and go on in the order they wake', () => {
    const { said } = runWorld([scripted('a', function* (context) {
      for (const [name, pause] of [['x', 30], ['y', 10], ['z', 10]] as const) {
        context.spawn((function* () {
          say(context, `${name} starts`);
          yield* context.sleep(pause);
          say(context, `${name} wakes`);
        })());
      }
      say(context, 'spawned');
      yield* context.sleep(20);
      say(context, 'parent wakes');
    })]);
    expect(said).toEqual(['0 a spawned', '0 a x starts', '0 a y starts', '0 a z starts', '10 a y wakes', '10 a z wakes', '20 a parent wakes', '30 a x wakes']);
  });

  it('a task that is cancelled where it waits never goes on, and its timer leaves the queue', () => {
    const { said, result } = runWorld([scripted('a', function* (context) {
      const task = context.spawn((function* () {
        try {
          yield* context.sleep(50);
          say(context, 'must not be');
        } finally {
          say(context, 'nor this');
        }
      })());
      yield* context.sleep(10);
      task.cancel();
      say(context, String(task.isDone));
    })]);
    expect(said).toEqual(['10 a true']);
    expect(result.counts.timers).toBe(1);
  });

  it('a task may be cancelled before it starts, while it is ready, and by itself', () => {
    const { said } = runWorld([scripted('a', function* (context) {
      context.spawn((function* () {
        say(context, 'must not start');
        yield* context.sleep(1);
      })()).cancel();
      const signal = context.signal();
      const ready = context.spawn((function* () {
        yield* signal.wait();
        say(context, 'must not be woken');
      })());
      const handle: { self?: SpawnedTask } = {};
      handle.self = context.spawn((function* () {
        handle.self!.cancel();
        say(context, 'goes on to where it next waits');
        yield* context.sleep(1);
        say(context, 'must not go on');
      })());
      yield* context.sleep(5);
      signal.notify();
      ready.cancel();
    })]);
    expect(said).toEqual(['0 a goes on to where it next waits']);
  });

  it('tasks that wake each other for ever are a livelock, and the actor is named', () => {
    const spinner = scripted('spinner', function* (context) {
      yield* context.sleep(7);
      const signal = context.signal();
      context.spawn((function* () {
        for (;;) yield* signal.wait();
      })());
      context.spawn((function* () {
        const other = context.signal();
        context.spawn((function* () {
          for (;;) {
            signal.notify();
            other.notify();
            yield* other.wait();
          }
        })());
        for (;;) {
          other.notify();
          yield* other.wait();
        }
      })());
    });
    expect(() => runWorld([spinner])).toThrow(expect.objectContaining({ code: 'livelock', message: expect.stringContaining('spinner') as string }) as Error);
  });

  it.each([-1, 0.5, NaN, Infinity])('waiting or working for %d µs is refused, and the actor is named', (duration) => {
    const mistaken = expect.objectContaining({ code: 'actor', message: expect.stringContaining('mistaken') as string }) as Error;
    expect(() => runWorld([scripted('mistaken', (context) => context.sleep(duration))])).toThrow(mistaken);
    expect(() => runWorld([{ name: 'mistaken', start: (context) => context.work(duration) }])).toThrow(mistaken);
  });

  it('waiting outside of a task is refused', () => {
    expect(() => runWorld([{ name: 'a', start: (context) => void context.sleep(1).next() }])).toThrow(/a waits outside of a task/);
  });
});

describe('a signal', () => {
  it('wakes all that wait, in the order they began to wait, and nobody who comes later', () => {
    const { said } = runWorld([scripted('a', function* (context) {
      const signal = context.signal();
      for (const name of ['x', 'y']) {
        context.spawn((function* () {
          say(context, `${name} ${yield* signal.wait()}`);
          say(context, `${name} again ${yield* signal.wait(100)}`);
        })());
      }
      yield* context.sleep(10);
      signal.notify();
    })]);
    expect(said).toEqual(['10 a x true', '10 a y true', '110 a x again false', '110 a y again false']);
  });

  it('a timeout that is not needed leaves the queue; one that comes leaves the signal', () => {
    const { said, result } = runWorld([scripted('a', function* (context) {
      const signal = context.signal();
      context.spawn((function* () {
        say(context, `late ${yield* signal.wait(5)}`);
        yield* context.sleep(100);
        say(context, 'late has slept');
      })());
      context.spawn((function* () {
        say(context, `in time ${yield* signal.wait(50)}`);
      })());
      yield* context.sleep(20);
      signal.notify();
    })]);
    expect(said).toEqual(['5 a late false', '20 a in time true', '105 a late has slept']);
    expect(result.counts.timers).toBe(3);
  });

  it('that wakes nobody is forgotten', () => {
    const { said } = runWorld([scripted('a', function* (context) {
      const signal = context.signal();
      signal.notify();
      say(context, String(yield* signal.wait(9)));
    })]);
    expect(said).toEqual(['9 a false']);
  });
});

describe('an application that fails', () => {
  it('of an error of its own world crashes alone, drops its tasks without any finally, and is started again', () => {
    const { said, where } = runWorld([
      {
        name: 'app',
        restartAfterUs: 500,
        start(context) {
          say(context, `incarnation ${context.incarnation}`);
          context.spawn((function* () {
            try {
              yield* context.sleep(SECOND);
              if (context.incarnation === 0) say(context, 'must not be');
            } finally {
              if (context.incarnation === 0) say(context, 'no finally runs');
            }
          })());
          context.spawn((function* () {
            yield* context.sleep(100);
            if (context.incarnation === 0) throw new Mishap('spilt');
          })());
        },
      },
      scripted('other', function* (context) {
        yield* context.sleep(SECOND);
        say(context, 'lives');
      }),
    ]);
    expect(said).toEqual(['0 app incarnation 0', '600 app incarnation 1', `${SECOND} other lives`]);
    expect(where('process-failed', 'error')).toEqual(['100 app Error: spilt']);
    expect(where('process-stopped', 'how')).toEqual(['100 app failed']);
  });

  it('stays down if nobody restarts it', () => {
    const { where } = runWorld([scripted('app', function* (context) {
      yield* context.sleep(1);
      throw new Mishap('spilt');
    })]);
    expect(where('process-started')).toHaveLength(1);
  });

  it('of any other error ends the run, naming actor and time', () => {
    const broken = scripted('broken', function* (context) {
      yield* context.sleep(3);
      throw new TypeError('undefined is not a broker');
    });
    expect(() => runWorld([broken])).toThrow(expect.objectContaining({ code: 'actor', message: 'undefined is not a broker (actor broken, virtual time 3 µs)' }) as Error);
  });

  it('at its very start ends the run, naming the actor', () => {
    const broken = { name: 'broken', start: () => { throw new TypeError('stillborn'); } };
    expect(() => runWorld([echoServer(), broken])).toThrow('stillborn (actor broken, virtual time 0 µs)');
  });
});

describe('a new incarnation', () => {
  it('goes on with sequence and connection numbers, and draws from streams of its own', () => {
    const client = scripted('client', function* (context) {
      say(context, `draws ${context.random('dice').below(1_000_000)}`);
      const connection = yield* context.connect('server', SECOND);
      yield* connection.call({ say: 'hello' }, SECOND);
    });
    const { said, where } = runWorld([echoServer(), client], { faults: { timed: [fault('crash', 100_000, { actor: 'client' }, { for: 100_000 })] } });
    const draws = said.filter((line) => line.includes('draws')).map((line) => line.split(' ').at(-1));
    expect(new Set(draws).size).toBe(2);
    const opened = where('connection-opened', 'connection').filter((line) => line.includes(' client ')).map((line) => Number(line.split(' ').at(-1)));
    expect(opened).toEqual([2 ** 32 + 1, 2 ** 32 + 2]);
    expect(said).toContain(`${200_000 + 3 * LATENCY} server executes hello`);
  });

  it('remembers nothing but its disk', () => {
    const { said } = runWorld([scripted('a', function* (context) {
      say(context, `finds ${context.disk.size('log') ?? 'nothing'}`);
      yield* context.disk.append('log', new Uint8Array(5));
    })], { faults: { timed: [fault('crash', 10, { actor: 'a' }, { for: 10 })] } });
    expect(said).toEqual(['0 a finds nothing', '20 a finds 5']);
  });
});
