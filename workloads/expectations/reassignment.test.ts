import { describe, expect, it } from 'vitest';
import type { Observation } from '../../actors/observation.ts';
import { ENDED, changed, inShort, moved, traced } from '../testing/trace.ts';
import type { Step } from '../testing/trace.ts';
import type { Evidence } from './expectation.ts';
import { reassignmentsComplete } from './reassignment.ts';

function judged(steps: readonly Step[], end = ENDED): { readonly found: readonly string[]; readonly completed: number } {
  const expected = reassignmentsComplete({} as Evidence);
  for (const event of traced(steps)) expected.see(event, event.event.type === 'observed' ? (event.event.observation as Observation) : undefined);
  return { found: expected.finish(end).map(inShort), completed: expected.shown['reassignments that were completed']! };
}

const begins = changed({ replicas: [4, 2, 3, 1], isr: [1, 2, 3] });
const through = changed({ leader: 2, leaderEpoch: 6, replicas: [4, 2, 3], isr: [2, 3, 4] });
const UNFINISHED = 'reassignment-unfinished (7.2-isr, liveness)';

describe('a reassignment', () => {
  it.each<[string, readonly Step[], readonly string[], number]>([
    ['that gets there', [begins, moved(4, 2, 3), through], [], 1],
    ['of which the administrator hears late', [begins, through, moved(4, 2, 3)], [], 1],
    ['that never gets there', [begins, moved(4, 2, 3)], [UNFINISHED], 0],
    ['whose new replica is there and not in sync', [begins, moved(4, 2, 3), changed({ replicas: [4, 2, 3], isr: [2, 3] })], [UNFINISHED], 0],
    ['that is followed by another, which does not get there', [begins, moved(4, 2, 3), through, moved(5, 2, 3)], [UNFINISHED], 1],
    ['that nobody asked for', [begins, through], [], 0],
  ])('%s', (_, steps, found, completed) => {
    expect(judged(steps)).toEqual({ found, completed });
  });

  it('proves nothing in a run that was stopped', () => {
    expect(judged([begins, moved(4, 2, 3)], { ...ENDED, stopped: true }).found).toEqual([]);
  });
});
