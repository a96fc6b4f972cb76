/**
 * @module
 * What a trial expects of its own schedule, beyond the guarantees that hold everywhere: that an election takes as long as the session, that a partition is
 * read-only when it should be. Where what it waits for did not come about, because a fault was switched off or the run was too short, it expects nothing; so it
 * counts what it has shown, and a trial that shows nothing is told by its numbers.
 */
import type { AvailabilityMeter } from '../availability/meter.ts';
import type { Anomaly, Checker } from '../checkers/checker.ts';
import type { History } from '../checkers/history.ts';
import type { RunEnd } from '../../runtime/simulation.ts';
import type { ResolvedTrial } from '../resolved-trial.ts';
import { OWN_SCHEDULE } from '../trial.ts';

export interface Expected extends Checker {
  /** The run is over. `found`: what the checkers of the guarantees report, before it is listed. */
  finish(end: RunEnd, found?: readonly Anomaly[]): readonly Anomaly[];
  /** How often each thing was seen that the trial exists to show. */
  readonly shown: Readonly<Record<string, number>>;
}

/** What an expectation may ask. Checkers are fed after these. */
export interface Evidence {
  readonly history: History;
  readonly meter: AvailabilityMeter;
  readonly resolved: ResolvedTrial;
}

export type Expectation = (evidence: Evidence) => Expected;

/** What a trial expects; nothing under faults that are not its own. */
export function expectationsOf({ trial, faults }: ResolvedTrial): readonly Expectation[] {
  return faults === OWN_SCHEDULE ? (trial.expects ?? []) : [];
}
