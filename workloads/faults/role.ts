/** @module Roles that a fault may be aimed at, as a person writes them. The nemesis finds out who plays them when the time has come. */
import type { TimedFault } from '../../runtime/faults/plan.ts';
import { MILLISECOND, SECOND } from '../../runtime/index.ts';
import type { Micros } from '../../runtime/index.ts';

export type Role =
  | { readonly kind: 'leader' | 'follower'; readonly topic: string; readonly partition: number }
  | { readonly kind: 'replica'; readonly replica: number; readonly topic: string; readonly partition: number }
  | { readonly kind: 'active-controller' }
  | { readonly kind: 'rack'; readonly rack: string };

/** How a role may be written. */
export const ROLES = ['leader of <topic>-<partition>', 'follower of <topic>-<partition>', 'replica <k> of <topic>-<partition>', 'active controller', 'rack <name>'] as const;

const LEADER_OR_FOLLOWER = /^(leader|follower) of (.+)-(\d+)$/;
const REPLICA = /^replica (\d+) of (.+)-(\d+)$/;
const RACK = /^rack (\S+)$/;

/** The role that a text names, e.g. `leader of orders-0`; undefined if it names none. Replicas are counted from 0, the preferred leader. */
export function parseRole(text: string): Role | undefined {
  if (text === 'active controller') return { kind: 'active-controller' };
  const [, kind, topic, partition] = LEADER_OR_FOLLOWER.exec(text) ?? [];
  if (topic !== undefined) return { kind: kind === 'leader' ? 'leader' : 'follower', topic, partition: Number(partition) };
  const [, replica, of, number] = REPLICA.exec(text) ?? [];
  if (of !== undefined) return { kind: 'replica', replica: Number(replica), topic: of, partition: Number(number) };
  const [, rack] = RACK.exec(text) ?? [];
  return rack === undefined ? undefined : { kind: 'rack', rack };
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
