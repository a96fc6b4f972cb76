/** @module Weather that profiles have in common. Rates are frames per million on each directed link. */
import type { Weather } from '../../runtime/faults/plan.ts';
import { MILLISECOND } from '../../runtime/index.ts';

/** A network on an ordinary day: some frames late, now and then a connection lost. */
export const LIGHT_WEATHER: Weather = {
  perMillion: { delay: 10_000, jam: 500, reset: 300, 'half-open': 20, refuse: 2_000 },
  delayMeanUs: 20 * MILLISECOND,
  jamMeanUs: 300 * MILLISECOND,
};

/** A network that nobody would run Kafka on: every fiftieth frame late, connections lost every few seconds. */
export const HEAVY_WEATHER: Weather = {
  perMillion: { delay: 20_000, jam: 2_000, reset: 1_000, 'half-open': 50, refuse: 10_000 },
  delayMeanUs: 50 * MILLISECOND,
  jamMeanUs: 700 * MILLISECOND,
};
