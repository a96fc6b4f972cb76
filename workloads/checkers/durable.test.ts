import { describe, expect, it } from 'vitest';
import { acked, appended, booted, changed, cleaned, elected, failed, finalRead, inShort, leads, opened, polled, promisesWithoutUnclean, recovered, restarted, retried, rotted, sent, stopped, truncated, unreadable, verdictOf, watermark, written } from '../testing/trace.ts';
import type { Case, Step } from '../testing/trace.ts';
import { BIT_ROT_OF_ISR, BIT_ROT_OF_LEADER, BIT_ROT_UNSEEN, LAST_KNOWN_LEADER, POWER_LOSS_OF_ISR, POWER_LOSS_OF_LAST_REPLICA, UNCLEAN_ELECTION } from './attribution.ts';
import { RETRIES, createDurableChecker } from './durable.ts';

const LOSS = 'acked-loss (7.1-durable, safety)';
const GHOST = 'ghost-write (7.1-durable, safety)';
const DUPLICATE = 'duplicate (7.4.2-retries, safety)';
const INCONSISTENT = 'inconsistent-offsets (7.1-durable, safety)';
const two = [booted, written('p1-0', 0), written('p1-1', 1)].flat();
const keyed = [booted, written('p1-0@a', 0), written('p1-1@b', 1), written('p1-2@a', 2)].flat();

/** Broker 1 is alone in sync, dies so, and comes back with an empty end of its log. */
const aloneAndBack = (how: 'crash' | 'power-loss', isr: readonly number[] = [1]): readonly Step[] => [
  elected(1, 5, [...isr]), stopped('broker-1', how), elected(-1, 6, [...isr]), restarted('broker-1'), elected(1, 7, [...isr]), opened(1, 1, 5), leads(1, 7, 1, 1, [...isr]),
];

