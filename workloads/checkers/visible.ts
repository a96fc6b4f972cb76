/**
 * @module
 * 7.1-visible (K4, 7.5-committed): consumers get committed records only, and all of them.
 *
 * Below the high watermark of a leader that had the record when it was polled, and there in the end: a record that was given to an application and is gone was never committed, or
 * its loss is attributed as any other. What lies between two records that a consumer got is what the final read says: only offsets at which a
 * record stands can have been missed.
 */
import type { Observation } from '../../actors/observation.ts';
import type { JudgedEvent } from '../../runtime/simulation.ts';
import { anomaly, causedAt } from './anomalies.ts';
import { allowedPassing, allowedReading, allowedRemoval, allowedUnread, lostAt } from './attribution.ts';
import type { Excuse, Mark } from './attribution.ts';
import type { PartitionHistory } from './partition-history.ts';
import type { Anomaly, Checker } from './checker.ts';
import type { History } from './history.ts';
import type { FinalLog } from './ledger.ts';
import { supersession } from './superseded.ts';
import { clockTime, notCommitted, partitionName } from './words.ts';

/** Missed records that a detail names. */
const MISSED_SHOWN = 5;

/** What one incarnation of a consumer got of a partition. */
interface Span {
  readonly consumer: string;
  readonly first: number;
  last: number;
  highest: number;
  /** How far it came in each leader epoch, as far as it has not been taken back. */
  marks: Mark[];
}

/** Offsets that a consumer stepped over. */
interface Gap {
  readonly consumer: string;
  readonly marks: readonly Mark[];
  readonly from: number;
  /** The offset that it got next. */
  readonly upTo: number;
  readonly at: number;
  /** Inside one poll. */
  readonly isInternal: boolean;
}

/** What a consumer said that it had read, and what it got: undefined if nothing. */
interface ReadToEnd {
  readonly consumer: string;
  readonly from: number;
  readonly end: number;
  readonly at: number;
  readonly span: Span | undefined;
}

interface Coverage {
  readonly spans: Span[];
  readonly gaps: Gap[];
  readonly readsToEnd: ReadToEnd[];
}

type Polled = Extract<Observation, { kind: 'polled' }>;

export function createVisibleChecker(history: History): Checker {
  return new VisibleChecker(history);
}

class VisibleChecker implements Checker {
  readonly name = 'visible';
  readonly #history: History;
  readonly #anomalies: Anomaly[] = [];
  readonly #coverage = new Map<string, Coverage>();
  /** The spans of the present incarnations, by consumer and partition. */
  readonly #current = new Map<string, Map<string, Span>>();

  constructor(history: History) {
    this.#history = history;
  }

  see({ time, actor, event }: JudgedEvent, observation: Observation | undefined): void {
    if (event.type === 'process-started') this.#current.delete(actor);
    if (observation?.kind === 'read-to-end') this.#readToEnd(observation, actor, time);
    if (observation?.kind !== 'polled') return;
    this.#checkCommitted(observation, actor, time);
    this.#cover(observation, actor, time);
  }

  #checkCommitted(observation: Polled, consumer: string, time: number): void {
    const reading = this.#history.ledger.uncommittedInLastPoll;
    if (reading === undefined) return;
    const { value, offset, leaderEpoch } = reading;
    const given = `consumer ${consumer} was given record ${value} at offset ${offset} of ${partitionName(observation)} at ${clockTime(time)}.`;
    const excuse = allowedReading(this.#history.cluster.of(observation), offset);
    this.#anomalies.push(anomaly('read-uncommitted-data', time, excuse?.cause, given, notCommitted(leaderEpoch), excuse?.story));
  }

