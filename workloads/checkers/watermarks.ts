/** @module W4: a high watermark lies between the start and the end of the log it speaks of, and on a leader it only grows within one term (HW-4). */
import type { Observation } from '../../actors/observation.ts';
import type { JudgedEvent } from '../../runtime/simulation.ts';
import { anomaly } from './anomalies.ts';
import type { Anomaly, Checker } from './checker.ts';
import type { History } from './history.ts';
import type { Term } from './partition-history.ts';
import { clockTime } from './words.ts';

export function createWatermarkChecker(history: History): Checker {
  return new WatermarkChecker(history);
}

class WatermarkChecker implements Checker {
  readonly name = 'watermarks';
  readonly #history: History;
  readonly #anomalies: Anomaly[] = [];
  /** A term is reported once of each. */
  readonly #regressed = new Set<Term>();
  readonly #outOfRange = new Set<Term>();

  constructor(history: History) {
    this.#history = history;
  }

  see({ time }: JudgedEvent, observation: Observation | undefined): void {
    if (observation?.kind === 'high-watermark' || observation?.kind === 'leader-started') this.#moved(observation, time);
    else if (observation?.kind === 'log-start') this.#deleted(observation, time);
  }

  #moved(observation: Extract<Observation, { kind: 'high-watermark' | 'leader-started' }>, time: number): void {
    const { broker, leaderEpoch, highWatermark } = observation;
    const partition = this.#history.cluster.of(observation);
    const term = partition.term(leaderEpoch, broker)!;
    const moved = `broker ${broker} put the high watermark of ${partition.name} at ${highWatermark} at ${clockTime(time)} (leader epoch ${leaderEpoch}).`;
    if (highWatermark < term.highWatermark && !this.#regressed.has(term)) {
      this.#regressed.add(term);
      this.#anomalies.push(anomaly('high-watermark-regressed', time, undefined, moved, `in the same leader epoch it had shown ${term.highWatermark}.`));
    }
    const log = partition.replicas.get(broker)?.log;
    if (log === undefined || (highWatermark >= log.startOffset && highWatermark <= log.endOffset) || this.#outOfRange.has(term)) return;
    this.#outOfRange.add(term);
    this.#anomalies.push(anomaly('high-watermark-out-of-range', time, undefined, moved, `its log holds offsets ${log.startOffset} up to but not including ${log.endOffset}.`));
  }

  /** Only what is committed may be deleted (RT-1, RT-2). What a follower drops to begin anew elsewhere is not deleted from the partition. */
  #deleted(observation: Extract<Observation, { kind: 'log-start' }>, time: number): void {
    const { broker, logStartOffset, reason } = observation;
    const { name, highestWatermark } = this.#history.cluster.of(observation);
    if (reason === 'truncated-fully' || logStartOffset <= highestWatermark) return;
    const deleted = `broker ${broker} deleted all of ${name} below offset ${logStartOffset} at ${clockTime(time)} (${reason}).`;
    this.#anomalies.push(anomaly('high-watermark-out-of-range', time, undefined, deleted, `no leader had shown a high watermark beyond ${highestWatermark} by then.`));
  }

  finish(): readonly Anomaly[] {
    return this.#anomalies;
  }

  get kept(): number {
    return this.#anomalies.length + this.#regressed.size + this.#outOfRange.size;
  }
}
