/**
 * @module
 * Bugs of Kafka's past that need leadership to move while everybody stays in sync, as an election of the preferred leader moves it. What goes wrong with
 * the old rule does not with the new one, on the same seed and under the same faults.
 */
import { describe, expect, it } from 'vitest';
import type { TimedFault } from '../../../runtime/faults/plan.ts';
import { SECOND } from '../../../runtime/index.ts';
import { brokerName, controllerName } from '../../client/bootstrap.ts';
import type { ProtocolVariant } from '../../protocol-variant.ts';
import { runCluster } from '../../testing/cluster.ts';
import { lead, show, until, write, writeSomewhere } from '../../testing/orders.ts';
import { createTopic } from '../../testing/requests.ts';

type Old = Partial<ProtocolVariant>;
type Shown = readonly string[] | undefined;

const seconds = (from: number, to: number): { readonly at: number; readonly for: number } => ({ at: from * SECOND, for: (to - from) * SECOND });
const crash = (broker: number, when: ReturnType<typeof seconds>): TimedFault => ({ id: `crash-${broker}`, kind: 'crash', ...when, target: { actor: brokerName(broker) } });
/** Both ways: everything is held until it is over. */
const cut = (one: number, other: number, when: ReturnType<typeof seconds>): TimedFault => ({ id: `cut-${one}-${other}`, kind: 'partition', ...when, target: { between: [brokerName(one)], and: [brokerName(other)] } });
/** One way. */
const jam = (from: number, to: number, when: ReturnType<typeof seconds>): TimedFault => ({ id: `jam-${from}-${to}`, kind: 'jam', ...when, target: { from: [brokerName(from)], to: [brokerName(to)] } });
/** It hears of nothing that the controller decides meanwhile. */
const late = (broker: number, when: ReturnType<typeof seconds>): TimedFault => ({ id: `late-${broker}`, kind: 'jam', ...when, target: { from: [controllerName(0)], to: [brokerName(broker)] } });

describe('B3: after a fast failover a follower is told an offset without its epoch, and keeps what the leader never had (KIP-279, KAFKA-6361)', () => {
  /**
   * Epoch 0: 0 leads, b does not reach 1. Epoch 1: 1 leads, c and d do not reach 0. Epoch 2: 0 leads alone, b is committed, f is acknowledged. Then 1 comes
   * back, and leads after 0.
   */
  function run(protocol: Old): { readonly before: Shown; readonly after: Shown } {
    let before: Shown;
    let after: Shown;
    runCluster({
      brokers: 2,
      protocol,
      faults: [cut(0, 1, seconds(5, 20)), crash(1, seconds(9, 29)), crash(0, seconds(45, 75))],
      scripts: {
        *client(context) {
          yield* createTopic(context, 2, 1);
          yield* writeSomewhere(context, [0], 'a');
          yield* until(context, 6 * SECOND);
          expect(yield* write(context, 0, 'b', 1)).toEqual({ offset: 1 });
          yield* until(context, 7 * SECOND);
          yield* lead(context, [1, 0]);
          yield* until(context, 8 * SECOND);
          for (const value of ['c', 'd']) yield* write(context, 1, value, 1);
          yield* until(context, 22 * SECOND);
          expect(yield* write(context, 0, 'f')).toEqual({ offset: 2 });
          before = yield* show(context, 0);
          yield* until(context, 60 * SECOND);
          after = yield* show(context, 1);
        },
      },
    });
    return { before, after };
  }

  it('truncation=kip101: one offset holds two records, one after the other', () => {
    expect(run({ truncation: 'kip101' })).toEqual({ before: ['a', 'b', 'f'], after: ['a', 'c', 'f'] });
  });

  it.each(['kip279', 'kip320', 'fetch-epoch'] as const)('truncation=%s: nothing changes', (truncation) => {
    expect(run({ truncation })).toEqual({ before: ['a', 'b', 'f'], after: ['a', 'b', 'f'] });
  });
});

