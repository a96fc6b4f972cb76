/**
 * @module
 * Measures, without judging, how available a run was: for each interruption of a partition how long until it went on, and for each partition and each client
 * the longest time for which it had to wait. Only the time of the load counts.
 */
import type { Observation } from '../../actors/observation.ts';
import type { Micros } from '../../runtime/index.ts';
import type { JudgedEvent } from '../../runtime/simulation.ts';
import { ACKS_ALL, partitionName } from '../checkers/words.ts';
import { ControllerLosses } from './controllers.ts';
import type { ControllerLoss } from './controllers.ts';
import { Interruptions } from './interruptions.ts';
import type { Interruption } from './interruptions.ts';
import { Service } from './service.ts';

export interface Outage {
  /** The longest time without the service. */
  readonly longestUs: Micros;
  /** All times without it that are worth telling, see {@link UNAVAILABLE_US_MIN}. */
  readonly totalUs: Micros;
}

/** What was measured, as plain data. */
export interface Availability {
  readonly interruptions: readonly Interruption[];
  readonly controllers: readonly ControllerLoss[];
  /** Partitions by name: acknowledgements of acks=all, as producers waited for them. */
  readonly writes: Readonly<Record<string, Outage>>;
  /** Partitions by name: records below the high watermark, as consumers waited for them. */
  readonly reads: Readonly<Record<string, Outage>>;
  /** The longest stop of each client, over all partitions. */
  readonly clients: Readonly<Record<string, Micros>>;
}

/** Records that a producer waits for. */
interface Pending {
  readonly service: Service;
  count: number;
}

export class AvailabilityMeter {
  readonly interruptions = new Interruptions();
  readonly controllers = new ControllerLosses();
  readonly #loadUntil: Micros;
  readonly #writes = new Map<string, Pending>();
  readonly #producers = new Map<string, Pending>();
  readonly #readers: Readers;
  #ended = false;

  /** `readers`: consumers that read every partition from its beginning, and when each starts. */
  constructor(loadUntil: Micros, readers: readonly Reader[] = []) {
    this.#loadUntil = loadUntil;
    this.#readers = new Readers(readers);
  }

