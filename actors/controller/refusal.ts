/** @module The answer to a request that is refused as a whole, in the form of its own response. */
import { API_KEYS } from '../protocol/messages.ts';
import type { ControllerRequest, RaftRequest } from '../protocol/messages.ts';
import { ERRORS } from '../protocol/errors.ts';
import type { ErrorName } from '../protocol/errors.ts';

/** What the active controller decides: all but what the quorum itself is asked. */
export type DecidedRequest = Exclude<ControllerRequest, RaftRequest>;

/** NOT_CONTROLLER: of a controller that is not the active one, or ceased to be before what it decided was committed (KR-11). */
export function refusal(request: DecidedRequest, error: ErrorName): object {
  const errorCode = ERRORS[error].code;
  switch (request.apiKey) {
    case API_KEYS.BrokerRegistration:
      return { errorCode, brokerEpoch: -1 };
    case API_KEYS.BrokerHeartbeat:
      return { errorCode, isCaughtUp: false, isFenced: true, shouldShutDown: false };
    case API_KEYS.AlterPartition:
      return { errorCode, topics: [] };
    case API_KEYS.CreateTopics:
      return { topics: request.topics.map(({ name }) => ({ name, topicId: '', errorCode, errorMessage: null })) };
    case API_KEYS.DeleteTopics:
      return { responses: request.topics.map(({ name, topicId }) => ({ name, topicId, errorCode, errorMessage: null })) };
    case API_KEYS.IncrementalAlterConfigs:
      return { responses: request.resources.map(({ resourceType, resourceName }) => ({ errorCode, errorMessage: null, resourceType, resourceName })) };
    case API_KEYS.ElectLeaders:
      return { errorCode, replicaElectionResults: [] };
    case API_KEYS.AlterPartitionReassignments:
      return { errorCode, errorMessage: null, responses: [] };
    case API_KEYS.ListPartitionReassignments:
      return { errorCode, errorMessage: null, topics: [] };
  }
}
