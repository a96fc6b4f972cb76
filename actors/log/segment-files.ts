/**
 * @module
 * The files of a segment and their names: twenty digits of the first offset it may hold, then what the file is, then what becomes of it.
 *
 *     00000000000000001207.log            batches of magic 2
 *     00000000000000001207.index          where offsets lie (`offset-index.ts`)
 *     00000000000000001207.timeindex      by when they were written (`time-index.ts`)
 *     …                    .cleaned       what compaction makes of one or several segments (RT-3)
 *     …                    .swap          the same, ready to take their place
 *     …                    .deleted       it has left its log, and is about to go
 */
import { DiskError } from '../../runtime/index.ts';
import type { Disk, Task } from '../../runtime/index.ts';
import type { Offset } from './record-batch.ts';

const LOG = '.log';
export const INDEX = '.index';
export const TIME_INDEX = '.timeindex';
/** In the order in which they are renamed: where the last has another name, all have. */
const ALL = [LOG, INDEX, TIME_INDEX] as const;
/** What is to be removed is renamed first, so that readers let go of it (file.delete.delay.ms). */
export const DELETED = '.deleted';
export const CLEANED = '.cleaned';
export const SWAP = '.swap';
const NO_BYTES = new Uint8Array(0);

type IndexSuffix = typeof INDEX | typeof TIME_INDEX;

/** Whether a file of the disk holds batches of a log. */
export function isLogFile(file: string): boolean {
  return file.includes('/') && file.endsWith(LOG);
}

/** Base offsets of the segments in a directory, ascending. */
export function segmentsIn(disk: Disk, directory: string): Offset[] {
  return disk.list(`${directory}/`).filter(isLogFile).map((file) => Number(file.slice(directory.length + 1, -LOG.length)));
}

/** File of a directory that belongs to an offset: twenty digits and a suffix. */
export function offsetFile(directory: string, offset: Offset, suffix: string): string {
  return `${directory}/${String(offset).padStart(20, '0')}${suffix}`;
}

/** Base offset in the name of a file of a segment. */
export function baseOffsetIn(file: string): Offset {
  return Number(file.slice(file.lastIndexOf('/') + 1).split('.', 1)[0]);
}

/** The files of one segment. */
export class SegmentFiles {
  /** The file that holds the batches. */
  log: string;
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #baseOffset: Offset;
  /** What has become of it: '', {@link CLEANED} or {@link SWAP}. */
  #state: string;
  /** How often the files have got other names, and whether they are just getting them. */
  #moves = 0;
  #isMoving = false;
  #isDropped = false;

  constructor(disk: Disk, directory: string, baseOffset: Offset, state = '') {
    this.#state = state;
    this.#disk = disk;
    this.#directory = directory;
    this.#baseOffset = baseOffset;
    this.log = this.#nameOf(LOG);
  }

  /** The segment belongs to its log no more; the files are gone or about to go. */
  get isDropped(): boolean {
    return this.#isDropped;
  }

  /** Makes the file of batches, empty. */
  *create(): Task {
    yield* this.#disk.append(this.log, NO_BYTES);
  }

  /** Makes the batches durable, and the indexes if they are files. */
  *flush(hasIndexes: boolean): Task {
    for (const suffix of hasIndexes ? ALL : [LOG]) {
      if (this.#isDropped) return;
      yield* this.unlessDropped(this.#disk.fsync(this.#nameOf(suffix)), undefined);
    }
  }

  /** They get another name, under which `remove` finds them. */
  *drop(): Task {
    this.#isDropped = true;
    for (const suffix of ALL) if (this.#disk.size(this.#nameOf(suffix)) !== undefined) yield* this.#disk.rename(this.#nameOf(suffix), this.#nameOf(suffix) + DELETED);
  }

  /** After `drop`. */
  *remove(): Task {
    for (const suffix of ALL) yield* this.#disk.remove(this.#nameOf(suffix) + DELETED);
  }

  /** They get other names, one after the other. */
  *moveTo(state: string): Task {
    const from = this.#state;
    this.#isMoving = true;
    for (const suffix of ALL) {
      const file = offsetFile(this.#directory, this.#baseOffset, suffix);
      yield* this.#disk.rename(file + from, file + state);
      if (suffix === LOG) this.log = file + state;
    }
    this.#state = state;
    this.#moves += 1;
    this.#isMoving = false;
  }

  /** Removes them, by the names they have. */
  *discard(): Task {
    for (const suffix of ALL) yield* this.#disk.remove(this.#nameOf(suffix));
  }

  *removeIndexes(): Task {
    yield* this.#disk.remove(this.#nameOf(INDEX));
    yield* this.#disk.remove(this.#nameOf(TIME_INDEX));
  }

  /** Replaces an index. */
  *replace(suffix: IndexSuffix, bytes: Uint8Array): Task {
    const file = this.#nameOf(suffix);
    if (this.#disk.size(file) !== undefined) yield* this.#disk.truncate(file, 0);
    yield* this.#disk.append(file, bytes);
  }

  /** An index as the file holds it; undefined: there is none. */
  *readWhole(suffix: IndexSuffix): Task<Uint8Array | undefined> {
    const size = this.#disk.size(this.#nameOf(suffix));
    return size === undefined ? undefined : (yield* this.#disk.read(this.#nameOf(suffix), 0, size)).slice();
  }

  /** Does something to a file that may be taken away meanwhile, when the segment is dropped, or get another name. */
  *unlessDropped<T>(task: Task<T>, otherwise: T): Task<T> {
    const moves = this.#moves;
    try {
      return yield* task;
    } catch (error) {
      if ((this.#isDropped || this.#isMoving || this.#moves !== moves) && error instanceof DiskError && error.code === 'no-such-file') return otherwise;
      throw error;
    }
  }

  #nameOf(suffix: string): string {
    return offsetFile(this.#directory, this.#baseOffset, suffix) + this.#state;
  }
}
