/**
 * @module
 * 7.1-committed (K2, W3): a record is committed once it is in the log of every in-sync replica, and acks=all is answered only then.
 *
 * What is behind a leader's back is judged, too: the in-sync set is the controller's, since it may elect any member of it. A follower's append is
 * observed when it is made and the leader learns of it later, so a high watermark beyond a member's log is never a matter of timing.
 */
import type { Observation } from '../../actors/observation.ts';
import type { JudgedEvent } from '../../runtime/simulation.ts';
import { anomaly } from './anomalies.ts';
import { POWER_LOSS_OF_MEMBER } from './attribution.ts';
import type { Anomaly, Checker, Promises } from './checker.ts';
import type { History } from './history.ts';
import type { PartitionHistory } from './partition-history.ts';
import { ACKS_ALL, clockTime, partitionName } from './words.ts';

export function createCommittedChecker(history: History, promises: Promises): Checker {
  return new CommittedChecker(history, promises);
}

interface Exception {
  readonly cause: string;
  readonly story: string;
}

class CommittedChecker implements Checker {
  readonly name = 'committed';
  readonly #history: History;
  readonly #promises: Promises;
  readonly #anomalies: Anomaly[] = [];
  /** A member that lacks what is committed is reported once for each leader epoch and cause, not at every step of the high watermark. */
  readonly #reported = new Set<string>();

  constructor(history: History, promises: Promises) {
    this.#history = history;
    this.#promises = promises;
  }

  see({ time }: JudgedEvent, observation: Observation | undefined): void {
    if (observation?.kind === 'high-watermark') this.#checkMinIsr(observation, time);
    switch (observation?.kind) {
      case 'send-returned':
        if (observation.error === null && observation.acks === ACKS_ALL) this.#acknowledged(observation, time);
        break;
      case 'leader-started':
      case 'high-watermark':
        this.#checkInSyncSet(this.#history.cluster.partition(partitionName(observation)), observation.leaderEpoch, observation.broker, observation.highWatermark, time);
        break;
      case 'partition-changed':
        this.#joined(this.#history.cluster.partition(partitionName(observation)), observation.leaderEpoch, observation.leader, time);
        break;
      default:
    }
  }

  #acknowledged(observation: Extract<Observation, { kind: 'send-returned' }>, time: number): void {
    const { value, offset } = observation;
    const partition = this.#history.cluster.partition(partitionName(observation));
    if (partition.highestWatermark > offset) return;
    const producer = this.#history.ledger.records.get(value)?.producer ?? '(unknown)';
    this.#anomalies.push(
      anomaly(
        'premature-ack',
        time,
        undefined,
        `producer ${producer} was told at ${clockTime(time)} that record ${value} of ${partition.name} was committed (acks=all, offset ${offset}).`,
        `no leader had shown a high watermark beyond ${partition.highestWatermark} by then.`,
      ),
    );
  }

  /** HW-1: with too few replicas in sync nothing is committed. The set is the leader's own, as it was at that moment. */
  #checkMinIsr(observation: Extract<Observation, { kind: 'high-watermark' }>, time: number): void {
    const { topic, broker, leaderEpoch, highWatermark, isr } = observation;
    const promise = this.#promises.topics[topic];
    const minIsr = promise === undefined ? 0 : Math.min(promise.minInsyncReplicas, promise.replicationFactor);
    const name = partitionName(observation);
    const key = `${name} min-isr ${leaderEpoch}`;
    if (isr.length >= minIsr || this.#reported.has(key)) return;
    this.#reported.add(key);
    this.#anomalies.push(
      anomaly(
        'commit-under-min-isr',
        time,
        undefined,
        `min.insync.replicas of ${topic} is ${minIsr}: with fewer in sync nothing is committed.`,
        `broker ${broker} moved the high watermark of ${name} to ${highWatermark} at ${clockTime(time)} with in-sync set [${isr.join(', ')}] (leader epoch ${leaderEpoch}).`,
      ),
    );
  }

  /** The controller's in-sync set has changed: a member that joined must have what the leader of this epoch holds committed. */
  #joined(partition: PartitionHistory, leaderEpoch: number, leader: number, time: number): void {
    const term = partition.term(leaderEpoch, leader);
    if (term !== undefined) this.#checkInSyncSet(partition, leaderEpoch, leader, term.highWatermark, time);
  }

  #checkInSyncSet(partition: PartitionHistory, leaderEpoch: number, leader: number, highWatermark: number, time: number): void {
    for (const member of partition.isr) {
      const replica = partition.replicas.get(member);
      if (replica === undefined || replica.logEndOffset >= highWatermark) continue;
      const exception = exceptionFor(partition, member, leaderEpoch, highWatermark);
      const key = `${partition.name} ${member} ${leaderEpoch} ${exception?.cause}`;
      if (this.#reported.has(key)) continue;
      this.#reported.add(key);
      this.#anomalies.push(
        anomaly(
          'premature-commit',
          time,
          exception?.cause,
          `broker ${leader} held all of ${partition.name} below offset ${highWatermark} for committed at ${clockTime(time)} (leader epoch ${leaderEpoch}).`,
          `broker ${member} is in the controller's in-sync set [${partition.isr.join(', ')}], and its log ends at ${replica.logEndOffset}.`,
          exception?.story,
        ),
      );
    }
  }

  finish(): readonly Anomaly[] {
    return this.#anomalies;
  }

  get kept(): number {
    return this.#anomalies.length + this.#reported.size;
  }
}

/** W5: the member had it all and lost power; or the partition has lost it by design, and this leader does not know yet that it was deposed. */
function exceptionFor(partition: PartitionHistory, member: number, leaderEpoch: number, highWatermark: number): Exception | undefined {
  const loss = partition.replicas.get(member)?.loss;
  if (loss !== undefined && highWatermark <= loss.upTo)
    return { cause: POWER_LOSS_OF_MEMBER, story: `broker ${member} lost power at ${clockTime(loss.powerLostAt)} and reopened its log at offset ${loss.from} where it had reached ${loss.upTo}.` };
  return partition.removals.find((removal) => removal.leaderEpoch > leaderEpoch && removal.from < highWatermark);
}
