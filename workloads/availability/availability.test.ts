import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { controllerId, controllerNameOf } from '../../actors/client/bootstrap.ts';
import type { Observation } from '../../actors/observation.ts';
import type { JudgedEvent } from '../../runtime/simulation.ts';
import { acked, appended, booted, elected, failed, polled, restarted, sent, stopped, traced, watermark } from '../testing/trace.ts';
import type { Step } from '../testing/trace.ts';
import { distributionOf } from './distribution.ts';
import { AvailabilityMeter } from './meter.ts';
import type { Availability } from './meter.ts';

const MS = 1_000;
const paused = (actor: string): Step => ({ actor, event: { type: 'process-paused' } });
const resumed = (actor: string): Step => ({ actor, event: { type: 'process-resumed', heldEvents: 0 } });

/** Measures a trace whose steps are one millisecond apart; the load lasts to its end. */
function measured(...steps: readonly (Step | readonly Step[])[]): Availability {
  const events = traced(steps);
  return measure(events, events.length * MS);
}

function measure(events: readonly JudgedEvent[], loadUntil: number): Availability {
  const meter = new AvailabilityMeter(loadUntil);
  for (const event of events) meter.see(event, event.event.type === 'observed' ? (event.event.observation as Observation) : undefined);
  return meter.finish(events.at(-1)!.time);
}

/** What is in `booted`, before the steps of a case. */
const BOOT_MS = booted.length;

describe('interruptions of a partition (7.6.1-config)', () => {
  it.each<[string, readonly Step[], object]>([
    ['a leader that dies: elected, acknowledged, all in sync', [stopped('broker-1', 'crash'), elected(2, 6, [2, 3]), appended(2, 6, 0, true), acked('p1-0', 0), elected(2, 6, [1, 2, 3])], { cause: 'crash', electedUs: MS, ackedUs: 3 * MS, isrFullUs: 4 * MS }],
    ['an answer that was under way does not count: what it acknowledges was appended before', [appended(1, 5, 0, true), stopped('broker-1', 'crash'), acked('p1-0', 0), elected(2, 6, [2, 3]), appended(2, 6, 1, true), acked('p1-1', 1)], { electedUs: 2 * MS, ackedUs: 4 * MS, isrFullUs: null }],
    ['a leader that stands still and goes on has no successor', [paused('broker-1'), resumed('broker-1'), appended(1, 5, 0, true), acked('p1-0', 0)], { cause: 'pause', electedUs: null, ackedUs: 3 * MS, isrFullUs: null }],
    ['nobody can lead: not elected until somebody is', [stopped('broker-1', 'power-loss'), elected(-1, 6, [1]), restarted('broker-1'), elected(1, 7, [1])], { cause: 'power-loss', electedUs: 3 * MS, ackedUs: null, isrFullUs: null }],
    ['the next leader dies, too: one interruption, until there is one that lasts', [stopped('broker-1', 'crash'), elected(2, 6, [2, 3]), stopped('broker-2', 'crash'), elected(3, 7, [3]), appended(3, 7, 0, true), acked('p1-0', 0)], { electedUs: 3 * MS, ackedUs: 5 * MS }],
    ['an election of a broker that is dead already is none', [stopped('broker-1', 'crash'), stopped('broker-2', 'crash'), elected(2, 6, [2, 3]), elected(3, 7, [3])], { electedUs: 3 * MS }],
    ['a leader that lives and is replaced', [elected(2, 6), appended(2, 6, 0, true), acked('p1-0', 0)], { cause: 'moved', electedUs: 0, ackedUs: 2 * MS, isrFullUs: 0 }],
  ])('%s', (_what, steps, expected) => {
    expect(measured(booted, steps).interruptions).toMatchObject([{ partition: 'orders-0', ...expected }]);
  });

  it.each<[string, readonly Step[]]>([
    ['a follower that dies', [stopped('broker-2', 'crash'), elected(1, 5, [1, 3])]],
    ['a client that dies', [stopped('producer-0', 'crash')]],
    ['the first leader, with whom the topic was made', []],
  ])('none: %s', (_what, steps) => {
    expect(measured(booted, steps).interruptions).toEqual([]);
  });

  it('those that begin after the load are left out', () => {
    expect(measure(traced([booted, stopped('broker-1', 'crash')]), BOOT_MS * MS).interruptions).toEqual([]);
  });
});

