import { expect, test } from 'vitest';
import { nearest } from './nearest.ts';

const KEYS = ['linger.ms', 'batch.size', 'retries', 'max.block.ms', 'request.timeout.ms'];

test.each([
  ['linger.msec', 'linger.ms'],
  ['lingerms', 'linger.ms'],
  ['Batch.Size', 'batch.size'],
  ['retires', 'retries'],
  ['ms.max.block', 'max.block.ms'],
  ['size-batch', 'batch.size'],
  ['request_timeout_ms', 'request.timeout.ms'],
  ['batch.size', 'batch.size'],
  ['compression', undefined],
  ['x', undefined],
])('%s means %s', (word, meant) => {
  expect(nearest(word, KEYS)).toBe(meant);
});

test('of equally near words the one that begins most like it wins', () => {
  expect(nearest('mixd', ['mild', 'mixed'])).toBe('mixed');
  expect(nearest('mixd', ['mixed', 'mild'])).toBe('mixed');
  expect(nearest('mild', ['mixed', 'mild'])).toBe('mild');
});

test('of equally near words that begin alike the first wins', () => {
  expect(nearest('abd', ['abc', 'abe'])).toBe('abc');
});

test('there may be nothing to choose from', () => {
  expect(nearest('linger.ms', [])).toBeUndefined();
});
