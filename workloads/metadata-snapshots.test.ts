/** Small snapshots of the metadata log under faults: what the judges of a trial ask for holds all the same (KR-4, W14). */
import { describe, expect, test } from 'vitest';
import type { Observation } from '../actors/observation.ts';
import { NO_FAULTS } from '../runtime/faults/plan.ts';
import type { FaultPlan, TimedFault } from '../runtime/faults/plan.ts';
import { seconds } from '../runtime/index.ts';
import { simulationOf } from './simulation.ts';
import { runTrial } from './testing/run-trial.ts';
import type { TrialArgument } from './trial.ts';

/** The idle log grows by some 150 bytes a second. Old snapshots are looked for once a minute. */
const SETTINGS = {
  'metadata.log.max.record.bytes.between.snapshots': '2000',
  'metadata.max.retention.bytes': '12000',
  'metadata.log.segment.bytes': '4000',
  'controller.quorum.fetch.snapshot.max.bytes': '500',
};

/** A trial with these settings: what was found that is not by design, and how often each thing was observed that a controller says of its log. */
function judged(of: Pick<TrialArgument, 'workload' | 'seed' | 'faults' | 'plan'>): { readonly found: readonly string[]; readonly created: number; readonly loaded: number; readonly openedWithoutBeginning: number } {
  const simulation = simulationOf({ protocol: '4.2', durationUs: seconds(150), settings: SETTINGS, ...of }, {});
  const seen: Observation[] = [];
  const { verdict } = runTrial({
    ...simulation,
    createJudge: () => {
      const judge = simulation.createJudge();
      return {
        judge(event) {
          if (event.event.type === 'observed') seen.push(event.event.observation as Observation);
          judge.judge(event);
        },
        verdict: (end) => judge.verdict(end),
      };
    },
  });
  const count = (is: (observation: Observation) => boolean): number => seen.filter(is).length;
  return {
    found: verdict.anomalies.filter(({ byDesign }) => byDesign === null).map(({ name, detail }) => `${name}: ${detail}`),
    created: count(({ kind }) => kind === 'raft-snapshot-created'),
    loaded: count(({ kind }) => kind === 'raft-snapshot-loaded'),
    openedWithoutBeginning: count((observation) => observation.kind === 'raft-opened' && observation.recoveredFrom > 0),
  };
}

const down = (id: string, actor: string, from: number, until: number, kind: 'crash' | 'power-loss' = 'crash'): TimedFault => ({ id, kind, at: seconds(from), for: seconds(until - from), target: { actor } });

/** One controller and one broker miss all that the log forgets; then the others go, one after the other. */
const LEFT_BEHIND: FaultPlan = {
  ...NO_FAULTS,
  timed: [down('f0', 'controller-1', 8, 100), down('f1', 'broker-1', 20, 105), down('f2', 'controller-2', 110, 118, 'power-loss'), down('f3', 'controller-0', 125, 133), down('f4', 'broker-0', 130, 140, 'power-loss')],
};

describe('snapshots every 2000 bytes', () => {
  test.each(['1', '2'])('who was away while the log forgot is brought up by a snapshot, and leads as well as any other, seed %s', (seed) => {
    const { found, created, loaded, openedWithoutBeginning } = judged({ workload: 'first-cluster', seed, plan: LEFT_BEHIND });
    expect(found).toEqual([]);
    expect(created).toBeGreaterThan(30);
    expect(loaded).toBeGreaterThan(0);
    expect(openedWithoutBeginning).toBeGreaterThan(0);
  });

  test.each([
    ['controller-election', '1', undefined],
    ['first-cluster', '1', 'mixed'],
    ['first-cluster', '2', 'disk'],
    ['network-trouble', '1', undefined],
  ])('under the faults of %s, seed %s, faults %s', (workload, seed, faults) => {
    const { found, created } = judged({ workload, seed, faults });
    expect(found).toEqual([]);
    expect(created).toBeGreaterThan(30);
  });
});
