/**
 * @module
 * A frame: what one end of a connection sends to the other. The payload is msgpack, always, also inside one worker, so that
 * nothing is shared by reference and sizes are real.
 */
import { FRAME_KINDS } from '../trace/trace-event.ts';

export const OPEN = FRAME_KINDS.indexOf('open');
export const ACCEPT = FRAME_KINDS.indexOf('accept');
export const REFUSE = FRAME_KINDS.indexOf('refuse');
export const REQUEST = FRAME_KINDS.indexOf('request');
export const ONE_WAY = FRAME_KINDS.indexOf('one-way');
export const REPLY = FRAME_KINDS.indexOf('reply');
export const CLOSE = FRAME_KINDS.indexOf('close');
export const RESET = FRAME_KINDS.indexOf('reset');

export const NO_PAYLOAD = new Uint8Array(0);

/** Bytes a frame takes on the wire beside its payload: Ethernet, IP, TCP headers and the connection's own. */
export const FRAME_OVERHEAD_BYTES = 78;

export interface Frame {
  readonly from: number;
  readonly to: number;
  /** Globally unique: index of the actor that opened it × 2^32 + that actor's counter. */
  readonly connection: number;
  readonly kind: number;
  /** Pairs a reply with its request; 0 where there is none. */
  readonly correlation: number;
  readonly payload: Uint8Array;
}

const CONNECTIONS_PER_ACTOR = 2 ** 32;

export function connectionId(opener: number, counter: number): number {
  return opener * CONNECTIONS_PER_ACTOR + counter;
}
