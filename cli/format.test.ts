import { describe, expect, it } from 'vitest';
import { bytes, count, figure, groupBy, labelled, listing, several, table, tally, virtualTime, wrap } from './format.ts';

describe('what a person reads', () => {
  it.each([[41_207_999, '00:41.207'], [0, '00:00.000'], [60_000_000, '01:00.000'], [3_723_000_000, '1:02:03.000']])('%i µs is %s', (time, text) => expect(virtualTime(time)).toBe(text));
  it.each([[0, '0'], [999, '999'], [1_204_318, '1 204 318'], [12n, '12']])('count %s', (value, text) => expect(count(value)).toBe(text));
  it.each([[412_345, '412 000'], [37.44, '37.4'], [0.1254, '0.125'], [Infinity, '–'], [99.96, '100']])('figure %s', (value, text) => expect(figure(value)).toBe(text));
  it.each([[0, '0 B'], [999, '999 B'], [12_400_000, '12.4 MB']])('%i bytes', (value, text) => expect(bytes(value)).toBe(text));
  it('counts things', () => expect([several(1, 'broker'), several(3, 'broker')]).toEqual(['1 broker', '3 brokers']));
  it('tallies the most frequent first, ties by name', () => expect(tally({ jam: 2, crash: 1, delay: 2 })).toBe('delay 2 · jam 2 · crash 1'));
  it('lists in the order given what happened at all', () => expect(listing({ sent: 2, failed: 0, acknowledged: 2 })).toBe('sent 2 · acknowledged 2'));
  it('wraps at spaces', () => expect(wrap('one two three', 8)).toEqual(['one two', 'three']));
  it('labels', () => expect(labelled('faults', 'none')).toBe('  faults        none'));
  it('lays rows under one another', () => expect(table([['a', 'bb', 'says'], ['aaa', 'b', 'more']])).toBe('  a    bb  says\n  aaa  b   more'));
  it('groups in the order keys first came', () => expect([...groupBy(['b1', 'a1', 'b2'], ([key]) => key!)]).toEqual([['b', ['b1', 'b2']], ['a', ['a1']]]));
});
