/** Each trial, on pinned seeds, shows what it is there to show; what goes wrong is by design, and of the cause that the trial is about. */
import { describe, expect, test } from 'vitest';
import type { Observation } from '../actors/observation.ts';
import type { JudgedEvent } from '../runtime/simulation.ts';
import { TRIALS } from './catalogue.ts';
import { LAST_KNOWN_LEADER, UNCLEAN_ELECTION, POWER_LOSS_OF_LAST_REPLICA } from './checkers/attribution.ts';
import { RETRIES } from './checkers/durable.ts';
import { resolveTrial } from './resolved-trial.ts';
import { planOf, simulationOf } from './simulation.ts';
import { runTrial } from './testing/run-trial.ts';
import { OWN_SCHEDULE } from './trial.ts';
import type { TrialArgument } from './trial.ts';
import type { TrialVerdict } from './verdict.ts';

const argument = (workload: string, seed: string, settings: Record<string, string> = {}): TrialArgument => ({ workload, seed, protocol: '4.2', settings });
const verdictOf = (workload: string, seed: string, settings: Record<string, string> = {}): TrialVerdict => runTrial(simulationOf(argument(workload, seed, settings), {})).verdict;
const open = ({ anomalies }: TrialVerdict): object[] => anomalies.filter(({ byDesign }) => byDesign === null);
const causes = ({ anomalies }: TrialVerdict): string[] => [...new Set(anomalies.map(({ byDesign }) => byDesign ?? 'none'))];
const electedSeconds = ({ availability }: TrialVerdict): number[] => availability.interruptions.map(({ electedUs }) => (electedUs ?? Infinity) / 1_000_000);

describe('a trial whose every guarantee holds shows what it is there for', () => {
  test.each<[string, readonly string[]]>([
    ['session-timeout', ['elections after a silent death']],
    ['leader-election', ['elections after a silent death', 'interruptions that ended']],
    ['controller-election', ['controllers that took over']],
    ['rolling-kill', ['elections after a silent death', 'interruptions that ended']],
    ['replica-lag', ['followers that left the in-sync set for their lag']],
    ['reassignment', ['reassignments that were completed']],
    ['min-insync-replicas', ['acks=all refused', 'acks=1 acknowledged while read-only', 'read only once the in-sync set had recovered', 'polls while read-only']],
    ['replication-factor', ['acknowledged with N−1 brokers dead']],
    ['one-by-one', ['times without a leader']],
    ['unclean-election-off', ['times without a leader']],
    ['disk-full', ['elections after a silent death', 'interruptions that ended']],
    ['rolling-restart', []],
    ['compaction', []],
    ['power-loss-rack', []],
    ['power-loss-rack-flushed', ['replicas that came back whole']],
    ['power-loss-all-flushed', ['replicas that came back whole']],
    ['disk-hung', ['disks that hung']],
    ['slow-disk', []],
    ['clock-skew', []],
    ['client-loses-broker', []],
    ['long-delay', []],
  ])('%s', (workload, shows) => {
    const verdict = verdictOf(workload, '1');
    expect(open(verdict)).toEqual([]);
    expect(verdict.counts['records-lost']).toBe(0);
    // Nothing is told by design but duplicates of retries, and that the last known leader was elected where nobody else could be.
    expect(causes(verdict).filter((cause) => cause !== RETRIES && cause !== LAST_KNOWN_LEADER)).toEqual([]);
    expect(Object.keys(verdict.strikes.counts).length).toBeGreaterThan(0);
    for (const what of shows) expect([what, verdict.shown[what]]).not.toEqual([what, 0]);
    expect(Object.keys(verdict.shown)).toEqual(expect.arrayContaining([...shows]));
  });
});

test('a run of a schedule with an administrator is the same when its plan is given, as an artefact gives it', () => {
  const own = { ...argument('reassignment', '5'), durationUs: 20_000_000, faults: OWN_SCHEDULE };
  const result = resolveTrial(own);
  if ('problems' in result) throw new Error(result.problems.join(' '));
  const [first, again] = [own, { ...own, plan: planOf(result.resolved) }].map((of) => runTrial(simulationOf(of, {})));
  expect(again!.lanes).toBe(first!.lanes);
  expect(again!.verdict.shown['reassignments that were completed']).toBeGreaterThan(0);
});

