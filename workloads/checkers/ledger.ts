/**
 * @module
 * What clients asked, were told and read, record by record. It grows with the records of the run, and is what the judges must keep:
 * values are unique, so one entry per record and one per offset that was polled.
 */
import type { Observation } from '../../actors/observation.ts';
import type { JudgedEvent } from '../../runtime/simulation.ts';
import type { ClusterHistory } from './cluster-history.ts';
import { ACKS_ALL, partitionName } from './words.ts';

/** `open`: the call has not returned. `failed`: for certain. `indeterminate`: an error, and the record may be in the log all the same. */
export type Outcome = 'open' | 'acknowledged' | 'failed' | 'indeterminate';

/** A record that a producer sent. */
export interface SentRecord {
  readonly value: string;
  readonly producer: string;
  readonly partition: string;
  readonly acks: number;
  readonly sentAt: number;
  outcome: Outcome;
  /** Attempts that failed and were followed by another: so many times more than once it may stand in the log. */
  retries: number;
  /** As acknowledged; −1 with acks=0 or without an acknowledgement. */
  offset: number;
  returnedAt: number;
  /** The oldest leader epoch that can have acknowledged it; −1: not known. */
  leaderEpoch: number;
  /** A leader that has the record of that epoch had shown a high watermark beyond it when it was acknowledged. */
  wasCommitted: boolean;
}

/** The first time that a value was polled at an offset. */
export interface Reading {
  readonly value: string;
  readonly offset: number;
  readonly consumer: string;
  readonly at: number;
  /** The oldest leader epoch that can have written it; −1: not known. */
  readonly leaderEpoch: number;
  /** A leader that has the record of that epoch had shown a high watermark beyond it when it was polled. */
  readonly wasCommitted: boolean;
}

/** A partition as the auditor read it, after the heal. */
export interface FinalLog {
  readonly at: number;
  /** Who has read it. */
  readonly reader: string;
  readonly endOffset: number;
  readonly values: ReadonlyMap<number, string>;
}

export class Ledger {
  readonly #cluster: ClusterHistory;
  /** In the order in which they were sent. */
  readonly records = new Map<string, SentRecord>();
  readonly #readings = new Map<string, Map<number, Reading>>();
  /** Another value at an offset that had been polled before. */
  readonly #rereadings = new Map<string, Reading[]>();
  readonly #finals = new Map<string, FinalLog>();
  #uncommitted: Reading | undefined;
  #kept = 0;

  constructor(cluster: ClusterHistory) {
    this.#cluster = cluster;
  }

  see({ time, actor }: JudgedEvent, observation: Observation | undefined): void {
    switch (observation?.kind) {
      case 'send-invoked':
        this.#invoked(observation, actor, time);
        break;
      case 'send-returned':
        this.#returned(observation, time);
        break;
      case 'send-retried': {
        const record = this.records.get(observation.value);
        if (record !== undefined) record.retries += 1;
        break;
      }
      case 'polled':
        this.#polled(observation, actor, time);
        break;
      case 'final-read':
        this.#finalRead(observation, actor, time);
        break;
      default:
    }
  }

  /** The first reading of the last poll that nobody had shown to be committed by then. */
  get uncommittedInLastPoll(): Reading | undefined {
    return this.#uncommitted;
  }

  /** The partition as it was read in the end; undefined: nobody did. */
  final(partition: string): FinalLog | undefined {
    return this.#finals.get(partition);
  }

  get finals(): ReadonlyMap<string, FinalLog> {
    return this.#finals;
  }

  /** The first value that was polled at each offset of the partition. */
  readings(partition: string): ReadonlyMap<number, Reading> {
    return this.#readings.get(partition) ?? NO_READINGS;
  }

  /** Values that were polled at offsets at which another had been polled before. */
  rereadings(partition: string): readonly Reading[] {
    return this.#rereadings.get(partition) ?? [];
  }