  #cover(observation: Polled, consumer: string, time: number): void {
    const partition = partitionName(observation);
    const coverage = this.#coverageOf(partition);
    const current = this.#current.get(consumer) ?? new Map<string, Span>();
    this.#current.set(consumer, current);
    let span = current.get(partition);
    for (const [i, offset] of observation.offsets.entries()) {
      if (span === undefined) {
        span = { consumer, first: offset, last: offset, highest: offset, marks: [] };
        coverage.spans.push(span);
        current.set(partition, span);
        continue;
      }
      if (offset > span.last + 1) coverage.gaps.push({ consumer, marks: span.marks, from: span.last + 1, upTo: offset, at: time, isInternal: i > 0 });
      if (offset <= span.last) span.marks = span.marks.map((mark) => ({ ...mark, offset: Math.min(mark.offset, offset - 1) }));
      span.last = offset;
      span.highest = Math.max(span.highest, offset);
    }
    if (span !== undefined) span.marks = marked(span.marks, { offset: span.last, leaderEpoch: this.#history.ledger.epochOfReading(partition, span.last, observation.values.at(-1)!) });
  }

  #readToEnd(observation: Extract<Observation, { kind: 'read-to-end' }>, consumer: string, at: number): void {
    const { fromOffset: from, endOffset: end } = observation;
    const partition = partitionName(observation);
    if (from >= 0) this.#coverageOf(partition).readsToEnd.push({ consumer, from, end, at, span: this.#current.get(consumer)?.get(partition) });
  }

