/**
 * @module
 * The snapshots of a log's producer state: `.snapshot` files named by the offset below which they speak. One is taken whenever a segment is
 * closed and at a clean shutdown, so that a start replays only what came after the newest (RC-6, §2.4).
 *
 *     version int16 = 1 · crc uint32 (CRC-32C of all that follows) · number of producers int32 · producers…
 *
 * No producer has state yet: a snapshot says that there are none.
 */
import type { Disk, Task } from '../../runtime/index.ts';
import { readInt16, readInt32, readUint32, writeInt16, writeInt32 } from './big-endian.ts';
import { crc32c } from './crc32c.ts';
import { offsetFile } from './segment-files.ts';
import type { Offset } from './record-batch.ts';

const SUFFIX = '.snapshot';
const VERSION = 1;
const CRC_AT = 2;
const PRODUCERS_AT = 6;
const EMPTY_BYTES = 10;

/** A snapshot of no producers. */
export function encodeEmptySnapshot(): Uint8Array {
  const bytes = new Uint8Array(EMPTY_BYTES);
  writeInt16(bytes, 0, VERSION);
  writeInt32(bytes, CRC_AT, crc32c(bytes, PRODUCERS_AT));
  return bytes;
}

/** Whether these bytes are a snapshot that can be trusted (RC-6). */
export function isSoundSnapshot(bytes: Uint8Array): boolean {
  return bytes.length >= EMPTY_BYTES && readInt16(bytes, 0) === VERSION && readUint32(bytes, CRC_AT) === crc32c(bytes, PRODUCERS_AT) && readInt32(bytes, PRODUCERS_AT) >= 0;
}

/** The snapshots that a log has on disk. One writer at a time. */
export class ProducerSnapshots {
  readonly #disk: Disk;
  readonly #directory: string;
  /** Ascending. */
  #offsets: Offset[] = [];

  constructor(disk: Disk, directory: string) {
    this.#disk = disk;
    this.#directory = directory;
  }

  get offsets(): readonly Offset[] {
    return this.#offsets;
  }

  /**
   * Finds what is there: sound snapshots at the base of a segment, and the newest (the one of a shutdown). Others are removed: those that are
   * corrupt, of segments that are gone, or beyond the end.
   */
  *load(segmentBases: readonly Offset[], logEndOffset: Offset): Task {
    const prefix = `${this.#directory}/`;
    const found = this.#disk.list(prefix).filter((file) => file.endsWith(SUFFIX)).map((file) => Number(file.slice(prefix.length, -SUFFIX.length)));
    const sound: Offset[] = [];
    for (const offset of found) if (offset <= logEndOffset && (yield* this.#isSound(offset))) sound.push(offset);
    this.#offsets = sound.filter((offset, at) => at === sound.length - 1 || segmentBases.includes(offset));
    for (const offset of found) if (!this.#offsets.includes(offset)) yield* this.#disk.remove(this.#fileOf(offset));
  }

  /** Takes one at the end of the log, unless there is one, or nothing to tell. */
  *take(logEndOffset: Offset): Task {
    if (logEndOffset <= (this.#offsets.at(-1) ?? 0)) return;
    // A take that was cut short may have left one.
    yield* this.#disk.remove(this.#fileOf(logEndOffset));
    yield* this.#disk.append(this.#fileOf(logEndOffset), encodeEmptySnapshot());
    this.#offsets.push(logEndOffset);
  }

  /** Makes the snapshot at an offset durable, if it is still there. */
  *flush(offset: Offset): Task {
    if (this.#disk.size(this.#fileOf(offset)) !== undefined) yield* this.#disk.fsync(this.#fileOf(offset));
  }

  /** The log was cut: what speaks of more than is there goes. */
  *truncateTo(logEndOffset: Offset): Task {
    yield* this.#drop((offset) => offset > logEndOffset);
  }

  /** Segments went: their snapshots go with them, but the newest stays. */
  *dropSegments(segmentBases: readonly Offset[]): Task {
    yield* this.#drop((offset) => segmentBases.includes(offset) && offset !== this.#offsets.at(-1));
  }

  *clear(): Task {
    yield* this.#drop(() => true);
  }

  *#drop(isDropped: (offset: Offset) => boolean): Task {
    const dropped = this.#offsets.filter(isDropped);
    this.#offsets = this.#offsets.filter((offset) => !dropped.includes(offset));
    for (const offset of dropped) yield* this.#disk.remove(this.#fileOf(offset));
  }

  *#isSound(offset: Offset): Task<boolean> {
    const size = this.#disk.size(this.#fileOf(offset))!;
    return isSoundSnapshot(yield* this.#disk.read(this.#fileOf(offset), 0, size));
  }

  #fileOf(offset: Offset): string {
    return offsetFile(this.#directory, offset, SUFFIX);
  }
}
