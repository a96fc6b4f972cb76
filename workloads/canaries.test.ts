/** A planted bug in the cluster must be found by the judge of its row, through the whole pipeline; without it the same run is clean. */
import { describe, expect, test } from 'vitest';
import { runQuorum, voterName } from '../actors/raft/testing/quorum.ts';
import { NO_FAULTS } from '../runtime/faults/plan.ts';
import type { FaultPlan } from '../runtime/faults/plan.ts';
import { seconds } from '../runtime/index.ts';
import type { PlantedBugs } from '../actors/protocol-variant.ts';
import { createRaftChecker } from './checkers/raft.ts';
import { createTrialJudge } from './judge.ts';
import { promisesOf, resolveTrial } from './resolved-trial.ts';
import { simulationOf } from './simulation.ts';
import { runTrial } from './testing/run-trial.ts';
import type { TrialArgument } from './trial.ts';

/** A planted bug has so many seeds in which to show itself. */
const SEEDS = Array.from({ length: 20 }, (_, i) => `canary-${i}`);

function argument(workload: string, settings: Record<string, string> = {}): TrialArgument {
  return { workload, seed: SEEDS[0]!, protocol: '4.2', durationUs: seconds(40), settings };
}

function calm(settings: Record<string, string> = {}): TrialArgument {
  return { ...argument('first-cluster', settings), faults: 'none' };
}

function anomalies(of: TrialArgument, planted: PlantedBugs): string[] {
  return runTrial(simulationOf(of, planted)).verdict.anomalies.filter(({ byDesign }) => byDesign === null).map(({ name, row }) => `${row} ${name}`);
}

/** Broker 0 hears of nobody but one producer, which goes on writing to it; the other producer writes to whoever leads then. */
const CUT_OFF_WITH_A_PRODUCER: FaultPlan = {
  ...NO_FAULTS,
  timed: [{ id: 'f0', kind: 'partition', at: seconds(12), for: seconds(15), target: { between: ['broker-0'], and: ['broker-1', 'broker-2', 'controller-0', 'controller-1', 'controller-2', 'producer-1'] } }],
};
/** Bits rot on every broker in turn, which then crashes and recovers its logs. */
const ROTTEN: FaultPlan = {
  ...NO_FAULTS,
  timed: [0, 1, 2].flatMap((broker) => [
    { id: `rot${broker}`, kind: 'disk-bit-rot' as const, at: seconds(12 + 8 * broker), for: 0, target: { actor: `broker-${broker}` }, amount: 6 },
    { id: `crash${broker}`, kind: 'crash' as const, at: seconds(13 + 8 * broker), for: seconds(2), target: { actor: `broker-${broker}` } },
  ]),
};
/** A member of the in-sync set need not stay there long, and a replica outside may lead. */
const UNCLEAN = { 'unclean.leader.election.enable': 'true', 'min.insync.replicas': '1', 'replication.factor': '2', 'replica.lag.time.max.ms': '1000' };

