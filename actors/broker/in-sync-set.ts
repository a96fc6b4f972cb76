/**
 * @module
 * Who is in sync with the leader of a partition, and what the leader has asked the controller to make of that:
 *
 *     Committed ──propose──► Pending(expand │ shrink) ──controller──► Committed'      (one in flight, KIP-497)
 *
 * While a change is pending the maximal set counts for the high watermark and for acknowledgements, so that whatever the
 * controller may believe is covered (AP-5).
 */
import type { ProtocolVariant } from '../protocol-variant.ts';
import { NONE, errorName } from '../protocol/errors.ts';
import type { AlterPartitionResponse } from '../protocol/messages.ts';

/** A change of the in-sync set that is wished for. */
export interface ProposedIsr {
  readonly isr: readonly number[];
  /** Who would be added; empty for a shrink. */
  readonly added: readonly number[];
}

/**
 * One that the controller has not answered yet, as it is asked for, and asked for again: with the epochs as they were when it was proposed. A member that
 * has come back since then without its log is so refused (INELIGIBLE_REPLICA, KIP-903).
 */
export interface PendingIsr extends ProposedIsr {
  /** −1: not known. */
  readonly isrWithEpochs: readonly { readonly brokerId: number; readonly brokerEpoch: number }[];
  readonly leaderEpoch: number;
  readonly partitionEpoch: number;
}

type Answer = AlterPartitionResponse['topics'][number]['partitions'][number];

/**
 * What an answer comes to. `granted`: the set counts. `dropped`: back to what was. `waits`: it stays pending until metadata brings something newer.
 * `again`: it is to be asked for again. `stale`: metadata has overtaken the answer, which says nothing.
 */
export type Decision = 'granted' | 'dropped' | 'waits' | 'again' | 'stale';

export class InSyncSet {
  readonly #countsPendingShrink: boolean;
  #committed: readonly number[] = [];
  #pending: PendingIsr | undefined;
  #maximal: readonly number[] = [];

  constructor({ countsPendingShrink }: Pick<ProtocolVariant, 'countsPendingShrink'>) {
    this.#countsPendingShrink = countsPendingShrink;
  }

  /** As the controller has it, as far as this broker knows. */
  get committed(): readonly number[] {
    return this.#committed;
  }

  get pending(): PendingIsr | undefined {
    return this.#pending;
  }

  /** Committed, and whoever is being added. A pending shrink does not make it smaller (AP-5), or did (B10). */
  get maximal(): readonly number[] {
    return this.#maximal;
  }

  /** What the controller has decided, which overwrites what was pending (AP-3, AP-4). */
  adopt(isr: readonly number[]): void {
    this.#committed = isr;
    this.withdraw();
  }

  propose(pending: PendingIsr): void {
    this.#pending = pending;
    if (pending.added.length > 0) this.#maximal = [...this.#committed, ...pending.added];
    else if (this.#countsPendingShrink) this.#maximal = pending.isr;
  }

  /** Nothing is pending any more. */
  withdraw(): void {
    this.#pending = undefined;
    this.#maximal = this.#committed;
  }

  /** AP-3: the controller has answered a leader of this leader epoch and partition epoch. */
  answered(proposal: PendingIsr, answer: Answer, leaderEpoch: number, partitionEpoch: number): Decision {
    if (this.#pending !== proposal) return 'stale';
    if (answer.errorCode === NONE) {
      if (answer.leaderEpoch !== leaderEpoch || answer.partitionEpoch < partitionEpoch) return 'stale';
      this.adopt(answer.isr);
      return 'granted';
    }
    switch (errorName(answer.errorCode)) {
      case 'OPERATION_NOT_ATTEMPTED':
      case 'INELIGIBLE_REPLICA':
        this.withdraw();
        return 'dropped';
      case 'UNKNOWN_TOPIC_OR_PARTITION':
      case 'UNKNOWN_TOPIC_ID':
      case 'NEW_LEADER_ELECTED':
      case 'FENCED_LEADER_EPOCH':
      case 'INVALID_UPDATE_VERSION':
      case 'INVALID_REQUEST':
        return 'waits';
      default:
        return 'again';
    }
  }
}
