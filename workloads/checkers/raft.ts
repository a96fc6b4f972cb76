/**
 * @module
 * W14: what a quorum of controllers must keep (§3, KR-1 … KR-9): at most one leader in an epoch, epochs that never fall, a new leader that has all
 * that was committed before, a high watermark that moves only onto a record of the leader's own epoch which a majority has, one committed log
 * for all, and snapshots that say what it says. No configuration allows a breach: what a voter acknowledges is on its disk (KR-8).
 *
 * Voters are those that were seen to open their log. One that has never started is not counted, which makes a majority smaller and never larger.
 */
import type { Observation } from '../../actors/observation.ts';
import type { JudgedEvent } from '../../runtime/simulation.ts';
import { anomaly } from './anomalies.ts';
import type { AnomalyName } from './anomalies.ts';
import { NO_BATCH } from './batch-tree.ts';
import type { Anomaly, Checker } from './checker.ts';
import { Lineage } from './lineage.ts';
import type { ReplicaLog } from './replica-log.ts';
import { clockTime } from './words.ts';

type Observed<K extends Observation['kind']> = Extract<Observation, { kind: K }>;

interface Voter {
  /** The latest epoch it was in. */
  epoch: number;
  /** Of its present incarnation. */
  highWatermark: number;
}

export function createRaftChecker(): Checker {
  return new RaftChecker();
}

class RaftChecker implements Checker {
  readonly name = 'raft';
  readonly #lineage = new Lineage();
  readonly #voters = new Map<number, Voter>();
  /** Who leads each epoch. */
  readonly #leaders = new Map<number, number>();
  /** Who wrote a snapshot first, and its checksum, by its end offset and epoch. */
  readonly #snapshots = new Map<string, { readonly node: number; readonly checksum: number }>();
  /** The last batch that a leader has committed. */
  #tip = NO_BATCH;
  readonly #anomalies: Anomaly[] = [];
  /** Each breach is reported once for each epoch. */
  readonly #reported = new Set<string>();

  see({ time }: JudgedEvent, observation: Observation | undefined): void {
    switch (observation?.kind) {
      case 'raft-opened':
        this.#opened(observation, time);
        break;
      case 'raft-leader-elected':
        this.#elected(observation, time);
        break;
      case 'raft-appended':
        this.#appended(observation, time);
        break;
      case 'raft-truncated':
        this.#truncated(observation, time);
        break;
      case 'raft-snapshot-created':
        this.#snapshotCreated(observation, time);
        break;
      case 'raft-snapshot-loaded':
        this.#snapshotLoaded(observation, time);
        break;
      case 'raft-high-watermark':
        this.#committed(observation, time);
        break;
      default:
    }
  }

