/** @module How available it was, as a person reads it. */
import type { Distribution } from '../workloads/availability/distribution.ts';
import type { TrialVerdict } from '../workloads/verdict.ts';
import { availabilityReport } from './availability-report.ts';
import type { OutageReport, ResumeReport } from './availability-report.ts';
import { count, figure, labelled, several } from './format.ts';

/** Of one run. */
export function availabilityText({ availability, shown }: Pick<TrialVerdict, 'availability' | 'shown'>): string[] {
  const { interruptions, controllers, resume, writes, reads, clientsMs } = availabilityReport(availability);
  const slowest = Object.entries(clientsMs).reduce<[string, number] | undefined>((worst, client) => (worst === undefined || client[1] > worst[1] ? client : worst), undefined);
  const waits = [outageText('writes (acks=all)', writes), outageText('reads', reads), ...(slowest === undefined || slowest[1] === 0 ? [] : [`${slowest[0]} stood still for ${secondsText(slowest[1])}`])].filter((text) => text !== '');
  // What a trial exists to show and was not seen is told, too.
  const seen = Object.entries(shown).map(([what, times]) => `${what} ${count(times)}`).join(' · ');
  return [
    ...(interruptions.length + controllers.length === 0 ? [] : [labelled('to resume', `${several(interruptions.length + controllers.length, 'interruption')}: ${resumeText(resume)}`)]),
    ...(waits.length === 0 ? [] : [labelled('longest wait', waits.join(' · '))]),
    ...(seen === '' ? [] : [labelled('shown', seen)]),
  ];
}

/** `new leader after 8.2 s, 9.1 s, 9.3 s (p50, p99, max of 12) · …` */
export function resumeText({ electedMs, ackedMs, isrFullMs, controllerMs }: ResumeReport): string {
  return [distributionText('new leader after', electedMs), distributionText('acknowledged again after', ackedMs), distributionText('in-sync set full after', isrFullMs), distributionText('new controller after', controllerMs)].filter((text) => text !== '').join(' · ');
}

export function distributionText(what: string, times: Distribution | null): string {
  if (times === null) return '';
  const { count: of, p50, p99, max } = times;
  return of === 1 ? `${what} ${secondsText(max)}` : `${what} ${secondsText(p50)}, ${secondsText(p99)}, ${secondsText(max)} (p50, p99, max of ${count(of)})`;
}

function outageText(what: string, outage: OutageReport | null): string {
  return outage === null || outage.longestMs === 0 ? '' : `${what} ${secondsText(outage.longestMs)} (${outage.partition})`;
}

/** `8.21 s`, `12 ms`. */
export function secondsText(timeMs: number): string {
  return timeMs < 1_000 ? `${figure(timeMs)} ms` : `${figure(timeMs / 1_000)} s`;
}
