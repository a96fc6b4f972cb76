/**
 * @module
 * 7.1-committed (K2, W3): a record is committed once it is in the log of every in-sync replica, and acks=all is answered only then.
 *
 * What is behind a leader's back is judged, too: the set is the controller's, eligible leader replicas included, since it may elect any of them. A
 * follower's append is observed when it is made and the leader learns of it later, so a high watermark beyond a member's log is never a
 * matter of timing. A log is asked for the batches, not for how far it reaches.
 *
 * Weak point: which leader wrote a record is told from its offset and from when it was sent. Of two leaders that both wrote at that offset since
 * then, the one that committed it is believed.
 */
import type { Observation } from '../../actors/observation.ts';
import type { JudgedEvent } from '../../runtime/simulation.ts';
import { anomaly } from './anomalies.ts';
import { allowedLack } from './attribution.ts';
import type { Anomaly, Checker, Promises } from './checker.ts';
import type { History } from './history.ts';
import { ACKS_ALL, clockTime, notCommitted, offsets, partitionName } from './words.ts';

export function createCommittedChecker(history: History, promises: Promises): Checker {
  return new CommittedChecker(history, promises);
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
    switch (observation?.kind) {
      case 'send-returned':
        if (observation.error === null && observation.acks === ACKS_ALL) this.#acknowledged(observation, time);
        break;
      case 'high-watermark':
        this.#checkMinIsr(observation, time);
        this.#checkMembers(observation, time);
        break;
      case 'leader-started':
        this.#checkMembers(observation, time);
        break;
      default:
    }
  }

  #acknowledged(observation: Extract<Observation, { kind: 'send-returned' }>, time: number): void {
    const { value, offset } = observation;
    const record = this.#history.ledger.records.get(value);
    if (record?.wasCommitted === true) return;
    this.#anomalies.push(
      anomaly(
        'premature-ack',
        time,
        undefined,
        `producer ${record?.producer ?? '(unknown)'} was told at ${clockTime(time)} that record ${value} of ${partitionName(observation)} was committed (acks=all, offset ${offset}).`,
        notCommitted(record?.leaderEpoch ?? -1),
      ),
    );
  }

  /** HW-1: with too few replicas in sync nothing is committed. The set is the leader's own, as it was at that moment. */
  #checkMinIsr(observation: Extract<Observation, { kind: 'high-watermark' }>, time: number): void {
    const { topic, broker, leaderEpoch, highWatermark, isr } = observation;
    const promise = this.#promises.topics[topic];
    const minIsr = promise === undefined ? 0 : Math.min(promise.minInsyncReplicas, promise.replicationFactor);
    if (isr.length >= minIsr) return;
    const name = partitionName(observation);
    if (!this.#isNew(`${name} min-isr ${leaderEpoch}`)) return;
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

  #checkMembers(observation: Extract<Observation, { kind: 'high-watermark' | 'leader-started' }>, time: number): void {
    const { broker, leaderEpoch, highWatermark } = observation;
    const partition = this.#history.cluster.of(observation);
    const leader = partition.replicas.get(broker);
    if (leader === undefined) return;
    const last = leader.log.below(highWatermark);
    for (const member of partition.electable) {
      const replica = partition.replicas.get(member);
      if (replica === undefined || replica.log.contains(last)) continue;
      const lack = partition.lineage.lackedBy(replica.log, last)!;
      const excuse = allowedLack(partition, member, { ...lack, committedIn: leaderEpoch }, leaderEpoch);
      if (!this.#isNew(`${partition.name} ${member} ${leaderEpoch} ${excuse?.cause}`)) continue;
      this.#anomalies.push(
        anomaly(
          'premature-commit',
          time,
          excuse?.cause,
          `broker ${broker} held all of ${partition.name} below offset ${highWatermark} for committed at ${clockTime(time)} (leader epoch ${leaderEpoch}).`,
          `broker ${member} may be elected (in-sync set [${partition.isr.join(', ')}]), and is without ${offsets(lack)}: its log ends at ${replica.log.endOffset}.`,
          excuse?.story,
        ),
      );
    }
  }

  #isNew(key: string): boolean {
    if (this.#reported.has(key)) return false;
    this.#reported.add(key);
    return true;
  }

  finish(): readonly Anomaly[] {
    return this.#anomalies;
  }

  get kept(): number {
    return this.#anomalies.length + this.#reported.size;
  }
}
