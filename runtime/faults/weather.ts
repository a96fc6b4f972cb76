/**
 * @module
 * Weather on one directed link: which frames suffer, decided by one draw per frame and kind. The stream, not the moment, decides:
 * the n-th frame that crosses the link while weather blows meets the n-th draw.
 */
import { randomStream } from '../random/random.ts';
import type { Random } from '../random/random.ts';
import type { Micros } from '../units.ts';
import { WEATHER_KINDS } from './plan.ts';
import type { FaultPlan, Weather, WeatherKind } from './plan.ts';

const DELAY_MEAN_US = 20_000;
const JAM_MEAN_US = 500_000;
const MILLION = 1_000_000;

/** What the weather does to one frame. */
export interface WeatherStrike {
  /** `link/kind/n`. */
  readonly id: string;
  readonly kind: WeatherKind;
  /** Extra latency, for `delay` and `jam`. */
  readonly extraUs: Micros;
}

interface Rate {
  readonly kind: WeatherKind;
  readonly perMillion: number;
  readonly meanUs: Micros;
  readonly decisions: Random;
  readonly amounts: Random;
}

function meanOf(kind: WeatherKind, weather: Weather): Micros {
  if (kind === 'delay') return weather.delayMeanUs ?? DELAY_MEAN_US;
  return kind === 'jam' ? (weather.jamMeanUs ?? JAM_MEAN_US) : 0;
}

export class LinkWeather {
  readonly #link: string;
  readonly #rates: readonly Rate[];
  #frames = 0;

  private constructor(link: string, rates: readonly Rate[]) {
    this.#link = link;
    this.#rates = rates;
  }

  /** The weather of a link under this plan; undefined if it is always fair. For each kind the first entry that names it for this link counts. */
  static of(plan: FaultPlan, seed: string, from: string, to: string): LinkWeather | undefined {
    const link = `${from}>${to}`;
    const here = plan.weather.filter(({ links }) => links === undefined || (from.startsWith(links.from) && to.startsWith(links.to)));
    const rates = WEATHER_KINDS.flatMap((kind): Rate[] => {
      const weather = here.find(({ perMillion }) => perMillion[kind] !== undefined);
      const perMillion = weather?.perMillion[kind] ?? 0;
      if (weather === undefined || perMillion === 0) return [];
      return [{ kind, perMillion, meanUs: meanOf(kind, weather), decisions: randomStream(seed, `weather/${link}/${kind}`), amounts: randomStream(seed, `weather/${link}/${kind}/amount`) }];
    });
    return rates.length === 0 ? undefined : new LinkWeather(link, rates);
  }

  /** Decides the next frame: every kind that strikes it, in the order of `WEATHER_KINDS`. */
  next(): readonly WeatherStrike[] {
    const n = this.#frames;
    this.#frames = n + 1;
    let strikes: WeatherStrike[] | undefined;
    for (const { kind, perMillion, meanUs, decisions, amounts } of this.#rates) {
      if (decisions.below(MILLION) >= perMillion) continue;
      strikes ??= [];
      strikes.push({ id: `${this.#link}/${kind}/${n}`, kind, extraUs: amounts.exponential(meanUs) });
    }
    return strikes ?? CALM;
  }
}

const CALM: readonly WeatherStrike[] = [];