const cases: readonly Case[] = [
  { what: 'a clean run', trace: [two, polled('c1', [0, 'p1-0'], [1, 'p1-1']), finalRead([0, 'p1-0'], [1, 'p1-1'])], finds: [] },
  { what: 'the end of the log is gone', trace: [two, finalRead([0, 'p1-0'])], finds: [LOSS] },
  { what: 'another record stands where an acknowledged one should', trace: [two, sent('p1-2'), finalRead([0, 'p1-0'], [1, 'p1-2'])], finds: [LOSS] },
  { what: 'an acknowledged record stands elsewhere only', trace: [two, finalRead([0, 'p1-1'])], finds: [LOSS, LOSS] },
  { what: 'nobody read the partition: nothing is known', trace: [two], finds: [] },
  { what: 'acknowledged after the partition was read', trace: [booted, written('p1-0', 0), finalRead([0, 'p1-0']), written('p1-1', 1)], finds: [] },
  { what: 'a send that failed and is not there', trace: [booted, sent('p1-0'), failed('p1-0', false), finalRead()], finds: [] },
  { what: 'a send whose outcome is open and that is there', trace: [booted, sent('p1-0'), failed('p1-0', true), finalRead([0, 'p1-0'])], finds: [] },
  { what: 'a send that failed for certain and is there', trace: [booted, sent('p1-0'), failed('p1-0', false), finalRead([0, 'p1-0'])], finds: ['late-visibility (7.4.3-errors, safety)'] },
  { what: 'acks=1 lost to a leader that did not have it', trace: [booted, written('p2-0', 0, 1, 5, [], 1), elected(2, 6, [2]), leads(2, 6, 0, 0, [2]), finalRead()], finds: [`${LOSS} by design: acks=1`] },
  { what: 'acks=1 lost under a leader that stayed', trace: [booted, written('p2-0', 0, 1, 5, [], 1), finalRead()], finds: [LOSS] },
  { what: 'acks=0 lost', trace: [booted, sent('p2-0', 0), acked('p2-0', -1, 0), finalRead()], finds: [`${LOSS} by design: acks=0`] },
  { what: 'acks=0 kept', trace: [booted, sent('p2-0', 0), acked('p2-0', -1, 0), finalRead([0, 'p2-0'])], finds: [] },

  { what: 'compaction has removed an older value of a key', trace: [keyed, cleaned(2, 3), finalRead([1, 'p1-1@b'], [2, 'p1-2@a'])], finds: [] },
  { what: 'no round has reached the later value of the key', trace: [keyed, cleaned(2, 2), finalRead([1, 'p1-1@b'], [2, 'p1-2@a'])], finds: [LOSS] },
  { what: 'nothing was compacted', trace: [keyed, finalRead([1, 'p1-1@b'], [2, 'p1-2@a'])], finds: [LOSS] },
  { what: 'the last value of a key is gone from a compacted log', trace: [keyed, cleaned(2, 3), finalRead([1, 'p1-1@b'])], finds: [LOSS] },
  { what: 'another record stands where compaction has removed one', trace: [keyed, sent('p1-9@a'), cleaned(2, 3), finalRead([0, 'p1-9@a'], [1, 'p1-1@b'], [2, 'p1-2@a'])], finds: [LOSS] },
  { what: 'a record without a key is gone from a compacted log', trace: [two, cleaned(1, 2), finalRead([1, 'p1-1'])], finds: [LOSS] },

  { what: 'the last replica standing lost power, and the end of its log', trace: [two, aloneAndBack('power-loss'), finalRead([0, 'p1-0'])], finds: [`${LOSS} by design: ${POWER_LOSS_OF_LAST_REPLICA}`] },
  { what: 'the whole in-sync set crashed: the page cache should have been there', trace: [two, aloneAndBack('crash'), finalRead([0, 'p1-0'])], finds: [LOSS] },
  { what: 'a leader lost power while another in-sync replica had the record', trace: [two, aloneAndBack('power-loss', [1, 2]), finalRead([0, 'p1-0'])], finds: [LOSS] },
  {
    what: 'both members lost power, and both the end of their log',
    trace: [two, stopped('broker-2', 'power-loss'), restarted('broker-2'), opened(2, 1, 5), aloneAndBack('power-loss', [1, 2]), finalRead([0, 'p1-0'])],
    finds: [`${LOSS} by design: ${POWER_LOSS_OF_ISR}`],
  },
  { what: 'power loss of the last replica standing that does not reach down to the record', trace: [two, aloneAndBack('power-loss'), finalRead()], finds: [LOSS, `${LOSS} by design: ${POWER_LOSS_OF_LAST_REPLICA}`] },
  { what: 'a power loss that took nothing, and a loss all the same', trace: [two, elected(1, 5, [1]), stopped('broker-1', 'power-loss'), restarted('broker-1'), elected(1, 7, [1]), opened(1, 2, 5), leads(1, 7, 2, 2, [1]), finalRead([0, 'p1-0'])], finds: [LOSS] },
  { what: 'a power loss that was made good by fetching again, and a loss all the same', trace: [two, stopped('broker-3', 'power-loss'), restarted('broker-3'), opened(3, 1, 5), appended(3, 5, 1), elected(3, 6, [3]), leads(3, 6, 2, 2, [3]), finalRead([0, 'p1-0'])], finds: [LOSS] },
  {
    what: 'a record of the new epoch, which the power loss cannot have taken',
    trace: [two, aloneAndBack('power-loss'), written('p1-2', 1, 1, 7, []), finalRead([0, 'p1-0'])],
    finds: [`${LOSS} by design: ${POWER_LOSS_OF_LAST_REPLICA}`, LOSS],
  },
  {
    what: 'a truncation that the power loss undid: the end of the log is right and what stands there is not',
    trace: [
      booted, written('p1-0', 0), appended(2, 5, 1), elected(1, 6), leads(1, 6, 1), truncated(2, 6, 1, 2), written('p1-1', 1, 1, 6), elected(2, 7, [2]),
      stopped('broker-2', 'power-loss'), restarted('broker-2'), elected(2, 8, [2]), recovered(2, [0, 5], [1, 5]), leads(2, 8, 2, 1, [2]), sent('p1-2'), finalRead([0, 'p1-0'], [1, 'p1-2']),
    ],
    finds: [`${LOSS} by design: ${POWER_LOSS_OF_LAST_REPLICA}`],
  },
  { what: 'an unclean election', trace: [two, elected(3, 6, [3], true), leads(3, 6, 1, 1, [3]), finalRead([0, 'p1-0'])], finds: [`${LOSS} by design: ${UNCLEAN_ELECTION}`] },
  { what: 'an unclean election of a replica that had the record', trace: [two, elected(3, 6, [3], true), leads(3, 6, 2, 2, [3]), finalRead([0, 'p1-0'])], finds: [LOSS] },
  { what: 'an election that was clean', trace: [two, elected(3, 6, [3]), leads(3, 6, 1, 1, [3]), finalRead([0, 'p1-0'])], finds: [LOSS] },

  { what: 'bit rot in the log of the last replica standing, which ends there when it is recovered', trace: [two, rotted(1), aloneAndBack('crash'), finalRead([0, 'p1-0'])], finds: [`${LOSS} by design: ${BIT_ROT_OF_ISR}`] },
  { what: 'bit rot in the log of another partition', trace: [two, rotted(1, 'orders-1/00000000000000000000.log'), aloneAndBack('crash'), finalRead([0, 'p1-0'])], finds: [LOSS] },
  { what: 'bit rot in an index', trace: [two, rotted(1, 'orders-0/00000000000000000000.index'), aloneAndBack('crash'), finalRead([0, 'p1-0'])], finds: [LOSS] },
  { what: 'bit rot on another broker', trace: [two, rotted(2), aloneAndBack('crash'), finalRead([0, 'p1-0'])], finds: [LOSS] },
  { what: 'a leader with bit rot where another in-sync replica had the record', trace: [two, rotted(1), aloneAndBack('crash', [1, 2]), finalRead([0, 'p1-0'])], finds: [LOSS] },
  {
    what: 'one member lost power, the other has rotten bits, and both the end of their log',
    trace: [two, stopped('broker-2', 'power-loss'), restarted('broker-2'), opened(2, 1, 5), rotted(1), aloneAndBack('crash', [1, 2]), finalRead([0, 'p1-0'])],
    finds: [`${LOSS} by design: ${BIT_ROT_OF_ISR}`],
  },
  {
    what: 'bit rot of which a recovery of the whole log found nothing, and a loss at the next one',
    trace: [two, rotted(1), stopped('broker-1', 'crash'), restarted('broker-1'), recovered(1, [0, 5], [1, 5]), aloneAndBack('crash'), finalRead([0, 'p1-0'])],
    finds: [LOSS],
  },
  { what: 'a batch that the auditor cannot read, since bits of the leader’s log rotted', trace: [two, rotted(1), unreadable('auditor', 0), finalRead([1, 'p1-1'])], finds: [`${LOSS} by design: ${BIT_ROT_OF_LEADER}`] },
  { what: 'a batch that the auditor cannot read, and no rot in the leader’s log', trace: [two, rotted(2), unreadable('auditor', 0), finalRead([1, 'p1-1'])], finds: [LOSS] },
  { what: 'a batch that somebody else could not read', trace: [two, rotted(1), unreadable('c1', 0), finalRead([1, 'p1-1'])], finds: [LOSS] },
  { what: 'another batch than the one that is gone cannot be read', trace: [two, rotted(1), unreadable('auditor', 0), finalRead()], finds: [`${LOSS} by design: ${BIT_ROT_OF_LEADER}`, LOSS] },
  {
    what: 'an offset that rotted and passed for sound: the leader has a hole that it does not know of',
    trace: [two, rotted(2), stopped('broker-2', 'crash'), restarted('broker-2'), recovered(2, [0, 5], [7, 5, 5_001]), elected(2, 6), leads(2, 6, 8, 2), finalRead([0, 'p1-0'])],
    finds: [`${LOSS} by design: ${BIT_ROT_UNSEEN}`],
  },
  {
    what: 'the same without rot',
    trace: [two, stopped('broker-2', 'crash'), restarted('broker-2'), recovered(2, [0, 5], [7, 5, 5_001]), elected(2, 6), leads(2, 6, 8, 2), finalRead([0, 'p1-0'])],
    finds: [LOSS],
  },
  {
    what: 'a hole that the next leader had cut off, and what was fetched anew is lost again',
    trace: [
      two, rotted(2), stopped('broker-2', 'crash'), restarted('broker-2'), recovered(2, [0, 5], [7, 5, 5_001]), truncated(2, 5, 1, 8), appended(2, 5, 1), elected(2, 6), leads(2, 6, 2, 2), finalRead([0, 'p1-0']),
    ],
    finds: [LOSS],
  },

  { what: 'a retry that was written twice', trace: [two, retried('p1-0'), finalRead([0, 'p1-0'], [1, 'p1-1'], [2, 'p1-0'])], finds: [`${DUPLICATE} by design: ${RETRIES}`] },
  { what: 'a record that was sent once and stands there twice', trace: [two, retried('p1-1'), finalRead([0, 'p1-0'], [1, 'p1-1'], [2, 'p1-0'])], finds: [DUPLICATE] },
  { what: 'a record that was sent twice and stands there three times', trace: [two, retried('p1-0'), finalRead([0, 'p1-0'], [1, 'p1-1'], [2, 'p1-0'], [3, 'p1-0'])], finds: [`${DUPLICATE} by design: ${RETRIES}`, DUPLICATE] },
  { what: 'acks=1 answered by a leader that had not appended it, and another leader after that', trace: [booted, sent('p2-0', 1), acked('p2-0', 0, 1), elected(2, 6, [2]), leads(2, 6, 0, 0, [2]), finalRead()], finds: [LOSS] },
  { what: 'a value that nobody sent, in the end', trace: [two, finalRead([0, 'p1-0'], [1, 'p1-1'], [2, 'p9-0'])], finds: [GHOST] },
  { what: 'a value that nobody sent, in a poll', trace: [two, polled('c1', [2, 'p9-0']), finalRead([0, 'p1-0'], [1, 'p1-1'])], finds: [GHOST] },
  { what: 'a value that nobody sent, in both: said once', trace: [two, polled('c1', [2, 'p9-0']), finalRead([0, 'p1-0'], [1, 'p1-1'], [2, 'p9-0'])], finds: [GHOST] },
  { what: 'a value that was sent to another partition', trace: [two, sent('p1-2', -1, 1), finalRead([0, 'p1-0'], [1, 'p1-1'], [2, 'p1-2'])], finds: [GHOST] },
  { what: 'two polls that disagree on an offset', trace: [two, polled('c1', [0, 'p1-0']), polled('c2', [0, 'p1-1'])], finds: [INCONSISTENT] },
  {
    what: 'two polls that disagree on an offset, after an unclean election that rewrote it',
    trace: [two, polled('c1', [1, 'p1-1']), elected(3, 6, [3], true), leads(3, 6, 1, 1, [3]), written('p1-2', 1, 3, 6, []), polled('c2', [1, 'p1-2'])],
    finds: [`${INCONSISTENT} by design: ${UNCLEAN_ELECTION}`],
  },
  {
    what: 'two polls that disagree on an offset, of an epoch that began with an unclean election',
    trace: [two, elected(3, 6, [3], true), leads(3, 6, 1, 1, [3]), written('p1-2', 1, 3, 6, []), written('p1-3', 2, 3, 6, []), polled('c1', [1, 'p1-2']), polled('c2', [1, 'p1-3'])],
    finds: [INCONSISTENT],
  },
  { what: 'a poll and the end that disagree on an offset', trace: [two, sent('p1-2'), polled('c1', [0, 'p1-2']), finalRead([0, 'p1-0'], [1, 'p1-1'])], finds: [INCONSISTENT] },
  {
    what: 'they disagree since a power loss of the last replica standing',
    trace: [two, polled('c1', [1, 'p1-1']), aloneAndBack('power-loss'), written('p1-2', 1, 1, 7, []), finalRead([0, 'p1-0'], [1, 'p1-2'])],
    finds: [`${LOSS} by design: ${POWER_LOSS_OF_LAST_REPLICA}`, `${INCONSISTENT} by design: ${POWER_LOSS_OF_LAST_REPLICA}`],
  },
];

