/** @module A run as a person reads it: the verdict first, then what was tried, what struck, and how to run it again. */
import { MILLISECOND, SECOND } from '../runtime/units.ts';
import type { Anomaly } from '../workloads/checkers/checker.ts';
import type { ConfigValues, Trial } from '../workloads/trial.ts';
import { isFailure } from '../workloads/verdict.ts';
import type { Strike, TrialVerdict } from '../workloads/verdict.ts';
import { bytes, count, figure, groupBy, labelled, labelledCommand, listing, several, tally, virtualTime } from './format.ts';
import type { TrialRun } from './trial-run.ts';
import { withSettings } from './with-settings.ts';

/** Anomalies of one name that are shown in full. */
const SHOWN_PER_NAME = 3;
/** Strikes shown before an anomaly: the ones most likely to have caused it. */
const STRIKES_SHOWN = 6;
/** Links shown of a strike that hit many. */
const LINKS_SHOWN = 3;

export interface RunText {
  readonly run: TrialRun;
  readonly trial: Trial;
  /** File of the artefact, if the run failed and it could be written. */
  readonly artefact: string | undefined;
  /** The command that runs it again. */
  readonly replay: string;
}

export function runText({ run, trial, artefact, replay }: RunText): string {
  return [...verdictText(run, replay), '', factsText(run, trial), ...(artefact === undefined ? [] : [labelled('kept in', artefact)]), labelledCommand('replay', replay), ''].join('\n');
}

function verdictText({ argument, verdict, result }: TrialRun, replay: string): string[] {
  const where = `seed ${argument.seed}, virtual ${virtualTime(result.endedAt)}`;
  const open = verdict.anomalies.filter(({ byDesign }) => byDesign === null);
  const byDesign = verdict.anomalies.filter((anomaly) => anomaly.byDesign !== null);
  const lines = [...failuresText(open, argument.seed, verdict, replay), ...byDesignText(byDesign)];
  if (result.stopped) lines.push(`■ ${argument.workload}: stopped by hand  (${where})`, '    What was not seen proves nothing.');
  if (isFailure(verdict)) lines.push(`✗ ${argument.workload}: ${several(open.length, 'anomaly').replace('anomalys', 'anomalies')} that nothing allows  (${where})`);
  else if (!result.stopped) lines.push(`✓ ${argument.workload}: ${byDesign.length > 0 ? 'nothing went wrong but what the configuration allows' : 'all held'}  (${where})`);
  return lines;
}

function failuresText(anomalies: readonly Anomaly[], seed: string, verdict: TrialVerdict, replay: string): string[] {
  const lines: string[] = [];
  for (const [name, group] of groupBy(anomalies, (anomaly) => anomaly.name)) {
    for (const anomaly of group.slice(0, SHOWN_PER_NAME)) {
      const isFirst = lines.length === 0;
      lines.push(`✗ ${name}  (${anomaly.row}, ${anomaly.class})  seed ${seed}, virtual ${virtualTime(anomaly.time)}`, ...detailText(anomaly));
      const strikes = strikesBefore(momentOf(anomaly), verdict.strikes.list);
      if (strikes !== '') lines.push(labelled('what struck', strikes));
      if (isFirst) lines.push(labelledCommand('replay', replay));
      lines.push('');
    }
    if (group.length > SHOWN_PER_NAME) lines.push(`✗ … and ${count(group.length - SHOWN_PER_NAME)} more ${name}`, '');
  }
  return lines;
}

/** What the configuration allows is counted, explained once, and never hidden. */
function byDesignText(anomalies: readonly Anomaly[]): string[] {
  return [...groupBy(anomalies, ({ name, byDesign }) => `${name}  by design: ${byDesign}`)].flatMap(([what, group]) => {
    const [first] = group;
    return [`○ ${what}  (${first!.row}, ${first!.class})  ${count(group.length)}×, first at virtual ${virtualTime(first!.time)}`, ...detailText(first!), ''];
  });
}

function detailText({ detail }: Anomaly): string[] {
  return detail.split('\n').map((line) => `    ${line}`);
}