  see(event: JudgedEvent, observation: Observation | undefined): void {
    const { time, actor } = event;
    // What is asked for at the end of the load is waited for to its end.
    if (time > this.#loadUntil && !this.#ended) {
      this.#ended = true;
      this.#readers.end(this.#loadUntil);
    }
    this.interruptions.see(event, observation);
    this.controllers.see(event, observation);
    switch (observation?.kind) {
      case 'send-invoked':
        this.#sent(actor, observation.acks, partitionName(observation), time);
        break;
      case 'send-returned':
        this.#returned(actor, observation.acks, partitionName(observation), observation.error === null, time);
        break;
      case 'high-watermark':
        if (!this.#ended) this.#readers.committed(partitionName(observation), observation.highWatermark, time);
        break;
      case 'polled':
        if (!this.#ended) this.#readers.polled(actor, partitionName(observation), observation.offsets.at(-1)!, time);
        break;
      default:
    }
  }

  finish(endedAt: Micros): Availability {
    for (const { service } of [...this.#writes.values(), ...this.#producers.values()]) service.end(endedAt);
    this.#readers.end(endedAt);
    return {
      interruptions: this.interruptions.before(this.#loadUntil),
      controllers: this.controllers.before(this.#loadUntil),
      writes: outages(this.#writes, ({ service }) => service),
      reads: this.#readers.partitions(),
      clients: { ...Object.fromEntries([...this.#producers].map(([name, { service }]) => [name, service.longestUs])), ...this.#readers.clients() },
    };
  }

  get kept(): number {
    return this.interruptions.kept + this.controllers.kept + this.#writes.size + this.#producers.size + this.#readers.kept;
  }

  #sent(producer: string, acks: number, partition: string, time: Micros): void {
    for (const pending of this.#pending(producer, acks, partition)) {
      pending.count += 1;
      pending.service.wanted(time);
    }
  }

  #returned(producer: string, acks: number, partition: string, isAcknowledged: boolean, time: Micros): void {
    for (const pending of this.#pending(producer, acks, partition)) {
      pending.count -= 1;
      if (isAcknowledged) pending.service.had(time, pending.count > 0);
      else if (time > this.#loadUntil && pending.count === 0) pending.service.end(time); // Given up, and nothing more is asked for.
    }
  }

  /** A producer waits whatever its acks; a partition is written to by acks=all. */
  #pending(producer: string, acks: number, partition: string): Pending[] {
    const waits = [entry(this.#producers, producer, newPending)];
    if (acks === ACKS_ALL) waits.push(entry(this.#writes, partition, newPending));
    return waits;
  }
}

/** A consumer that waits for what is committed from this moment on, though it was never given anything. */
export interface Reader {
  readonly name: string;
  readonly from: Micros;
}

/** What consumers wait for: records that are committed, and that they have not been given. */
class Readers {
  readonly #committed = new Map<string, number>();
  /** By consumer: the next offset of each partition. */
  readonly #positions = new Map<string, Map<string, number>>();
  readonly #byPartition = new Map<string, Map<string, Service>>();
  readonly #byConsumer = new Map<string, Service>();
  readonly #expected: readonly Reader[];

  constructor(expected: readonly Reader[]) {
    this.#expected = expected;
  }

  committed(partition: string, highWatermark: number, time: Micros): void {
    this.#committed.set(partition, highWatermark);
    for (const { name, from } of this.#expected) if (time >= from) entry(entry(this.#positions, name, () => new Map<string, number>()), partition, () => 0);
    for (const [consumer, positions] of this.#positions) if ((positions.get(partition) ?? 0) < highWatermark) this.#wanted(consumer, partition, time);
  }

  polled(consumer: string, partition: string, lastOffset: number, time: Micros): void {
    const positions = entry(this.#positions, consumer, () => new Map<string, number>());
    positions.set(partition, lastOffset + 1);
    this.#service(consumer, partition).had(time, this.#isBehind(positions, partition));
    entry(this.#byConsumer, consumer, () => new Service()).had(time, [...positions.keys()].some((name) => this.#isBehind(positions, name)));
  }

  end(now: Micros): void {
    for (const service of [...this.#byConsumer.values(), ...[...this.#byPartition.values()].flatMap((services) => [...services.values()])]) service.end(now);
    this.#positions.clear();
  }

  /** Of the consumer that waited longest. */
  partitions(): Readonly<Record<string, Outage>> {
    return Object.fromEntries(
      [...this.#byPartition].map(([name, services]) => {
        const all = [...services.values()];
        return [name, { longestUs: Math.max(...all.map(({ longestUs }) => longestUs)), totalUs: Math.max(...all.map(({ totalUs }) => totalUs)) }];
      }),
    );
  }

  clients(): Readonly<Record<string, Micros>> {
    return Object.fromEntries([...this.#byConsumer].map(([name, { longestUs }]) => [name, longestUs]));
  }

  get kept(): number {
    return this.#committed.size + this.#positions.size * this.#committed.size;
  }

  #isBehind(positions: ReadonlyMap<string, number>, partition: string): boolean {
    return (positions.get(partition) ?? 0) < (this.#committed.get(partition) ?? 0);
  }

  #wanted(consumer: string, partition: string, time: Micros): void {
    this.#service(consumer, partition).wanted(time);
    entry(this.#byConsumer, consumer, () => new Service()).wanted(time);
  }

  #service(consumer: string, partition: string): Service {
    return entry(entry(this.#byPartition, partition, () => new Map<string, Service>()), consumer, () => new Service());
  }
}

function newPending(): Pending {
  return { service: new Service(), count: 0 };
}

function entry<K, V>(map: Map<K, V>, key: K, create: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = create();
    map.set(key, value);
  }
  return value;
}

function outages<V>(map: ReadonlyMap<string, V>, serviceOf: (value: V) => Service): Readonly<Record<string, Outage>> {
  return Object.fromEntries([...map].map(([name, value]) => [name, { longestUs: serviceOf(value).longestUs, totalUs: serviceOf(value).totalUs }]));
}
