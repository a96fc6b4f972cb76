/** @module The names of a simulated disk: what they are now, what is durable of them, and what happened in between. */
import type { Random } from '../random/random.ts';
import type { SimulatedFile } from './simulated-file.ts';

type DirectoryOperation =
  | { readonly kind: 'create'; readonly name: string; readonly file: SimulatedFile }
  | { readonly kind: 'rename'; readonly from: string; readonly to: string }
  | { readonly kind: 'remove'; readonly name: string };

type Names = Map<string, SimulatedFile>;

/**
 * The invariant: the names now are the durable names after all pending operations.
 * A file that is still durable under some name is kept until its removal, or the rename over it, is durable too.
 */
export class SimulatedDirectory {
  #names: Names = new Map();
  #durableNames: Names = new Map();
  #pending: DirectoryOperation[] = [];

  get(name: string): SimulatedFile | undefined {
    return this.#names.get(name);
  }

  names(): IterableIterator<string> {
    return this.#names.keys();
  }

  /** The files that have a name, in the order in which they were created. */
  files(): SimulatedFile[] {
    return [...this.#names.values()].sort((a, b) => a.number - b.number);
  }

  create(name: string, file: SimulatedFile): void {
    this.#perform({ kind: 'create', name, file });
  }

  rename(from: string, to: string): void {
    this.#perform({ kind: 'rename', from, to });
  }

  remove(name: string): void {
    this.#perform({ kind: 'remove', name });
  }

  sync(): void {
    this.#settle(this.#pending.length);
  }

  /**
   * The creation of this file is durable, as after an fsync of the file. Other operations stay pending; but where the name was in use
   * before, the creation makes no sense without them, and all up to it are durable.
   */
  syncCreation(file: SimulatedFile): void {
    const index = this.#pending.findIndex((operation) => operation.kind === 'create' && operation.file === file);
    const creation = this.#pending[index];
    if (creation?.kind !== 'create') return;
    if (this.#pending.slice(0, index).some((earlier) => touches(earlier, creation.name))) {
      this.#settle(index + 1);
    } else {
      apply(this.#durableNames, creation);
      this.#pending.splice(index, 1);
    }
  }

  /** Of the pending operations a prefix survives. Draws nothing if there are none. @returns how many operations are lost. */
  losePower(random: Random): number {
    const pending = this.#pending.length;
    const kept = random.between(0, pending);
    this.#settle(kept);
    this.#pending = [];
    this.#names = new Map(this.#durableNames);
    return pending - kept;
  }

  #perform(operation: DirectoryOperation): void {
    apply(this.#names, operation);
    this.#pending.push(operation);
  }

  #settle(count: number): void {
    for (const operation of this.#pending.splice(0, count)) apply(this.#durableNames, operation);
  }
}

function apply(names: Names, operation: DirectoryOperation): void {
  switch (operation.kind) {
    case 'create':
      names.set(operation.name, operation.file);
      break;
    case 'rename':
      names.set(operation.to, names.get(operation.from)!);
      names.delete(operation.from);
      break;
    case 'remove':
      names.delete(operation.name);
      break;
  }
}

function touches(operation: DirectoryOperation, name: string): boolean {
  return operation.kind === 'rename' ? operation.from === name || operation.to === name : operation.name === name;
}
