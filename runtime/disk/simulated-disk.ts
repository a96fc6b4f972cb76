/**
 * @module
 * A disk that can lose power.
 *
 * The fault model. A write lands in the page cache, in no time, and is durable only once the file was synced. A crash of the process
 * loses nothing: the page cache belongs to the machine, and the same disk serves the next incarnation (ST-2). A loss of power
 * takes the page cache with it, and what was not durable meets one of the fates that real file systems deal out (ST-1):
 *
 * - of each file, independently, some prefix of the unsynced bytes survives: none, all, or any part;
 * - the end of what survives may be torn: up to a page of zeros or garbage, where the size of the file was written and its blocks were not;
 * - a truncation of durable bytes may be undone, and then everything written after it is lost as well; but file systems journal the sizes of
 *   files in order, so a sync of anything makes the truncations before it durable;
 * - creations, renames and removals survive as a prefix, in the order they were made; a file's own fsync makes its creation durable.
 *
 * So a rename may survive when the content of the renamed file did not, and a file may be gone whose neighbour, written later, is
 * there. Whatever was synced is always there, whole: code that syncs where it must is never hurt. What is left out: unsynced bytes that were
 * cut off again do not come back, and pages are not lost out of order inside a file.
 *
 * The disk is one server: a sync waits for those before it, then takes its own time. Only syncs take time.
 *
 * What faults do to it is told in `faults/plan.ts`. They meet what needs the device: whatever changes a file, for even a write that lands in the page
 * cache needs a block and a place in the file system's journal; and the first read of a file after a power loss. A read from the page cache always succeeds.
 * Of the faults bit rot alone harms what is there already, and it may hit any byte: an operating system writes pages back within half a
 * minute, which nothing here depends on and therefore nothing here does.
 */
import type { DiskFaultKind } from '../faults/plan.ts';
import type { Random } from '../random/random.ts';
import type { Task } from '../task.ts';
import type { Micros } from '../units.ts';
import { DiskError } from './disk.ts';
import type { Disk, DiskErrorCode } from './disk.ts';
import { DiskTroubles } from './disk-troubles.ts';
import { SimulatedDirectory } from './simulated-directory.ts';
import { SimulatedFile } from './simulated-file.ts';

const MIB = 1_048_576;

export interface SimulatedDiskOptions {
  /** What a sync of a file or of the directory takes before the first byte is written, in µs. */
  readonly fsyncUs: Micros;
  /** What a sync takes on top for each MiB that is not yet durable, in µs: the inverse of the bandwidth. */
  readonly usPerMiB: Micros;
  /** POSIX to the letter: the name of a new file is durable only after a sync of the directory. Absent: as on ext4, a sync of the file is enough. */
  readonly namesNeedDirectorySync?: boolean;
}

/** A solid-state disk: 165 µs per sync (measured), 1 GiB/s. */
export const SOLID_STATE_DISK: SimulatedDiskOptions = { fsyncUs: 165, usPerMiB: 977 };

/** What happened on a disk. Files are numbered in the order of their creation; only `disk-created` and `disk-renamed` carry a name. */
export type DiskEvent =
  | { readonly type: 'disk-created'; readonly file: number; readonly name: string }
  | { readonly type: 'disk-written'; readonly file: number; readonly position: number; readonly bytes: number }
  | { readonly type: 'disk-truncated'; readonly file: number; readonly size: number }
  | { readonly type: 'disk-synced'; readonly file: number }
  | { readonly type: 'disk-renamed'; readonly file: number; readonly name: string }
  | { readonly type: 'disk-removed'; readonly file: number }
  | { readonly type: 'disk-directory-synced' }
  /** At a power loss: so many directory operations, the last ones, never happened. */
  | { readonly type: 'disk-directory-lost'; readonly operations: number }
  /** At a power loss: so many bytes of this file are gone or garbage. */
  | { readonly type: 'disk-lost'; readonly file: number; readonly bytes: number }
  /** At a power loss: a truncation was undone, and so many bytes are back. */
  | { readonly type: 'disk-restored'; readonly file: number; readonly bytes: number }
  | { readonly type: 'disk-failed'; readonly operation: DiskOperation; readonly name: string; readonly code: DiskErrorCode }
  | { readonly type: 'disk-writeback-lost'; readonly file: number; readonly position: number; readonly bytes: number }
  | { readonly type: 'disk-rotted'; readonly file: number; readonly bits: number };

