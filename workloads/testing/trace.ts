/**
 * @module
 * Test support: traces written by hand. A step is something that happened on `orders-0`; `traced` gives the steps their times, a
 * millisecond apart, so that a test may take one out or put one in without counting.
 */
import type { Observation } from '../../actors/observation.ts';
import { MILLISECOND } from '../../runtime/index.ts';
import type { JudgedEvent, RunEnd } from '../../runtime/simulation.ts';
import type { Anomaly, Checker, Promises } from '../checkers/checker.ts';
import { History } from '../checkers/history.ts';

/** Something that happened, without its time. */
export type Step = Omit<JudgedEvent, 'time'>;

const ORDERS_0 = { topic: 'orders', partition: 0 } as const;
const ISR = [1, 2, 3];
/** Stands for an epoch or offset that `traced` gives. */
const COUNTED = -1;

function observed(actor: string, observation: Observation): Step {
  return { actor, event: { type: 'observed', observation } };
}

const producerOf = (value: string): string => value.split('-')[0]!;
const callOf = (value: string): number => Number.parseInt(value.split('-')[1]!, 10);
const offsetsOf = (records: readonly (readonly [number, string])[]): number[] => records.map(([offset]) => offset);
const valuesOf = (records: readonly (readonly [number, string])[]): string[] => records.map(([, value]) => value);

/** `value` is the producer's name and a number: `p1-7`; on a compacted topic with a key: `p1-7@a`. */
export const sent = (value: string, acks = -1, partition = 0): Step => observed(producerOf(value), { kind: 'send-invoked', call: callOf(value), topic: 'orders', partition, value, acks });
export const acked = (value: string, offset: number, acks = -1): Step =>
  observed(producerOf(value), { kind: 'send-returned', call: callOf(value), ...ORDERS_0, value, acks, offset, error: null, isIndeterminate: false });
/** An attempt has failed, and another one follows. */
export const retried = (value: string): Step => observed(producerOf(value), { kind: 'send-retried', call: callOf(value), ...ORDERS_0, value });
export const failed = (value: string, isIndeterminate: boolean): Step =>
  observed(producerOf(value), { kind: 'send-returned', call: callOf(value), ...ORDERS_0, value, acks: -1, offset: -1, error: 'TimeoutException', isIndeterminate });
export const polled = (consumer: string, ...records: readonly (readonly [offset: number, value: string])[]): Step =>
  observed(consumer, { kind: 'polled', ...ORDERS_0, offsets: offsetsOf(records), values: valuesOf(records) });
export const finalRead = (...records: readonly (readonly [offset: number, value: string])[]): Step =>
  observed('auditor', { kind: 'final-read', ...ORDERS_0, endOffset: (records.at(-1)?.[0] ?? -1) + 1, offsets: offsetsOf(records), values: valuesOf(records) });

/** One batch of one record at an offset. `content` stands for its checksum. */
type Batch = readonly [offset: number, epoch: number, content?: number | undefined];
const batches = (list: readonly Batch[]) => ({ lastOffsets: list.map(([offset]) => offset), epochs: list.map(([, epoch]) => epoch), checksums: list.map(([offset, epoch, content]) => content ?? 1_000 * epoch + offset) });

/** A log that is the beginning, up to `logEndOffset`, of what it was. */
export const opened = (broker: number, logEndOffset: number, latestEpoch: number): Step =>
  observed(`broker-${broker}`, { kind: 'log-opened', ...ORDERS_0, broker, logStartOffset: 0, logEndOffset, latestEpoch, recoveredFrom: logEndOffset, ...batches([]) });
/** A log that was read again, from its beginning to its end. */
export const recovered = (broker: number, ...list: readonly Batch[]): Step => {
  const [lastOffset, latestEpoch] = list.at(-1) ?? [-1, -1];
  return observed(`broker-${broker}`, { kind: 'log-opened', ...ORDERS_0, broker, logStartOffset: 0, logEndOffset: lastOffset + 1, latestEpoch, recoveredFrom: 0, ...batches(list) });
};
export const appended = (broker: number, leaderEpoch: number, offset: number, asLeader = false, content?: number): Step =>
  observed(`broker-${broker}`, { kind: 'appended', ...ORDERS_0, broker, leaderEpoch, baseOffset: offset, lastOffset: offset, asLeader, ...batches([[offset, leaderEpoch, content]]) });
