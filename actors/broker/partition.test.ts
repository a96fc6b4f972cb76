import { describe, expect, it, test } from 'vitest';
import { MILLISECOND, SECOND } from '../../runtime/index.ts';
import type { Signal } from '../../runtime/index.ts';
import type { PartitionRegistration } from '../metadata/metadata-image.ts';
import type { ProtocolVariant } from '../protocol-variant.ts';
import type { ErrorName } from '../protocol/errors.ts';
import { LAG_MS, PartitionBench } from '../testing/partition-bench.ts';
import { refusesFollower } from './fences.ts';

const noSignal: Signal = { notify: () => undefined, *wait() { yield* []; return true; } };

describe('appending', () => {
  test.each<[string, Partial<PartitionRegistration>, 'lead' | 'follow', number, ErrorName]>([
    ['a follower refuses, whatever acks says (LA-1)', {}, 'follow', 1, 'NOT_LEADER_OR_FOLLOWER'],
    ['acks=all with fewer in sync than min.insync.replicas is refused before it is appended (LA-2)', { isr: [0] }, 'lead', -1, 'NOT_ENOUGH_REPLICAS'],
    ['acks=1 is not (LA-2)', { isr: [0] }, 'lead', 1, 'NONE'],
    ['more than there are replicas cannot be asked for (LA-2)', { replicas: [0], isr: [0] }, 'lead', -1, 'NONE'],
  ])('%s', (_, change, role, acks, error) => {
    const bench = new PartitionBench();
    bench[role](change);
    expect(bench.append(acks)).toBe(error);
    expect(bench.partition.log.logEndOffset).toBe(error === 'NONE' ? 1 : 0);
  });

  it('a leader alone in sync commits at once (LA-4)', () => {
    const bench = new PartitionBench({}, 1).lead({ isr: [0] });
    bench.append();
    expect(bench.highWatermark).toBe(1);
  });

  it('wakes followers that wait for data; who waits for a commit waits on; after a failed append nobody is woken (LA-5)', () => {
    const bench = new PartitionBench().lead();
    const delayed = bench.partition.delayProduce(1, noSignal);
    const before = bench.fetchWakes;
    bench.append();
    expect(bench.fetchWakes).toBeGreaterThan(before);
    expect(delayed.error).toBeUndefined();
    const after = bench.fetchWakes;
    bench.run(bench.partition.append(new Uint8Array(3), 1));
    expect(bench.fetchWakes).toBe(after);
    bench.fetched(1, 1).fetched(2, 1);
    expect(delayed.error).toBe('NONE');
  });
});

describe('waiting for a commit (DP-1)', () => {
  it('until the high watermark has passed the record', () => {
    const bench = new PartitionBench().lead();
    bench.append();
    const delayed = bench.partition.delayProduce(1, noSignal);
    bench.fetched(1, 1);
    expect(delayed.error).toBeUndefined();
    bench.fetched(2, 1);
    expect(delayed.error).toBe('NONE');
  });

  it('committed, and then too few in sync: NOT_ENOUGH_REPLICAS_AFTER_APPEND', () => {
    const bench = new PartitionBench({ hwAdvancesUnderMinIsr: true }).lead();
    bench.append();
    const delayed = bench.partition.delayProduce(1, noSignal);
    bench.lead({ isr: [0], partitionEpoch: 10 });
    expect(delayed.error).toBe('NOT_ENOUGH_REPLICAS_AFTER_APPEND');
  });

  it('until the leadership is lost: all who wait are told at once (DP-4)', () => {
    const bench = new PartitionBench().lead();
    bench.append();
    const delayed = [bench.partition.delayProduce(1, noSignal), bench.partition.delayProduce(1, noSignal)];
    bench.follow({ leaderEpoch: 6, partitionEpoch: 10 });
    expect(delayed.map(({ error }) => error)).toEqual(['NOT_LEADER_OR_FOLLOWER', 'NOT_LEADER_OR_FOLLOWER']);
  });
});