/** An operation that needs the device. */
type DiskOperation = 'append' | 'read' | 'truncate' | 'fsync' | 'rename' | 'remove' | 'sync-directory';

/** What a disk needs of the process it belongs to. */
export interface DiskHost {
  now(): Micros;
  sleep(durationUs: Micros): Task;
  record(event: DiskEvent): void;
}

export class SimulatedDisk implements Disk {
  readonly #host: DiskHost;
  readonly #options: SimulatedDiskOptions;
  readonly #directory = new SimulatedDirectory();
  #filesCreated = 0;
  /** Files that were truncated since the last sync of anything. */
  readonly #truncated = new Set<SimulatedFile>();
  readonly #troubles = new DiskTroubles();
  /** When the disk has done everything that was asked of it so far. */
  #freeAt: Micros = 0;

  constructor(host: DiskHost, options: SimulatedDiskOptions) {
    if (!(Number.isSafeInteger(options.fsyncUs) && options.fsyncUs >= 0)) throw new RangeError(`fsyncUs: ${options.fsyncUs}`);
    if (!(Number.isSafeInteger(options.usPerMiB) && options.usPerMiB >= 0)) throw new RangeError(`usPerMiB: ${options.usPerMiB}`);
    this.#host = host;
    this.#options = options;
  }

  /** Size of all files together. */
  get bytesStored(): number {
    return this.#directory.files().reduce((bytes, file) => bytes + file.size, 0);
  }

  *append(name: string, bytes: Uint8Array): Task {
    yield* this.#serve('append', name, 0);
    const file = this.#directory.get(name) ?? this.#create(name);
    const written = this.#troubles.isFull ? bytes.subarray(0, file.roomInLastBlock) : bytes;
    if (written.length > 0) {
      this.#host.record({ type: 'disk-written', file: file.number, position: file.size, bytes: written.length });
      file.append(written);
    }
    if (written.length < bytes.length) throw this.#failure('append', name, 'full');
  }

  *read(name: string, position: number, length: number): Task<Uint8Array> {
    if (this.#existing(name).isCold) {
      yield* this.#serve('read', name, 0);
      this.#existing(name).isCold = false;
    }
    return this.#existing(name).read(position, length);
  }

  readCached(name: string, position: number, length: number): Uint8Array | undefined {
    const file = this.#existing(name);
    return file.isCold ? undefined : file.read(position, length);
  }

  *truncate(name: string, size: number): Task {
    yield* this.#serve('truncate', name, 0);
    const file = this.#existing(name);
    if (size === file.size) return;
    file.truncate(size);
    this.#truncated.add(file);
    this.#host.record({ type: 'disk-truncated', file: file.number, size });
  }

