import { expect, test } from 'vitest';
import { randomStream } from '../../runtime/random/random.ts';
import { ExponentialBackoff } from './exponential-backoff.ts';

test.each([[0, 100], [1, 200], [2, 400], [3, 800]])('PR-4: after %i failures it waits %i ms ± 20 %%', (failures, ms) => {
  const backoff = new ExponentialBackoff(randomStream('seed', 'backoff'), 100, 1_000);
  const delays = Array.from({ length: 200 }, () => backoff.delayUs(failures));
  expect(Math.min(...delays)).toBeGreaterThanOrEqual(ms * 800);
  expect(Math.max(...delays)).toBeLessThanOrEqual(ms * 1_200);
  expect(new Set(delays).size).toBeGreaterThan(50);
});

test('PR-4: it never waits longer than the longest, jitter included', () => {
  const backoff = new ExponentialBackoff(randomStream('seed', 'backoff'), 100, 1_000);
  for (let failures = 4; failures < 1_000; failures += 50) {
    const delay = backoff.delayUs(failures);
    expect(delay).toBeLessThanOrEqual(1_000_000);
    expect(delay).toBeGreaterThanOrEqual(800_000);
  }
});

test('a first wait longer than the longest is cut to it; none at all draws nothing', () => {
  expect(new ExponentialBackoff(randomStream('seed', 'backoff'), 5_000, 1_000).delayUs(0)).toBeLessThanOrEqual(1_000_000);
  const failing = new Proxy({}, { get: () => expect.unreachable('it draws') }) as never;
  expect(new ExponentialBackoff(failing, 0, 1_000).delayUs(7)).toBe(0);
});
