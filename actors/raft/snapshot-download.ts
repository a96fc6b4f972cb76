/** @module A snapshot on its way from the leader, piece by piece (KR-4). Where the pieces go is the caller's. */
import type { Task } from '../../runtime/index.ts';
import { NONE } from '../protocol/errors.ts';
import type { SnapshotId } from '../protocol/quorum-messages.ts';
import type { SnapshotPiece } from './raft-messages.ts';

export interface SnapshotSink {
  /** Bytes it has. */
  readonly position: number;
  append(bytes: Uint8Array): Task;
}

/** `more`: the next piece is to be asked for. `whole`: that was the last. `gone`: the leader does not have it any more. */
export type DownloadProgress = 'more' | 'whole' | 'gone';

/** Takes a piece. One that does not continue what is there, or is of another snapshot, is as good as none. */
export function* takePiece(id: SnapshotId, sink: SnapshotSink, { errorCode, snapshotId, position, size, unalignedRecords }: SnapshotPiece): Task<DownloadProgress> {
  const isOfIt = snapshotId.endOffset === id.endOffset && snapshotId.epoch === id.epoch && position === sink.position;
  if (errorCode !== NONE || !isOfIt || unalignedRecords.length === 0) return 'gone';
  yield* sink.append(unalignedRecords);
  return sink.position >= size ? 'whole' : 'more';
}
