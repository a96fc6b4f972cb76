/** @module Which faults struck before an anomaly came about: the ones most likely to have caused it. */
import type { Anomaly } from '../workloads/checkers/checker.ts';
import type { Strike, TrialVerdict } from '../workloads/verdict.ts';
import { several, virtualTime } from './format.ts';

/** Strikes shown with an anomaly. */
const STRIKES_SHOWN = 6;
/** Links that a strike may have hit and be shown with each of them. */
const LINKS_SHOWN = 3;

/** The last timed faults before it came about; weather where there is room. In the order of time. */
export function strikesBefore({ causedAt }: Anomaly, { strikes }: TrialVerdict): readonly Strike[] {
  const before = strikes.list.filter((strike) => strike.time <= causedAt);
  const timed = before.filter((strike) => !isWeather(strike)).slice(-STRIKES_SHOWN);
  const room = STRIKES_SHOWN - timed.length;
  const weather = room > 0 ? before.filter(isWeather).slice(-room) : [];
  return [...timed, ...weather].sort((a, b) => a.time - b.time);
}

/** With the id by which it can be switched off, and whom it hit. */
export function strikeText(strike: Strike, actorCount: number): string {
  return `${virtualTime(strike.time)} ${strike.kind} ${strike.id}${isWeather(strike) ? '' : `  ${victimsOf(strike, actorCount)}`}`;
}

/** An id of the weather names the link itself. */
function isWeather({ id }: Strike): boolean {
  return id.includes('/');
}

function victimsOf({ actor, detail }: Strike, actorCount: number): string {
  return detail.includes('>') ? linksText(detail.split(' '), actorCount) : `on ${actor}`;
}

/** `a>b b>a c>d` is `a<>b c>d`; of many links whom they have in common, or a number. */
function linksText(links: readonly string[], actorCount: number): string {
  const shown = links.flatMap((link) => {
    const back = link.split('>').reverse().join('>');
    if (!links.includes(back)) return [link];
    return link < back ? [link.replace('>', '<>')] : [];
  });
  if (shown.length <= LINKS_SHOWN) return shown.join(' ');
  const common = links[0]!.split('>').find((name) => links.every((link) => link.split('>').includes(name)));
  if (common === undefined) return several(links.length, 'link');
  const others = new Set(links.flatMap((link) => link.split('>'))).size - 1;
  const rest = others === actorCount - 1 ? 'everybody' : several(others, 'other');
  if (shown.every((link) => link.includes('<>'))) return `${common}<>${rest}`;
  if (links.every((link) => link.startsWith(`${common}>`))) return `${common}>${rest}`;
  return links.every((link) => link.endsWith(`>${common}`)) ? `${rest}>${common}` : several(links.length, 'link');
}
