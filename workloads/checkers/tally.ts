/** @module What happened, in numbers, and what struck: for the verdict, without judging. */
import type { Observation } from '../../actors/observation.ts';
import { WEATHER_KINDS } from '../../runtime/faults/plan.ts';
import type { JudgedEvent } from '../../runtime/simulation.ts';
import type { Strike, TrialVerdict } from '../verdict.ts';
import { partitionName } from './words.ts';

/** Weather strikes that the list holds; the counts go on. */
const WEATHER_LISTED_MAX = 200;

/** In the order in which they are printed. */
const COUNTED = [
  'sent', 'acknowledged', 'failed', 'indeterminate', 'polled', 'appended', 'truncations', 'elections', 'unclean-elections', 'isr-shrinks', 'isr-expands',
  'brokers-fenced', 'crashes', 'power-losses', 'exits', 'halts', 'application-failures', 'pauses', 'restarts', 'strikes-suppressed',
] as const;
type Counted = (typeof COUNTED)[number];

/** Under what the death of a process is counted. */
const DEATHS: Readonly<Record<string, Counted>> = { crash: 'crashes', 'power-loss': 'power-losses', exit: 'exits', halt: 'halts', failed: 'application-failures' };

interface LastChange {
  readonly leaderEpoch: number;
  readonly isr: readonly number[];
}

/** A timed fault reports itself once for every actor it touches, and is one strike. */
interface TimedStrike {
  readonly id: string;
  readonly kind: string;
  readonly time: number;
  readonly actors: Set<string>;
  readonly details: Set<string>;
}

export class Tally {
  readonly #counts = new Map<Counted, number>(COUNTED.map((name) => [name, 0]));
  readonly #partitions = new Map<string, LastChange>();
  readonly #strikeCounts = new Map<string, number>();
  readonly #timed = new Map<string, TimedStrike>();
  readonly #weather: Strike[] = [];
  #weatherUnlisted = 0;

  see({ time, actor, event }: JudgedEvent, observation: Observation | undefined): void {
    switch (event.type) {
      case 'strike':
        this.#struck(event.id, event.kind, event.detail, actor, time);
        break;
      case 'strike-suppressed':
        this.#count('strikes-suppressed');
        break;
      case 'process-started':
        if (event.incarnation > 0) this.#count('restarts');
        break;
      case 'process-stopped':
        this.#stopped(event.how);
        break;
      case 'process-paused':
        this.#count('pauses');
        break;
      default:
        if (observation !== undefined) this.#observed(observation);
    }
  }

  get counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }

  get strikes(): TrialVerdict['strikes'] {
    const timed = [...this.#timed.values()].map(({ id, kind, time, actors, details }): Strike => ({ id, kind, time, actor: [...actors].join(', '), detail: [...details].join(' ') }));
    // Timed ids are unique in the plan, and weather ids among themselves: the order is total.
    const list = [...timed, ...this.#weather].sort((a, b) => a.time - b.time || (a.id < b.id ? -1 : 1));
    return { counts: Object.fromEntries(this.#strikeCounts), list, more: this.#weatherUnlisted };
  }

  get kept(): number {
    return this.#partitions.size + this.#timed.size + this.#weather.length;
  }

  #count(name: Counted, by = 1): void {
    this.#counts.set(name, this.#counts.get(name)! + by);
  }

  #stopped(how: string): void {
    const counted = DEATHS[how];
    if (counted !== undefined) this.#count(counted);
  }

  #observed(observation: Observation): void {
    switch (observation.kind) {
      case 'send-invoked':
        this.#count('sent');
        break;
      case 'send-returned':
        if (observation.error === null) this.#count('acknowledged');
        else this.#count(observation.isIndeterminate ? 'indeterminate' : 'failed');
        break;
      case 'polled':
        this.#count('polled', observation.offsets.length);
        break;
      case 'appended':
        if (observation.asLeader) this.#count('appended', observation.lastOffset - observation.baseOffset + 1);
        break;
      case 'truncated':
        this.#count('truncations');
        break;
      case 'broker-fenced':
        this.#count('brokers-fenced');
        break;
      case 'partition-changed':
        this.#changed(observation);
        break;
      default:
    }
  }

  #changed(observation: Extract<Observation, { kind: 'partition-changed' }>): void {
    const { leader, leaderEpoch, isr, isUnclean } = observation;
    const name = partitionName(observation);
    const before = this.#partitions.get(name);
    this.#partitions.set(name, { leaderEpoch, isr });
    // The first leader was not elected: the topic was made with it.
    if (before === undefined) return;
    if (leaderEpoch > before.leaderEpoch && leader >= 0) this.#count('elections');
    if (isUnclean) this.#count('unclean-elections');
    if (before.isr.some((member) => !isr.includes(member))) this.#count('isr-shrinks');
    if (isr.some((member) => !before.isr.includes(member))) this.#count('isr-expands');
  }

  #struck(id: string, kind: string, detail: string, actor: string, time: number): void {
    const timed = this.#timed.get(id);
    if (timed !== undefined) {
      timed.actors.add(actor);
      for (const link of linksIn(detail)) timed.details.add(link);
      return;
    }
    this.#strikeCounts.set(kind, (this.#strikeCounts.get(kind) ?? 0) + 1);
    if (!isWeather(id)) this.#timed.set(id, { id, kind, time, actors: new Set([actor]), details: new Set(linksIn(detail)) });
    else if (this.#weather.length < WEATHER_LISTED_MAX) this.#weather.push({ id, kind, time, actor, detail });
    else this.#weatherUnlisted += 1;
  }
}

function linksIn(detail: string): string[] {
  return detail === '' ? [] : detail.split(' ');
}

const WEATHER_ID = new RegExp(`^.+>.+/(${WEATHER_KINDS.join('|')})/\\d+$`);

/** Ids of weather strikes are `link/kind/n`; those of timed faults have no slash (see `faults/plan-schema.ts`). */
function isWeather(id: string): boolean {
  return WEATHER_ID.test(id);
}
