import { describe, expect, it } from 'vitest';
import { appended, booted, changed, elected, fetched, inShort, leads, opened, recovered, restarted, startsAt, stopped, truncated, verdictOf, watermark, written } from '../testing/trace.ts';
import type { Case } from '../testing/trace.ts';
import { LAST_KNOWN_LEADER, POWER_LOSS_OF_MEMBER, UNCLEAN_ELECTION } from './attribution.ts';
import { createSupersetChecker } from './superset.ts';

const LACK = 'isr-not-superset (7.1-committed, safety)';
const two = [booted, written('p1-0', 0), written('p1-1', 1)].flat();
/** Broker 3 is out of sync and does not have offset 1. */
const without3 = [booted, written('p1-0', 0), elected(1, 5, [1, 2]), written('p1-1', 1, 1, 5, [2])].flat();

const cases: readonly Case[] = [
  { what: 'a clean run', trace: [two, elected(1, 5, [1, 2]), elected(1, 5, [1, 2, 3])], finds: [] },
  { what: 'a replica that joins without what is committed', trace: [without3, elected(1, 5)], finds: [LACK] },
  { what: 'a replica that joins once it has it', trace: [without3, appended(3, 5, 1), elected(1, 5)], finds: [] },
  { what: 'a replica that joins with something else at that offset', trace: [without3, appended(3, 4, 1), elected(1, 5)], finds: [LACK] },
  { what: 'a replica that is made eligible without what is committed (EL-6)', trace: [without3, changed({ isr: [1], elr: [2, 3] })], finds: [LACK] },
  { what: 'a replica that is eligible and has it', trace: [without3, changed({ isr: [1], elr: [2] })], finds: [] },
  { what: 'a member that cuts off what is committed (B1)', trace: [two, truncated(2, 6, 1, 2)], finds: [LACK] },
  { what: 'a member that cuts off what is not', trace: [two, appended(2, 5, 2), truncated(2, 6, 2, 3)], finds: [] },
  { what: 'a replica out of sync that cuts off what is committed', trace: [two, elected(1, 5, [1, 3]), truncated(2, 6, 1, 2)], finds: [] },
  { what: 'a member that begins its log anew below the end of what is committed', trace: [two, startsAt(2, 1, 'truncated-fully')], finds: [LACK] },
  { what: 'a member whose log begins where nothing was committed yet', trace: [two, startsAt(2, 2, 'truncated-fully')], finds: [] },
  { what: 'retention on a member', trace: [two, startsAt(2, 1)], finds: [] },
  { what: 'a member that lost power, and is back without what is committed', trace: [two, stopped('broker-2', 'power-loss'), restarted('broker-2'), opened(2, 1, 5)], finds: [`${LACK} by design: ${POWER_LOSS_OF_MEMBER}`] },
  { what: 'a member that crashed, and is back without what is committed', trace: [two, stopped('broker-2', 'crash'), restarted('broker-2'), opened(2, 1, 5)], finds: [LACK] },
  { what: 'a member that lost power, and cuts off more than that', trace: [two, stopped('broker-2', 'power-loss'), restarted('broker-2'), opened(2, 1, 5), truncated(2, 5, 0, 1)], finds: [`${LACK} by design: ${POWER_LOSS_OF_MEMBER}`, LACK] },
  { what: 'a replica that lost power and joins the set without what it lost (KIP-903)', trace: [two, stopped('broker-2', 'power-loss'), elected(1, 5, [1, 3]), restarted('broker-2'), opened(2, 1, 5), elected(1, 5)], finds: [LACK] },
  { what: 'a replica that lost power and joins once it has fetched that again', trace: [two, stopped('broker-2', 'power-loss'), elected(1, 5, [1, 3]), restarted('broker-2'), opened(2, 1, 5), appended(2, 5, 1), elected(1, 5)], finds: [] },
  { what: 'a power loss that gave back what a truncation had cut off', trace: [booted, written('p1-0', 0), appended(2, 5, 1), elected(1, 6), leads(1, 6, 1), truncated(2, 6, 1, 2), written('p1-1', 1, 1, 6), stopped('broker-2', 'power-loss'), restarted('broker-2'), recovered(2, [0, 5], [1, 5])], finds: [`${LACK} by design: ${POWER_LOSS_OF_MEMBER}`] },
  { what: 'one that was elected uncleanly', trace: [without3, elected(3, 6, [3], true), leads(3, 6, 1, 1, [3])], finds: [`${LACK} by design: ${UNCLEAN_ELECTION}`] },
  { what: 'one that was elected uncleanly, died, and was elected again', trace: [without3, elected(3, 6, [3], true), elected(-1, 7, [3]), elected(3, 8, [3]), leads(3, 8, 1, 1, [3])], finds: [LACK, LACK, LACK].map((lack) => `${lack} by design: ${UNCLEAN_ELECTION}`) },
  {
    what: 'the last known leader, elected for want of another (B17)',
    trace: [two, stopped('broker-1', 'power-loss'), changed({ leader: -1, leaderEpoch: 6, isr: [], lastKnownElr: [1] }), restarted('broker-1'), opened(1, 1, 5), changed({ leaderEpoch: 7, isr: [1], isUnclean: true })],
    finds: [`${LACK} by design: ${LAST_KNOWN_LEADER}`],
  },
  { what: 'followers of a leader that lacks what was committed, and follow it', trace: [without3, elected(3, 6, [3], true), leads(3, 6, 1, 1, [3]), truncated(1, 6, 1, 2), elected(3, 6, [3, 1]), fetched(1, 6, [1, 6]), appended(3, 6, 1, true), watermark(3, 6, 2)], finds: [`${LACK} by design: ${UNCLEAN_ELECTION}`] },
];

describe('superset: whoever may be elected has all that is committed (W3)', () => {
  it.each(cases)('W3: $what: $finds', ({ trace, finds }) => {
    expect(verdictOf(createSupersetChecker, trace).map(inShort)).toEqual(finds);
  });

  it('says who lacks what, and why that is allowed', () => {
    const power = [two, stopped('broker-2', 'power-loss'), restarted('broker-2'), opened(2, 1, 5)];
    expect(verdictOf(createSupersetChecker, power)[0]?.detail).toMatchInlineSnapshot(`
      "broker 2 opened its log at offset 1 at 00:00.020, in-sync set of orders-0 [1, 2, 3] (leader epoch 5).
      it is without offset 1, committed in leader epoch 5: its log ends at 1.
      broker 2 lost power at 00:00.018, reopened its log at offset 1 where it had reached 2."
    `);
  });
});
