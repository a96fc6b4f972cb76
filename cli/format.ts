/** @module Numbers, times and tables as a person reads them. */
import type { Micros } from '../runtime/units.ts';
import { ANOMALIES_LISTED_MAX } from '../workloads/verdict.ts';

/** `00:41.207`, `1:02:03.000`. */
export function virtualTime(time: Micros): string {
  const ms = Math.floor(time / 1_000);
  const two = (value: number): string => Math.floor(value).toString().padStart(2, '0');
  const hours = Math.floor(ms / 3_600_000);
  return `${hours > 0 ? `${hours}:` : ''}${two((ms / 60_000) % 60)}:${two((ms / 1_000) % 60)}.${(ms % 1_000).toString().padStart(3, '0')}`;
}

/** `1 204 318`. */
export function count(value: number | bigint): string {
  const whole = typeof value === 'bigint' ? value : Math.round(value);
  return whole.toString().replace(/\B(?=(\d{3})+$)/g, ' ');
}

/** Three figures: `412 000`, `37.4`, `0.125`. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (value >= 100) return count(Number(value.toPrecision(3)));
  return Number(value.toPrecision(3)).toString();
}

/** `12.4 MB`. */
export function bytes(value: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let scaled = value;
  let unit = 0;
  while (scaled >= 1_000 && unit < units.length - 1) {
    scaled /= 1_000;
    unit += 1;
  }
  return `${figure(scaled)} ${units[unit]}`;
}

/** `2 producers`, `1 broker`. */
export function several(amount: number, thing: string): string {
  return `${count(amount)} ${thing}${amount === 1 ? '' : 's'}`;
}

/** Stands after a number of anomalies of one name: a verdict lists only so many. */
export function orMore(listed: number): string {
  return listed >= ANOMALIES_LISTED_MAX ? ' or more' : '';
}

/** `sent 24 · failed 1`, in the order given, without what did not happen. */
export function listing(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .filter(([, amount]) => amount > 0)
    .map(([name, amount]) => `${name} ${count(amount)}`)
    .join(' · ');
}

/** As {@link listing}, the most frequent first. */
export function tally(counts: Readonly<Record<string, number>>): string {
  return listing(Object.fromEntries(Object.entries(counts).sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))));
}

/** Text in lines of so many characters, broken at spaces. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

const LABEL_WIDTH = 14;
const TEXT_WIDTH = 110;

/** A label and what belongs to it, the further lines under the first. */
export function labelled(label: string, text: string): string {
  return wrap(text, TEXT_WIDTH)
    .map((line, i) => `  ${(i === 0 ? label : '').padEnd(LABEL_WIDTH)}${line}`)
    .join('\n');
}

/** A label and things that stand in a line each. */
export function labelledLines(label: string, lines: readonly string[]): string {
  return lines.map((line, i) => labelledCommand(i === 0 ? label : '', line)).join('\n');
}

/** As {@link labelled}, never wrapped: a command must stay in one line to be copied. */
export function labelledCommand(label: string, words: string): string {
  return `  ${label.padEnd(LABEL_WIDTH)}${words}`;
}

/** Rows under one another; the last column is not padded, but wrapped. */
export function table(rows: readonly (readonly string[])[], indent = '  '): string {
  const widths = (rows[0] ?? []).slice(0, -1).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const left = widths.reduce((sum, width) => sum + width + 2, indent.length);
  return rows
    .flatMap((row) => {
      const head = indent + widths.map((width, column) => `${(row[column] ?? '').padEnd(width)}  `).join('');
      const [first = '', ...more] = wrap(row.at(-1) ?? '', Math.max(40, TEXT_WIDTH - left));
      return [`${head}${first}`.trimEnd(), ...more.map((line) => ' '.repeat(left) + line)];
    })
    .join('\n');
}

/** Things under the key each has, in the order the keys first came. */
export function groupBy<T>(things: readonly T[], keyOf: (thing: T) => string): Map<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const thing of things) {
    const key = keyOf(thing);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [thing]);
    else group.push(thing);
  }
  return groups;
}
