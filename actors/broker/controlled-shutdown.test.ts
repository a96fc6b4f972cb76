import { expect, test } from 'vitest';
import { MILLISECOND, SECOND } from '../../runtime/index.ts';
import type { ActorContext, Task } from '../../runtime/index.ts';
import { brokerName, controllerName } from '../client/bootstrap.ts';
import { createTopic, isr, ofKind, produceTo } from '../testing/cluster-scripts.ts';
import { runCluster } from '../testing/cluster.ts';
import type { ClusterRun } from '../testing/cluster.ts';

function shutdown(id: number, at: number, duration: number): { id: string; kind: 'shutdown'; at: number; for: number; target: { actor: string } } {
  return { id: `stop-${id}-${at}`, kind: 'shutdown', at, for: duration, target: { actor: brokerName(id) } };
}

function leaders(run: ClusterRun): number[] {
  return ofKind(run, 'partition-changed').map(({ leader }) => leader);
}

/** Writes ten records to whoever leads, retrying, every 100 ms. */
function* writeUntil(context: ActorContext, until: number): Task<number> {
  let acknowledged = 0;
  for (let id = 0; context.now < until; ) {
    const error = yield* produceTo(context, id);
    if (error === 0) acknowledged += 1;
    else id = (id + 1) % 3;
    yield* context.sleep(100 * MILLISECOND);
  }
  return acknowledged;
}

test('a broker that is asked to end hands over its leaderships at once, ends when the others know, and is clean when it is back (BL-3, BL-4, EL-9, EL-10, RC-1)', () => {
  const stopAt = 6 * SECOND;
  const run = runCluster({
    faults: [shutdown(0, stopAt, 10 * SECOND)],
    scripts: {
      *client(context) {
        yield* createTopic(context);
        expect(yield* produceTo(context, 0)).toBe(0);
        yield* context.sleep(24 * SECOND);
      },
    },
  });
  const moved = ofKind(run, 'partition-changed').find(({ leader }) => leader === 1)!;
  expect(moved.isr).toEqual([1, 2]);
  expect(moved.time - stopAt).toBeLessThan(50 * MILLISECOND);
  // Not its session that ran out: it was let go within a heartbeat or two of the others.
  const fenced = ofKind(run, 'broker-fenced')[0]!;
  expect(fenced).toMatchObject({ broker: 0 });
  expect(fenced.time - stopAt).toBeLessThan(5 * SECOND);
  expect(ofKind(run, 'leader-started').map(({ broker }) => broker)).toEqual([0, 1]);
  // Nothing was read again: the marker says that the log is whole.
  expect(isr(run)).toEqual([0, 1, 2]);
  expect(ofKind(run, 'partition-changed').some(({ isUnclean }) => isUnclean)).toBe(false);
});

test('controlled.shutdown.enable=false: the broker just ends, and its session runs out (EL-9, BL-2)', () => {
  const stopAt = 6 * SECOND;
  const run = runCluster({
    config: { 'controlled.shutdown.enable': false },
    faults: [shutdown(0, stopAt, 15 * SECOND)],
    scripts: {
      *client(context) {
        yield* createTopic(context);
        yield* context.sleep(20 * SECOND);
      },
    },
  });
  const [fenced] = ofKind(run, 'broker-fenced');
  expect(fenced!.time - stopAt).toBeGreaterThan(6 * SECOND);
});

test('a broker that cannot reach the controller goes after five minutes (BL-6)', () => {
  const stopAt = 6 * SECOND;
  const run = runCluster({
    endsAt: 400 * SECOND,
    faults: [
      { id: 'cut', kind: 'partition', at: stopAt - SECOND, for: 350 * SECOND, target: { between: [brokerName(0)], and: [controllerName(0)] } },
      shutdown(0, stopAt, 350 * SECOND),
    ],
    scripts: {
      *client(context) {
        yield* createTopic(context);
        yield* context.sleep(stopAt + 299 * SECOND - context.now);
        yield* context.connect(brokerName(0), SECOND);
        yield* context.sleep(3 * SECOND);
        let isDown = false;
        try {
          yield* context.connect(brokerName(0), SECOND);
        } catch {
          isDown = true;
        }
        expect(isDown).toBe(true);
      },
    },
  });
  expect(ofKind(run, 'broker-fenced').map(({ broker }) => broker)).toEqual([0]);
});

test('brokers restarted one after the other in good order lose nothing, and nobody leads without having all (EL-9, EL-10)', () => {
  let acknowledged = 0;
  const run = runCluster({
    faults: [0, 1, 2].map((id) => shutdown(id, (6 + 15 * id) * SECOND, 5 * SECOND)),
    endsAt: 200 * SECOND,
    scripts: {
      *client(context) {
        yield* createTopic(context);
        acknowledged = yield* writeUntil(context, 60 * SECOND);
      },
    },
  });
  expect(acknowledged).toBeGreaterThan(300);
  expect(Math.max(...ofKind(run, 'high-watermark').map(({ highWatermark }) => highWatermark))).toBeGreaterThanOrEqual(acknowledged);
  expect(ofKind(run, 'truncated')).toEqual([]);
  expect(isr(run)).toEqual([0, 1, 2]);
  expect(leaders(run)).not.toContain(-1);
});

test('all stopped one by one, back in the same order: the partition waits for a replica that has everything (EL-3, EL-6, EL-8)', () => {
  const run = runCluster({
    faults: [shutdown(0, 6 * SECOND, 20 * SECOND), shutdown(1, 10 * SECOND, 26 * SECOND), shutdown(2, 14 * SECOND, 36 * SECOND)],
    endsAt: 200 * SECOND,
    scripts: {
      *client(context) {
        yield* createTopic(context);
        for (let i = 0; i < 5; i += 1) expect(yield* produceTo(context, 0)).toBe(0);
        yield* context.sleep(60 * SECOND);
      },
    },
  });
  const changes = ofKind(run, 'partition-changed');
  const empty = changes.find(({ leader }) => leader === -1)!;
  expect(empty).toMatchObject({ isr: [], lastKnownElr: [2] });
  expect(empty.elr.toSorted((a, b) => a - b)).toEqual([1, 2]);
  const next = changes[changes.indexOf(empty) + 1]!;
  // Broker 0 is back first, and is not taken: it left while there were enough without it.
  expect(next).toMatchObject({ leader: 1, isr: [1], elr: [2], lastKnownElr: [], isUnclean: false });
  expect(ofKind(run, 'truncated')).toEqual([]);
  expect(isr(run)).toEqual([0, 1, 2]);
});
