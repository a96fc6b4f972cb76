import { describe, expect, it } from 'vitest';
import type { TimedFault } from '../../runtime/faults/plan.ts';
import { ConnectionError, MILLISECOND, SECOND } from '../../runtime/index.ts';
import type { ActorContext, Task } from '../../runtime/index.ts';
import { brokerName, controllerName, controllerNameOf } from '../client/bootstrap.ts';
import { ERRORS } from '../protocol/errors.ts';
import { API_KEYS } from '../protocol/messages.ts';
import type { CreateTopicsRequest, CreateTopicsResponse } from '../protocol/messages.ts';
import { runCluster } from '../testing/cluster.ts';
import type { ClusterOptions, ClusterRun } from '../testing/cluster.ts';
import { ofKind, produceTo } from '../testing/requests.ts';

const CONTROLLERS = [0, 1, 2].map(controllerName);
const BROKERS = [0, 1, 2].map(brokerName);
const STRIKES_AT = 6 * SECOND;
const SESSION_MS = 9_000;

function createTopicRequest(name: string): CreateTopicsRequest {
  return { apiKey: API_KEYS.CreateTopics, clientId: 'test', topics: [{ name, numPartitions: 3, replicationFactor: 3, assignments: [], configs: [{ name: 'min.insync.replicas', value: '2' }] }] };
}

/** Error code of the attempt; undefined: no answer. */
function* tryCreateTopic(context: ActorContext, peer: string, name: string, timeoutUs = 5 * SECOND): Task<number | undefined> {
  try {
    const connection = yield* context.connect(peer, SECOND);
    const { topics }: CreateTopicsResponse = yield* connection.call(createTopicRequest(name), timeoutUs);
    connection.close();
    return topics[0]!.errorCode;
  } catch (error) {
    if (error instanceof ConnectionError) return undefined;
    throw error;
  }
}

/** Asks brokers until the topic is there, as an administrator would. */
function* createTopic(context: ActorContext, name: string): Task {
  const done: readonly (number | undefined)[] = [0, ERRORS.TOPIC_ALREADY_EXISTS.code];
  for (let turn = 0; !done.includes(yield* tryCreateTopic(context, BROKERS[turn % 3]!, name)); turn += 1) yield* context.sleep(200 * MILLISECOND);
}

/** The controller that is active first: the same seed gives the same one. */
function firstActive(options: ClusterOptions): string {
  const run = runCluster({ ...options, faults: [], scripts: { *client(context) { yield* context.sleep(STRIKES_AT - SECOND); } } });
  return controllerNameOf(ofKind(run, 'controller-activated')[0]!.node);
}

interface Case {
  readonly seed: string;
  readonly fault: (active: string, others: readonly string[]) => Omit<TimedFault, 'id'>;
  readonly script: (context: ActorContext, active: string) => Task;
}

function withFailover({ seed, fault, script }: Case): ClusterRun & { readonly active: string } {
  const options: ClusterOptions = { seed, controllers: 3, scripts: {} };
  const active = firstActive(options);
  const faults = [{ id: 'f1', ...fault(active, CONTROLLERS.filter((name) => name !== active)) }];
  return { ...runCluster({ ...options, faults, scripts: { client: (context) => script(context, active) } }), active };
}

