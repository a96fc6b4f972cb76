import { describe, expect, test } from 'vitest';
import { ERRORS, NONE } from '../protocol/errors.ts';
import { API_KEYS } from '../protocol/messages.ts';
import type { AlterPartitionResponse } from '../protocol/messages.ts';
import { TestController } from '../testing/controller-state.ts';
import { alterPartition } from './partition-control.ts';

interface Wish {
  readonly brokerEpoch?: number;
  readonly topicId?: string;
  readonly isr: readonly number[];
}

/** Broker 0, which leads, wishes for an in-sync set. */
function alter(controller: TestController, { brokerEpoch = controller.epochOf(0), topicId = controller.topicId, isr }: Wish): AlterPartitionResponse {
  const { leaderEpoch, partitionEpoch } = controller.orders;
  const newIsrWithEpochs = isr.map((brokerId) => ({ brokerId, brokerEpoch: controller.epochOf(brokerId) }));
  const partitions = [{ partitionIndex: 0, leaderEpoch, newIsrWithEpochs, leaderRecoveryState: 0, partitionEpoch }];
  return alterPartition(controller.state, { apiKey: API_KEYS.AlterPartition, brokerId: 0, brokerEpoch, topics: [{ topicId, partitions }] });
}

describe('AlterPartition (AP-1, AP-2)', () => {
  test('what is accepted is one record and one partition epoch more', () => {
    const controller = new TestController().withOrders();
    expect(alter(controller, { isr: [0, 2] })).toMatchObject({ errorCode: NONE, topics: [{ partitions: [{ errorCode: NONE, leaderId: 0, leaderEpoch: 0, isr: [0, 2], partitionEpoch: 1 }] }] });
    expect(controller.records.at(-1)).toMatchObject({ type: 'PartitionChange', isr: [0, 2] });
  });

  test('a wish for what is so is answered with what is so, without a record', () => {
    const controller = new TestController().withOrders();
    const { length } = controller.records;
    expect(alter(controller, { isr: [0, 1, 2] }).topics[0]!.partitions[0]).toMatchObject({ errorCode: NONE, isr: [0, 1, 2], partitionEpoch: 0 });
    expect(controller.records).toHaveLength(length);
  });

  test('a broker of another epoch is refused as a whole, before anything else is looked at', () => {
    expect(alter(new TestController().withOrders(), { brokerEpoch: 99, topicId: 'none', isr: [0] })).toEqual({ errorCode: ERRORS.STALE_BROKER_EPOCH.code, topics: [] });
  });

  test('a topic of the same name but another id is not that topic', () => {
    expect(alter(new TestController().withOrders(), { topicId: 'none', isr: [0] }).topics[0]!.partitions[0]!.errorCode).toBe(ERRORS.UNKNOWN_TOPIC_ID.code);
  });

  test('whoever completes a reassignment that takes the leadership from it is told that another leads (EL-14)', () => {
    const controller = new TestController().withOrders();
    alter(controller, { isr: [0] });
    controller.state.change({ topic: 'orders', partition: 0 }, { replicas: [1, 2, 0], removingReplicas: [0] });
    expect(controller.orders).toMatchObject({ leader: 0, removingReplicas: [0] });
    expect(alter(controller, { isr: [0, 1, 2] }).topics[0]!.partitions[0]!.errorCode).toBe(ERRORS.NEW_LEADER_ELECTED.code);
    expect(controller.orders).toMatchObject({ leader: 1, replicas: [1, 2], isr: [1, 2], leaderEpoch: 1, removingReplicas: [] });
  });
});
