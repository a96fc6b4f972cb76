/** @module How anomalies speak: the words that the sentences of every checker share. */
import { MINUTE, SECOND } from '../../runtime/index.ts';
import type { Micros } from '../../runtime/index.ts';

/** `orders-4`, as Kafka writes it. */
export function partitionName({ topic, partition }: { readonly topic: string; readonly partition: number }): string {
  return `${topic}-${partition}`;
}

/** Virtual time for a person: minutes, seconds, milliseconds, e.g. `00:41.207`. */
export function clockTime(us: Micros): string {
  const minutes = Math.floor(us / MINUTE);
  const secondsOfMinute = Math.floor((us % MINUTE) / SECOND);
  const milliseconds = Math.floor((us % SECOND) / 1_000);
  return `${String(minutes).padStart(2, '0')}:${String(secondsOfMinute).padStart(2, '0')}.${String(milliseconds).padStart(3, '0')}`;
}

/** `offset 4`, `offsets 4 to 9`. */
export function offsets({ from, upTo }: { readonly from: number; readonly upTo: number }): string {
  return upTo - from === 1 ? `offset ${from}` : `offsets ${from} to ${upTo - 1}`;
}

/** Why a record that was acknowledged or read counts as not committed. `leaderEpoch`: the one that can have written it; −1: none. */
export function notCommitted(leaderEpoch: number): string {
  if (leaderEpoch < 0) return 'no leader had appended at that offset since the record was sent.';
  return `it was written in leader epoch ${leaderEpoch}, and no leader that has it had shown a high watermark beyond it by then.`;
}

/** `acks=all`, as a config file says it. */
export function acksSetting(acks: number): string {
  return `acks=${acks === ACKS_ALL ? 'all' : acks}`;
}

/** The value of acks that asks for every in-sync replica, on the wire. */
export const ACKS_ALL = -1;
