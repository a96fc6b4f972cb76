/**
 * @module
 * The file `quorum-state`: what a voter must not forget (§3.1). It is replaced as a whole and durable before any reply that depends on it:
 * a voter that forgot its vote could give it twice.
 */
import type { Disk, Task } from '../../runtime/index.ts';
import { METADATA_LOG } from '../metadata/metadata-record.ts';

/** What an epoch is to a voter. */
export interface ElectionState {
  readonly leaderEpoch: number;
  /** −1: not known. */
  readonly leaderId: number;
  /** −1: nobody. */
  readonly votedId: number;
}

/** Thrown when the file does not say what it should. It is never half written, so its bytes have rotted. */
export class MalformedQuorumStateError extends Error {
  constructor(text: string) {
    super(`${FILE}: '${text}'`);
    this.name = 'MalformedQuorumStateError';
  }
}

const FILE = `${METADATA_LOG}/quorum-state`;
const TEMPORARY = `${FILE}.tmp`;
const FORMAT = /^\{"leaderId":(-?\d+),"leaderEpoch":(\d+),"votedId":(-?\d+),"data_version":1\}$/;

export class QuorumStateFile {
  readonly #disk: Disk;
  readonly #isSynced: boolean;

  /** @param isSynced false: nothing is made durable, and what a loss of power left of the file counts for nothing (B56) */
  constructor(disk: Disk, isSynced: boolean) {
    this.#disk = disk;
    this.#isSynced = isSynced;
  }

  /** Undefined: this voter has never heard of an epoch. @throws {MalformedQuorumStateError} */
  *read(): Task<ElectionState | undefined> {
    const size = this.#disk.size(FILE);
    if (size === undefined) return undefined;
    const text = new TextDecoder().decode(yield* this.#disk.read(FILE, 0, size));
    const match = FORMAT.exec(text);
    if (match !== null) return { leaderEpoch: Number(match[2]), leaderId: Number(match[1]), votedId: Number(match[3]) };
    if (this.#isSynced) throw new MalformedQuorumStateError(text);
    return undefined;
  }

  /** Durable when it returns. */
  *write({ leaderEpoch, leaderId, votedId }: ElectionState): Task {
    const text = `{"leaderId":${leaderId},"leaderEpoch":${leaderEpoch},"votedId":${votedId},"data_version":1}`;
    // A write that was cut short may have left one.
    yield* this.#disk.remove(TEMPORARY);
    yield* this.#disk.append(TEMPORARY, new TextEncoder().encode(text));
    if (this.#isSynced) yield* this.#disk.fsync(TEMPORARY);
    yield* this.#disk.rename(TEMPORARY, FILE);
    if (this.#isSynced) yield* this.#disk.syncDirectory();
  }
}
