/** A planted bug in the cluster must be found by the judge of its row, through the whole pipeline; without it the same run is clean. */
import { describe, expect, test } from 'vitest';
import { seconds } from '../runtime/index.ts';
import type { PlantedBugs } from '../actors/protocol-variant.ts';
import { createTrialJudge } from './judge.ts';
import { promisesOf, resolveTrial } from './resolved-trial.ts';
import { simulationOf } from './simulation.ts';
import { runTrial } from './testing/run-trial.ts';
import type { TrialArgument } from './trial.ts';

function argument(workload: string, seed: string, settings: Record<string, string> = {}): TrialArgument {
  return { workload, seed, protocol: '4.2', durationUs: seconds(40), settings };
}

function anomalies(of: TrialArgument, planted: PlantedBugs): string[] {
  return runTrial(simulationOf(of, planted)).verdict.anomalies.filter(({ byDesign }) => byDesign === null).map(({ name, row }) => `${row} ${name}`);
}

describe.each([
  ['7.1-committed premature-ack', 'acks=all is answered after the leader’s own append', 'network-trouble', { acknowledgesBeforeCommit: true }],
  ['7.1-committed premature-commit', 'a leader moves its high watermark without asking its followers', 'network-trouble', { ignoresFollowers: true }],
  ['7.1-visible read-uncommitted-data', 'consumers read to the end of the log', 'network-trouble', { servesBeyondHighWatermark: true }],
  ['7.1-durable acked-loss', 'a new leader cuts off what was committed', 'broker-restart', { newLeaderForgets: 5 }],
] as const)('%s', (expected, _, workload, planted) => {
  test('is reported when the bug is planted, and not otherwise', () => {
    const of = argument(workload, 'canary-1');
    expect(anomalies(of, planted)).toContain(expected);
    expect(anomalies(of, {})).toEqual([]);
  });
});

test('7.1-order acked-then-reordered is reported when a producer that promised order pipelines without idempotence', () => {
  const pipelined = argument('network-trouble', 'canary-1', { 'max.in.flight.requests.per.connection': '5', rate: '200' });
  const ordered = resolveTrial(argument('network-trouble', 'canary-1'));
  if (!('resolved' in ordered)) throw new Error(ordered.problems.join());
  // The judge is told that one request is in flight at a time.
  const lying = { ...simulationOf(pipelined, {}), createJudge: () => createTrialJudge(promisesOf(ordered.resolved)) };
  const found = runTrial(lying).verdict.anomalies.filter(({ byDesign }) => byDesign === null).map(({ name, row }) => `${row} ${name}`);
  expect(found).toContain('7.1-order acked-then-reordered');
  // Told the truth, it says that the configuration allows it.
  expect(anomalies(pipelined, {})).toEqual([]);
});
