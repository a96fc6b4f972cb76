/** @module A run as a person reads it: the verdict first, then what was tried, what struck, and how to run it again. */
import type { FaultPlan } from '../runtime/faults/plan.ts';
import { SECOND } from '../runtime/units.ts';
import type { Anomaly } from '../workloads/checkers/checker.ts';
import { AFTERGLOW_US, OWN_SCHEDULE, producersOf } from '../workloads/trial.ts';
import type { Clients, ConfigValues, TopicDeclaration, Trial } from '../workloads/trial.ts';
import { ANOMALIES_LISTED_MAX, isFailure } from '../workloads/verdict.ts';
import { bytes, count, figure, groupBy, labelled, labelledCommand, labelledLines, listing, orMore, several, tally, virtualTime } from './format.ts';
import { availabilityText } from './availability-text.ts';
import { watchedText } from './metrics-text.ts';
import { strikeText, strikesBefore } from './strikes.ts';
import type { TrialRun } from './trial-run.ts';
import { withSettings } from './with-settings.ts';

export interface RunText {
  readonly run: TrialRun;
  readonly trial: Trial;
  /** File of the artefact, if the run failed and it could be written. */
  readonly artefact: string | undefined;
  /** The command that runs it again. */
  readonly replay: string;
}

export function runText({ run, trial, artefact, replay }: RunText): string {
  return [...verdictText(run, trial, replay), '', factsText(run, trial), ...(artefact === undefined ? [] : [labelled('kept in', artefact)]), labelledCommand('replay', replay), ''].join('\n');
}

function verdictText(run: TrialRun, trial: Trial, replay: string): string[] {
  const { argument, verdict, result } = run;
  const where = `seed ${argument.seed}, virtual ${virtualTime(result.endedAt)}`;
  const open = verdict.anomalies.filter(({ byDesign }) => byDesign === null);
  const byDesign = verdict.anomalies.filter((anomaly) => anomaly.byDesign !== null);
  const lines = [...failuresText(open, run, replay), ...byDesignText(byDesign)];
  if (result.stopped) lines.push(`■ ${argument.workload}: stopped by hand  (${where})`, '    What was not seen proves nothing.');
  if (isFailure(verdict)) lines.push(`✗ ${argument.workload}: ${open.length === 1 ? '1 anomaly' : `${count(open.length)}${orMore(mostOfOneName(open))} anomalies`} that nothing allows  (${where})`);
  else if (!result.stopped) lines.push(`${heldText(run, trial, byDesign.length > 0)}  (${where})`);
  return lines;
}

function heldText({ argument, verdict }: TrialRun, trial: Trial, isByDesign: boolean): string {
  // With acks=0 nobody waits for a promise.
  const waits = producersOf(withSettings(trial, argument.settings)).some(({ config }) => String(config['acks']) !== '0');
  if (verdict.counts['acknowledged'] === 0 && waits) return `○ ${argument.workload}: nothing was acknowledged, so nothing was on trial`;
  return `✓ ${argument.workload}: ${isByDesign ? 'nothing went wrong but what the configuration allows' : 'all held'}`;
}

function mostOfOneName(anomalies: readonly Anomaly[]): number {
  return Math.max(0, ...[...groupBy(anomalies, ({ name }) => name).values()].map(({ length }) => length));
}

/** The first of each name in full, and how many more there are. */
function failuresText(anomalies: readonly Anomaly[], run: TrialRun, replay: string): string[] {
  return [...groupBy(anomalies, ({ name }) => name)].flatMap(([name, group], i) => {
    const [first, ...more] = group;
    const strikes = strikesBefore(first!, run.verdict).map((strike) => strikeText(strike, run.actors.length));
    return [
      `✗ ${name}  (${first!.row}, ${first!.class})  seed ${run.argument.seed}, virtual ${virtualTime(first!.time)}`,
      ...detailText(first!),
      ...(more.length > 0 ? [`    ${group.length >= ANOMALIES_LISTED_MAX ? 'at least ' : ''}${count(more.length)} more of these, first at virtual ${virtualTime(more[0]!.time)}`] : []),
      ...(strikes.length > 0 ? [labelledLines('what struck', strikes)] : []),
      ...(i === 0 ? [labelledCommand('replay', replay)] : []),
      '',
    ];
  });
}