/** A follower's append, in leader epoch `leaderEpoch`, of what earlier epochs wrote. */
export const fetched = (broker: number, leaderEpoch: number, ...list: readonly [Batch, ...Batch[]]): Step =>
  observed(`broker-${broker}`, { kind: 'appended', ...ORDERS_0, broker, leaderEpoch, baseOffset: list[0][0], lastOffset: list.at(-1)![0], asLeader: false, ...batches(list) });
export const startsAt = (broker: number, logStartOffset: number, reason = 'retention'): Step => observed(`broker-${broker}`, { kind: 'log-start', ...ORDERS_0, broker, logStartOffset, reason });
/** An administrator asks for everything below an offset to be deleted. */
export const deletionAsked = (beforeOffset: number): Step => observed('administrator', { kind: 'deletion-asked', ...ORDERS_0, beforeOffset });
/** A round of compaction begins to replace segments of this log. */
export const cleaned = (broker: number, endOffset: number): Step => observed(`broker-${broker}`, { kind: 'log-cleaned', ...ORDERS_0, broker, endOffset });
export const applied = (broker: number, leader: number, leaderEpoch: number, partitionEpoch: number): Step =>
  observed(`broker-${broker}`, { kind: 'partition-applied', ...ORDERS_0, broker, leader, leaderEpoch, partitionEpoch, isr: ISR });
export const truncated = (broker: number, leaderEpoch: number, toOffset: number, fromOffset: number): Step =>
  observed(`broker-${broker}`, { kind: 'truncated', ...ORDERS_0, broker, leaderEpoch, toOffset, fromOffset, highWatermark: toOffset });
export const leads = (broker: number, leaderEpoch: number, epochStartOffset: number, highWatermark = epochStartOffset, isr = ISR): Step =>
  observed(`broker-${broker}`, { kind: 'leader-started', ...ORDERS_0, broker, leaderEpoch, epochStartOffset, highWatermark, isr });
export const watermark = (broker: number, leaderEpoch: number, highWatermark: number, isr = ISR): Step =>
  observed(`broker-${broker}`, { kind: 'high-watermark', ...ORDERS_0, broker, leaderEpoch, highWatermark, isr });
/** A consumer says that it has read everything from offset 0 up to here. */
export const readToEnd = (consumer: string, endOffset: number, fromOffset = 0): Step => observed(consumer, { kind: 'read-to-end', ...ORDERS_0, fromOffset, endOffset });
/** A consumer was given nothing for long, and stops reading below the end. */
export const gaveUp = (consumer: string, position: number, endOffset: number): Step => observed(consumer, { kind: 'gave-up', ...ORDERS_0, position, endOffset });
/** What the metadata log says of the partition, in full. */
export const changed = (told: Partial<Extract<Observation, { kind: 'partition-changed' }>>): Step =>
  observed('controller-0', {
    kind: 'partition-changed', ...ORDERS_0, leader: 1, leaderEpoch: 5, partitionEpoch: COUNTED, isr: ISR, elr: [], lastKnownElr: [], replicas: ISR, isUnclean: false, metadataOffset: COUNTED, ...told,
  });
export const elected = (leader: number, leaderEpoch: number, isr = ISR, isUnclean = false): Step =>
  observed('controller-0', { kind: 'partition-changed', ...ORDERS_0, leader, leaderEpoch, partitionEpoch: COUNTED, isr, elr: [], lastKnownElr: [], replicas: ISR, isUnclean, metadataOffset: COUNTED });
/** An administrator was told that the partition begins to move to these brokers. */
export const moved = (...replicas: readonly number[]): Step => observed('administrator', { kind: 'reassignment-begun', ...ORDERS_0, replicas });
export const fenced = (broker: number): Step => observed('controller-0', { kind: 'broker-fenced', broker, brokerEpoch: 1 });

