import { describe, expect, test } from 'vitest';
import { SECOND } from '../../runtime/index.ts';
import { controllerId, controllerName } from '../client/bootstrap.ts';
import { runCluster } from '../testing/cluster.ts';
import type { ClusterOptions, ClusterRun } from '../testing/cluster.ts';

const NAMES = [0, 1, 2].map((node) => controllerName(node));
const QUORUM = 'kafka.server:type=raft-metrics:';
const OF_CONTROLLER = 'kafka.controller:type=KafkaController,name=';
const ACTIVE = `${OF_CONTROLLER}ActiveControllerCount:Value`;

/** Three controllers; the one that is elected first dies for good. */
const first = activations(quorum(5 * SECOND, []))[0]!;
const run = quorum(20 * SECOND, [{ id: 'f1', kind: 'crash', at: 8 * SECOND, for: 60 * SECOND, target: { actor: first } }]);

function quorum(forUs: number, faults: ClusterOptions['faults'] & {}): ClusterRun {
  return runCluster({
    controllers: 3,
    metricsIntervalUs: SECOND / 4,
    faults,
    scripts: {
      *client(context) {
        yield* context.sleep(forUs);
      },
    },
  });
}

function activations({ observed }: ClusterRun): string[] {
  return observed.filter(({ kind }) => kind === 'controller-activated').map(({ actor }) => actor);
}

/** The values of a metric of these processes at each instant of a sample, in their order; undefined where there is none. */
function samples(metric: string, until: number): (number | null | undefined)[][] {
  const names = new Map<string, string[]>();
  const current = new Map<string, number | null>();
  const instants = new Map<number, (number | null | undefined)[]>();
  for (const observed of run.observed) {
    if (observed.time > until) break;
    if (observed.kind === 'metrics-registered') names.set(`${observed.actor} ${observed.owner}`, [...(observed.from === 0 ? [] : (names.get(`${observed.actor} ${observed.owner}`) ?? [])), ...observed.names]);
    if (observed.kind !== 'metrics-sampled') continue;
    const at = observed.indices.indexOf((names.get(`${observed.actor} ${observed.owner}`) ?? []).indexOf(metric));
    if (at >= 0) current.set(observed.actor, observed.values[at]!);
    instants.set(observed.time, NAMES.map((name) => (name === first && observed.time >= 8 * SECOND ? undefined : current.get(name))));
  }
  return [...instants.values()];
}

const survivors = NAMES.filter((name) => name !== first);

describe('§8: metrics of the quorum', () => {
  test('there is never more than one active controller, and in the end there is one again', () => {
    const sums = samples(ACTIVE, Infinity).map((values) => values.reduce<number>((sum, value) => sum + (value ?? 0), 0));
    expect(Math.max(...sums)).toBe(1);
    expect(sums.at(-1)).toBe(1);
    expect(sums.filter((sum, i) => sum === 0 && sums[i - 1] === 1)).toHaveLength(1);
  });

  test('who is left agrees on a leader of a higher epoch', () => {
    const last = (metric: string): number[] => samples(`${QUORUM}${metric}`, Infinity).at(-1)!.filter((value) => value !== undefined).map(Number);
    const [epoch] = last('current-epoch');
    expect(last('current-epoch')).toEqual([epoch, epoch]);
    expect(epoch).toBeGreaterThan(Number(samples(`${QUORUM}current-epoch`, 7 * SECOND).at(-1)![0]));
    const leader = NAMES.indexOf(activations(run).at(-1)!);
    expect(survivors).toContain(NAMES[leader]);
    expect(last('current-leader')).toEqual([controllerId(leader), controllerId(leader)]);
    expect(last('number-of-voters')).toEqual([3, 3]);
  });

  test('who leads is a leader, who fetches from it a follower', () => {
    const LEADER = 5;
    const FOLLOWER = 4;
    const states = samples(`${QUORUM}current-state`, 7 * SECOND).at(-1)!;
    expect(states).toEqual(NAMES.map((name) => (name === first ? LEADER : FOLLOWER)));
    const next = activations(run).at(-1);
    expect(samples(`${QUORUM}current-state`, Infinity).at(-1)).toEqual(NAMES.map((name) => (name === first ? undefined : name === next ? LEADER : FOLLOWER)));
  });

  test('every controller hears who is active: each of the two, once', () => {
    const elected = `${OF_CONTROLLER}NewActiveControllersCount:Value`;
    expect(samples(elected, 7 * SECOND).at(-1)).toEqual([1, 1, 1]);
    expect(samples(elected, Infinity).at(-1)).toEqual(NAMES.map((name) => (name === first ? undefined : 2)));
  });

  test('nobody is far behind the metadata log, but while nobody writes it', () => {
    const lags = samples(`${OF_CONTROLLER}LastAppliedRecordLagMs:Value`, Infinity).slice(8).flatMap((values) => values.filter((value) => value !== undefined && value !== null));
    expect(Math.min(...lags)).toBeGreaterThanOrEqual(0);
    // The rest of a fetch timeout, and an election.
    expect(Math.max(...lags)).toBeGreaterThan(1_000);
    expect(samples(`${OF_CONTROLLER}LastAppliedRecordLagMs:Value`, Infinity).at(-1)!.filter((lag) => lag !== undefined && lag! < 1_000)).toHaveLength(2);
  });

  test('the active controller alone decides, and that takes a commit', () => {
    const processing = (attribute: string): unknown[] => samples(`kafka.controller:type=ControllerEventManager,name=EventQueueProcessingTimeMs:${attribute}`, 7 * SECOND).at(-1)!;
    expect(processing('Count').map((count) => Number(count) > 0)).toEqual(NAMES.map((name) => name === first));
    expect(Number(processing('Max')[NAMES.indexOf(first)])).toBeGreaterThan(1);
  });

  test('an election and a commit take their time', () => {
    const leader = NAMES.indexOf(activations(run).at(-1)!);
    const last = (metric: string): number => Number(samples(`${QUORUM}${metric}`, Infinity).at(-1)![leader]);
    // Two messages of half a millisecond at least each way, and a sync of the state.
    expect(last('election-latency-max')).toBeGreaterThan(1);
    expect(last('commit-latency-avg')).toBeGreaterThan(1);
    expect(last('commit-latency-max')).toBeLessThan(2_000);
    expect(last('log-end-offset')).toBeGreaterThanOrEqual(last('high-watermark'));
  });
});