/** What the configuration allows is counted, explained once, and never hidden. */
function byDesignText(anomalies: readonly Anomaly[]): string[] {
  return [...groupBy(anomalies, ({ name, byDesign }) => `${name}  by design: ${byDesign}`)].flatMap(([what, group]) => {
    const [first] = group;
    return [`○ ${what}  (${first!.row}, ${first!.class})  ${count(group.length)}×${orMore(group.length)}, first at virtual ${virtualTime(first!.time)}`, ...detailText(first!), ''];
  });
}

function detailText({ detail }: Anomaly): string[] {
  return detail.split('\n').map((line) => `    ${line}`);
}

function factsText({ argument, plan, verdict, result, workers }: TrialRun, trial: Trial): string {
  const seconds = result.wallMs / 1_000;
  const settings = Object.entries(argument.settings).map(([key, value]) => `${key}=${value}`);
  const { cluster, clients } = withSettings(trial, argument.settings);
  const topics = Object.entries(cluster.topics).map(([name, topic]) => `${name}: ${several(topic.partitions, 'partition')} × ${several(topic.replicationFactor, 'replica')}${inBrackets(inEffect(topic))}`);
  const load = clients.map(clientsText).join(' · ');
  const struck = tally(verdict.strikes.counts);
  return [
    labelled('on trial', `${settings.length > 0 ? '(as declared) ' : ''}${trial.says} (${trial.rows.join(', ')})`),
    ...(settings.length > 0 ? [labelled('changed', settings.join(', '))] : []),
    labelled('cluster', `${several(cluster.brokers, 'broker')}${inBrackets(cluster.config)} · ${topics.join(' · ')} · protocol ${argument.protocol}`),
    labelled('load', `${load} · ${lastingText(argument.durationUs ?? trial.durationUs, plan)}`),
    labelled('faults', `${faultsText(argument.faults)}: ${several(plan.timed.length, 'timed fault')}, ${plan.weather.length === 0 ? 'no weather' : 'weather'}${plan.switchedOff.length > 0 ? `, ${count(plan.switchedOff.length)} switched off` : ''}`),
    labelled('what struck', struck === '' ? 'nothing' : struck),
    labelled('what happened', listing(verdict.counts)),
    ...availabilityText(verdict),
    ...watchedText(verdict.metrics),
    labelled('speed', `${figure(result.events / seconds)} events per second · ${figure(result.endedAt / 1_000 / result.wallMs)} virtual seconds per wall second · ${several(workers, 'worker')}, ${figure(seconds)} s`),
    labelled('memory', `disks hold ${bytes(result.diskBytes)} · judges keep ${several(verdict.kept, 'thing')}`),
    labelled('digest', result.stopped ? `${result.digest} (of this beginning only)` : result.digest),
  ].join('\n');
}

function clientsText(clients: Clients): string {
  if (clients.kind === 'producers') return `${several(clients.count, 'producer')}, ${count(clients.ratePerSecond)} records/s together${inBrackets(clients.config)}`;
  return `${several(clients.count, 'consumer')}${clients.startAfterUs === undefined ? '' : ` that come${clients.count === 1 ? 's' : ''} ${figure(clients.startAfterUs / SECOND)} s later`}${inBrackets(clients.config)}`;
}

/** A minimum above the number of replicas counts as that number (LA-2). */
function inEffect({ replicationFactor, config }: TopicDeclaration): ConfigValues | undefined {
  const minimum = config?.['min.insync.replicas'];
  return Number(minimum) > replicationFactor ? { ...config, 'min.insync.replicas': `${String(minimum)}, in effect ${replicationFactor}` } : config;
}

function faultsText(faults: string | undefined): string {
  if (faults === undefined) return 'a plan of its own';
  return faults === OWN_SCHEDULE ? 'its own schedule' : faults;
}

function lastingText(durationUs: number, { timed, weather }: FaultPlan): string {
  if (timed.length + weather.length === 0) return `for ${figure((durationUs + AFTERGLOW_US) / SECOND)} s`;
  return `for ${figure(durationUs / SECOND)} s under faults and ${figure(AFTERGLOW_US / SECOND)} s after`;
}

function inBrackets(config: ConfigValues | undefined): string {
  const pairs = Object.entries(config ?? {}).map(([key, value]) => `${key}=${String(value)}`);
  return pairs.length === 0 ? '' : ` (${pairs.join(', ')})`;
}