describe('losses of the active controller (7.6.1-config, KR-12)', () => {
  const activated = (node: number, epoch: number): Step => ({ actor: controllerNameOf(node), event: { type: 'observed', observation: { kind: 'controller-activated', node, epoch } } });
  const [first, second] = [controllerId(0), controllerId(1)];

  it.each<[string, readonly Step[], readonly object[]]>([
    ['dead, until another one is active', [activated(first, 1), stopped('controller-0', 'crash'), stopped('x', 'crash'), activated(second, 2)], [{ cause: 'crash', activatedUs: 2 * MS }]],
    ['standing still', [activated(first, 1), paused('controller-0'), activated(second, 2)], [{ cause: 'pause', activatedUs: MS }]],
    ['one that never has a successor', [activated(first, 1), stopped('controller-0', 'power-loss')], [{ cause: 'power-loss', activatedUs: null }]],
    ['a controller that is not active is not missed', [activated(first, 1), stopped('controller-1', 'crash')], []],
    ['one that resigns and lives is no loss', [activated(first, 1), activated(second, 2)], []],
  ])('%s', (_what, steps, expected) => {
    // The last step is one millisecond before the end of the load.
    expect(measured(steps, [stopped('x', 'crash')]).controllers).toMatchObject(expected);
  });
});

describe('how long clients had to wait', () => {
  it.each<[string, readonly Step[], number]>([
    ['from the call to the acknowledgement', [sent('p1-0'), sent('p1-1'), acked('p1-0', 0)], 2 * MS],
    ['from the last acknowledgement while more is wanted', [sent('p1-0'), sent('p1-1'), acked('p1-0', 0), stopped('x', 'crash'), stopped('x', 'crash'), stopped('x', 'crash'), acked('p1-1', 1)], 4 * MS],
    ['a refusal ends nothing', [sent('p1-0'), failed('p1-0', false), sent('p1-1'), acked('p1-1', 0)], 3 * MS],
    ['what is never acknowledged, to the end', [sent('p1-0'), stopped('x', 'crash'), stopped('x', 'crash')], 2 * MS],
    ['nothing between two records that were acknowledged', [sent('p1-0'), acked('p1-0', 0), stopped('x', 'crash'), stopped('x', 'crash'), sent('p1-1'), acked('p1-1', 1)], MS],
  ])('writes: %s', (_what, steps, longestUs) => {
    const { writes, clients } = measured(booted, steps);
    expect(writes['orders-0']!.longestUs).toBe(longestUs);
    expect(clients['p1']).toBe(longestUs);
  });

  it('a partition is written to by acks=all; a producer waits whatever its acks', () => {
    const { writes, clients } = measured(booted, sent('p1-0', 1), acked('p1-0', 0, 1));
    expect(writes).toEqual({});
    expect(clients).toEqual({ p1: MS });
  });

  it.each<[string, readonly Step[], number]>([
    ['from the commit to the poll', [polled('c1', [0, 'a']), watermark(1, 5, 2), stopped('x', 'crash'), polled('c1', [1, 'b'])], 2 * MS],
    ['what is not committed is not waited for', [polled('c1', [0, 'a']), appended(1, 5, 1, true), stopped('x', 'crash'), polled('c1', [1, 'b'])], 0],
    ['a consumer that has not come yet waits for nothing', [watermark(1, 5, 1), stopped('x', 'crash'), polled('c1', [0, 'a'])], 0],
    ['the consumer that waited longest', [polled('c1', [0, 'a']), polled('c2', [0, 'a']), watermark(1, 5, 2), polled('c2', [1, 'b']), polled('c1', [1, 'b'])], 2 * MS],
  ])('reads: %s', (_what, steps, longestUs) => {
    const { reads, clients } = measured(booted, steps);
    expect(reads['orders-0']!.longestUs).toBe(longestUs);
    expect(clients['c1']).toBe(longestUs);
  });
});

it('a consumer that reads from the beginning waits from its first moment on, though it is never given anything', () => {
  const events = traced([booted, watermark(1, 5, 1), stopped('x', 'crash'), stopped('x', 'crash')]);
  const waits = (from: number) => {
    const meter = new AvailabilityMeter(events.length * MS, [{ name: 'c1', from }]);
    for (const event of events) meter.see(event, event.event.type === 'observed' ? (event.event.observation as Observation) : undefined);
    return meter.finish(events.length * MS).clients['c1'];
  };
  expect(waits(0)).toBe(2 * MS);
  expect(waits(events.length * MS)).toBeUndefined();
});

describe('a distribution', () => {
  it('is by nearest rank', () => {
    expect(distributionOf(Array.from({ length: 200 }, (_, i) => 200 - i))).toEqual({ count: 200, p50: 100, p99: 198, max: 200 });
    expect(distributionOf([7])).toEqual({ count: 1, p50: 7, p99: 7, max: 7 });
    expect(distributionOf([])).toBeUndefined();
  });

  it('has nothing but values, in order, whatever the order they come in', () => {
    fc.assert(
      fc.property(fc.array(fc.integer(), { minLength: 1 }).chain((values) => fc.tuple(fc.constant(values), fc.shuffledSubarray(values, { minLength: values.length }))), ([values, shuffled]) => {
        const { p50, p99, max } = distributionOf(values)!;
        expect(values).toEqual(expect.arrayContaining([p50, p99, max]));
        expect(p50 <= p99 && p99 <= max).toBe(true);
        expect(distributionOf(shuffled)).toEqual(distributionOf(values));
      }),
    );
  });
});
