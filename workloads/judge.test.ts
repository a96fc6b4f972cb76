import { describe, expect, it } from 'vitest';
import { ANOMALIES } from './checkers/anomalies.ts';
import { createTrialJudge } from './judge.ts';
import { ANOMALIES_LISTED_MAX } from './verdict.ts';
import { ENDED, acked, appended, booted, elected, finalRead, leads, polled, retried, promises, sent, struck, traced, watermark, written } from './testing/trace.ts';
import type { Step } from './testing/trace.ts';
import { isFailure } from './verdict.ts';
import type { TrialVerdict } from './verdict.ts';

function judged(...steps: readonly (Step | readonly Step[])[]): TrialVerdict {
  const judge = createTrialJudge(promises);
  for (const event of traced(steps)) judge.judge(event);
  return judge.verdict(ENDED) as TrialVerdict;
}

const clean = [...booted, ...written('p1-0', 0), polled('c1', [0, 'p1-0'])];

describe('the judge of a trial', () => {
  it('finds nothing in a clean run', () => {
    const verdict = judged(clean, finalRead([0, 'p1-0']));
    expect(verdict.anomalies).toEqual([]);
    expect(isFailure(verdict)).toBe(false);
  });

  it('hears every checker, and tells what they found in the order of time', () => {
    const bad = judged(clean, sent('p1-1'), appended(1, 5, 1, true), acked('p1-1', 1), watermark(1, 5, 2), polled('c1', [0, 'p1-0']), elected(3, 6, [3]), leads(3, 6, 1, 1, [3]), finalRead([0, 'p1-0']));
    expect(bad.anomalies.map(({ name }) => name)).toEqual(['premature-ack', 'premature-commit', 'premature-commit', 'nonmonotonic-poll', 'isr-not-superset', 'committed-unstable', 'acked-loss', 'under-replicated']);
    expect(isFailure(bad)).toBe(true);
  });

  it('passes a run whose anomalies are all by design, and shows them', () => {
    const verdict = judged(clean, retried('p1-0'), finalRead([0, 'p1-0'], [1, 'p1-0']));
    expect(verdict.anomalies).toMatchObject([{ name: 'duplicate', byDesign: 'retries without enable.idempotence' }]);
    expect(isFailure(verdict)).toBe(false);
  });

  it('lists a bounded number of each name and says how many more there were, so that one cause hides no other', () => {
    const records = Array.from({ length: ANOMALIES_LISTED_MAX + 20 }, (_, i) => [...written(`p2-${i}`, i, 1, 5, [2, 3], 1)]);
    const newLeader = [elected(2, 6), leads(2, 6, 0)];
    const { anomalies } = judged(booted, ...records, ...newLeader, written('p1-0', records.length, 2, 6, [1, 3]), finalRead());
    const byDesign = anomalies.filter((anomaly) => anomaly.byDesign === 'acks=1');
    expect(byDesign).toHaveLength(ANOMALIES_LISTED_MAX);
    expect(byDesign.at(-1)?.detail).toContain('… and 20 more of these.');
    expect(anomalies.filter((anomaly) => anomaly.name === 'acked-loss' && anomaly.byDesign === null)).toHaveLength(1);
  });

  it('hands over plain data with counts, strikes and what it remembered', () => {
    const verdict = judged(clean, struck('broker-1', 'f1', 'crash'), finalRead([0, 'p1-0']));
    expect(structuredClone(verdict)).toEqual(verdict);
    expect(verdict.counts).toMatchObject({ sent: 1, acknowledged: 1, polled: 1 });
    expect(verdict.strikes.counts).toEqual({ crash: 1 });
    expect(verdict.kept).toBeGreaterThan(0);
  });

  it('knows each anomaly by one name', () => {
    expect(new Set(ANOMALIES.map(({ name }) => name)).size).toBe(ANOMALIES.length);
  });
});
