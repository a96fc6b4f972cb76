/** @module How long anybody may wait (7.6.2-app), and that nothing is lost at all, not even by design (7.3.5-flush). */
import { SECOND } from '../../runtime/index.ts';
import type { Micros } from '../../runtime/index.ts';
import { anomaly } from '../checkers/anomalies.ts';
import type { Anomaly } from '../checkers/checker.ts';
import { acksSetting, clockTime, partitionName } from '../checkers/words.ts';
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

/** A replica may lack what is committed for as long as nobody has noticed: where everything is synced, none does. */
const LACKED: readonly string[] = [...LOST, 'isr-not-superset', 'premature-commit'];

/** What the configuration would excuse elsewhere is not excused here: it pays for keeping everything. What acks=0 and acks=1 do not promise is nothing to keep. */
export const losesNothing: Expectation = () => ({
  name: 'loses-nothing',
  see: () => undefined,
  finish: (_end, found = []) => unexcused(found, LOST),
  kept: 0,
  shown: {},
});

function unexcused(found: readonly Anomaly[], names: readonly string[]): Anomaly[] {
  return found.filter(({ name, byDesign }) => byDesign !== null && names.includes(name) && !UNPROMISED.includes(byDesign)).map((loss): Anomaly => ({ ...loss, byDesign: null }));
}

/** The same where every append is synced before it counts (flush.messages=1): no replica that comes back lacks anything, whether or not another one has it. */
export const losesNothingSynced: Expectation = () => {
  const ends = new Map<string, number>();
  const anomalies: Anomaly[] = [];
  const shown = { 'replicas that came back whole': 0 };
  return {
    name: 'loses-nothing-synced',
    see({ time }, observation) {
      if (observation?.kind === 'appended') ends.set(replicaName(observation), observation.lastOffset + 1);
      else if (observation?.kind === 'truncated') ends.set(replicaName(observation), observation.toOffset);
      else if (observation?.kind === 'log-start' && observation.reason === 'truncated-fully') ends.set(replicaName(observation), observation.logStartOffset);
      if (observation?.kind !== 'log-opened') return;
      const { broker, logEndOffset } = observation;
      const end = ends.get(replicaName(observation)) ?? 0;
      ends.set(replicaName(observation), logEndOffset);
      if (end > 0 && logEndOffset >= end) shown['replicas that came back whole'] += 1;
      if (logEndOffset >= end) return;
      anomalies.push(anomaly('synced-loss', time, undefined, `broker ${broker} had appended to ${partitionName(observation)} up to offset ${end}, and at ${clockTime(time)} opened its log at offset ${logEndOffset}.`, 'what it had appended should have been synced.'));
    },
    finish: (_end, found = []) => [...anomalies, ...unexcused(found, LACKED)],
    get kept() {
      return ends.size;
    },
    shown,
  };
};

function replicaName(at: { readonly topic: string; readonly partition: number; readonly broker: number }): string {
  return `${partitionName(at)} ${at.broker}`;
}