  #opened(observation: Observed<'raft-opened'>, time: number): void {
    const { node, logEndOffset, recoveredFrom } = observation;
    this.#in(observation, time).highWatermark = 0;
    this.#lineage.reopen(node, this.#lineage.log(node).startOffset, logEndOffset, recoveredFrom, observation);
  }

  #elected(observation: Observed<'raft-leader-elected'>, time: number): void {
    const { node, epoch } = observation;
    this.#in(observation, time);
    const elected = `controller ${node} was elected leader of epoch ${epoch} at ${clockTime(time)}`;
    const first = this.#leaders.get(epoch);
    if (first === undefined) this.#leaders.set(epoch, node);
    else this.#report('raft-two-leaders', epoch, time, `${elected}.`, `controller ${first} had been elected in the same epoch.`);
    const log = this.#lineage.log(node);
    const lack = this.#lineage.lackedBy(log, this.#tip);
    if (lack !== undefined) this.#report('raft-leader-incomplete', epoch, time, `${elected}, and its log ends at ${log.endOffset}.`, `from offset ${lack.from} on it is without what is committed up to offset ${lack.upTo - 1}.`);
  }

  #appended(observation: Observed<'raft-appended'>, time: number): void {
    const { node, epoch } = observation;
    this.#in(observation, time);
    const divergence = this.#lineage.appendAll(node, observation);
    if (divergence === undefined) return;
    const { replicas, offset, partedAt } = divergence;
    const appended = `controller ${node} appended offset ${offset} of the metadata log, of epoch ${divergence.epoch}, at ${clockTime(time)}; controller ${replicas[1]} has an entry of that offset and epoch, too.`;
    this.#report('raft-log-divergence', epoch, time, appended, `from offset ${partedAt} on their logs are not the same.`);
  }

  #truncated(observation: Observed<'raft-truncated'>, time: number): void {
    const { node, epoch, toOffset } = observation;
    const { highWatermark } = this.#in(observation, time);
    this.#lineage.log(node).truncateTo(toOffset);
    if (toOffset >= highWatermark) return;
    this.#report('raft-committed-diverged', epoch, time, `controller ${node} cut its log off at offset ${toOffset} at ${clockTime(time)} (epoch ${epoch}).`, `it had shown a high watermark of ${highWatermark}.`);
  }

  #committed(observation: Observed<'raft-high-watermark'>, time: number): void {
    const { node, epoch, highWatermark } = observation;
    const voter = this.#in(observation, time);
    const moved = `controller ${node} put its high watermark at ${highWatermark} at ${clockTime(time)} (epoch ${epoch}).`;
    if (highWatermark < voter.highWatermark) this.#report('raft-high-watermark-regressed', epoch, time, moved, `it had shown ${voter.highWatermark} since it was started.`);
    voter.highWatermark = highWatermark;
    const log = this.#lineage.log(node);
    const last = log.below(highWatermark);
    if (last === NO_BATCH) return;
    if (this.#leaders.get(epoch) === node) this.#commits(log, last, epoch, moved, time);
    else if (this.#tip === NO_BATCH || this.#lineage.tree.committedIn(last) < 0) this.#report('raft-committed-diverged', epoch, time, moved, 'no leader has committed what stands there in its log.');
  }

  /** KR-4: it ends where a batch of its epoch ends that is committed, and says the same as anybody else's of that name. */
  #snapshotCreated(observation: Observed<'raft-snapshot-created'>, time: number): void {
    const { node, epoch, endOffset, snapshotEpoch, checksum } = observation;
    this.#in(observation, time);
    const name = `${endOffset}-${snapshotEpoch}`;
    const wrote = `controller ${node} wrote the snapshot ${name} at ${clockTime(time)} (epoch ${epoch}).`;
    const last = this.#lineage.log(node).below(endOffset);
    if (!this.#isCommittedEnd(last, endOffset, snapshotEpoch)) this.#report('raft-snapshot-diverged', epoch, time, wrote, 'what is committed does not end so anywhere.');
    const first = this.#snapshots.get(name);
    if (first === undefined) this.#snapshots.set(name, { node, checksum });
    else if (first.checksum !== checksum) this.#report('raft-snapshot-diverged', epoch, time, wrote, `that of controller ${first.node} has other bytes.`);
  }

  /** KR-4: from now on the voter has all that is committed below, as if it were in its log. */
  #snapshotLoaded(observation: Observed<'raft-snapshot-loaded'>, time: number): void {
    const { node, epoch, endOffset, snapshotEpoch } = observation;
    const voter = this.#in(observation, time);
    const { tree } = this.#lineage;
    const log = this.#lineage.log(node);
    const committed: number[] = [];
    for (let batch = this.#tip; batch !== NO_BATCH; batch = tree.parentOf(batch)) if (tree.lastOffsetOf(batch) < endOffset) committed.push(batch);
    log.restartAt(0);
    for (const batch of committed.reverse()) log.push(batch);
    voter.highWatermark = Math.max(voter.highWatermark, endOffset);
    if (this.#isCommittedEnd(log.head, endOffset, snapshotEpoch)) return;
    this.#report('raft-snapshot-diverged', epoch, time, `controller ${node} took over a snapshot ${endOffset}-${snapshotEpoch} at ${clockTime(time)} (epoch ${epoch}).`, 'what is committed does not end so anywhere.');
  }

  #isCommittedEnd(batch: number, endOffset: number, epoch: number): boolean {
    const { tree } = this.#lineage;
    return batch !== NO_BATCH && tree.committedIn(batch) >= 0 && tree.lastOffsetOf(batch) + 1 === endOffset && tree.epochOf(batch) === epoch;
  }

  /** KR-7. */
  #commits(log: ReplicaLog, last: number, epoch: number, moved: string, time: number): void {
    const { tree, logs } = this.#lineage;
    const having = [...logs].filter(([, other]) => other.contains(last)).map(([id]) => id);
    const needed = Math.floor(logs.size / 2) + 1;
    if (having.length < needed) this.#report('raft-commit-without-majority', epoch, time, moved, `of ${logs.size} voters only [${having.join(', ')}] have it.`);
    if (tree.epochOf(last) !== epoch) this.#report('raft-commit-of-older-epoch', epoch, time, moved, `the last record below is of epoch ${tree.epochOf(last)}: it is committed only with one of the leader's own epoch.`);
    // A leader that does not know that it was deposed may hear late what its own epoch had: its successor has committed that, and more.
    if (tree.committedIn(last) >= 0) return;
    if (!log.contains(this.#tip)) {
      const lack = this.#lineage.lackedBy(log, this.#tip)!;
      this.#report('raft-committed-diverged', epoch, time, moved, `from offset ${lack.from} on its log is not what was committed before up to offset ${lack.upTo - 1}.`);
    }
    for (let node = last; node !== NO_BATCH && tree.committedIn(node) < 0; node = tree.parentOf(node)) tree.commit(node, epoch);
    this.#tip = last;
  }

  /** The voter, which is in this epoch now. */
  #in({ node, epoch }: { readonly node: number; readonly epoch: number }, time: number): Voter {
    let voter = this.#voters.get(node);
    if (voter === undefined) {
      voter = { epoch, highWatermark: 0 };
      this.#voters.set(node, voter);
      this.#lineage.log(node);
    }
    if (epoch < voter.epoch) this.#report('raft-epoch-regressed', epoch, time, `controller ${node} was in epoch ${epoch} at ${clockTime(time)}.`, `it had been in epoch ${voter.epoch} before.`);
    voter.epoch = Math.max(voter.epoch, epoch);
    return voter;
  }

  #report(name: AnomalyName, epoch: number, time: number, ...detail: readonly string[]): void {
    const key = `${name} ${epoch}`;
    if (this.#reported.has(key)) return;
    this.#reported.add(key);
    this.#anomalies.push(anomaly(name, time, undefined, ...detail));
  }

  finish(): readonly Anomaly[] {
    return this.#anomalies;
  }

  get kept(): number {
    return this.#anomalies.length + this.#reported.size + this.#voters.size + this.#leaders.size + this.#snapshots.size + this.#lineage.kept;
  }
}
