import { describe, expect, it } from 'vitest';
import type { TimedFault } from '../../runtime/faults/plan.ts';
import { SECOND } from '../../runtime/index.ts';
import { latestEndOf, parseRole, unknownRole } from './role.ts';

describe('roles that faults are aimed at', () => {
  it.each([
    ['leader of orders-0', { kind: 'leader', topic: 'orders', partition: 0 }],
    ['leader of eu-orders-2-11', { kind: 'leader', topic: 'eu-orders-2', partition: 11 }],
    ['follower of orders-0', { kind: 'follower', topic: 'orders', partition: 0 }],
    ['replica 2 of orders-0', { kind: 'replica', replica: 2, topic: 'orders', partition: 0 }],
    ['rack rack-1', { kind: 'rack', rack: 'rack-1' }],
    ['active controller', { kind: 'active-controller' }],
    ['leader of orders', undefined],
    ['the leader of orders-0', undefined],
    ['controller', undefined],
    ['replica of orders-0', undefined],
    ['rack', undefined],
  ])('reads %j', (text, role) => {
    expect(parseRole(text)).toEqual(role);
  });

  it('says how a role is written', () => {
    expect(unknownRole('leeder')).toBe("unknown role 'leeder': a role is written 'leader of <topic>-<partition>' or 'follower of <topic>-<partition>' or 'replica <k> of <topic>-<partition>' or 'active controller' or 'rack <name>'");
  });

  it('a fault aimed at a role may end later than planned, by the time it takes to find who plays it', () => {
    const fault: TimedFault = { id: 'f1', kind: 'crash', at: 10 * SECOND, for: 5 * SECOND, target: { actor: 'broker-1' } };
    expect(latestEndOf(fault)).toBe(15 * SECOND);
    expect(latestEndOf({ ...fault, target: { role: 'leader of orders-0' } })).toBe(18.1 * SECOND);
  });
});
