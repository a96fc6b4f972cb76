/** @module The broker's keys that govern its logs. Most are what a topic's own keys override. */
import type { ConfigOf } from './config-definition.ts';
import { MS_MAX } from './config-definition.ts';
import { choice, count, durationMs, flag, ratio, sizeBytes } from './keys.ts';

const MS_PER_MINUTE = 60_000;
const MS_PER_HOUR = 3_600_000;
/** −1 of a retention: no limit. */
const OR_UNLIMITED = { atLeast: -1 } as const;

/** `cleanup.policy`: old segments are deleted, or older values of a key, or both (RT-1, RT-3). */
export const CLEANUP_POLICIES = ['delete', 'compact', 'compact,delete', 'delete,compact'] as const;


export const LOG_KEYS = {
  'log.cleaner.backoff.ms': durationMs(15_000, 'How long the cleaner waits when no log is dirty enough (RT-3).'),
  'log.cleaner.dedupe.buffer.size': sizeBytes(134_217_728, 'Memory for the keys of the dirty part of a log, 24 bytes each: what does not fit is left for the next round.', { atLeast: 1_048_577 }),
  'log.cleaner.delete.retention.ms': durationMs(86_400_000, 'How long a tombstone stays after the round that first met it, for a topic that does not say (RT-3).'),
  'log.cleaner.enable': flag(true, 'Whether logs are compacted.'),
  'log.cleaner.io.buffer.load.factor': ratio(0.9, 'How full the memory for keys may become.'),
  'log.cleaner.max.compaction.lag.ms': durationMs(MS_MAX, 'After so long a record is compacted, however little there is to do, for a topic that does not say.', { atLeast: 1 }),
  'log.cleaner.min.cleanable.ratio': ratio(0.5, 'Share of dirty bytes from which a log is compacted, for a topic that does not say.'),
  'log.cleaner.min.compaction.lag.ms': durationMs(0, 'So long a record is left as it is, for a topic that does not say.'),
  'log.cleaner.threads': count(1, 'Logs that are compacted side by side: one.', { atLeast: 1, atMost: 1 }),
  'log.cleanup.policy': choice(CLEANUP_POLICIES, 'delete', 'What becomes of old records, for a topic that does not say (RT-1, RT-3).'),
  'log.flush.interval.messages': count(Number.MAX_SAFE_INTEGER, 'Records of a log that may be unsynced, for a topic that does not say (ST-3).', { atLeast: 1, type: 'long' }),
  'log.flush.interval.ms': durationMs(MS_MAX, 'How long a record may be unsynced, for a topic that does not say; not set: log.flush.scheduler.interval.ms.'),
  'log.flush.offset.checkpoint.interval.ms': durationMs(60_000, 'How often recovery points are written to disk (ST-4).', { atLeast: 1 }),
  'log.flush.scheduler.interval.ms': durationMs(MS_MAX, 'How often logs are looked at for records that are unsynced for too long.', { atLeast: 1 }),
  'log.flush.start.offset.checkpoint.interval.ms': durationMs(60_000, 'How often log start offsets are written to disk (ST-5).', { atLeast: 1 }),
  'log.index.interval.bytes': sizeBytes(4_096, 'Bytes of batches between two entries of an index, for a topic that does not say.'),
  'log.index.size.max.bytes': sizeBytes(10_485_760, 'Largest index, for a topic that does not say.', { atLeast: 36 }),
  'log.retention.bytes': sizeBytes(-1, 'Largest log, for a topic that does not say; -1: no limit (RT-1).', OR_UNLIMITED),
  'log.retention.check.interval.ms': durationMs(300_000, 'How often logs are looked at for segments to delete.', { atLeast: 1 }),
  'log.retention.hours': count(168, 'How long records are kept, for a topic that does not say; -1: for ever (RT-1).', OR_UNLIMITED),
  'log.retention.minutes': count(10_080, 'The same in minutes; not set: log.retention.hours.', OR_UNLIMITED),
  'log.retention.ms': durationMs(604_800_000, 'The same in ms; not set: log.retention.minutes.', OR_UNLIMITED),
  'log.roll.hours': count(168, 'After so long a segment is closed, for a topic that does not say (§2.2).', { atLeast: 1 }),
  'log.roll.jitter.hours': count(0, 'Up to so much earlier, drawn for each segment.'),
  'log.roll.jitter.ms': durationMs(0, 'The same in ms; not set: log.roll.jitter.hours.'),
  'log.roll.ms': durationMs(604_800_000, 'After so long a segment is closed; not set: log.roll.hours.', { atLeast: 1 }),
  // Kafka asks for 1 MiB since 4.0 (KIP-1030). Smaller ones, as before, have short runs roll too.
  'log.segment.bytes': sizeBytes(1_073_741_824, 'Largest segment, for a topic that does not say (§2.2).', { atLeast: 14, atMost: 2_147_483_647 }),
  'log.segment.delete.delay.ms': durationMs(60_000, 'How long the files of a deleted segment stay, for a topic that does not say.'),
} as const;

type LogKeys = ConfigOf<typeof LOG_KEYS>;

/** The finer of several keys for one time counts, if it was given. */
export function adjustLogTimes<C extends LogKeys>(config: C, given: ReadonlySet<string>): C {
  const hours = (value: number): number => (value < 0 ? value : value * MS_PER_HOUR);
  const minutes = (value: number): number => (value < 0 ? value : value * MS_PER_MINUTE);
  const retentionMs = given.has('log.retention.minutes') ? minutes(config['log.retention.minutes']) : hours(config['log.retention.hours']);
  return {
    ...config,
    'log.retention.ms': given.has('log.retention.ms') ? config['log.retention.ms'] : retentionMs,
    'log.roll.ms': given.has('log.roll.ms') ? config['log.roll.ms'] : hours(config['log.roll.hours']),
    'log.roll.jitter.ms': given.has('log.roll.jitter.ms') ? config['log.roll.jitter.ms'] : hours(config['log.roll.jitter.hours']),
    'log.flush.interval.ms': given.has('log.flush.interval.ms') ? config['log.flush.interval.ms'] : config['log.flush.scheduler.interval.ms'],
  };
}