describe('durable: with eligible leader replicas and without unclean elections, the last known leader has everything unless it lost power (EL-2, B17)', () => {
  const noneLeft = (isr: readonly number[] = []) => changed({ leader: -1, leaderEpoch: 6, isr });
  const lastKnown = (leader: number, leaderEpoch = 7) => changed({ leader, leaderEpoch, isr: [leader], isUnclean: true });
  it.each<Case>([
    { what: 'it lost power', trace: [two, stopped('broker-1', 'power-loss'), noneLeft(), restarted('broker-1'), opened(1, 1, 5), lastKnown(1), leads(1, 7, 1, 1, [1]), finalRead([0, 'p1-0'])], finds: [`${LOSS} by design: ${LAST_KNOWN_LEADER}`] },
    { what: 'it lost power, and was elected before the controller missed it', trace: [two, elected(1, 5, [1, 2]), stopped('broker-2', 'power-loss'), restarted('broker-2'), opened(2, 1, 5), elected(2, 6, [2]), changed({ leader: -1, leaderEpoch: 7, isr: [] }), lastKnown(2, 8), leads(2, 8, 1, 1, [2]), finalRead([0, 'p1-0'])], finds: [`${LOSS} by design: ${LAST_KNOWN_LEADER}`] },
    { what: 'its process died, and its page cache should have been whole', trace: [two, stopped('broker-1', 'crash'), noneLeft(), restarted('broker-1'), opened(1, 1, 5), lastKnown(1), leads(1, 7, 1, 1, [1]), finalRead([0, 'p1-0'])], finds: [LOSS] },
    { what: 'it lost power, but not this', trace: [two, stopped('broker-1', 'power-loss'), noneLeft(), restarted('broker-1'), opened(1, 1, 5), truncated(1, 5, 0, 1), lastKnown(1), leads(1, 7, 0, 0, [1]), finalRead()], finds: [LOSS, `${LOSS} by design: ${LAST_KNOWN_LEADER}`] },
    { what: 'what it lost before it came to lead', trace: [booted, written('p1-0', 0), stopped('broker-2', 'power-loss'), restarted('broker-2'), opened(2, 0, 5), elected(2, 6), leads(2, 6, 0), stopped('broker-2', 'crash'), changed({ leader: -1, leaderEpoch: 7, isr: [] }), restarted('broker-2'), opened(2, 0, 5), lastKnown(2, 8), leads(2, 8, 0, 0, [2]), finalRead()], finds: [LOSS] },
    { what: 'another one than the one that led last is taken for it, and lost power', trace: [two, stopped('broker-2', 'power-loss'), noneLeft(), restarted('broker-2'), opened(2, 1, 5), lastKnown(2), leads(2, 7, 1, 1, [2]), finalRead([0, 'p1-0'])], finds: [LOSS] },
    { what: 'somebody was in sync still', trace: [two, stopped('broker-1', 'power-loss'), noneLeft([3]), restarted('broker-1'), opened(1, 1, 5), lastKnown(1), leads(1, 7, 1, 1, [1]), finalRead([0, 'p1-0'])], finds: [LOSS] },
  ])('$what: $finds', ({ trace, finds }) => {
    expect(verdictOf(createDurableChecker, trace, undefined, promisesWithoutUnclean).map(inShort)).toEqual(finds);
  });
});