describe('the high watermark', () => {
  it('is computed anew when a follower has more, when one leaves the in-sync set, when the leader appends, and as it takes office (HW-6)', () => {
    const bench = new PartitionBench().lead();
    bench.append();
    bench.append();
    bench.fetched(1, 1).fetched(2, 1);
    expect(bench.highWatermark).toBe(1);
    bench.fetched(1, 2);
    expect(bench.highWatermark).toBe(1);
    bench.lead({ isr: [0, 1], partitionEpoch: 10 });
    // 2 was caught up a moment ago, and might join again: it is waited for (HW-2).
    expect(bench.highWatermark).toBe(1);
    bench.register(2, 102, true);
    bench.lead({ isr: [0, 1], partitionEpoch: 11 });
    expect(bench.highWatermark).toBe(2);
    bench.lead({ isr: [0], replicas: [0], partitionEpoch: 12 });
    bench.append();
    expect(bench.highWatermark).toBe(3);
  });

  it('starts a leadership from what this replica knows, waits for in-sync members alone, and only grows (HW-3, HW-4)', () => {
    const bench = new PartitionBench().lead();
    bench.append();
    bench.follow({ leaderEpoch: 6, partitionEpoch: 10 });
    bench.lead({ leaderEpoch: 7, partitionEpoch: 11, isr: [0, 1] });
    expect(bench.highWatermark).toBe(0);
    bench.fetched(1, 1);
    expect(bench.highWatermark).toBe(1);
    bench.fetched(1, 0);
    expect(bench.highWatermark).toBe(1);
  });

  test.each([
    ['not beyond the end of its log', 9, 3],
    ['the leader’s', 2, 2],
    ['it may go back', 1, 1],
  ])('of a follower is the leader’s as far as its own log reaches (HW-5): %s', (_, leaders, expected) => {
    const bench = new PartitionBench({}, 1).lead({ replicas: [0], isr: [0] });
    for (let i = 0; i < 3; i += 1) bench.append();
    expect(bench.highWatermark).toBe(3);
    bench.follow({ leaderEpoch: 6, partitionEpoch: 10 });
    bench.run(bench.partition.appendAsFollower(new Uint8Array(0), leaders, 0));
    expect(bench.highWatermark).toBe(expected);
  });
});

