/** @module Connections as TCP gives them to Kafka, when nothing is broken on purpose (kafka-semantics §14.2). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConnectionError } from '../actor.ts';
import type { Actor, ActorContext } from '../actor.ts';
import { LATENCY, echoServer, fault, runWorld, say, scripted } from '../testing/world.ts';
import { done } from '../task.ts';
import type { Task } from '../task.ts';
import { MILLISECOND, SECOND } from '../units.ts';

/** What a call came to: `replied` or the reason it failed for. */
function* outcome(task: Task<unknown>): Task<string> {
  try {
    yield* task;
    return 'replied';
  } catch (error) {
    if (error instanceof ConnectionError) return error.reason;
    throw error;
  }
}

/** Connects once, then sends so many requests without waiting for replies. */
function pipelining(count: number, timeoutUs = SECOND): Actor {
  return scripted('client', function* (context) {
    const connection = yield* context.connect('server', SECOND);
    for (let i = 0; i < count; i += 1) {
      context.spawn((function* () {
        say(context, `${i} ${yield* outcome(connection.call({ say: String(i) }, timeoutUs))}`);
      })());
    }
  });
}

const wordsOf = (said: readonly string[], actor: string): string[] => said.filter((line) => line.split(' ')[1] === actor).map((line) => line.split(' ').slice(2).join(' '));

describe('a connection', () => {
  it('takes one round trip to open, and one for each call', () => {
    const { said } = runWorld([echoServer(), scripted('client', function* (context) {
      const connection = yield* context.connect('server', SECOND);
      say(context, `open to ${connection.peer}: ${connection.isOpen}`);
      const reply = yield* connection.call<{ say: string }>({ say: 'ping' } as object, SECOND);
      say(context, `replied ${reply.say}`);
    })]);
    expect(said).toEqual([`${2 * LATENCY} client open to server: true`, `${3 * LATENCY} server executes ping`, `${4 * LATENCY} client replied ping`]);
  });

  it('is FIFO each way, however latencies scatter and whatever sizes frames have', () => {
    fc.assert(fc.property(fc.string(), fc.array(fc.nat(20_000), { minLength: 2, maxLength: 15 }), (seed, sizes) => {
      const client = scripted('client', function* (context) {
        const connection = yield* context.connect('server', SECOND);
        for (const [i, size] of sizes.entries()) {
          connection.send({ say: `${i}${' '.repeat(size)}` });
          if (i % 3 === 0) yield* context.sleep(100);
        }
        for (const [i] of sizes.entries()) {
          context.spawn((function* () {
            yield* connection.call({ say: `call ${i}` }, SECOND);
            say(context, `${i}`);
          })());
        }
      });
      const { said, where } = runWorld([echoServer(), client], { seed, network: { latencyUsMeanExtra: 20_000, bytesPerSecond: 10_000_000 } });
      const expected = sizes.map((_, i) => `executes ${i}`);
      expect(wordsOf(said, 'server').map((words) => words.trimEnd())).toEqual([...expected, ...sizes.map((_, i) => `executes call ${i}`)]);
      expect(wordsOf(said, 'client')).toEqual(sizes.map((_, i) => String(i)));
      expect(where('frame-dropped')).toEqual([]);
    }), { numRuns: 25 });
  });

  it('never carries a frame faster than the least latency of its link', () => {
    const links = [{ from: 'client', to: 'server', latencyUsMin: 300 }, { from: 'server', to: 'client', latencyUsMin: 4_000 }];
    const { lines } = runWorld([echoServer(), pipelining(50)], { network: { latencyUsMeanExtra: 100, links } });
    const sent = lines.filter(({ type }) => type === 'frame-sent');
    expect(sent.length).toBeGreaterThan(100);
    for (const { time, to, arrivesAt } of sent) expect((arrivesAt as number) - time).toBeGreaterThanOrEqual(to === 'server' ? 300 : 4_000);
  });

  it('takes the time that its bytes need on the wire, one frame after the other', () => {
    const { said } = runWorld([echoServer(), scripted('client', function* (context) {
      const connection = yield* context.connect('server', SECOND);
      for (const name of ['a', 'b']) connection.send({ say: name.padEnd(1_000) });
    })], { network: { bytesPerSecond: 1_000_000 } });
    const [a, b] = said.filter((line) => line.includes('executes')).map((line) => Number(line.split(' ')[0]));
    // Record id, string header and 1 000 letters, and what every frame carries on the wire.
    expect(b! - a!).toBe(1_004 + 78);
  });

  it('between an actor that works and its peer carries frames after the work is done', () => {
    const { said } = runWorld([echoServer(), scripted('client', function* (context) {
      const connection = yield* context.connect('server', SECOND);
      context.work(5 * MILLISECOND);
      context.work(2 * MILLISECOND);
      connection.send({ say: 'late' });
    })]);
    expect(said).toEqual([`${3 * LATENCY + 7 * MILLISECOND} server executes late`]);
  });

  it('is refused by an actor that does not serve, and unknown names are a mistake of the declaration', () => {
    const client = (peer: string): Actor => scripted('client', function* (context) {
      say(context, yield* outcome(context.connect(peer, SECOND)));
    });
    expect(runWorld([client('idle'), { name: 'idle', start: () => undefined }]).said).toEqual([`${2 * LATENCY} client refused`]);
    expect(() => runWorld([client('nobody')])).toThrow(expect.objectContaining({ code: 'declaration' }) as Error);
  });

  it('shares nothing by reference', () => {
    const seen: unknown[] = [];
    const server: Actor = {
      name: 'server',
      start(context) {
        context.serve(function* (request: { list: number[] }) {
          seen.push(request);
          request.list.push(9);
          return yield* done(request);
        });
      },
    };
    const mine = { list: [1] };
    runWorld([server, scripted('client', function* (context) {
      const connection = yield* context.connect('server', SECOND);
      const reply = yield* connection.call<object>(mine as object, SECOND);
      expect(reply).toEqual({ list: [1, 9] });
      expect(reply).not.toBe(seen[0]);
    })]);
    expect(mine).toEqual({ list: [1] });
    expect(seen[0]).not.toBe(mine);
  });
});

