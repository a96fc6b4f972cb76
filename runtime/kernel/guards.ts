/**
 * @module
 * Guards around the simulation loop: whatever reaches for the real world's clock, timers or randomness while simulated code runs
 * gets an error that names the rule and the caller. They stand around the loop only; control plane and libraries outside it
 * need the real ones.
 */
import { SimulatorError } from '../simulator-error.ts';

interface Guard {
  readonly owner: object;
  readonly key: string;
  readonly name: string;
  readonly instead: string;
}

const CLOCK = 'use context.now or context.clock()';
const TIMER = 'use context.sleep or a signal with a timeout';
const RANDOM = 'use context.random(stream)';

function guards(): Guard[] {
  const scope = globalThis as unknown as Record<string, object>;
  const of = (owner: object, ownerName: string, keys: readonly string[], instead: string): Guard[] => keys.filter((key) => key in owner).map((key) => ({ owner, key, name: ownerName === '' ? key : `${ownerName}.${key}`, instead }));
  return [
    ...of(Math, 'Math', ['random'], RANDOM),
    ...of(scope['crypto']!, 'crypto', ['getRandomValues', 'randomUUID'], RANDOM),
    ...of(scope['performance']!, 'performance', ['now'], CLOCK),
    ...of(process, 'process', ['hrtime'], CLOCK),
    ...of(globalThis, '', ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask'], TIMER),
  ];
}

/** The place in the code that called, without the frames of the guard itself. */
function caller(): string {
  const frames = (new Error('where').stack ?? '').split('\n').slice(1);
  return (frames.find((frame) => !/[\\/]guards\.[jt]s\b/.test(frame)) ?? 'unknown').trim();
}

function forbid(name: string, instead: string): never {
  throw new SimulatorError('forbidden', `${name} in simulated code: a run must depend on its seed alone; ${instead} (called ${caller()})`);
}

function guardedDate(real: DateConstructor): DateConstructor {
  return new Proxy(real, {
    apply: () => forbid('Date', CLOCK),
    construct: (target, args) => (args.length === 0 ? forbid('new Date', CLOCK) : (Reflect.construct(target, args) as object)),
    get: (target, key) => (key === 'now' ? (): never => forbid('Date.now', CLOCK) : (Reflect.get(target, key) as unknown)),
  });
}

/**
 * Runs `action` with the guards up; they come down when it returns or throws.
 * @throws {SimulatorError} `forbidden`, from inside `action`, where simulated code breaks the rule.
 */
export function guarded<T>(action: () => T): T {
  const realDate = globalThis.Date;
  const undo = guards().map(({ owner, key, name, instead }) => {
    const before = Object.getOwnPropertyDescriptor(owner, key);
    // `process.hrtime.bigint` hangs on the function itself.
    const value = Object.assign((): never => forbid(name, instead), { bigint: (): never => forbid(`${name}.bigint`, instead) });
    Object.defineProperty(owner, key, { configurable: true, writable: true, enumerable: before?.enumerable ?? false, value });
    return () => {
      if (before === undefined) Reflect.deleteProperty(owner, key);
      else Object.defineProperty(owner, key, before);
    };
  });
  globalThis.Date = guardedDate(realDate);
  try {
    return action();
  } finally {
    globalThis.Date = realDate;
    for (const restore of undo) restore();
  }
}
