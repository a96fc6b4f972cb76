import { describe, expect, it } from 'vitest';
import type { Observation } from '../../actors/observation.ts';
import { BROKER_CONFIG } from '../../actors/config/broker-config.ts';
import { parseConfig } from '../../actors/config/config-definition.ts';
import { SECOND, seconds } from '../../runtime/index.ts';
import { ENDED, changed, inShort, struck } from '../testing/trace.ts';
import type { Step } from '../testing/trace.ts';
import type { Evidence } from './expectation.ts';
import { shrinksAfterLag } from './in-sync.ts';

/** A lag of 10 s: an in-sync set becomes smaller 15.5 s after a cut at the latest. */
const brokerConfig = parseConfig(BROKER_CONFIG, { 'replica.lag.time.max.ms': 10_000 });

function judged(cutUs: number, steps: readonly (readonly [at: number, step: Step])[]): string[] {
  const resolved = { brokerConfig, brokers: 3, phases: { healsAt: seconds(80) } };
  const expected = shrinksAfterLag(cutUs)({ resolved } as unknown as Evidence);
  for (const [at, { actor, event }] of steps) expected.see({ time: at * SECOND, actor, event }, event.type === 'observed' ? (event.observation as Observation) : undefined);
  return expected.finish(ENDED).map(inShort);
}

const full = [1, changed({ isr: [1, 2, 3] })] as const;
const cut = [10, struck('broker-1', 'f1', 'partition')] as const;
const smaller = changed({ isr: [2, 3] });
const FOUND = ['shrunk-out-of-time (7.3.4-lag, availability)'];

describe('a broker is cut off from all others (FS-4)', () => {
  it.each<[string, number, readonly (readonly [number, Step])[], string[]]>([
    ['leaves in time', seconds(22), [full, cut, [24, smaller]], []],
    ['leaves too soon', seconds(22), [full, cut, [15, smaller]], FOUND],
    ['leaves too late: told once as overdue, once as late', seconds(22), [full, cut, [27, smaller]], [...FOUND, ...FOUND]],
    ['never leaves', seconds(22), [full, cut, [60, struck('broker-1', 'f2', 'reset')]], FOUND],
    ['never leaves, and nothing more happens', seconds(22), [full, cut], FOUND],
    ['need not leave: the cut is over before its time', seconds(15), [full, cut], []],
    ['was not in the set', seconds(22), [[1, changed({ isr: [2, 3] })], cut], []],
  ])('%s', (_, cutUs, steps, found) => expect(judged(cutUs, steps)).toEqual(found));
});