  #coverageOf(partition: string): Coverage {
    const coverage = this.#coverage.get(partition) ?? { spans: [], gaps: [], readsToEnd: [] };
    this.#coverage.set(partition, coverage);
    return coverage;
  }

  finish(): readonly Anomaly[] {
    const atTheEnd = [...this.#history.ledger.finals].flatMap(([partition, final]) => {
      const coverage = this.#coverage.get(partition);
      return coverage === undefined ? [] : [...this.#vanished(partition, final), ...this.#skipped(partition, final, coverage.gaps), ...this.#lostWrites(partition, final, coverage.spans), ...this.#unseen(partition, final, coverage.readsToEnd)];
    });
    return [...this.#anomalies, ...atTheEnd];
  }

  /** Given to an application, and not there in the end. */
  #vanished(partition: string, final: FinalLog): Anomaly[] {
    const { cluster, ledger } = this.#history;
    const isSuperseded = supersession(this.#history);
    const anomalies: Anomaly[] = [];
    for (const { value, offset, consumer, at, leaderEpoch } of ledger.allReadings(partition)) {
      const instead = final.values.get(offset);
      if (instead === value || at > final.at || offset < cluster.partition(partition).deletedBelow || (instead === undefined && isSuperseded(partition, value, offset))) continue;
      const unread = instead === undefined ? allowedUnread(cluster.partition(partition), offset, final.reader) : undefined;
      const removal = unread ?? allowedRemoval(cluster.partition(partition), offset, leaderEpoch);
      const given = `consumer ${consumer} was given record ${value} at offset ${offset} of ${partition} at ${clockTime(at)}${leaderEpoch < 0 ? '' : ` (leader epoch ${leaderEpoch})`}.`;
      const found = instead === undefined ? `in the final read nothing stands there; it ends at offset ${final.endOffset}.` : `in the final read record ${instead} stands there.`;
      anomalies.push(causedAt(lostAt(cluster.partition(partition), offset, leaderEpoch), anomaly('read-uncommitted-data', final.at, removal?.cause, given, found, removal?.story)));
    }
    return anomalies;
  }

  /** A consumer stepped over offsets at which records stand. */
  #skipped(partition: string, final: FinalLog, gaps: readonly Gap[]): Anomaly[] {
    return gaps.flatMap(({ consumer, marks, from, upTo, at, isInternal }): Anomaly[] => {
      const missed: string[] = [];
      const history = this.#history.cluster.partition(partition);
      let excuse: Excuse | undefined;
      let isExcused = true;
      for (let offset = from; offset < upTo; offset += 1) {
        const value = final.values.get(offset);
        if (value === undefined) continue;
        missed.push(`${value} at ${offset}`);
        const found = allowedMiss(history, marks, offset, consumer);
        excuse ??= found;
        isExcused &&= found !== undefined;
      }
      if (missed.length === 0) return [];
      const removal = isExcused ? excuse : undefined;
      const given = `consumer ${consumer} was given offset ${from - 1} of ${partition} and next, ${isInternal ? 'in the same poll' : 'in a later poll'}, offset ${upTo} at ${clockTime(at)}.`;
      const more = missed.length > MISSED_SHOWN ? ` and ${missed.length - MISSED_SHOWN} more` : '';
      const found = `in the final read there stand between them: ${missed.slice(0, MISSED_SHOWN).join(', ')}${more}.`;
      return [causedAt(at, anomaly(isInternal ? 'int-poll-skip' : 'poll-skip', final.at, removal?.cause, given, found, removal?.story))];
    });
  }

  /** Acknowledged, there in the end, passed by a consumer, and never given to anybody (Jepsen's lost-write). */
  #lostWrites(partition: string, final: FinalLog, spans: readonly Span[]): Anomaly[] {
    const { cluster, ledger } = this.#history;
    const reread = new Set(ledger.rereadings(partition).map(({ value }) => value));
    const readings = ledger.readings(partition);
    const anomalies: Anomaly[] = [];
    for (const [offset, value] of final.values) {
      if (readings.get(offset)?.value === value || reread.has(value) || ledger.records.get(value)?.outcome !== 'acknowledged') continue;
      const passed = spans.filter(({ first, highest }) => first <= offset && offset < highest);
      const excuseOf = ({ marks, consumer }: Span): Excuse | undefined => allowedMiss(cluster.partition(partition), marks, offset, consumer);
      const passing = passed.find((span) => excuseOf(span) === undefined) ?? passed[0];
      if (passing === undefined) continue;
      const removal = excuseOf(passing);
      const promised = `record ${value} was acknowledged and stands at offset ${offset} of ${partition} in the final read.`;
      const found = `consumer ${passing.consumer} went from offset ${passing.first} to ${passing.highest}, and nobody was given this record.`;
      anomalies.push(anomaly('lost-write', final.at, removal?.cause, promised, found, removal?.story));
    }
    return anomalies;
  }

  /** Before the first and after the last record that a consumer got, though it said it had read everything. What lies between is `#skipped`. */
  #unseen(partition: string, final: FinalLog, reads: readonly ReadToEnd[]): Anomaly[] {
    return reads.flatMap(({ consumer, from, end, at, span }): Anomaly[] => {
      const missed = [...final.values].filter(([offset]) => offset >= from && offset < end && (span === undefined || offset < span.first || offset > span.highest));
      const [first] = missed;
      if (first === undefined) return [];
      const history = this.#history.cluster.partition(partition);
      const excuses = missed.map(([offset]) => allowedMiss(history, span?.marks ?? [], offset, consumer));
      const removal = excuses.includes(undefined) ? undefined : excuses[0];
      const got = span === undefined ? 'it was given nothing' : `it was given offsets ${span.first} to ${span.highest}`;
      const more = missed.length > MISSED_SHOWN ? ` and ${missed.length - MISSED_SHOWN} more` : '';
      const promised = `consumer ${consumer} said at ${clockTime(at)} that it had read ${partition} from offset ${from} to its end at ${end}; ${got}.`;
      const found = `in the final read there stand besides: ${missed.slice(0, MISSED_SHOWN).map(([offset, value]) => `${value} at ${offset}`).join(', ')}${more}.`;
      return [causedAt(at, anomaly('unseen', final.at, removal?.cause, promised, found, removal?.story))];
    });
  }

  get kept(): number {
    let kept = this.#anomalies.length;
    for (const { spans, gaps, readsToEnd } of this.#coverage.values()) kept += spans.length + gaps.length + readsToEnd.length;
    return kept;
  }
}

/** Why a consumer that had come so far may not have been given what stands at an offset; undefined: nothing allows it. */
function allowedMiss(partition: PartitionHistory, marks: readonly Mark[], offset: number, consumer: string): Excuse | undefined {
  return allowedUnread(partition, offset, consumer) ?? allowedPassing(partition, marks, offset);
}

/** Of each epoch the furthest. Nearly always it is the last one that goes on. */
function marked(marks: readonly Mark[], mark: Mark): Mark[] {
  const last = marks.at(-1);
  return last?.leaderEpoch === mark.leaderEpoch && last.offset <= mark.offset ? [...marks.slice(0, -1), mark] : [...marks, mark];
}
