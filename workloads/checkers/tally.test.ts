import { describe, expect, it } from 'vitest';
import type { Observation } from '../../actors/observation.ts';
import { acked, booted, elected, failed, fenced, polled, restarted, sent, stopped, struck, traced, truncated, written } from '../testing/trace.ts';
import type { Step } from '../testing/trace.ts';
import { Tally } from './tally.ts';

function tallied(...steps: readonly (Step | readonly Step[])[]): Tally {
  const tally = new Tally();
  for (const event of traced(steps)) tally.see(event, event.event.type === 'observed' ? (event.event.observation as Observation) : undefined);
  return tally;
}

/** Only what was counted. */
function countsOf(tally: Tally): Record<string, number> {
  return Object.fromEntries(Object.entries(tally.counts).filter(([, count]) => count > 0));
}

describe('tally: what happened, in numbers', () => {
  it('counts sends by their outcome, and what was polled', () => {
    const tally = tallied(booted, written('p1-0', 0), sent('p1-1'), failed('p1-1', true), sent('p1-2'), failed('p1-2', false), sent('p2-0', 0), acked('p2-0', -1, 0), polled('c1', [0, 'p1-0'], [1, 'p1-1']));
    expect(countsOf(tally)).toEqual({ sent: 4, acknowledged: 2, indeterminate: 1, failed: 1, polled: 2, appended: 1 });
  });

  it('counts elections by the leader epoch, and in-sync sets by who left and who came', () => {
    const tally = tallied(booted, elected(1, 5, [1, 2]), elected(-1, 6, [2]), elected(2, 7, [2]), elected(2, 7, [2, 3]), elected(3, 8, [3], true), fenced(1), truncated(1, 8, 0, 3));
    expect(countsOf(tally)).toEqual({ elections: 2, 'unclean-elections': 1, 'isr-shrinks': 3, 'isr-expands': 1, 'brokers-fenced': 1, truncations: 1 });
  });

  it('counts the same change told twice once', () => {
    expect(countsOf(tallied(booted, elected(1, 5), elected(1, 5)))).toEqual({});
  });

  it('counts the deaths of processes by their kind', () => {
    expect(countsOf(tallied(stopped('broker-1', 'crash'), restarted('broker-1'), stopped('broker-1', 'power-loss'), stopped('c1', 'failed'), stopped('broker-2', 'exit'), stopped('broker-2', 'halt')))).toEqual({
      crashes: 1, 'power-losses': 1, exits: 1, halts: 1, 'application-failures': 1, restarts: 1,
    });
  });

  it('takes a timed fault that touches many for one strike', () => {
    const { counts, list, more } = tallied(struck('broker-1', 'f1', 'partition', 'broker-1>broker-2 broker-2>broker-1'), struck('broker-2', 'f1', 'partition', 'broker-1>broker-2 broker-2>broker-1')).strikes;
    expect(counts).toEqual({ partition: 1 });
    expect(list).toEqual([{ id: 'f1', kind: 'partition', time: 1_000, actor: 'broker-1, broker-2', detail: 'broker-1>broker-2 broker-2>broker-1' }]);
    expect(more).toBe(0);
  });

  it('lists every timed fault, however much weather there was, and counts the weather that it does not list', () => {
    const weather = Array.from({ length: 250 }, (_, n) => struck('broker-1', `broker-1>broker-2/delay/${n}`, 'delay', 'to broker-2'));
    const { counts, list, more } = tallied(weather, struck('broker-1', 'f1', 'crash')).strikes;
    expect(counts).toEqual({ delay: 250, crash: 1 });
    expect(list).toHaveLength(201);
    expect(list.at(-1)).toMatchObject({ id: 'f1', kind: 'crash' });
    expect(more).toBe(50);
  });
});
