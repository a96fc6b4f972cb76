/**
 * @module
 * Runs a simulation again on another number of workers and compares. If the digests differ, it looks for the first event that does:
 * both runs are made once more with every event of the differing interval kept. What is not deterministic need not repeat itself, so
 * the second pair is judged by its own digests; where it agrees, or parts earlier than was kept, that is said or looked into again.
 */
import { differingInterval, firstDifference } from '../trace/difference.ts';
import type { Interval } from '../trace/difference.ts';
import type { PlacedEvent } from '../trace/trace-event.ts';
import type { Micros } from '../units.ts';
import type { Crew, RunOptions, RunResult } from './crew.ts';
import type { SimulationSource } from './protocol.ts';

/** Events kept of one run at first … */
const EVENTS_MAX = 50_000;
/** … and this many times as many at last, where the runs agree in fewer: a bound on memory. */
const EVENTS_GROWTH_MAX = 16;
/** Pairs of runs made to find the first difference. */
const PAIRS_MAX = 5;

export interface VerifyOptions extends Pick<RunOptions, 'disturbance' | 'silenceMsMax' | 'signal' | 'onProgress'> {
  /** How the first run was made. */
  readonly workers: number;
  readonly placement?: readonly number[];
  /** Events kept of one run, default 50 000; up to 16 times as many where the runs agree in so few. */
  readonly eventsMax?: number;
}

/** The first event that is not the same in both runs, as lines of a trace; undefined: that run has no such event. */
export interface LocatedDifference {
  readonly time: Micros;
  readonly actor: string;
  readonly one: string | undefined;
  readonly other: string | undefined;
}

/** On which numbers of workers it was run: first, then again. */
interface Verified {
  readonly workers: readonly [one: number, other: number];
}

export type Verification =
  | (Verified & { readonly outcome: 'same'; readonly digest: string })
  /** Not comparable: a run was stopped before its end. */
  | (Verified & { readonly outcome: 'stopped' })
  /** `interval`: between these times the runs that were compared first part, as their checkpoints tell. */
  | (Verified & { readonly outcome: 'different'; readonly digests: readonly [one: string, other: string]; readonly interval: Interval; readonly difference: LocatedDifference })
  /** The digests differ, but the runs made to look closer did not show where. */
  | (Verified & { readonly outcome: 'not-located'; readonly digests: readonly [one: string, other: string]; readonly interval: Interval; readonly because: string });

/**
 * Runs `source` again on one worker, or on two if the first run was on one.
 * @param firstResult what the first run gave
 * @throws {SimulatorError} what a run fails of
 */
export async function verifyRun(crew: Crew, source: SimulationSource, actors: readonly string[], firstResult: RunResult, options: VerifyOptions): Promise<Verification> {
  const { workers: one, placement, eventsMax = EVENTS_MAX, ...common } = options;
  const other = one > 1 ? 1 : 2;
  const workers = [one, other] as const;
  const first: RunOptions = { ...common, workers: one, ...(placement === undefined ? {} : { placement }) };
  const second: RunOptions = { ...common, workers: other };

  if (firstResult.stopped) return { outcome: 'stopped', workers };
  const again = await crew.run(source, actors, second);
  if (again.stopped) return { outcome: 'stopped', workers };
  if (again.digest === firstResult.digest) return { outcome: 'same', workers, digest: again.digest };

  const digests = [firstResult.digest, again.digest] as const;
  const interval = differingInterval(firstResult.lanes, again.lanes)!;
  const runPair = async (within: Interval, eventsKept: number): Promise<Pair> => {
    const keep = { ...within, eventsMax: eventsKept };
    return { one: await crew.run(source, actors, { ...first, keep }), other: await crew.run(source, actors, { ...second, keep }) };
  };
  const found = await locate(runPair, interval, eventsMax);
  if (found === 'stopped') return { outcome: 'stopped', workers };
  if (typeof found === 'string') return { outcome: 'not-located', workers, digests, interval, because: found };
  return { outcome: 'different', workers, digests, interval, difference: { time: found.time, actor: actors[found.actor]!, one: found.one, other: found.other } };
}

interface Pair {
  readonly one: RunResult;
  readonly other: RunResult;
}

interface Found {
  readonly time: Micros;
  readonly actor: number;
  readonly one: string | undefined;
  readonly other: string | undefined;
}

/** Runs pairs until one shows its first difference. @returns it, or why there is none. */
async function locate(runPair: (within: Interval, eventsKept: number) => Promise<Pair>, start: Interval, eventsMax: number): Promise<Found | string> {
  let interval = start;
  let eventsKept = eventsMax;
  let because = '';
  for (let pairs = 0; pairs < PAIRS_MAX; pairs += 1) {
    const { one, other } = await runPair(interval, eventsKept);
    if (one.stopped || other.stopped) return 'stopped';
    const own = differingInterval(one.lanes, other.lanes);
    if (own === undefined) {
      because = `the digests differed, but ${pairs + 1} more pair${pairs === 0 ? '' : 's'} of runs made to look closer did not: what differs depends on chance, as a race does`;
      continue;
    }
    if (own.from < interval.from) {
      // Nothing before the interval was kept: what differs in it may be the consequence of something earlier.
      because = `the runs made to look closer part between ${own.from} and ${own.to} µs, which was not kept whole`;
      interval = own;
      continue;
    }
    const found = firstKept(one, other);
    if (found !== undefined) return found;
    because = `the runs agree in the ${eventsKept} events kept from ${interval.from} µs on, and differ later`;
    interval = { from: interval.from, to: own.to };
    eventsKept = Math.min(eventsKept * 4, eventsMax * EVENTS_GROWTH_MAX);
  }
  return because;
}

function firstKept(one: RunResult, other: RunResult): Found | undefined {
  const difference = firstDifference(one.trace.kept ?? [], other.trace.kept ?? []);
  if (difference === undefined) return undefined;
  const place = (difference.one ?? difference.other)!;
  const twin = difference.other ?? place;
  const first = twin.time < place.time ? twin : place;
  return { time: first.time, actor: first.actor, one: lineOf(one, difference.one), other: lineOf(other, difference.other) };
}

function lineOf({ trace }: RunResult, event: PlacedEvent | undefined): string | undefined {
  return event === undefined ? undefined : trace.keptLines?.[trace.kept!.indexOf(event)];
}
