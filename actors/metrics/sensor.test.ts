import { describe, expect, test } from 'vitest';
import { SECOND } from '../../runtime/index.ts';
import { Sensor } from './sensor.ts';

/** Records values at these seconds, and looks at `until`. */
function sensor(values: readonly (readonly [second: number, value: number])[], until: number): Sensor {
  const clock = { now: 0 };
  const made = new Sensor(clock);
  for (const [second, value] of values) {
    clock.now = second * SECOND;
    made.record(value);
  }
  clock.now = until * SECOND;
  return made;
}

describe('§8: a windowed value of a client, two samples of 30 s', () => {
  test.each([
    ['nothing yet', [], 10, { rate: 0, avg: undefined, max: undefined, total: 0 }],
    ['one value: as if a whole sample had gone before', [[0, 60]], 0, { rate: 2, avg: 60, max: 60, total: 60 }],
    ['still filling the first sample', [[0, 10], [10, 20]], 15, { rate: 30 / 45, avg: 15, max: 20, total: 30 }],
    ['two samples', [[0, 10], [31, 20]], 40, { rate: 30 / 40, avg: 15, max: 20, total: 30 }],
    ['a sample counts until nothing of it is in the last 60 s', [[0, 10], [29, 10], [31, 20], [62, 30]], 88, { rate: 70 / 88, avg: 17.5, max: 30, total: 70 }],
    ['after it', [[0, 10], [29, 10], [31, 20], [62, 30]], 90, { rate: 50 / 59, avg: 25, max: 30, total: 70 }],
    ['all of it is long ago', [[0, 10], [31, 20]], 200, { rate: 0, avg: undefined, max: undefined, total: 30 }],
    ['the fourth sample takes the place of the first', [[0, 1], [30, 2], [60, 3], [90, 4]], 90, { rate: 7 / 30, avg: 3.5, max: 4, total: 10 }],
  ] as const)('%s', (_, values, until, expected) => {
    const { rate, avg, max, total } = sensor(values, until);
    expect(rate).toBeCloseTo(expected.rate, 9);
    expect({ avg, max, total }).toEqual({ avg: expected.avg, max: expected.max, total: expected.total });
  });
});
