/**
 * @module
 * Fetch sessions (F-10, KIP-227), which spare a client that asks for the same partitions again and again the naming of them. A broker is free to grant
 * none: this one is as Kafka's with a full cache (max.incremental.fetch.session.cache.slots=0), and every client that follows the protocol asks in full
 * then. So it never has a session whose epoch could be wrong.
 */
import type { ActorContext, Task } from '../../runtime/index.ts';
import { codeOf } from '../protocol/errors.ts';
import type { FetchRequest, FetchResponse } from '../protocol/messages.ts';
import { fetch } from './fetch-handler.ts';
import type { ReplicaManager } from './replica-manager.ts';
import type { RequestWaiting } from './request-waiting.ts';

/** There is no session. */
const NO_SESSION = 0;
/** A full fetch: with the wish for a session, or without one. A session that it names beside is closed. */
const FULL_EPOCHS: readonly (number | undefined)[] = [0, -1];

/** A fetch of a client that knows sessions: a full one is answered without one, one that goes on with a session finds none. */
export function* fetchWithSession(context: ActorContext, replicas: ReplicaManager, request: FetchRequest, waiting: RequestWaiting): Task<FetchResponse> {
  if (!FULL_EPOCHS.includes(request.sessionEpoch)) return { errorCode: codeOf('FETCH_SESSION_ID_NOT_FOUND'), sessionId: NO_SESSION, responses: [] };
  const { errorCode, responses } = yield* fetch(context, replicas, request, waiting);
  return { errorCode, sessionId: NO_SESSION, responses };
}
