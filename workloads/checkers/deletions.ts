/**
 * @module
 * What may be deleted (RT-1, RT-2): whole segments whose latest record is older than retention.ms, the oldest ones by which a log is larger than
 * retention.bytes, what a client asked to delete, and on a follower what its leader has deleted. Everything else that is gone from the beginning of a log was
 * promised still. Only what must hold of any cut of segments is asked: all that went is too old, or what remains can be as large as is to be kept. That it
 * was committed is asked in `watermarks.ts`; what compaction may remove, which leaves the beginning of the log where it is, in `superseded.ts`.
 */
import type { Observation } from '../../actors/observation.ts';
import { SECOND } from '../../runtime/index.ts';
import type { JudgedEvent } from '../../runtime/simulation.ts';
import { anomaly } from './anomalies.ts';
import type { Anomaly, Checker, Promises } from './checker.ts';
import type { History } from './history.ts';
import { clockTime, partitionName } from './words.ts';

/** The clocks of a producer and of a broker may differ so much, µs: both may be set wrong by 30 s. */
const SKEW_US_MAX = 60 * SECOND;

type LogStart = Extract<Observation, { kind: 'log-start' }>;

/** A record that was acknowledged and not deleted yet. */
interface Kept {
  readonly value: string;
  readonly offset: number;
  readonly sentAt: number;
}

interface Partition {
  kept: Kept[];
  /** The highest start of a log for which there was a reason. */
  startOffset: number;
  /** The highest offset below which a client asked to delete; Infinity: whatever was committed. */
  askedBelow: number;
}

export function createDeletionChecker(history: History, promises: Promises): Checker {
  return new DeletionChecker(history, promises);
}

class DeletionChecker implements Checker {
  readonly name = 'deletions';
  readonly #history: History;
  readonly #promises: Promises;
  readonly #partitions = new Map<string, Partition>();
  readonly #anomalies: Anomaly[] = [];

  constructor(history: History, promises: Promises) {
    this.#history = history;
    this.#promises = promises;
  }

  see({ time }: JudgedEvent, observation: Observation | undefined): void {
    switch (observation?.kind) {
      case 'send-returned':
        if (observation.error === null && observation.offset >= 0) this.#acknowledged(observation);
        break;
      case 'deletion-asked': {
        const partition = this.#of(observation);
        partition.askedBelow = Math.max(partition.askedBelow, observation.beforeOffset < 0 ? Infinity : observation.beforeOffset);
        break;
      }
      case 'log-start':
        if (observation.reason !== 'truncated-fully') this.#deleted(observation, time);
        break;
      default:
    }
  }

  #acknowledged(observation: Extract<Observation, { kind: 'send-returned' }>): void {
    const { value, offset } = observation;
    const sentAt = this.#history.ledger.records.get(value)?.sentAt;
    if (sentAt !== undefined) this.#of(observation).kept.push({ value, offset, sentAt });
  }

  /** What was deleted before, anywhere, needs no other reason. */
  #deleted(observation: LogStart, time: number): void {
    const partition = this.#of(observation);
    const { logStartOffset, broker, reason } = observation;
    if (logStartOffset <= partition.startOffset) return;
    const why = this.#whyNot(observation, partition, time);
    partition.startOffset = logStartOffset;
    partition.kept = partition.kept.filter(({ offset }) => offset >= logStartOffset);
    if (why !== undefined) this.#anomalies.push(anomaly('deleted-too-much', time, undefined, `broker ${broker} deleted all of ${partitionName(observation)} below offset ${logStartOffset} at ${clockTime(time)} (${reason}).`, why));
  }

  /** Why nothing of that may be gone; undefined: it may. */
  #whyNot(observation: LogStart, { kept, startOffset, askedBelow }: Partition, time: number): string | undefined {
    const { logStartOffset, reason, broker, topic } = observation;
    if (reason === 'delete-records') return logStartOffset <= askedBelow ? undefined : askedBelow === 0 ? 'nobody had asked for that.' : `a client had asked to delete what lies below offset ${askedBelow}.`;
    if (reason !== 'retention') return `no leader had deleted more than what lies below offset ${startOffset}.`;
    const retention = this.#promises.topics[topic]?.retention;
    if (retention === undefined) return undefined;
    const { isDeleted, us, bytes, recordBytesMax } = retention;
    if (!isDeleted) return 'its cleanup.policy deletes nothing.';
    const endOffset = this.#history.cluster.of(observation).replicas.get(broker)?.log.endOffset ?? logStartOffset;
    const bytesMax = (endOffset - logStartOffset) * recordBytesMax;
    if (bytesMax >= bytes) return undefined;
    const young = kept.find(({ offset, sentAt }) => offset < logStartOffset && time - sentAt + SKEW_US_MAX <= us);
    if (young === undefined) return us === Infinity && bytes < Infinity ? `what remains is ${bytesMax} bytes at most, of retention.bytes=${bytes}.` : undefined;
    return `record ${young.value}, which was sent at ${clockTime(young.sentAt)} and acknowledged at offset ${young.offset}, was not too old by then (retention.ms=${us / 1_000})${bytes < Infinity ? `, and what remains is ${bytesMax} bytes at most (retention.bytes=${bytes})` : ''}.`;
  }

  #of(at: { readonly topic: string; readonly partition: number }): Partition {
    const name = partitionName(at);
    let partition = this.#partitions.get(name);
    if (partition === undefined) {
      partition = { kept: [], startOffset: 0, askedBelow: 0 };
      this.#partitions.set(name, partition);
    }
    return partition;
  }

  finish(): readonly Anomaly[] {
    return this.#anomalies;
  }

  get kept(): number {
    let kept = this.#anomalies.length;
    for (const partition of this.#partitions.values()) kept += partition.kept.length;
    return kept;
  }
}
