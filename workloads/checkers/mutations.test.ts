/** A whole run that is right, through the whole judge; then one thing at a time goes wrong, and nothing else may be found. */
import { describe, expect, it } from 'vitest';
import { createTrialJudge } from '../judge.ts';
import { ENDED, acked, appended, booted, elected, finalRead, inShort, leads, opened, polled, promises, restarted, sent, stopped, traced, truncated, watermark, written } from '../testing/trace.ts';
import type { Step } from '../testing/trace.ts';
import type { TrialVerdict } from '../verdict.ts';

/** Broker 1 leads, crashes with a record that nobody has, and follows broker 2 when it is back. */
const right: readonly Step[] = [
  ...booted,
  ...written('p1-0', 0),
  polled('c1', [0, 'p1-0']),
  sent('p1-1'),
  appended(1, 5, 1, true),
  stopped('broker-1', 'crash'),
  elected(2, 6, [2, 3]),
  leads(2, 6, 1),
  ...written('p1-2', 1, 2, 6, [3]),
  restarted('broker-1'),
  opened(1, 2, 5),
  truncated(1, 6, 1, 2),
  appended(1, 6, 1),
  elected(2, 6, [2, 3, 1]),
  ...written('p1-3', 2, 2, 6, [3, 1]),
  polled('c1', [1, 'p1-2'], [2, 'p1-3']),
  finalRead([0, 'p1-0'], [1, 'p1-2'], [2, 'p1-3']),
];

function found(steps: readonly Step[]): string[] {
  const judge = createTrialJudge(promises);
  for (const event of traced(steps)) judge.judge(event);
  return (judge.verdict(ENDED) as TrialVerdict).anomalies.map(inShort);
}

const same = (a: Step, b: Step): boolean => JSON.stringify(a) === JSON.stringify(b);
/** `right` with these steps instead of `step`. */
function instead(step: Step, ...steps: readonly Step[]): readonly Step[] {
  expect(right.some((one) => same(one, step))).toBe(true);
  return right.flatMap((one) => (same(one, step) ? steps : [one]));
}

describe('the whole judge over a run with one thing wrong', () => {
  it('finds nothing while nothing is wrong', () => {
    expect(found(right)).toEqual([]);
  });

  it.each([
    { what: 'the high watermark never moved', mutate: () => instead(watermark(2, 6, 3)), finds: ['premature-ack (7.1-committed, safety)', 'read-uncommitted-data (7.1-visible, safety)'] },
    { what: 'a follower did not append', mutate: () => instead(appended(1, 6, 2)), finds: ['premature-commit (7.1-committed, safety)'] },
    { what: 'a follower joined without having caught up', mutate: () => instead(appended(1, 6, 1)), finds: ['isr-not-superset (7.1-committed, safety)', 'log-divergence (7.1-durable, safety)', 'premature-commit (7.1-committed, safety)'] },
    {
      what: 'the new leader had less than was committed',
      mutate: () => instead(leads(2, 6, 1), leads(2, 6, 0, 0)).map((step) => (same(step, finalRead([0, 'p1-0'], [1, 'p1-2'], [2, 'p1-3'])) ? finalRead([1, 'p1-2'], [2, 'p1-3']) : step)),
      finds: expect.arrayContaining(['committed-unstable (7.1-durable, safety)', 'acked-loss (7.1-durable, safety)', 'read-uncommitted-data (7.1-visible, safety)']) as string[],
    },
    { what: 'the acknowledgement named another offset', mutate: () => instead(acked('p1-2', 1), acked('p1-2', 0)), finds: ['premature-ack (7.1-committed, safety)', 'acked-loss (7.1-durable, safety)'] },
    { what: 'a consumer missed a record', mutate: () => instead(polled('c1', [1, 'p1-2'], [2, 'p1-3']), polled('c1', [2, 'p1-3'])), finds: ['poll-skip (7.5-committed, safety)', 'lost-write (7.5-committed, safety)'] },
    { what: 'a consumer read the uncommitted end', mutate: () => instead(polled('c1', [0, 'p1-0']), polled('c1', [0, 'p1-0'], [1, 'p1-1'])), finds: expect.arrayContaining(['read-uncommitted-data (7.1-visible, safety)', 'inconsistent-offsets (7.1-durable, safety)']) as string[] },
    { what: 'the end was never read', mutate: () => right.slice(0, -1), finds: ['unread-partition (7.1-durable, liveness)'] },
  ])('$what', ({ mutate, finds }) => {
    expect(found(mutate())).toEqual(finds);
  });
});
