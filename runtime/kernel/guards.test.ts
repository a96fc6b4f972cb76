import { describe, expect, it } from 'vitest';
import { SimulatorError } from '../simulator-error.ts';
import { guarded } from './guards.ts';

/** What simulated code might reach for, and what the error must call it. */
const FORBIDDEN: readonly [name: string, reach: () => unknown][] = [
  ['Math.random', () => Math.random()],
  ['crypto.randomUUID', () => crypto.randomUUID()],
  ['crypto.getRandomValues', () => crypto.getRandomValues(new Uint8Array(1))],
  ['performance.now', () => performance.now()],
  ['process.hrtime', () => process.hrtime()],
  ['process.hrtime.bigint', () => process.hrtime.bigint()],
  ['setTimeout', () => setTimeout(() => undefined, 0)],
  ['setInterval', () => setInterval(() => undefined, 1)],
  ['setImmediate', () => setImmediate(() => undefined)],
  ['queueMicrotask', () => queueMicrotask(() => undefined)],
  ['Date.now', () => Date.now()],
  ['new Date', () => new Date()],
  ['Date', () => Date()],
];

function thrownBy(action: () => unknown): SimulatorError {
  try {
    action();
  } catch (error) {
    if (error instanceof SimulatorError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('guards', () => {
  it.each(FORBIDDEN)('%s is forbidden inside, with the rule and the caller named', (name, reach) => {
    function brokerThatCheats(): unknown {
      return reach();
    }
    const error = thrownBy(() => guarded(brokerThatCheats));
    expect(error.code).toBe('forbidden');
    expect(error.message).toMatch(new RegExp(`^${name.replaceAll('.', '\\.')} in simulated code: a run must depend on its seed alone; use context`));
    expect(error.message).toContain('guards.test.ts');
  });

  it.each(FORBIDDEN)('%s works again afterwards, also after a throw', (_, reach) => {
    const before = reach();
    clearInterval(before as NodeJS.Timeout);
    guarded(() => 1);
    expect(() => guarded(() => {
      throw new TypeError('mine');
    })).toThrow(TypeError);
    const after = reach();
    expect(typeof after).toBe(typeof before);
    clearInterval(after as NodeJS.Timeout);
  });

  it('leave no trace on the globals', () => {
    const look = (): unknown[] => [Date, Math.random, setTimeout, process.hrtime, Object.getOwnPropertyNames(performance), Object.getOwnPropertyNames(crypto)];
    const before = look();
    guarded(() => undefined);
    expect(look()).toEqual(before);
  });

  it('let a date be made from a given time', () => {
    expect(guarded(() => new Date(0).toISOString())).toBe('1970-01-01T00:00:00.000Z');
    expect(guarded(() => Date.UTC(2020, 0, 1))).toBe(1_577_836_800_000);
  });

  it('hand on what the action returns', () => {
    expect(guarded(() => 42)).toBe(42);
  });
});
