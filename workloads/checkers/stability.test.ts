import { describe, expect, it } from 'vitest';
import { ENDED, appended, booted, changed, elected, fetched, inShort, leads, opened, polled, promisesWithElr, recovered, restarted, rotted, startsAt, stopped, struck, truncated, verdictOf, watermark, written } from '../testing/trace.ts';
import type { Case, Step } from '../testing/trace.ts';
import { BIT_ROT_UNSEEN, LAST_KNOWN_LEADER, POWER_LOSS_OF_ISR, POWER_LOSS_OF_LAST_REPLICA, UNCLEAN_ELECTION } from './attribution.ts';
import { createStabilityChecker } from './stability.ts';

const SHARED = 'leader-epoch-shared (7.1-order, safety)';
const DIVERGED = 'log-divergence (7.1-durable, safety)';
const UNSTABLE = 'committed-unstable (7.1-durable, safety)';
const two = [booted, written('p1-0', 0), written('p1-1', 1)].flat();
const back = (broker: number, logEndOffset: number): readonly Step[] => [restarted(`broker-${broker}`), opened(broker, logEndOffset, 5)];

const cases: readonly Case[] = [
  { what: 'W1 W2 W5: a clean run', trace: [two, elected(2, 6), leads(2, 6, 2), written('p1-2', 2, 2, 6, [1, 3])], finds: [] },

  { what: 'W1: two brokers write in one epoch', trace: [two, appended(1, 5, 2, true), leads(2, 5, 2), appended(2, 5, 2, true, 7)], finds: [SHARED, DIVERGED] },
  { what: 'W1: two brokers lead in one epoch, and one writes', trace: [two, leads(2, 5, 2), appended(1, 5, 2, true)], finds: [] },
  { what: 'W1: a deposed leader goes on writing in its own epoch', trace: [two, elected(2, 6), leads(2, 6, 2), appended(1, 5, 2, true), appended(2, 6, 2, true)], finds: [] },

  { what: 'W2: a follower has another batch of the same offset and epoch', trace: [two, appended(1, 5, 2, true), appended(2, 5, 2, false, 7)], finds: [DIVERGED] },
  { what: 'W2: the same entry after another one, as after a fast failover (B3)', trace: [two, appended(1, 5, 2, true), elected(2, 6), leads(2, 6, 2), appended(2, 6, 2, true), elected(1, 7), leads(1, 7, 3), appended(1, 7, 3, true), fetched(2, 7, [3, 7])], finds: [DIVERGED] },
  { what: 'W2: ends that differ until the follower cuts its own off', trace: [two, appended(1, 5, 2, true), elected(2, 6), leads(2, 6, 2), appended(2, 6, 2, true), truncated(1, 6, 2, 3), fetched(1, 6, [2, 6])], finds: [] },
  { what: 'W2: every later batch differs then: said once', trace: [two, appended(1, 5, 2, true), appended(2, 5, 2, false, 7), appended(1, 5, 3, true), appended(2, 5, 3)], finds: [DIVERGED] },
  {
    what: 'W2: a log in which an offset rotted goes on as if it had everything',
    trace: [two, rotted(2), stopped('broker-2', 'crash'), restarted('broker-2'), recovered(2, [0, 5], [7, 5, 5_001]), truncated(2, 5, 2, 8), appended(1, 5, 2, true), appended(2, 5, 2)],
    finds: [`${DIVERGED} by design: ${BIT_ROT_UNSEEN}`],
  },
  {
    what: 'W2: the same without rot',
    trace: [two, stopped('broker-2', 'crash'), restarted('broker-2'), recovered(2, [0, 5], [7, 5, 5_001]), truncated(2, 5, 2, 8), appended(1, 5, 2, true), appended(2, 5, 2)],
    finds: [DIVERGED],
  },

  { what: 'W5: a leader takes office without what was committed', trace: [two, elected(3, 6), leads(3, 6, 1)], finds: [UNSTABLE] },
  { what: 'W5: a leader takes office with something else there', trace: [booted, written('p1-0', 0), appended(3, 4, 1), written('p1-1', 1, 1, 5, [2]), elected(3, 6), leads(3, 6, 2)], finds: [UNSTABLE] },
  { what: 'W5: a leader takes office without what was not committed', trace: [two, appended(1, 5, 2, true), appended(2, 5, 2), elected(3, 6), leads(3, 6, 2)], finds: [] },
  { what: 'W5: an earlier leader commits what a later one does not have', trace: [two, elected(2, 6), leads(2, 6, 2), appended(1, 5, 2, true), appended(3, 5, 2), watermark(1, 5, 3)], finds: [UNSTABLE] },
  { what: 'W5: an earlier leader commits late what a later one has', trace: [two, appended(1, 5, 2, true), appended(2, 5, 2), elected(2, 6), leads(2, 6, 3, 2), watermark(1, 5, 3)], finds: [] },
  { what: 'W5: a leader that is told late of its election is not asked for what was committed since', trace: [two, elected(3, 6), elected(2, 7), leads(2, 7, 2), written('p1-2', 2, 2, 7, [1]), leads(3, 6, 2)], finds: [] },
  { what: 'W5: a leader that cuts off its own committed records', trace: [two, truncated(1, 5, 1, 2), appended(1, 5, 1, true, 7), watermark(1, 5, 2)], finds: [DIVERGED, UNSTABLE] },
  { what: 'W5: retention is no loss', trace: [two, startsAt(1, 2), startsAt(2, 2), elected(2, 6), leads(2, 6, 2)], finds: [] },

  { what: 'W5 exception: an unclean election (B19)', trace: [two, elected(3, 6, [3], true), leads(3, 6, 1, 1, [3])], finds: [`${UNSTABLE} by design: ${UNCLEAN_ELECTION}`] },
  {
    what: 'W5 exception: an unclean election of one that has other records there',
    trace: [booted, written('p1-0', 0), appended(3, 4, 1), written('p1-1', 1, 1, 5, [2]), elected(3, 6, [3], true), leads(3, 6, 2, 1, [3])],
    finds: [`${UNSTABLE} by design: ${UNCLEAN_ELECTION}`],
  },
  {
    what: 'W5 exception: the last known leader (B17)',
    trace: [two, stopped('broker-1', 'power-loss'), changed({ leader: -1, leaderEpoch: 6, isr: [], lastKnownElr: [1] }), back(1, 1), changed({ leaderEpoch: 7, isr: [1], isUnclean: true }), leads(1, 7, 1, 1, [1])],
    finds: [`${UNSTABLE} by design: ${LAST_KNOWN_LEADER}`],
  },
  {
    what: 'W5 exception: power loss of the whole in-sync set (B15)',
    trace: [two, ...[1, 2, 3].map((broker) => stopped(`broker-${broker}`, 'power-loss')), elected(-1, 6), ...[1, 2, 3].map((broker) => back(broker, 1)), elected(2, 7), leads(2, 7, 1)],
    finds: [`${UNSTABLE} by design: ${POWER_LOSS_OF_ISR}`],
  },
  {
    what: 'W5 exception: power loss of the last replica standing (B16)',
    trace: [two, elected(1, 5, [1]), stopped('broker-1', 'power-loss'), elected(-1, 6, [1]), back(1, 1), elected(1, 7, [1]), leads(1, 7, 1, 1, [1])],
    finds: [`${UNSTABLE} by design: ${POWER_LOSS_OF_LAST_REPLICA}`],
  },
  { what: 'W5: no exception: the last replica standing crashed', trace: [two, elected(1, 5, [1]), stopped('broker-1', 'crash'), elected(-1, 6, [1]), back(1, 1), elected(1, 7, [1]), leads(1, 7, 1, 1, [1])], finds: [UNSTABLE] },
  { what: 'W5: no exception: one member still had it', trace: [two, stopped('broker-2', 'power-loss'), back(2, 1), elected(2, 6, [2, 3]), leads(2, 6, 1, 1, [2, 3])], finds: [UNSTABLE] },
  { what: 'W5: no exception: it lost power before it joined', trace: [two, stopped('broker-2', 'power-loss'), elected(1, 5, [1, 3]), back(2, 1), elected(1, 5, [1, 2, 3]), elected(2, 6, [2]), leads(2, 6, 1, 1, [2])], finds: [UNSTABLE] },
  { what: 'W5: no exception: the power loss does not reach down to it', trace: [two, elected(1, 5, [1]), stopped('broker-1', 'power-loss'), back(1, 1), truncated(1, 6, 0, 1), elected(1, 7, [1]), leads(1, 7, 0, 0, [1])], finds: [UNSTABLE] },
];