describe('a server', () => {
  it('has one request of a connection in work at a time; the pipelined ones wait unread, in order', () => {
    const { said } = runWorld([echoServer('server', 10 * MILLISECOND), pipelining(3)]);
    const server = said.filter((line) => line.includes('executes'));
    expect(server).toEqual([0, 1, 2].map((i) => `${3 * LATENCY + i * 10 * MILLISECOND} server executes ${i}`));
    expect(wordsOf(said, 'client')).toEqual(['0 replied', '1 replied', '2 replied']);
  });

  it('works on requests of two connections side by side', () => {
    const client = scripted('client', function* (context) {
      for (const name of ['a', 'b']) {
        context.spawn((function* () {
          const connection = yield* context.connect('server', SECOND);
          yield* connection.call({ say: name }, SECOND);
        })());
      }
      yield* context.sleep(0);
    });
    const { said } = runWorld([echoServer('server', 10 * MILLISECOND), client]);
    expect(said).toEqual([`${3 * LATENCY} server executes a`, `${3 * LATENCY} server executes b`]);
  });

  it('goes on at once after a request that wants no reply, and answers none', () => {
    const { said, lines } = runWorld([echoServer(), scripted('client', function* (context) {
      const connection = yield* context.connect('server', SECOND);
      connection.send({ say: 'a' });
      connection.send({ say: 'b' });
      yield* connection.call({ say: 'c' }, SECOND);
    })]);
    expect(wordsOf(said, 'server')).toEqual(['executes a', 'executes b', 'executes c']);
    expect(lines.filter(({ type, kind }) => type === 'frame-sent' && kind === 'reply')).toHaveLength(1);
  });

  it('that returns nothing leaves the caller to its timeout', () => {
    const silent: Actor = { name: 'server', start: (context) => context.serve(() => done(undefined)) };
    const { said } = runWorld([silent, pipelining(1, 50_000)]);
    expect(said).toEqual([`${2 * LATENCY + 50_000} client 0 timeout`]);
  });

  it('may close a connection: calls in flight fail, and so do later ones', () => {
    const closing: Actor = {
      name: 'server',
      start: (context) => context.serve(function* (_: never, caller) {
        yield* context.sleep(MILLISECOND);
        say(context, `closes ${caller.peer}`);
        caller.close();
        return { say: 'into the void' };
      }),
    };
    const { said } = runWorld([closing, scripted('client', function* (context) {
      const connection = yield* context.connect('server', SECOND);
      say(context, yield* outcome(connection.call({ say: 'x' }, SECOND)));
      say(context, `${connection.isOpen} ${yield* outcome(connection.call({ say: 'y' }, SECOND))}`);
      expect(() => connection.send({ say: 'z' })).toThrow(ConnectionError);
    })]);
    expect(wordsOf(said, 'client')).toEqual(['closed', 'false closed']);
    expect(wordsOf(said, 'server')).toEqual(['closes client']);
  });

  it('whose buffer runs over resets the connection, and says which frame was one too many', () => {
    const { said, where } = runWorld([echoServer('server', SECOND), scripted('client', function* (context) {
      const connection = yield* context.connect('server', SECOND);
      for (const words of ['in work', 'a'.repeat(600), 'b'.repeat(600), 'c'.repeat(600)]) {
        context.spawn((function* () {
          say(context, yield* outcome(connection.call({ say: words }, SECOND)));
        })());
      }
    })], { network: { connectionBytesMax: 1_000 } });
    expect(wordsOf(said, 'client')).toEqual(['reset', 'reset', 'reset', 'reset']);
    expect(wordsOf(said, 'server')).toEqual(['executes in work']);
    expect(where('frame-dropped', 'correlation', 'reason')[0]).toBe(`${3 * LATENCY} server 3 buffer-full`);
  });
});

