/** @module The judge of a trial: feeds every checker with the merged trace and puts together the verdict. */
import type { Observation } from '../actors/observation.ts';
import { AvailabilityMeter } from './availability/meter.ts';
import type { Reader } from './availability/meter.ts';
import type { JudgedEvent, Judge, RunEnd } from '../runtime/simulation.ts';
import type { Anomaly, Checker, Promises } from './checkers/checker.ts';
import { createCommittedChecker } from './checkers/committed.ts';
import { createDeletionChecker } from './checkers/deletions.ts';
import { createDurableChecker } from './checkers/durable.ts';
import { History } from './checkers/history.ts';
import { createLivenessChecker } from './checkers/liveness.ts';
import { createMetadataChecker } from './checkers/metadata.ts';
import { createOrderChecker } from './checkers/order.ts';
import { createRaftChecker } from './checkers/raft.ts';
import { createStabilityChecker } from './checkers/stability.ts';
import { createSupersetChecker } from './checkers/superset.ts';
import { Tally } from './checkers/tally.ts';
import { createVisibleChecker } from './checkers/visible.ts';
import { createWatermarkChecker } from './checkers/watermarks.ts';
import { expectationsOf } from './expectations/expectation.ts';
import type { Expected } from './expectations/expectation.ts';
import type { ResolvedTrial } from './resolved-trial.ts';
import { MetricsCollector } from './metrics/metrics-collector.ts';
import { ANOMALIES_LISTED_MAX } from './verdict.ts';
import type { TrialVerdict } from './verdict.ts';

/** The judge for a trial with these promises; `resolved` says what else it expects. Its verdict is a {@link TrialVerdict}. */
export function createTrialJudge(promises: Promises, resolved?: ResolvedTrial): Judge {
  return new TrialJudge(promises, resolved);
}

class TrialJudge implements Judge {
  readonly #history: History;
  readonly #tally = new Tally();
  readonly #meter: AvailabilityMeter;
  readonly #metrics = new MetricsCollector();
  readonly #checkers: readonly Checker[];
  readonly #expected: readonly Expected[];

  constructor(promises: Promises, resolved: ResolvedTrial | undefined) {
    this.#history = new History(promises);
    this.#meter = resolved === undefined ? new AvailabilityMeter(promises.healsAt) : new AvailabilityMeter(resolved.phases.loadUntil, readersOf(resolved));
    this.#expected = resolved === undefined ? [] : expectationsOf(resolved).map((expectation) => expectation({ history: this.#history, meter: this.#meter, resolved }));
    this.#checkers = [
      createOrderChecker(this.#history, promises),
      createCommittedChecker(this.#history, promises),
      createDurableChecker(this.#history),
      createDeletionChecker(this.#history, promises),
      createVisibleChecker(this.#history),
      createSupersetChecker(this.#history),
      createWatermarkChecker(this.#history),
      createStabilityChecker(this.#history),
      createMetadataChecker(promises),
      createRaftChecker(),
      createLivenessChecker(this.#history, promises),
    ];
  }

  judge(event: JudgedEvent): void {
    const observation = event.event.type === 'observed' ? (event.event.observation as Observation) : undefined;
    this.#metrics.see(event, observation);
    // Of no use to anybody else.
    if (observation?.kind === 'metrics-sampled' || observation?.kind === 'metrics-registered') return;
    this.#history.see(event, observation);
    this.#tally.see(event, observation);
    this.#meter.see(event, observation);
    for (const checker of this.#checkers) checker.see(event, observation);
    for (const expected of this.#expected) expected.see(event, observation);
  }

  verdict(end: RunEnd): TrialVerdict {
    const availability = this.#meter.finish(end.endedAt);
    const found = this.#checkers.flatMap((checker) => checker.finish(end));
    const anomalies = [...found, ...this.#expected.flatMap((expected) => expected.finish(end, found))];
    return {
      anomalies: listed(anomalies),
      strikes: this.#tally.strikes,
      kept: [...this.#checkers, ...this.#expected].reduce((sum, checker) => sum + checker.kept, this.#history.kept + this.#tally.kept + this.#meter.kept + this.#metrics.kept),
      counts: { ...this.#tally.counts, 'records-lost': found.filter(({ name }) => name === 'acked-loss').length },
      availability,
      shown: Object.assign({}, ...this.#expected.map(({ shown }) => shown)) as Record<string, number>,
      metrics: this.#metrics.report,
      endedAt: end.endedAt,
      stopped: end.stopped,
    };
  }
}

function readersOf({ consumers, phases }: ResolvedTrial): Reader[] {
  return consumers.flatMap(({ names, startAfterUs, config }) => (config['auto.offset.reset'] === 'earliest' ? names.map((name) => ({ name, from: phases.loadFrom + startAfterUs })) : []));
}

/** By time, and no more than a person reads of each name and cause. The sort is stable: at one instant, as the checkers told them. */
function listed(anomalies: readonly Anomaly[]): Anomaly[] {
  const totals = new Map<string, number>();
  for (const anomaly of anomalies) totals.set(sortOf(anomaly), (totals.get(sortOf(anomaly)) ?? 0) + 1);
  const seen = new Map<string, number>();
  return anomalies.toSorted((a, b) => a.time - b.time).flatMap((anomaly) => {
    const nth = (seen.get(sortOf(anomaly)) ?? 0) + 1;
    seen.set(sortOf(anomaly), nth);
    if (nth > ANOMALIES_LISTED_MAX) return [];
    const more = totals.get(sortOf(anomaly))! - ANOMALIES_LISTED_MAX;
    return [nth === ANOMALIES_LISTED_MAX && more > 0 ? { ...anomaly, detail: `${anomaly.detail}\n… and ${more} more of these.` } : anomaly];
  });
}

function sortOf({ name, byDesign }: Anomaly): string {
  return byDesign === null ? name : `${name} (${byDesign})`;
}
