import { describe, expect, it } from 'vitest';
import { DEFAULT_LOG_CONFIG } from './log-options.ts';
import type { LogConfig } from './log-options.ts';
import { segmentsToDelete } from './retention.ts';

const NEVER: Partial<LogConfig> = { 'retention.ms': -1, 'retention.bytes': -1 };

/** Segments of ten offsets and 100 bytes each, written at 0, 1000, 2000 … ms; the last is written to. */
const SEGMENTS = [0, 1, 2, 3].map((at) => ({ baseOffset: 10 * at, sizeInBytes: 100, maxTimestamp: 1_000 * at }));

describe('how many segments go (RT-1)', () => {
  it.each<{ says: string; config?: Partial<LogConfig>; now?: number; start?: number; highWatermark?: number; count: number }>([
    { says: 'none without limits', count: 0 },
    { says: 'none that is not old enough', config: { 'retention.ms': 5_000 }, now: 5_000, count: 0 },
    { says: 'those whose last record is older than retention.ms', config: { 'retention.ms': 5_000 }, now: 6_500, count: 2 },
    { says: 'all of them, the last too', config: { 'retention.ms': 5_000 }, now: 99_000, count: 4 },
    { says: 'none that reaches beyond the high watermark', config: { 'retention.ms': 5_000 }, now: 99_000, highWatermark: 25, count: 2 },
    { says: 'none at all below a high watermark of 0', config: { 'retention.ms': 5_000 }, now: 99_000, highWatermark: 0, count: 0 },
    { says: 'those by which the log is too large, whole ones', config: { 'retention.bytes': 250 }, count: 1 },
    { says: 'exactly so many', config: { 'retention.bytes': 200 }, count: 2 },
    { says: 'all, where nothing may stay', config: { 'retention.bytes': 0 }, count: 4 },
    { says: 'those below the start of the log', start: 25, count: 2 },
    { says: 'one that ends at the start of the log', start: 30, count: 3 },
    { says: 'not the one that holds the start', start: 29, count: 2 },
    { says: 'of both limits the one that takes more', config: { 'retention.bytes': 350, 'retention.ms': 5_000 }, now: 7_500, count: 3 },
    { says: 'of a compacted log only what lies below its start (RT-3)', config: { 'cleanup.policy': 'compact', 'retention.bytes': 0, 'retention.ms': 0 }, now: 99_000, start: 25, count: 2 },
    { says: 'of one that is compacted and deleted as of any', config: { 'cleanup.policy': 'compact,delete', 'retention.ms': 5_000 }, now: 6_500, count: 2 },
  ])('$says: $count', ({ config = {}, now = 0, start = 0, highWatermark = 40, count }) => {
    expect(segmentsToDelete(SEGMENTS, start, highWatermark, 40, now, { ...DEFAULT_LOG_CONFIG, ...NEVER, ...config })).toBe(count);
  });

  it('never an empty last segment', () => {
    expect(segmentsToDelete([{ baseOffset: 0, sizeInBytes: 0, maxTimestamp: -1 }], 0, 0, 0, 1e9, { ...DEFAULT_LOG_CONFIG, 'retention.ms': 1 })).toBe(0);
  });
});
