import { describe, expect, it } from 'vitest';
import { declaredMetrics } from '../../actors/metrics/catalogue.ts';
import type { Observation } from '../../actors/observation.ts';
import { SECOND, seconds } from '../../runtime/index.ts';
import { simulationOf } from '../simulation.ts';
import { runTrial } from '../testing/run-trial.ts';
import { MetricsCollector } from './metrics-collector.ts';
import type { MetricsReport } from './metrics-report.ts';

const UNDER_REPLICATED = 'kafka.server:type=ReplicaManager,name=UnderReplicatedPartitions';
const FAILED = 'kafka.server:type=BrokerTopicMetrics,name=FailedProduceRequestsPerSec';

type Step = readonly [second: number, actor: string, what: Observation | 'stopped'];

function collected(...steps: readonly Step[]): MetricsReport {
  const collector = new MetricsCollector();
  for (const [second, actor, what] of steps) {
    const time = second * SECOND;
    if (what === 'stopped') collector.see({ time, actor, event: { type: 'process-stopped', incarnation: 0, how: 'crash' } }, undefined);
    else collector.see({ time, actor, event: { type: 'observed', observation: what } }, what);
  }
  return collector.report;
}

const named = (second: number, actor: string, from: number, ...names: string[]): Step => [second, actor, { kind: 'metrics-registered', owner: actor, from, names }];
const told = (second: number, actor: string, index: number, value: number | null): Step => [second, actor, { kind: 'metrics-sampled', owner: actor, indices: [index], values: [value] }];

function watched(report: MetricsReport, object: string): object {
  return report.watched.find((metric) => metric.object === object)!;
}

describe('§8: metrics as the report tells them', () => {
  it('last, least and most of the samples', () => {
    const { series } = collected(named(1, 'broker-0', 0, `${UNDER_REPLICATED}:Value`), told(1, 'broker-0', 0, 2), told(2, 'broker-0', 0, 5), told(3, 'broker-0', 0, 3));
    expect(series).toEqual([{ object: UNDER_REPLICATED, attribute: 'Value', actor: 'broker-0', last: 3, min: 2, max: 5 }]);
  });

  it('a counter goes on over the deaths of its process, whose metrics go with it', () => {
    const { series } = collected(named(1, 'broker-0', 0, `${FAILED}:Count`), told(1, 'broker-0', 0, 4), [2, 'broker-0', 'stopped'], named(5, 'broker-0', 0, `${FAILED}:Count`), told(5, 'broker-0', 0, 0), told(6, 'broker-0', 0, 3), [7, 'broker-0', 'stopped']);
    expect(series).toEqual([{ object: FAILED, attribute: 'Count', actor: 'broker-0', last: null, min: 0, max: 4, total: 7 }]);
  });

  it('a watched metric is summed over the processes that live, once all have told their samples of an instant', () => {
    const brokers = ['broker-0', 'broker-1'];
    const report = collected(
      ...brokers.flatMap((broker) => [named(1, broker, 0, `${UNDER_REPLICATED}:Value`), told(1, broker, 0, 1)]),
      told(2, 'broker-0', 0, 6),
      told(2, 'broker-1', 0, 0),
      [3, 'broker-0', 'stopped'],
    );
    // Never 7: the six and the one were not there at the same time.
    expect(watched(report, UNDER_REPLICATED)).toMatchObject({ last: 0, min: 0, max: 6 });
  });

  it('a watched counter counts what is gone', () => {
    const report = collected(named(1, 'broker-0', 0, `${FAILED}:Count`), told(1, 'broker-0', 0, 4), [2, 'broker-0', 'stopped'], named(3, 'broker-1', 0, 'other:Value', `${FAILED}:Count`), told(3, 'broker-1', 1, 2));
    expect(watched(report, FAILED)).toMatchObject({ total: 6 });
  });

  it('elections, which every controller counts, are not added up', () => {
    const unclean = 'kafka.controller:type=ControllerStats,name=UncleanLeaderElectionsPerSec';
    const report = collected(...['controller-0', 'controller-1', 'controller-2'].flatMap((controller, i) => [named(1, controller, 0, `${unclean}:Count`), told(2, controller, 0, i)]));
    expect(watched(report, unclean)).toMatchObject({ last: 2, max: 2, total: 2 });
  });

  it('end to end: from send() until the first consumer has it', () => {
    const sent = (second: number, value: string): Step => [second, 'producer-0', { kind: 'send-invoked', call: 0, topic: 'orders', partition: 0, value, acks: -1 }];
    const polled = (second: number, actor: string, ...values: string[]): Step => [second, actor, { kind: 'polled', topic: 'orders', partition: 0, offsets: values.map((_, i) => i), values }];
    expect(collected(sent(1, 'a'), sent(2, 'b'), sent(2, 'c'), polled(3, 'consumer-0', 'a', 'b'), polled(9, 'consumer-1', 'a', 'b')).endToEnd).toEqual({ records: 2, meanMs: 1_500, maxMs: 2_000 });
  });
});

describe('§8: metrics of a whole trial', () => {
  const argument = { workload: 'first-cluster', seed: '7', protocol: '4.2', durationUs: seconds(40), settings: {} };
  const { metrics, counts } = runTrial(simulationOf(argument, {})).verdict;
  const told = new Set(metrics.series.map(({ object, attribute }) => `${object.replace(/,(topic|partition|client-id|clientId|request|error|delayedOperation|fetcherType)=[^,]*/g, '')}:${attribute}`));
  const declared = new Set(declaredMetrics().flatMap(({ object, attributes }) => attributes.map((attribute) => `${object}:${attribute}`)));

  it('every metric that is declared is told by somebody, and none that is not', () => {
    expect([...declared].filter((name) => !told.has(name))).toEqual([]);
    expect([...told].filter((name) => !declared.has(name))).toEqual([]);
  });

  it('ActiveControllerCount is 0 until a controller is elected, then 1 in sum', () => {
    expect(metrics.watched.find(({ object }) => object.endsWith('ActiveControllerCount'))).toMatchObject({ last: 1, max: 1 });
  });

  it('metrics agree with what the judges have seen', () => {
    const total = (object: string, attribute: string): number => metrics.watched.find((metric) => metric.object === object && metric.attribute === attribute)!.total!;
    expect(total('kafka.consumer:type=consumer-fetch-manager-metrics', 'records-consumed-total')).toBe(counts['polled']);
    expect(total('kafka.producer:type=producer-metrics', 'record-error-total')).toBe(counts['failed']! + counts['indeterminate']!);
    expect(metrics.endToEnd.records).toBeLessThanOrEqual(counts['sent']!);
  });

  it('nobody tells metrics when they are switched off', () => {
    const silent = runTrial(simulationOf({ ...argument, durationUs: seconds(5), settings: { 'metrics.sample.interval.ms': '0' } }, {}));
    expect(silent.verdict.metrics.series).toEqual([]);
  });
});
