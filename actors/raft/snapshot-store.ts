/**
 * @module
 * The snapshots of the metadata log on the disk of a member of the quorum (KR-4). Each is a file that is written under another name first,
 * so that a crash leaves a whole one or none:
 *
 *     __cluster_metadata-0/00000000000000001207-0000000003-0.checkpoint.part    being written, or left by a crash: removed at the start
 *     __cluster_metadata-0/00000000000000001207-0000000003.checkpoint           what the log says below offset 1207, which epoch 3 wrote
 */
import type { Disk, Task } from '../../runtime/index.ts';
import { maxTimestampOf } from '../log/record-batch.ts';
import type { Offset } from '../log/record-batch.ts';
import { METADATA_LOG } from '../metadata/metadata-record.ts';
import type { SnapshotId } from '../protocol/quorum-messages.ts';

const SUFFIX = '.checkpoint';
const PART = '.part';
const FORMAT = /\/(\d{20})-(\d{10})\.checkpoint$/;
/** Of a snapshot's beginning: its first batch, the header, is smaller. */
const HEADER_BYTES_MAX = 512;

/** A snapshot that grows: it is one when it is frozen. */
export interface SnapshotWriter {
  readonly id: SnapshotId;
  /** Bytes written so far. */
  readonly position: number;
  append(bytes: Uint8Array): Task;
  /** It is whole: durable under its name when this returns. */
  freeze(): Task;
  /** It will never be whole. */
  discard(): Task;
}

export class SnapshotStore {
  readonly #disk: Disk;
  /** Ascending. */
  readonly #ids: SnapshotId[];
  #writers = 0;

  private constructor(disk: Disk, ids: SnapshotId[]) {
    this.#disk = disk;
    this.#ids = ids;
  }

  /** Takes up what is there; what is not whole goes, and what the log does not begin with or after. */
  static *open(disk: Disk, logStartOffset: Offset): Task<SnapshotStore> {
    const ids: SnapshotId[] = [];
    for (const file of disk.list(`${METADATA_LOG}/`)) {
      const id = idOf(file);
      if (id !== undefined && id.endOffset >= logStartOffset) ids.push(id);
      else if (id !== undefined || file.endsWith(PART)) yield* disk.remove(file);
    }
    return new SnapshotStore(disk, ids);
  }

  get ids(): readonly SnapshotId[] {
    return this.#ids;
  }

  get earliest(): SnapshotId | undefined {
    return this.#ids[0];
  }

  get latest(): SnapshotId | undefined {
    return this.#ids.at(-1);
  }

  /** Bytes of all of them. */
  get sizeInBytes(): number {
    return this.#ids.reduce((bytes, id) => bytes + this.#disk.size(fileOf(id))!, 0);
  }

  /** In bytes; undefined: there is no such snapshot. */
  sizeOf(id: SnapshotId): number | undefined {
    return this.#has(id) ? this.#disk.size(fileOf(id)) : undefined;
  }

  /** Begins to write one. Undefined: it is there already. */
  begin(id: SnapshotId): SnapshotWriter | undefined {
    if (this.#has(id)) return undefined;
    const disk = this.#disk;
    const file = fileOf(id);
    const part = `${file.slice(0, -SUFFIX.length)}-${this.#writers}${SUFFIX}${PART}`;
    this.#writers += 1;
    const add = (): void => this.#add(id);
    let position = 0;
    return {
      id,
      get position() {
        return position;
      },
      *append(bytes) {
        yield* disk.append(part, bytes);
        position += bytes.length;
      },
      *freeze() {
        yield* disk.fsync(part);
        yield* disk.rename(part, file);
        yield* disk.syncDirectory();
        add();
      },
      discard: () => disk.remove(part),
    };
  }

  /** A view of up to so many bytes of a snapshot that is there, valid until the reader next waits. */
  read(id: SnapshotId, position: number, maxBytes: number): Task<Uint8Array> {
    return this.#disk.read(fileOf(id), position, maxBytes);
  }

  /** When the last record that a snapshot contains was written, in ms. */
  *timestampOf(id: SnapshotId): Task<number> {
    return maxTimestampOf(yield* this.read(id, 0, HEADER_BYTES_MAX));
  }

  /** Removes every snapshot that ends before an offset, the oldest first. */
  *removeBefore(offset: Offset): Task {
    const kept = this.#ids.findIndex(({ endOffset }) => endOffset >= offset);
    for (const id of this.#ids.splice(0, kept < 0 ? this.#ids.length : kept)) yield* this.#disk.remove(fileOf(id));
  }

  #has({ endOffset, epoch }: SnapshotId): boolean {
    return this.#ids.some((id) => id.endOffset === endOffset && id.epoch === epoch);
  }

  #add(id: SnapshotId): void {
    const later = this.#ids.findIndex(({ endOffset, epoch }) => endOffset > id.endOffset || (endOffset === id.endOffset && epoch > id.epoch));
    this.#ids.splice(later < 0 ? this.#ids.length : later, 0, id);
  }
}

function fileOf({ endOffset, epoch }: SnapshotId): string {
  return `${METADATA_LOG}/${String(endOffset).padStart(20, '0')}-${String(epoch).padStart(10, '0')}${SUFFIX}`;
}

function idOf(file: string): SnapshotId | undefined {
  const match = FORMAT.exec(file);
  return match === null ? undefined : { endOffset: Number(match[1]), epoch: Number(match[2]) };
}
