/** @module How long anybody may wait (7.6.2-app), and that nothing is lost at all, not even by design (7.3.5-flush). */
import { SECOND } from '../../runtime/index.ts';
import type { Micros } from '../../runtime/index.ts';
import { anomaly } from '../checkers/anomalies.ts';
import type { Anomaly } from '../checkers/checker.ts';
import { acksSetting } from '../checkers/words.ts';
import type { Expectation } from './expectation.ts';

/** No partition is without its acknowledgements, and no client stands still, for longer. */
export function nobodyWaitsLongerThan(limitUs: Micros): Expectation {
  return ({ meter }) => ({
    name: 'nobody-waits-longer',
    see: () => undefined,
    finish({ endedAt }) {
      const { writes, reads, clients } = meter.finish(endedAt);
      const waits: [string, Micros][] = [
        ...Object.entries(writes).map(([name, { longestUs }]): [string, Micros] => [`producers waited for an acknowledgement of ${name}`, longestUs]),
        ...Object.entries(reads).map(([name, { longestUs }]): [string, Micros] => [`a consumer waited for committed records of ${name}`, longestUs]),
        ...Object.entries(clients).map(([name, longestUs]): [string, Micros] => [`${name} stood still`, longestUs]),
      ];
      return waits.filter(([, longestUs]) => longestUs > limitUs).map(([what, longestUs]) => anomaly('stopped-too-long', endedAt, undefined, `${what} for ${longestUs / SECOND} s; the trial allows ${limitUs / SECOND} s.`));
    },
    kept: 0,
    shown: {},
  });
}

const LOST: readonly string[] = ['acked-loss', 'committed-unstable'];
const UNPROMISED: readonly string[] = [acksSetting(0), acksSetting(1)];

/** What the configuration would excuse elsewhere is not excused here: it pays for keeping everything. What acks=0 and acks=1 do not promise is nothing to keep. */
export const losesNothing: Expectation = () => ({
  name: 'loses-nothing',
  see: () => undefined,
  finish: (_end, found = []) => found.filter(({ name, byDesign }) => byDesign !== null && LOST.includes(name) && !UNPROMISED.includes(byDesign)).map((loss): Anomaly => ({ ...loss, byDesign: null })),
  kept: 0,
  shown: {},
});
