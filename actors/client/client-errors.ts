/**
 * @module
 * Exceptions that a client makes itself, under the names an application knows them by. Where the protocol has an error of the same
 * meaning, that is their `error`.
 */
import { ActorError } from '../../runtime/index.ts';
import { KafkaError } from '../protocol/errors.ts';
import type { ErrorName } from '../protocol/errors.ts';
import type { TopicPartition } from './topic-partition.ts';

const ERROR_OF = {
  TimeoutException: 'REQUEST_TIMED_OUT',
  /** A timeout too: no buffer memory came free in time. */
  BufferExhaustedException: 'REQUEST_TIMED_OUT',
  RecordTooLargeException: 'MESSAGE_TOO_LARGE',
  /** The log does not have the position, and auto.offset.reset is none. */
  OffsetOutOfRangeException: 'OFFSET_OUT_OF_RANGE',
  /** There is no position, and auto.offset.reset is none. */
  NoOffsetForPartitionException: 'UNKNOWN_SERVER_ERROR',
  /** What has no name of its own, e.g. records still there when a producer is closed by force. */
  KafkaException: 'UNKNOWN_SERVER_ERROR',
} as const satisfies Record<string, ErrorName>;

export type ClientExceptionName = keyof typeof ERROR_OF;

/** An exception of the client, with Kafka's name for it. */
export class ClientError extends KafkaError {
  constructor(name: ClientExceptionName, message: string) {
    super(ERROR_OF[name], message);
    this.name = name;
  }
}

/** Thrown when a fetched batch fails its checksum, or cannot be taken apart (RB-1): polls throw it again until the application seeks past it. */
export class CorruptRecordError extends KafkaError {
  readonly topic: string;
  readonly partition: number;
  /** The position that cannot be read. */
  readonly offset: number;

  constructor({ topic, partition }: TopicPartition, offset: number, message: string) {
    super('CORRUPT_MESSAGE', message);
    this.topic = topic;
    this.partition = partition;
    this.offset = offset;
  }
}

/** Thrown when an application asks a client for what makes no sense, or not now: to send after close. */
export class UsageError extends ActorError {
  constructor(name: 'IllegalStateException' | 'IllegalArgumentException', message: string) {
    super(message);
    this.name = name;
  }
}
