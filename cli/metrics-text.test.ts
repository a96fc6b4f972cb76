import { expect, it } from 'vitest';
import type { MetricsReport } from '../workloads/metrics/metrics-report.ts';
import { metricsText, watchedText } from './metrics-text.ts';

const UNDER_REPLICATED = { object: 'kafka.server:type=ReplicaManager,name=UnderReplicatedPartitions', attribute: 'Value' };
const RETRIES = { object: 'kafka.producer:type=producer-metrics', attribute: 'record-retry-total' };
const LAG = { object: 'kafka.consumer:type=consumer-fetch-manager-metrics', attribute: 'records-lag-max' };

const report: MetricsReport = {
  series: [
    { ...UNDER_REPLICATED, actor: 'broker-0', last: 0, min: 0, max: 6 },
    { object: `${RETRIES.object},client-id=producer-0`, attribute: RETRIES.attribute, actor: 'producer-0', last: null, min: 0, max: 1_200, total: 1_204 },
  ],
  watched: [
    { of: 'producers', over: 'sum', ...RETRIES, last: null, min: 0, max: 1_200, total: 1_204 },
    { of: 'consumers', over: 'max', ...LAG, last: null, min: 0, max: 37.25 },
    { of: 'brokers', over: 'sum', ...UNDER_REPLICATED, last: 0, min: 0, max: 6 },
    { of: 'controllers', over: 'sum', object: 'kafka.controller:type=KafkaController,name=ActiveControllerCount', attribute: 'Value', last: null, min: null, max: null },
  ],
  endToEnd: { records: 1_500, meanMs: 12.345, maxMs: 2_310 },
};

it('the watched metrics take a line for each kind of process that told any', () => {
  expect(watchedText(report)).toMatchInlineSnapshot(`
    [
      "  metrics       producers   record-retry-total 1 204
                    consumers   records-lag-max –, at most 37.3
                    brokers     UnderReplicatedPartitions 0, at most 6
                    end to end  1 500 records consumed, 12.3 ms after they were sent on average, 2 310 ms at most",
    ]
  `);
  expect(watchedText({ series: [], watched: [], endToEnd: { records: 0, meanMs: null, maxMs: null } })).toEqual([]);
});

it('all metrics, process by process', () => {
  expect(metricsText(report)).toMatchInlineSnapshot(`
    "broker-0
                                                                             last  least  most  total
      kafka.server:type=ReplicaManager,name=UnderReplicatedPartitions:Value  0     0      6

    producer-0
                                                                                    last  least  most   total
      kafka.producer:type=producer-metrics,client-id=producer-0:record-retry-total  –     0      1 200  1 200
    "
  `);
});
