import { describe, expect, test } from 'vitest';
import type { TimedFault } from '../../runtime/faults/plan.ts';
import { SECOND } from '../../runtime/index.ts';
import { brokerName, controllerName } from '../client/bootstrap.ts';
import { Meter } from '../metrics/meter.ts';
import type { PartitionDelta, PartitionRegistration } from '../metadata/metadata-image.ts';
import { API_KEYS } from '../protocol/messages.ts';
import type { CreateTopicsRequest, CreateTopicsResponse } from '../protocol/messages.ts';
import { runCluster } from '../testing/cluster.ts';
import type { ClusterRun } from '../testing/cluster.ts';
import { lastMetric, metricValues } from '../testing/metrics.ts';
import { ofKind, produceTo } from '../testing/requests.ts';
import { CommittedElections } from './committed-elections.ts';

const UNCLEAN = 'kafka.controller:type=ControllerStats,name=UncleanLeaderElectionsPerSec:Count';
const FROM_ELR = 'kafka.controller:type=ControllerStats,name=ElectionFromEligibleLeaderReplicasPerSec:Count';

const IN_SYNC: PartitionRegistration = { replicas: [0, 1, 2], isr: [0, 1], elr: [2], lastKnownElr: [], addingReplicas: [], removingReplicas: [], leader: 0, leaderEpoch: 0, partitionEpoch: 0, leaderRecoveryState: 0 };
const LED_BY_1: PartitionRegistration = { ...IN_SYNC, isr: [1], leader: 1 };
const NOT_ELIGIBLE: PartitionRegistration = { ...LED_BY_1, elr: [] };
const LED_BY_2: PartitionRegistration = { ...LED_BY_1, isr: [2], elr: [], leader: 2 };

function delta(offset: number, before: PartitionRegistration | undefined, after: PartitionRegistration | undefined, partition = 0): PartitionDelta {
  return { topic: 'orders', partition, offset, before, after };
}

/** Unclean elections, and those from eligible leader replicas, of a process that has caught up to offset 0. */
function counted(script: (elections: CommittedElections) => void): readonly [unclean: number, fromElr: number] {
  const meters = [new Meter(0), new Meter(0)] as const;
  const elections = new CommittedElections(...meters);
  elections.beginAt(0);
  script(elections);
  return [meters[0].count, meters[1].count];
}

describe('§8: elections are counted by what is committed', () => {
  test.each([
    ['from the in-sync set', [delta(0, IN_SYNC, LED_BY_1)], [0, 0]],
    ['from the eligible ones', [delta(0, LED_BY_1, LED_BY_2)], [0, 1]],
    ['from neither', [delta(0, NOT_ELIGIBLE, LED_BY_2)], [1, 0]],
    ['of several partitions', [delta(0, NOT_ELIGIBLE, LED_BY_2), delta(1, NOT_ELIGIBLE, LED_BY_2, 1)], [2, 0]],
    ['nobody leads', [delta(0, NOT_ELIGIBLE, { ...NOT_ELIGIBLE, leader: -1 })], [0, 0]],
    ['a new partition', [delta(0, undefined, LED_BY_1), delta(1, LED_BY_1, LED_BY_2)], [0, 0]],
    ['a partition that goes', [delta(0, NOT_ELIGIBLE, LED_BY_2), delta(1, LED_BY_2, undefined)], [0, 0]],
    ['two in one change are one', [delta(0, NOT_ELIGIBLE, LED_BY_2), delta(1, LED_BY_2, { ...LED_BY_2, isr: [0], leader: 0 })], [1, 0]],
  ] as const)('%s', (_, deltas, expected) => {
    expect(counted((elections) => {
      elections.note(deltas);
      elections.committed(10);
    })).toEqual(expected);
  });

  test('a proposal counts when it is committed, and not before', () => {
    expect(counted((elections) => {
      elections.note([delta(4, NOT_ELIGIBLE, LED_BY_2)]);
      elections.committed(4);
    })).toEqual([0, 0]);
    expect(counted((elections) => {
      elections.note([delta(4, NOT_ELIGIBLE, LED_BY_2)]);
      elections.committed(4);
      elections.committed(5);
    })).toEqual([1, 0]);
  });

  test('one that is never committed is not counted', () => {
    expect(counted((elections) => {
      elections.note([delta(4, NOT_ELIGIBLE, LED_BY_2)]);
      elections.forgetProposed();
      elections.note([delta(4, NOT_ELIGIBLE, NOT_ELIGIBLE)]);
      elections.committed(10);
    })).toEqual([0, 0]);
  });

  test('what is read again after a resignation is not counted again', () => {
    expect(counted((elections) => {
      elections.note([delta(4, NOT_ELIGIBLE, LED_BY_2)]);
      elections.committed(5);
      elections.forgetProposed();
      elections.note([delta(4, NOT_ELIGIBLE, LED_BY_2)]);
      elections.committed(5);
    })).toEqual([1, 0]);
  });

  test('what a process finds when it starts is history', () => {
    const meter = new Meter(0);
    const elections = new CommittedElections(meter, meter);
    elections.note([delta(4, NOT_ELIGIBLE, LED_BY_2)]);
    elections.committed(5);
    elections.beginAt(5);
    elections.committed(10);
    expect(meter.count).toBe(0);
  });
});

