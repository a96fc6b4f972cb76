import { expect, it } from 'vitest';
import { NO_FAULTS } from '../runtime/faults/plan.ts';
import type { Anomaly } from '../workloads/checkers/checker.ts';
import { ANOMALIES_LISTED_MAX } from '../workloads/verdict.ts';
import type { Strike } from '../workloads/verdict.ts';
import { runText } from './run-text.ts';
import { toyTrials } from './testing/toy-trials.ts';
import type { TrialRun } from './trial-run.ts';

const [toy] = toyTrials.trials();
const LOSS: Anomaly = { name: 'acked-loss', row: '7.1-durable', class: 'safety', byDesign: null, time: 41_207_000, causedAt: 41_207_000, detail: 'producer-2 was told record 311 of orders-4 was committed (acks=all, offset 1207, leader epoch 6).\nbroker-3 became leader in epoch 7 with log end offset 1205.' };
const STRIKES: readonly Strike[] = [
  { id: 'broker-1>broker-2/delay/7', kind: 'delay', time: 38_000_000, actor: 'broker-1', detail: 'to broker-2' },
  { id: 'f0', kind: 'partition', time: 38_900_000, actor: 'broker-3', detail: 'broker-1>broker-3 broker-3>broker-1' },
  { id: 'f1', kind: 'power-loss', time: 40_112_000, actor: 'broker-1', detail: '' },
  { id: 'f2', kind: 'crash', time: 50_000_000, actor: 'broker-1', detail: 'after the fact' },
];

function run(anomalies: readonly Anomaly[], settings: Record<string, string> = {}, { counts = { sent: 24_000, acknowledged: 23_990 }, list = STRIKES }: { counts?: Record<string, number>; list?: readonly Strike[] } = {}): TrialRun {
  return {
    argument: { workload: 'toy', seed: '8814', protocol: '4.2', durationUs: 60_000_000, settings, faults: 'mild' },
    actors: ['broker-1', 'broker-2', 'broker-3', 'broker-4', 'broker-5'],
    plan: { ...NO_FAULTS, weather: [{ perMillion: { delay: 10 } }] },
    workers: 2,
    result: { digest: '00ff00ff00ff00ff', endedAt: 67_300_000, stopped: false, wallMs: 500, events: 206_000, diskBytes: 12_400_000 },
    verdict: {
      anomalies,
      strikes: {
        counts: { delay: 17, partition: 1, 'power-loss': 1 },
        list,
        more: 0,
      },
      kept: 24_000,
      counts,
      availability: { interruptions: [{ partition: 'orders-4', cause: 'power-loss', at: 40_112_000, electedUs: 8_700_000, ackedUs: 9_100_000, isrFullUs: null }], controllers: [], writes: { 'orders-4': { longestUs: 9_050_000, totalUs: 9_050_000 } }, reads: {}, clients: { 'producer-2': 400_000 } },
      shown: { 'elections after a silent death': 1, 'interruptions that ended': 0 },
      metrics: { series: [], watched: [], endToEnd: { records: 0, meanMs: null, maxMs: null } },
    },
  } as unknown as TrialRun;
}

it('a failure says what broke, what struck before it, and how to run it again', () => {
  expect(runText({ run: run([LOSS]), trial: toy!, artefact: 'results/failures/toy-8814.json', replay: 'trial replay results/failures/toy-8814.json' })).toMatchInlineSnapshot(`
    "✗ acked-loss  (7.1-durable, safety)  seed 8814, virtual 00:41.207
        producer-2 was told record 311 of orders-4 was committed (acks=all, offset 1207, leader epoch 6).
        broker-3 became leader in epoch 7 with log end offset 1205.
      what struck   00:38.000 delay broker-1>broker-2/delay/7
                    00:38.900 partition f0  broker-1<>broker-3
                    00:40.112 power-loss f1  on broker-1
      replay        trial replay results/failures/toy-8814.json

    ✗ toy: 1 anomaly that nothing allows  (seed 8814, virtual 01:07.300)

      on trial      Servers count what they are asked. (7.1-durable)
      cluster       3 brokers · orders: 6 partitions × 3 replicas (min.insync.replicas=2) · protocol 4.2
      load          4 producers, 400 records/s together (acks=all) · 1 consumer · for 60 s under faults and 5 s after
      faults        mild: 0 timed faults, weather
      what struck   delay 17 · partition 1 · power-loss 1
      what happened sent 24 000 · acknowledged 23 990
      to resume     1 interruption: new leader after 8.7 s · acknowledged again after 9.1 s
      longest wait  writes (acks=all) 9.05 s (orders-4) · producer-2 stood still for 400 ms
      shown         elections after a silent death 1 · interruptions that ended 0
      speed         412 000 events per second · 135 virtual seconds per wall second · 2 workers, 0.5 s
      memory        disks hold 12.4 MB · judges keep 24 000 things
      digest        00ff00ff00ff00ff
      kept in       results/failures/toy-8814.json
      replay        trial replay results/failures/toy-8814.json
    "
  `);
});

