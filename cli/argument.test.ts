import { describe, expect, it } from 'vitest';
import { argumentOf, parseSettings, quoted, wordsOf } from './argument.ts';
import { testWorld } from './testing/cli-world.ts';

const NONE = { duration: undefined, set: [], protocol: undefined, faults: undefined };

describe('a setting', () => {
  it.each([
    ['acks=1', { acks: '1' }],
    ['a.b.c=x=y', { 'a.b.c': 'x=y' }],
    ['retries=', { retries: '' }],
  ])('%s', (text, settings) => expect(parseSettings([text])).toEqual(settings));

  it.each([['acks=1', 'acks=all'], ['acks=1', ' acks =1']])('given twice is refused: %s %s', (...twice) => expect(() => parseSettings(twice)).toThrow('--set acks was given 2 times'));
  it.each(['acks', '=1', ''])('%j is refused', (text) => expect(() => parseSettings([text])).toThrow('write key=value'));
});

describe('the argument of a run', () => {
  it('spells out the trial\'s own duration and faults', () => {
    expect(argumentOf(NONE, undefined, '7', testWorld())).toEqual({ workload: 'toy', seed: '7', protocol: '4.2', durationUs: 5_000_000, settings: {}, faults: 'mild' });
  });

  it('names all that is wrong with it', () => {
    expect(() => argumentOf({ ...NONE, protocol: '9', set: ['x=1'] }, 'toi', '7', testWorld())).toThrow(/unknown workload toi.*\n.*unknown setting x.*\n.*unknown protocol 9/);
  });
});

describe('the words that give it again', () => {
  it('are only those that were given', () => expect(wordsOf({ ...NONE, set: ['acks=1', 'a=b c'], duration: '5m' })).toBe(' --duration 5m --set acks=1 --set \'a=b c\''));
  it('survive a shell', () => expect(quoted('it\'s $HOME')).toBe('\'it\'\\\'\'s $HOME\''));
});
