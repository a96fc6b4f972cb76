/** @module The metrics of a run as a person reads them: the few that the book has a team watch, and all of them. */
import type { MetricRange, MetricSeries, MetricsReport, WatchedRange } from '../workloads/metrics/metrics-report.ts';
import { count, figure, groupBy, labelledLines, table } from './format.ts';

/** The watched ones, a line for each kind of process; nothing where nobody told any. */
export function watchedText({ watched, endToEnd }: MetricsReport): string[] {
  const seen = watched.filter(({ max }) => max !== null);
  if (seen.length === 0) return [];
  const lines = [...groupBy(seen, ({ of }) => of)].map(([of, metrics]) => `${of.padEnd(12)}${metrics.map(watchedItem).join(' · ')}`);
  const { records, meanMs, maxMs } = endToEnd;
  if (meanMs !== null && maxMs !== null) lines.push(`${'end to end'.padEnd(12)}${count(records)} records consumed, ${figure(meanMs)} ms after they were sent on average, ${figure(maxMs)} ms at most`);
  return [labelledLines('metrics', lines)];
}

/** `UnderReplicatedPartitions 0, at most 6`; of a counter its total. */
function watchedItem({ object, attribute, last, max, total }: WatchedRange): string {
  const name = /,name=(.*)/.exec(object)?.[1] ?? attribute;
  if (total !== undefined) return `${name} ${count(total)}`;
  const most = max !== null && max !== last ? `at most ${figure(max)}` : undefined;
  return [`${name} ${last === null ? '–' : figure(last)}`, ...(most === undefined ? [] : [most])].join(', ');
}

/** Every metric of every process: at the end, least, most, and of counters the total. */
export function metricsText({ series }: MetricsReport): string {
  const header = ['', 'last', 'least', 'most', 'total'];
  return [...groupBy(series, ({ actor }) => actor)].map(([actor, metrics]) => `${actor}\n${table([header, ...metrics.map(metricRow)])}\n`).join('\n');
}

function metricRow({ object, attribute, last, min, max, total }: MetricSeries): string[] {
  return [`${object}:${attribute}`, number(last), number(min), number(max), total === undefined ? '' : number(total)];
}

function number(value: MetricRange['last']): string {
  return value === null ? '–' : figure(value);
}