describe('durable: what was acknowledged is there in the end', () => {
  it.each(cases)('$what: $finds', ({ trace, finds }) => {
    expect(verdictOf(createDurableChecker, trace).map(inShort)).toEqual(finds);
  });

  it('says what was promised, what was found, and who led without the record', () => {
    const [anomaly] = verdictOf(createDurableChecker, [two, elected(3, 6, [3]), leads(3, 6, 1, 1, [3]), finalRead([0, 'p1-0'])]);
    expect(anomaly?.detail).toMatchInlineSnapshot(`
      "producer p1 was told at 00:00.017 that record p1-1 of orders-0 was committed (acks=all, offset 1, leader epoch 5).
      the final read ends at offset 1.
      broker 3 became leader in epoch 6 with log end offset 1 at 00:00.019."
    `);
  });

  it('tells what happened where the loss is by design', () => {
    const [anomaly] = verdictOf(createDurableChecker, [two, aloneAndBack('power-loss'), finalRead([0, 'p1-0'])]);
    expect(anomaly?.detail).toMatchInlineSnapshot(`
      "producer p1 was told at 00:00.017 that record p1-1 of orders-0 was committed (acks=all, offset 1, leader epoch 5).
      the final read ends at offset 1.
      broker 1 lost power at 00:00.019, reopened its log at offset 1 where it had reached 2, and became leader in epoch 7 with in-sync set [1]."
    `);
  });

  it('does not mistake a retry in the outage for what the power loss took', () => {
    // p1-2 was in flight when the leader died; epoch 7 wrote and committed it at an offset that epoch 5 had used, too.
    const retried = [sent('p1-2'), ...aloneAndBack('power-loss'), sent('p1-3'), appended(1, 7, 1, true), watermark(1, 7, 2), acked('p1-3', 1)];
    expect(verdictOf(createDurableChecker, [two, retried, finalRead([0, 'p1-0'])]).map(inShort)).toEqual([`${LOSS} by design: ${POWER_LOSS_OF_LAST_REPLICA}`, LOSS]);
  });
});