describe('unclean.leader.election.enable (7.3.2-unclean, EL-2, B19): both sides of one schedule, measured', () => {
  test.each(['1', '2'])('seed %s: off waits for the old leader and loses nothing, on goes on and loses', (seed) => {
    const [off, on] = [verdictOf('unclean-election-off', seed), verdictOf('unclean-election-on', seed)];
    expect([...open(off), ...open(on)]).toEqual([]);
    expect(off.counts['records-lost']).toBe(0);
    expect(on.counts['records-lost']).toBeGreaterThan(0);
    expect(causes(on)).toContain(UNCLEAN_ELECTION);
    expect(on.anomalies.filter(({ name }) => name === 'acked-loss').every(({ byDesign }) => byDesign === UNCLEAN_ELECTION)).toBe(true);
    expect(on.shown['unclean elections']).toBeGreaterThan(0);
    expect(off.shown['seconds without a leader']).toBeGreaterThan(2 * on.shown['seconds without a leader']!);
  });
});

describe('the last replica standing loses power (KIP-966, B16)', () => {
  test.each(['1', '2'])('seed %s: with eligible leader replicas one that has everything leads; without, what nobody but they had is gone', (seed) => {
    const [eligible, last] = [verdictOf('last-replica-standing', seed), verdictOf('last-replica-standing', seed, { 'protocol.eligibleLeaderReplicas': 'false' })];
    expect(open(eligible)).toEqual([]);
    expect(eligible.counts['records-lost']).toBe(0);
    expect(last.counts['records-lost']).toBeGreaterThan(0);
    expect(last.anomalies.some(({ name, byDesign }) => name === 'acked-loss' && byDesign === POWER_LOSS_OF_LAST_REPLICA)).toBe(true);
  });
});

describe('power loss of everybody (7.3.5-flush, B15)', () => {
  test.each(['1', '2'])('seed %s: without fsync acknowledged records are gone, by design; with flush.messages=1 none is', (seed) => {
    const [unflushed, flushed] = [verdictOf('power-loss-all', seed), verdictOf('power-loss-all-flushed', seed)];
    expect([...open(unflushed), ...open(flushed)]).toEqual([]);
    expect(unflushed.counts['records-lost']).toBeGreaterThan(0);
    expect(flushed.counts['records-lost']).toBe(0);
  });
});

describe('time to resume follows the configuration, not a constant (7.3.4-session, BL-2)', () => {
  test.each([3_000, 6_000, 9_000, 18_000])('broker.session.timeout.ms=%i', (sessionMs) => {
    const verdict = verdictOf('leader-election', '3', { 'broker.session.timeout.ms': String(sessionMs), 'broker.heartbeat.interval.ms': '1000' });
    const elected = electedSeconds(verdict).filter((s) => s > 0 && s !== Infinity);
    // A leader that stood still and was back before its session ended has no successor.
    if (sessionMs < 14_000) expect(elected.length).toBeGreaterThan(0);
    // The last heartbeat is up to 1 s older than the death, and the controller looks for sessions that are over eight times in one (BL-5).
    const session = sessionMs / 1_000;
    for (const s of elected) {
      expect(s).toBeGreaterThanOrEqual(session - 1.1);
      expect(s).toBeLessThanOrEqual((session * 9) / 8 + 0.6);
    }
    expect(open(verdict).filter((anomaly) => (anomaly as { name: string }).name === 'elected-out-of-time')).toEqual([]);
  });

  test('a controlled shutdown hands over at once (EL-9)', () => {
    const { availability } = verdictOf('rolling-restart', '2');
    expect(availability.interruptions.length).toBeGreaterThan(0);
    expect(availability.interruptions.every(({ cause, electedUs }) => cause === 'moved' && electedUs === 0)).toBe(true);
  });
});

