import { describe, expect, it } from 'vitest';
import { acked, appended, booted, elected, finalRead, inShort, leads, opened, polled, restarted, sent, stopped, verdictOf, watermark, written } from '../testing/trace.ts';
import type { Case } from '../testing/trace.ts';
import { POWER_LOSS_OF_LAST_REPLICA, UNCLEAN_ELECTION } from './attribution.ts';
import { SEVERAL_IN_FLIGHT, createOrderChecker } from './order.ts';

const sentBoth = (producer: string, acks: number) => [
  sent(`${producer}-0`, acks), sent(`${producer}-1`, acks), appended(1, 5, 0, true), appended(1, 5, 1, true), appended(2, 5, 0), appended(2, 5, 1), watermark(1, 5, 2),
];
const lostByPower = [
  booted, written('p1-0', 0), written('p1-1', 1), polled('c1', [0, 'p1-0'], [1, 'p1-1']),
  elected(1, 6, [1]), stopped('broker-1', 'power-loss'), restarted('broker-1'), elected(1, 7, [1]), opened(1, 1, 5), leads(1, 7, 1, 1, [1]),
];

/** The log ends below what the consumer was given, which begins anew. */
const backAfterUncleanElection = [
  booted, written('p1-0', 0), written('p1-1', 1), polled('c1', [0, 'p1-0'], [1, 'p1-1']), elected(3, 6, [3], true), leads(3, 6, 1, 1, [3]), written('p1-2', 1, 3, 6, []), polled('c1', [0, 'p1-0'], [1, 'p1-2']),
];

const cases: readonly Case[] = [
  { what: 'a step back after an unclean election', trace: backAfterUncleanElection, finds: [`nonmonotonic-poll (7.1-order, safety) by design: ${UNCLEAN_ELECTION}`] },
  {
    what: 'another one, of what was written after it',
    trace: [...backAfterUncleanElection, polled('c1', [0, 'p1-0'])],
    finds: [`nonmonotonic-poll (7.1-order, safety) by design: ${UNCLEAN_ELECTION}`, 'nonmonotonic-poll (7.1-order, safety)'],
  },
  {
    what: 'a step back of a consumer that had come no further than what remained',
    trace: [booted, written('p1-0', 0), written('p1-1', 1), polled('c1', [0, 'p1-0']), elected(3, 6, [3], true), leads(3, 6, 1, 1, [3]), polled('c1', [0, 'p1-0'])],
    finds: ['nonmonotonic-poll (7.1-order, safety)'],
  },
  {
    what: 'a clean run',
    trace: [booted, written('p1-0', 0), written('p2-0', 1), written('p1-1', 2), polled('c1', [0, 'p1-0'], [1, 'p2-0']), polled('c1', [2, 'p1-1']), finalRead([0, 'p1-0'], [1, 'p2-0'], [2, 'p1-1'])],
    finds: [],
  },
  {
    what: 'two records of a producer that keeps order, the wrong way round',
    trace: [booted, sentBoth('p1', -1), acked('p1-1', 0), acked('p1-0', 1), finalRead([0, 'p1-1'], [1, 'p1-0'])],
    finds: ['acked-then-reordered (7.1-order, safety)'],
  },
  {
    what: 'the same of a producer with several requests in flight',
    trace: [booted, sentBoth('p2', 1), acked('p2-1', 0, 1), acked('p2-0', 1, 1), finalRead([0, 'p2-1'], [1, 'p2-0'])],
    finds: [`acked-then-reordered (7.1-order, safety) by design: ${SEVERAL_IN_FLIGHT}`],
  },
  {
    what: 'the wrong way round, but one of them was never acknowledged',
    trace: [booted, sentBoth('p1', -1), acked('p1-1', 0), finalRead([0, 'p1-1'], [1, 'p1-0'])],
    finds: [],
  },
  {
    what: 'a retry that was written twice, the second time late',
    trace: [booted, written('p1-0', 0), written('p1-1', 1), appended(1, 5, 2, true), finalRead([0, 'p1-0'], [1, 'p1-1'], [2, 'p1-0'])],
    finds: [],
  },
  {
    what: 'records of different producers, acknowledged in another order than they were sent',
    trace: [booted, sent('p1-0'), written('p2-0', 0, 1, 5, [2, 3], 1), appended(1, 5, 1, true), watermark(1, 5, 2), acked('p1-0', 1), finalRead([0, 'p2-0'], [1, 'p1-0'])],
    finds: [],
  },
  {
    what: 'a record that is gone orders nothing',
    trace: [booted, written('p1-0', 0), written('p1-1', 1), written('p1-2', 0, 2, 6), finalRead([0, 'p1-2'])],
    finds: [],
  },
  { what: 'a poll that steps back', trace: [booted, polled('c1', [0, 'p1-0'], [1, 'p1-1']), polled('c1', [1, 'p1-1'])], finds: ['nonmonotonic-poll (7.1-order, safety)'] },
  { what: 'a step back inside a poll', trace: [booted, polled('c1', [1, 'p1-1'], [0, 'p1-0'])], finds: ['int-nonmonotonic-poll (7.1-order, safety)'] },
  { what: 'a consumer that was restarted begins anew', trace: [booted, polled('c1', [0, 'p1-0'], [1, 'p1-1']), stopped('c1', 'failed'), restarted('c1'), polled('c1', [0, 'p1-0'])], finds: [] },
  { what: 'two consumers, each on its own way', trace: [booted, polled('c1', [0, 'p1-0'], [1, 'p1-1']), polled('c2', [0, 'p1-0'])], finds: [] },
  {
    what: 'a poll that steps back because the log lost what had been read',
    trace: [...lostByPower, polled('c1', [0, 'p1-0'])],
    finds: [`nonmonotonic-poll (7.1-order, safety) by design: ${POWER_LOSS_OF_LAST_REPLICA}`],
  },
];

describe('order: a producer’s records stand, and are read, as they were sent', () => {
  it.each(cases)('$what: $finds', ({ trace, finds }) => {
    expect(verdictOf(createOrderChecker, trace).map(inShort)).toEqual(finds);
  });

  it('says what was promised and what was found', () => {
    const [anomaly] = verdictOf(createOrderChecker, [booted, sentBoth('p1', -1), acked('p1-1', 0), acked('p1-0', 1), finalRead([0, 'p1-1'], [1, 'p1-0'])]);
    expect(anomaly?.detail).toMatchInlineSnapshot(`
      "producer p1 sent record p1-0 to orders-0 at 00:00.006 and record p1-1 at 00:00.007; both were acknowledged (acks=all).
      in the final read p1-0 stands at offset 1, after p1-1 at offset 0 (leader epochs 5 and 5)."
    `);
  });
});
