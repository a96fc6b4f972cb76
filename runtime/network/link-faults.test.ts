/** @module What timed faults do to links and connections. Frames take exactly `LATENCY`, so every time here can be reckoned. */
import { describe, expect, it } from 'vitest';
import { ConnectionError } from '../actor.ts';
import type { Actor, ActorContext } from '../actor.ts';
import type { TimedFault } from '../faults/plan.ts';
import { LATENCY, echoServer, fault, runWorld, say, scripted } from '../testing/world.ts';
import type { World } from '../testing/world.ts';
import { MILLISECOND, SECOND } from '../units.ts';

const BOTH = { between: ['client'], and: ['server'] };
const OUT = { from: ['client'], to: ['server'] };
const BACK = { from: ['server'], to: ['client'] };

/** Begins at 10 ms. */
const cut = (kind: TimedFault['kind'], target: TimedFault['target'], lastsMs: number, amount?: number): TimedFault =>
  fault(kind, 10 * MILLISECOND, target, { for: lastsMs * MILLISECOND, ...(amount === undefined ? {} : { amount }) });

/** Connects at once, then calls at the given times, ms; says what became of each. */
function caller(callsMs: readonly number[], timeoutMs = 1_000): Actor {
  return scripted('client', function* (context) {
    const connection = yield* context.connect('server', SECOND);
    for (const at of callsMs) {
      context.spawn((function* () {
        yield* context.sleep(at * MILLISECOND - context.now);
        yield* attempt(context, at, () => connection.call({ say: `${at}` }, timeoutMs * MILLISECOND));
      })());
    }
  });
}

function* attempt(context: ActorContext, name: unknown, task: () => Generator<undefined, unknown, undefined>): Generator<undefined, void, undefined> {
  try {
    yield* task();
    say(context, `${String(name)} done`);
  } catch (error) {
    if (!(error instanceof ConnectionError)) throw error;
    say(context, `${String(name)} ${error.reason}`);
  }
}

/** Opens a connection at 20 ms. */
const latecomer = (timeoutMs: number): Actor => scripted('client', function* (context) {
  yield* context.sleep(20 * MILLISECOND);
  yield* attempt(context, 'open', () => context.connect('server', timeoutMs * MILLISECOND));
});

const run = (actors: readonly Actor[], ...timed: TimedFault[]): World => runWorld(actors, { faults: { timed } });
const ms = (count: number): number => count * MILLISECOND;

describe('a partition', () => {
  it('holds what is sent, and lets it go at the heal, in order', () => {
    const { said } = run([echoServer(), caller([20, 25])], cut('partition', BOTH, 40));
    expect(said).toEqual([`${ms(51)} server executes 20`, `${ms(51)} server executes 25`, `${ms(52)} client 20 done`, `${ms(52)} client 25 done`]);
  });

  it('holds what is in flight, and delivers it at the heal', () => {
    const { said, where } = runWorld([echoServer(), caller([9.5])], { faults: { timed: [cut('partition', BOTH, 40)] } });
    expect(said).toEqual([`${ms(50)} server executes 9.5`, `${ms(51)} client 9.5 done`]);
    expect(where('frame-held', 'kind')).toEqual([`${ms(10.5)} server request`]);
  });

  it('loses openings', () => {
    const { said, where } = run([echoServer(), latecomer(100)], cut('partition', BOTH, 40));
    expect(said).toEqual([`${ms(120)} client open timeout`]);
    expect(where('frame-dropped', 'kind', 'reason')).toEqual([`${ms(20)} client open partitioned`]);
  });

  it('after a timeout lets out late what was held, before the close, and it is executed', () => {
    const { said, lines } = run([echoServer(), caller([20], 10)], cut('partition', BOTH, 40));
    expect(said).toEqual([`${ms(30)} client 20 timeout`, `${ms(51)} server executes 20`]);
    expect(lines.filter(({ type, actor, time }) => type === 'frame-delivered' && actor === 'server' && time === ms(51)).map(({ kind }) => kind)).toEqual(['request', 'close']);
  });

  it('one way lets the request through and holds the reply', () => {
    const { said } = run([echoServer(), caller([20])], cut('partition', BACK, 40));
    expect(said).toEqual([`${ms(21)} server executes 20`, `${ms(51)} client 20 done`]);
  });

  it('one way out holds the request', () => {
    const { said } = run([echoServer(), caller([20])], cut('partition', OUT, 40));
    expect(said).toEqual([`${ms(51)} server executes 20`, `${ms(52)} client 20 done`]);
  });

  it('lasts until the last of those that overlap is healed', () => {
    const { said } = run([echoServer(), caller([20])], cut('partition', BOTH, 40), fault('partition', ms(30), OUT, { for: ms(100) }));
    expect(said[0]).toBe(`${ms(131)} server executes 20`);
  });

  it('of an actor cuts it from everybody, and leaves the others alone', () => {
    const other = scripted('other', function* (context) {
      yield* context.sleep(ms(20));
      yield* attempt(context, 'open', () => context.connect('server', SECOND));
    });
    const { said } = run([echoServer(), latecomer(100), other], cut('partition', { actor: 'client' }, 200));
    expect(said).toEqual([`${ms(22)} other open done`, `${ms(120)} client open timeout`]);
  });

  it('ends with the connection: of what was held nothing arrives after a reset', () => {
    const { said, where } = run([echoServer(), caller([20])], cut('partition', BOTH, 40), fault('reset', ms(30), BOTH));
    expect(said).toEqual([`${ms(30)} client 20 reset`]);
    expect(where('frame-dropped', 'kind', 'reason')).toEqual([`${ms(30)} client request connection-lost`]);
  });

  it('of frames in flight loses those whose connection is gone when it heals', () => {
    const { said, where } = run([echoServer(), caller([9.5])], cut('partition', BOTH, 40), fault('reset', ms(30), BOTH));
    expect(said).toEqual([`${ms(30)} client 9.5 reset`]);
    expect(where('frame-dropped', 'kind', 'reason')).toContain(`${ms(50)} server request no-connection`);
  });
});