describe('B5: a fetch of an old epoch counts in a new one, where nothing names epochs (KIP-320, KAFKA-7395)', () => {
  /**
   * 1 has led, so that everybody is connected to it. Epoch 2: 0 leads, a1 and a2 reach 2 but not 1; 2 asks for more, and that is held up. Epoch 3: 1 leads, x
   * reaches 0 but not 2. Epoch 4: 0 leads again, z reaches 1; now the fetch from before arrives, and 2 seems to have everything. 0 dies, 2 leads.
   */
  function run(protocol: Old): { readonly answer: object; readonly final: Shown } {
    let answer = {};
    let final: Shown;
    runCluster({
      protocol,
      faults: [cut(0, 1, seconds(5, 8)), jam(2, 0, seconds(6, 12)), cut(1, 2, seconds(6.9, 40)), jam(0, 2, seconds(7, 40)), crash(0, seconds(17, 50))],
      scripts: {
        *client(context) {
          yield* createTopic(context, 3, 2);
          yield* writeSomewhere(context, [0], 'base');
          for (const order of [[1, 0, 2], [0, 1, 2]]) {
            yield* lead(context, order);
            yield* context.sleep(SECOND);
          }
          yield* until(context, 5.2 * SECOND);
          for (const value of ['a1', 'a2']) yield* write(context, 0, value, 1);
          yield* until(context, 7 * SECOND);
          yield* lead(context, [1, 0, 2]);
          yield* until(context, 8.5 * SECOND);
          expect(yield* write(context, 1, 'x', 1)).toEqual({ offset: 1 });
          yield* until(context, 10 * SECOND);
          yield* lead(context, [0, 2, 1]);
          yield* until(context, 11 * SECOND);
          answer = yield* write(context, 0, 'z');
          yield* until(context, 80 * SECOND);
          final = yield* show(context, 2);
        },
      },
    });
    return { answer, final };
  }

  it('truncation=kip279: what was acknowledged is gone', () => {
    expect(run({ truncation: 'kip279' })).toEqual({ answer: { offset: 2 }, final: ['base', 'a1', 'a2'] });
  });

  it.each(['kip320', 'fetch-epoch'] as const)('truncation=%s: the fetch is fenced, and nothing is acknowledged (F-1)', (truncation) => {
    expect(run({ truncation })).toEqual({ answer: { error: 7 }, final: ['base', 'a1', 'a2'] });
  });
});

describe('B8: an answer of an old epoch is applied in a new one, if only the offset matches (KAFKA-18991)', () => {
  /**
   * Epoch 1: 1 leads, m reaches 2 but not 0. Epoch 2: 0 leads (which 2 hears a little later), and tells 2 that their logs part below m; that is held up. Epoch 3: 1 leads again, m reaches 0 and is
   * committed. Epoch 4: 0 leads again, and now the answer from before arrives. 0 dies, 2 leads.
   */
  function run(protocol: Old): { readonly shown: Shown; readonly final: Shown } {
    let shown: Shown;
    let final: Shown;
    runCluster({
      protocol,
      faults: [cut(0, 1, seconds(5, 9)), late(2, seconds(5.9, 6.2)), jam(0, 2, seconds(5.5, 14)), jam(2, 0, seconds(13, 40)), crash(0, seconds(16, 50))],
      scripts: {
        *client(context) {
          yield* createTopic(context, 3, 2);
          yield* writeSomewhere(context, [0], 'base');
          yield* until(context, 4 * SECOND);
          yield* lead(context, [1, 0, 2]);
          yield* until(context, 5.2 * SECOND);
          expect(yield* write(context, 1, 'm', 1)).toEqual({ offset: 1 });
          yield* until(context, 6 * SECOND);
          yield* lead(context, [0, 1, 2]);
          yield* until(context, 8 * SECOND);
          yield* lead(context, [1, 0, 2]);
          yield* until(context, 11 * SECOND);
          shown = yield* show(context, 1);
          yield* until(context, 12 * SECOND);
          yield* lead(context, [0, 2, 1]);
          yield* until(context, 80 * SECOND);
          final = yield* show(context, 2);
        },
      },
    });
    return { shown, final };
  }

  it('matchesFetchByOffsetAlone=true: what was committed is gone', () => {
    expect(run({ matchesFetchByOffsetAlone: true })).toEqual({ shown: ['base', 'm'], final: ['base'] });
  });

  it('4.2: it stays (FT-2)', () => {
    expect(run({})).toEqual({ shown: ['base', 'm'], final: ['base', 'm'] });
  });
});
