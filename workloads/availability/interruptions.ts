/**
 * @module
 * Interruptions of a partition: from the moment at which its leader is gone (dead, standing still, or replaced), how long until the controller had another
 * one, until the first record written since then was acknowledged, and until all replicas were in sync again (7.6.1-config).
 *
 *     leader lost ───► new leader elected ───► first acknowledgement ───► in-sync set full
 */
import { brokerName } from '../../actors/client/bootstrap.ts';
import type { Observation } from '../../actors/observation.ts';
import type { JudgedEvent } from '../../runtime/simulation.ts';
import type { Micros } from '../../runtime/index.ts';
import { partitionName } from '../checkers/words.ts';

/** One interruption; each time is counted from its beginning, in µs, and null if it did not come to that. */
export interface Interruption {
  /** e.g. `orders-4`. */
  readonly partition: string;
  /** What became of the leader: `crash`, `power-loss`, `exit`, `halt`, `failed`, `pause`, or `moved` if the controller chose another one and it lives. */
  readonly cause: string;
  readonly at: Micros;
  readonly electedUs: Micros | null;
  readonly ackedUs: Micros | null;
  readonly isrFullUs: Micros | null;
}

type Observed<K extends Observation['kind']> = Extract<Observation, { kind: K }>;
type Open = { -readonly [K in keyof Interruption]: Interruption[K] };

interface Partition {
  readonly name: string;
  /** As the controller last said; −1: nobody. */
  leader: number;
  leaderEpoch: number;
  /** Not acknowledged yet: at most one. */
  open: Open | undefined;
  /** What leaders have appended since that began. */
  appended: { readonly from: number; readonly to: number }[];
  /** Whether replicas were missing from the in-sync set since each of them began. */
  unfull: Open[];
}

const NO_LEADER = -1;

export class Interruptions {
  readonly #list: Open[] = [];
  readonly #partitions = new Map<string, Partition>();
  /** Brokers that are dead or stand still, by the name of their actor. */
  readonly #away = new Set<string>();

  see({ time, actor, event }: JudgedEvent, observation: Observation | undefined): void {
    switch (event.type) {
      case 'process-stopped':
        this.#gone(actor, event.how, time);
        break;
      case 'process-paused':
        this.#gone(actor, 'pause', time);
        break;
      case 'process-started':
      case 'process-resumed':
        this.#away.delete(actor);
        break;
      default:
    }
    switch (observation?.kind) {
      case 'partition-changed':
        this.#changed(observation, time);
        break;
      case 'appended':
        if (observation.asLeader) this.#appended(observation);
        break;
      case 'send-returned':
        if (observation.error === null) this.#acked(observation, time);
        break;
      default:
    }
  }

  /** Those that began before a moment, in the order in which they began. */
  before(until: Micros): readonly Interruption[] {
    return this.#list.filter(({ at }) => at < until);
  }

  get kept(): number {
    return this.#list.length + this.#partitions.size;
  }

  #gone(actor: string, how: string, time: Micros): void {
    this.#away.add(actor);
    for (const partition of this.#partitions.values()) if (partition.leader !== NO_LEADER && brokerName(partition.leader) === actor) this.#begin(partition, how, time);
  }

  /** An interruption that goes on when the next leader dies, too, is one. */
  #begin(partition: Partition, cause: string, time: Micros): void {
    if (partition.open !== undefined) {
      partition.open.electedUs = null;
      return;
    }
    const open: Open = { partition: partition.name, cause, at: time, electedUs: null, ackedUs: null, isrFullUs: null };
    partition.open = open;
    partition.appended = [];
    partition.unfull.push(open);
    this.#list.push(open);
  }

  #changed(observation: Observed<'partition-changed'>, time: Micros): void {
    const { leader, leaderEpoch, isr, replicas } = observation;
    const partition = this.#partition(partitionName(observation));
    const isNew = leaderEpoch > partition.leaderEpoch && partition.leaderEpoch >= 0;
    const isReplaced = isNew && leader !== partition.leader && partition.leader !== NO_LEADER;
    if (isReplaced) this.#begin(partition, 'moved', time);
    if (isNew && leader !== NO_LEADER && partition.open !== undefined && !this.#away.has(brokerName(leader))) partition.open.electedUs ??= time - partition.open.at;
    partition.leader = leader;
    partition.leaderEpoch = Math.max(partition.leaderEpoch, leaderEpoch);
    if (isr.length < replicas.length) return;
    for (const open of partition.unfull) open.isrFullUs = time - open.at;
    partition.unfull = [];
  }

  #appended(observation: Observed<'appended'>): void {
    const partition = this.#partition(partitionName(observation));
    if (partition.open !== undefined) partition.appended.push({ from: observation.baseOffset, to: observation.lastOffset });
  }

  /** Only a record that was appended since then shows that the partition works again: an older answer may have been under way. */
  #acked(observation: Observed<'send-returned'>, time: Micros): void {
    const partition = this.#partition(partitionName(observation));
    const { open } = partition;
    if (open === undefined || !partition.appended.some(({ from, to }) => from <= observation.offset && observation.offset <= to)) return;
    open.ackedUs = time - open.at;
    partition.open = undefined;
    partition.appended = [];
  }

  #partition(name: string): Partition {
    let partition = this.#partitions.get(name);
    if (partition === undefined) {
      partition = { name, leader: NO_LEADER, leaderEpoch: -1, open: undefined, appended: [], unfull: [] };
      this.#partitions.set(name, partition);
    }
    return partition;
  }
}