  *fsync(name: string): Task {
    const file = this.#existing(name);
    // Only what was written before the sync began becomes durable. A truncation that overtakes it has moved the ground: sync again.
    let size, truncations;
    do {
      size = file.size;
      truncations = file.truncations;
      yield* this.#sync('fsync', name, this.#options.fsyncUs + Math.ceil((file.unsyncedBytes * this.#options.usPerMiB) / MIB));
    } while (file.truncations !== truncations);
    const isWriting = file.unsyncedBytes > file.size - size;
    if (this.#troubles.losesWrites && isWriting) {
      const position = file.loseWrites(size);
      this.#host.record({ type: 'disk-writeback-lost', file: file.number, position, bytes: size - position });
      throw this.#failure('fsync', name, 'io');
    }
    file.sync(size);
    if (this.#options.namesNeedDirectorySync !== true) this.#directory.syncCreation(file);
    this.#host.record({ type: 'disk-synced', file: file.number });
  }

  *rename(from: string, to: string): Task {
    yield* this.#serve('rename', from, 0);
    const file = this.#existing(from);
    if (from === to) return;
    this.#directory.rename(from, to);
    this.#host.record({ type: 'disk-renamed', file: file.number, name: to });
  }

  *remove(name: string): Task {
    yield* this.#serve('remove', name, 0);
    const file = this.#directory.get(name);
    if (file === undefined) return;
    this.#directory.remove(name);
    this.#host.record({ type: 'disk-removed', file: file.number });
  }

  *syncDirectory(): Task {
    yield* this.#sync('sync-directory', '', this.#options.fsyncUs);
    this.#directory.sync();
    this.#host.record({ type: 'disk-directory-synced' });
  }

  size(name: string): number | undefined {
    return this.#directory.get(name)?.size;
  }

  list(prefix: string): string[] {
    return [...this.#directory.names()].filter((name) => name.startsWith(prefix)).sort((a, b) => (a < b ? -1 : 1));
  }

  /**
   * Only what was durable remains, and what the draws spare; all of it is durable then. The process is dead already: its tasks are dropped.
   * Draws for the directory first, then for each remaining file in the order of creation; nothing where there is nothing to decide.
   */
  powerLoss(random: Random): void {
    this.#freeAt = 0;
    this.#truncated.clear();
    const operations = this.#directory.losePower(random);
    if (operations > 0) this.#host.record({ type: 'disk-directory-lost', operations });
    for (const file of this.#directory.files()) {
      const { lostBytes, restoredBytes } = file.losePower(random);
      if (lostBytes > 0) this.#host.record({ type: 'disk-lost', file: file.number, bytes: lostBytes });
      if (restoredBytes > 0) this.#host.record({ type: 'disk-restored', file: file.number, bytes: restoredBytes });
    }
  }

  /** A fault begins, which lasts until then unless it is `end`ed. */
  begin(faultId: string, kind: DiskFaultKind, amount: number, until: Micros): void {
    this.#troubles.begin(faultId, kind, amount, until);
  }

  end(faultId: string): void {
    this.#troubles.end(faultId);
  }

  /** Name of the file in which bits will rot with these draws. There must be a byte. */
  fileToRot(random: Random): string {
    let place = random.below(this.bytesStored);
    return [...this.#directory.names()].find((name) => {
      const { size } = this.#existing(name);
      if (place < size) return true;
      place -= size;
      return false;
    })!;
  }

  /** So many bits flip in one file. Draws which file, by its size, then place after place. There must be a byte. */
  rot(bits: number, random: Random): void {
    const file = this.#existing(this.fileToRot(random));
    for (let i = 0; i < bits; i += 1) file.flipBit(random.below(file.size), random.below(8));
    this.#host.record({ type: 'disk-rotted', file: file.number, bits });
  }

  /**
   * Every operation that needs the device passes here before it takes effect: waits for its turn and for `busyUs` of the disk's time, and fails if the device
   * fails. Does not suspend if there is nothing to wait for.
   * @throws {DiskError} `io`
   */
  *#serve(operation: DiskOperation, file: string, busyUs: Micros): Task {
    if (this.#troubles.hungUntil > 0) yield* this.#whileHung();
    const takesUs = busyUs + this.#troubles.addedUs;
    if (takesUs > 0) {
      const now = this.#host.now();
      this.#freeAt = Math.max(now, this.#freeAt) + takesUs;
      yield* this.#host.sleep(this.#freeAt - now);
      // What had begun when the disk hung is not done before it is over.
      if (this.#troubles.hungUntil > 0) yield* this.#whileHung();
    }
    if (this.#troubles.isBroken) throw this.#failure(operation, file, 'io');
  }

  *#whileHung(): Task {
    for (let now = this.#host.now(); now < this.#troubles.hungUntil; now = this.#host.now()) yield* this.#host.sleep(this.#troubles.hungUntil - now);
  }

  #failure(operation: DiskOperation, name: string, code: 'full' | 'io'): DiskError {
    this.#host.record({ type: 'disk-failed', operation, name, code });
    return new DiskError(code, name);
  }

  /** Waits for a sync to be done, which makes durable every truncation from before it began. */
  *#sync(operation: DiskOperation, file: string, busyUs: Micros): Task {
    const truncated = [...this.#truncated].map((file) => ({ file, truncations: file.truncations }));
    yield* this.#serve(operation, file, busyUs);
    for (const { file: shortened, truncations } of truncated) {
      if (shortened.truncations !== truncations) continue;
      shortened.syncTruncations();
      this.#truncated.delete(shortened);
    }
  }

  #create(name: string): SimulatedFile {
    const file = new SimulatedFile(this.#filesCreated);
    this.#filesCreated += 1;
    this.#directory.create(name, file);
    this.#host.record({ type: 'disk-created', file: file.number, name });
    return file;
  }

  #existing(name: string): SimulatedFile {
    const file = this.#directory.get(name);
    if (file === undefined) throw new DiskError('no-such-file', name);
    return file;
  }
}
