import { describe, expect, it } from 'vitest';
import { MILLISECOND, SECOND } from '../../runtime/index.ts';
import type { Actor, Micros, Task } from '../../runtime/index.ts';
import { controllerId, controllerName } from '../client/bootstrap.ts';
import { BROKER_CONFIG } from '../config/broker-config.ts';
import { parseConfig } from '../config/config-definition.ts';
import { ERRORS } from '../protocol/errors.ts';
import type { ErrorName } from '../protocol/errors.ts';
import { API_KEYS } from '../protocol/messages.ts';
import type { BrokerHeartbeatRequest } from '../protocol/messages.ts';
import { runClient } from '../testing/run-client.ts';
import { BrokerLifecycle } from './broker-lifecycle.ts';
import { ControllerChannel } from './controller-channel.ts';

/** What a controller does with one request: answers so, or never. */
type Answer = { readonly isCaughtUp?: boolean; readonly isFenced?: boolean; readonly shouldShutDown?: boolean; readonly error?: ErrorName } | 'silence';

interface Seen {
  readonly at: Micros;
  readonly what: 'register' | 'heartbeat';
  readonly wants: string;
}

/** The controller's answers in their order, the last one again and again; what it saw, ms after the first request. */
function lifecycleAgainst(answers: readonly Answer[], untilMs: number, during?: (lifecycle: BrokerLifecycle, sleep: (ms: number) => Task) => Task): { seen: Seen[]; states: string[]; gaveUpAtMs: number | undefined } {
  let gaveUpAtMs: number | undefined;
  const seen: Seen[] = [];
  const states: string[] = [];
  const controller: Actor = {
    name: controllerName(0),
    start(context) {
      context.serve(function* (request: { apiKey: number }) {
        const isHeartbeat = request.apiKey === API_KEYS.BrokerHeartbeat;
        const { wantFence, wantShutDown } = request as BrokerHeartbeatRequest;
        seen.push({ at: context.now, what: isHeartbeat ? 'heartbeat' : 'register', wants: !isHeartbeat ? '' : wantShutDown ? 'shut down' : wantFence ? 'fence' : '' });
        const answer = answers[Math.min(seen.length, answers.length) - 1]!;
        if (answer === 'silence') yield* context.sleep(1_000 * SECOND);
        const { isCaughtUp = true, isFenced = false, shouldShutDown = false, error } = answer === 'silence' ? {} : answer;
        const errorCode = error === undefined ? 0 : ERRORS[error].code;
        return isHeartbeat ? { errorCode, isCaughtUp, isFenced, shouldShutDown } : { errorCode, brokerEpoch: 7 };
      });
    },
  };
  runClient(
    [controller],
    function* (context) {
      const channel = new ControllerChannel(context, () => controllerId(0));
      const lifecycle = new BrokerLifecycle(context, channel, { brokerId: 1, config: parseConfig(BROKER_CONFIG, {}) }, -1, () => 9);
      // eslint-disable-next-line require-yield -- a task, for a broker has much to do then
      context.spawn(lifecycle.run(function* () {
        gaveUpAtMs = context.now / MILLISECOND;
      }));
      const sleep = (ms: number): Task => context.sleep(ms * MILLISECOND);
      if (during !== undefined) yield* during(lifecycle, sleep);
      while (context.now < untilMs * MILLISECOND) {
        if (states.at(-1) !== lifecycle.state) states.push(lifecycle.state);
        yield* sleep(5);
      }
    },
    { endsAt: untilMs * MILLISECOND + SECOND },
  );
  return { seen, states, gaveUpAtMs };
}

/** ms between one request and the next, without what the frames took (2 ms there and back). */
function gaps(seen: readonly Seen[]): number[] {
  return seen.slice(1).map(({ at }, i) => Math.round((at - seen[i]!.at) / MILLISECOND));
}

