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
 */
import type { Random } from '../random/random.ts';
import type { Task } from '../task.ts';
import type { Micros } from '../units.ts';
import { DiskError } from './disk.ts';
import type { Disk } from './disk.ts';
import { SimulatedDirectory } from './simulated-directory.ts';
import { SimulatedFile } from './simulated-file.ts';

const MIB = 1_048_576;

export interface SimulatedDiskOptions {
  /** What a sync of a file or of the directory takes before the first byte is written, in µs. */
  readonly fsyncUs: Micros;
  /** What a sync takes on top for each MiB that is not yet durable, in µs: the inverse of the bandwidth. */
  readonly usPerMiB: Micros;
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
  | { readonly type: 'disk-restored'; readonly file: number; readonly bytes: number };

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
    yield* this.#serve(0);
    const file = this.#directory.get(name) ?? this.#create(name);
    if (bytes.length === 0) return;
    this.#host.record({ type: 'disk-written', file: file.number, position: file.size, bytes: bytes.length });
    file.append(bytes);
  }

  *read(name: string, position: number, length: number): Task<Uint8Array> {
    yield* this.#serve(0);
    return this.#existing(name).read(position, length);
  }

  *truncate(name: string, size: number): Task {
    yield* this.#serve(0);
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
      yield* this.#sync(this.#options.fsyncUs + Math.ceil((file.unsyncedBytes * this.#options.usPerMiB) / MIB));
    } while (file.truncations !== truncations);
    file.sync(size);
    this.#directory.syncCreation(file);
    this.#host.record({ type: 'disk-synced', file: file.number });
  }

  *rename(from: string, to: string): Task {
    yield* this.#serve(0);
    const file = this.#existing(from);
    if (from === to) return;
    this.#directory.rename(from, to);
    this.#host.record({ type: 'disk-renamed', file: file.number, name: to });
  }

  *remove(name: string): Task {
    yield* this.#serve(0);
    const file = this.#directory.get(name);
    if (file === undefined) return;
    this.#directory.remove(name);
    this.#host.record({ type: 'disk-removed', file: file.number });
  }

  *syncDirectory(): Task {
    yield* this.#sync(this.#options.fsyncUs);
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

  /** Every operation passes here before it takes effect: waits for its turn and for `busyUs` of the disk's time. Does not suspend if that is nothing. */
  *#serve(busyUs: Micros): Task {
    if (busyUs === 0) return;
    const now = this.#host.now();
    this.#freeAt = Math.max(now, this.#freeAt) + busyUs;
    yield* this.#host.sleep(this.#freeAt - now);
  }

  /** Waits for a sync to be done, which makes durable every truncation from before it began. */
  *#sync(busyUs: Micros): Task {
    const truncated = [...this.#truncated].map((file) => ({ file, truncations: file.truncations }));
    yield* this.#serve(busyUs);
    for (const { file, truncations } of truncated) {
      if (file.truncations !== truncations) continue;
      file.syncTruncations();
      this.#truncated.delete(file);
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
