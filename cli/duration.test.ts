import { describe, expect, it } from 'vitest';
import { parseDuration } from './duration.ts';

describe('a duration', () => {
  it.each([
    ['500ms', 500_000],
    ['60s', 60_000_000],
    ['1.5s', 1_500_000],
    ['5m', 300_000_000],
    ['1h', 3_600_000_000],
    ['250us', 250],
  ])('%s is %i µs', (text, micros) => expect(parseDuration(text, '--duration')).toBe(micros));

  it.each(['', '60', 's', '-5s', '1,5s', '60 s', '1d', '1e3s', 'Infinitys', '5m30s', '.5s'])('%j is refused', (text) => expect(() => parseDuration(text, '--for')).toThrow(`--for ${text}: not a duration`));

  it('must be longer than nothing', () => expect(() => parseDuration('0s', '--duration')).toThrow('longer than nothing'));
  it('must be shorter than a year', () => expect(() => parseDuration('9000h', '--duration')).toThrow('longer than a year'));
});
