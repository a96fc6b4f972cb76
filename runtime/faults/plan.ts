/**
 * @module
 * Faults are data, made from (seed, profile) before the run or read from a file. Two kinds:
 *
 * *Timed faults* happen at a time, for a while, to a target; each becomes an event addressed to every actor it touches.
 * *Weather* is rates per directed link: one live stream per (link, kind) and exactly one draw per frame, used or not, so that the
 * n-th draw always decides the n-th frame.
 *
 * A strike is a fault that really hit. Its id is the timed fault's own, or `link/kind/n` for weather. A strike named in
 * `switchedOff` is drawn and decided as ever and then has no effect: nothing else changes.
 *
 * Who starts a process again: what `crash` or `power-loss` struck down, the end of that fault. `shutdown` asks a process to end (SIGTERM), and
 * starts it again when `for` is over, or, if it has not ended by then, as soon as it has. A process that halted of its own decision
 * is started by a supervisor: at the end of the faults that were in force and may have been the reason, otherwise a second later.
 */
import type { Micros } from '../units.ts';

/** Actors by name, or by a role that the nemesis resolves when the time has come (`leader of orders-0`). */
export type Target =
  | { readonly actor: string }
  | { readonly role: string }
  /** Both directions between every actor of `between` and every one of `and`. */
  | { readonly between: readonly string[]; readonly and: readonly string[] }
  /** The one direction from every actor of `from` to every one of `to`. */
  | { readonly from: readonly string[]; readonly to: readonly string[] };

/** Faults of a process. `for`: how long it is down, paused or skewed; for `shutdown` from the signal to the next start. */
export const PROCESS_FAULTS = ['crash', 'power-loss', 'pause', 'clock-skew', 'refuse', 'shutdown'] as const;
/** Faults of links. `for`: how long; `reset` and `half-open` hit the connections there are at that instant. */
export const LINK_FAULTS = ['partition', 'jam', 'delay', 'slow', 'reset', 'half-open'] as const;
/**
 * Faults of the disk of an actor. What needs the device: everything that changes a file, and reads of what is not in the page cache. `for`: how long;
 * `disk-bit-rot` is done in a moment.
 *
 * - `disk-full`: a write that needs a new block fails with `full`, after it has filled the file's last one;
 * - `disk-hung`: what needs the device is not done before the fault ends;
 * - `disk-slow`: it takes `amount` µs longer, one after the other;
 * - `disk-error`: it fails with `io`;
 * - `disk-fsync-error`: a sync that has something to write fails with `io`, and what it should have written is taken for written from then on, by every later
 *   sync, too: it is in the page cache and will never be on the device;
 * - `disk-bit-rot`: `amount` bits flip in one file, which is the likelier the larger it is.
 */
export const DISK_FAULTS = ['disk-full', 'disk-hung', 'disk-slow', 'disk-error', 'disk-fsync-error', 'disk-bit-rot'] as const;
export type ProcessFaultKind = (typeof PROCESS_FAULTS)[number];
export type DiskFaultKind = (typeof DISK_FAULTS)[number];
export type LinkFaultKind = (typeof LINK_FAULTS)[number];
export type FaultKind = ProcessFaultKind | DiskFaultKind | LinkFaultKind;

export interface TimedFault {
  /** Unique in the plan, e.g. `f3`. */
  readonly id: string;
  readonly kind: FaultKind;
  readonly at: Micros;
  /** How long it lasts, in µs. 0 for a moment (`reset`, `half-open`, `disk-bit-rot`). */
  readonly for: Micros;
  readonly target: Target;
  /** `delay`: microseconds added to every frame. `slow`: bandwidth in bytes per second. `clock-skew`: microseconds the clock jumps. Disks: see `DISK_FAULTS`. */
  readonly amount?: number;
}

/** Chances are per million frames. */
export const WEATHER_KINDS = ['delay', 'jam', 'reset', 'half-open', 'refuse'] as const;
export type WeatherKind = (typeof WEATHER_KINDS)[number];

/** Rates for the links it applies to. */
export interface Weather {
  /** Links from and to actors whose name starts with one of these; all links if absent. */
  readonly links?: { readonly from: string; readonly to: string };
  /** Frames per million that suffer each kind. */
  readonly perMillion: Partial<Record<WeatherKind, number>>;
  /** Mean of the extra latency of `delay`, µs. Default 20 000. */
  readonly delayMeanUs?: Micros;
  /** Mean of the time that `jam` holds a connection, µs. Default 500 000. */
  readonly jamMeanUs?: Micros;
}

export interface FaultPlan {
  readonly timed: readonly TimedFault[];
  readonly weather: readonly Weather[];
  /** Weather blows from here … */
  readonly weatherFrom: Micros;
  /** … to here (the heal). */
  readonly weatherUntil: Micros;
  /** Ids of strikes that have no effect. */
  readonly switchedOff: readonly string[];
}

export const NO_FAULTS: FaultPlan = { timed: [], weather: [], weatherFrom: 0, weatherUntil: 0, switchedOff: [] };

export function isLinkFaultKind(kind: FaultKind): kind is LinkFaultKind {
  return (LINK_FAULTS as readonly string[]).includes(kind);
}

export function isDiskFaultKind(kind: FaultKind): kind is DiskFaultKind {
  return (DISK_FAULTS as readonly string[]).includes(kind);
}
