import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NO_LEADER } from '../metadata/metadata-image.ts';
import type { PartitionRegistration } from '../metadata/metadata-image.ts';
import { ELECTION_TYPE } from '../protocol/admin-messages.ts';
import { API_KEYS } from '../protocol/messages.ts';
import { TestController } from '../testing/controller-state.ts';
import { fence } from './broker-control.ts';
import { electLeaders, electUncleanLeaders } from './leader-control.ts';
import { alterPartition } from './partition-control.ts';
import { alterPartitionReassignments } from './reassignment-control.ts';

const BROKERS = [0, 1, 2, 3];
const broker = fc.constantFrom(...BROKERS);

const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('fence' as const), broker }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('heartbeat' as const), broker, wantShutDown: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('restart' as const), broker, isClean: fc.boolean() }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('alter' as const), isr: fc.subarray(BROKERS) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('elect' as const), type: fc.constantFrom('preferred' as const, 'unclean' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('reassign' as const), replicas: fc.option(fc.shuffledSubarray(BROKERS, { minLength: 1 })) }) },
  fc.record({ do: fc.constant('sweep' as const) }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function take(controller: TestController, next: Step, incarnation: number): void {
  const { state } = controller;
  switch (next.do) {
    case 'fence':
      if (!state.image.brokers.get(next.broker)!.fenced) fence(state, next.broker);
      break;
    case 'heartbeat':
      controller.heartbeat(next.broker, { wantShutDown: next.wantShutDown });
      break;
    case 'restart':
      // Its session is over.
      controller.now += 60_000_000;
      controller.register(next.broker, `${next.broker}-${incarnation}`, next.isClean ? controller.epochOf(next.broker) : -1);
      break;
    case 'alter': {
      const { leader, leaderEpoch, partitionEpoch } = controller.orders;
      const newIsrWithEpochs = next.isr.map((brokerId) => ({ brokerId, brokerEpoch: controller.epochOf(brokerId) }));
      const partitions = [{ partitionIndex: 0, leaderEpoch, newIsrWithEpochs, leaderRecoveryState: 0, partitionEpoch }];
      alterPartition(state, { apiKey: API_KEYS.AlterPartition, brokerId: leader, brokerEpoch: controller.epochOf(leader), topics: [{ topicId: controller.topicId, partitions }] });
      break;
    }
    case 'elect':
      electLeaders(state, { apiKey: API_KEYS.ElectLeaders, clientId: null, electionType: ELECTION_TYPE[next.type], topicPartitions: null, timeoutMs: 0 });
      break;
    case 'reassign':
      alterPartitionReassignments(state, { apiKey: API_KEYS.AlterPartitionReassignments, clientId: null, timeoutMs: 0, topics: [{ name: 'orders', partitions: [{ partitionIndex: 0, replicas: next.replicas }] }] });
      break;
    case 'sweep':
      electUncleanLeaders(state);
      break;
  }
}

/** What always holds of a partition (W5, W6). */
function check(controller: TestController, before: PartitionRegistration): void {
  const { replicas, isr, elr, lastKnownElr, leader, leaderEpoch, partitionEpoch, addingReplicas, removingReplicas } = controller.orders;
  const { eligibleLeaderReplicas } = controller.state.options.protocol;
  expect(replicas.length).toBeGreaterThan(0);
  expect(new Set(replicas).size).toBe(replicas.length);
  expect(isr.every((replica) => replicas.includes(replica))).toBe(true);
  expect(elr.every((replica) => replicas.includes(replica) && !isr.includes(replica))).toBe(true);
  expect([...addingReplicas, ...removingReplicas].every((replica) => replicas.includes(replica))).toBe(true);
  expect(leader === NO_LEADER || isr.includes(leader)).toBe(true);
  // Nobody leads while somebody could.
  if (leader === NO_LEADER) expect(isr.some(controller.state.isActive)).toBe(false);
  else expect(controller.state.isActive(leader)).toBe(true);
  expect(leader === NO_LEADER || lastKnownElr.length === 0).toBe(true);
  if (eligibleLeaderReplicas) {
    if (isr.length >= Math.min(2, replicas.length)) expect(elr).toEqual([]);
  } else {
    expect(isr.length).toBeGreaterThan(0);
    expect([elr, lastKnownElr]).toEqual([[], []]);
  }
  expect(leaderEpoch).toBeGreaterThanOrEqual(before.leaderEpoch);
  expect(partitionEpoch).toBeGreaterThanOrEqual(before.partitionEpoch);
  // One leader per leader epoch.
  if (leaderEpoch === before.leaderEpoch) expect(leader).toBe(before.leader);
}

describe.each([
  ['with eligible leader replicas (EL-6)', true, false],
  ['with eligible leader replicas and unclean elections (EL-2)', true, true],
  ['without eligible leader replicas (EL-5)', false, false],
  ['without eligible leader replicas and with unclean elections (EL-2)', false, true],
])('whatever happens to brokers, %s', (_, eligibleLeaderReplicas, unclean) => {
  test('sets, leaders and epochs stay in order (AP-5, EL-1 to EL-14)', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), (steps) => {
        const controller = new TestController({ 'unclean.leader.election.enable': unclean }, { eligibleLeaderReplicas }).withOrders();
        controller.register(3);
        controller.heartbeat(3);
        steps.forEach((next, i) => {
          const before = controller.orders;
          take(controller, next, i);
          check(controller, before);
        });
      }),
      { numRuns: 300 },
    );
  });
});
