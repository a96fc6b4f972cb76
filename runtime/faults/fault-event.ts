/** @module A timed fault on its way to the actors it touches: resolved to names, with its two moments. */
import { SimulatorError } from '../simulator-error.ts';
import { isLinkFaultKind } from './plan.ts';
import type { LinkFaultKind, Target, TimedFault } from './plan.ts';

export interface FaultEvent {
  readonly fault: TimedFault;
  readonly phase: 'begin' | 'end';
  /** Directed links it hits, as pairs of actor indices; empty for faults of processes and disks. */
  readonly links: readonly (readonly [from: number, to: number])[];
}

/** A fault that hits links, for narrowing. */
export interface LinkFault extends TimedFault {
  readonly kind: LinkFaultKind;
}

export function isLinkFault(fault: TimedFault): fault is LinkFault {
  return isLinkFaultKind(fault.kind);
}

/** What a fault with this target touches, by index. A role touches nothing until the nemesis has resolved it. */
export interface Touched {
  readonly actors: readonly number[];
  readonly links: readonly (readonly [from: number, to: number])[];
}

/** Resolves the names of a target. @throws {SimulatorError} `declaration` if a name is unknown. */
export function touchedBy(fault: TimedFault, target: Target, actors: readonly string[]): Touched {
  if ('role' in target) return { actors: [], links: [] };
  if ('actor' in target) return touchedByActors(fault, [target.actor], actors);
  if ('from' in target) return touchedLinks(pairs(indicesOf(fault, target.from, actors), indicesOf(fault, target.to, actors)));
  const left = indicesOf(fault, target.between, actors);
  const right = indicesOf(fault, target.and, actors);
  return touchedLinks([...pairs(left, right), ...pairs(right, left)]);
}

/**
 * What a fault of these actors touches: themselves, or every link from and to one of them.
 * @throws {SimulatorError} `declaration` if a name is unknown.
 */
export function touchedByActors(fault: TimedFault, names: readonly string[], actors: readonly string[]): Touched {
  const struck = new Set(indicesOf(fault, names, actors));
  if (!isLinkFault(fault)) return { actors: [...struck].sort((a, b) => a - b), links: [] };
  const all = actors.map((_, index) => index);
  return touchedLinks([...pairs([...struck], all), ...pairs(all.filter((index) => !struck.has(index)), [...struck])]);
}

function indicesOf(fault: TimedFault, names: readonly string[], actors: readonly string[]): number[] {
  return names.map((name) => {
    const index = actors.indexOf(name);
    if (index < 0) throw new SimulatorError('declaration', `fault ${fault.id} names an actor that does not exist: ${name}`);
    return index;
  });
}

function pairs(from: readonly number[], to: readonly number[]): (readonly [number, number])[] {
  return from.flatMap((a) => to.filter((b) => b !== a).map((b) => [a, b] as const));
}

function touchedLinks(links: readonly (readonly [number, number])[]): Touched {
  return { actors: [...new Set(links.flat())].sort((a, b) => a - b), links };
}