describe('a jam', () => {
  it('holds everything, openings too, and delivers it later', () => {
    const { said, where } = run([echoServer(), latecomer(100)], cut('jam', BOTH, 40));
    expect(said).toEqual([`${ms(52)} client open done`]);
    expect(where('frame-dropped')).toEqual([]);
  });

  it('never lets out the opening of somebody who has given up', () => {
    const { said, where } = run([echoServer(), latecomer(10)], cut('jam', BOTH, 40));
    expect(said).toEqual([`${ms(30)} client open timeout`]);
    expect(where('connection-opened')).toEqual([]);
  });
});

describe('delay and slowness', () => {
  it('a delay is added to every frame while it lasts, and frames of a connection stay in order after it', () => {
    const { said } = run([echoServer(), caller([20, 49, 51, 70])], cut('delay', OUT, 40, ms(5)));
    expect(said.filter((line) => line.includes('executes'))).toEqual([
      `${ms(26)} server executes 20`, `${ms(55)} server executes 49`, `${ms(55)} server executes 51`, `${ms(71)} server executes 70`,
    ]);
  });

  it('a slow link takes the time its bytes need; of several the slowest counts', () => {
    const { said } = run([echoServer(), caller([20, 60])], cut('slow', BOTH, 40, 100_000), fault('slow', ms(11), OUT, { for: ms(30), amount: 10_000 }));
    const bytes = 4 + 78;
    expect(said).toEqual([
      `${ms(21) + bytes * 100} server executes 20`, `${ms(22) + bytes * 110} client 20 done`,
      `${ms(61)} server executes 60`, `${ms(62)} client 60 done`,
    ]);
  });

  it('without an amount is a mistake of the declaration', () => {
    expect(() => run([echoServer(), caller([])], cut('delay', OUT, 40))).toThrow(expect.objectContaining({ code: 'declaration' }) as Error);
  });
});

describe('broken connections', () => {
  it('a reset breaks the connections there are, at both ends, and not the next', () => {
    const client = scripted('client', function* (context) {
      const connection = yield* context.connect('server', SECOND);
      yield* attempt(context, 'call', () => connection.call({ say: 'a' }, SECOND));
      const next = yield* context.connect('server', SECOND);
      yield* attempt(context, 'next', () => next.call({ say: 'b' }, SECOND));
    });
    const { said, where } = run([echoServer('server', ms(50)), client], cut('reset', BOTH, 0));
    expect(said).toEqual([`${ms(3)} server executes a`, `${ms(10)} client call reset`, `${ms(13)} server executes b`, `${ms(64)} client next done`]);
    expect(where('connection-closed', 'reason')).toEqual([`${ms(10)} server reset`, `${ms(10)} client reset`]);
  });

  it('a half-open connection is silent until the timeout; a new one works', () => {
    const client = scripted('client', function* (context) {
      const connection = yield* context.connect('server', SECOND);
      yield* context.sleep(ms(20));
      yield* attempt(context, 'call', () => connection.call({ say: 'a' }, ms(100)));
      const next = yield* context.connect('server', SECOND);
      yield* attempt(context, 'next', () => next.call({ say: 'b' }, SECOND));
    });
    const { said, where } = run([echoServer(), client], cut('half-open', BOTH, 0));
    expect(said).toEqual([`${ms(122)} client call timeout`, `${ms(125)} server executes b`, `${ms(126)} client next done`]);
    expect(where('frame-dropped', 'kind', 'reason')).toEqual([`${ms(22)} client request half-open`, `${ms(122)} client close half-open`]);
  });

  it('what was in flight when a connection became half open still arrives; its answer does not', () => {
    const { said } = run([echoServer(), caller([9.5], 100)], cut('half-open', BOTH, 0));
    expect(said).toEqual([`${ms(10.5)} server executes 9.5`, `${ms(109.5)} client 9.5 timeout`]);
  });

  it('an actor that refuses keeps the connections it has', () => {
    const client = scripted('client', function* (context) {
      const connection = yield* context.connect('server', SECOND);
      yield* context.sleep(ms(20));
      yield* attempt(context, 'old', () => connection.call({ say: 'a' }, SECOND));
      yield* attempt(context, 'new', () => context.connect('server', SECOND));
      yield* context.sleep(ms(50));
      yield* attempt(context, 'later', () => context.connect('server', SECOND));
    });
    const { said } = run([echoServer(), client], cut('refuse', { actor: 'server' }, 40));
    expect(said.map((line) => line.split(' ').slice(1).join(' '))).toEqual(['server executes a', 'client old done', 'client new refused', 'client later done']);
  });

  it('a crash behind a partition is told when the partition heals', () => {
    const { said } = run([echoServer('server', SECOND), caller([5])], cut('partition', BOTH, 40), fault('crash', ms(20), { actor: 'server' }, { for: SECOND }));
    expect(said).toEqual([`${ms(6)} server executes 5`, `${ms(50) + LATENCY} client 5 reset`]);
  });
});
