/**
 * @module
 * Bugs that Kafka had, and hazards that an older Kafka had by design, which random seeds must find again: under which protocol and trial, and by what
 * they show themselves. Ids are those of the project's specification of Kafka's semantics (§11).
 */
import { POWER_LOSS_OF_LAST_REPLICA } from '../../workloads/checkers/attribution.ts';

/** An anomaly that a bug shows itself by. */
export interface Evidence {
  readonly anomaly: string;
  /** It was by design then: the judge names this cause. Without one it must be an anomaly that nothing allows. */
  readonly cause?: string;
}

export interface HistoricBug {
  readonly id: string;
  /** What it is known as. */
  readonly known: string;
  readonly workload: string;
  readonly protocol: string;
  /** As `--set` takes them. */
  readonly settings: Readonly<Record<string, string>>;
  /** Every one of these is looked for. */
  readonly evidence: readonly Evidence[];
}

const TRUNCATION = 'truncation';

export const HISTORIC_BUGS: readonly HistoricBug[] = [
  { id: 'B1', known: 'KIP-101, KAFKA-1211: a follower cuts off what was committed', workload: TRUNCATION, protocol: '0.10', settings: {}, evidence: [{ anomaly: 'acked-loss' }] },
  { id: 'B2', known: 'KIP-101: logs diverge, and nobody notices', workload: TRUNCATION, protocol: '0.10', settings: {}, evidence: [{ anomaly: 'log-divergence' }, { anomaly: 'inconsistent-offsets' }] },
  { id: 'B3', known: 'KIP-279, KAFKA-6361: divergence after fast failovers', workload: TRUNCATION, protocol: '0.11', settings: {}, evidence: [{ anomaly: 'log-divergence' }, { anomaly: 'inconsistent-offsets' }, { anomaly: 'acked-loss' }] },
  { id: 'B5', known: 'KIP-320, KAFKA-7395: a fetch crosses a change of leadership', workload: TRUNCATION, protocol: '2.0', settings: {}, evidence: [{ anomaly: 'isr-not-superset' }, { anomaly: 'premature-commit' }] },
  { id: 'B8', known: 'KAFKA-18991: a stale answer truncates', workload: TRUNCATION, protocol: '4.2', settings: { 'protocol.matchesFetchByOffsetAlone': 'true' }, evidence: [{ anomaly: 'isr-not-superset' }] },
  { id: 'B10', known: 'KAFKA-8836: a pending shrink counts', workload: TRUNCATION, protocol: '4.2', settings: { 'protocol.countsPendingShrink': 'true' }, evidence: [{ anomaly: 'premature-commit' }] },
  { id: 'B16', known: 'KIP-966: the last replica standing comes back without its tail', workload: 'last-replica-standing', protocol: '4.2', settings: { 'protocol.eligibleLeaderReplicas': 'false' }, evidence: [{ anomaly: 'acked-loss', cause: POWER_LOSS_OF_LAST_REPLICA }] },
];
