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
 * caught up last with a fetch that may have waited for replica.fetch.wait.max.ms.
 */
export const shrinksAfterLag: Expectation = ({ resolved: { brokerConfig } }) => {
  const lagUs = brokerConfig['replica.lag.time.max.ms'] * MILLISECOND;
  const soonest = lagUs - brokerConfig['replica.fetch.wait.max.ms'] * MILLISECOND - SLACK_US;
  const latest = Math.ceil(1.5 * lagUs) + SLACK_US;
  const cutAt = new Map<string, Micros>();
  const isr = new Map<string, readonly number[]>();
  const anomalies: Anomaly[] = [];
  const shown = { 'followers that left the in-sync set for their lag': 0 };
  return {
    name: 'shrinks-after-lag',
    see({ time, actor, event }, observation) {
      if (event.type === 'strike' && event.kind === 'partition') cutAt.set(actor, time);
      if (observation?.kind !== 'partition-changed') return;
      const name = partitionName(observation);
      const gone = (isr.get(name) ?? []).filter((member) => !observation.isr.includes(member));
      isr.set(name, observation.isr);
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
    finish: () => anomalies,
    get kept() {
      return cutAt.size + isr.size;
    },
    shown,
  };
};

/** Replication factor N goes on with N−1 of its brokers dead: acknowledgements while so many are away are counted. */
export const acknowledgesWithOneLeft: Expectation = ({ resolved: { topics } }) => {
  const replicationFactor = topics[0]!.replicationFactor;
  const away = new Set<string>();
  const shown = { 'acknowledged with N−1 brokers dead': 0 };
  return {
    name: 'acknowledges-with-one-left',
    see({ actor, event }, observation) {
      if (event.type === 'process-stopped' && actor.startsWith('broker-')) away.add(actor);
      if (event.type === 'process-started') away.delete(actor);
      if (observation?.kind === 'send-returned' && observation.error === null && away.size >= replicationFactor - 1) shown['acknowledged with N−1 brokers dead'] += 1;
    },
    finish: () => [],
    get kept() {
      return away.size;
    },
    shown,
  };
};
