/** @module `partition.metadata` in the directory of a log: the id of the topic it belongs to, by which a log of a former topic of the same name is known (§2.7). */
import type { Disk, Task } from '../../runtime/index.ts';

const FILE = 'partition.metadata';
const TOPIC_ID = /^version: 0\ntopic_id: (\S+)\n$/;

/** Undefined: it does not say, or the file was cut short before it was synced. */
export function* readTopicId(disk: Disk, directory: string): Task<string | undefined> {
  const file = `${directory}/${FILE}`;
  const size = disk.size(file);
  if (size === undefined) return undefined;
  return TOPIC_ID.exec(new TextDecoder().decode(yield* disk.read(file, 0, size)))?.[1];
}

/** Durable when it returns. */
export function* writeTopicId(disk: Disk, directory: string, topicId: string): Task {
  const file = `${directory}/${FILE}`;
  yield* disk.remove(file);
  yield* disk.append(file, new TextEncoder().encode(`version: 0\ntopic_id: ${topicId}\n`));
  yield* disk.fsync(file);
}

export function* removeTopicId(disk: Disk, directory: string): Task {
  yield* disk.remove(`${directory}/${FILE}`);
}
