/**
 * @module
 * Trials for tests of the command line: quick, with anomalies and breakdowns on demand (`--set plant=…`). Workers load this module too.
 */
import { NO_FAULTS } from '../../runtime/faults/plan.ts';
import type { FaultPlan } from '../../runtime/faults/plan.ts';
import { createSimulation as createPing } from '../../runtime/testing/ping-simulation.ts';
import type { Simulation } from '../../runtime/simulation.ts';
import { SECOND } from '../../runtime/units.ts';
import type { Availability } from '../../workloads/availability/meter.ts';
import type { Anomaly } from '../../workloads/checkers/checker.ts';
import type { Trial, TrialArgument } from '../../workloads/trial.ts';
import type { TrialVerdict } from '../../workloads/verdict.ts';
import type { Trials } from '../trials.ts';

/** `odd`: an odd seed fails. `slow`: runs for a good while. `late`: slow, and fails at once. */
const PLANTS = ['none', 'lost', 'allowed', 'odd', 'throw', 'slow', 'late', 'clock'];

const ACTORS = ['server-0', 'server-1', 'server-2', 'client-0', 'client-1', 'client-2', 'client-3'];

const TOY: Trial = {
  name: 'toy',
  rows: ['7.1-durable'],
  says: 'Servers count what they are asked.',
  cluster: { brokers: 3, topics: { orders: { partitions: 6, replicationFactor: 3, config: { 'min.insync.replicas': 2 } } } },
  clients: [
    { kind: 'producers', count: 4, ratePerSecond: 400, config: { acks: 'all' } },
    { kind: 'consumers', count: 1, config: {} },
  ],
  faults: 'mild',
  durationUs: 5 * SECOND,
};

const MILD: FaultPlan = {
  ...NO_FAULTS,
  timed: [{ id: 'f0', kind: 'partition', at: 100_000, for: 200_000, target: { between: ['client-0'], and: ['server-0'] } }],
};

function planOf({ plan, faults }: TrialArgument): FaultPlan {
  return plan ?? (faults === 'none' ? NO_FAULTS : MILD);
}

const LOST: Anomaly = {
  name: 'acked-loss',
  row: '7.1-durable',
  class: 'safety',
  byDesign: null,
  time: 150_000,
  causedAt: 150_000,
  detail: 'client-0 was told that call 3 was counted.\nserver-0 came back without it.',
};

function anomaliesOf({ settings, seed }: TrialArgument): readonly Anomaly[] {
  const plant = settings['plant'];
  if (plant === 'lost' || plant === 'late' || (plant === 'odd' && BigInt(seed) % 2n === 1n)) return [LOST];
  return plant === 'allowed' ? [{ ...LOST, byDesign: 'acks=1' }] : [];
}

/** One interruption, as long as the seed says. */
function availabilityOf({ seed }: TrialArgument): Availability {
  const electedUs = Number(BigInt(seed) % 1_000n) * 1_000;
  return {
    interruptions: [{ partition: 'orders-0', cause: 'crash', at: 100_000, electedUs, ackedUs: electedUs + 500, isrFullUs: null }],
    controllers: [],
    writes: { 'orders-0': { longestUs: electedUs + 500, totalUs: electedUs } },
    reads: {},
    clients: { 'client-0': electedUs },
  };
}

export function createSimulation(argument: TrialArgument): Simulation {
  const plant = argument.settings['plant'];
  const planted = plant === 'throw' ? 'throw' : plant === 'clock' ? 'module-state' : undefined;
  const isSlow = plant === 'slow' || plant === 'late';
  const calls = isSlow ? 1_000_000 : Math.round((argument.durationUs ?? TOY.durationUs) / 100_000);
  const ping = createPing({ seed: argument.seed, calls, plant: planted, faults: planOf(argument), endsAt: isSlow ? 100_000 * SECOND : 30 * SECOND });
  return {
    ...ping,
    createJudge() {
      const struck: TrialVerdict['strikes']['list'][number][] = [];
      let called = 0;
      return {
        judge({ time, actor, event }) {
          if (event.type === 'observed') called += 1;
          if (event.type === 'strike') struck.push({ id: event.id, kind: event.kind, time, actor, detail: event.detail });
        },
        verdict: ({ endedAt, stopped }): TrialVerdict => ({
          anomalies: anomaliesOf(argument),
          strikes: { counts: struck.length === 0 ? {} : { partition: struck.length }, list: struck, more: 0 },
          kept: 7,
          counts: { called },
          availability: availabilityOf(argument),
          shown: { calls: called },
          metrics: { series: [], watched: [], endToEnd: { records: 0, meanMs: null, maxMs: null } },
          endedAt,
          stopped,
        }),
      };
    },
  };
}

export const toyTrials: Trials = {
  TRIAL_MODULE: import.meta.url,
  DEFAULT_TRIAL: 'toy',
  trials: () => [TOY, { ...TOY, name: 'toy-too' }],
  faultProfiles: () => [{ name: 'mild', says: 'One short partition.' }, { name: 'none', says: 'Nothing strikes.' }],
  protocols: () => [{ name: '4.2', says: 'Kafka 4.2.', switches: {} }],
  configKeys: () => [{ scope: 'trial', key: 'plant', default: 'none', earlier: [], doc: 'What goes wrong.' }],
  metricNames: () => [{ object: 'kafka.server:type=ReplicaManager,name=LeaderCount', attributes: ['Value'], tags: [], says: 'Partitions this broker leads.' }],
  anomalyNames: () => [{ name: 'acked-loss', row: '7.1-durable', class: 'safety', says: 'An acknowledged record is gone.' }],
  checkArgument({ workload, settings, faults, protocol }) {
    return [
      ...(['toy', 'toy-too'].includes(workload) ? [] : [`unknown workload ${workload}; did you mean toy?`]),
      ...Object.keys(settings).filter((key) => key !== 'plant').map((key) => `unknown setting ${key}; did you mean plant?`),
      ...(PLANTS.includes(settings['plant'] ?? 'none') ? [] : ['no such plant']),
      ...(faults === undefined || faults === 'mild' || faults === 'none' ? [] : [`unknown fault profile ${faults}; did you mean mild?`]),
      ...(protocol === '4.2' ? [] : [`unknown protocol ${protocol}; did you mean 4.2?`]),
    ];
  },
  describeRun: (argument) => ({ actors: ACTORS, plan: planOf(argument), virtualUs: 30 * SECOND }),
  parsePlanFile: (json) => (typeof json === 'object' && json !== null && 'timed' in json ? { plan: json as FaultPlan } : { errors: ['timed: missing'] }),
};
