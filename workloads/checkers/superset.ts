/**
 * @module
 * W3, ReplicationQuorumSuperset: whoever the controller could elect without calling it unclean, its in-sync set and the eligible leader replicas
 * (AP-5, EL-6), has in its log all that is committed. `committed.ts` asks when a leader commits; here it is asked whenever that set changes,
 * and whenever a member loses something of its log.
 */
import type { Observation } from '../../actors/observation.ts';
import type { JudgedEvent } from '../../runtime/simulation.ts';
import { anomaly } from './anomalies.ts';
import { allowedLack } from './attribution.ts';
import type { Anomaly, Checker } from './checker.ts';
import type { History } from './history.ts';
import type { PartitionHistory } from './partition-history.ts';
import { clockTime, offsets } from './words.ts';

export function createSupersetChecker(history: History): Checker {
  return new SupersetChecker(history);
}

class SupersetChecker implements Checker {
  readonly name = 'superset';
  readonly #history: History;
  readonly #anomalies: Anomaly[] = [];
  /** A member is reported once for each leader epoch and cause. */
  readonly #reported = new Set<string>();

  constructor(history: History) {
    this.#history = history;
  }

  see({ time }: JudgedEvent, observation: Observation | undefined): void {
    switch (observation?.kind) {
      case 'partition-changed': {
        const partition = this.#history.cluster.of(observation);
        for (const member of partition.electable) this.#check(partition, member, time, 'was made or left one of those that may be elected');
        break;
      }
      case 'truncated':
        this.#lost(observation, time, `cut its log off at offset ${observation.toOffset}`);
        break;
      case 'log-opened':
        this.#lost(observation, time, `opened its log at offset ${observation.logEndOffset}`);
        break;
      case 'log-start':
        this.#lost(observation, time, `began its log anew at offset ${observation.logStartOffset}`);
        break;
      default:
    }
  }

  #lost(observation: Extract<Observation, { kind: 'truncated' | 'log-opened' | 'log-start' }>, time: number, what: string): void {
    const partition = this.#history.cluster.of(observation);
    if (partition.electable.includes(observation.broker)) this.#check(partition, observation.broker, time, what);
  }

  #check(partition: PartitionHistory, member: number, time: number, what: string): void {
    const { committed, replicas, isr } = partition;
    const replica = replicas.get(member);
    if (replica === undefined || replica.log.contains(committed.tip)) return;
    const rift = committed.lackedBy(replica.log);
    if (rift === undefined) return;
    const excuse = allowedLack(partition, member, rift, rift.committedIn);
    const { elr = [], leaderEpoch = -1 } = partition.lastElection ?? {};
    const key = `${partition.name} ${member} ${leaderEpoch} ${excuse?.cause}`;
    if (this.#reported.has(key)) return;
    this.#reported.add(key);
    this.#anomalies.push(
      anomaly(
        'isr-not-superset',
        time,
        excuse?.cause,
        `broker ${member} ${what} at ${clockTime(time)}, in-sync set of ${partition.name} [${isr.join(', ')}]${elr.length === 0 ? '' : `, eligible leader replicas [${elr.join(', ')}]`} (leader epoch ${leaderEpoch}).`,
        `it is without ${offsets(rift)}, committed in leader epoch ${rift.committedIn}: its log ends at ${replica.log.endOffset}.`,
        excuse?.story,
      ),
    );
  }

  finish(): readonly Anomaly[] {
    return this.#anomalies;
  }

  get kept(): number {
    return this.#anomalies.length + this.#reported.size;
  }
}