describe('stability: one writer in an epoch, equal logs, what is committed stays', () => {
  it.each(cases)('$what: $finds', ({ trace, finds }) => {
    expect(verdictOf(createStabilityChecker, trace).map(inShort)).toEqual(finds);
  });

  it('W5: with eligible leader replicas the power loss of all that were in sync is no exception (EL-10)', () => {
    const alone = [two, elected(1, 5, [1]), stopped('broker-1', 'power-loss'), elected(-1, 6, [1]), back(1, 1), elected(1, 7, [1]), leads(1, 7, 1, 1, [1])];
    expect(verdictOf(createStabilityChecker, alone, ENDED, promisesWithElr).map(inShort)).toEqual([UNSTABLE]);
  });

  it('W5: names who, when, and which strike', () => {
    const struckDown = [two, elected(1, 5, [1]), struck('broker-1', 'f7', 'power-loss'), stopped('broker-1', 'power-loss'), back(1, 1), elected(1, 7, [1]), leads(1, 7, 1, 1, [1]), polled('c1', [0, 'p1-0'])];
    expect(verdictOf(createStabilityChecker, struckDown)[0]?.detail).toMatchInlineSnapshot(`
      "committed in leader epoch 5: offset 1 of orders-0.
      broker 1, leader in epoch 7, does not have that at 00:00.024.
      broker 1 lost power at 00:00.020 (strike f7), reopened its log at offset 1 where it had reached 2, and became leader in epoch 7 with in-sync set [1]."
    `);
  });
});
