/**
 * @module
 * 7.1-durable (K3): what was acknowledged stands at its offset once everything is healed, and nothing stands there that nobody sent.
 * A loss that the configuration allows is told all the same, with its cause: see `attribution.ts`. What compaction has removed is no loss (`superseded.ts`).
 */
import { anomaly, causedAt } from './anomalies.ts';
import { allowedReading, allowedRemoval, allowedUnread, lostAt } from './attribution.ts';
import type { Anomaly, Checker } from './checker.ts';
import type { History } from './history.ts';
import type { FinalLog, Reading, SentRecord } from './ledger.ts';
import { supersession } from './superseded.ts';
import { ACKS_ALL, acksSetting, clockTime } from './words.ts';

export const RETRIES = 'retries without enable.idempotence';

export function createDurableChecker(history: History): Checker {
  return {
    name: 'durable',
    see() {
      // All it needs is in the history.
    },
    finish: () => [
      ...lostRecords(history),
      ...[...history.ledger.finals].flatMap(([partition, final]) => [...duplicates(history, partition, final), ...foreignValues(history, partition, final)]),
      ...[...history.ledger.polledPartitions].flatMap((partition) => [...ghostReadings(history, partition), ...inconsistentOffsets(history, partition)]),
    ],
    kept: 0,
  };
}

/** Acknowledged, and not there. What was acknowledged after the partition was read proves nothing. */
function lostRecords(history: History): Anomaly[] {
  const anomalies: Anomaly[] = [];
  const isSuperseded = supersession(history);
  const valuesOf = new Map<FinalLog, ReadonlySet<string>>();
  for (const record of history.ledger.records.values()) {
    const final = history.ledger.final(record.partition);
    if (final === undefined || record.outcome !== 'acknowledged' || record.returnedAt > final.at) continue;
    // What was deleted is no loss.
    if (record.offset >= 0 && record.offset < history.cluster.partition(record.partition).deletedBelow) continue;
    if (record.acks !== 0) {
      const instead = final.values.get(record.offset);
      if (instead === record.value || (instead === undefined && isSuperseded(record.partition, record.value, record.offset))) continue;
      anomalies.push(lostRecord(history, record, final));
      continue;
    }
    // Acknowledged by the client itself, without an offset.
    const values = valuesOf.get(final) ?? new Set(final.values.values());
    valuesOf.set(final, values);
    if (!values.has(record.value) && !isSuperseded(record.partition, record.value, record.offset)) anomalies.push(lostRecord(history, record, final));
  }
  return anomalies;
}

function lostRecord(history: History, record: SentRecord, final: FinalLog): Anomaly {
  const { producer, value, offset, leaderEpoch, acks } = record;
  const partition = history.cluster.partition(record.partition);
  const removal = acks === ACKS_ALL ? allowedRemoval(partition, offset, leaderEpoch) : undefined;
  const unread = final.values.has(offset) ? undefined : allowedUnread(partition, offset, final.reader);
  const place = offset < 0 ? '' : `, offset ${offset}${leaderEpoch < 0 ? '' : `, leader epoch ${leaderEpoch}`}`;
  const without = leaderEpoch < 0 ? undefined : partition.firstTermWithout(offset, leaderEpoch);
  const taken = without && `broker ${without.broker} became leader in epoch ${without.leaderEpoch} with log end offset ${without.startOffset} at ${clockTime(without.startedAt)}.`;
  const found = anomaly(
    'acked-loss',
    final.at,
    unread?.cause ?? (acks === ACKS_ALL ? removal?.cause : allowedBySetting(acks, without !== undefined)),
    `producer ${producer} was told at ${clockTime(record.returnedAt)} that record ${value} of ${partition.name} was ${acks === ACKS_ALL ? 'committed' : 'written'} (${acksSetting(acks)}${place}).`,
    whatStandsAt(offset, final),
    unread?.story ?? removal?.story ?? taken,
  );
  return causedAt(lostAt(partition, offset, leaderEpoch), found);
}

/** acks=0 promises nothing. With acks=1 a leader has appended the record, and it is gone only if another leader, or a later self, took office without it. */
function allowedBySetting(acks: number, hasLaterTermWithout: boolean): string | undefined {
  return acks === 1 && !hasLaterTermWithout ? undefined : acksSetting(acks);
}

