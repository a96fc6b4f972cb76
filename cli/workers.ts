/** @module How many threads: never a question of the outcome, only of how soon it is there. */
import { availableParallelism } from 'node:os';
import { DATACENTRE } from '../runtime/network/options.ts';
import { SECOND } from '../runtime/units.ts';
import { producersOf } from '../workloads/trial.ts';
import type { Trial, TrialArgument } from '../workloads/trial.ts';
import type { Flag } from './command.ts';
import { UsageError } from './usage-error.ts';
import { withSettings } from './with-settings.ts';

/** Mailboxes grow with the square of the workers, 1 MB each. */
const WORKERS_MAX = 16;
const JOBS_MAX = 256;

/** Events a record causes on its way through producer, leader, followers and consumer, in batches (measured: 3.8 in `steady-load`). */
const EVENTS_PER_RECORD = 4;
/** A second worker pays from about so many events per window and worker on (measured: 1.18× at 8.5, 0.75× at 2.4). */
const EVENTS_PER_WINDOW_PER_WORKER = 10;

export const WORKERS_FLAG = {
  kind: 'text',
  value: 'N|auto',
  says: `worker threads, 1 to ${WORKERS_MAX}; auto (default): one, or more where the load keeps them busy. Never changes the outcome`,
} as const satisfies Flag;

/** @param trial whose load `auto` goes by. @throws {UsageError} */
export function parseWorkers(text: string | undefined, trial: Trial, settings: TrialArgument['settings']): number {
  if (text === undefined || text === 'auto') return autoWorkers(producersOf(withSettings(trial, settings)).reduce((sum, { ratePerSecond }) => sum + ratePerSecond, 0), availableParallelism());
  return parseCount(text, '--workers', WORKERS_MAX, ' or auto');
}

/** @throws {UsageError} */
export function parseJobs(text: string | undefined): number {
  return text === undefined ? availableParallelism() : parseCount(text, '--jobs', JOBS_MAX, '');
}

/** @param ratePerSecond records per virtual second */
export function autoWorkers(ratePerSecond: number, cores: number): number {
  const eventsPerWindow = (ratePerSecond * EVENTS_PER_RECORD * DATACENTRE.latencyUsMin) / SECOND;
  return Math.max(1, Math.min(Math.floor(eventsPerWindow / EVENTS_PER_WINDOW_PER_WORKER), cores, WORKERS_MAX));
}

/** A whole number from 1 on. @throws {UsageError} */
export function parseCount(text: string, option: string, max: number, otherwise: string): number {
  const count = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > max) throw new UsageError(`${option} ${text}: write a whole number from 1 to ${max}${otherwise}`);
  return count;
}