describe('a change of the in-sync set', () => {
  /** 2 is out of sync and has caught up: it is proposed. */
  function expanding(): PartitionBench {
    const bench = new PartitionBench().lead({ isr: [0, 1] });
    bench.append();
    bench.fetched(2, 1);
    expect(bench.partition.pending).toMatchObject({ isr: [0, 1, 2], added: [2] });
    return bench;
  }

  /** 1 and 2 lag: they are dropped. */
  function shrinking(protocol: Partial<ProtocolVariant> = {}): PartitionBench {
    const bench = new PartitionBench(protocol, 1).lead();
    bench.append();
    bench.sleep((LAG_MS + 1) * MILLISECOND);
    bench.fetched(1, 1);
    bench.partition.tryShrink();
    expect(bench.partition.pending).toMatchObject({ isr: [0, 1], added: [] });
    return bench;
  }

  it('on its way: whoever is added counts for the high watermark, whoever is dropped counts still (AP-5)', () => {
    const growing = expanding();
    growing.append();
    growing.fetched(1, 2);
    expect(growing.partition.maximalIsr).toEqual([0, 1, 2]);
    expect(growing.highWatermark).toBe(1);
    expect(shrinking().partition.maximalIsr).toEqual([0, 1, 2]);
    expect(shrinking().highWatermark).toBe(0);
  });

  it('on its way, countsPendingShrink: whoever is dropped does not (B10)', () => {
    const bench = shrinking({ countsPendingShrink: true });
    expect(bench.partition.maximalIsr).toEqual([0, 1]);
    expect(bench.highWatermark).toBe(1);
  });

  it('on its way: there is no second one (FS-4, FS-5)', () => {
    const bench = expanding();
    bench.sleep((LAG_MS + 1) * MILLISECOND);
    bench.append();
    bench.partition.tryShrink();
    expect(bench.proposals).toBe(1);
  });

  test.each<[string, ErrorName, readonly number[], object, boolean, readonly number[], boolean]>([
    ['accepted: it is adopted', 'NONE', [0, 1, 2], {}, false, [0, 1, 2], false],
    ['accepted, of an older partition epoch: ignored', 'NONE', [0, 1, 2], { partitionEpoch: 8 }, false, [0, 1], true],
    ['accepted, of another leader epoch: ignored', 'NONE', [0, 1, 2], { leaderEpoch: 4 }, false, [0, 1], true],
    ['not attempted: back to what was', 'OPERATION_NOT_ATTEMPTED', [], {}, false, [0, 1], false],
    ['an ineligible replica: back to what was', 'INELIGIBLE_REPLICA', [], {}, false, [0, 1], false],
    ['a fenced leader: it stays pending until metadata comes', 'FENCED_LEADER_EPOCH', [], {}, false, [0, 1], true],
    ['an old partition epoch: the same', 'INVALID_UPDATE_VERSION', [], {}, false, [0, 1], true],
    ['an invalid request: the same', 'INVALID_REQUEST', [], {}, false, [0, 1], true],
    ['an unknown partition: the same', 'UNKNOWN_TOPIC_OR_PARTITION', [], {}, false, [0, 1], true],
    ['an unknown topic id: the same', 'UNKNOWN_TOPIC_ID', [], {}, false, [0, 1], true],
    ['another leader was elected by it: the same', 'NEW_LEADER_ELECTED', [], {}, false, [0, 1], true],
    ['a stale controller: it is sent again', 'NOT_CONTROLLER', [], {}, true, [0, 1], true],
    ['anything else: it is sent again', 'UNKNOWN_SERVER_ERROR', [], {}, true, [0, 1], true],
  ])('answered (AP-3): %s', (_, error, isr, change, isSentAgain, expected, isPending) => {
    const bench = expanding();
    expect(bench.answer(error, isr, change)).toBe(isSentAgain);
    expect(bench.partition.isr).toEqual(expected);
    expect(bench.partition.pending !== undefined).toBe(isPending);
  });

  it('overtaken by what the metadata log says: that counts, and the answer is ignored (AP-4)', () => {
    const bench = expanding();
    const proposal = bench.partition.pending!;
    bench.lead({ isr: [0], partitionEpoch: 11 });
    expect(bench.partition.pending).toBeUndefined();
    expect(bench.partition.answered(proposal, { partitionIndex: 0, errorCode: 0, leaderId: 0, leaderEpoch: 5, isr: [0, 1, 2], leaderRecoveryState: 0, partitionEpoch: 12 })).toBe(false);
    expect(bench.partition.isr).toEqual([0]);
  });

  it('stays pending under metadata that is older than what is known (ML-1)', () => {
    const bench = expanding();
    bench.lead({ isr: [0], partitionEpoch: 8 });
    expect(bench.partition).toMatchObject({ isr: [0, 1], pending: { added: [2] } });
  });

  test.each([
    ['with its broker epochs (KIP-903)', {}, [100, 101, 102]],
    ['before KIP-903 without (isrWithoutBrokerEpochs)', { isrWithoutBrokerEpochs: true }, [-1, -1, -1]],
  ])('is proposed %s', (_, protocol, epochs) => {
    const bench = new PartitionBench(protocol).lead({ isr: [0, 1] });
    for (const replica of [1, 2]) bench.fetched(replica, 0, epochs[0] === -1 ? -1 : 100 + replica);
    expect(bench.partition.pending?.isrWithEpochs).toEqual([0, 1, 2].map((brokerId, i) => ({ brokerId, brokerEpoch: epochs[i] })));
  });

  it('is proposed again as it was, though a member has come back without its log meanwhile: the controller must refuse it (AP-1, KIP-903)', () => {
    const bench = new PartitionBench().lead({ isr: [0, 1] });
    bench.append();
    bench.fetched(1, 1).fetched(2, 1);
    const proposed = bench.partition.pending;
    bench.register(2, 202);
    bench.fetched(2, 0, 202);
    expect(bench.answer('REQUEST_TIMED_OUT', [])).toBe(true);
    expect(bench.partition.pending).toBe(proposed);
    expect(proposed).toMatchObject({ isrWithEpochs: [{ brokerEpoch: 100 }, { brokerEpoch: 101 }, { brokerId: 2, brokerEpoch: 102 }], leaderEpoch: 5, partitionEpoch: 9 });
  });
});

describe('who joins the in-sync set (FS-5)', () => {
  /** A leader of epoch 6 that begins at offset 2, with high watermark 0; 2 is out of sync. */
  function newLeader(protocol: Partial<ProtocolVariant> = {}): PartitionBench {
    const bench = new PartitionBench(protocol).lead({ isr: [0, 1] });
    bench.append();
    bench.append();
    bench.follow({ leaderEpoch: 6, partitionEpoch: 10 });
    return bench.lead({ leaderEpoch: 7, partitionEpoch: 11, isr: [0, 1] });
  }

  test.each<[string, Partial<ProtocolVariant>, number, number, boolean]>([
    ['at the start of the leader’s epoch', {}, 2, 102, true],
    ['at the high watermark only: not yet', {}, 1, 102, false],
    ['isrExpandAtHw: at the high watermark already (KAFKA-7128)', { isrExpandAtHw: true }, 1, 102, true],
    ['not of an older broker epoch (HW-3)', {}, 2, 99, false],
    ['without a broker epoch it is not looked at (HW-3)', {}, 2, -1, true],
  ])('%s', (_, protocol, offset, brokerEpoch, joins) => {
    const bench = newLeader(protocol);
    bench.fetched(2, offset, brokerEpoch);
    expect(bench.partition.pending !== undefined).toBe(joins);
  });

  it('nobody who is fenced, or shutting down (HW-3)', () => {
    const bench = newLeader();
    bench.register(2, 102, true);
    bench.fetched(2, 2);
    expect(bench.partition.pending).toBeUndefined();
  });
});

