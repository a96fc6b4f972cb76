/**
 * @module
 * What compaction was doing when the broker died, completed or undone before the segments of a log are loaded (RT-3):
 *
 *     some file is still .cleaned     the swap had not begun: .cleaned and .swap files go
 *     all files are .swap             it had: segments of the offsets that the new one covers go, and it takes its name
 *     some files have plain names     it was nearly over: the rest take theirs
 *
 * For this the order of the renames counts: `SegmentFiles.moveTo`, `LocalLog.replaceSegments`.
 */
import type { Disk, Task } from '../../runtime/index.ts';
import { LogSegment } from './log-segment.ts';
import { CLEANED, DELETED, SWAP, baseOffsetIn, isLogFile, offsetFile } from './segment-files.ts';

/** Leaves only files of plain names; what was to be deleted goes, too. */
export function* completeSwap(disk: Disk, directory: string): Task {
  const files = disk.list(`${directory}/`);
  const cleaned = files.filter((file) => file.endsWith(CLEANED));
  const swaps = files.filter((file) => file.endsWith(SWAP));
  for (const file of files) if (file.endsWith(DELETED)) yield* disk.remove(file);
  if (cleaned.length + swaps.length === 0) return;

  const firstCleaned = Math.min(...cleaned.map(baseOffsetIn));
  for (const file of swaps) if (baseOffsetIn(file) >= firstCleaned) yield* disk.remove(file);
  for (const file of cleaned) yield* disk.remove(file);
  const valid = swaps.filter((file) => baseOffsetIn(file) < firstCleaned);

  for (const file of valid) {
    const plain = file.slice(0, -SWAP.length);
    if (isLogFile(plain)) yield* removeReplaced(disk, directory, baseOffsetIn(file));
  }
  for (const file of valid) yield* disk.rename(file, file.slice(0, -SWAP.length));
}

/** The segments of the offsets that a new one covers. */
function* removeReplaced(disk: Disk, directory: string, baseOffset: number): Task {
  const swap = new LogSegment(disk, directory, baseOffset, 0, SWAP);
  const endOffset = (yield* swap.load()) ? yield* swap.readEndOffset() : (yield* swap.recover(Infinity, () => undefined)).endOffset;
  // Only files that are named by an offset: others sort beyond every one of them.
  for (const file of disk.list(`${directory}/`)) {
    const isPlain = !file.endsWith(SWAP) && file < offsetFile(directory, Number.MAX_SAFE_INTEGER, '');
    if (isPlain && baseOffsetIn(file) >= baseOffset && baseOffsetIn(file) < endOffset) yield* disk.remove(file);
  }
}
