/** @module What a member of the quorum is made with, and its timeouts (§3.2), drawn from its own random streams. */
import { MILLISECOND } from '../../runtime/index.ts';
import type { ActorContext, Micros } from '../../runtime/index.ts';
import type { BrokerConfig } from '../config/broker-config.ts';
import type { PlantedBugs, ProtocolVariant } from '../protocol-variant.ts';

export type QuorumConfig = Pick<
  BrokerConfig,
  | 'controller.quorum.append.linger.ms'
  | 'controller.quorum.election.backoff.max.ms'
  | 'controller.quorum.election.timeout.ms'
  | 'controller.quorum.fetch.snapshot.max.bytes'
  | 'controller.quorum.fetch.timeout.ms'
  | 'controller.quorum.request.timeout.ms'
  | 'controller.quorum.retry.backoff.ms'
  | 'metadata.log.segment.bytes'
  | 'metadata.log.segment.ms'
  | 'metadata.max.retention.bytes'
  | 'metadata.max.retention.ms'
>;

export interface RaftOptions {
  readonly nodeId: number;
  /** Ids of all voters, this node among them. Static. */
  readonly voters: readonly number[];
  /** Name of the actor of a voter. */
  readonly nameOf: (nodeId: number) => string;
  readonly config: QuorumConfig;
  readonly protocol: Pick<ProtocolVariant, 'preVote' | 'quorumWithoutFsync'>;
  /** For tests of the judges. */
  readonly planted?: PlantedBugs | undefined;
}

/** A leader resigns when no majority has fetched for so many fetch timeouts. */
const CHECK_QUORUM_FACTOR = 1.5;
const BACKOFF_BASE_MS = 100;
/** Beyond that the doubling would leave 32 bits; the maximum has been reached long before. */
const DOUBLINGS_MAX = 20;

export class RaftTimeouts {
  readonly #context: ActorContext;
  readonly #config: QuorumConfig;

  constructor(context: ActorContext, config: QuorumConfig) {
    this.#context = context;
    this.#config = config;
  }

  /** Between one and two election timeouts from now: voters that lose their leader together do not stand together. */
  election(): Micros {
    const timeoutUs = this.#config['controller.quorum.election.timeout.ms'] * MILLISECOND;
    return this.#context.now + timeoutUs + this.#context.random('election-timeout').below(timeoutUs);
  }

  fetch(): Micros {
    return this.#context.now + this.#config['controller.quorum.fetch.timeout.ms'] * MILLISECOND;
  }

  get checkQuorumUs(): Micros {
    return Math.floor(CHECK_QUORUM_FACTOR * this.#config['controller.quorum.fetch.timeout.ms'] * MILLISECOND);
  }

  /** How long a leader leaves a voter alone that does not fetch. */
  get beginQuorumEpochUs(): Micros {
    return Math.floor((this.#config['controller.quorum.fetch.timeout.ms'] * MILLISECOND) / 2);
  }

  /** After a lost election: drawn from a range that doubles with every loss in a row. */
  backoff(retries: number): Micros {
    const maxMs = Math.min(this.#config['controller.quorum.election.backoff.max.ms'], BACKOFF_BASE_MS * (1 << Math.min(DOUBLINGS_MAX, retries)));
    return this.#context.now + this.#context.random('election-backoff').between(1, maxMs) * MILLISECOND;
  }

  /** When a voter stands after its leader resigned, by its position among the preferred successors (KR-2): the first at once, the next ones each twice as late. */
  succession(position: number, successors: number): Micros {
    if (position === 0) return this.#context.now;
    const maxMs = this.#config['controller.quorum.election.backoff.max.ms'];
    const baseMs = maxMs >> Math.min(DOUBLINGS_MAX, successors - 1);
    return this.#context.now + Math.min(maxMs, baseMs * (1 << Math.min(DOUBLINGS_MAX, position - 1))) * MILLISECOND;
  }
}
