/** @module Test support: a log with keys, and rounds of its compaction. */
import { cleanLog } from '../log/cleaner.ts';
import type { CleanerOptions, CleaningResult } from '../log/cleaner.ts';
import { logToClean } from '../log/log-to-clean.ts';
import { OffsetMap } from '../log/offset-map.ts';
import { readBatchHeader, sizeInBytesOf } from '../log/record-batch.ts';
import type { BatchHeader } from '../log/record-batch.ts';
import { encodeRecordBatch, readRecords } from '../log/records.ts';
import type { BatchOrigin } from '../log/records.ts';
import type { SegmentsBench } from './segments-bench.ts';

/** A record as a test writes it: `a1` is value 1 of key a, `a-` its tombstone, `1` a value without a key. */
export type Written = string;

/** Appends a batch and moves the high watermark to the end. */
export function write({ log, run }: SegmentsBench, records: readonly Written[], { epoch = 1, timestamp = 1, origin }: { epoch?: number; timestamp?: number; origin?: BatchOrigin } = {}): void {
  const encoder = new TextEncoder();
  const data = records.map((text) => ({
    timestamp,
    key: /^[a-z]/.test(text) ? encoder.encode(text[0]) : null,
    value: text.endsWith('-') ? null : encoder.encode(text.slice(1)),
  }));
  run(log.appendAsLeader(encodeRecordBatch(data, origin), epoch));
  log.highWatermark = log.logEndOffset;
}

/** What stands in the log: `a1@0`, offset by offset. */
export function written(world: SegmentsBench): string[] {
  const decoder = new TextDecoder();
  return batches(world).flatMap(({ bytes }) =>
    readRecords(bytes).map(({ offset, key, value }) => `${key === null ? '' : decoder.decode(key)}${value === null ? '-' : decoder.decode(value)}@${offset}`),
  );
}

/** Every batch of the log. */
export function batches({ log, run }: SegmentsBench): { readonly header: BatchHeader; readonly bytes: Uint8Array }[] {
  const found: { header: BatchHeader; bytes: Uint8Array }[] = [];
  for (let offset = log.logStartOffset; offset < log.logEndOffset; ) {
    const read = run(log.read(offset, 1_000_000, log.logEndOffset, true)).slice();
    if (read.length === 0) break;
    for (let at = 0; at < read.length; at += sizeInBytesOf(read, at)) {
      const header = readBatchHeader(read, at);
      found.push({ header, bytes: read.subarray(at, at + header.sizeInBytes) });
      offset = header.lastOffset + 1;
    }
  }
  return found;
}

/** One round of compaction, as the broker's cleaner does it. */
export function clean({ log, run }: SegmentsBench, { nowMs = 1_000, keysMax = 1_000, ...options }: Partial<CleanerOptions> & { keysMax?: number } = {}): CleaningResult | undefined {
  const toClean = logToClean(log, nowMs);
  if (toClean === undefined) return undefined;
  const result = run(
    cleanLog(log, toClean, { offsets: new OffsetMap(24 * keysMax, 1), nowMs, leavesNoGaps: false, isStopped: () => false, exclusively: (task) => task, replacing: () => undefined, ...options }),
  );
  log.lastCleanOffset = result.endOffset;
  return result;
}
