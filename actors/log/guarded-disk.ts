/** @module A disk whose failures are not left to chance: every operation passes a guard, which decides what an I/O error comes to (DF-1). */
import { DiskError } from '../../runtime/index.ts';
import type { ActorContext, Disk, Task } from '../../runtime/index.ts';

export interface DiskGuard {
  /** Called before every operation. @throws whatever refuses it */
  admit(operation: 'append' | 'other'): void;
  /** The disk is full or broken. Must throw, or end the process. */
  failed(error: DiskError): Task<never>;
}

export class GuardedDisk implements Disk {
  readonly #disk: Disk;
  readonly #guard: DiskGuard;

  constructor(disk: Disk, guard: DiskGuard) {
    this.#disk = disk;
    this.#guard = guard;
  }

  append(file: string, bytes: Uint8Array): Task {
    return this.#guarded('append', this.#disk.append(file, bytes));
  }

  read(file: string, position: number, length: number): Task<Uint8Array> {
    return this.#guarded('other', this.#disk.read(file, position, length));
  }

  readCached(file: string, position: number, length: number): Uint8Array | undefined {
    this.#guard.admit('other');
    return this.#disk.readCached(file, position, length);
  }

  truncate(file: string, size: number): Task {
    return this.#guarded('other', this.#disk.truncate(file, size));
  }

  fsync(file: string): Task {
    return this.#guarded('other', this.#disk.fsync(file));
  }

  rename(from: string, to: string): Task {
    return this.#guarded('other', this.#disk.rename(from, to));
  }

  remove(file: string): Task {
    return this.#guarded('other', this.#disk.remove(file));
  }

  syncDirectory(): Task {
    return this.#guarded('other', this.#disk.syncDirectory());
  }

  size(file: string): number | undefined {
    return this.#disk.size(file);
  }

  list(prefix: string): string[] {
    return this.#disk.list(prefix);
  }

  *#guarded<T>(operation: 'append' | 'other', task: Task<T>): Task<T> {
    this.#guard.admit(operation);
    try {
      return yield* task;
    } catch (error) {
      // A file that is not there is a mistake of the program and no failure of the disk.
      if (!(error instanceof DiskError) || error.code === 'no-such-file') throw error;
      return yield* this.#guard.failed(error);
    }
  }
}

/** The disk of a process that cannot go on without it: an I/O error halts it (DF-5). */
export function haltingDisk(context: ActorContext): Disk {
  return new GuardedDisk(context.disk, {
    admit: () => undefined,
    failed: (error) => context.halt(`I/O error: ${error.message}`),
  });
}
