/** @module Partitions that move to other brokers get there (7.2-isr, EL-14). */
import { anomaly } from '../checkers/anomalies.ts';
import { clockTime, partitionName } from '../checkers/words.ts';
import type { Expectation } from './expectation.ts';

interface Move {
  readonly replicas: readonly number[];
  readonly at: number;
}

interface Assigned {
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
}

/** A reassignment is through when the partition stands on the brokers that were asked for, on no others, and all of them are in sync. In the end every one is. */
export const reassignmentsComplete: Expectation = () => {
  const moves = new Map<string, Move>();
  const assigned = new Map<string, Assigned>();
  const shown = { 'reassignments that were completed': 0 };
  return {
    name: 'reassignments-complete',
    see({ time }, observation) {
      if (observation?.kind === 'reassignment-begun') moves.set(partitionName(observation), { replicas: observation.replicas, at: time });
      else if (observation?.kind === 'partition-changed') assigned.set(partitionName(observation), { replicas: observation.replicas, isr: observation.isr });
      else return;
      const name = partitionName(observation);
      const move = moves.get(name);
      if (move === undefined || !isThrough(move, assigned.get(name))) return;
      moves.delete(name);
      shown['reassignments that were completed'] += 1;
    },
    finish({ stopped, endedAt }) {
      if (stopped) return [];
      return [...moves].map(([name, { replicas, at }]) => {
        const { replicas: present = [], isr = [] } = assigned.get(name) ?? {};
        return anomaly(
          'reassignment-unfinished', endedAt, undefined,
          `${name} was to move to brokers [${replicas.join(', ')}]: the controller agreed at ${clockTime(at)}.`,
          `in the end its replicas are [${present.join(', ')}], of which [${isr.join(', ')}] are in sync.`,
        );
      });
    },
    get kept() {
      return moves.size + assigned.size;
    },
    shown,
  };
};

function isThrough({ replicas }: Move, present: Assigned | undefined): boolean {
  return present?.replicas.length === replicas.length && replicas.every((replica) => present.replicas.includes(replica) && present.isr.includes(replica));
}
