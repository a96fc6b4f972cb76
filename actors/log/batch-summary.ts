/** @module Batches in short, read from their headers: what tells the content of one log from that of another without its bytes. */
import { CRC, lastOffsetOf, partitionLeaderEpochOf, sizeInBytesOf } from './record-batch.ts';
import type { Offset } from './record-batch.ts';
import { readUint32 } from './big-endian.ts';

/** Entry i of each list is of the i-th batch. */
export interface BatchSummary {
  readonly lastOffsets: readonly Offset[];
  readonly epochs: readonly number[];
  /** CRC-32C as it stands in the header: of everything but the leader's stamp (RB-1). */
  readonly checksums: readonly number[];
}

/** A summary that grows batch by batch. */
export interface GrowingSummary extends BatchSummary {
  readonly lastOffsets: Offset[];
  readonly epochs: number[];
  readonly checksums: number[];
}

export function emptySummary(): GrowingSummary {
  return { lastOffsets: [], epochs: [], checksums: [] };
}

export function addToSummary(summary: GrowingSummary, bytes: Uint8Array, position: number): void {
  summary.lastOffsets.push(lastOffsetOf(bytes, position));
  summary.epochs.push(partitionLeaderEpochOf(bytes, position));
  summary.checksums.push(readUint32(bytes, position + CRC));
}

/** Of whole batches, one after the other, that fill `batches`. */
export function summaryOf(batches: Uint8Array): BatchSummary {
  const summary = emptySummary();
  for (let at = 0; at < batches.length; at += sizeInBytesOf(batches, at)) addToSummary(summary, batches, at);
  return summary;
}
