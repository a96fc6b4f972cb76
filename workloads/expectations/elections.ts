/** @module How soon a partition has a leader again, and works again, after its leader has died (7.6.1-config, 7.3.4-session). */
import { MILLISECOND, SECOND } from '../../runtime/index.ts';
import type { Micros } from '../../runtime/index.ts';
import type { Interruption } from '../availability/interruptions.ts';
import { anomaly } from '../checkers/anomalies.ts';
import type { Anomaly } from '../checkers/checker.ts';
import { clockTime } from '../checkers/words.ts';
import type { Expectation } from './expectation.ts';

/** Requests under way, the commit of the metadata log, the one fence of a pass (BL-5). */
const SLACK_US: Micros = 500 * MILLISECOND;

/** Deaths that the controller learns of from nothing but missing heartbeats. */
const SILENT: readonly string[] = ['crash', 'power-loss', 'halt', 'pause'];

const inSeconds = (us: Micros): string => `${us / SECOND} s`;

/**
 * A broker's session ends broker.session.timeout.ms after its last heartbeat, which is up to broker.heartbeat.interval.ms older than its death (BL-2): the election
 * comes between the two, and moves with them.
 */
export const electedWhenSessionEnds: Expectation = ({ meter, resolved: { brokerConfig, phases } }) => {
  const sessionUs = brokerConfig['broker.session.timeout.ms'] * MILLISECOND;
  const soonest = sessionUs - brokerConfig['broker.heartbeat.interval.ms'] * MILLISECOND - SLACK_US;
  const latest = sessionUs + SLACK_US;
  const seen = (): readonly Interruption[] => meter.interruptions.before(phases.loadUntil).filter(({ cause, electedUs }) => SILENT.includes(cause) && electedUs !== null);
  return {
    name: 'elected-when-session-ends',
    see: () => undefined,
    finish: () => seen().flatMap((interruption) => lateOrEarly(interruption, soonest, latest)),
    kept: 0,
    get shown() {
      return { 'elections after a silent death': seen().length };
    },
  };
};

function lateOrEarly({ partition, cause, at, electedUs }: Interruption, soonest: Micros, latest: Micros): Anomaly[] {
  if (electedUs! >= soonest && electedUs! <= latest) return [];
  return [
    anomaly(
      'elected-out-of-time', at + electedUs!, undefined,
      `the leader of ${partition} was gone at ${clockTime(at)} (${cause}), and a new one was elected ${inSeconds(electedUs!)} later.`,
      `with these timeouts it is elected between ${inSeconds(soonest)} and ${inSeconds(latest)} later.`,
    ),
  ];
}

/** After every interruption that ends before the load does, a record is acknowledged again within this time. */
export function resumesWithin(limitUs: Micros): Expectation {
  return ({ meter, resolved: { phases } }) => {
    const seen = (): readonly Interruption[] => meter.interruptions.before(phases.loadUntil - limitUs);
    return {
      name: 'resumes-within',
      see: () => undefined,
      finish: () => seen().flatMap((interruption) => late(interruption, limitUs)),
      kept: 0,
      get shown() {
        return { 'interruptions that ended': seen().filter(({ ackedUs }) => ackedUs !== null).length };
      },
    };
  };
}

function late({ partition, cause, at, electedUs, ackedUs }: Interruption, limitUs: Micros): Anomaly[] {
  if (ackedUs !== null && ackedUs <= limitUs) return [];
  return [
    anomaly(
      'resumed-late', at + limitUs, undefined,
      `the leader of ${partition} was gone at ${clockTime(at)} (${cause}); ${electedUs === null ? 'no other one was elected' : `the next one was elected ${inSeconds(electedUs)} later`}.`,
      `${ackedUs === null ? 'nothing was acknowledged after that' : `the next record was acknowledged ${inSeconds(ackedUs)} after the loss`}; the trial allows ${inSeconds(limitUs)}.`,
    ),
  ];
}
