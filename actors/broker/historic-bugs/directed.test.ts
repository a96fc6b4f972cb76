/**
 * @module
 * Bugs of Kafka's past, each by the shortest schedule that shows it: what goes wrong with the old rule does not with the new one, on the same
 * seed and under the same faults. Brokers are 0 (first to lead), 1 and 2.
 */
import { describe, expect, it } from 'vitest';
import type { TimedFault } from '../../../runtime/faults/plan.ts';
import { MILLISECOND, SECOND } from '../../../runtime/index.ts';
import { brokerName, controllerName } from '../../client/bootstrap.ts';
import type { ProtocolVariant } from '../../protocol-variant.ts';
import { runCluster } from '../../testing/cluster.ts';
import type { ClusterOptions } from '../../testing/cluster.ts';
import { show, until, write, writeSomewhere } from '../../testing/orders.ts';
import { createTopic, ofKind } from '../../testing/requests.ts';

type Old = Partial<ProtocolVariant>;

const down = (kind: 'crash' | 'power-loss', broker: number, at: number, duration: number): TimedFault => ({ id: `${kind}-${broker}`, kind, at, for: duration, target: { actor: brokerName(broker) } });
const cut = (id: string, between: readonly string[], and: readonly string[], at: number, duration: number): TimedFault => ({ id, kind: 'partition', at, for: duration, target: { between, and } });
const [A, B, C] = [0, 1, 2].map(brokerName) as [string, string, string];
const CONTROLLER = controllerName(0);

describe('B1: a follower that cuts its log at its own high watermark loses what was acknowledged (KIP-101, KAFKA-1211)', () => {
  /** Leadership goes from 0 to 1 to 2, which cannot reach 1 between. @returns what was acknowledged, and what stands in the end */
  function run(protocol: Old): { readonly acknowledged: readonly string[]; readonly final: readonly string[] | undefined } {
    const acknowledged: string[] = [];
    let final: readonly string[] | undefined;
    runCluster({
      protocol,
      faults: [cut('cut', [B], [C], 7 * SECOND, 33 * SECOND), down('crash', 0, 8 * SECOND, 40 * SECOND), down('crash', 1, 20 * SECOND, 28 * SECOND)],
      scripts: {
        *client(context) {
          yield* createTopic(context, 3, 2);
          yield* writeSomewhere(context, [0], 'm0');
          acknowledged.push('m0');
          // So late that the followers do not hear of its commit before the leader is gone.
          yield* until(context, 8 * SECOND - 50 * MILLISECOND);
          if ('offset' in (yield* write(context, 0, 'm1'))) acknowledged.push('m1');
          expect(context.now).toBeLessThan(8 * SECOND);
          yield* until(context, 80 * SECOND);
          final = yield* show(context, 2);
        },
      },
    });
    return { acknowledged, final };
  }

  it('truncation=hw: what two followers had is gone with the second leader', () => {
    expect(run({ truncation: 'hw' })).toEqual({ acknowledged: ['m0', 'm1'], final: ['m0'] });
  });

  it.each(['kip101', 'kip279', 'kip320', 'fetch-epoch'] as const)('truncation=%s: it stays', (truncation) => {
    expect(run({ truncation })).toEqual({ acknowledged: ['m0', 'm1'], final: ['m0', 'm1'] });
  });
});

