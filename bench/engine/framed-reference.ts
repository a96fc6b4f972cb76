/**
 * @module
 * The framed benchmark as tight as it can be written by hand: the same messages through the same codec, unpacked and packed again
 * at every event, around the heap of `phold-reference.ts`. No connections, links, digest, actors or tasks: the difference is what
 * the engine costs.
 */
import { FrameCodec } from '../../runtime/network/codec.ts';
import { FRAMED_STRUCTURES, firstMessage, nextMessage } from './framed-message.ts';
import type { FramedMessage } from './framed-message.ts';
import { PEERS, peerOf } from './framed-simulation.ts';
import { REMOTE_BELOW, delayUs, firstState, uniform, xorshift32 } from './phold.ts';

const SEQUENCES = 2 ** 33;

/** Handles so many events. @returns the sum of all steps the messages have made, which is that number */
export function framedReference(processes: number, population: number, events: number): number {
  const codec = new FrameCodec(FRAMED_STRUCTURES);
  const states = Int32Array.from({ length: processes }, (_, process) => firstState(process));
  const sequences = new Float64Array(processes);
  const times = new Float64Array(population);
  const orders = new Float64Array(population);
  /** A message stays in its slot; the heap moves numbers alone. */
  const slots = new Int32Array(population);
  const targets = new Int32Array(population);
  const payloads: Uint8Array[] = [];
  // All at one time: in this order they are a heap already.
  for (let slot = 0; slot < population; slot += 1) {
    const process = Math.floor((slot * processes) / population);
    slots[slot] = slot;
    targets[slot] = peerOf(process, processes, slot % PEERS);
    orders[slot] = process * SEQUENCES + sequences[process]!;
    sequences[process]! += 1;
    payloads.push(codec.encode(firstMessage(process, slot)));
  }
  for (let event = 0; event < events; event += 1) {
    const now = times[0]!;
    const slot = slots[0]!;
    const process = targets[slot]!;
    let state = xorshift32(states[process]!);
    const first = state >>> 0 < REMOTE_BELOW ? PEERS : 0;
    state = xorshift32(state);
    const target = peerOf(process, processes, first + uniform(state, PEERS));
    state = xorshift32(state);
    states[process] = state;
    const message = codec.decode(payloads[slot]!) as FramedMessage;
    payloads[slot] = codec.encode(nextMessage(message, now));
    targets[slot] = target;
    const time = now + delayUs(state);
    const sequence = sequences[process]!;
    sequences[process] = sequence + 1;
    const order = process * SEQUENCES + sequence;
    let position = 0;
    for (;;) {
      let child = 2 * position + 1;
      if (child >= population) break;
      let childTime = times[child]!;
      const sibling = child + 1;
      if (sibling < population) {
        const siblingTime = times[sibling]!;
        if (siblingTime < childTime || (siblingTime === childTime && orders[sibling]! < orders[child]!)) {
          child = sibling;
          childTime = siblingTime;
        }
      }
      if (time < childTime || (time === childTime && order < orders[child]!)) break;
      times[position] = childTime;
      orders[position] = orders[child]!;
      slots[position] = slots[child]!;
      position = child;
    }
    times[position] = time;
    orders[position] = order;
    slots[position] = slot;
  }
  return payloads.reduce((steps, payload) => steps + (codec.decode(payload) as FramedMessage).baseSequence, 0);
}
