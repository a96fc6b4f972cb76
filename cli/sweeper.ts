/** @module Many seeds side by side: each job a crew of one worker, used again for seed after seed. */
import { setMaxListeners } from 'node:events';
import type { XXHashAPI } from 'xxhash-wasm';
import { SimulatorError } from '../runtime/simulator-error.ts';
import { Crew } from '../runtime/workers/crew.ts';
import type { TrialArgument } from '../workloads/trial.ts';
import { isFailure } from '../workloads/verdict.ts';
import { SweepMeasures } from './sweep-measures.ts';
import { runTrial } from './trial-run.ts';
import type { TrialRun } from './trial-run.ts';
import type { Trials } from './trials.ts';

export interface SweepOrder {
  /** Its seed is replaced by each of `seeds`. */
  readonly argument: TrialArgument;
  /** In order; may be endless. */
  readonly seeds: Iterator<string, void>;
  readonly jobs: number;
  /** No seed is begun after this moment of `performance.now()`; what is under way is finished. */
  readonly until: number;
  readonly signal: AbortSignal;
  /** Called for every run that failed, as soon as it has. */
  readonly onFailure: (run: TrialRun) => Promise<void>;
  /** Called after every run. */
  readonly onRun: (tally: SweepTally) => void;
}

/** What a sweep has come to. */
export interface SweepTally {
  runs: number;
  failures: number;
  /** Runs with anomalies by design, and no others. */
  byDesign: number;
  events: number;
  /** µs. */
  virtual: number;
  readonly measures: SweepMeasures;
  /** Order-free: sum of {@link seedHash} modulo 2^64. Those of shards add up to that of the whole. */
  digest: bigint;
  /** The last seed that was begun. */
  last: string | undefined;
  /** Every seed up to this one is done. */
  doneThrough: string | undefined;
  broken: { readonly seed: string; readonly error: SimulatorError } | undefined;
}

export function seedHash(hasher: XXHashAPI, seed: string, digest: string): bigint {
  return hasher.h64(`${seed} ${digest}`);
}

export function addToDigest(digest: bigint, hash: bigint): bigint {
  return BigInt.asUintN(64, digest + hash);
}

/** A sweep's digest as it is printed. */
export function digestText(digest: bigint): string {
  return digest.toString(16).padStart(16, '0');
}

/** A simulator that fails ends the sweep, and is reported in the tally: what was found before is kept. */
export async function sweep(order: SweepOrder, trials: Trials, hasher: XXHashAPI): Promise<SweepTally> {
  const tally: SweepTally = { runs: 0, failures: 0, byDesign: 0, events: 0, virtual: 0, measures: new SweepMeasures(), digest: 0n, last: undefined, doneThrough: undefined, broken: undefined };
  const breakdown = new AbortController();
  const signal = AbortSignal.any([order.signal, breakdown.signal]);
  // Every job's run listens to it.
  setMaxListeners(0, signal);
  const frontier = new Frontier();

  const count = async (place: number, run: TrialRun): Promise<void> => {
    const { result, verdict, argument } = run;
    const failed = isFailure(verdict);
    if (failed) tally.failures += 1;
    if (!result.stopped) {
      tally.runs += 1;
      if (!failed && verdict.anomalies.length > 0) tally.byDesign += 1;
      tally.events += result.events;
      tally.virtual += result.endedAt;
      tally.measures.add(run);
      tally.digest = addToDigest(tally.digest, seedHash(hasher, argument.seed, result.digest));
      tally.doneThrough = frontier.done(place, argument.seed) ?? tally.doneThrough;
    }
    if (failed) await order.onFailure(run);
    order.onRun(tally);
  };

  const work = async (crew: Crew): Promise<void> => {
    while (!signal.aborted && performance.now() < order.until) {
      const next = order.seeds.next();
      if (next.done === true) return;
      const seed = next.value;
      const place = frontier.begin();
      tally.last = seed;
      try {
        await count(place, await runTrial(crew, { ...order.argument, seed }, trials, { workers: 1, signal }));
      } catch (error) {
        if (!(error instanceof SimulatorError)) throw error;
        tally.broken ??= { seed, error };
        breakdown.abort();
      }
    }
  };

  const crews = Array.from({ length: order.jobs }, () => new Crew());
  try {
    await Promise.all(crews.map(work));
  } finally {
    await Promise.all(crews.map((crew) => crew.dismiss()));
  }
  return tally;
}

/** Up to where everything is done, when things are begun in order and end in any. */
class Frontier {
  #begun = 0;
  #next = 0;
  readonly #ahead = new Map<number, string>();

  begin(): number {
    this.#begun += 1;
    return this.#begun - 1;
  }

  /** @returns the seed that now is the last before the first gap, if that has moved */
  done(place: number, seed: string): string | undefined {
    this.#ahead.set(place, seed);
    let last: string | undefined;
    for (let at = this.#ahead.get(this.#next); at !== undefined; at = this.#ahead.get(this.#next)) {
      last = at;
      this.#ahead.delete(this.#next);
      this.#next += 1;
    }
    return last;
  }
}