describe('B2: replicas that cut their logs at their own high watermarks diverge, and nobody notices; what a fetch acknowledges is not synced (KIP-101, FT-8)', () => {
  /** Both lose power, and with it what their disks like. 1 is back first, and leads. @returns what each shows in the end */
  function run(protocol: Old, seed: number): (readonly string[] | undefined)[] {
    const shown: (readonly string[] | undefined)[] = [];
    runCluster({
      seed: `B2-${seed}`,
      brokers: 2,
      protocol: { ...protocol, eligibleLeaderReplicas: false },
      // The first two are on both disks, for good: the second leader has an epoch as old as the first.
      config: { 'log.flush.interval.messages': 2 },
      faults: [down('power-loss', 0, 12 * SECOND, 40 * SECOND), down('power-loss', 1, 17 * SECOND, 2 * SECOND)],
      scripts: {
        *client(context) {
          yield* createTopic(context, 2, 1);
          for (const value of ['m0', 'm1', 'm2']) yield* writeSomewhere(context, [0], value);
          yield* until(context, 30 * SECOND);
          yield* writeSomewhere(context, [1], 'm3');
          yield* until(context, 90 * SECOND);
          for (const broker of [0, 1]) shown.push(yield* show(context, broker));
        },
      },
    });
    return shown;
  }

  const seeds = Array.from({ length: 20 }, (_, seed) => seed);
  const diverged = (truncation: Old['truncation'] & string): number[] =>
    seeds.filter((seed) => {
      const [one, other] = run({ truncation }, seed).map((values) => values!);
      return one!.some((value, offset) => offset < other!.length && other![offset] !== value);
    });

  it('truncation=hw: a record of the first leader stands where the second has another', () => {
    expect(diverged('hw')).not.toEqual([]);
  });

  it.each(['kip101', 'kip279', 'fetch-epoch'] as const)('truncation=%s: a record is lost, which nothing had synced, but the logs are the same', (truncation) => {
    expect(diverged(truncation)).toEqual([]);
  });
});

describe('B10: a smaller in-sync set that counts before the controller has accepted it loses what was acknowledged (KAFKA-8836)', () => {
  /** 0 is cut off from 1 and from the controller, drops 1 from its in-sync set, and is deposed. */
  function run(protocol: Old): { readonly answer: object; readonly final: readonly string[] | undefined } {
    let answer = {};
    let final: readonly string[] | undefined;
    runCluster({
      brokers: 2,
      protocol,
      config: { 'replica.lag.time.max.ms': 2_000 },
      faults: [cut('cut', [A], [B, CONTROLLER], 6 * SECOND, 30 * SECOND)],
      scripts: {
        *client(context) {
          yield* createTopic(context, 2, 1);
          yield* writeSomewhere(context, [0], 'm0');
          yield* until(context, 6 * SECOND + 100 * MILLISECOND);
          answer = yield* write(context, 0, 'm1');
          yield* until(context, 70 * SECOND);
          final = yield* show(context, 1);
        },
      },
    });
    return { answer, final };
  }

  it('countsPendingShrink=true', () => {
    expect(run({ countsPendingShrink: true })).toEqual({ answer: { offset: 1 }, final: ['m0'] });
  });

  it('4.2: it is not acknowledged (AP-5, DP-2)', () => {
    expect(run({})).toEqual({ answer: { error: 7 }, final: ['m0'] });
  });
});

describe('B16: the last replica standing comes back without its tail, and the others cut theirs to match (KIP-966)', () => {
  /** 1 and 2 are cut off, 0 loses power, all come back. @returns how many of ten acknowledged records stand in the end */
  function run(protocol: Old): { readonly acknowledged: number; readonly final: number | undefined; readonly reopenedAt: number } {
    let acknowledged = 0;
    let final: number | undefined;
    const { observed } = runCluster({
      seed: 'b16-1',
      protocol,
      endsAt: 180 * SECOND,
      faults: [cut('cut', [B, C], [A, CONTROLLER], 8 * SECOND, 62 * SECOND), down('power-loss', 0, 30 * SECOND, 12 * SECOND)],
      scripts: {
        *client(context) {
          yield* createTopic(context, 3, 2);
          for (let i = 0; i < 10; i += 1) if ('offset' in (yield* write(context, 0, `m${i}`))) acknowledged += 1;
          yield* until(context, 120 * SECOND);
          for (const broker of [0, 1, 2]) final ??= (yield* show(context, broker))?.length;
        },
      },
    });
    const reopened = ofKind({ observed } as ReturnType<typeof runCluster>, 'log-opened').filter(({ broker, time }) => broker === 0 && time > 30 * SECOND);
    return { acknowledged, final, reopenedAt: reopened[0]!.logEndOffset };
  }

  it('eligibleLeaderReplicas=false', () => {
    const { acknowledged, final, reopenedAt } = run({ eligibleLeaderReplicas: false });
    expect(acknowledged).toBe(10);
    expect(reopenedAt).toBeLessThan(10);
    expect(final).toBe(reopenedAt);
  });

  it('4.2: one of the others leads, which have it all (EL-6, EL-10)', () => {
    expect(run({})).toMatchObject({ acknowledged: 10, final: 10 });
  });
});

