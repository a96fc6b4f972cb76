/** @module The partitions of the cluster as replicas and controller showed them: folds observations into one {@link PartitionHistory} each. */
import { brokerName } from '../../actors/client/bootstrap.ts';
import type { Observation } from '../../actors/observation.ts';
import type { JudgedEvent } from '../../runtime/simulation.ts';
import { allowedDivergence, allowedSilence, lossAfterFetch, lossAfterTruncation, lossOnReopening, removalFor, removalsOnTakingOffice } from './attribution.ts';
import type { Damage } from './attribution.ts';
import type { Promises } from './checker.ts';
import type { Divergence } from './lineage.ts';
import { PartitionHistory } from './partition-history.ts';
import type { Replica, Term } from './partition-history.ts';
import { partitionName } from './words.ts';

type Observed<K extends Observation['kind']> = Extract<Observation, { kind: K }>;

export class ClusterHistory {
  readonly #promises: Promises;
  /** By topic and number: every observation looks them up. */
  readonly #topics = new Map<string, PartitionHistory[]>();
  /** When each broker last lost power, by name of the actor. */
  readonly #powerLosses = new Map<string, Damage>();
  /** Strikes that will take the power of an actor. */
  readonly #struck = new Map<string, string>();

  constructor(promises: Promises) {
    this.#promises = promises;
  }

  /** The history of a partition; empty if nothing was seen of it. */
  of({ topic, partition }: { readonly topic: string; readonly partition: number }): PartitionHistory {
    let partitions = this.#topics.get(topic);
    if (partitions === undefined) {
      partitions = [];
      this.#topics.set(topic, partitions);
    }
    return (partitions[partition] ??= new PartitionHistory(partitionName({ topic, partition })));
  }

  /** The same by its name, e.g. `orders-4`. */
  partition(name: string): PartitionHistory {
    const dash = name.lastIndexOf('-');
    return this.of({ topic: name.slice(0, dash), partition: Number(name.slice(dash + 1)) });
  }

  /** All partitions of which something was seen. */
  get partitions(): readonly PartitionHistory[] {
    return [...this.#topics.values()].flatMap((partitions) => partitions.filter((partition) => partition !== undefined));
  }

  see({ time, actor, event }: JudgedEvent, observation: Observation | undefined): void {
    switch (observation?.kind) {
      case undefined:
        this.#seeProcess(event, actor, time);
        break;
      case 'log-opened':
        this.#logOpened(observation, time);
        break;
      case 'appended':
        this.#appended(observation, time);
        break;
      case 'truncated':
        this.#truncated(observation);
        break;
      case 'log-start':
        this.#logStart(observation);
        break;
      case 'log-cleaned': {
        const { lineage } = this.of(observation);
        lineage.compactedBelow = Math.max(lineage.compactedBelow, observation.endOffset);
        break;
      }
      case 'leader-started':
        this.#leaderStarted(observation, time);
        break;
      case 'high-watermark':
        this.#highWatermark(observation, time);
        break;
      case 'partition-changed':
        this.#changed(observation, time);
        break;
      case 'unreadable':
        this.#unreadable(observation, actor);
        break;
      case 'partition-deleted':
        this.#topics.get(observation.topic)?.splice(observation.partition, 1, new PartitionHistory(partitionName(observation)));
        break;
      default:
    }
  }

  #seeProcess(event: JudgedEvent['event'], actor: string, at: number): void {
    if (event.type === 'strike' && event.kind === 'power-loss') this.#struck.set(actor, event.id);
    if (event.type === 'strike' && event.kind === 'disk-bit-rot') this.#rotted(actor, event.detail, { how: 'bit-rot', at, strike: event.id });
    if (event.type !== 'process-stopped' || event.how !== 'power-loss') return;
    this.#powerLosses.set(actor, { how: 'power-loss', at, strike: this.#struck.get(actor) });
    this.#struck.delete(actor);
  }

