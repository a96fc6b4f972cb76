import { describe, expect, it } from 'vitest';
import { acked, appended, booted, elected, inShort, leads, opened, restarted, sent, stopped, truncated, verdictOf, watermark, written } from '../testing/trace.ts';
import type { Case } from '../testing/trace.ts';
import { POWER_LOSS_OF_LAST_REPLICA, POWER_LOSS_OF_MEMBER, UNCLEAN_ELECTION } from './attribution.ts';
import { createCommittedChecker } from './committed.ts';

const sentToLeader = [sent('p1-0'), appended(1, 5, 0, true)];
const onBoth = [...sentToLeader, appended(2, 5, 0)];
const PREMATURE_COMMIT = 'premature-commit (7.1-committed, safety)';
const PREMATURE_ACK = 'premature-ack (7.1-committed, safety)';

const cases: readonly Case[] = [
  { what: 'a clean run', trace: [booted, written('p1-0', 0), written('p1-1', 1)], finds: [] },
  { what: 'acks=all answered before the high watermark moved', trace: [booted, onBoth, appended(3, 5, 0), acked('p1-0', 0), watermark(1, 5, 1)], finds: [PREMATURE_ACK] },
  { what: 'acks=all answered at a high watermark that does not reach beyond the record', trace: [booted, written('p1-0', 0), sent('p1-1'), appended(1, 5, 1, true), acked('p1-1', 1)], finds: [PREMATURE_ACK] },
  { what: 'acks=1 answered before the high watermark moved', trace: [booted, sent('p2-0', 1), appended(1, 5, 0, true), acked('p2-0', 0, 1)], finds: [] },
  { what: 'a high watermark that one member has not reached', trace: [booted, onBoth, watermark(1, 5, 1), acked('p1-0', 0)], finds: [PREMATURE_COMMIT] },
  { what: 'the same, at every step of the high watermark: said once', trace: [booted, onBoth, watermark(1, 5, 1), appended(1, 5, 1, true), appended(2, 5, 1), watermark(1, 5, 2)], finds: [PREMATURE_COMMIT] },
    { what: 'a replica that lags and is not in sync', trace: [booted, elected(1, 5, [1, 2]), onBoth, watermark(1, 5, 1), acked('p1-0', 0)], finds: [] },
  { what: 'HW-1: a high watermark that moves with fewer in sync than min.insync.replicas', trace: [booted, elected(1, 5, [1]), sentToLeader, watermark(1, 5, 1, [1])], finds: ['commit-under-min-isr (7.3.3-minisr, safety)'] },
  { what: 'HW-1: with just as many', trace: [booted, elected(1, 5, [1, 2]), onBoth, watermark(1, 5, 1, [1, 2])], finds: [] },
  { what: 'a replica of which nothing was seen', trace: [elected(1, 5, [1, 2]), leads(1, 5, 0), sentToLeader, watermark(1, 5, 1), acked('p1-0', 0)], finds: [] },
    { what: 'a follower that cuts off what is not committed', trace: [booted, written('p1-0', 0), appended(3, 5, 1), elected(2, 6), leads(2, 6, 1), truncated(3, 6, 1, 2), written('p1-1', 1, 2, 6, [1, 3])], finds: [] },
  { what: 'a follower that cuts off what is committed', trace: [booted, written('p1-0', 0), elected(2, 6), leads(2, 6, 1), truncated(3, 6, 0, 1), appended(2, 6, 1, true), watermark(2, 6, 2)], finds: [PREMATURE_COMMIT, PREMATURE_COMMIT] },
  { what: 'a member that lost power and is back, shorter, before the controller noticed', trace: [booted, written('p1-0', 0), stopped('broker-3', 'power-loss'), restarted('broker-3'), opened(3, 0, -1), leads(2, 6, 1)], finds: [`${PREMATURE_COMMIT} by design: ${POWER_LOSS_OF_MEMBER}`] },
  { what: 'a member that crashed and is back, shorter: its page cache should have been there', trace: [booted, written('p1-0', 0), stopped('broker-3', 'crash'), restarted('broker-3'), opened(3, 0, -1), leads(2, 6, 1)], finds: [PREMATURE_COMMIT] },
  { what: 'a high watermark beyond what a member ever had, which lost power besides', trace: [booted, written('p1-0', 0), stopped('broker-3', 'power-loss'), restarted('broker-3'), opened(3, 0, -1), appended(1, 5, 1, true), appended(2, 5, 1), watermark(1, 5, 2)], finds: [PREMATURE_COMMIT] },
  {
    what: 'a leader that does not know of the unclean election that deposed it',
    trace: [booted, elected(1, 5, [1]), sentToLeader, elected(2, 6, [2], true), leads(2, 6, 0, 0, [2]), watermark(1, 5, 1)],
    finds: [`${PREMATURE_COMMIT} by design: ${UNCLEAN_ELECTION}`],
  },
  {
    what: 'a leader that does not know that the partition has lost its end since',
    trace: [
      booted, written('p1-0', 0), appended(1, 5, 1, true), appended(2, 5, 1), appended(3, 5, 1), elected(2, 6, [2, 3]), elected(2, 6, [2]), stopped('broker-2', 'power-loss'), restarted('broker-2'), elected(2, 7, [2]),
      opened(2, 1, 5), leads(2, 7, 1, 1, [2]), watermark(1, 5, 2),
    ],
    finds: [`${PREMATURE_COMMIT} by design: ${POWER_LOSS_OF_LAST_REPLICA}`],
  },
];

describe('committed: in the log of every in-sync replica before anybody says so', () => {
  it.each(cases)('$what: $finds', ({ trace, finds }) => {
    expect(verdictOf(createCommittedChecker, trace).map(inShort)).toEqual(finds);
  });

  it('says what was promised and what was found', () => {
    const [anomaly] = verdictOf(createCommittedChecker, [booted, onBoth, watermark(1, 5, 1)]);
    expect(anomaly?.detail).toMatchInlineSnapshot(`
      "broker 1 held all of orders-0 below offset 1 for committed at 00:00.009 (leader epoch 5).
      broker 3 may be elected (in-sync set [1, 2, 3]), and is without offset 0: its log ends at 0."
    `);
  });
});
