/**
 * @module
 * 7.1-order (K1): per partition, what one producer sent first stands first, and every consumer gets it first.
 * The log is judged as the auditor read it, so that a record whose loss is somebody else's matter orders nothing.
 */
import type { Observation } from '../../actors/observation.ts';
import type { JudgedEvent } from '../../runtime/simulation.ts';
import { anomaly } from './anomalies.ts';
import type { AnomalyName } from './anomalies.ts';
import { allowedStepBack } from './attribution.ts';
import type { Mark } from './attribution.ts';
import type { Anomaly, Checker, Promises } from './checker.ts';
import type { History } from './history.ts';
import type { SentRecord } from './ledger.ts';
import { acksSetting, clockTime, partitionName } from './words.ts';

export const SEVERAL_IN_FLIGHT = 'max.in.flight.requests.per.connection>1 without idempotence';

export function createOrderChecker(history: History, promises: Promises): Checker {
  return new OrderChecker(history, promises);
}

class OrderChecker implements Checker {
  readonly name = 'order';
  readonly #history: History;
  readonly #promises: Promises;
  /** The last record that a consumer's present incarnation got, by consumer and partition. */
  readonly #positions = new Map<string, Map<string, Mark>>();
  readonly #anomalies: Anomaly[] = [];

  constructor(history: History, promises: Promises) {
    this.#history = history;
    this.#promises = promises;
  }

  see({ time, actor, event }: JudgedEvent, observation: Observation | undefined): void {
    // A new incarnation begins where it committed, or anew: that is no step back.
    if (event.type === 'process-started') this.#positions.delete(actor);
    if (observation?.kind === 'polled') this.#polled(observation, actor, time);
  }

  #polled(observation: Extract<Observation, { kind: 'polled' }>, consumer: string, time: number): void {
    const { offsets, values } = observation;
    const partition = partitionName(observation);
    const positions = this.#positions.get(consumer) ?? new Map<string, Mark>();
    this.#positions.set(consumer, positions);
    const before = positions.get(partition);
    let last = before?.offset;
    for (const [i, offset] of offsets.entries()) {
      if (last !== undefined && offset <= last) this.#steppedBack(i === 0 ? 'nonmonotonic-poll' : 'int-nonmonotonic-poll', consumer, partition, i === 0 ? before! : { offset: last, leaderEpoch: this.#history.ledger.epochOfReading(partition, last, values[i - 1]!) }, offset, values[i]!, time);
      last = offset;
    }
    if (last !== undefined) positions.set(partition, { offset: last, leaderEpoch: this.#history.ledger.epochOfReading(partition, last, values.at(-1)!) });
  }

  #steppedBack(name: AnomalyName, consumer: string, partition: string, last: Mark, offset: number, value: string, time: number): void {
    const removal = allowedStepBack(this.#history.cluster.partition(partition), last);
    const found = `consumer ${consumer} had been given offset ${last.offset} of ${partition}, and at ${clockTime(time)} was given offset ${offset} (record ${value}) after it.`;
    this.#anomalies.push(anomaly(name, time, removal?.cause, found, removal?.story));
  }

  finish(): readonly Anomaly[] {
    return [...this.#anomalies, ...this.#reordered()];
  }

  /** Acknowledged records of one producer that stand in the log in another order than they were sent. */
  #reordered(): Anomaly[] {
    const { ledger } = this.#history;
    const anomalies: Anomaly[] = [];
    const furthest = new Map<string, SentRecord>();
    for (const record of ledger.records.values()) {
      if (record.outcome !== 'acknowledged' || record.offset < 0) continue;
      const final = ledger.final(record.partition);
      if (final?.values.get(record.offset) !== record.value) continue;
      const lane = `${record.producer} ${record.partition}`;
      const before = furthest.get(lane);
      if (before === undefined || record.offset > before.offset) furthest.set(lane, record);
      else anomalies.push(this.#reorderedAnomaly(before, record, final.at));
    }
    return anomalies;
  }

  #reorderedAnomaly(first: SentRecord, second: SentRecord, time: number): Anomaly {
    const keepsOrder = this.#promises.producers[first.producer]?.keepsOrder ?? true;
    return anomaly(
      'acked-then-reordered',
      time,
      keepsOrder ? undefined : SEVERAL_IN_FLIGHT,
      `producer ${first.producer} sent record ${first.value} to ${first.partition} at ${clockTime(first.sentAt)} and record ${second.value} at ${clockTime(second.sentAt)}; both were acknowledged (${acksSetting(first.acks)}).`,
      `in the final read ${first.value} stands at offset ${first.offset}, after ${second.value} at offset ${second.offset} (leader epochs ${first.leaderEpoch} and ${second.leaderEpoch}).`,
    );
  }

  get kept(): number {
    let kept = this.#anomalies.length;
    for (const positions of this.#positions.values()) kept += positions.size;
    return kept;
  }
}
