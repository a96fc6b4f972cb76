/**
 * @module
 * What the metadata log says of partitions, in its own order, and what brokers take over from it: epochs only grow (W6, EL-4), in-sync sets are
 * possible ones (W7), and a leader from outside them is called unclean (EL-1, EL-2).
 */
import type { Observation } from '../../actors/observation.ts';
import type { JudgedEvent } from '../../runtime/simulation.ts';
import { anomaly } from './anomalies.ts';
import type { Anomaly, Checker, Promises } from './checker.ts';
import { clockTime, partitionName } from './words.ts';

const NO_LEADER = -1;

type Changed = Extract<Observation, { kind: 'partition-changed' }>;
type Applied = Extract<Observation, { kind: 'partition-applied' }>;
type Epochs = Pick<Changed, 'leaderEpoch' | 'partitionEpoch'>;

export function createMetadataChecker(promises: Promises): Checker {
  return new MetadataChecker(promises);
}

class MetadataChecker implements Checker {
  readonly name = 'metadata';
  readonly #promises: Promises;
  readonly #anomalies: Anomaly[] = [];
  /** What the metadata log said last, by partition. */
  readonly #changed = new Map<string, Changed>();
  /** What the present incarnation of each broker took over last, by actor and partition. */
  readonly #applied = new Map<string, Map<string, Applied>>();

  constructor(promises: Promises) {
    this.#promises = promises;
  }

  see({ time, actor, event }: JudgedEvent, observation: Observation | undefined): void {
    if (event.type === 'process-started') this.#applied.delete(actor);
    else if (observation?.kind === 'partition-changed') this.#sees(observation, time);
    else if (observation?.kind === 'partition-applied') this.#applies(observation, actor, time);
    else if (observation?.kind === 'partition-deleted') this.#deleted(partitionName(observation));
  }

  #deleted(name: string): void {
    this.#changed.delete(name);
    for (const partitions of this.#applied.values()) partitions.delete(name);
  }

  #sees(now: Changed, time: number): void {
    const name = partitionName(now);
    const before = this.#changed.get(name);
    // A controller that was deposed may learn late that what it wrote is committed.
    if (before !== undefined && now.metadataOffset < before.metadataOffset) return;
    this.#changed.set(name, now);
    for (const problem of this.#problemsOf(now)) this.#anomalies.push(anomaly('isr-invalid', time, undefined, told(name, now, time), problem));
    if (before === undefined) return;
    const step = stepBack(before, now) ?? sameEpoch(before, now);
    if (step !== undefined) this.#anomalies.push(anomaly('metadata-epoch-regressed', time, undefined, told(name, now, time), step));
    if (isUndeclared(before, now)) {
      const found = `just before, the in-sync set was [${before.isr.join(', ')}] and the eligible leader replicas were [${before.elr.join(', ')}], and the election was not called unclean.`;
      this.#anomalies.push(anomaly('undeclared-unclean-election', time, undefined, told(name, now, time), found));
    }
  }

  /** W7. */
  #problemsOf({ topic, leader, isr, elr, replicas }: Changed): string[] {
    const problems: string[] = [];
    const strangers = [...isr, ...elr].filter((member) => !replicas.includes(member));
    if (strangers.length > 0) problems.push(`[${strangers.join(', ')}] are no replicas of it: those are [${replicas.join(', ')}].`);
    if (leader !== NO_LEADER && !isr.includes(leader)) problems.push('its leader is not in the in-sync set.');
    const both = isr.filter((member) => elr.includes(member));
    if (both.length > 0) problems.push(`[${both.join(', ')}] are in sync and eligible leader replicas at once.`);
    const minIsr = Math.min(this.#promises.topics[topic]?.minInsyncReplicas ?? Infinity, replicas.length);
    if (elr.length > 0 && isr.length >= minIsr) problems.push(`there are eligible leader replicas though min.insync.replicas (${minIsr}) are in sync (EL-6).`);
    return problems;
  }

  /** ML-1, ML-2. */
  #applies(now: Applied, actor: string, time: number): void {
    const name = partitionName(now);
    const partitions = this.#applied.get(actor) ?? new Map<string, Applied>();
    this.#applied.set(actor, partitions);
    const before = partitions.get(name);
    partitions.set(name, now);
    const step = before && stepBack(before, now);
    if (step === undefined) return;
    const took = `broker ${now.broker} took over leader ${now.leader} of ${name} with leader epoch ${now.leaderEpoch} and partition epoch ${now.partitionEpoch} at ${clockTime(time)}.`;
    this.#anomalies.push(anomaly('metadata-epoch-regressed', time, undefined, took, step));
  }

  finish(): readonly Anomaly[] {
    return this.#anomalies;
  }

  get kept(): number {
    let kept = this.#anomalies.length + this.#changed.size;
    for (const partitions of this.#applied.values()) kept += partitions.size;
    return kept;
  }
}

function told(name: string, { leader, leaderEpoch, partitionEpoch, isr, elr }: Changed, time: number): string {
  const eligible = elr.length === 0 ? '' : `, eligible leader replicas [${elr.join(', ')}]`;
  return `the controller gave ${name} leader ${leader} and in-sync set [${isr.join(', ')}]${eligible} at ${clockTime(time)} (leader epoch ${leaderEpoch}, partition epoch ${partitionEpoch}).`;
}

function stepBack(before: Epochs, now: Epochs): string | undefined {
  if (now.leaderEpoch >= before.leaderEpoch && now.partitionEpoch >= before.partitionEpoch) return undefined;
  return `before that it had leader epoch ${before.leaderEpoch} and partition epoch ${before.partitionEpoch}.`;
}

/** EL-4: every change raises the partition epoch, and one of the leader the leader epoch, too. */
function sameEpoch(before: Changed, now: Changed): string | undefined {
  if (now.leader !== before.leader && now.leaderEpoch === before.leaderEpoch) return `the leader was ${before.leader} in the same leader epoch.`;
  if (now.partitionEpoch === before.partitionEpoch && now.isr.join() !== before.isr.join()) return `the in-sync set was [${before.isr.join(', ')}] in the same partition epoch.`;
  return undefined;
}

/** Only where the change before is known: a controller that crashed may not have told all of them. */
function isUndeclared(before: Changed, now: Changed): boolean {
  if (now.leader === NO_LEADER || now.leaderEpoch === before.leaderEpoch || now.partitionEpoch !== before.partitionEpoch + 1) return false;
  return !now.isUnclean && !before.isr.includes(now.leader) && !before.elr.includes(now.leader);
}
