/** @module unclean.leader.election.enable (7.3.2-unclean): off, a partition waits for a replica that has everything; on, it goes on with one that has not. */
import { SECOND } from '../../runtime/index.ts';
import type { Micros } from '../../runtime/index.ts';
import { anomaly } from '../checkers/anomalies.ts';
import { LAST_KNOWN_LEADER } from '../checkers/attribution.ts';
import type { Anomaly } from '../checkers/checker.ts';
import { clockTime, partitionName } from '../checkers/words.ts';
import type { Expectation } from './expectation.ts';

const NO_LEADER = -1;

/**
 * Nobody is elected who was neither in sync nor eligible; a partition that has nobody else waits. With eligible leader replicas the last known leader may be (EL-2),
 * though nobody knows whether it has everything still: that is told.
 */
export const waitsForInSyncReplica: Expectation = ({ history }) => {
  const leaderless = new Leaderless();
  const anomalies: Anomaly[] = [];
  return {
    name: 'waits-for-in-sync-replica',
    see({ time }, observation) {
      if (observation?.kind !== 'partition-changed') return;
      const { leader, leaderEpoch, isUnclean } = observation;
      const name = partitionName(observation);
      leaderless.changed(name, leader, time);
      if (!isUnclean) return;
      const isAllowed = history.cluster.partition(name).lastElection?.isOfLastKnownLeader === true;
      anomalies.push(anomaly('unclean-election', time, isAllowed ? LAST_KNOWN_LEADER : undefined, `broker ${leader} was elected leader of ${name} in epoch ${leaderEpoch} at ${clockTime(time)}, and was neither in sync nor eligible.`));
    },
    finish: () => anomalies,
    get kept() {
      return leaderless.kept;
    },
    get shown() {
      return leaderless.shown;
    },
  };
};

/** Somebody is elected who was not in sync, and what it lacks is lost: how often, and what it cost, is counted. */
export const goesOnWithoutInSyncReplica: Expectation = () => {
  const leaderless = new Leaderless();
  let elections = 0;
  return {
    name: 'goes-on-without-in-sync-replica',
    see({ time }, observation) {
      if (observation?.kind !== 'partition-changed') return;
      leaderless.changed(partitionName(observation), observation.leader, time);
      if (observation.isUnclean) elections += 1;
    },
    finish: () => [],
    get kept() {
      return leaderless.kept;
    },
    get shown() {
      return { 'unclean elections': elections, ...leaderless.shown };
    },
  };
};

/** How long partitions were without a leader. */
class Leaderless {
  readonly #since = new Map<string, Micros>();
  #times = 0;
  #totalUs: Micros = 0;

  changed(partition: string, leader: number, time: Micros): void {
    const since = this.#since.get(partition);
    if (leader === NO_LEADER && since === undefined) {
      this.#since.set(partition, time);
      this.#times += 1;
    } else if (leader !== NO_LEADER && since !== undefined) {
      this.#since.delete(partition);
      this.#totalUs += time - since;
    }
  }

  get shown(): { readonly 'times without a leader': number; readonly 'seconds without a leader': number } {
    return { 'times without a leader': this.#times, 'seconds without a leader': Math.round(this.#totalUs / SECOND) };
  }

  get kept(): number {
    return this.#since.size;
  }
}