describe('failover of the active controller', () => {
  it('in the middle of CreateTopics: the topic is made once, whoever was active (KR-11, KR-12)', () => {
    for (let lateUs = 0; lateUs <= 30 * MILLISECOND; lateUs += 5 * MILLISECOND) {
      const run = withFailover({
        seed: 'create',
        fault: (active) => ({ kind: 'crash', at: STRIKES_AT + lateUs, for: 8 * SECOND, target: { actor: active } }),
        *script(context) {
          yield* context.sleep(STRIKES_AT - 2 * MILLISECOND);
          yield* createTopic(context, 'orders');
          yield* context.sleep(2 * SECOND);
        },
      });
      const led = ofKind(run, 'leader-started').filter(({ topic }) => topic === 'orders');
      expect(led.map(({ partition, broker }) => [partition, broker]).toSorted(([a = 0], [b = 0]) => a - b), `${lateUs} µs later`).toEqual([[0, 0], [1, 1], [2, 2]]);
      const activated = ofKind(run, 'controller-activated');
      expect(activated.map(({ epoch }) => epoch)).toEqual([...new Set(activated.map(({ epoch }) => epoch))].sort((a, b) => a - b));
    }
  });

  it('in the middle of a registration: the broker registers with the next one, and is back in sync (BL-1, EL-10, KR-12)', () => {
    const backAt = STRIKES_AT + 12 * SECOND;
    for (let lateUs = 0; lateUs <= 40 * MILLISECOND; lateUs += 10 * MILLISECOND) {
      const options: ClusterOptions = { seed: 'register', controllers: 3, scripts: {} };
      const active = firstActive(options);
      const run = runCluster({
        ...options,
        faults: [
          { id: 'broker', kind: 'crash', at: STRIKES_AT, for: backAt - STRIKES_AT, target: { actor: brokerName(1) } },
          { id: 'controller', kind: 'crash', at: backAt + lateUs, for: 8 * SECOND, target: { actor: active } },
        ],
        scripts: {
          *client(context) {
            yield* createTopic(context, 'orders');
            yield* context.sleep(backAt + 20 * SECOND - context.now);
          },
        },
      });
      const registered = ofKind(run, 'broker-registered').filter(({ broker }) => broker === 1);
      const unfenced = ofKind(run, 'broker-unfenced').filter(({ broker }) => broker === 1);
      expect(unfenced.at(-1)!.brokerEpoch, `${lateUs} µs later`).toBe(registered.at(-1)!.brokerEpoch);
      expect(unfenced.at(-1)!.time).toBeGreaterThan(backAt);
      for (const partition of [0, 1, 2])
        expect(ofKind(run, 'partition-changed').filter((one) => one.partition === partition).at(-1)!.isr.toSorted((a, b) => a - b), `${lateUs} µs later`).toEqual([0, 1, 2]);
    }
  });

  it('in the middle of AlterPartition: the in-sync set shrinks all the same, and grows again (AP-3, KR-11)', () => {
    const options: ClusterOptions = { seed: 'alter', controllers: 3, config: { 'replica.lag.time.max.ms': 2_000, 'replica.socket.timeout.ms': 2_000 }, scripts: {} };
    const active = firstActive(options);
    const run = runCluster({
      ...options,
      faults: [
        { id: 'cut', kind: 'partition', at: STRIKES_AT, for: 12 * SECOND, target: { between: [brokerName(2)], and: [brokerName(0), brokerName(1)] } },
        // Between one and one and a half lag times later the leader wants to drop the follower.
        { id: 'crash', kind: 'crash', at: STRIKES_AT + 2_400 * MILLISECOND, for: 6 * SECOND, target: { actor: active } },
      ],
      scripts: {
        *client(context) {
          yield* createTopic(context, 'orders');
          yield* context.sleep(STRIKES_AT + 100 * MILLISECOND - context.now);
          // A follower that has all there is does not lag, however long it is silent (FS-4).
          yield* produceTo(yield* context.connect(BROKERS[0]!, SECOND), 1);
          yield* context.sleep(30 * SECOND);
        },
      },
    });
    const ofFirst = ofKind(run, 'partition-changed').filter(({ partition }) => partition === 0);
    expect(ofFirst.some(({ isr }) => isr.length === 2)).toBe(true);
    expect(ofFirst.at(-1)!.isr.toSorted((a, b) => a - b)).toEqual([0, 1, 2]);
    expect(ofKind(run, 'controller-activated').length).toBeGreaterThan(1);
  });

  it('of a controller that is cut off: what it decided in vain is answered NOT_CONTROLLER and has never been, and requests to a standby are refused (KR-10, KR-11)', () => {
    const answers: (number | undefined)[] = [];
    const run = withFailover({
      seed: 'cut',
      fault: (active, others) => ({ kind: 'partition', at: STRIKES_AT, for: 8 * SECOND, target: { between: [active], and: [...others, ...BROKERS] } }),
      *script(context, active) {
        yield* context.sleep(STRIKES_AT + 100 * MILLISECOND);
        answers.push(yield* tryCreateTopic(context, CONTROLLERS.find((name) => name !== active)!, 'refused'));
        answers.push(yield* tryCreateTopic(context, active, 'in-vain', 10 * SECOND));
        yield* createTopic(context, 'orders');
        yield* context.sleep(8 * SECOND);
      },
    });
    expect(answers).toEqual([ERRORS.NOT_CONTROLLER.code, ERRORS.NOT_CONTROLLER.code]);
    expect(new Set(ofKind(run, 'leader-started').map(({ topic }) => topic))).toEqual(new Set(['orders']));
    expect(new Set(ofKind(run, 'partition-changed').map(({ topic }) => topic))).toEqual(new Set(['orders']));
  });

  it('gives every broker a fresh session: who is dead is fenced a session later, and nobody else (BL-5, B60)', () => {
    const options: ClusterOptions = { seed: 'sessions', controllers: 3, scripts: {} };
    const active = firstActive(options);
    const run = runCluster({
      ...options,
      faults: [
        { id: 'broker', kind: 'crash', at: STRIKES_AT, for: 40 * SECOND, target: { actor: brokerName(1) } },
        { id: 'controller', kind: 'crash', at: STRIKES_AT + SECOND, for: 20 * SECOND, target: { actor: active } },
      ],
      scripts: {
        *client(context) {
          yield* context.sleep(35 * SECOND);
        },
      },
    });
    const second = ofKind(run, 'controller-activated')[1]!;
    const fenced = ofKind(run, 'broker-fenced');
    expect(fenced.map(({ broker }) => broker)).toEqual([1]);
    expect(fenced[0]!.time).toBeGreaterThanOrEqual(second.time + SESSION_MS * MILLISECOND);
    expect(fenced[0]!.time).toBeLessThan(second.time + ((SESSION_MS * 9) / 8 + 200) * MILLISECOND);
  });
});

