/**
 * @module
 * min.insync.replicas (7.3.3-minisr): with fewer replicas in sync a partition is in effect read-only. acks=all is refused before anything is appended (LA-2); what
 * acks=0 and acks=1 append nobody can read until enough replicas are in sync again, for the high watermark stands still (HW-1); what is committed is read on.
 */
import type { Observation } from '../../actors/observation.ts';
import { SECOND } from '../../runtime/index.ts';
import type { Micros } from '../../runtime/index.ts';
import { anomaly } from '../checkers/anomalies.ts';
import type { Anomaly } from '../checkers/checker.ts';
import { ACKS_ALL, clockTime, partitionName } from '../checkers/words.ts';
import type { Expectation } from './expectation.ts';

/** Until the leader knows what the controller decided, and answers to what was appended before have arrived. */
const GRACE_US: Micros = SECOND;

const REFUSED = 'NOT_ENOUGH_REPLICAS';

type Observed<K extends Observation['kind']> = Extract<Observation, { kind: K }>;

/** A time in which a partition had a leader and too few replicas in sync. */
interface Window {
  readonly from: Micros;
  until: Micros;
}

export const readOnlyUnderMinIsr: Expectation = ({ resolved: { topics } }) => {
  const judge = new ReadOnlyJudge(Object.fromEntries(topics.map(({ name, config }) => [name, config['min.insync.replicas']])));
  return {
    name: 'read-only-under-min-isr',
    see: ({ time }, observation) => judge.see(time, observation),
    finish: () => judge.anomalies,
    get kept() {
      return judge.kept;
    },
    get shown() {
      return judge.shown;
    },
  };
};

class ReadOnlyJudge {
  readonly #minIsr: Readonly<Record<string, number>>;
  /** The latest window of each partition. */
  readonly #windows = new Map<string, Window>();
  /** Records by value that were sent in a window and that nobody could read yet. */
  readonly #invisible = new Map<string, { readonly window: Window; readonly acks: number }>();
  readonly anomalies: Anomaly[] = [];
  readonly shown = { 'acks=all refused': 0, 'acks=1 acknowledged while read-only': 0, 'read only once the in-sync set had recovered': 0, 'polls while read-only': 0 };

  constructor(minIsr: Readonly<Record<string, number>>) {
    this.#minIsr = minIsr;
  }

  see(time: Micros, observation: Observation | undefined): void {
    switch (observation?.kind) {
      case 'partition-changed':
        this.#changed(observation, time);
        break;
      case 'send-invoked':
        this.#sent(observation, time);
        break;
      case 'send-returned':
        this.#returned(observation, time);
        break;
      case 'polled':
        this.#polled(observation, time);
        break;
      default:
    }
  }

  get kept(): number {
    return this.#windows.size + this.#invisible.size;
  }

  #changed(observation: Observed<'partition-changed'>, time: Micros): void {
    const name = partitionName(observation);
    const isUnder = observation.leader >= 0 && observation.isr.length < Math.min(this.#minIsr[observation.topic] ?? 1, observation.replicas.length);
    const window = this.#windows.get(name);
    const isOpen = window?.until === Infinity;
    if (isUnder && !isOpen) this.#windows.set(name, { from: time, until: Infinity });
    else if (!isUnder && isOpen) window.until = time;
  }

  /** The window in which something sent now is sent for certain. */
  #openWindow(name: string, time: Micros): Window | undefined {
    const window = this.#windows.get(name);
    return window?.until === Infinity && time >= window.from + GRACE_US ? window : undefined;
  }

  #sent(observation: Observed<'send-invoked'>, time: Micros): void {
    const window = this.#openWindow(partitionName(observation), time);
    if (window !== undefined) this.#invisible.set(observation.value, { window, acks: observation.acks });
  }

  #returned(observation: Observed<'send-returned'>, time: Micros): void {
    const sent = this.#invisible.get(observation.value);
    if (sent === undefined) return;
    const isReadOnly = sent.window.until === Infinity;
    if (observation.error === REFUSED) this.shown['acks=all refused'] += 1;
    if (observation.error !== null) this.#invisible.delete(observation.value);
    else if (isReadOnly && sent.acks === 1) this.shown['acks=1 acknowledged while read-only'] += 1;
    else if (isReadOnly && sent.acks === ACKS_ALL) this.anomalies.push(this.#tooEarly(observation, sent.window, time, 'acknowledged'));
  }

  #polled(observation: Observed<'polled'>, time: Micros): void {
    const name = partitionName(observation);
    if (this.#openWindow(name, time) !== undefined) this.shown['polls while read-only'] += 1;
    for (const value of observation.values) {
      const sent = this.#invisible.get(value);
      if (sent === undefined) continue;
      this.#invisible.delete(value);
      if (sent.window.until === Infinity) this.anomalies.push(this.#tooEarly({ ...observation, value }, sent.window, time, 'read'));
      else this.shown['read only once the in-sync set had recovered'] += 1;
    }
  }

  #tooEarly(at: { readonly topic: string; readonly partition: number; readonly value: string }, window: Window, time: Micros, what: string): Anomaly {
    return anomaly(
      'not-read-only', time, undefined,
      `${partitionName(at)} has had fewer replicas in sync than min.insync.replicas=${this.#minIsr[at.topic]} since ${clockTime(window.from)}.`,
      `record ${at.value}, sent after that, was ${what} at ${clockTime(time)}.`,
    );
  }
}
