import { describe, expect, it } from 'vitest';
import { appended, booted, cleaned, elected, finalRead, inShort, leads, opened, polled, readToEnd, restarted, sent, stopped, verdictOf, watermark, written } from '../testing/trace.ts';
import type { Case } from '../testing/trace.ts';
import { POWER_LOSS_OF_LAST_REPLICA, UNCLEAN_ELECTION } from './attribution.ts';
import { createVisibleChecker } from './visible.ts';

const UNCOMMITTED = 'read-uncommitted-data (7.1-visible, safety)';
const SKIP = 'poll-skip (7.5-committed, safety)';
const UNSEEN = 'unseen (7.5-committed, safety)';
const LOST = 'lost-write (7.5-committed, safety)';
const three = [booted, written('p1-0', 0), written('p1-1', 1), written('p1-2', 2)].flat();
const keyed = [booted, written('p1-0@a', 0), written('p1-1@a', 1), polled('c1', [0, 'p1-0@a'], [1, 'p1-1@a'])].flat();
const all = finalRead([0, 'p1-0'], [1, 'p1-1'], [2, 'p1-2']);
const lostByPower = [elected(1, 5, [1]), stopped('broker-1', 'power-loss'), restarted('broker-1'), elected(1, 7, [1]), opened(1, 1, 5), leads(1, 7, 1, 1, [1])];
/** Broker 3, which has the first record only, leads; two others take the places of the second and the third. */
const uncleanly = [elected(3, 6, [3], true), leads(3, 6, 1, 1, [3])];
const rewritten = [...written('p1-3', 1, 3, 6, []), ...written('p1-4', 2, 3, 6, [])];