test.each([
  [102, false],
  [101, true],
  [103, false],
  [-1, false],
])('FS-1: a follower that fetches with broker epoch %i where 102 is registered is refused: %s', (brokerEpoch, isRefused) => {
  expect(refusesFollower(new PartitionBench().image, 2, brokerEpoch)).toBe(isRefused);
});

describe('roles', () => {
  it('what is older than what is known is ignored (ML-1, ML-2)', () => {
    const bench = new PartitionBench().lead({ partitionEpoch: 9 });
    bench.follow({ partitionEpoch: 8, leaderEpoch: 4 });
    expect(bench.partition.isLeader).toBe(true);
    bench.follow({ partitionEpoch: 10, leaderEpoch: 6 });
    bench.lead({ partitionEpoch: 9 });
    expect(bench.partition).toMatchObject({ isLeader: false, leaderId: 1, leaderEpoch: 6 });
  });

  it('a leader begins its epoch at the end of its log, even with nothing appended; in the same epoch again it begins nothing (ML-1, LEC-2)', () => {
    const bench = new PartitionBench().lead();
    expect(bench.partition.log.epochs).toEqual([{ epoch: 5, startOffset: 0 }]);
    bench.append();
    bench.fetched(1, 1);
    bench.lead({ isr: [0, 1], partitionEpoch: 10 });
    expect(bench.partition.leaderEpochStartOffset).toBe(0);
    // What is known of the followers is kept: 1 has it all, and 2 is not waited for any more.
    expect(bench.highWatermark).toBe(1);
  });

  it('epochStartsAtFirstAppend: an epoch in which nothing is appended leaves no trace (KAFKA-7415)', () => {
    const bench = new PartitionBench({ epochStartsAtFirstAppend: true }).lead();
    expect(bench.partition.log.epochs).toEqual([]);
    bench.append();
    expect(bench.partition.log.epochs).toEqual([{ epoch: 5, startOffset: 0 }]);
  });

  it('a follower forgets what it knew of the others (ML-2, FS-2)', () => {
    const bench = new PartitionBench().lead();
    bench.append();
    bench.fetched(1, 1).fetched(2, 1);
    bench.follow({ leaderEpoch: 6, partitionEpoch: 10 });
    bench.lead({ leaderEpoch: 7, partitionEpoch: 11 });
    bench.append();
    expect(bench.highWatermark).toBe(1);
    bench.sleep(LAG_MS * 1_000 + 1);
    bench.partition.tryShrink();
    expect(bench.partition.pending).toMatchObject({ isr: [0] });
    bench.answer('OPERATION_NOT_ATTEMPTED', []);
    bench.fetched(1, 2);
    bench.partition.tryShrink();
    expect(bench.partition.pending?.isrWithEpochs).toEqual([{ brokerId: 0, brokerEpoch: 100 }, { brokerId: 1, brokerEpoch: 101 }]);
  });

  it('truncation=hw: a follower of another leader cuts its log at its high watermark as it becomes one (§1.10)', () => {
    const bench = new PartitionBench({ truncation: 'hw' }).lead();
    bench.append();
    bench.append();
    bench.fetched(1, 1).fetched(2, 1);
    bench.follow({ leaderEpoch: 6, partitionEpoch: 10 });
    expect(bench.partition.log.logEndOffset).toBe(1);
  });
});

test('FS-4: a silent follower is dropped once it has lagged for replica.lag.time.max.ms, and never while it has everything', () => {
  const bench = new PartitionBench().lead();
  bench.append();
  bench.fetched(1, 1).fetched(2, 1);
  bench.sleep(10 * LAG_MS * MILLISECOND);
  bench.partition.tryShrink();
  expect(bench.proposals).toBe(0);
  bench.append();
  bench.fetched(1, 2);
  bench.sleep(SECOND);
  bench.partition.tryShrink();
  expect(bench.partition.pending).toMatchObject({ isr: [0, 1], added: [] });
});
