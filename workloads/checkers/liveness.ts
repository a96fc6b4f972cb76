/**
 * @module
 * What must have happened once the faults have stopped (§12.3, liveness): everybody has finished, every partition has a leader and all its replicas in
 * sync, and was read to its end. A run that was stopped from outside proves nothing about its end.
 */
import type { Observation } from '../../actors/observation.ts';
import type { RunEnd } from '../../runtime/simulation.ts';
import { anomaly } from './anomalies.ts';
import { allowedSilence } from './attribution.ts';
import type { Anomaly, Checker, Promises } from './checker.ts';
import type { History } from './history.ts';
import { clockTime, partitionName } from './words.ts';

const NO_LEADER = -1;

export function createLivenessChecker(history: History, promises: Promises): Checker {
  const stalled: Anomaly[] = [];
  return {
    name: 'liveness',
    see({ time, actor }, observation) {
      if (observation?.kind === 'gave-up') stalled.push(readingStalled(history, observation, actor, time));
    },
    finish(end) {
      if (end.stopped) return [];
      return [...stalledActors(end, promises), ...stalled, ...partitionsOf(promises).flatMap((partition) => [...leaderless(history, partition, end), ...underReplicated(history, promises, partition, end), ...unread(history, partition, end)])];
    },
    get kept() {
      return stalled.length;
    },
  };
}

function stalledActors({ stalled, endedAt }: RunEnd, { healsAt }: Promises): Anomaly[] {
  if (stalled.length === 0) return [];
  return [anomaly('stalled', endedAt, undefined, `the faults stopped at ${clockTime(healsAt)}, and the run ended at ${clockTime(endedAt)}.`, `not finished by then: ${stalled.join(', ')}.`)];
}

/** A consumer was to read to the end, and waited in vain. What it steps over because it cannot be read takes its time, too. */
function readingStalled({ cluster }: History, observation: Extract<Observation, { kind: 'gave-up' }>, consumer: string, time: number): Anomaly {
  const { position, endOffset } = observation;
  const partition = cluster.of(observation);
  const excuse = allowedSilence(partition, partition.lastElection?.leader ?? NO_LEADER) ?? partition.unreadable.find((found) => found.consumer === consumer)?.excuse;
  const end = endOffset < 0 ? 'nobody could tell it where that ends' : `that ends at offset ${endOffset}`;
  return anomaly('reading-stalled', time, excuse?.cause, `consumer ${consumer} stopped reading ${partition.name} at offset ${position} at ${clockTime(time)}: it had been given nothing for long, and ${end}.`, excuse?.story);
}

function leaderless({ cluster }: History, name: string, { endedAt }: RunEnd): Anomaly[] {
  const last = cluster.partition(name).lastElection;
  if (last?.leader !== NO_LEADER) return [];
  return [anomaly('leaderless-partition', endedAt, undefined, `${name} has had no leader since ${clockTime(last.at)} (leader epoch ${last.leaderEpoch}, in-sync set [${last.isr.join(', ')}]).`)];
}

/** §12.3: once the faults have stopped, every replica comes back. */
function underReplicated({ cluster }: History, { topics, healsAt, recoversBy }: Promises, name: string, { endedAt }: RunEnd): Anomaly[] {
  const last = cluster.partition(name).lastElection;
  const replicationFactor = topics[name.slice(0, name.lastIndexOf('-'))]?.replicationFactor ?? 0;
  if (last === undefined) return [];
  const { wholeSince } = cluster.partition(name);
  if (wholeSince !== undefined && wholeSince > recoversBy) {
    return [anomaly('under-replicated', endedAt, undefined, `the faults stopped at ${clockTime(healsAt)}, and ${name} should have been led by ${clockTime(recoversBy)} with all replicas in sync: it was from ${clockTime(wholeSince)} on.`)];
  }
  if (last.isr.length >= replicationFactor) return [];
  const excuse = allowedSilence(cluster.partition(name), last.leader);
  const found = `${name} has ${replicationFactor} replicas, and only [${last.isr.join(', ')}] are in sync in the end (leader ${last.leader}, leader epoch ${last.leaderEpoch}).`;
  return [anomaly('under-replicated', endedAt, excuse?.cause, found, excuse?.story)];
}

function unread({ ledger, cluster }: History, name: string, { endedAt }: RunEnd): Anomaly[] {
  if (ledger.final(name) !== undefined) return [];
  const excuse = allowedSilence(cluster.partition(name), cluster.partition(name).lastElection?.leader ?? NO_LEADER);
  return [anomaly('unread-partition', endedAt, excuse?.cause, `${name} was never read to its end after the heal: what it holds is not known.`, excuse?.story)];
}

function partitionsOf({ topics }: Promises): string[] {
  return Object.entries(topics).flatMap(([topic, { partitions }]) => Array.from({ length: partitions }, (_, partition) => partitionName({ topic, partition })));
}
