/** @module Test support: metrics as the judges are told them. */
import type { ClusterRun } from './cluster.ts';

/** What a metric was, one after the other, beginning anew with every start of its process. `until`: and no later than this. */
export function metricValues(run: ClusterRun, actor: string, metric: string, until = Infinity): (number | null)[] {
  const found: (number | null)[] = [];
  const namesOf = new Map<string, readonly string[]>();
  for (const observed of run.observed) {
    if (observed.actor !== actor || !('owner' in observed) || observed.time > until) continue;
    const names = namesOf.get(observed.owner) ?? [];
    if (observed.kind === 'metrics-registered') {
      namesOf.set(observed.owner, [...(observed.from === 0 ? [] : names), ...observed.names]);
    } else {
      const index = names.indexOf(metric);
      const at = index < 0 ? -1 : observed.indices.indexOf(index);
      if (at >= 0) found.push(observed.values[at]!);
    }
  }
  return found;
}

/** As it was told last; undefined: never. */
export function lastMetric(run: ClusterRun, actor: string, metric: string, until = Infinity): number | null | undefined {
  return metricValues(run, actor, metric, until).at(-1);
}
