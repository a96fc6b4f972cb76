import { expect, it } from 'vitest';
import { SECOND } from '../../runtime/index.ts';
import { failovers } from './failover-faults.ts';
import { latestEndOf } from './role.ts';
import type { FaultScene } from './scene.ts';
import { planSchedule } from './step.ts';

const BROKERS = ['broker-0', 'broker-1', 'broker-2'];
const SCENE: FaultScene = { brokers: BROKERS, controllers: ['controller-0'], clients: ['producer-0'], topics: { orders: 2 }, replicationFactor: 3, racks: { 'rack-0': BROKERS }, fromUs: 7 * SECOND, healUs: 67 * SECOND };

it('failovers: cuts between brokers and crashes of brokers, often at once, all over by the heal; nobody loses power', () => {
  for (const seed of ['1', '2', '3']) {
    const { timed } = planSchedule([failovers], seed, SCENE);
    expect(new Set(timed.map(({ kind }) => kind))).toEqual(new Set(['jam', 'partition', 'crash']));
    expect(timed.length).toBeGreaterThan(30);
    for (const fault of timed) {
      expect(fault.at).toBeGreaterThanOrEqual(SCENE.fromUs);
      expect(latestEndOf(fault)).toBeLessThanOrEqual(SCENE.healUs);
    }
    const down = timed.filter(({ kind }) => kind === 'crash');
    expect(down.some((fault) => timed.some((other) => other !== fault && other.at < fault.at && other.at + other.for > fault.at))).toBe(true);
  }
});

it('failovers: a cluster of one broker has no links between brokers', () => {
  const { timed } = planSchedule([failovers], '1', { ...SCENE, brokers: ['broker-0'] });
  expect(new Set(timed.map(({ kind }) => kind))).toEqual(new Set(['crash']));
});