/** When it happened, as far as its detail tells: what only the final read shows has happened long before. */
function momentOf({ time, detail }: Anomaly): number {
  const named = [...detail.matchAll(/\b(\d\d):(\d\d)\.(\d{3})\b/g)].map(([, minutes, seconds, ms]) => (Number(minutes) * 60 + Number(seconds)) * SECOND + Number(ms) * MILLISECOND);
  return Math.min(time, Math.max(...(named.length > 0 ? named : [time])) + MILLISECOND);
}

/** The last timed faults before it; weather where there is room. */
function strikesBefore(time: number, strikes: readonly Strike[]): string {
  const before = strikes.filter((strike) => strike.time <= time);
  const isWeather = ({ id }: Strike): boolean => id.includes('/');
  const timed = before.filter((strike) => !isWeather(strike)).slice(-STRIKES_SHOWN);
  const room = STRIKES_SHOWN - timed.length;
  const weather = room > 0 ? before.filter(isWeather).slice(-room) : [];
  return [...timed, ...weather]
    .sort((a, b) => a.time - b.time)
    .map(({ time: at, kind, actor, detail }) => `${virtualTime(at)} ${kind} ${detail === '' ? `on ${actor}` : linksText(detail)}`)
    .join(' · ');
}

/** `a>b b>a c>d` is `a<>b c>d`; of many links the first few and a number. */
function linksText(detail: string): string {
  const links = detail.split(' ');
  const shown = links.flatMap((link) => {
    const back = link.split('>').reverse().join('>');
    if (!links.includes(back)) return [link];
    return link < back ? [link.replace('>', '<>')] : [];
  });
  return [...shown.slice(0, LINKS_SHOWN), ...(shown.length > LINKS_SHOWN ? [`and ${count(shown.length - LINKS_SHOWN)} more`] : [])].join(' ');
}

function factsText({ argument, plan, verdict, result, workers }: TrialRun, trial: Trial): string {
  const seconds = result.wallMs / 1_000;
  const settings = Object.entries(argument.settings).map(([key, value]) => `${key}=${value}`);
  const { cluster, producers, consumers } = withSettings(trial, argument.settings);
  const topics = Object.entries(cluster.topics).map(([name, topic]) => `${name}: ${several(topic.partitions, 'partition')} × ${several(topic.replicationFactor, 'replica')}${inBrackets(topic.config)}`);
  const load = `${several(producers.count, 'producer')}, ${count(producers.ratePerSecond)} records/s together${inBrackets(producers.config)} · ${several(consumers.count, 'consumer')}${inBrackets(consumers.config)}`;
  const struck = tally(verdict.strikes.counts);
  return [
    labelled('on trial', `${trial.says} (${trial.rows.join(', ')})`),
    labelled('cluster', `${several(cluster.brokers, 'broker')}${inBrackets(cluster.config)} · ${topics.join(' · ')} · protocol ${argument.protocol}`),
    labelled('load', `${load} · for ${figure((argument.durationUs ?? trial.durationUs) / SECOND)} s`),
    ...(settings.length > 0 ? [labelled('set', settings.join(' · '))] : []),
    labelled('faults', `${argument.faults ?? 'a plan of its own'}: ${several(plan.timed.length, 'timed fault')}, ${plan.weather.length === 0 ? 'no weather' : 'weather'}${plan.switchedOff.length > 0 ? `, ${count(plan.switchedOff.length)} switched off` : ''}`),
    labelled('what struck', struck === '' ? 'nothing' : struck),
    labelled('what happened', listing(verdict.counts)),
    labelled('speed', `${figure(result.events / seconds)} events per second · ${figure(result.endedAt / 1_000 / result.wallMs)} virtual seconds per wall second · ${several(workers, 'worker')}, ${figure(seconds)} s`),
    labelled('memory', `disks hold ${bytes(result.diskBytes)} · judges keep ${several(verdict.kept, 'thing')}`),
    labelled('digest', result.stopped ? `${result.digest} (of this beginning only)` : result.digest),
  ].join('\n');
}

function inBrackets(config: ConfigValues | undefined): string {
  const pairs = Object.entries(config ?? {}).map(([key, value]) => `${key}=${String(value)}`);
  return pairs.length === 0 ? '' : ` (${pairs.join(', ')})`;
}
