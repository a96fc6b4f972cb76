import { describe, expect, it } from 'vitest';
import type { TimedFault, Weather } from '../../runtime/faults/plan.ts';
import { SECOND, MILLISECOND } from '../../runtime/index.ts';
import { randomStream } from '../../runtime/random/random.ts';
import type { ProtocolVariant } from '../protocol-variant.ts';
import { of, runQuorum, voterName } from './testing/quorum.ts';
import type { Observed } from './testing/quorum.ts';
import { violations } from './testing/quorum-history.ts';

const HEALS_AT = 25 * SECOND;
const ENDS_AT = 40 * SECOND;
const WEATHER: Weather = { perMillion: { delay: 20_000, jam: 1_000, reset: 2_000, 'half-open': 1_000 } };

/** Whatever can happen to processes and links, at random, all of it over by the heal. */
function faultsOf(seed: string, voters: number): TimedFault[] {
  const random = randomStream(seed, 'quorum-faults');
  const anyVoter = (): string => voterName(random.below(voters));
  const faults: TimedFault[] = [];
  for (let at = random.between(0, 3 * SECOND); at < HEALS_AT; at += random.between(200 * MILLISECOND, 4 * SECOND)) {
    const lasts = Math.min(random.between(100 * MILLISECOND, 6 * SECOND), HEALS_AT - at);
    const id = `f${faults.length}`;
    const one = anyVoter();
    const others = Array.from({ length: voters }, (_, voter) => voterName(voter)).filter((name) => name !== one && random.chance(2, 3));
    const kind = random.pick(['crash', 'power-loss', 'power-loss', 'pause', 'partition', 'partition', 'partition', 'jam', 'delay', 'half-open'] as const);
    if (kind === 'crash' || kind === 'power-loss' || kind === 'pause') faults.push({ id, kind, at, for: lasts, target: { actor: one } });
    else if (others.length === 0) continue;
    else if (kind === 'half-open') faults.push({ id, kind, at, for: 0, target: { between: [one], and: others } });
    else if (kind === 'delay') faults.push({ id, kind, at, for: lasts, target: { between: [one], and: others }, amount: random.between(MILLISECOND, SECOND) });
    else faults.push({ id, kind, at, for: lasts, target: random.chance(1, 2) ? { between: [one], and: others } : random.chance(1, 2) ? { from: [one], to: others } : { from: others, to: [one] } });
  }
  return faults;
}

function troubled(seed: string, voters: number, protocol: Partial<ProtocolVariant> = {}): readonly Observed[] {
  return runQuorum({ seed, voters, protocol, faults: { timed: faultsOf(seed, voters), weather: [WEATHER], weatherFrom: 0, weatherUntil: HEALS_AT }, endsAt: ENDS_AT });
}

const seeds = (prefix: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${prefix}-${i}`);

describe('one leader an epoch, one committed prefix, leaders that have it, high watermarks and epochs that never go back (KR-7, KR-8, KR-9, W14)', () => {
  it.each([
    ['three voters', 3, {}, 20],
    ['five voters', 5, {}, 10],
    ['three voters before pre-vote', 3, { preVote: false }, 10],
    ['one voter', 1, {}, 5],
  ] as const)('%s', (name, voters, protocol, count) => {
    for (const seed of seeds(name, count)) {
      const observed = troubled(seed, voters, protocol);
      expect(violations(observed), `seed ${seed}`).toEqual([]);
      const late = of(observed, 'raft-high-watermark').filter(({ time }) => time > ENDS_AT - SECOND);
      expect(new Set(late.map(({ node }) => node)).size, `seed ${seed}: after the heal all keep up`).toBe(voters);
    }
  });
});

describe('without fsync a loss of power breaks the quorum (B56)', () => {
  it('two leaders in an epoch, or committed records that are gone', () => {
    const broken = seeds('no-fsync', 15).filter((seed) => violations(troubled(seed, 3, { quorumWithoutFsync: true })).length > 0);
    expect(broken.length).toBeGreaterThan(0);
  });

  it('and the same schedules do not with it (KR-8)', () => {
    for (const seed of seeds('no-fsync', 15)) expect(violations(troubled(seed, 3)), `seed ${seed}`).toEqual([]);
  });
});
