import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConnectionError } from '../actor.ts';
import type { Actor } from '../actor.ts';
import { echoServer, runWorld, say, scripted } from '../testing/world.ts';
import type { World } from '../testing/world.ts';
import { MILLISECOND, SECOND } from '../units.ts';
import { NO_FAULTS, WEATHER_KINDS } from './plan.ts';
import type { FaultPlan, Weather } from './plan.ts';
import { LinkWeather } from './weather.ts';

const plan = (...weather: Weather[]): FaultPlan => ({ ...NO_FAULTS, weather, weatherUntil: SECOND });
const strikesOf = (weather: LinkWeather | undefined, frames: number): string[] => Array.from({ length: frames }, () => weather!.next()).flat().map(({ id, extraUs }) => `${id} ${extraUs}`);

describe('the weather of a link', () => {
  it('decides the n-th frame by the n-th draw: a kind that is added shifts nothing', () => {
    const delays = strikesOf(LinkWeather.of(plan({ perMillion: { delay: 50_000 } }), 's', 'a', 'b'), 2_000);
    const more = strikesOf(LinkWeather.of(plan({ perMillion: { delay: 50_000, reset: 200_000, jam: 100_000 } }), 's', 'a', 'b'), 2_000);
    expect(delays.length).toBeGreaterThan(60);
    expect(more.filter((strike) => strike.includes('/delay/'))).toEqual(delays);
    expect(delays[0]).toMatch(/^a>b\/delay\/\d+ \d+$/);
  });

  it('strikes about as often as it should', () => {
    const strikes = strikesOf(LinkWeather.of(plan({ perMillion: { reset: 20_000 } }), 's', 'a', 'b'), 50_000);
    expect(strikes.length).toBeGreaterThan(900);
    expect(strikes.length).toBeLessThan(1_100);
  });

  it('is of one direction of one link alone', () => {
    const storm = plan({ perMillion: { reset: 100_000 } });
    const numbers = (from: string, to: string): string[] => strikesOf(LinkWeather.of(storm, 's', from, to), 500).map((strike) => strike.split('/')[2]!);
    expect(numbers('a', 'b')).not.toEqual(numbers('b', 'a'));
    expect(numbers('a', 'b')).toEqual(numbers('a', 'b'));
  });

  it('is fair where no entry names the link; of several entries the first that names the kind counts', () => {
    const mixed = plan({ links: { from: 'broker', to: 'broker' }, perMillion: { reset: 0 } }, { perMillion: { reset: 1_000_000 } });
    expect(LinkWeather.of(mixed, 's', 'broker-1', 'broker-2')).toBeUndefined();
    expect(LinkWeather.of(mixed, 's', 'broker-1', 'client-2')?.next()).toHaveLength(1);
    expect(LinkWeather.of(NO_FAULTS, 's', 'a', 'b')).toBeUndefined();
  });
});

/** Sends a numbered frame every millisecond, and connects anew when the connection broke. */
const sender: Actor = scripted('client', function* (context) {
  for (let i = 0; i < 60; i += 1) {
    yield* context.sleep(i * MILLISECOND - context.now > 0 ? i * MILLISECOND - context.now : 0);
    context.spawn((function* () {
      try {
        const connection = yield* context.connect('server', 20 * MILLISECOND);
        yield* connection.call({ say: String(i) }, 20 * MILLISECOND);
        say(context, `${i} replied`);
      } catch (error) {
        if (!(error instanceof ConnectionError)) throw error;
        say(context, `${i} ${error.reason}`);
      }
    })());
  }
});

const STORM: Weather = { perMillion: { delay: 60_000, jam: 20_000, reset: 30_000, 'half-open': 20_000, refuse: 60_000 }, delayMeanUs: 3_000, jamMeanUs: 30_000 };

function run(seed: string, options: Partial<FaultPlan> = {}): World {
  return runWorld([echoServer(), sender], { seed, network: { latencyUsMeanExtra: 200 }, faults: { weather: [STORM], weatherUntil: SECOND, ...options } });
}

const strikes = (world: World): string[] => world.lines.filter(({ type }) => type === 'strike').map(({ id }) => String(id));
const shown = (world: World): string[] => world.lines.map((line) => JSON.stringify(line));

describe('a strike of the weather', () => {
  it('has an id and says whom it hit; every kind strikes', () => {
    const world = run('storm');
    const kinds = new Set(world.lines.filter(({ type }) => type === 'strike').map(({ kind }) => kind));
    expect(kinds).toEqual(new Set(WEATHER_KINDS));
    expect(new Set(strikes(world)).size).toBe(strikes(world).length);
    for (const { id, actor, detail } of world.lines.filter(({ type }) => type === 'strike')) expect(String(id).startsWith(`${actor}>${String(detail).slice('to '.length)}/`)).toBe(true);
  });

  it('is recorded only where it does something: nothing but openings can be refused', () => {
    const world = run('storm');
    const refusals = world.lines.filter(({ type, kind }) => type === 'strike' && kind === 'refuse');
    const ends = world.lines.filter(({ type, reason }) => type === 'connection-closed' && reason === 'refused');
    expect(refusals.length).toBe(ends.length);
  });

  it('that is switched off changes nothing before its time, and takes no draw from the others', () => {
    fc.assert(fc.property(fc.string({ maxLength: 5 }), fc.nat(), (seed, pick) => {
      const stormy = run(seed);
      const all = strikes(stormy);
      fc.pre(all.length > 0);
      const off = all[pick % all.length]!;
      const milder = run(seed, { switchedOff: [off] });
      const at = stormy.lines.findIndex(({ id }) => id === off);
      expect(shown(milder).slice(0, at)).toEqual(shown(stormy).slice(0, at));
      expect(milder.lines[at]).toMatchObject({ time: stormy.lines[at]!.time, type: 'strike-suppressed', id: off });
    }), { numRuns: 25 });
  });

  it('once every strike is switched off, the actors see what they see in fair weather', () => {
    fc.assert(fc.property(fc.string({ maxLength: 5 }), (seed) => {
      const fair = run(seed, { weather: [] });
      // Where a strike is gone, frames are sent that the storm had kept from being sent: they may be struck in turn.
      const switchedOff: string[] = [];
      let world = run(seed, { switchedOff });
      for (let round = 0; strikes(world).length > 0 && round < 100; round += 1) {
        switchedOff.push(...strikes(world));
        world = run(seed, { switchedOff });
      }
      expect(world.said).toEqual(fair.said);
      expect(world.result.endedAt).toBe(fair.result.endedAt);
    }), { numRuns: 8 });
  });

  it('falls only while the weather blows', () => {
    const world = run('storm', { weatherFrom: 20 * MILLISECOND, weatherUntil: 40 * MILLISECOND });
    const times = world.lines.filter(({ type }) => type === 'strike').map(({ time }) => time);
    expect(times.length).toBeGreaterThan(3);
    for (const time of times) expect(time >= 20 * MILLISECOND && time < 40 * MILLISECOND).toBe(true);
  });
});