it('a run that held says what was tried', () => {
  expect(runText({ run: run([], { 'acks': '1', 'brokers': '5' }), trial: toy!, artefact: undefined, replay: 'trial run toy --seed 8814' })).toMatchInlineSnapshot(`
    "✓ toy: all held  (seed 8814, virtual 01:07.300)

      on trial      (as declared) Servers count what they are asked. (7.1-durable)
      changed       acks=1, brokers=5
      cluster       5 brokers · orders: 6 partitions × 3 replicas (min.insync.replicas=2) · protocol 4.2
      load          4 producers, 400 records/s together (acks=1) · 1 consumer · for 60 s under faults and 5 s after
      faults        mild: 0 timed faults, weather
      what struck   delay 17 · partition 1 · power-loss 1
      what happened sent 24 000 · acknowledged 23 990
      to resume     1 interruption: new leader after 8.7 s · acknowledged again after 9.1 s
      longest wait  writes (acks=all) 9.05 s (orders-4) · producer-2 stood still for 400 ms
      shown         elections after a silent death 1 · interruptions that ended 0
      speed         412 000 events per second · 135 virtual seconds per wall second · 2 workers, 0.5 s
      memory        disks hold 12.4 MB · judges keep 24 000 things
      digest        00ff00ff00ff00ff
      replay        trial run toy --seed 8814
    "
  `);
});

const textOf = (tried: TrialRun): string => runText({ run: tried, trial: toy!, artefact: undefined, replay: 'r' });

it('of many anomalies of one name the first is shown, and how many more there are', () => {
  const text = textOf(run(Array.from({ length: 12 }, (_, i) => ({ ...LOSS, time: LOSS.time + i * 1_000_000 }))));
  expect(text.match(/✗ acked-loss/g)).toHaveLength(1);
  expect(text).toContain('    11 more of these, first at virtual 00:42.207\n');
  expect(text).toContain('✗ toy: 12 anomalies that nothing allows');
});

it('says that there may be more than a verdict lists', () => {
  const text = textOf(run(Array.from({ length: ANOMALIES_LISTED_MAX }, () => LOSS)));
  expect(text).toContain('    at least 99 more of these, first');
  expect(text).toContain('✗ toy: 100 or more anomalies');
  expect(textOf(run(Array.from({ length: ANOMALIES_LISTED_MAX }, () => ({ ...LOSS, byDesign: 'acks=1' }))))).toContain('100× or more, first at');
});

it.each([
  ['both ways', ['2>1', '3>1', '4>1', '5>1', '1>2', '1>3', '1>4', '1>5'], 'broker-1<>everybody'],
  ['one way', ['1>2', '1>3', '1>4', '1>5'], 'broker-1>everybody'],
  ['the other way', ['2>1', '3>1', '4>1', '5>1'], 'everybody>broker-1'],
  ['at random', ['1>2', '2>3', '3>4', '4>5'], '4 links'],
])('many links that a fault hits %s are told in a word', (_how, links, word) => {
  const detail = links.map((link) => link.replace(/\d/g, 'broker-$&')).join(' ');
  expect(textOf(run([LOSS], {}, { list: [{ id: 'f3', kind: 'jam', time: 1_000_000, actor: 'broker-1, broker-2', detail }] }))).toContain(`what struck   00:01.000 jam f3  ${word}\n`);
});

it('a run in which nothing was acknowledged proves nothing, and says so', () => {
  const counts = { sent: 278, acknowledged: 0, failed: 278 };
  expect(textOf(run([], {}, { counts }))).toContain('○ toy: nothing was acknowledged, so nothing was on trial  (seed 8814');
  expect(textOf(run([], { acks: '0' }, { counts }))).toContain('✓ toy: all held');
});

it('says which minimum of in-sync replicas is in effect where there are fewer replicas', () => {
  expect(textOf(run([], { 'min.insync.replicas': '4' }))).toContain('(min.insync.replicas=4, in effect 3)');
  expect(textOf(run([], { 'min.insync.replicas': '3' }))).toContain('(min.insync.replicas=3)');
});

it('what the configuration allows is explained once and counted', () => {
  const text = runText({ run: run([LOSS, { ...LOSS, time: 50_000_000 }].map((anomaly) => ({ ...anomaly, byDesign: 'acks=1' }))), trial: toy!, artefact: undefined, replay: 'r' });
  expect(text).toContain('○ acked-loss  by design: acks=1  (7.1-durable, safety)  2×, first at virtual 00:41.207');
  expect(text).toContain('✓ toy: nothing went wrong but what the configuration allows');
});
