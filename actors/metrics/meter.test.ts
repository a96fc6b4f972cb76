import { describe, expect, test } from 'vitest';
import { SECOND } from '../../runtime/index.ts';
import { Histogram } from './histogram.ts';
import { Meter } from './meter.ts';

describe('§8: a meter of a broker', () => {
  test('counts, and its rate is there from the first 5 s on', () => {
    const meter = new Meter(0);
    meter.mark(10);
    meter.mark();
    expect(meter.count).toBe(11);
    expect(meter.oneMinuteRate(4.9 * SECOND)).toBe(0);
    expect(meter.oneMinuteRate(5 * SECOND)).toBe(2.2);
  });

  test('its rate goes down to 1/e of what it was in a minute without events', () => {
    const meter = new Meter(0);
    meter.mark(500);
    const before = meter.oneMinuteRate(5 * SECOND);
    expect(meter.oneMinuteRate(65 * SECOND) / before).toBeCloseTo(0.367879, 5);
  });

  test('its rate comes close to a steady one', () => {
    const meter = new Meter(0);
    for (let tick = 1; tick <= 60; tick += 1) {
      meter.mark(50);
      meter.oneMinuteRate(tick * 5 * SECOND);
    }
    expect(meter.oneMinuteRate(300 * SECOND)).toBeCloseTo(10, 9);
  });
});

test('§8: a histogram knows number, mean and largest', () => {
  const histogram = new Histogram();
  expect([histogram.count, histogram.mean, histogram.max]).toEqual([0, 0, 0]);
  for (const value of [1, 5, 3]) histogram.update(value);
  expect([histogram.count, histogram.mean, histogram.max]).toEqual([3, 3, 5]);
});