describe('by design, whatever the version', () => {
  function lostWithLeader(options: Pick<ClusterOptions, 'protocol'>, acks: number): { readonly answer: object; readonly final: readonly string[] | undefined } {
    let answer = {};
    let final: readonly string[] | undefined;
    runCluster({
      ...options,
      faults: [cut('cut', [A], [B, C], 8 * SECOND, 40 * SECOND), down('crash', 0, 9 * SECOND, 30 * SECOND)],
      scripts: {
        *client(context) {
          yield* createTopic(context, 3, 2);
          yield* writeSomewhere(context, [0], 'm0');
          yield* until(context, 8 * SECOND + 100 * MILLISECOND);
          answer = yield* write(context, 0, 'm1', acks, 500);
          yield* until(context, 80 * SECOND);
          final = yield* show(context, 1);
        },
      },
    });
    return { answer, final };
  }

  it('B18: acks=1 is answered before anybody else has the record, which is gone with the leader', () => {
    expect(lostWithLeader({}, 1)).toEqual({ answer: { offset: 1 }, final: ['m0'] });
    expect(lostWithLeader({}, -1)).toEqual({ answer: { error: 7 }, final: ['m0'] });
  });

  /** 2 is cut off, 0 and 1 write on, and are gone; 2 comes back. @returns what was acknowledged, and what 2 shows while they are away and in the end */
  function uncleanly(isAllowed: boolean): { readonly meanwhile: readonly string[] | undefined; readonly final: readonly string[] | undefined } {
    let meanwhile: readonly string[] | undefined;
    let final: readonly string[] | undefined;
    runCluster({
      brokers: 2,
      config: { 'unclean.leader.election.enable': isAllowed },
      protocol: { eligibleLeaderReplicas: false },
      faults: [cut('cut', [B], [A, CONTROLLER], 7 * SECOND, 23 * SECOND), down('crash', 0, 28 * SECOND, 30 * SECOND)],
      scripts: {
        *client(context) {
          yield* createTopic(context, 2, 1);
          yield* writeSomewhere(context, [0], 'm0');
          yield* until(context, 20 * SECOND);
          yield* writeSomewhere(context, [0], 'm1');
          yield* until(context, 50 * SECOND);
          meanwhile = yield* show(context, 1);
          yield* until(context, 100 * SECOND);
          final = yield* show(context, 0);
        },
      },
    });
    return { meanwhile, final };
  }

  it('B19: an unclean election loses what the replica out of sync lacks; without it the partition waits (EL-2)', () => {
    expect(uncleanly(true)).toEqual({ meanwhile: ['m0'], final: ['m0'] });
    expect(uncleanly(false)).toMatchObject({ final: ['m0', 'm1'] });
  });
});

describe('B20: what moves the high watermark with too few in sync is shown, and gone with the one replica that has it (KAFKA-15583)', () => {
  /** 0 is left alone in the in-sync set, takes a record with acks=1, and dies. */
  function run(protocol: Old): { readonly shown: readonly string[] | undefined; readonly final: readonly string[] | undefined } {
    let shown: readonly string[] | undefined;
    let final: readonly string[] | undefined;
    runCluster({
      protocol,
      faults: [cut('cut', [B, C], [A, CONTROLLER], 7 * SECOND, 33 * SECOND), down('crash', 0, 30 * SECOND, 60 * SECOND)],
      scripts: {
        *client(context) {
          yield* createTopic(context, 3, 2);
          yield* writeSomewhere(context, [0], 'm0');
          yield* until(context, 25 * SECOND);
          yield* write(context, 0, 'm1', 1);
          yield* context.sleep(SECOND);
          shown = yield* show(context, 0);
          yield* until(context, 110 * SECOND);
          for (const broker of [1, 2]) final ??= yield* show(context, broker);
        },
      },
    });
    return { shown, final };
  }

  it('hwAdvancesUnderMinIsr=true: an eligible leader replica need not have what is committed', () => {
    expect(run({ hwAdvancesUnderMinIsr: true })).toEqual({ shown: ['m0', 'm1'], final: ['m0'] });
  });

  it('4.2: it is not shown (HW-1)', () => {
    expect(run({})).toEqual({ shown: ['m0'], final: ['m0'] });
  });
});
