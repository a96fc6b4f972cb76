/**
 * @module
 * The state of a directed link, split by who owns it: the sender's side decides what happens to outbound frames, the receiver's
 * side what happens to inbound ones. The two may live on different workers and never share anything.
 */
import type { LinkWeather } from '../faults/weather.ts';
import type { Random } from '../random/random.ts';
import type { Micros } from '../units.ts';
import type { Endpoint } from './endpoint.ts';
import type { Frame } from './frame.ts';
import type { LinkOptions } from './options.ts';

/** A frame that the sender's machine keeps until the link is whole again. */
export interface HeldFrame {
  readonly frame: Frame;
  readonly endpoint: Endpoint | undefined;
}

export class OutboundLink {
  readonly options: LinkOptions;
  readonly latency: Random;
  readonly weather: LinkWeather | undefined;
  /** When the last frame has left the wire: the next one waits. */
  freeAt: Micros = 0;
  /** Partitions in force. Opens are lost, the rest is held: TCP sends it again after the heal. */
  partitions = 0;
  /** Jams in force: everything is held. */
  jams = 0;
  /** Added to every frame's latency by `delay` faults. */
  delayUs: Micros = 0;
  /** Bandwidths of the `slow` faults in force, bytes per second; the smallest counts. */
  slowed: number[] = [];
  held: HeldFrame[] = [];

  constructor(options: LinkOptions, latency: Random, weather: LinkWeather | undefined) {
    this.options = options;
    this.latency = latency;
    this.weather = weather;
  }

  get isCut(): boolean {
    return this.partitions > 0 || this.jams > 0;
  }

  /** When a frame of so many bytes that leaves now, or later if the wire is busy, arrives. Draws the latency. */
  arrival(now: Micros, bytes: number): Micros {
    let bytesPerSecond = this.options.bytesPerSecond;
    for (const slow of this.slowed) if (slow < bytesPerSecond) bytesPerSecond = slow;
    const start = now > this.freeAt ? now : this.freeAt;
    this.freeAt = start + Math.ceil((bytes * 1_000_000) / bytesPerSecond);
    return this.freeAt + this.options.latencyUsMin + this.latency.exponential(this.options.latencyUsMeanExtra) + this.delayUs;
  }
}

/** What the receiver's side keeps of one sender: frames that were in flight when the link was cut. */
export class InboundLink {
  cuts = 0;
  held: Frame[] = [];
}