function whatStandsAt(offset: number, final: FinalLog): string {
  if (offset < 0) return `it is nowhere in the final read, which ends at offset ${final.endOffset}.`;
  const instead = final.values.get(offset);
  if (instead !== undefined) return `in the final read record ${instead} stands at offset ${offset}.`;
  return offset >= final.endOffset ? `the final read ends at offset ${final.endOffset}.` : `in the final read nothing stands at offset ${offset}.`;
}

/** Several attempts of one send were written: at-least-once, as the book says of retries (7.4.2). Whatever was sent once only cannot stand there twice. */
function duplicates({ ledger }: History, partition: string, final: FinalLog): Anomaly[] {
  const anomalies: Anomaly[] = [];
  const places = new Map<string, number[]>();
  for (const [offset, value] of final.values) {
    const before = places.get(value);
    if (before === undefined) {
      places.set(value, [offset]);
      continue;
    }
    const retries = ledger.records.get(value)?.retries ?? 0;
    const sends = `its producer ${retries === 0 ? 'sent it once' : `sent it again ${retries === 1 ? 'once' : `${retries} times`}`}.`;
    anomalies.push(anomaly('duplicate', final.at, before.length <= retries ? RETRIES : undefined, `record ${value} stands at offset ${before[0]} of ${partition} and again at offset ${offset}.`, sends));
    before.push(offset);
  }
  return anomalies;
}

/** In the log, though nobody sent it there, or its producer was told that it was not. */
function foreignValues({ ledger }: History, partition: string, final: FinalLog): Anomaly[] {
  const anomalies: Anomaly[] = [];
  for (const [offset, value] of final.values) {
    const record = ledger.records.get(value);
    if (record?.partition !== partition) {
      anomalies.push(anomaly('ghost-write', final.at, undefined, `the final read of ${partition} has ${value} at offset ${offset}.`, whoSent(record)));
    } else if (record.outcome === 'failed') {
      const told = `producer ${record.producer} was told at ${clockTime(record.returnedAt)} that record ${value} of ${partition} had failed for certain (${acksSetting(record.acks)}).`;
      anomalies.push(anomaly('late-visibility', final.at, undefined, told, `in the final read it stands at offset ${offset}.`));
    }
  }
  return anomalies;
}

function ghostReadings({ ledger }: History, partition: string): Anomaly[] {
  const anomalies: Anomaly[] = [];
  for (const reading of ledger.allReadings(partition)) {
    const record = ledger.records.get(reading.value);
    // What is still there has been told of.
    if (record?.partition === partition || ledger.final(partition)?.values.get(reading.offset) === reading.value) continue;
    anomalies.push(anomaly('ghost-write', reading.at, undefined, wasGiven(reading, partition), whoSent(record)));
  }
  return anomalies;
}

function whoSent(record: SentRecord | undefined): string {
  return record === undefined ? 'no producer has sent that.' : `producer ${record.producer} sent it to ${record.partition}.`;
}

/** One offset, two values: in two polls, or in a poll and in the end. */
function inconsistentOffsets({ ledger, cluster }: History, partition: string): Anomaly[] {
  const history = cluster.partition(partition);
  const anomalies: Anomaly[] = [];
  for (const reading of ledger.rereadings(partition)) {
    const first = ledger.readings(partition).get(reading.offset)!;
    const removal = allowedRemoval(history, reading.offset, Math.min(first.leaderEpoch, reading.leaderEpoch)) ?? allowedReading(history, reading.offset);
    anomalies.push(anomaly('inconsistent-offsets', reading.at, removal?.cause, wasGiven(first, partition), wasGiven(reading, partition), removal?.story));
  }
  const final = ledger.final(partition);
  if (final === undefined) return anomalies;
  for (const reading of ledger.allReadings(partition)) {
    const instead = final.values.get(reading.offset);
    if (instead === undefined || instead === reading.value || reading.at > final.at) continue;
    const removal = allowedRemoval(history, reading.offset, reading.leaderEpoch);
    const found = anomaly('inconsistent-offsets', final.at, removal?.cause, wasGiven(reading, partition), whatStandsAt(reading.offset, final), removal?.story);
    anomalies.push(causedAt(lostAt(history, reading.offset, reading.leaderEpoch), found));
  }
  return anomalies;
}

function wasGiven({ consumer, value, offset, at }: Reading, partition: string): string {
  return `consumer ${consumer} was given record ${value} at offset ${offset} of ${partition} at ${clockTime(at)}.`;
}
