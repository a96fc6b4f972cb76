import { describe, expect, test } from 'vitest';
import { ERRORS } from '../protocol/errors.ts';
import type { ErrorName } from '../protocol/errors.ts';
import type { AlterPartitionResponse } from '../protocol/messages.ts';
import { InSyncSet } from './in-sync-set.ts';

type Answer = AlterPartitionResponse['topics'][number]['partitions'][number];

const LEADER_EPOCH = 5;
const PARTITION_EPOCH = 9;
const EPOCHS = { isrWithEpochs: [], leaderEpoch: LEADER_EPOCH, partitionEpoch: PARTITION_EPOCH };
const WISH = { isr: [0, 1, 2], added: [2], ...EPOCHS };

/** 0 and 1 are in sync, and the leader wishes to take 2 in. */
function withWish(): InSyncSet {
  const inSync = new InSyncSet({ countsPendingShrink: false });
  inSync.adopt([0, 1]);
  inSync.propose(WISH);
  return inSync;
}

function answer(error: ErrorName, change: Partial<Answer> = {}): Answer {
  return { partitionIndex: 0, errorCode: ERRORS[error].code, leaderId: 0, leaderEpoch: LEADER_EPOCH, isr: [0, 1, 2], leaderRecoveryState: 0, partitionEpoch: PARTITION_EPOCH + 1, ...change };
}

describe('the controller answers a leader that wishes for another in-sync set (AP-3)', () => {
  const answered = (inSync: InSyncSet, of: Answer): string => inSync.answered(WISH, of, LEADER_EPOCH, PARTITION_EPOCH);

  test('granted: it counts', () => {
    const inSync = withWish();
    expect(answered(inSync, answer('NONE'))).toBe('granted');
    expect(inSync).toMatchObject({ committed: [0, 1, 2], pending: undefined, maximal: [0, 1, 2] });
  });

  test.each<ErrorName>(['INELIGIBLE_REPLICA', 'OPERATION_NOT_ATTEMPTED'])('%s: back to what was', (error) => {
    const inSync = withWish();
    expect(answered(inSync, answer(error))).toBe('dropped');
    expect(inSync).toMatchObject({ committed: [0, 1], pending: undefined, maximal: [0, 1] });
  });

  test.each<ErrorName>(['UNKNOWN_TOPIC_OR_PARTITION', 'UNKNOWN_TOPIC_ID', 'FENCED_LEADER_EPOCH', 'INVALID_UPDATE_VERSION', 'INVALID_REQUEST', 'NEW_LEADER_ELECTED'])('%s: it stays pending, and is not asked for again', (error) => {
    const inSync = withWish();
    expect(answered(inSync, answer(error))).toBe('waits');
    // AP-5: whoever the controller may have taken in is waited for.
    expect(inSync).toMatchObject({ committed: [0, 1], pending: WISH, maximal: [0, 1, 2] });
  });

  test.each<ErrorName>(['NOT_CONTROLLER', 'UNKNOWN_SERVER_ERROR'])('%s: it is asked for again', (error) => {
    const inSync = withWish();
    expect(answered(inSync, answer(error))).toBe('again');
    expect(inSync.pending).toBe(WISH);
  });

  test.each<[string, Partial<Answer>]>([
    ['another leader epoch', { leaderEpoch: 6 }],
    ['an older partition epoch', { partitionEpoch: PARTITION_EPOCH - 1 }],
  ])('of %s: it says nothing', (_, change) => {
    const inSync = withWish();
    expect(answered(inSync, answer('NONE', change))).toBe('stale');
    expect(inSync).toMatchObject({ committed: [0, 1], pending: WISH });
  });

  test('after the metadata log has: it says nothing (AP-4)', () => {
    const inSync = withWish();
    inSync.adopt([0]);
    expect(inSync).toMatchObject({ committed: [0], pending: undefined, maximal: [0] });
    expect(answered(inSync, answer('NONE'))).toBe('stale');
    expect(inSync.committed).toEqual([0]);
  });
});

test.each([
  [false, [0, 1, 2]],
  [true, [0, 1]],
])('whoever is to leave counts until the controller has said so (AP-5), with countsPendingShrink=%s: %j (B10)', (countsPendingShrink, maximal) => {
  const inSync = new InSyncSet({ countsPendingShrink });
  inSync.adopt([0, 1, 2]);
  inSync.propose({ isr: [0, 1], added: [], ...EPOCHS });
  expect(inSync.maximal).toEqual(maximal);
  inSync.withdraw();
  expect(inSync.maximal).toEqual([0, 1, 2]);
});