test.each([
  ['6', '3', '3'],
  ['4', '2', '2'],
  ['5', '2', '2'],
])('%s brokers in %s racks: the %s replicas of each partition stand in different ones, and every rack leads some (broker.rack)', (brokers, racks, replicationFactor) => {
  const settings = { brokers, racks, 'replication.factor': replicationFactor, 'min.insync.replicas': '1', partitions: '6' };
  const placed = new Map<number, readonly number[]>();
  const judge = {
    judge({ event }: JudgedEvent): void {
      const observation = event.type === 'observed' ? (event.observation as Observation) : undefined;
      if (observation?.kind === 'partition-changed' && !placed.has(observation.partition)) placed.set(observation.partition, observation.replicas);
    },
    verdict: () => undefined,
  };
  runTrial({ ...simulationOf({ ...argument('power-loss-rack', '1', settings), faults: 'none', durationUs: 1_000_000 }, {}), createJudge: () => judge });
  expect(placed.size).toBe(6);
  const rackOf = (broker: number): number => broker % Number(racks);
  for (const replicas of placed.values()) expect(new Set(replicas.map(rackOf)).size).toBe(Number(replicationFactor));
  expect(new Set([...placed.values()].map(([leader]) => rackOf(leader!))).size).toBe(Number(racks));
});

test('replication.factor costs N copies on disk (7.3.1-rf)', () => {
  const bytes = [1, 2, 3, 5].map((n) => {
    const simulation = simulationOf(argument('replication-factor', '1', { 'replication.factor': String(n) }), {});
    const { verdict, diskBytes } = runTrial(simulation);
    expect(open(verdict)).toEqual([]);
    if (n > 1) expect(verdict.shown['acknowledged with N−1 brokers dead']).toBeGreaterThan(0);
    return diskBytes;
  });
  const copy = bytes[1]! - bytes[0]!;
  expect(copy).toBeGreaterThan(0);
  for (const [i, n] of [1, 2, 3, 5].entries()) expect(Math.abs(bytes[i]! - bytes[0]! - (n - 1) * copy)).toBeLessThan(0.15 * n * copy);
});

describe('a trial fails under a setting that takes away what it says', () => {
  const failures = (workload: string, settings: Record<string, string>): string[] => [...new Set((open(verdictOf(workload, '1', settings)) as { readonly name: string }[]).map(({ name }) => name))];

  test('nothing is synced (7.3.5-flush)', () => {
    expect(failures('power-loss-all-flushed', { 'flush.messages': '9223372036854775807' })).toContain('synced-loss');
    expect(failures('power-loss-rack-flushed', { 'flush.messages': '9223372036854775807' })).toContain('synced-loss');
  });

  test('one replica is not enough (7.3.1-rf)', () => {
    expect(failures('replication-factor', { 'min.insync.replicas': '2' })).toEqual(['resumed-late']);
  });
});

describe('declarations', () => {
  test.each(TRIALS.map(({ name }) => name))('%s resolves, cites rows of the mission, says what must hold, and has the same plan for the same seed', (name) => {
    const trial = TRIALS.find((declared) => declared.name === name)!;
    expect(trial.rows.length).toBeGreaterThan(0);
    for (const row of trial.rows) expect(row).toMatch(/^[78]\.\d/);
    expect(trial.says.length).toBeGreaterThan(40);
    const plans = ['7', '7', '8'].map((seed) => {
      const result = resolveTrial(argument(name, seed));
      if ('problems' in result) throw new Error(result.problems.join(' '));
      const plan = planOf(result.resolved);
      expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
      return JSON.stringify(plan.timed);
    });
    expect(plans[0]).toBe(plans[1]);
    if (trial.faults !== 'none' && plans[0] !== '[]') expect(plans[2]).not.toBe(plans[0]);
  });

  test('names are unique', () => {
    expect(new Set(TRIALS.map(({ name }) => name)).size).toBe(TRIALS.length);
  });

  test('under faults that are not its own a trial expects nothing of its schedule', () => {
    const result = resolveTrial({ ...argument('session-timeout', '1'), faults: 'none' });
    expect(result).toMatchObject({ resolved: { faults: 'none' } });
    const { verdict } = runTrial(simulationOf({ ...argument('session-timeout', '1'), faults: 'none', durationUs: 2_000_000 }, {}));
    expect(verdict.shown).toEqual({});
  });
});
