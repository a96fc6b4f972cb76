/** @module Roles that a fault may be aimed at, as a person writes them. The nemesis finds out who plays them when the time has come. */
import type { TimedFault } from '../../runtime/faults/plan.ts';
import { MILLISECOND, SECOND } from '../../runtime/index.ts';
import type { Micros } from '../../runtime/index.ts';

export type Role = { readonly kind: 'leader'; readonly topic: string; readonly partition: number } | { readonly kind: 'active-controller' };

/** How a role may be written. */
export const ROLES = ['leader of <topic>-<partition>', 'active controller'] as const;

const LEADER = /^leader of (.+)-(\d+)$/;

/** The role that a text names, e.g. `leader of orders-0`; undefined if it names none. */
export function parseRole(text: string): Role | undefined {
  if (text === 'active controller') return { kind: 'active-controller' };
  const [, topic, partition] = LEADER.exec(text) ?? [];
  return topic === undefined ? undefined : { kind: 'leader', topic, partition: Number(partition) };
}

export function unknownRole(text: string): string {
  return `unknown role '${text}': a role is written '${ROLES.join("' or '")}'`;
}

const PATIENCE_US_MIN: Micros = SECOND;
const PATIENCE_US_MAX: Micros = 3 * SECOND;
/** From the decision of the nemesis to the strike, at most: a lookahead, the smallest latency of the network. */
const STRIKE_US_MAX: Micros = 100 * MILLISECOND;

/**
 * How long the nemesis tries to find out who plays the role, in µs: as long as the fault lasts, but at least 1 s and at most 3 s. The fault
 * lasts as long as planned from the moment at which it strikes.
 */
export function patienceFor(fault: TimedFault): Micros {
  return Math.min(Math.max(fault.for, PATIENCE_US_MIN), PATIENCE_US_MAX);
}

/** When the fault is over at the latest: one that is aimed at a role may begin late. */
export function latestEndOf(fault: TimedFault): Micros {
  return fault.at + fault.for + ('role' in fault.target ? patienceFor(fault) + STRIKE_US_MAX : 0);
}
