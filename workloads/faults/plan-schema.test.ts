import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parsePlanFile } from '../index.ts';
import { parseFaultPlan } from './plan-schema.ts';
import type { PlanScene } from './plan-schema.ts';

const SCENE: PlanScene = { actors: ['controller-0', 'broker-0', 'broker-1', 'broker-2', 'producer-0'], topics: { orders: 6 }, replicationFactor: 3, racks: { 'rack-0': ['broker-0', 'broker-2'], 'rack-1': ['broker-1'] }, healsAt: 65_000_000 };
const CRASH = { id: 'f1', kind: 'crash', at: 1_000_000, for: 500_000, target: { actor: 'broker-1' } };
const CUT = { id: 'f2', kind: 'partition', at: 0, for: 1, target: { between: ['broker-0'], and: ['broker-1', 'broker-2'] } };

function errorsOf(plan: unknown): readonly string[] {
  const result = parseFaultPlan(plan, SCENE);
  return 'errors' in result ? result.errors : [];
}
/** Errors of a plan with this one fault in it. */
const errorsOfFault = (changes: object, fault: object = CRASH): readonly string[] => errorsOf({ timed: [{ ...fault, ...changes }] });

describe('a fault plan from a file', () => {
  it('is read, and what is left out is nothing', () => {
    expect(parseFaultPlan({ timed: [CRASH, CUT] }, SCENE)).toEqual({ plan: { timed: [CRASH, CUT], weather: [], weatherFrom: 0, weatherUntil: 0, switchedOff: [] } });
  });

  it('may hold weather, roles, one-way cuts, all links of an actor, and strikes that are switched off', () => {
    const plan = {
      timed: [
        { ...CRASH, target: { role: 'leader of orders-3' } },
        { id: 'f2', kind: 'jam', at: 0, for: 1, target: { from: ['broker-0'], to: ['broker-1'] } },
        { id: 'f3', kind: 'delay', at: 0, for: 1, target: { actor: 'broker-1' }, amount: 1 },
        { id: 'f4', kind: 'clock-skew', at: 0, for: 1, target: { actor: 'broker-1' }, amount: -5 },
        { id: 'f5', kind: 'disk-hung', at: 0, for: 1, target: { role: 'leader of orders-0' } },
        { id: 'f6', kind: 'disk-bit-rot', at: 0, for: 0, target: { actor: 'broker-1' }, amount: 8 },
        { id: 'f7', kind: 'shutdown', at: 0, for: 1, target: { role: 'active controller' } },
      ],
      weather: [{ links: { from: 'broker', to: 'broker' }, perMillion: { delay: 10, reset: 1 }, delayMeanUs: 5 }],
      weatherFrom: 0, weatherUntil: 1_000_000, switchedOff: ['f2', 'broker-0>broker-1/delay/7'],
    };
    expect(parseFaultPlan(plan, SCENE)).toEqual({ plan });
  });

  it.each<[string, readonly string[], readonly string[]]>([
    ['an unknown kind', errorsOfFault({ kind: 'crush' }), ["timed[0].kind: unknown kind 'crush': did you mean 'crash'?"]],
    ['a kind like no other', errorsOfFault({ kind: 'earthquake' }), ["timed[0].kind: unknown kind 'earthquake': there is crash, power-loss, pause, clock-skew, refuse, shutdown, disk-full, disk-hung, disk-slow, disk-error, disk-fsync-error, disk-bit-rot, partition, jam, delay, slow, reset, half-open"]],
    ['an unknown actor', errorsOfFault({ target: { actor: 'broker-7' } }), ["timed[0].target: unknown actor 'broker-7': did you mean 'broker-0'?"]],
    ['an unknown actor among many', errorsOfFault({ target: { between: ['broker-0'], and: ['broker-1', 'brocker-2'] } }, CUT), ["timed[0].target: unknown actor 'brocker-2': did you mean 'broker-2'?"]],
    ['an unknown role', errorsOfFault({ target: { role: 'boss' } }), ["timed[0].target.role: unknown role 'boss': a role is written 'leader of <topic>-<partition>' or 'follower of <topic>-<partition>' or 'replica <k> of <topic>-<partition>' or 'active controller' or 'rack <name>'"]],
    ['times before the beginning', errorsOfFault({ at: -1, for: -2 }), ['timed[0].at: must not be negative', 'timed[0].for: must not be negative']],
    ['a time that is not whole', errorsOfFault({ at: 1.5 }), ['timed[0].at: must be a whole number of µs']],
    ['something missing', errorsOfFault({ for: undefined }), ['timed[0].for: is missing']],
    ['a process fault aimed at links', errorsOfFault({ target: CUT.target }), ['timed[0].target: crash is a fault of a process: its target is {"actor": name} or {"role": text}, not links']],
    ['a disk fault aimed at links', errorsOfFault({ kind: 'disk-full', target: CUT.target }), ['timed[0].target: disk-full is a fault of a disk: its target is {"actor": name} or {"role": text}, not links']],
    ['a misspelt disk fault', errorsOfFault({ kind: 'disc-full' }), ["timed[0].kind: unknown kind 'disc-full': did you mean 'disk-full'?"]],
    ['rot of no bits', errorsOfFault({ kind: 'disk-bit-rot', amount: 0 }), ['timed[0].amount: must be at least 1, the number of bits that flip']],
    ['a slow disk without an amount', errorsOfFault({ kind: 'disk-slow' }), ['timed[0].amount: disk-slow needs one, the µs that every operation of the disk takes longer']],
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
    ['weather that never blows', errorsOf({ timed: [], weather: [{ perMillion: { delay: 1 } }] }), ['weatherUntil: is missing or 0, and the weather never blows']],
    ['weather that ends before it begins', errorsOf({ timed: [], weather: [{ perMillion: { delay: 1 } }], weatherFrom: 2, weatherUntil: 1 }), ['weatherUntil: must not be earlier than weatherFrom']],
    ['weather after the heal', errorsOf({ timed: [], weather: [{ perMillion: { delay: 1 } }], weatherUntil: 66_000_000 }), ['weatherUntil: the weather blows until 66 s (66000000 µs), and everything heals at 65 s (65000000 µs): end it sooner, or move the heal with --duration']],
    ['a fault that outlasts the heal', errorsOfFault({ at: 64_900_000 }), ["timed[0].for: fault 'f1' lasts until 65.4 s (65400000 µs), and everything heals at 65 s (65000000 µs): end it sooner, or move the heal with --duration"]],
    ['a fault that may outlast it, because its role must be found', errorsOfFault({ at: 64_000_000, target: { role: 'active controller' } }), ["timed[0].for: fault 'f1' may last until 65.6 s (65600000 µs) (its role must be found first), and everything heals at 65 s (65000000 µs): end it sooner, or move the heal with --duration"]],
    ['a role of a partition that is not there', errorsOfFault({ target: { role: 'leader of orders-99' } }), ["timed[0].target.role: 'leader of orders-99': there is no partition orders-99; there is orders-0 … orders-5"]],
    ['a strike switched off that is not in the plan', errorsOf({ timed: [CRASH, CUT, { ...CRASH, id: 'f3' }], switchedOff: ['f2', 'f99'] }), ["switchedOff[1]: there is no timed fault 'f99': there is f1 … f3"]],
    ['a strike switched off where there are none', errorsOf({ timed: [], switchedOff: ['f1'] }), ["switchedOff[0]: there is no timed fault 'f1': there is none"]],
    ['a strike of the weather of another form', errorsOf({ timed: [], switchedOff: ['broker-0>broker-1/7'] }), ["switchedOff[0]: 'broker-0>broker-1/7' is no strike: one of the weather is written from>to/kind/n, such as broker-0>broker-1/delay/117"]],
    ['a strike of the weather on nobody, of no kind', errorsOf({ timed: [], switchedOff: ['broker-0>broker-11/dealy/7'] }), ["switchedOff[0]: unknown actor 'broker-11': did you mean 'broker-1'?", "switchedOff[0]: unknown kind of weather 'dealy': did you mean 'delay'?"]],
    ['no plan at all', errorsOf([]), ['the plan: Invalid input: expected object, received array']],
    ['no faults', errorsOf({}), ['timed: is missing']],
  ])('refuses %s', (_what, errors, expected) => {
    expect(errors).toEqual(expected);
  });

  it('is accepted as the README writes it, for the default trial and not for a shorter one', () => {
    const [, example] = /```json\n(.*?)```/s.exec(readFileSync(new URL('../../README.md', import.meta.url), 'utf8')) ?? [];
    const argument = { workload: 'first-cluster', seed: '42', protocol: '4.2', settings: {} };
    const plan: unknown = JSON.parse(example!);
    expect(parsePlanFile(plan, argument)).toEqual({ plan: { ...(plan as object), switchedOff: [] } });
    expect(parsePlanFile(plan, { ...argument, durationUs: 30_000_000 })).toMatchObject({ errors: [expect.stringContaining("fault 'f3'"), expect.stringContaining("fault 'f4'"), expect.stringContaining("fault 'f5'"), expect.stringContaining('the weather blows')] });
    expect(parsePlanFile(plan, { ...argument, settings: { partitions: '1', brokers: '4' } })).toHaveProperty('plan');
  });

  it('names every error there is, not the first alone', () => {
    expect(errorsOf({ timed: [{ ...CRASH, target: { actor: 'nobody' } }, { ...CUT, kind: 'delay' }] })).toHaveLength(2);
  });

  it('checks what is well-formed beside what is not', () => {
    expect(errorsOf({ timed: [{ ...CRASH, kind: 'crush', at: -1 }, { ...CUT, target: { role: 'leader of orders-6' } }] })).toEqual([
      "timed[0].kind: unknown kind 'crush': did you mean 'crash'?",
      'timed[0].at: must not be negative',
      "timed[1].target.role: 'leader of orders-6': there is no partition orders-6; there is orders-0 … orders-5",
    ]);
  });
});
