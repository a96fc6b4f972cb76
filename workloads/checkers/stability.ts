/**
 * @module
 * What the logs of the replicas must never show, as the history has found it batch by batch: a leader epoch in which two brokers write (W1), logs
 * that differ before an entry they share (W2), committed records that a later leader does not have (W5).
 */
import { anomaly } from './anomalies.ts';
import type { Anomaly, Checker } from './checker.ts';
import type { History } from './history.ts';
import type { Disappearance, PartitionHistory, Term } from './partition-history.ts';
import { clockTime, offsets } from './words.ts';

export function createStabilityChecker(history: History): Checker {
  return {
    name: 'stability',
    see() {
      // All it needs is in the history.
    },
    finish: () => history.cluster.partitions.flatMap((partition) => [...sharedEpochs(partition), ...divergences(partition), ...disappearances(partition)]),
    kept: 0,
  };
}

/** W1 LeaderEpochUnique: the first to write in an epoch is the only one. */
function sharedEpochs({ name, terms }: PartitionHistory): Anomaly[] {
  const writers = new Map<number, Term>();
  const anomalies: Anomaly[] = [];
  for (const term of terms.filter(({ firstAppendAt }) => firstAppendAt >= 0).sort((a, b) => a.firstAppendAt - b.firstAppendAt)) {
    const first = writers.get(term.leaderEpoch);
    if (first === undefined) writers.set(term.leaderEpoch, term);
    else anomalies.push(anomaly('leader-epoch-shared', term.firstAppendAt, undefined, `${wrote(first, name)}.`, `${wrote(term, name)}, in the same leader epoch.`));
  }
  return anomalies;
}

function wrote({ broker, leaderEpoch, firstAppendAt }: Term, name: string): string {
  return `broker ${broker} appended to ${name} as leader of epoch ${leaderEpoch} at ${clockTime(firstAppendAt)}`;
}

/** W2 LogMatching. */
function divergences({ name, divergences: found }: PartitionHistory): Anomaly[] {
  return found.map(({ replicas: [one, other], offset, epoch, partedAt, at, excuse }) =>
    anomaly(
      'log-divergence',
      at,
      excuse?.cause,
      `broker ${one} appended offset ${offset} of ${name}, of leader epoch ${epoch}, at ${clockTime(at)}; broker ${other} has an entry of that offset and epoch, too.`,
      `from offset ${partedAt} on their logs are not the same.`,
      excuse?.story,
    ),
  );
}

/** W5 CommittedStable. */
function disappearances({ name, disappearances: found }: PartitionHistory): Anomaly[] {
  return found.map((disappearance) => anomaly('committed-unstable', disappearance.at, disappearance.removal?.cause, ...storyOf(name, disappearance), disappearance.removal?.story));
}

function storyOf(name: string, disappearance: Disappearance): string[] {
  const { committedIn, term, isBeside, at } = disappearance;
  const range = `${offsets(disappearance)} of ${name}`;
  if (isBeside) return [`broker ${term.broker} committed ${range} at ${clockTime(at)}, in leader epoch ${term.leaderEpoch}.`, 'a leader of a later epoch had taken office without that.'];
  return [`committed in leader epoch ${committedIn}: ${range}.`, `broker ${term.broker}, leader in epoch ${term.leaderEpoch}, does not have that at ${clockTime(at)}.`];
}