describe.each<[expected: string, bug: string, planted: PlantedBugs, of: TrialArgument]>([
  ['7.1-committed premature-ack', 'acks=all is answered after the leader’s own append', { acknowledgesBeforeCommit: true }, argument('network-trouble')],
  ['7.1-committed premature-commit', 'a leader moves its high watermark without asking its followers', { ignoresFollowers: true }, argument('network-trouble')],
  ['7.1-visible read-uncommitted-data', 'consumers read to the end of the log', { servesBeyondHighWatermark: true }, argument('network-trouble')],
  ['7.1-durable acked-loss', 'a new leader cuts off what was committed', { newLeaderForgets: 5 }, argument('broker-restart')],
  ['7.1-durable committed-unstable', 'W5: a new leader cuts off what was committed', { newLeaderForgets: 5 }, argument('broker-restart')],
  ['7.1-durable acked-loss', 'a new leader cuts off what was committed, while bits rot all around', { newLeaderForgets: 5 }, { ...argument('first-cluster'), plan: ROTTEN }],
  ['7.1-durable acked-loss', 'RT-3: compaction removes the last value of a key, too', { compactsLastValues: true }, argument('compaction')],
  ['7.1-durable acked-loss', 'acks=1 is answered for what no leader has appended', { answersWithoutAppend: 20 }, calm({ acks: '1' })],
  ['7.1-durable deleted-too-much', 'RT-1: whatever is committed is deleted, however young', { retainsNothing: true }, calm()],
  ['7.4.2-retries duplicate', 'a leader appends what was sent once a second time', { appendsTwice: 5 }, calm()],
  ['7.5-committed reading-stalled', 'a consumer sends no Fetch any more', { stopsFetchingAt: seconds(20) }, calm()],
  ['7.5-committed reading-stalled', 'a consumer never sends any Fetch', { stopsFetchingAt: 0 }, calm()],
  ['7.1-order leader-epoch-shared', 'W1: a deposed leader goes on, in the epoch of its successor', { staysLeader: true }, { ...argument('first-cluster', { acks: '1' }), plan: CUT_OFF_WITH_A_PRODUCER }],
  ['7.1-durable log-divergence', 'W2: a follower appends without having cut off what its leader does not have', { fetchesBlindly: true }, argument('network-trouble')],
  ['7.1-committed isr-not-superset', 'W3: a follower in sync drops committed records when it hears of a new leader', { followerForgets: 3 }, argument('broker-restart')],
  ['7.1-committed high-watermark-regressed', 'W4: a leader’s high watermark follows its followers down', { highWatermarkFalls: true }, argument('broker-restart')],
  ['7.6.1-config metadata-epoch-regressed', 'W6: a broker takes over older metadata', { appliesMetadataTwice: true }, argument('broker-restart')],
  ['7.3.2-unclean undeclared-unclean-election', 'W7, EL-1: the controller elects from outside the in-sync set and does not say so', { hidesUncleanElections: true }, { ...argument('network-trouble', UNCLEAN), protocol: '3.9' }],
])('%s: %s', (expected, _, planted, of) => {
  test('is reported when the bug is planted, and not otherwise', () => {
    const seed = SEEDS.find((candidate) => anomalies({ ...of, seed: candidate }, planted).includes(expected));
    expect(seed).toBeDefined();
    expect(anomalies({ ...of, seed: seed! }, {})).toEqual([]);
  });
});

describe.each<[expected: string, bug: string, planted: PlantedBugs]>([
  ['raft-two-leaders', 'W14: a voter gives its vote to everybody who asks', { votesForEverybody: true }],
  ['raft-commit-without-majority', 'W14: the leader of the quorum commits what it has written itself', { commitsAlone: true }],
])('%s: %s', (expected, _, planted) => {
  test('is reported when the bug is planted, and not otherwise', () => {
    const seed = SEEDS.find((candidate) => quorumAnomalies(candidate, planted).includes(expected));
    expect(seed).toBeDefined();
    expect(quorumAnomalies(seed!, {})).toEqual([]);
  });
});

/** Five voters, one after the other of which crashes. */
function quorumAnomalies(seed: string, planted: PlantedBugs): string[] {
  const voters = 5;
  const timed = Array.from({ length: 10 }, (_, i) => ({ id: `f${i}`, kind: 'crash' as const, at: seconds(i + 1.1), for: seconds(0.7), target: { actor: voterName(i % voters) } }));
  const checker = createRaftChecker();
  // Without pre-vote, so that candidates meet.
  for (const { time, actor, ...observation } of runQuorum({ seed, voters, planted, protocol: { preVote: false }, faults: { timed }, endsAt: seconds(12) })) {
    checker.see({ time, actor, event: { type: 'observed', observation } }, observation);
  }
  return checker.finish({ endedAt: seconds(12), stopped: false, stalled: [] }).map(({ name }) => name);
}

test('7.1-order acked-then-reordered is reported when a producer that promised order pipelines without idempotence', () => {
  const pipelined = argument('network-trouble', { 'max.in.flight.requests.per.connection': '5', rate: '200' });
  const ordered = resolveTrial(argument('network-trouble'));
  if (!('resolved' in ordered)) throw new Error(ordered.problems.join());
  const { resolved } = ordered;
  // The judge is told that one request is in flight at a time.
  const lied = (seed: string): string[] => {
    const lying = { ...simulationOf({ ...pipelined, seed }, {}), createJudge: () => createTrialJudge(promisesOf(resolved)) };
    return runTrial(lying).verdict.anomalies.filter(({ byDesign }) => byDesign === null).map(({ name, row }) => `${row} ${name}`);
  };
  const seed = SEEDS.find((candidate) => lied(candidate).includes('7.1-order acked-then-reordered'));
  expect(seed).toBeDefined();
  // Told the truth, it says that the configuration allows it.
  expect(anomalies({ ...pipelined, seed: seed! }, {})).toEqual([]);
});
