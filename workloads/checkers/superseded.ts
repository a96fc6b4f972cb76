/**
 * @module
 * Which records compaction may have removed (RT-3): those that have a key of which a later record was committed, both below the end of a round that some
 * replica has begun. The last record of a key is never among them, wherever it lies: if it is gone it is lost.
 */
import { keyOfName } from '../applications/record-value.ts';
import type { History } from './history.ts';

/** Whether a record that was given this offset, −1 if it is not known, may be gone because a later one has its key. */
export type IsSuperseded = (partition: string, value: string, offset: number) => boolean;

export function supersession(history: History): IsSuperseded {
  const lastOffsets = new Map<string, ReadonlyMap<string, number>>();
  return (partition, value, offset) => {
    const { compactedBelow } = history.cluster.partition(partition).lineage;
    const key = keyOfName(value);
    if (key === undefined || offset >= compactedBelow) return false;
    let last = lastOffsets.get(partition);
    if (last === undefined) {
      last = lastOffsetOfEachKey(history, partition, compactedBelow);
      lastOffsets.set(partition, last);
    }
    return (last.get(key) ?? -1) > offset;
  };
}

/** Of what was acknowledged, given to somebody, or stands there in the end. */
function lastOffsetOfEachKey({ ledger }: History, partition: string, below: number): ReadonlyMap<string, number> {
  const last = new Map<string, number>();
  const see = (value: string, offset: number): void => {
    const key = keyOfName(value);
    if (key !== undefined && offset < below && offset > (last.get(key) ?? -1)) last.set(key, offset);
  };
  for (const record of ledger.records.values()) if (record.partition === partition && record.outcome === 'acknowledged') see(record.value, record.offset);
  for (const { value, offset } of ledger.allReadings(partition)) see(value, offset);
  for (const [offset, value] of ledger.final(partition)?.values ?? []) see(value, offset);
  return last;
}
