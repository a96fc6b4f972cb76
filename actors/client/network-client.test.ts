import { describe, expect, test } from 'vitest';
import { MILLISECOND, SECOND } from '../../runtime/index.ts';
import type { Actor, ActorContext, Micros, Task } from '../../runtime/index.ts';
import type { TimedFault } from '../../runtime/faults/plan.ts';
import { runClient } from '../testing/run-client.ts';
import { NetworkClient } from './network-client.ts';

const CONFIG = {
  'request.timeout.ms': 1_000,
  'reconnect.backoff.ms': 50,
  'reconnect.backoff.max.ms': 400,
  'socket.connection.setup.timeout.ms': 10_000,
  'socket.connection.setup.timeout.max.ms': 30_000,
};

/** Answers after so long, or never. */
function server(name: string, afterUs: Micros): Actor {
  return {
    name,
    start(context) {
      context.serve(function* (request: { apiKey: number }) {
        yield* context.sleep(afterUs);
        return { errorCode: request.apiKey, brokerEpoch: 0 };
      });
    },
  };
}

interface Probe {
  readonly context: ActorContext;
  readonly network: NetworkClient;
  disconnects: number;
  /** Waits until a peer is ready. */
  readonly ready: (peer: string) => Task;
  /** What became of a request. */
  readonly ask: (peer: string) => Task<string>;
}

function run(servers: readonly Actor[], application: (probe: Probe) => Task, faults: readonly TimedFault[] = []): void {
  runClient(
    servers,
    (context) => {
      const changed = context.signal();
      const network = new NetworkClient(context, { config: CONFIG, maxInFlight: 3, onChange: () => changed.notify(), onDisconnect: () => (probe.disconnects += 1) });
      const probe: Probe = {
        context,
        network,
        disconnects: 0,
        *ready(peer) {
          while (!network.isReady(peer)) {
            const retryAt = network.retryAt(peer);
            yield* changed.wait(retryAt === Infinity ? undefined : retryAt - context.now);
          }
        },
        *ask(peer) {
          try {
            yield* network.call(peer, { apiKey: 1 } as object);
            return 'answered';
          } catch (error) {
            return (error as Error).name;
          }
        },
      };
      return application(probe);
    },
    { faults },
  );
}

function fault(kind: TimedFault['kind'], at: Micros, forUs: Micros): TimedFault {
  return { id: kind, kind, at, for: forUs, target: { actor: 'broker-1' } };
}

test('a connection is opened when it is first wanted, and stays', () => {
  run([server('broker-1', 0)], function* ({ context, network, ready, ask }) {
    expect(network.isReady('broker-1')).toBe(false);
    yield* ready('broker-1');
    expect(context.now).toBe(2 * MILLISECOND);
    expect(yield* ask('broker-1')).toBe('answered');
    expect(network.isReady('broker-1')).toBe(true);
    expect(context.now).toBe(4 * MILLISECOND);
  });
});

test('§4.2.2: a peer with its share of requests in flight is not ready, until one is answered', () => {
  run([server('broker-1', 10 * MILLISECOND)], function* ({ context, network, ready, ask }) {
    yield* ready('broker-1');
    for (let i = 0; i < 3; i += 1) context.spawn(ask('broker-1'));
    yield* context.sleep(0);
    expect(network.inFlight).toBe(3);
    expect(network.isReady('broker-1')).toBe(false);
    yield* ready('broker-1');
    expect(network.inFlight).toBe(2);
  });
});

test('§4.2.7: a timeout closes the connection: that request timed out, the others lost their network', () => {
  run([server('broker-1', 1_000_000 * SECOND)], function* (probe) {
    const { context, ready, ask } = probe;
    yield* ready('broker-1');
    const ends: string[] = [];
    const record = function* (): Task {
      ends.push(yield* ask('broker-1'));
    };
    for (let i = 0; i < 3; i += 1) context.spawn(record());
    yield* context.sleep(SECOND);
    yield* context.sleep(0);
    expect(ends).toEqual(['REQUEST_TIMED_OUT', 'NETWORK_EXCEPTION', 'NETWORK_EXCEPTION']);
    expect(probe.disconnects).toBe(1);
    expect(probe.network.retryAt('broker-1')).toBeGreaterThanOrEqual(context.now + 40 * MILLISECOND - 1);
  });
});

