import { expect, it } from 'vitest';
import { NO_FAULTS } from '../runtime/faults/plan.ts';
import type { Anomaly } from '../workloads/checkers/checker.ts';
import { runText } from './run-text.ts';
import { toyTrials } from './testing/toy-trials.ts';
import type { TrialRun } from './trial-run.ts';

const [toy] = toyTrials.trials();
const LOSS: Anomaly = { name: 'acked-loss', row: '7.1-durable', class: 'safety', byDesign: null, time: 41_207_000, detail: 'producer-2 was told record 311 of orders-4 was committed (acks=all, offset 1207, leader epoch 6).\nbroker-3 became leader in epoch 7 with log end offset 1205.' };

function run(anomalies: readonly Anomaly[], settings: Record<string, string> = {}): TrialRun {
  return {
    argument: { workload: 'toy', seed: '8814', protocol: '4.2', durationUs: 60_000_000, settings, faults: 'mild' },
    plan: { ...NO_FAULTS, weather: [{ perMillion: { delay: 10 } }] },
    workers: 2,
    result: { digest: '00ff00ff00ff00ff', endedAt: 67_300_000, stopped: false, wallMs: 500, events: 206_000, diskBytes: 12_400_000 },
    verdict: {
      anomalies,
      strikes: {
        counts: { delay: 17, partition: 1, 'power-loss': 1 },
        list: [
          { id: 'broker-1>broker-2/delay/7', kind: 'delay', time: 38_000_000, actor: 'broker-2', detail: '' },
          { id: 'f0', kind: 'partition', time: 38_900_000, actor: 'broker-3', detail: 'broker-1>broker-3 broker-3>broker-1' },
          { id: 'f1', kind: 'power-loss', time: 40_112_000, actor: 'broker-1', detail: '' },
          { id: 'f2', kind: 'crash', time: 50_000_000, actor: 'broker-1', detail: 'after the fact' },
        ],
        more: 0,
      },
      kept: 24_000,
      counts: { sent: 24_000, acknowledged: 23_990 },
    },
  } as unknown as TrialRun;
}

it('a failure says what broke, what struck before it, and how to run it again', () => {
  expect(runText({ run: run([LOSS]), trial: toy!, artefact: 'results/failures/toy-8814.json', replay: 'trial replay results/failures/toy-8814.json' })).toMatchInlineSnapshot(`
    "✗ acked-loss  (7.1-durable, safety)  seed 8814, virtual 00:41.207
        producer-2 was told record 311 of orders-4 was committed (acks=all, offset 1207, leader epoch 6).
        broker-3 became leader in epoch 7 with log end offset 1205.
      what struck   00:38.000 delay on broker-2 · 00:38.900 partition broker-1<>broker-3 · 00:40.112 power-loss on broker-1
      replay        trial replay results/failures/toy-8814.json

    ✗ toy: 1 anomaly that nothing allows  (seed 8814, virtual 01:07.300)

      on trial      Servers count what they are asked. (7.1-durable)
      cluster       3 brokers · orders: 6 partitions × 3 replicas (min.insync.replicas=2) · protocol 4.2
      load          4 producers, 400 records/s together (acks=all) · 1 consumer · for 60 s
      faults        mild: 0 timed faults, weather
      what struck   delay 17 · partition 1 · power-loss 1
      what happened sent 24 000 · acknowledged 23 990
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

      on trial      Servers count what they are asked. (7.1-durable)
      cluster       5 brokers · orders: 6 partitions × 3 replicas (min.insync.replicas=2) · protocol 4.2
      load          4 producers, 400 records/s together (acks=1) · 1 consumer · for 60 s
      set           acks=1 · brokers=5
      faults        mild: 0 timed faults, weather
      what struck   delay 17 · partition 1 · power-loss 1
      what happened sent 24 000 · acknowledged 23 990
      speed         412 000 events per second · 135 virtual seconds per wall second · 2 workers, 0.5 s
      memory        disks hold 12.4 MB · judges keep 24 000 things
      digest        00ff00ff00ff00ff
      replay        trial run toy --seed 8814
    "
  `);
});

it('many anomalies of one name are shown as some and a number', () => {
  const text = runText({ run: run(Array.from({ length: 12 }, () => LOSS)), trial: toy!, artefact: undefined, replay: 'r' });
  expect(text.match(/✗ acked-loss/g)).toHaveLength(3);
  expect(text).toContain('✗ … and 9 more acked-loss');
  expect(text).toContain('✗ toy: 12 anomalies that nothing allows');
});

it('what the configuration allows is explained once and counted', () => {
  const text = runText({ run: run([LOSS, { ...LOSS, time: 50_000_000 }].map((anomaly) => ({ ...anomaly, byDesign: 'acks=1' }))), trial: toy!, artefact: undefined, replay: 'r' });
  expect(text).toContain('○ acked-loss  by design: acks=1  (7.1-durable, safety)  2×, first at virtual 00:41.207');
  expect(text).toContain('✓ toy: nothing went wrong but what the configuration allows');
});
