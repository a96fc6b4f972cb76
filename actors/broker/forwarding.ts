/**
 * @module
 * Requests that only the active controller can answer: a broker hands them on, and hands back the answer (KIP-590). Kafka wraps them
 * in an Envelope that says who asked; here nobody's rights are checked, so they go as they are.
 */
import type { Task } from '../../runtime/index.ts';
import { refusal } from '../controller/refusal.ts';
import type { ForwardedRequest } from '../protocol/messages.ts';
import type { ControllerChannel } from './controller-channel.ts';

/** NOT_CONTROLLER: it was not reached, or did not answer; what was asked may be done all the same. The client asks again. */
export function* forward(channel: ControllerChannel, request: ForwardedRequest): Task<object> {
  const answer = yield* channel.call<object>(request);
  return answer ?? refusal(request, 'NOT_CONTROLLER');
}