export const stopped = (actor: string, how: 'crash' | 'power-loss' | 'failed' | 'exit' | 'halt'): Step => ({ actor, event: { type: 'process-stopped', incarnation: 0, how } });
export const restarted = (actor: string): Step => ({ actor, event: { type: 'process-started', incarnation: 1 } });
export const struck = (actor: string, id: string, kind: string, detail = ''): Step => ({ actor, event: { type: 'strike', id, kind, detail } });

/** Bits of a file of this broker flip. */
export const rotted = (broker: number, file = 'orders-0/00000000000000000000.log'): Step => struck(`broker-${broker}`, 'f1', 'disk-bit-rot', file);
/** A consumer has stepped over what it could not read. */
export const unreadable = (consumer: string, offset: number): Step => observed(consumer, { kind: 'unreadable', ...ORDERS_0, offset });

/** Three brokers, empty logs, broker 1 leads in epoch 5. */
export const booted: readonly Step[] = [elected(1, 5), ...ISR.map((broker) => opened(broker, 0, -1)), leads(1, 5, 0)];

/** A record sent to a leader, replicated to these followers, committed and acknowledged. */
export function written(value: string, offset: number, leader = 1, leaderEpoch = 5, followers: readonly number[] = [2, 3], acks = -1): readonly Step[] {
  return [sent(value, acks), appended(leader, leaderEpoch, offset, true), ...followers.map((follower) => appended(follower, leaderEpoch, offset)), watermark(leader, leaderEpoch, offset + 1), acked(value, offset, acks)];
}

export function traced(steps: readonly (Step | readonly Step[])[]): JudgedEvent[] {
  return steps.flat().map((step, i) => ({ time: (i + 1) * MILLISECOND, ...counted(step, i) }));
}

/** Every change of the metadata log has a later partition epoch and offset than the one before. */
function counted(step: Step, i: number): Step {
  if (step.event.type !== 'observed') return step;
  const observation = step.event.observation as Observation;
  if (observation.kind !== 'partition-changed' || observation.metadataOffset !== COUNTED) return step;
  return { ...step, event: { type: 'observed', observation: { ...observation, partitionEpoch: i, metadataOffset: i } } };
}

export const promises: Promises = {
  healsAt: 60_000_000,
  recoversBy: 80_000_000,
  eligibleLeaderReplicas: false,
  topics: { orders: { partitions: 1, replicationFactor: 3, minInsyncReplicas: 2, uncleanLeaderElection: true, retention: { isDeleted: true, us: Infinity, bytes: Infinity, recordBytesMax: 200 } } },
  producers: { p1: { acks: -1, keepsOrder: true }, p2: { acks: 1, keepsOrder: false } },
  consumers: ['c1', 'c2'],
};
export const ENDED: RunEnd = { endedAt: 90_000_000, stopped: false, stalled: [] };

/** What a checker says of a trace. */
export function verdictOf(create: (history: History, promises: Promises) => Checker, steps: readonly (Step | readonly Step[])[], end = ENDED, promised = promises): readonly Anomaly[] {
  const history = new History(promised);
  const checker = create(history, promised);
  for (const event of traced(steps)) {
    const observation = event.event.type === 'observed' ? (event.event.observation as Observation) : undefined;
    history.see(event, observation);
    checker.see(event, observation);
  }
  return checker.finish(end);
}

/** The same, where eligible leader replicas are on. */
export const promisesWithElr: Promises = { ...promises, eligibleLeaderReplicas: true };

/** The same, and nobody may lead who is not sure to have everything. */
export const promisesWithoutUnclean: Promises = { ...promisesWithElr, topics: { orders: { ...promises.topics['orders']!, uncleanLeaderElection: false } } };

/** An anomaly in short: name, row, class, and the cause if it is by design. */
export function inShort({ name, row, class: kind, byDesign }: Anomaly): string {
  return `${name} (${row}, ${kind})${byDesign === null ? '' : ` by design: ${byDesign}`}`;
}

/** A trace that a checker must judge so. */
export interface Case {
  readonly what: string;
  readonly trace: readonly (Step | readonly Step[])[];
  readonly finds: readonly string[];
}
