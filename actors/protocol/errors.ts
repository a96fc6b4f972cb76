/**
 * @module
 * Kafka's error codes (semantics §9), those that the parts built so far can answer with. `retriable`: the client may try again.
 * `invalidMetadata`: what the client knows of leaders is out of date.
 */
import { ActorError } from '../../runtime/index.ts';

interface ErrorRow {
  readonly code: number;
  readonly retriable: boolean;
  readonly invalidMetadata?: boolean;
}

const RETRIABLE = true;
const FINAL = false;

export const ERRORS = {
  UNKNOWN_SERVER_ERROR: { code: -1, retriable: FINAL },
  NONE: { code: 0, retriable: FINAL },
  OFFSET_OUT_OF_RANGE: { code: 1, retriable: FINAL },
  CORRUPT_MESSAGE: { code: 2, retriable: RETRIABLE },
  UNKNOWN_TOPIC_OR_PARTITION: { code: 3, retriable: RETRIABLE, invalidMetadata: true },
  LEADER_NOT_AVAILABLE: { code: 5, retriable: RETRIABLE, invalidMetadata: true },
  NOT_LEADER_OR_FOLLOWER: { code: 6, retriable: RETRIABLE, invalidMetadata: true },
  REQUEST_TIMED_OUT: { code: 7, retriable: RETRIABLE },
  BROKER_NOT_AVAILABLE: { code: 8, retriable: FINAL },
  MESSAGE_TOO_LARGE: { code: 10, retriable: FINAL },
  NETWORK_EXCEPTION: { code: 13, retriable: RETRIABLE, invalidMetadata: true },
  INVALID_TOPIC_EXCEPTION: { code: 17, retriable: FINAL },
  NOT_ENOUGH_REPLICAS: { code: 19, retriable: RETRIABLE },
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: { code: 20, retriable: RETRIABLE },
  INVALID_REQUIRED_ACKS: { code: 21, retriable: FINAL },
  RECORD_LIST_TOO_LARGE: { code: 18, retriable: FINAL },
  INVALID_TIMESTAMP: { code: 32, retriable: FINAL },
  UNSUPPORTED_VERSION: { code: 35, retriable: FINAL },
  TOPIC_ALREADY_EXISTS: { code: 36, retriable: FINAL },
  INVALID_PARTITIONS: { code: 37, retriable: FINAL },
  INVALID_REPLICATION_FACTOR: { code: 38, retriable: FINAL },
  INVALID_REPLICA_ASSIGNMENT: { code: 39, retriable: FINAL },
  INVALID_CONFIG: { code: 40, retriable: FINAL },
  NOT_CONTROLLER: { code: 41, retriable: RETRIABLE },
  INVALID_REQUEST: { code: 42, retriable: FINAL },
  OPERATION_NOT_ATTEMPTED: { code: 55, retriable: FINAL },
  KAFKA_STORAGE_ERROR: { code: 56, retriable: RETRIABLE, invalidMetadata: true },
  FETCH_SESSION_ID_NOT_FOUND: { code: 70, retriable: RETRIABLE },
  INVALID_FETCH_SESSION_EPOCH: { code: 71, retriable: RETRIABLE },
  FENCED_LEADER_EPOCH: { code: 74, retriable: RETRIABLE, invalidMetadata: true },
  UNKNOWN_LEADER_EPOCH: { code: 75, retriable: RETRIABLE },
  STALE_BROKER_EPOCH: { code: 77, retriable: FINAL },
  OFFSET_NOT_AVAILABLE: { code: 78, retriable: RETRIABLE },
  PREFERRED_LEADER_NOT_AVAILABLE: { code: 80, retriable: RETRIABLE, invalidMetadata: true },
  ELIGIBLE_LEADERS_NOT_AVAILABLE: { code: 83, retriable: RETRIABLE, invalidMetadata: true },
  ELECTION_NOT_NEEDED: { code: 84, retriable: RETRIABLE, invalidMetadata: true },
  NO_REASSIGNMENT_IN_PROGRESS: { code: 85, retriable: FINAL },
  INVALID_RECORD: { code: 87, retriable: FINAL },
  INVALID_UPDATE_VERSION: { code: 95, retriable: FINAL },
  SNAPSHOT_NOT_FOUND: { code: 98, retriable: FINAL },
  POSITION_OUT_OF_RANGE: { code: 99, retriable: FINAL },
  UNKNOWN_TOPIC_ID: { code: 100, retriable: RETRIABLE, invalidMetadata: true },
  DUPLICATE_BROKER_REGISTRATION: { code: 101, retriable: FINAL },
  BROKER_ID_NOT_REGISTERED: { code: 102, retriable: FINAL },
  INCONSISTENT_TOPIC_ID: { code: 103, retriable: RETRIABLE, invalidMetadata: true },
  FETCH_SESSION_TOPIC_ID_ERROR: { code: 106, retriable: RETRIABLE },
  INCONSISTENT_CLUSTER_ID: { code: 104, retriable: FINAL },
  INELIGIBLE_REPLICA: { code: 107, retriable: FINAL },
  NEW_LEADER_ELECTED: { code: 108, retriable: FINAL },
  INVALID_REGISTRATION: { code: 119, retriable: FINAL },
  INVALID_VOTER_KEY: { code: 125, retriable: FINAL },
  VOTER_NOT_FOUND: { code: 127, retriable: FINAL },
} as const satisfies Record<string, ErrorRow>;

export type ErrorName = keyof typeof ERRORS;

export const NONE = ERRORS.NONE.code;

const namesByCode: ReadonlyMap<number, ErrorName> = new Map(Object.entries(ERRORS).map(([name, { code }]) => [code, name as ErrorName]));

export function codeOf(error: ErrorName): number {
  return ERRORS[error].code;
}

/** Kafka's name of an error code; UNKNOWN_SERVER_ERROR for one that is not in the table. */
export function errorName(code: number): ErrorName {
  return namesByCode.get(code) ?? 'UNKNOWN_SERVER_ERROR';
}

export function isRetriable(error: ErrorName): boolean {
  return ERRORS[error].retriable;
}

export function isInvalidMetadata(error: ErrorName): boolean {
  const row: ErrorRow = ERRORS[error];
  return row.invalidMetadata === true;
}

/** A broker's refusal, or a client's own verdict in Kafka's terms. */
export class KafkaError extends ActorError {
  readonly error: ErrorName;

  constructor(error: ErrorName, message?: string) {
    super(message ?? error);
    this.name = error;
    this.error = error;
  }
}
