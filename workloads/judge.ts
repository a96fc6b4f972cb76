/** @module The judge of a trial: feeds every checker with the merged trace and puts together the verdict. */
import type { Observation } from '../actors/observation.ts';
import type { JudgedEvent, Judge, RunEnd } from '../runtime/simulation.ts';
import type { Anomaly, Checker, Promises } from './checkers/checker.ts';
import { createCommittedChecker } from './checkers/committed.ts';
import { createDurableChecker } from './checkers/durable.ts';
import { History } from './checkers/history.ts';
import { createLivenessChecker } from './checkers/liveness.ts';
import { createMetadataChecker } from './checkers/metadata.ts';
import { createOrderChecker } from './checkers/order.ts';
import { createStabilityChecker } from './checkers/stability.ts';
import { createSupersetChecker } from './checkers/superset.ts';
import { Tally } from './checkers/tally.ts';
import { createVisibleChecker } from './checkers/visible.ts';
import { createWatermarkChecker } from './checkers/watermarks.ts';
import { ANOMALIES_LISTED_MAX } from './verdict.ts';
import type { TrialVerdict } from './verdict.ts';

/** The judge for a trial with these promises. Its verdict is a {@link TrialVerdict}. */
export function createTrialJudge(promises: Promises): Judge {
  return new TrialJudge(promises);
}

class TrialJudge implements Judge {
  readonly #history = new History();
  readonly #tally = new Tally();
  readonly #checkers: readonly Checker[];

  constructor(promises: Promises) {
    this.#checkers = [
      createOrderChecker(this.#history, promises),
      createCommittedChecker(this.#history, promises),
      createDurableChecker(this.#history, promises),
      createVisibleChecker(this.#history),
      createSupersetChecker(this.#history),
      createWatermarkChecker(this.#history),
      createStabilityChecker(this.#history),
      createMetadataChecker(promises),
      createLivenessChecker(this.#history, promises),
    ];
  }

  judge(event: JudgedEvent): void {
    const observation = event.event.type === 'observed' ? (event.event.observation as Observation) : undefined;
    this.#history.see(event, observation);
    this.#tally.see(event, observation);
    for (const checker of this.#checkers) checker.see(event, observation);
  }

  verdict(end: RunEnd): TrialVerdict {
    return {
      anomalies: listed(this.#checkers.flatMap((checker) => checker.finish(end))),
      strikes: this.#tally.strikes,
      kept: this.#checkers.reduce((sum, checker) => sum + checker.kept, this.#history.kept + this.#tally.kept),
      counts: this.#tally.counts,
      endedAt: end.endedAt,
      stopped: end.stopped,
    };
  }
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
