/** @module Support for scripts that make topics by hand. */
import { ConnectionError, MILLISECOND, SECOND } from '../../runtime/index.ts';
import type { ActorContext, Task } from '../../runtime/index.ts';
import { brokerName } from '../client/bootstrap.ts';
import { API_KEYS } from '../protocol/messages.ts';
import type { MetadataRequest } from '../protocol/messages.ts';

/** Waits until so many brokers are not fenced, as broker 0 knows: whoever makes a topic before has its replicas placed around those that are not there yet. */
export function* untilBrokersAreUp(context: ActorContext, count = 3): Task {
  const request: MetadataRequest = { apiKey: API_KEYS.Metadata, clientId: 'script', topics: [] };
  for (;;) {
    try {
      const connection = yield* context.connect(brokerName(0), SECOND);
      const { brokers } = yield* connection.call(request, SECOND);
      connection.close();
      if (brokers.length >= count) return;
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
    }
    yield* context.sleep(20 * MILLISECOND);
  }
}
