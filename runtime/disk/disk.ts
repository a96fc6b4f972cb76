/**
 * @module
 * What an actor sees of its disk. Two implementations: `SimulatedDisk` (page cache, durable prefix, power loss) and, for the
 * flush benchmark, real files. Every operation is a task, because every one may have to wait on a slow or hung disk.
 */
import type { Task } from '../task.ts';

/**
 * Files of one actor. Names are plain paths with `/`; a directory exists while a file in it does.
 *
 * A write lands in the page cache, which survives a crash of the process. Only what was synced survives a loss of power:
 * of the rest of each file some prefix survives, its end possibly torn; renames, creations and removals survive in order up
 * to some point after the last `syncDirectory`.
 *
 * Where a disk has faults, every operation may fail with a `DiskError` `full` or `io`.
 */
export interface Disk {
  /** Adds bytes at the end of a file, which is created if it does not exist. The bytes are copied. */
  append(file: string, bytes: Uint8Array): Task;

  /**
   * Reads up to `length` bytes from `position`; fewer at the end of the file.
   * The result is a view of the page cache, valid until the reader next waits: copy what is kept.
   * @throws {DiskError} `no-such-file`
   */
  read(file: string, position: number, length: number): Task<Uint8Array>;

  /**
   * The same at once, for a file that is in the page cache. Undefined: it has to be `read` first, and then is there until power is lost.
   * @throws {DiskError} `no-such-file`
   */
  readCached(file: string, position: number, length: number): Uint8Array | undefined;

  /** Shortens a file to `size` bytes. @throws {DiskError} `no-such-file` */
  truncate(file: string, size: number): Task;

  /** Makes the content of one file durable, and the fact that it was created. @throws {DiskError} `no-such-file` */
  fsync(file: string): Task;

  /** Renames a file, replacing the target: atomic, and durable only after `syncDirectory`. @throws {DiskError} `no-such-file` */
  rename(from: string, to: string): Task;

  /** Removes a file, if it exists; durable only after `syncDirectory`. */
  remove(file: string): Task;

  /** Makes renames, creations and removals in the whole disk durable, in the order they were made. */
  syncDirectory(): Task;

  /** Size of a file in bytes; undefined if it does not exist. */
  size(file: string): number | undefined;

  /** Names of all files that start with `prefix`, sorted by code unit. */
  list(prefix: string): string[];
}

/** `full`: no space is left (ENOSPC). `io`: the device has failed (EIO). */
export type DiskErrorCode = 'no-such-file' | 'full' | 'io';

/** Thrown when a disk operation cannot be done. Of an append that failed the beginning may have been written. */
export class DiskError extends Error {
  readonly code: DiskErrorCode;
  readonly file: string;

  constructor(code: DiskErrorCode, file: string) {
    super(`${code}: ${file}`);
    this.name = 'DiskError';
    this.code = code;
    this.file = file;
  }
}
