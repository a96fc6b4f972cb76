/** @module What the active controller remembers of brokers' heartbeats, in memory alone (BL-2, BL-3, BL-5). */
import type { Micros } from '../../runtime/index.ts';
import type { Offset } from '../log/record-batch.ts';

interface BrokerSession {
  /** Of its last heartbeat; undefined: there was none yet, or the session is over. */
  lastContact: Micros | undefined;
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

  /** The broker registers, or a new controller meets it. Its session begins with its first heartbeat, unless it is said to have begun. */
  open(brokerId: number, lastContact?: Micros): void {
    this.#sessions.set(brokerId, { lastContact, metadataOffset: -1, controlledShutdownOffset: undefined });
  }

  touch(brokerId: number, metadataOffset: Offset, now: Micros): void {
    const session = this.#sessions.get(brokerId)!;
    session.lastContact = now;
    session.metadataOffset = Math.max(session.metadataOffset, metadataOffset);
  }

  /** Whether something was heard of the broker lately, fenced or not (BL-1). */
  isValid(brokerId: number, now: Micros): boolean {
    const lastContact = this.#sessions.get(brokerId)?.lastContact;
    return lastContact !== undefined && lastContact + this.#timeoutUs >= now;
  }

  /** Ends the session of one broker that nothing was heard of for too long, the lowest id first. @returns its id; undefined: there is none */
  endExpired(now: Micros): number | undefined {
    let expired: number | undefined;
    for (const [brokerId, { lastContact }] of this.#sessions) {
      if (lastContact !== undefined && lastContact + this.#timeoutUs < now && (expired === undefined || brokerId < expired)) expired = brokerId;
    }
    if (expired !== undefined) this.#sessions.get(expired)!.lastContact = undefined;
    return expired;
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