  /** `file`: e.g. `orders-4/00000000000000000000.log`. Other files than those of batches are nothing that a log can lose. */
  #rotted(actor: string, file: string, rot: Damage): void {
    const [name, of] = file.split('/');
    const partition = this.partitions.find((known) => known.name === name);
    if (partition === undefined || of?.endsWith('.log') !== true) return;
    for (const [broker, replica] of partition.replicas) if (brokerName(broker) === actor) replica.rot = rot;
  }

  #unreadable(observation: Observed<'unreadable'>, consumer: string): void {
    const partition = this.of(observation);
    const excuse = allowedSilence(partition, partition.newestTerm?.broker ?? -1);
    if (excuse !== undefined) partition.unreadable.push({ consumer, offset: observation.offset, excuse });
  }

  #logOpened(observation: Observed<'log-opened'>, time: number): void {
    const { broker, logStartOffset, logEndOffset, recoveredFrom } = observation;
    const partition = this.of(observation);
    const replica = replicaOf(partition, broker);
    const endBefore = replica.log.endOffset;
    const unchangedBelow = partition.lineage.reopen(broker, logStartOffset, logEndOffset, recoveredFrom, observation);
    replica.loss = lossOnReopening(replica, unchangedBelow, endBefore, this.#powerLosses.get(brokerName(broker)), time);
    replica.openedAt = time;
    if (recoveredFrom <= logStartOffset) replica.rot = undefined;
  }

  #appended(observation: Observed<'appended'>, time: number): void {
    const { broker, leaderEpoch, baseOffset, lastOffset, asLeader } = observation;
    const partition = this.of(observation);
    const replica = replicaOf(partition, broker);
    const endBefore = replica.log.endOffset;
    const divergence = partition.lineage.appendAll(broker, observation);
    if (!asLeader && replica.loss !== undefined) {
      // What compaction has removed need not be fetched.
      const from = baseOffset < partition.lineage.compactedBelow ? Math.min(baseOffset, endBefore) : baseOffset;
      replica.loss = lossAfterFetch(replica.loss, from, lastOffset + 1);
    }
    if (divergence !== undefined) diverged(partition, divergence, time);
    if (asLeader) {
      const term = termOf(partition, leaderEpoch, broker, baseOffset, time);
      term.endOffset = lastOffset + 1;
      if (term.firstAppendAt < 0) term.firstAppendAt = time;
      term.lastAppendAt = time;
    }
  }

  #truncated(observation: Observed<'truncated'>): void {
    const partition = this.of(observation);
    const { broker, toOffset, fromOffset } = observation;
    const replica = replicaOf(partition, broker);
    const { log } = replica;
    log.truncateTo(toOffset);
    if (replica.loss !== undefined) replica.loss = lossAfterTruncation(replica.loss, toOffset, fromOffset);
    // What it appends there from now on is to be committed anew.
    for (const term of partition.terms) if (term.broker === broker) term.committedDepth = Math.min(term.committedDepth, log.nextDepth);
  }

  #logStart(observation: Observed<'log-start'>): void {
    const { broker, logStartOffset, reason } = observation;
    const partition = this.of(observation);
    const replica = replicaOf(partition, broker);
    const { log } = replica;
    if (reason === 'truncated-fully') {
      replica.rot = undefined;
      log.restartAt(logStartOffset);
      return;
    }
    partition.deletedBelow = Math.max(partition.deletedBelow, logStartOffset);
    log.startAt(logStartOffset);
    const renumbered = partition.lineage.forget();
    if (renumbered !== undefined) partition.committed.renumber(renumbered);
  }

  #leaderStarted(observation: Observed<'leader-started'>, time: number): void {
    const { broker, leaderEpoch, epochStartOffset, highWatermark } = observation;
    const partition = this.of(observation);
    if (partition.term(leaderEpoch, broker) !== undefined) return;
    const isSeen = partition.replicas.has(broker);
    const replica = replicaOf(partition, broker);
    const newest = partition.newestTerm;
    replica.log.truncateTo(epochStartOffset);
    // Of a replica that was never seen nothing can be said but how far it says it reaches.
    const rift = isSeen ? partition.committed.lackedBy(replica.log, leaderEpoch) : undefined;
    const term = termOf(partition, leaderEpoch, broker, epochStartOffset, time);
    const removals = removalsOnTakingOffice(partition, term, rift, this.#promises);
    partition.removals.push(...removals);
    // What its epoch appends there from now on is not what was lost.
    if (removals.length > 0) replica.loss = undefined;
    if (rift !== undefined) partition.disappearances.push({ ...rift, term, isBeside: false, at: time, removal: removalFor(removals, rift) });
    if (newest === undefined || newest.leaderEpoch < leaderEpoch) partition.committed.retreatTo(replica.log);
    const { tip } = partition.committed;
    term.committedDepth = tip < 0 ? 0 : partition.lineage.tree.depthOf(tip) + 1;
    raise(partition, term, highWatermark, time);
  }

  #highWatermark(observation: Observed<'high-watermark'>, time: number): void {
    const { broker, leaderEpoch, highWatermark } = observation;
    const partition = this.of(observation);
    raise(partition, termOf(partition, leaderEpoch, broker, highWatermark, time), highWatermark, time);
  }

  #changed(observation: Observed<'partition-changed'>, time: number): void {
    const { leader, leaderEpoch, isr, elr, replicas, isUnclean, metadataOffset } = observation;
    const partition = this.of(observation);
    // A controller that was deposed may learn late that what it wrote is committed.
    if (metadataOffset < partition.metadataOffset) return;
    partition.metadataOffset = metadataOffset;
    const before = partition.electable;
    const { elections, lastElection } = partition;
    if (lastElection?.leaderEpoch === leaderEpoch) Object.assign(lastElection, { isr, elr });
    else {
      // Who led last is seen here; whom the controller takes for it proves nothing.
      const isOfLastKnownLeader = isUnclean && before.length === 0 && elections.findLast((earlier) => earlier.leader >= 0)?.leader === leader;
      const mayBeUnclean = this.#promises.topics[observation.topic]?.uncleanLeaderElection === true;
      elections.push({ leaderEpoch, leader, isUnclean, isOfLastKnownLeader, memberSince: partition.joinedAt.get(leader), mayBeUnclean, at: time, isr, elr });
    }
    if (leader < 0 || isr.length < replicas.length) partition.wholeSince = undefined;
    else partition.wholeSince ??= time;
    for (const member of partition.electable) if (!before.includes(member)) partition.joinedAt.set(member, time);
  }

  get kept(): number {
    let kept = this.#powerLosses.size;
    for (const partition of this.partitions) kept += partition.kept;
    return kept;
  }
}

