import { describe, expect, it } from 'vitest';
import { ENDED, booted, elected, finalRead, gaveUp, inShort, promises, rotted, unreadable, verdictOf, written } from '../testing/trace.ts';
import { BIT_ROT_OF_LEADER } from './attribution.ts';
import { createLivenessChecker } from './liveness.ts';

const STALLED = { ...ENDED, stalled: ['producer-0', 'auditor'] };

describe('liveness: once the faults have stopped, everything gets done', () => {
  it.each([
    { what: 'a run that came to its end', trace: [booted, finalRead()], end: ENDED, finds: [] },
    { what: 'applications that never finished', trace: [booted, finalRead()], end: STALLED, finds: ['stalled (7.6.2-app, liveness)'] },
    { what: 'a partition that nobody read', trace: [booted], end: ENDED, finds: ['unread-partition (7.1-durable, liveness)'] },
    { what: 'a partition that lost its leader', trace: [booted, elected(-1, 6, [1]), finalRead()], end: ENDED, finds: ['leaderless-partition (7.6.1-config, liveness)', 'under-replicated (7.2-isr, liveness)'] },
    { what: 'a partition that has a leader again', trace: [booted, elected(-1, 6, [1]), elected(1, 7, [1]), elected(1, 7), finalRead()], end: ENDED, finds: [] },
    { what: 'a replica that never came back', trace: [booted, elected(1, 6, [1, 2]), finalRead()], end: ENDED, finds: ['under-replicated (7.2-isr, liveness)'] },
    { what: 'a follower that cannot fetch what rotted in its leader’s log', trace: [booted, rotted(1), elected(1, 6, [1, 2]), finalRead()], end: ENDED, finds: [`under-replicated (7.2-isr, liveness) by design: ${BIT_ROT_OF_LEADER}`] },
    { what: 'a follower with rotten bits of its own', trace: [booted, rotted(3), elected(1, 6, [1, 2]), finalRead()], end: ENDED, finds: ['under-replicated (7.2-isr, liveness)'] },
    { what: 'a partition that nobody can read beyond what rotted', trace: [booted, rotted(1)], end: ENDED, finds: [`unread-partition (7.1-durable, liveness) by design: ${BIT_ROT_OF_LEADER}`] },
    { what: 'a consumer that is given nothing more below the end', trace: [booted, written('p1-0', 0), gaveUp('c1', 0, 1), finalRead([0, 'p1-0'])], end: ENDED, finds: ['reading-stalled (7.5-committed, liveness)'] },
    { what: 'a consumer that is given nothing more, for bits of its leader’s log have rotted', trace: [booted, written('p1-0', 0), rotted(1), gaveUp('c1', 0, 1), finalRead([0, 'p1-0'])], end: ENDED, finds: [`reading-stalled (7.5-committed, liveness) by design: ${BIT_ROT_OF_LEADER}`] },
    { what: 'a consumer that had to step over too much', trace: [booted, written('p1-0', 0), rotted(1), unreadable('c1', 0), elected(2, 6), gaveUp('c1', 1, 2), finalRead([0, 'p1-0'])], end: ENDED, finds: [`reading-stalled (7.5-committed, liveness) by design: ${BIT_ROT_OF_LEADER}`] },
    { what: 'another consumer than the one that had to step over something', trace: [booted, written('p1-0', 0), rotted(1), unreadable('c2', 0), elected(2, 6), gaveUp('c1', 1, 2), finalRead([0, 'p1-0'])], end: ENDED, finds: ['reading-stalled (7.5-committed, liveness)'] },
    { what: 'a run that was stopped from outside', trace: [booted, elected(-1, 6, [1])], end: { ...STALLED, stopped: true }, finds: [] },
  ])('$what: $finds', ({ trace, end, finds }) => {
    expect(verdictOf(createLivenessChecker, trace, end).map(inShort)).toEqual(finds);
  });

  it('a partition that was whole again only after the time that it may take', () => {
    const late = [booted, elected(1, 6, [1, 2]), elected(1, 6), finalRead()];
    const verdict = (recoversBy: number) => verdictOf(createLivenessChecker, late, ENDED, { ...promises, recoversBy }).map(inShort);
    expect(verdict(1_000)).toEqual(['under-replicated (7.2-isr, liveness)']);
    expect(verdict(60_000_000)).toEqual([]);
  });

  it('names those who did not finish', () => {
    expect(verdictOf(createLivenessChecker, [booted, finalRead()], STALLED)[0]?.detail).toMatchInlineSnapshot(`
      "the faults stopped at 01:00.000, and the run ended at 01:30.000.
      not finished by then: producer-0, auditor."
    `);
  });
});
