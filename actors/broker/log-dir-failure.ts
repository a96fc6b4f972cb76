/** @module What a broker does about a log directory that has failed. It has only one, so that there is nothing left to serve from: it halts (DF-5). */
import { MILLISECOND } from '../../runtime/index.ts';
import type { ActorContext, Task } from '../../runtime/index.ts';
import type { LogDirectory } from '../log/log-directory.ts';

/**
 * From the failure to the halt: a thread of its own takes notice of it and puts the replicas offline first. Requests that come meanwhile are refused
 * with KAFKA_STORAGE_ERROR, and their answers may still go out.
 */
export const LOG_DIR_FAILURE_US = MILLISECOND;

/** Spawned before the logs are loaded: a directory may fail then, too. */
export function* haltWhenOffline(context: ActorContext, directory: LogDirectory): Task {
  yield* directory.untilOffline();
  yield* context.sleep(LOG_DIR_FAILURE_US);
  yield* context.halt(`every log directory has failed: ${directory.cause}`);
}
