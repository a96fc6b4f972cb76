/** @module `trial list`: what there is. */
import { JSON_FLAG, command } from './command.ts';
import { EXIT } from './exit-code.ts';
import { groupBy, table } from './format.ts';
import { json } from './report.ts';
import type { Trials } from './trials.ts';
import { unknown } from './usage-error.ts';

/** One entry per topic: what is printed for a program, and for a person. */
const TOPICS: Readonly<Record<string, { readonly data: (trials: Trials) => readonly object[]; readonly text: (trials: Trials) => string }>> = {
  workloads: {
    data: ({ trials, DEFAULT_TRIAL }) => trials().map((trial) => ({ ...trial, isDefault: trial.name === DEFAULT_TRIAL })),
    // Under the row that each is about first of all.
    text: ({ trials, DEFAULT_TRIAL }) =>
      [...groupBy(trials(), ({ rows }) => rows[0]!)].map(([row, group]) => `  ${row}\n${table(group.map(({ name, says, rows }) => [name, `${says} (${rows.join(', ')})${name === DEFAULT_TRIAL ? ' The default.' : ''}`]), '    ')}`).join('\n'),
  },
  faults: {
    data: ({ faultProfiles }) => faultProfiles(),
    text: ({ faultProfiles }) => table([...faultProfiles().map(({ name, says }) => [name, says]), ['FILE.json', 'a plan of your own: --faults plan.json; how it is written: README.md, "Faults from a file"']]),
  },
  config: {
    data: ({ configKeys }) => configKeys(),
    text: ({ configKeys }) =>
      [...groupBy(configKeys(), ({ scope }) => scope)].map(([scope, keys]) => `  ${scope}\n${table(keys.map((key) => [key.key, defaultsOf(key), key.doc]), '    ')}`).join('\n'),
  },
  protocols: {
    data: ({ protocols }) => protocols(),
    text: ({ protocols, configKeys }) => {
      const switches = configKeys().filter(({ scope }) => scope === 'protocol');
      return [
        table(protocols().map((protocol) => [protocol.name, [protocol.says, ...differencesOf(protocol, switches)].join(' ')])),
        ...(switches.length === 0 ? [] : ['  one by one: --set protocol.NAME=VALUE', table(switches.map((key) => [key.key, key.default, key.doc]), '    ')]),
      ].join('\n');
    },
  },
  metrics: {
    data: ({ metricNames }) => metricNames(),
    text: ({ metricNames }) =>
      [...groupBy(metricNames(), ({ object }) => object.replace(/,name=.*/, ''))]
        .map(([type, metrics]) => `  ${type}\n${table(metrics.map(({ object, attributes, tags, says }) => [nameIn(type, object, attributes), tags.join(' '), says]), '    ')}`)
        .join('\n'),
  },
  anomalies: {
    data: ({ anomalyNames }) => anomalyNames(),
    text: ({ anomalyNames }) => table(anomalyNames().map(({ name, row, class: kind, says }) => [name, row, kind, says])),
  },
};

/** `name=LeaderCount (Value)`; where the object has no name, the attribute alone. */
function nameIn(type: string, object: string, attributes: readonly string[]): string {
  return object === type ? attributes.join(', ') : `${object.slice(type.length + 1)} (${attributes.join(', ')})`;
}

type SettingKey = ReturnType<Trials['configKeys']>[number];

/** `30000 (10000 before 2.5)`. */
function defaultsOf({ default: present, earlier }: SettingKey): string {
  return earlier.length === 0 ? present : `${present} (${earlier.map(({ before, default: value }) => `${value} before ${before}`).join(', ')})`;
}

/** Switches that a preset sets otherwise than the present version, in brackets; nothing if there are none. */
function differencesOf({ switches: values }: ReturnType<Trials['protocols']>[number], switches: readonly SettingKey[]): string[] {
  const differences = switches.filter(({ key, default: present }) => values[key] !== undefined && String(values[key]) !== present).map(({ key }) => `${key}=${String(values[key])}`);
  return differences.length === 0 ? [] : [`(${differences.join(', ')})`];
}

export const list = command({
  name: 'list',
  says: 'List what there is: workloads, faults, config, protocols, metrics, anomalies',
  word: { name: 'topic', says: Object.keys(TOPICS).join(' | ') },
  flags: { ...JSON_FLAG },
  examples: [
    ['list', 'everything'],
    ['list config', 'every setting that --set takes, with its default'],
  ],

  perform({ json: asJson }, word, { io, trials }) {
    if (word !== undefined && TOPICS[word] === undefined) throw unknown('list', word, Object.keys(TOPICS));
    const topics = Object.entries(TOPICS).filter(([name]) => word === undefined || name === word);
    if (asJson) io.out(json(Object.fromEntries(topics.map(([name, { data }]) => [name, data(trials)]))));
    else io.out(topics.map(([name, { text }]) => `${name}\n${text(trials)}\n`).join('\n'));
    return Promise.resolve(EXIT.held);
  },
});
