import { describe, expect, it } from 'vitest';
import { parseFaultPlan } from './plan-schema.ts';

const ACTORS = ['controller-0', 'broker-0', 'broker-1', 'broker-2', 'producer-0'];
const CRASH = { id: 'f1', kind: 'crash', at: 1_000_000, for: 500_000, target: { actor: 'broker-1' } };
const CUT = { id: 'f2', kind: 'partition', at: 0, for: 1, target: { between: ['broker-0'], and: ['broker-1', 'broker-2'] } };

function errorsOf(plan: unknown): readonly string[] {
  const result = parseFaultPlan(plan, ACTORS);
  return 'errors' in result ? result.errors : [];
}
/** Errors of a plan with this one fault in it. */
const errorsOfFault = (changes: object, fault: object = CRASH): readonly string[] => errorsOf({ timed: [{ ...fault, ...changes }] });

describe('a fault plan from a file', () => {
  it('is read, and what is left out is nothing', () => {
    expect(parseFaultPlan({ timed: [CRASH, CUT] }, ACTORS)).toEqual({ plan: { timed: [CRASH, CUT], weather: [], weatherFrom: 0, weatherUntil: 0, switchedOff: [] } });
  });

  it('may hold weather, roles, one-way cuts, all links of an actor, and strikes that are switched off', () => {
    const plan = {
      timed: [
        { ...CRASH, target: { role: 'leader of orders-3' } },
        { id: 'f2', kind: 'jam', at: 0, for: 1, target: { from: ['broker-0'], to: ['broker-1'] } },
        { id: 'f3', kind: 'delay', at: 0, for: 1, target: { actor: 'broker-1' }, amount: 1 },
        { id: 'f4', kind: 'clock-skew', at: 0, for: 1, target: { actor: 'broker-1' }, amount: -5 },
      ],
      weather: [{ links: { from: 'broker', to: 'broker' }, perMillion: { delay: 10, reset: 1 }, delayMeanUs: 5 }],
      weatherFrom: 0, weatherUntil: 1_000_000, switchedOff: ['f2', 'broker-0>broker-1/delay/7'],
    };
    expect(parseFaultPlan(plan, ACTORS)).toEqual({ plan });
  });

  it.each<[string, readonly string[], readonly string[]]>([
    ['an unknown kind', errorsOfFault({ kind: 'crush' }), ["timed[0].kind: unknown kind 'crush': did you mean 'crash'?"]],
    ['a kind like no other', errorsOfFault({ kind: 'earthquake' }), ["timed[0].kind: unknown kind 'earthquake': there is crash, power-loss, pause, clock-skew, refuse, partition, jam, delay, slow, reset, half-open"]],
    ['an unknown actor', errorsOfFault({ target: { actor: 'broker-7' } }), ["timed[0].target: unknown actor 'broker-7': did you mean 'broker-0'?"]],
    ['an unknown actor among many', errorsOfFault({ target: { between: ['broker-0'], and: ['broker-1', 'brocker-2'] } }, CUT), ["timed[0].target: unknown actor 'brocker-2': did you mean 'broker-2'?"]],
    ['an unknown role', errorsOfFault({ target: { role: 'boss' } }), ["timed[0].target.role: unknown role 'boss': a role is written 'leader of <topic>-<partition>' or 'active controller'"]],
    ['times before the beginning', errorsOfFault({ at: -1, for: -2 }), ['timed[0].at: must not be negative', 'timed[0].for: must not be negative']],
    ['a time that is not whole', errorsOfFault({ at: 1.5 }), ['timed[0].at: must be a whole number of µs']],
    ['something missing', errorsOfFault({ for: undefined }), ['timed[0].for: is missing']],
    ['a process fault aimed at links', errorsOfFault({ target: CUT.target }), ['timed[0].target: crash is a fault of a process: its target is {"actor": name} or {"role": text}, not links']],
    ['a link fault aimed at no link', errorsOfFault({ target: { from: ['broker-0'], to: ['broker-0'] } }, CUT), ['timed[0].target: partition is a fault of links: there is none from an actor to itself']],
    ['a target of another form', errorsOfFault({ target: { broker: 1 } }), ['timed[0].target: must be one of {"actor": name}, {"role": text}, {"between": [names], "and": [names]}, {"from": [names], "to": [names]}']],
    ['a missing amount', errorsOfFault({ kind: 'slow' }, CUT), ['timed[0].amount: slow needs one, the bandwidth in bytes per second']],
    ['an amount too small', errorsOfFault({ kind: 'slow', amount: 0 }, CUT), ['timed[0].amount: must be at least 1, the bandwidth in bytes per second']],
    ['an amount that means nothing', errorsOfFault({ amount: 3 }), ['timed[0].amount: crash has none']],
    ['an id given twice', errorsOf({ timed: [CRASH, CRASH] }), ["timed[1].id: 'f1' is the id of another fault already"]],
    ['an id that could be of weather', errorsOfFault({ id: 'a>b/jam/1' }), ['timed[0].id: must be made of letters, digits, . _ and -']],
    ['a misspelt key', errorsOfFault({ amuont: 3 }), ["timed[0]: unknown key 'amuont': did you mean 'amount'?"]],
    ['a misspelt key of the plan', errorsOf({ timed: [], whether: [] }), ["the plan: unknown key 'whether': did you mean 'weather'?"]],
    ['an unknown kind of weather', errorsOf({ timed: [], weather: [{ perMillion: { dealy: 1 } }] }), ["weather[0].perMillion.dealy: unknown kind of weather 'dealy': did you mean 'delay'?"]],
    ['a chance beyond certainty', errorsOf({ timed: [], weather: [{ perMillion: { delay: 1_000_001 } }] }), ['weather[0].perMillion.delay: must be at most 1000000']],
    ['weather that never blows', errorsOf({ timed: [], weather: [{ perMillion: { delay: 1 } }] }), ['weatherUntil: must be later than weatherFrom, or the weather never blows']],
    ['no plan at all', errorsOf([]), ['the plan: Invalid input: expected object, received array']],
    ['no faults', errorsOf({}), ['timed: is missing']],
  ])('refuses %s', (_what, errors, expected) => {
    expect(errors).toEqual(expected);
  });

  it('names every error there is, not the first alone', () => {
    expect(errorsOf({ timed: [{ ...CRASH, target: { actor: 'nobody' } }, { ...CUT, kind: 'delay' }] })).toHaveLength(2);
  });
});
