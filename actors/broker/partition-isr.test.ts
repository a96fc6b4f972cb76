import { describe, expect, test } from 'vitest';
import type { ActorContext, Task } from '../../runtime/index.ts';
import { runTask } from '../../runtime/testing/run-task.ts';
import { done } from '../../runtime/task.ts';
import type { ManagedLog } from './log-manager.ts';
import { MetadataImage } from '../metadata/metadata-image.ts';
import { BROKER_CONFIG } from '../config/broker-config.ts';
import { parseConfig } from '../config/config-definition.ts';
import { PROTOCOL_DEFINITION } from '../protocol-variant.ts';
import { ERRORS } from '../protocol/errors.ts';
import type { ErrorName } from '../protocol/errors.ts';
import type { AlterPartitionResponse } from '../protocol/messages.ts';
import { partition as registration } from '../testing/partition.ts';
import { BROKER_COSTS } from './broker-options.ts';
import { Partition } from './partition.ts';
import type { PendingIsr } from './partition.ts';

type Answer = AlterPartitionResponse['topics'][number]['partitions'][number];

/** Broker 0 leads `orders-0`, with 0 and 1 in sync at partition epoch 9, and wishes to take 2 in. */
function leaderWithWish(): { partition: Partition; wish: PendingIsr } {
  const log = { logStartOffset: 0, logEndOffset: 10, highWatermark: 10, latestEpoch: 5, assignEpochStart: () => done(undefined) };
  const lock = { hold: <T>(task: Task<T>) => task };
  const context = { now: 0, observe: () => undefined, signal: () => ({ notify: () => undefined }) } as unknown as ActorContext;
  const options = { brokerId: 0, controllers: [0], config: parseConfig(BROKER_CONFIG, {}), costs: BROKER_COSTS, protocol: parseConfig(PROTOCOL_DEFINITION, {}), planted: {} };
  const partition = new Partition('orders', 'id', 0, { log, lock } as unknown as ManagedLog, { context, options, image: new MetadataImage(), proposed: () => undefined });
  runTask(partition.makeLeader(registration({ isr: [0, 1] })));
  const wish = { isr: [0, 1, 2], added: [2] };
  partition.pending = wish;
  return { partition, wish };
}

function answer(error: ErrorName, change: Partial<Answer> = {}): Answer {
  return { partitionIndex: 0, errorCode: ERRORS[error].code, leaderId: 0, leaderEpoch: 5, isr: [0, 1, 2], leaderRecoveryState: 0, partitionEpoch: 10, ...change };
}

describe('the controller answers a leader that wishes for another in-sync set (AP-3)', () => {
  test('granted: it counts', () => {
    const { partition, wish } = leaderWithWish();
    expect(partition.answered(wish, answer('NONE'))).toBe(false);
    expect(partition).toMatchObject({ isr: [0, 1, 2], partitionEpoch: 10, pending: undefined });
  });

  test.each<ErrorName>(['INELIGIBLE_REPLICA', 'OPERATION_NOT_ATTEMPTED'])('%s: back to what was', (error) => {
    const { partition, wish } = leaderWithWish();
    expect(partition.answered(wish, answer(error))).toBe(false);
    expect(partition).toMatchObject({ isr: [0, 1], partitionEpoch: 9, pending: undefined });
  });

  test.each<ErrorName>(['UNKNOWN_TOPIC_OR_PARTITION', 'UNKNOWN_TOPIC_ID', 'FENCED_LEADER_EPOCH', 'INVALID_UPDATE_VERSION', 'INVALID_REQUEST', 'NEW_LEADER_ELECTED'])('%s: it stays pending, and is not asked for again', (error) => {
    const { partition, wish } = leaderWithWish();
    expect(partition.answered(wish, answer(error))).toBe(false);
    expect(partition).toMatchObject({ isr: [0, 1], pending: wish });
    // AP-5: whoever the controller may have taken in is waited for.
    expect(partition.maximalIsr).toEqual([0, 1, 2]);
  });

  test.each<ErrorName>(['NOT_CONTROLLER', 'UNKNOWN_SERVER_ERROR'])('%s: it is asked for again', (error) => {
    const { partition, wish } = leaderWithWish();
    expect(partition.answered(wish, answer(error))).toBe(true);
    expect(partition.pending).toBe(wish);
  });

  test('an answer of another leader epoch, or of an older partition epoch, says nothing', () => {
    for (const stale of [answer('NONE', { leaderEpoch: 6 }), answer('NONE', { partitionEpoch: 8 })]) {
      const { partition, wish } = leaderWithWish();
      expect(partition.answered(wish, stale)).toBe(false);
      expect(partition).toMatchObject({ isr: [0, 1], partitionEpoch: 9 });
    }
  });
});

describe('the metadata log overtakes the answer (AP-4)', () => {
  test.each([
    ['as new as what is known', 9],
    ['newer', 12],
  ])('%s: it counts, and what was pending does not', (_, partitionEpoch) => {
    const { partition, wish } = leaderWithWish();
    runTask(partition.makeLeader(registration({ isr: [0], partitionEpoch })));
    expect(partition).toMatchObject({ isr: [0], partitionEpoch, pending: undefined });
    expect(partition.answered(wish, answer('NONE'))).toBe(false);
    expect(partition.isr).toEqual([0]);
  });

  test('older: it is ignored (ML-1)', () => {
    const { partition, wish } = leaderWithWish();
    runTask(partition.makeLeader(registration({ isr: [0], partitionEpoch: 8 })));
    expect(partition).toMatchObject({ isr: [0, 1], pending: wish });
  });
});
