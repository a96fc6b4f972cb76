/** @module How soon a partition has a leader again, and works again, after its leader has died (7.6.1-config, 7.3.4-session). */
import { MILLISECOND, SECOND } from '../../runtime/index.ts';
import type { Micros } from '../../runtime/index.ts';
import type { ControllerLoss } from '../availability/controllers.ts';
import type { Interruption } from '../availability/interruptions.ts';
import { anomaly } from '../checkers/anomalies.ts';
import type { Anomaly } from '../checkers/checker.ts';
import { clockTime } from '../checkers/words.ts';
import type { Expectation } from './expectation.ts';

/** The controller looks for sessions that have run out eight times in a session (BL-5). */
const LONGEST_SESSION = 9 / 8;
/** Requests under way, the commit of the metadata log, the one fence of a pass (BL-5). */
const SLACK_US: Micros = 500 * MILLISECOND;

/** Deaths that the controller learns of from nothing but missing heartbeats. */
const SILENT: readonly string[] = ['crash', 'power-loss', 'halt', 'pause'];

const inSeconds = (us: Micros): string => `${us / SECOND} s`;

/**
 * A broker's session ends broker.session.timeout.ms after its last heartbeat, which is up to broker.heartbeat.interval.ms older than its death (BL-2), and the
 * controller sees that up to an eighth of a session later: the election comes in between, and moves with both.
 */
export const electedWhenSessionEnds: Expectation = ({ meter, resolved: { brokerConfig, phases } }) => {
  const sessionUs = brokerConfig['broker.session.timeout.ms'] * MILLISECOND;
  const soonest = sessionUs - brokerConfig['broker.heartbeat.interval.ms'] * MILLISECOND - SLACK_US;
  const latest = sessionUs * LONGEST_SESSION + SLACK_US;
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

/** Whoever leads goes on leading: no leader dies, and none is replaced. */
export const keepsLeaders: Expectation = ({ meter, resolved: { phases } }) => {
  let hangs = 0;
  return {
    name: 'keeps-leaders',
    see({ event }) {
      if (event.type === 'strike' && event.kind === 'disk-hung') hangs += 1;
    },
    finish: () =>
      meter.interruptions.before(phases.loadUntil).map(({ partition, cause, at }) => anomaly('leader-lost', at, undefined, `${partition} lost its leader at ${clockTime(at)} (${cause}), though nothing but a disk hung.`)),
    kept: 0,
    get shown() {
      return { 'disks that hung': hangs };
    },
  };
};

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

/**
 * Another controller is active in time (§3.2): the others miss the leader's answers for controller.quorum.fetch.timeout.ms, and then may need some rounds, each of up to
 * twice the election timeout and a backoff. Nothing bounds the number of rounds; more than four in a quorum of which one is missing is a fault.
 */
export const controllerFailsOver: Expectation = ({ meter, resolved: { brokerConfig: config, phases } }) => {
  const roundUs = (2 * config['controller.quorum.election.timeout.ms'] + config['controller.quorum.election.backoff.max.ms']) * MILLISECOND;
  const limitUs = config['controller.quorum.fetch.timeout.ms'] * MILLISECOND + 4 * roundUs;
  const seen = (): readonly ControllerLoss[] => meter.controllers.before(phases.loadUntil - limitUs);
  return {
    name: 'controller-fails-over',
    see: () => undefined,
    finish: () =>
      seen()
        .filter(({ activatedUs }) => activatedUs === null || activatedUs > limitUs)
        .map(({ at, cause, activatedUs }) =>
          anomaly(
            'controller-late', at + limitUs, undefined,
            `the active controller was gone at ${clockTime(at)} (${cause}), and ${activatedUs === null ? 'no other one was active after that' : `another one was active ${inSeconds(activatedUs)} later`}.`,
            `with these timeouts it is active within ${inSeconds(limitUs)}.`,
          ),
        ),
    kept: 0,
    get shown() {
      return { 'controllers that took over': seen().filter(({ activatedUs }) => activatedUs !== null).length };
    },
  };
};
