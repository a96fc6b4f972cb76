import { describe, expect, it } from 'vitest';
import { booted, elected, inShort, leads, startsAt, verdictOf, watermark, written } from '../testing/trace.ts';
import type { Case } from '../testing/trace.ts';
import { createWatermarkChecker } from './watermarks.ts';

const REGRESSED = 'high-watermark-regressed (7.1-committed, safety)';
const OUT_OF_RANGE = 'high-watermark-out-of-range (7.1-committed, safety)';
const two = [booted, written('p1-0', 0), written('p1-1', 1)].flat();

const cases: readonly Case[] = [
  { what: 'a clean run', trace: [two], finds: [] },
  { what: 'a high watermark that goes back within a term', trace: [two, watermark(1, 5, 1)], finds: [REGRESSED] },
  { what: 'the same again: said once', trace: [two, watermark(1, 5, 1), watermark(1, 5, 0)], finds: [REGRESSED] },
  { what: 'a new leader that begins with a lower one (HW-4)', trace: [two, elected(2, 6), leads(2, 6, 2, 1)], finds: [] },
  { what: 'the same leader in a new term', trace: [two, elected(1, 6), leads(1, 6, 2, 1), watermark(1, 6, 2)], finds: [] },
  { what: 'a high watermark beyond the end of the log', trace: [two, watermark(1, 5, 3)], finds: [OUT_OF_RANGE] },
  { what: 'a high watermark below the start of the log', trace: [two, startsAt(1, 2), elected(1, 6), leads(1, 6, 2, 1)], finds: [OUT_OF_RANGE] },
  { what: 'retention of what is committed (RT-1)', trace: [two, startsAt(1, 2)], finds: [] },
  { what: 'retention of more than is committed', trace: [two, written('p1-2', 2).slice(0, 4), startsAt(1, 3)], finds: [OUT_OF_RANGE] },
  { what: 'a follower that drops its log to begin where its leader does', trace: [two, startsAt(3, 9, 'truncated-fully')], finds: [] },
];

describe('watermarks: between the start and the end of the log, and never back within a term (W4)', () => {
  it.each(cases)('W4: $what: $finds', ({ trace, finds }) => {
    expect(verdictOf(createWatermarkChecker, trace).map(inShort)).toEqual(finds);
  });
});