function replicaOf(partition: PartitionHistory, broker: number): Replica {
  let replica = partition.replicas.get(broker);
  if (replica === undefined) {
    replica = { log: partition.lineage.log(broker), openedAt: -1, loss: undefined, rot: undefined };
    partition.replicas.set(broker, replica);
  }
  return replica;
}

/** The term of a leader; made up from what it did first if it never said that it took office. */
function termOf(partition: PartitionHistory, leaderEpoch: number, broker: number, startOffset: number, time: number): Term {
  let term = partition.term(leaderEpoch, broker);
  if (term === undefined) {
    term = { leaderEpoch, broker, startOffset, startedAt: time, endOffset: startOffset, firstAppendAt: -1, lastAppendAt: -1, highWatermark: 0, committedDepth: 0 };
    partition.terms.push(term);
    if (partition.newestTerm === undefined || partition.newestTerm.leaderEpoch <= leaderEpoch) partition.newestTerm = term;
  }
  return term;
}

function diverged(partition: PartitionHistory, divergence: Divergence, at: number): void {
  const [one, other] = divergence.replicas;
  const isKnown = partition.divergences.some(({ replicas, epoch }) => epoch === divergence.epoch && replicas.includes(one) && replicas.includes(other));
  if (!isKnown) partition.divergences.push({ ...divergence, at, excuse: allowedDivergence(partition, divergence) });
}

function raise(partition: PartitionHistory, term: Term, highWatermark: number, at: number): void {
  term.highWatermark = Math.max(term.highWatermark, highWatermark);
  partition.highestWatermark = Math.max(partition.highestWatermark, highWatermark);
  const replica = partition.replicas.get(term.broker);
  if (replica === undefined) return;
  const newest = partition.newestTerm ?? term;
  const rift = partition.committed.advance(term, replica.log, highWatermark, partition.lineage.log(newest.broker));
  if (rift === undefined) return;
  const isBeside = newest !== term;
  const isKnown = partition.disappearances.some((known) => known.term === term && known.isBeside === isBeside);
  if (!isKnown) partition.disappearances.push({ ...rift, term, isBeside, at, removal: removalFor(partition.removals, rift) });
}
