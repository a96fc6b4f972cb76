/** @module When replicas leave the in-sync set, and how many may be gone (7.3.4-lag, 7.3.1-rf). */
import { brokerName } from '../../actors/client/bootstrap.ts';
import { MILLISECOND, SECOND } from '../../runtime/index.ts';
import type { Micros } from '../../runtime/index.ts';
import { anomaly } from '../checkers/anomalies.ts';
import type { Anomaly } from '../checkers/checker.ts';
import { clockTime, partitionName } from '../checkers/words.ts';
import type { Expectation } from './expectation.ts';

/** AlterPartition, and the commit of the metadata log. */
const SLACK_US: Micros = 500 * MILLISECOND;

/**
 * A follower that fetches no more leaves the in-sync set once it has not caught up for replica.lag.time.max.ms; the leader looks every half of that (FS-4). It had
 * caught up last with a fetch that may have waited for replica.fetch.wait.max.ms. Where one broker is cut off from all others for `cutUs`, and that is long enough,
 * every in-sync set of all brokers must become smaller.
 */
export const shrinksAfterLag = (cutUs: Micros): Expectation => ({ resolved: { brokerConfig, brokers, phases } }) => {
  const lagUs = brokerConfig['replica.lag.time.max.ms'] * MILLISECOND;
  const soonest = lagUs - brokerConfig['replica.fetch.wait.max.ms'] * MILLISECOND - SLACK_US;
  const latest = Math.ceil(1.5 * lagUs) + SLACK_US;
  const cutAt = new Map<string, Micros>();
  const isr = new Map<string, readonly number[]>();
  /** Partitions whose set should become smaller, and when they were cut. */
  const due = new Map<string, Micros>();
  const anomalies: Anomaly[] = [];
  const overdue = (now: Micros): void => {
    for (const [name, cut] of due) {
      if (now <= cut + latest) continue;
      due.delete(name);
      anomalies.push(
        anomaly(
          'shrunk-out-of-time', cut + latest, undefined,
          `a broker was cut off from all others at ${clockTime(cut)}, and the in-sync set of ${name} was still [${isr.get(name)!.join(', ')}] ${(now - cut) / SECOND} s later.`,
          `with replica.lag.time.max.ms=${lagUs / MILLISECOND} it is smaller ${latest / SECOND} s later.`,
        ),
      );
    }
  };
  const shown = { 'followers that left the in-sync set for their lag': 0 };
  return {
    name: 'shrinks-after-lag',
    see({ time, actor, event }, observation) {
      overdue(Math.min(time, phases.healsAt));
      if (event.type === 'strike' && event.kind === 'partition') {
        cutAt.set(actor, time);
        if (latest <= cutUs) for (const [name, members] of isr) if (members.length === brokers) due.set(name, time);
      }
      if (observation?.kind !== 'partition-changed') return;
      const name = partitionName(observation);
      const gone = (isr.get(name) ?? []).filter((member) => !observation.isr.includes(member));
      isr.set(name, observation.isr);
      if (gone.length > 0) due.delete(name);
      for (const member of gone) {
        const cut = cutAt.get(brokerName(member));
        if (cut === undefined) continue;
        const us = time - cut;
        shown['followers that left the in-sync set for their lag'] += 1;
        if (us < soonest || us > latest)
          anomalies.push(
            anomaly(
              'shrunk-out-of-time', time, undefined,
              `broker ${member} was cut off at ${clockTime(cut)}, and left the in-sync set of ${name} ${us / SECOND} s later.`,
              `with replica.lag.time.max.ms=${lagUs / MILLISECOND} that is between ${soonest / SECOND} s and ${latest / SECOND} s later.`,
            ),
          );
      }
    },
    finish(end) {
      overdue(Math.min(end.endedAt, phases.healsAt));
      return anomalies;
    },
    get kept() {
      return cutAt.size + isr.size + due.size;
    },
    shown,
  };
};

/** A partition of which one replica is left, in sync, since a moment. */
interface OneLeft {
  readonly since: Micros;
  isAcknowledged: boolean;
}

/** Clients find the leader, and their attempts come through. */
const CLIENTS_SLACK_US: Micros = 3 * SECOND;

/**
 * Replication factor N goes on with N−1 of a partition's replicas dead: as soon as their sessions have ended, the one that is left is the in-sync set and acknowledges
 * alone. Records that are sent in that time count, and a partition that takes none is told.
 */
export const acknowledgesWithOneLeft: Expectation = ({ resolved: { brokerConfig, phases } }) => {
  const limitUs = brokerConfig['broker.session.timeout.ms'] * MILLISECOND + SLACK_US + CLIENTS_SLACK_US;
  const away = new Set<string>();
  const partitions = new Map<string, { readonly replicas: readonly number[]; readonly isr: readonly number[] }>();
  const left = new Map<string, OneLeft>();
  const sent = new Map<string, OneLeft>();
  const anomalies: Anomaly[] = [];
  const shown = { 'acknowledged with N−1 brokers dead': 0 };

  const isOneLeft = (name: string): boolean => {
    const { replicas, isr } = partitions.get(name)!;
    const alive = replicas.filter((id) => !away.has(brokerName(id)));
    return alive.length === 1 && (left.has(name) || isr.includes(alive[0]!));
  };
  const over = (name: string, now: Micros): void => {
    const { since, isAcknowledged } = left.get(name)!;
    left.delete(name);
    if (isAcknowledged || now - since < limitUs) return;
    anomalies.push(
      anomaly(
        'resumed-late', since + limitUs, undefined,
        `of the replicas of ${name} one was left, in sync, from ${clockTime(since)} to ${clockTime(now)}, and no record that was sent meanwhile was acknowledged.`,
        `it should go on alone within ${limitUs / SECOND} s.`,
      ),
    );
  };
  const look = (now: Micros): void => {
    for (const name of partitions.keys()) {
      if (!isOneLeft(name)) {
        if (left.has(name)) over(name, now);
      } else if (!left.has(name)) left.set(name, { since: Math.max(now, phases.loadFrom), isAcknowledged: false });
    }
  };
  return {
    name: 'acknowledges-with-one-left',
    see({ time, actor, event }, observation) {
      if (event.type === 'process-stopped' && actor.startsWith('broker-')) {
        away.add(actor);
        look(time);
      }
      if (event.type === 'process-started' && away.delete(actor)) look(time);
      if (observation?.kind === 'partition-changed') {
        partitions.set(partitionName(observation), observation);
        look(time);
      }
      if (observation?.kind === 'send-invoked') {
        const oneLeft = left.get(partitionName(observation));
        if (oneLeft !== undefined) sent.set(observation.value, oneLeft);
      }
      if (observation?.kind !== 'send-returned') return;
      const oneLeft = sent.get(observation.value);
      sent.delete(observation.value);
      if (oneLeft === undefined || observation.error !== null || left.get(partitionName(observation)) !== oneLeft) return;
      oneLeft.isAcknowledged = true;
      shown['acknowledged with N−1 brokers dead'] += 1;
    },
    finish({ endedAt, stopped }) {
      if (!stopped) for (const name of [...left.keys()]) over(name, Math.min(endedAt, phases.loadUntil));
      return anomalies;
    },
    get kept() {
      return partitions.size + left.size + sent.size;
    },
    shown,
  };
};