describe('a client whose call times out', () => {
  const slow = (context: ActorContext): Task => (function* () {
    const connection = yield* context.connect('server', SECOND);
    for (const name of ['first', 'second']) {
      context.spawn((function* () {
        say(context, `${name} ${yield* outcome(connection.call({ say: name }, name === 'first' ? 20 * MILLISECOND : SECOND))}`);
      })());
    }
    yield* context.sleep(30 * MILLISECOND);
    const again = yield* context.connect('server', SECOND);
    say(context, `again ${yield* outcome(again.call({ say: 'again' }, SECOND))}`);
  })();

  it('closes the connection; what it had sent is still executed, beside what comes on the next connection', () => {
    const { said } = runWorld([echoServer('server', 100 * MILLISECOND), scripted('client', slow)]);
    expect(said).toEqual([
      `${3 * LATENCY} server executes first`,
      `${2 * LATENCY + 20 * MILLISECOND} client first timeout`,
      `${2 * LATENCY + 20 * MILLISECOND} client second closed`,
      `${5 * LATENCY + 30 * MILLISECOND} server executes again`,
      `${3 * LATENCY + 100 * MILLISECOND} server executes second`,
      `${6 * LATENCY + 130 * MILLISECOND} client again replied`,
    ]);
  });

  it('sends its close behind everything that it had sent', () => {
    const { lines } = runWorld([echoServer(), pipelining(3, 500)]);
    const arrivals = lines.filter(({ type, actor }) => type === 'frame-delivered' && actor === 'server').map(({ kind }) => kind);
    expect(arrivals.slice(0, 5)).toEqual(['open', 'request', 'request', 'request', 'close']);
  });

  it('drops the reply that comes too late, and tells the server that there is nobody', () => {
    const { where } = runWorld([echoServer('server', 10 * MILLISECOND), pipelining(1, 5 * MILLISECOND)]);
    expect(where('frame-dropped', 'kind', 'reason')[0]).toBe(`${14 * MILLISECOND} client reply no-connection`);
    expect(where('connection-closed', 'reason')).toEqual([`${7 * MILLISECOND} client timeout`, `${13 * MILLISECOND} server closed`]);
  });

  it('of connecting gives up, and a late accept is answered by a reset', () => {
    const { said, where } = runWorld([echoServer(), scripted('client', function* (context) {
      say(context, yield* outcome(context.connect('server', 1_500)));
    })]);
    expect(said).toEqual(['1500 client timeout']);
    expect(where('connection-closed', 'reason')).toEqual(['1500 client timeout', `${3 * LATENCY} server reset`]);
  });
});

describe('a client that closes', () => {
  it('fails its calls in flight, and the server reads all that came before the close', () => {
    const { said } = runWorld([echoServer('server', MILLISECOND), scripted('client', function* (context) {
      const connection = yield* context.connect('server', SECOND);
      context.spawn((function* () {
        say(context, yield* outcome(connection.call({ say: 'call' }, SECOND)));
      })());
      yield* context.sleep(0);
      connection.send({ say: 'last words' });
      connection.close();
      connection.close();
    })]);
    expect(said).toEqual([`${2 * LATENCY} client closed`, `${3 * LATENCY} server executes call`, `${4 * LATENCY} server executes last words`]);
  });
});

describe('the death of an actor', () => {
  const waiting = scripted('client', function* (context) {
    const connection = yield* context.connect('server', SECOND);
    say(context, yield* outcome(connection.call({ say: 'x' }, 200 * MILLISECOND)));
    say(context, yield* outcome(context.connect('server', 100 * MILLISECOND)));
  });
  const server = echoServer('server', SECOND);

  it('by a crash resets its connections, and its machine refuses new ones', () => {
    const { said } = runWorld([server, waiting], { faults: { timed: [fault('crash', 50 * MILLISECOND, { actor: 'server' }, { for: SECOND })] } });
    expect(wordsOf(said, 'client')).toEqual(['reset', 'refused']);
    expect(said[1]).toBe(`${51 * MILLISECOND} client reset`);
  });

  it('by a power loss is silence', () => {
    const { said, where } = runWorld([server, waiting], { faults: { timed: [fault('power-loss', 50 * MILLISECOND, { actor: 'server' }, { for: SECOND })] } });
    expect(wordsOf(said, 'client')).toEqual(['timeout', 'timeout']);
    expect(where('frame-dropped', 'kind', 'reason').filter((line) => line.includes('powered-off'))).toHaveLength(2);
  });

  it('is noticed after the power is back: the machine knows nothing of the old connection', () => {
    const { said } = runWorld([server, scripted('client', function* (context) {
      const connection = yield* context.connect('server', SECOND);
      yield* context.sleep(100 * MILLISECOND);
      say(context, yield* outcome(connection.call({ say: 'x' }, SECOND)));
    })], { faults: { timed: [fault('power-loss', 50 * MILLISECOND, { actor: 'server' }, { for: 10 * MILLISECOND })] } });
    expect(said).toEqual([`${104 * MILLISECOND} client reset`]);
  });
});