it('an idle controller writes a record that says nothing twice a second (KR-12)', () => {
  const run = runCluster({ scripts: { *client(context) { yield* context.sleep(20 * SECOND); } } });
  const idle = ofKind(run, 'raft-appended').filter(({ time }) => time > 10 * SECOND && time < 20 * SECOND);
  expect(idle).toHaveLength(20);
});

it('the records of one decision lie in one batch: all of them are committed, or none (KR-11, KR-13)', () => {
  const run = runCluster({
    scripts: {
      *client(context) {
        yield* context.sleep(3 * SECOND);
        yield* createTopic(context, 'orders');
      },
    },
  });
  const offsets = new Set(ofKind(run, 'partition-changed').map(({ metadataOffset }) => metadataOffset));
  expect(offsets.size).toBe(3);
  const batches = ofKind(run, 'raft-appended').flatMap(({ baseOffset, lastOffsets }) => lastOffsets.map((lastOffset, i) => ({ from: i === 0 ? baseOffset : lastOffsets[i - 1]! + 1, to: lastOffset })));
  expect(batches.filter(({ from, to }) => [...offsets].every((offset) => offset >= from && offset <= to))).toHaveLength(1);
});

it('a broker is unfenced only when it has read the metadata log up to its registration (BL-3, B59)', () => {
  const run = runCluster({ controllers: 3, scripts: { *client(context) { yield* context.sleep(8 * SECOND); } } });
  for (const { broker, brokerEpoch, time } of ofKind(run, 'broker-unfenced')) {
    const registered = ofKind(run, 'broker-registered').find((one) => one.broker === broker && one.brokerEpoch === brokerEpoch);
    expect(registered!.time).toBeLessThan(time);
  }
  expect(ofKind(run, 'broker-unfenced')).toHaveLength(3);
});
