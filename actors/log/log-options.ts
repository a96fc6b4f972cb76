/** @module What a log is opened with. */
import type { Micros, Task } from '../../runtime/index.ts';
import { BROKER_CONFIG } from '../config/broker-config.ts';
import { parseConfig } from '../config/config-definition.ts';
import { topicConfig } from '../config/topic-config.ts';
import type { TopicConfig } from '../config/topic-config.ts';
import { PROTOCOL_DEFINITION } from '../protocol-variant.ts';
import type { ProtocolVariant } from '../protocol-variant.ts';
import type { BatchVisitor } from './log-segment.ts';
import type { Offset } from './record-batch.ts';

/** The part of a topic's configuration that a log obeys, under Kafka's names. */
export type LogConfig = Pick<
  TopicConfig,
  | 'segment.bytes' | 'segment.ms' | 'segment.jitter.ms' | 'segment.index.bytes' | 'index.interval.bytes' | 'flush.messages' | 'flush.ms' | 'retention.ms' | 'retention.bytes'
  | 'file.delete.delay.ms' | 'cleanup.policy' | 'delete.retention.ms' | 'min.cleanable.dirty.ratio' | 'min.compaction.lag.ms' | 'max.compaction.lag.ms'
>;

export type LogProtocol = Pick<ProtocolVariant, 'segmentsWithoutDirectorySync' | 'appendsAfterIoError' | 'recoveryKeepsGaps'>;

/** What a log leaves to its broker. Without one, what could be done later is done at once. */
export interface LogHost {
  now(): Micros;
  /** Runs a task beside all others, so many ms from now. */
  schedule(task: Task, delayMs: number): void;
  /** A start or recovery point has gone back behind its checkpoint: the checkpoints are written before the log goes on (ST-4). */
  checkpoint(): Task;
  /** A segment was flushed, which took so long; whether that went well is not said. */
  flushed(durationUs: Micros): void;
  /** A whole number from 0 up to but not including `limit`. */
  random(limit: number): number;
}

export interface LogOptions {
  readonly config?: LogConfig;
  readonly protocol?: LogProtocol;
  readonly host?: LogHost;
  /** The shutdown before was clean: nothing needs to be read (RC-1). */
  readonly isClean?: boolean;
  /** Offsets below were durable, as far as the checkpoint knows (ST-4). */
  readonly recoveryPoint?: Offset;
  /** As its checkpoint has it; the first segment may begin later. */
  readonly logStartOffset?: Offset;
  /** Below it the log was compacted, as far as its checkpoint knows; undefined: never (RT-3). */
  readonly lastCleanOffset?: Offset | undefined;
  /** Sees every batch that is read to find the sound end, from `recoveredFrom` on. */
  readonly visit?: BatchVisitor;
}

/** By how much earlier than `segment.ms` a segment is closed: drawn for each, up to `segment.jitter.ms` (§2.2). */
export function segmentJitterMs(config: LogConfig, host: LogHost | undefined): number {
  const jitterMs = Math.min(config['segment.jitter.ms'], config['segment.ms']);
  return jitterMs === 0 || host === undefined ? 0 : host.random(jitterMs);
}

/** Kafka's defaults. */
export const DEFAULT_LOG_CONFIG: LogConfig = topicConfig({}, parseConfig(BROKER_CONFIG, {}));
export const DEFAULT_LOG_PROTOCOL: LogProtocol = parseConfig(PROTOCOL_DEFINITION, {});
