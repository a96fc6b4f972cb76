/** @module The partitions of the cluster as replicas and controller showed them: folds observations into one {@link PartitionHistory} each. */
import { brokerName } from '../../actors/client/bootstrap.ts';
import type { Observation } from '../../actors/observation.ts';
import type { JudgedEvent } from '../../runtime/simulation.ts';
import { lossAfterFetch, lossOnReopening, removalsOnTakingOffice } from './attribution.ts';
import { PartitionHistory } from './partition-history.ts';
import type { Replica, Term } from './partition-history.ts';
import { partitionName } from './words.ts';

type Observed<K extends Observation['kind']> = Extract<Observation, { kind: K }>;

export class ClusterHistory {
  readonly #partitions = new Map<string, PartitionHistory>();
  /** When each broker last lost power, by name of the actor. */
  readonly #powerLostAt = new Map<string, number>();

  /** The history of e.g. `orders-4`; empty if nothing was seen of it. */
  partition(name: string): PartitionHistory {
    let partition = this.#partitions.get(name);
    if (partition === undefined) {
      partition = new PartitionHistory(name);
      this.#partitions.set(name, partition);
    }
    return partition;
  }

  see({ time, actor, event }: JudgedEvent, observation: Observation | undefined): void {
    if (event.type === 'process-stopped' && event.how === 'power-loss') this.#powerLostAt.set(actor, time);
    switch (observation?.kind) {
      case 'log-opened':
        this.#logOpened(observation, time);
        break;
      case 'appended':
        this.#appended(observation, time);
        break;
      case 'truncated':
        this.#truncated(observation);
        break;
      case 'leader-started':
        this.#leaderStarted(observation, time);
        break;
      case 'high-watermark':
        this.#highWatermark(observation, time);
        break;
      case 'partition-changed':
        this.#changed(observation, time);
        break;
      default:
    }
  }

  #logOpened(observation: Observed<'log-opened'>, time: number): void {
    const { broker, logEndOffset, latestEpoch } = observation;
    const { replicas } = this.partition(partitionName(observation));
    const before = replicas.get(broker);
    const loss = before && lossOnReopening(before, logEndOffset, latestEpoch, this.#powerLostAt.get(brokerName(broker)), time);
    replicas.set(broker, { logEndOffset, latestEpoch, openedAt: time, truncatedTo: Infinity, loss });
  }

  #appended(observation: Observed<'appended'>, time: number): void {
    const { broker, leaderEpoch, baseOffset, lastOffset, asLeader } = observation;
    const partition = this.partition(partitionName(observation));
    const replica = this.#replica(partition, broker);
    replica.logEndOffset = lastOffset + 1;
    replica.latestEpoch = Math.max(replica.latestEpoch, leaderEpoch);
    if (asLeader) {
      const term = this.#term(partition, leaderEpoch, broker, baseOffset, time);
      term.endOffset = lastOffset + 1;
      term.lastAppendAt = time;
    } else if (replica.loss !== undefined) {
      replica.loss = lossAfterFetch(replica.loss, baseOffset, lastOffset + 1);
    }
  }

  #truncated(observation: Observed<'truncated'>): void {
    const { broker, toOffset, fromOffset } = observation;
    const replica = this.#replica(this.partition(partitionName(observation)), broker);
    replica.logEndOffset = Math.min(toOffset, fromOffset);
    replica.truncatedTo = Math.min(replica.truncatedTo, replica.logEndOffset);
  }

  #leaderStarted(observation: Observed<'leader-started'>, time: number): void {
    const { broker, leaderEpoch, epochStartOffset, highWatermark } = observation;
    const partition = this.partition(partitionName(observation));
    if (partition.term(leaderEpoch, broker) !== undefined) return;
    const term = this.#term(partition, leaderEpoch, broker, epochStartOffset, time);
    raise(partition, term, highWatermark);
    for (const removal of removalsOnTakingOffice(partition, term)) {
      partition.removals.push(removal);
      // What its epoch appends there from now on is not what was lost.
      this.#replica(partition, broker).loss = undefined;
    }
  }

  #highWatermark(observation: Observed<'high-watermark'>, time: number): void {
    const { broker, leaderEpoch, highWatermark } = observation;
    const partition = this.partition(partitionName(observation));
    raise(partition, this.#term(partition, leaderEpoch, broker, highWatermark, time), highWatermark);
  }

  #changed(observation: Observed<'partition-changed'>, time: number): void {
    const { leader, leaderEpoch, isr, isUnclean } = observation;
    const { elections, lastElection } = this.partition(partitionName(observation));
    if (lastElection?.leaderEpoch === leaderEpoch) lastElection.isr = isr;
    else elections.push({ leaderEpoch, leader, isUnclean, at: time, isr });
  }

  #replica(partition: PartitionHistory, broker: number): Replica {
    let replica = partition.replicas.get(broker);
    if (replica === undefined) {
      replica = { logEndOffset: 0, latestEpoch: -1, openedAt: -1, truncatedTo: Infinity, loss: undefined };
      partition.replicas.set(broker, replica);
    }
    return replica;
  }

  /** The term of a leader; made up from what it did first if it never said that it took office. */
  #term(partition: PartitionHistory, leaderEpoch: number, broker: number, startOffset: number, time: number): Term {
    let term = partition.term(leaderEpoch, broker);
    if (term === undefined) {
      term = { leaderEpoch, broker, startOffset, startedAt: time, endOffset: startOffset, lastAppendAt: -1, highWatermark: 0 };
      partition.terms.push(term);
    }
    return term;
  }

  get kept(): number {
    let kept = this.#powerLostAt.size;
    for (const partition of this.#partitions.values()) kept += partition.kept;
    return kept;
  }
}

function raise(partition: PartitionHistory, term: Term, highWatermark: number): void {
  term.highWatermark = Math.max(term.highWatermark, highWatermark);
  partition.highestWatermark = Math.max(partition.highestWatermark, highWatermark);
}