const CONTROLLERS = [0, 1, 2].map((node) => controllerName(node));
const LEADER = brokerName(0);
const OF_CONTROLLER = 'kafka.controller:type=KafkaController,name=';
const OFTEN = { 'broker.heartbeat.interval.ms': 200, 'broker.session.timeout.ms': 1_000 };

/** The follower of `orders-0` falls behind and leaves the in-sync set, so that whoever takes over from its leader is elected uncleanly. */
function withFollowerBehind(endsAt: number, faults: readonly TimedFault[] = []): ClusterRun {
  const configs = [{ name: 'unclean.leader.election.enable', value: 'true' }];
  const request: CreateTopicsRequest = { apiKey: API_KEYS.CreateTopics, clientId: 'test', topics: [{ name: 'orders', numPartitions: -1, replicationFactor: -1, assignments: [{ partitionIndex: 0, brokerIds: [0, 1] }], configs }] };
  return runCluster({
    controllers: 3,
    config: { ...OFTEN, 'replica.lag.time.max.ms': 2_000, 'replica.socket.timeout.ms': 2_000 },
    metricsIntervalUs: SECOND / 20,
    faults: [{ id: 'cut', kind: 'partition', at: 5 * SECOND, for: 60 * SECOND, target: { between: [brokerName(1)], and: [LEADER] } }, ...faults],
    scripts: {
      *client(context) {
        yield* context.sleep(3 * SECOND);
        const connection = yield* context.connect(brokerName(2), SECOND);
        const { topics }: CreateTopicsResponse = yield* connection.call(request, SECOND);
        expect(topics[0]!.errorCode).toBe(0);
        yield* context.sleep(6 * SECOND - context.now);
        const leader = yield* context.connect(LEADER, SECOND);
        expect(yield* produceTo(leader, 1)).toMatchObject({ errorCode: 0 });
        yield* context.sleep(endsAt - context.now);
      },
    },
  });
}

describe('§8: every controller counts them', () => {
  const death: TimedFault = { id: 'death', kind: 'crash', at: 12 * SECOND, for: 60 * SECOND, target: { actor: LEADER } };

  test('standbys, too; one that starts later counts no history', () => {
    const run = withFollowerBehind(25 * SECOND, [death, { id: 'controller', kind: 'crash', at: 18 * SECOND, for: 3 * SECOND, target: { actor: CONTROLLERS[0]! } }]);
    expect(ofKind(run, 'partition-changed').filter(({ isUnclean }) => isUnclean).map(({ leader }) => leader)).toContain(1);
    expect(CONTROLLERS.map((name) => lastMetric(run, name, UNCLEAN, 17 * SECOND))).toEqual([1, 1, 1]);
    expect(CONTROLLERS.map((name) => lastMetric(run, name, UNCLEAN))).toEqual([0, 1, 1]);
    expect(CONTROLLERS.map((name) => lastMetric(run, name, FROM_ELR))).toEqual([0, 0, 0]);
  });

  test('an election that a controller proposes when nobody hears it any more is none; that of its successor is', () => {
    const active = ofKind(withFollowerBehind(10 * SECOND), 'controller-activated')[0]!.actor;
    const others = CONTROLLERS.filter((name) => name !== active);
    const alone: TimedFault = { id: 'alone', kind: 'partition', at: 12.5 * SECOND, for: 7.5 * SECOND, target: { between: [active], and: [...others, brokerName(1), brokerName(2)] } };
    const run = withFollowerBehind(25 * SECOND, [death, alone]);
    // What it proposes it believes: `orders-0` has a leader, who is not its first replica.
    const believed = metricValues(run, active, `${OF_CONTROLLER}PreferredReplicaImbalanceCount:Value`, 13.3 * SECOND);
    expect(believed.at(-1)).toBe(1);
    expect(metricValues(run, active, `${OF_CONTROLLER}OfflinePartitionsCount:Value`, 13.3 * SECOND)).not.toContain(1);
    expect(lastMetric(run, active, UNCLEAN, 19 * SECOND)).toBe(0);
    expect(others.map((name) => lastMetric(run, name, UNCLEAN, 19 * SECOND))).toEqual([1, 1]);
    expect(CONTROLLERS.map((name) => lastMetric(run, name, UNCLEAN))).toEqual([1, 1, 1]);
  });
});