const cases: readonly Case[] = [
  { what: 'a clean run', trace: [three, polled('c1', [0, 'p1-0'], [1, 'p1-1']), polled('c1', [2, 'p1-2']), all], finds: [] },
  { what: 'read to the end', trace: [three, polled('c1', [0, 'p1-0'], [1, 'p1-1'], [2, 'p1-2']), readToEnd('c1', 3), all], finds: [] },
  { what: 'said to be read to the end, and given nothing', trace: [three, readToEnd('c1', 3), all], finds: [UNSEEN] },
  { what: 'said to be read to the end, without its tail', trace: [three, polled('c1', [0, 'p1-0'], [1, 'p1-1']), readToEnd('c1', 3), all], finds: [UNSEEN] },
  { what: 'said to be read from the start, without its head', trace: [three, polled('c1', [1, 'p1-1'], [2, 'p1-2']), readToEnd('c1', 3), all], finds: [UNSEEN] },
  { what: 'read from wherever it began', trace: [three, polled('c1', [1, 'p1-1'], [2, 'p1-2']), readToEnd('c1', 3, -1), all], finds: [] },
  { what: 'read by an incarnation that is gone', trace: [three, polled('c1', [0, 'p1-0'], [1, 'p1-1'], [2, 'p1-2']), restarted('c1'), readToEnd('c1', 3), all], finds: [UNSEEN] },
  { what: 'a record at the high watermark', trace: [booted, written('p1-0', 0), sent('p1-1'), appended(1, 5, 1, true), polled('c1', [0, 'p1-0'], [1, 'p1-1']), watermark(1, 5, 2)], finds: [UNCOMMITTED] },
  { what: 'the same, once the high watermark has passed it', trace: [booted, written('p1-0', 0), sent('p1-1'), appended(1, 5, 1, true), watermark(1, 5, 2), polled('c1', [0, 'p1-0'], [1, 'p1-1'])], finds: [] },
  { what: 'below the high watermark that a new leader took office with', trace: [booted, sent('p1-0'), appended(1, 5, 0, true), appended(2, 5, 0), elected(2, 6), leads(2, 6, 1), polled('c1', [0, 'p1-0'])], finds: [] },
  { what: 'read, and gone in the end', trace: [three, polled('c1', [0, 'p1-0'], [1, 'p1-1'], [2, 'p1-2']), finalRead([0, 'p1-0'], [1, 'p1-1'])], finds: [UNCOMMITTED] },
  { what: 'read, and another stands there in the end', trace: [three, sent('p1-3'), polled('c1', [0, 'p1-0'], [1, 'p1-3']), finalRead([0, 'p1-0'], [1, 'p1-1'], [2, 'p1-2'])], finds: [UNCOMMITTED, UNCOMMITTED] },
  { what: 'read, and removed by compaction since', trace: [keyed, cleaned(2, 2), finalRead([1, 'p1-1@a'])], finds: [] },
  { what: 'the last value of a key read, and gone from a compacted log', trace: [keyed, cleaned(2, 2), finalRead([0, 'p1-0@a'])], finds: [UNCOMMITTED] },
  { what: 'read after the final read', trace: [booted, written('p1-0', 0), finalRead([0, 'p1-0']), written('p1-1', 1), polled('c1', [0, 'p1-0'], [1, 'p1-1'])], finds: [] },
  {
    what: 'read, and lost with the power of the last replica standing',
    trace: [three, polled('c1', [0, 'p1-0'], [1, 'p1-1']), lostByPower, finalRead([0, 'p1-0'])],
    finds: [`${UNCOMMITTED} by design: ${POWER_LOSS_OF_LAST_REPLICA}`],
  },
  {
    what: 'read, and lost in an unclean election',
    trace: [three, polled('c1', [0, 'p1-0'], [1, 'p1-1']), elected(3, 6, [3], true), leads(3, 6, 1, 1, [3]), finalRead([0, 'p1-0'])],
    finds: [`${UNCOMMITTED} by design: ${UNCLEAN_ELECTION}`],
  },
  { what: 'a record skipped between two polls, and never given to anybody', trace: [three, polled('c1', [0, 'p1-0']), polled('c1', [2, 'p1-2']), all], finds: [SKIP, LOST] },
  { what: 'a record skipped that another consumer was given', trace: [three, polled('c1', [0, 'p1-0']), polled('c1', [2, 'p1-2']), polled('c2', [1, 'p1-1']), all], finds: [SKIP] },
  { what: 'a record skipped inside a poll', trace: [three, polled('c1', [0, 'p1-0'], [2, 'p1-2']), polled('c2', [1, 'p1-1']), all], finds: ['int-poll-skip (7.5-committed, safety)'] },
  { what: 'offsets skipped at which nothing stands', trace: [three, polled('c1', [0, 'p1-0']), polled('c1', [2, 'p1-2']), finalRead([0, 'p1-0'], [2, 'p1-2'])], finds: [] },
  { what: 'nobody read the partition in the end: what was skipped is not known', trace: [three, polled('c1', [0, 'p1-0']), polled('c1', [2, 'p1-2'])], finds: [] },
  { what: 'a consumer that was restarted and went on elsewhere', trace: [three, polled('c1', [0, 'p1-0']), stopped('c1', 'crash'), restarted('c1'), polled('c1', [2, 'p1-2']), all], finds: [] },
  { what: 'a consumer that has not come so far', trace: [three, polled('c1', [0, 'p1-0']), all], finds: [] },
  {
    what: 'an offset that was rewritten behind a consumer’s back, after a power loss of the last replica standing',
    trace: [three, polled('c1', [0, 'p1-0'], [1, 'p1-1'], [2, 'p1-2']), lostByPower, written('p1-3', 1, 1, 7, []), written('p1-4', 2, 1, 7, []), finalRead([0, 'p1-0'], [1, 'p1-3'], [2, 'p1-4'])],
    finds: [`${UNCOMMITTED} by design: ${POWER_LOSS_OF_LAST_REPLICA}`, `${UNCOMMITTED} by design: ${POWER_LOSS_OF_LAST_REPLICA}`, `${LOST} by design: ${POWER_LOSS_OF_LAST_REPLICA}`],
  },
  {
    what: 'a record skipped that was written after an unclean election, by a consumer that had come no further than what remained',
    trace: [three, polled('c1', [0, 'p1-0']), uncleanly, rewritten, polled('c1', [2, 'p1-4']), polled('c2', [1, 'p1-3']), finalRead([0, 'p1-0'], [1, 'p1-3'], [2, 'p1-4'])],
    finds: [SKIP],
  },
  {
    what: 'a record skipped long after an unclean election that had rewritten what the consumer was given',
    trace: [three, polled('c1', [0, 'p1-0'], [1, 'p1-1']), uncleanly, rewritten, polled('c1', [2, 'p1-4']), written('p1-5', 3, 3, 6, []), written('p1-6', 4, 3, 6, []), polled('c1', [4, 'p1-6']), polled('c2', [1, 'p1-3'], [2, 'p1-4'], [3, 'p1-5'], [4, 'p1-6']), finalRead([0, 'p1-0'], [1, 'p1-3'], [2, 'p1-4'], [3, 'p1-5'], [4, 'p1-6'])],
    finds: [`${UNCOMMITTED} by design: ${UNCLEAN_ELECTION}`, SKIP],
  },
  {
    what: 'a rewritten record that one consumer had passed before an unclean election, and another one stepped over after it',
    trace: [three, polled('c1', [0, 'p1-0'], [1, 'p1-1']), uncleanly, rewritten, polled('c1', [2, 'p1-4']), polled('c2', [0, 'p1-0']), polled('c2', [2, 'p1-4']), finalRead([0, 'p1-0'], [1, 'p1-3'], [2, 'p1-4'])],
    finds: [`${UNCOMMITTED} by design: ${UNCLEAN_ELECTION}`, SKIP, LOST],
  },
  {
    what: 'read to the end after an unclean election, without its tail',
    trace: [three, polled('c1', [0, 'p1-0'], [1, 'p1-1']), uncleanly, rewritten, readToEnd('c1', 3), polled('c2', [1, 'p1-3'], [2, 'p1-4']), finalRead([0, 'p1-0'], [1, 'p1-3'], [2, 'p1-4'])],
    finds: [`${UNCOMMITTED} by design: ${UNCLEAN_ELECTION}`, UNSEEN],
  },
];

describe('visible: consumers get what is committed, and all of it', () => {
  it.each(cases)('$what: $finds', ({ trace, finds }) => {
    expect(verdictOf(createVisibleChecker, trace).map(inShort)).toEqual(finds);
  });

  it('says what was promised and what was found', () => {
    const details = verdictOf(createVisibleChecker, [three, polled('c1', [0, 'p1-0']), polled('c1', [2, 'p1-2']), polled('c2', [3, 'p1-3']), all]).map(({ detail }) => detail);
    expect(details).toMatchInlineSnapshot(`
      [
        "consumer c2 was given record p1-3 at offset 3 of orders-0 at 00:00.026.
      no leader had appended at that offset since the record was sent.",
        "consumer c2 was given record p1-3 at offset 3 of orders-0 at 00:00.026.
      in the final read nothing stands there; it ends at offset 3.",
        "consumer c1 was given offset 0 of orders-0 and next, in a later poll, offset 2 at 00:00.025.
      in the final read there stand between them: p1-1 at 1.",
        "record p1-1 was acknowledged and stands at offset 1 of orders-0 in the final read.
      consumer c1 went from offset 0 to 2, and nobody was given this record.",
      ]
    `);
  });
});
