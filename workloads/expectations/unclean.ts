/** @module unclean.leader.election.enable (7.3.2-unclean): off, a partition waits for a replica that has everything; on, it goes on with one that has not. */
import { anomaly } from '../checkers/anomalies.ts';
import type { Anomaly } from '../checkers/checker.ts';
import { clockTime, partitionName } from '../checkers/words.ts';
import type { Micros } from '../../runtime/index.ts';
import type { Expectation } from './expectation.ts';

const NO_LEADER = -1;

/** Nobody is elected who was not in sync; a partition that has nobody else waits. */
export const waitsForInSyncReplica: Expectation = () => {
  const leaderlessSince = new Map<string, Micros>();
  const anomalies: Anomaly[] = [];
  const shown = { 'partitions without a leader': 0, 'seconds without a leader': 0 };
  return {
    name: 'waits-for-in-sync-replica',
    see({ time }, observation) {
      if (observation?.kind !== 'partition-changed') return;
      const { leader, leaderEpoch, isUnclean } = observation;
      const name = partitionName(observation);
      const since = leaderlessSince.get(name);
      if (leader === NO_LEADER && since === undefined) {
        leaderlessSince.set(name, time);
        shown['partitions without a leader'] += 1;
      } else if (leader !== NO_LEADER && since !== undefined) {
        leaderlessSince.delete(name);
        shown['seconds without a leader'] += Math.round((time - since) / 1_000_000);
      }
      if (isUnclean) anomalies.push(anomaly('unclean-election', time, undefined, `broker ${leader} was elected leader of ${name} in epoch ${leaderEpoch} at ${clockTime(time)}, and had not been in sync.`));
    },
    finish: () => anomalies,
    get kept() {
      return leaderlessSince.size;
    },
    shown,
  };
};
