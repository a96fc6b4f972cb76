/**
 * @module
 * The marker `.kafka_cleanshutdown` of a log directory: the last thing a broker writes when it stops in good order, and the first thing
 * it takes away when it starts (RC-1, RC-2). While it is there every log of the directory is whole and durable.
 */
import type { Disk, Task } from '../../runtime/index.ts';

export const CLEAN_SHUTDOWN_FILE = '.kafka_cleanshutdown';
/** Broker epoch where none is known. */
export const UNKNOWN_BROKER_EPOCH = -1;

const VERSION = 0;

/** What the marker of a directory said. */
export interface CleanShutdown {
  /** Of the incarnation that wrote it; −1 if the marker does not say. */
  readonly brokerEpoch: number;
}

/** Writes the marker; durable when it returns. */
export function* writeCleanShutdownFile(disk: Disk, brokerEpoch: number): Task {
  yield* disk.append(CLEAN_SHUTDOWN_FILE, new TextEncoder().encode(JSON.stringify({ version: VERSION, brokerEpoch })));
  yield* disk.fsync(CLEAN_SHUTDOWN_FILE);
  yield* disk.syncDirectory();
}

/**
 * Reads the marker and takes it away, before anything else is touched (KAFKA-10471): whatever happens from now on, the next start must not
 * take this directory for whole. The removal is durable when it returns. @returns undefined if there is no marker: the shutdown was unclean.
 */
export function* takeCleanShutdownFile(disk: Disk): Task<CleanShutdown | undefined> {
  const size = disk.size(CLEAN_SHUTDOWN_FILE);
  if (size === undefined) return undefined;
  const brokerEpoch = brokerEpochIn(new TextDecoder().decode(yield* disk.read(CLEAN_SHUTDOWN_FILE, 0, size)));
  yield* disk.remove(CLEAN_SHUTDOWN_FILE);
  yield* disk.syncDirectory();
  return { brokerEpoch };
}

/** As Kafka does, takes a marker that cannot be read for one that names no epoch. */
function brokerEpochIn(text: string): number {
  try {
    const { brokerEpoch } = JSON.parse(text) as { readonly brokerEpoch?: unknown };
    return Number.isSafeInteger(brokerEpoch) ? (brokerEpoch as number) : UNKNOWN_BROKER_EPOCH;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return UNKNOWN_BROKER_EPOCH;
    throw error;
  }
}
