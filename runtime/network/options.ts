/** @module How fast links are. Named parameters with their units, so that they can be calibrated against a real network. */
import type { Micros } from '../units.ts';

export interface LinkOptions {
  /** No frame arrives sooner than this after it was sent, in µs. The smallest of all links is the lookahead of the simulation. */
  readonly latencyUsMin: Micros;
  /** Mean of what comes on top, exponentially distributed, in µs. */
  readonly latencyUsMeanExtra: Micros;
  /** Bandwidth in bytes per second. */
  readonly bytesPerSecond: number;
}

export interface NetworkOptions extends LinkOptions {
  /** Unread bytes that one end of a connection holds; more, and the connection is reset. */
  readonly connectionBytesMax: number;
  /** Links that differ, first match wins. `from`, `to`: the start of an actor's name. */
  readonly links?: readonly ({ readonly from: string; readonly to: string } & Partial<LinkOptions>)[];
}

/** One rack row of a datacentre: half a millisecond, ten gigabits. */
export const DATACENTRE: NetworkOptions = {
  latencyUsMin: 500,
  latencyUsMeanExtra: 250,
  bytesPerSecond: 1_250_000_000,
  connectionBytesMax: 128 * 1024 * 1024,
};

export function linkOptions(network: NetworkOptions, from: string, to: string): LinkOptions {
  const special = network.links?.find((link) => from.startsWith(link.from) && to.startsWith(link.to));
  return {
    latencyUsMin: special?.latencyUsMin ?? network.latencyUsMin,
    latencyUsMeanExtra: special?.latencyUsMeanExtra ?? network.latencyUsMeanExtra,
    bytesPerSecond: special?.bytesPerSecond ?? network.bytesPerSecond,
  };
}

/** The smallest time in which one actor can affect another: how far workers may run apart. */
export function lookahead(network: NetworkOptions): Micros {
  return Math.min(network.latencyUsMin, ...(network.links ?? []).map((link) => link.latencyUsMin ?? network.latencyUsMin));
}
