/** @module The message of the framed benchmark: 12 fields as a produce request might have, and 100 bytes. */
import type { Structures } from '../../runtime/network/codec.ts';

const RECORDS_BYTES = 100;

export interface FramedMessage {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly clientId: string;
  readonly topic: string;
  readonly partition: number;
  readonly currentLeaderEpoch: number;
  readonly baseOffset: number;
  readonly timestamp: number;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly isTransactional: boolean;
  readonly records: Uint8Array;
}

export const FRAMED_STRUCTURES: Structures = [
  ['apiKey', 'apiVersion', 'clientId', 'topic', 'partition', 'currentLeaderEpoch', 'baseOffset', 'timestamp', 'producerId', 'producerEpoch', 'baseSequence', 'isTransactional', 'records'],
];

export function firstMessage(process: number, token: number): FramedMessage {
  return {
    apiKey: 0,
    apiVersion: 11,
    clientId: `producer-${process}`,
    topic: 'orders',
    partition: process % 12,
    currentLeaderEpoch: 3,
    baseOffset: token * 1_000,
    timestamp: 1_700_000_000_000,
    producerId: 4_000 + process,
    producerEpoch: 1,
    baseSequence: 0,
    isTransactional: false,
    records: new Uint8Array(RECORDS_BYTES).fill(process),
  };
}

/** What the receiver of a message sends on: another message, made of the fields of the one that was unpacked. */
export function nextMessage(message: FramedMessage, now: number): FramedMessage {
  return {
    apiKey: message.apiKey,
    apiVersion: message.apiVersion,
    clientId: message.clientId,
    topic: message.topic,
    partition: message.partition,
    currentLeaderEpoch: message.currentLeaderEpoch,
    baseOffset: message.baseOffset + 1,
    timestamp: 1_700_000_000_000 + now,
    producerId: message.producerId,
    producerEpoch: message.producerEpoch,
    baseSequence: message.baseSequence + 1,
    isTransactional: message.isTransactional,
    records: message.records,
  };
}