test('reconnect.backoff.ms doubles up to its maximum, ± 20 %, and begins anew after a success', () => {
  run(
    [server('broker-1', 0)],
    function* (probe) {
      const { context, network } = probe;
      const waits: number[] = [];
      for (let i = 0; i < 6; i += 1) {
        network.isReady('broker-1');
        while (network.retryAt('broker-1') === Infinity) yield* context.sleep(MILLISECOND);
        waits.push((network.retryAt('broker-1') - context.now) / MILLISECOND);
        yield* context.sleep(network.retryAt('broker-1') - context.now);
      }
      [50, 100, 200, 400, 400, 400].forEach((ms, i) => {
        expect(waits[i]).toBeGreaterThanOrEqual(ms * 0.8 - 1);
        expect(waits[i]).toBeLessThanOrEqual(Math.min(400, ms * 1.2));
      });
      yield* context.sleep(10 * SECOND - context.now);
      yield* probe.ready('broker-1');
      expect(probe.disconnects).toBe(6);
      yield* context.sleep(11 * SECOND - context.now);
      expect(network.isReady('broker-1')).toBe(false);
      expect(network.retryAt('broker-1') - context.now).toBeLessThanOrEqual(60 * MILLISECOND);
    },
    [fault('refuse', 0, 9 * SECOND), { ...fault('reset', 10_500 * MILLISECOND, 0), target: { between: ['app'], and: ['broker-1'] } }],
  );
});

test('a connection that breaks does not make the next one wait longer for its setup: only setups that failed do', () => {
  const cut: TimedFault = { id: 'cut', kind: 'partition', at: 100 * MILLISECOND, for: 60 * SECOND, target: { between: ['app'], and: ['broker-1'] } };
  run(
    [server('broker-1', 0)],
    function* (probe) {
      const { context, network, ready, ask } = probe;
      yield* ready('broker-1');
      yield* context.sleep(200 * MILLISECOND - context.now);
      expect(yield* ask('broker-1')).toBe('REQUEST_TIMED_OUT');
      const setups: number[] = [];
      for (let i = 0; i < 2; i += 1) {
        yield* context.sleep(network.retryAt('broker-1') - context.now);
        const begin = context.now;
        network.isReady('broker-1');
        while (network.retryAt('broker-1') === Infinity) yield* context.sleep(MILLISECOND);
        setups.push((context.now - begin) / MILLISECOND);
      }
      [10_000, 20_000].forEach((ms, i) => {
        expect(setups[i]).toBeGreaterThanOrEqual(ms * 0.8 - 2);
        expect(setups[i]).toBeLessThanOrEqual(ms * 1.2 + 2);
      });
    },
    [cut],
  );
});

describe('leastLoaded', () => {
  const servers = ['broker-1', 'broker-2', 'broker-3'].map((name) => server(name, 100 * MILLISECOND));

  test('is the ready peer with the fewest requests in flight', () => {
    run(servers, function* ({ context, network, ready, ask }) {
      for (const name of ['broker-1', 'broker-2']) yield* ready(name);
      context.spawn(ask('broker-1'));
      yield* context.sleep(0);
      for (let i = 0; i < 20; i += 1) expect(network.leastLoaded(['broker-1', 'broker-2', 'broker-3'])).toBe('broker-2');
    });
  });

  test('opens one connection if none is there, and does not open another meanwhile', () => {
    run(servers, function* ({ context, network }) {
      const names = ['broker-1', 'broker-2', 'broker-3'];
      for (let i = 0; i < 20; i += 1) expect(network.leastLoaded(names)).toBeUndefined();
      yield* context.sleep(2 * MILLISECOND);
      const found = network.leastLoaded(names);
      expect(names).toContain(found);
      expect(names.filter((name) => network.retryAt(name) === Infinity)).toEqual([found]);
    });
  });

  test('knows nobody where there is nobody', () => {
    run(servers, function* ({ network, context }) {
      expect(network.leastLoaded([])).toBeUndefined();
      yield* context.sleep(0);
    });
  });
});

test('close() fails what is in flight, and nothing is connected any more', () => {
  run([server('broker-1', SECOND)], function* ({ context, network, ready, ask }) {
    yield* ready('broker-1');
    let end = '';
    context.spawn(
      (function* () {
        end = yield* ask('broker-1');
      })(),
    );
    yield* context.sleep(MILLISECOND);
    network.close();
    yield* context.sleep(SECOND);
    expect(end).toBe('NETWORK_EXCEPTION');
    expect(network.isReady('broker-1')).toBe(false);
    expect(network.retryAt('broker-1')).toBe(Infinity);
  });
});
