/**
 * @module
 * Kafka's checkpoint files: small text files that are replaced as a whole. A version, the number of entries, one entry a line:
 *
 *     0                 0
 *     2                 1
 *     0 0               orders 0 1207
 *     3 1200
 *     leader-epoch-     replication-offset-checkpoint
 *     checkpoint
 */
import { ActorError } from '../../runtime/index.ts';
import type { Disk, Task } from '../../runtime/index.ts';
import type { EpochEntry } from './leader-epoch-cache.ts';
import type { Offset } from './record-batch.ts';

const VERSION = '0';

/** What a directory's `replication-offset-checkpoint` (HW-7) says about one partition. */
export interface PartitionOffset {
  readonly topic: string;
  readonly partition: number;
  readonly offset: Offset;
}

/** Thrown when a checkpoint file does not say what it should. It is never half written, so its bytes have rotted. */
export class MalformedCheckpointError extends ActorError {
  readonly file: string;

  constructor(file: string, problem: string) {
    super(`${file}: ${problem}`);
    this.name = 'MalformedCheckpointError';
    this.file = file;
  }
}

/** Replaces a `leader-epoch-checkpoint`; durable when it returns (LEC-5). */
export function writeEpochCheckpoint(disk: Disk, file: string, entries: readonly EpochEntry[]): Task {
  return writeCheckpoint(disk, file, entries.map(({ epoch, startOffset }) => `${epoch} ${startOffset}`));
}

/** Reads a `leader-epoch-checkpoint`; no entries if there is none. @throws {MalformedCheckpointError} */
export function* readEpochCheckpoint(disk: Disk, file: string): Task<EpochEntry[]> {
  const lines = yield* readCheckpoint(disk, file, /^(\d+) (\d+)$/);
  const entries = lines.map(([, epoch, startOffset]) => ({ epoch: Number(epoch), startOffset: Number(startOffset) }));
  const isAscending = entries.every(({ epoch, startOffset }, i) => i === 0 || (epoch > entries[i - 1]!.epoch && startOffset > entries[i - 1]!.startOffset));
  if (!isAscending) throw new MalformedCheckpointError(file, 'epochs and offsets do not ascend');
  return entries;
}

/** Replaces a `replication-offset-checkpoint`; durable when it returns (HW-7). */
export function writeOffsetCheckpoint(disk: Disk, file: string, offsets: readonly PartitionOffset[]): Task {
  return writeCheckpoint(disk, file, offsets.map(({ topic, partition, offset }) => `${topic} ${partition} ${offset}`));
}

/** Reads a `replication-offset-checkpoint`; no entries if there is none. @throws {MalformedCheckpointError} */
export function* readOffsetCheckpoint(disk: Disk, file: string): Task<PartitionOffset[]> {
  const lines = yield* readCheckpoint(disk, file, /^(\S+) (\d+) (\d+)$/);
  return lines.map(([, topic, partition, offset]) => ({ topic: topic!, partition: Number(partition), offset: Number(offset) }));
}

/** Atomic: a reader, also after a crash or a power loss at any point, finds the old file or the new one (§2.1). One writer at a time. */
function* writeCheckpoint(disk: Disk, file: string, lines: readonly string[]): Task {
  const temporary = `${file}.tmp`;
  // A write that was cut short may have left one.
  yield* disk.remove(temporary);
  yield* disk.append(temporary, new TextEncoder().encode([VERSION, lines.length, ...lines, ''].join('\n')));
  yield* disk.fsync(temporary);
  yield* disk.rename(temporary, file);
  yield* disk.syncDirectory();
}

function* readCheckpoint(disk: Disk, file: string, pattern: RegExp): Task<RegExpExecArray[]> {
  const size = disk.size(file);
  if (size === undefined) return [];
  const [version, count, ...lines] = new TextDecoder().decode(yield* disk.read(file, 0, size)).split('\n');
  if (version !== VERSION) throw new MalformedCheckpointError(file, `version '${version}'`);
  if (lines.pop() !== '' || Number(count) !== lines.length) throw new MalformedCheckpointError(file, `${lines.length} entries of '${count}'`);
  return lines.map((line) => {
    const match = pattern.exec(line);
    if (match === null) throw new MalformedCheckpointError(file, `'${line}'`);
    return match;
  });
}