describe('a broker and its controller (BL-1, BL-2, BL-4)', () => {
  it('asks every 10 ms while it starts, tells at once that it may be unfenced, then sends a heartbeat every broker.heartbeat.interval.ms', () => {
    const { seen, states } = lifecycleAgainst([{}, { isCaughtUp: false, isFenced: true }, { isFenced: true }, { isFenced: true }, {}], 7_000, function* (lifecycle, sleep) {
      yield* sleep(500);
      expect(lifecycle.state).toBe('RECOVERY');
      lifecycle.readyToUnfence();
    });
    expect(seen.slice(0, 5).map(({ what, wants }) => `${what} ${wants}`)).toEqual(['register ', 'heartbeat fence', 'heartbeat fence', 'heartbeat fence', 'heartbeat ']);
    expect(gaps(seen).slice(0, 3)).toEqual([2, 12, 12]);
    expect(gaps(seen).slice(4)).toEqual([2_002, 2_002, 2_002]);
    expect(states).toEqual(['RECOVERY', 'RUNNING']);
  });

  it('gives a request up after broker.heartbeat.interval.ms, and asks again after as long', () => {
    // 2 s of waiting, a moment until the channel has closed the connection, 2 s of rest, and the new connection.
    const { seen } = lifecycleAgainst(['silence'], 9_000);
    expect(seen.map(({ what }) => what)).toEqual(['register', 'register', 'register']);
    for (const gap of gaps(seen)) expect(gap).toBeGreaterThanOrEqual(4_000);
    for (const gap of gaps(seen)) expect(gap).toBeLessThan(4_100);
  });

  it.each([
    ['nobody answers', ['silence']],
    ['it is refused', [{ error: 'DUPLICATE_BROKER_REGISTRATION' }]],
    ['there is no active controller', [{ error: 'NOT_CONTROLLER' }]],
  ] as const)('BL-6: gives up after initial.broker.registration.timeout.ms if %s, and asks no more', (_, answers) => {
    const { seen, states, gaveUpAtMs } = lifecycleAgainst(answers, 75_000);
    expect(gaveUpAtMs).toBe(60_000);
    expect(states).toEqual(['STARTING', 'SHUTTING_DOWN']);
    expect(seen.at(-1)!.at).toBeLessThanOrEqual(60_100 * MILLISECOND);
  });

  it('BL-6: does not once it is registered, however late and whatever comes then', () => {
    const refused: Answer[] = Array.from({ length: 29 }, () => ({ error: 'DUPLICATE_BROKER_REGISTRATION' }));
    const { seen, gaveUpAtMs } = lifecycleAgainst([...refused, {}, { error: 'STALE_BROKER_EPOCH' }], 75_000);
    expect(seen.findLast(({ what }) => what === 'register')!.at).toBeGreaterThan(57 * SECOND);
    expect(gaveUpAtMs).toBeUndefined();
    expect(seen.at(-1)!.at).toBeGreaterThan(70 * SECOND);
  });

  it('waits as long after DUPLICATE_BROKER_REGISTRATION', () => expect(gaps(lifecycleAgainst([{ error: 'DUPLICATE_BROKER_REGISTRATION' }], 5_000).seen)).toEqual([2_002, 2_002]));

  it('goes on with heartbeats when one is refused: it does not register anew', () => {
    const { seen } = lifecycleAgainst([{}, { error: 'STALE_BROKER_EPOCH' }], 5_000);
    expect(seen.map(({ what }) => what)).toEqual(['register', 'heartbeat', 'heartbeat', 'heartbeat']);
    expect(gaps(seen)).toEqual([2, 2_002, 2_002]);
  });

  it('looks for another controller at NOT_CONTROLLER, within the same attempt', () => {
    const { seen } = lifecycleAgainst([{ error: 'NOT_CONTROLLER' }, {}], 200);
    expect(seen.slice(0, 2).map(({ what }) => what)).toEqual(['register', 'register']);
    expect(gaps(seen)[0]).toBeLessThan(100);
  });

  it('asks to shut down at once, again after 50 ms, then every interval, and ends when it may (EL-9)', () => {
    const answers: Answer[] = [{}, {}, {}, { isFenced: false }, {}, {}, { shouldShutDown: true }];
    const { seen, states } = lifecycleAgainst(answers, 9_000, function* (lifecycle, sleep) {
      lifecycle.readyToUnfence();
      yield* sleep(1_000);
      yield* lifecycle.controlledShutdown();
    });
    const asked = seen.filter(({ wants }) => wants === 'shut down');
    expect(gaps(asked)).toEqual([52, 2_002, 2_002]);
    expect(states).toEqual(['SHUTTING_DOWN']);
  });
});
