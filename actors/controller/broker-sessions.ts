/** @module What the active controller remembers of brokers' heartbeats, in memory alone (BL-2, BL-3, BL-5). */
import type { Micros } from '../../runtime/index.ts';
import type { Offset } from '../log/record-batch.ts';

interface BrokerSession {
  lastContact: Micros;
  /** How far it has read the metadata log; −1: it has not said. */
  metadataOffset: Offset;
  /** Its leaderships had moved when the metadata log ended here; undefined: it is not shutting down. */
  controlledShutdownOffset: Offset | undefined;
}

export class BrokerSessions {
  readonly #timeoutUs: Micros;
  readonly #sessions = new Map<number, BrokerSession>();

  constructor(timeoutUs: Micros) {
    this.#timeoutUs = timeoutUs;
  }

  /** The broker registers, or a new controller meets it: its session is fresh. */
  open(brokerId: number, now: Micros): void {
    this.#sessions.set(brokerId, { lastContact: now, metadataOffset: -1, controlledShutdownOffset: undefined });
  }

  touch(brokerId: number, metadataOffset: Offset, now: Micros): void {
    const session = this.#sessions.get(brokerId)!;
    session.lastContact = now;
    session.metadataOffset = Math.max(session.metadataOffset, metadataOffset);
  }

  /** When the session runs out, if nothing is heard of the broker. */
  expiresAt(brokerId: number): Micros {
    return this.#sessions.get(brokerId)!.lastContact + this.#timeoutUs;
  }

  /** Others lead instead of it, as the metadata log says up to this offset. */
  leadershipsMoved(brokerId: number, offset: Offset): void {
    this.#sessions.get(brokerId)!.controlledShutdownOffset = offset;
  }

  /** Whether all of these brokers have read that others lead instead of it (BL-3). */
  mayShutDown(brokerId: number, activeBrokers: readonly number[]): boolean {
    const moved = this.#sessions.get(brokerId)!.controlledShutdownOffset;
    return moved === undefined || activeBrokers.every((active) => this.#sessions.get(active)!.metadataOffset >= moved);
  }
}