  /** Each value once for each offset at which it was polled. */
  *allReadings(partition: string): Generator<Reading, undefined> {
    yield* this.readings(partition).values();
    yield* this.rereadings(partition);
  }

  /** The oldest leader epoch that can have written what was polled at this offset; −1: not known. */
  epochOfReading(partition: string, offset: number, value: string): number {
    const first = this.#readings.get(partition)?.get(offset);
    const reading = first?.value === value ? first : this.rereadings(partition).find((again) => again.offset === offset && again.value === value);
    return reading?.leaderEpoch ?? -1;
  }

  /** Partitions of which something was polled. */
  get polledPartitions(): Iterable<string> {
    return this.#readings.keys();
  }

  get kept(): number {
    return this.#kept + this.records.size;
  }

  #invoked(observation: Extract<Observation, { kind: 'send-invoked' }>, producer: string, time: number): void {
    const { value, acks } = observation;
    this.records.set(value, { value, producer, partition: partitionName(observation), acks, sentAt: time, outcome: 'open', retries: 0, offset: -1, returnedAt: -1, leaderEpoch: -1, wasCommitted: false });
  }

  #returned(observation: Extract<Observation, { kind: 'send-returned' }>, time: number): void {
    const { value, offset, error, isIndeterminate } = observation;
    const record = this.records.get(value);
    if (record === undefined) return;
    record.returnedAt = time;
    if (error !== null) {
      record.outcome = isIndeterminate ? 'indeterminate' : 'failed';
      return;
    }
    record.outcome = 'acknowledged';
    record.offset = offset;
    if (offset < 0) return;
    const partition = this.#cluster.of(observation);
    const committed = record.acks === ACKS_ALL ? partition.epochOf(offset, record.sentAt, true) : -1;
    record.wasCommitted = committed >= 0;
    record.leaderEpoch = committed >= 0 ? committed : partition.epochOf(offset, record.sentAt, false);
  }

  #polled(observation: Extract<Observation, { kind: 'polled' }>, consumer: string, time: number): void {
    const { offsets, values } = observation;
    const partition = partitionName(observation);
    let readings = this.#readings.get(partition);
    if (readings === undefined) {
      readings = new Map();
      this.#readings.set(partition, readings);
    }
    const history = this.#cluster.of(observation);
    this.#uncommitted = undefined;
    for (const [i, offset] of offsets.entries()) {
      const value = values[i]!;
      const before = readings.get(offset);
      if (before?.value === value) continue;
      const sentAt = this.records.get(value)?.sentAt ?? 0;
      const committed = history.epochOf(offset, sentAt, true);
      const wasCommitted = committed >= 0;
      const reading: Reading = { value, offset, consumer, at: time, leaderEpoch: wasCommitted ? committed : history.epochOf(offset, sentAt, false), wasCommitted };
      if (!wasCommitted) this.#uncommitted ??= reading;
      if (before === undefined) readings.set(offset, reading);
      else if (!this.#reread(partition, reading)) continue;
      this.#kept += 1;
    }
  }

  /** @returns false if it had been seen there already. */
  #reread(partition: string, reading: Reading): boolean {
    const rereadings = this.#rereadings.get(partition) ?? [];
    if (rereadings.some(({ value, offset }) => value === reading.value && offset === reading.offset)) return false;
    rereadings.push(reading);
    this.#rereadings.set(partition, rereadings);
    return true;
  }

  #finalRead(observation: Extract<Observation, { kind: 'final-read' }>, reader: string, time: number): void {
    const { endOffset, offsets, values } = observation;
    const partition = partitionName(observation);
    const read = new Map(this.#finals.get(partition)?.values);
    for (const [i, offset] of offsets.entries()) read.set(offset, values[i]!);
    this.#finals.set(partition, { at: time, reader, endOffset, values: read });
    this.#kept += offsets.length;
  }
}

const NO_READINGS: ReadonlyMap<number, Reading> = new Map();
