/**
 * @module
 * What is said in the controller quorum about snapshots of the metadata log (KR-4): FetchSnapshot, and the answer to a Fetch that sends the
 * replica there; and what a quorum may be asked about its voters (KR-6).
 */
import type { Request } from '../../runtime/index.ts';
import type { API_KEYS } from './messages.ts';
import { apiKey, array, boolean, bytes, int16, int32, int64, nullable, string, struct, uuid } from './schema.ts';
import type { Infer, Type } from './schema.ts';

const currentLeader = struct({ leaderId: int32, leaderEpoch: int32 });
const snapshotId = struct({ endOffset: int64, epoch: int32 });

/** `position`: byte of the snapshot's file from which on it is wanted. */
export const fetchSnapshotRequest = struct({
  apiKey: apiKey<typeof API_KEYS.FetchSnapshot>(),
  clusterId: string,
  replicaId: int32,
  maxBytes: int32,
  topics: array(struct({ name: string, partitions: array(struct({ partition: int32, currentLeaderEpoch: int32, snapshotId, position: int64 })) })),
});
/** `size`: of the whole snapshot, in bytes. `unalignedRecords`: bytes from `position` on, cut off anywhere. */
export const fetchSnapshotResponse = struct({
  errorCode: int16,
  topics: array(struct({ name: string, partitions: array(struct({ index: int32, errorCode: int16, snapshotId, currentLeader, size: int64, position: int64, unalignedRecords: bytes })) })),
});

/** A Fetch of the quorum as it is answered where the tagged field `snapshotId` is there; without it it is like any other. */
export const snapshottedFetchResponse = struct({
  errorCode: int16,
  responses: array(
    struct({
      topic: string,
      partitions: array(
        struct({
          partitionIndex: int32,
          errorCode: int16,
          highWatermark: int64,
          lastStableOffset: int64,
          logStartOffset: int64,
          divergingEpoch: struct({ epoch: int32, endOffset: int64 }),
          currentLeader,
          records: bytes,
          snapshotId,
        }),
      ),
    }),
  ),
});

const listeners = array(struct({ name: string, host: string, port: int32 }));
const clusterId = nullable(string);

/** A voter is its id and the directory of its log; '' is the id of no directory. */
export const addRaftVoterRequest = struct({ apiKey: apiKey<typeof API_KEYS.AddRaftVoter>(), clusterId, timeoutMs: int32, voterId: int32, voterDirectoryId: uuid, listeners, ackWhenCommitted: boolean });
export const removeRaftVoterRequest = struct({ apiKey: apiKey<typeof API_KEYS.RemoveRaftVoter>(), clusterId, voterId: int32, voterDirectoryId: uuid });
/** Answers AddRaftVoter and RemoveRaftVoter. */
export const raftVoterResponse = struct({ errorCode: int16, errorMessage: nullable(string) });
export const updateRaftVoterRequest = struct({
  apiKey: apiKey<typeof API_KEYS.UpdateRaftVoter>(),
  clusterId,
  currentLeaderEpoch: int32,
  voterId: int32,
  voterDirectoryId: uuid,
  listeners,
  kRaftVersionFeature: struct({ minSupportedVersion: int16, maxSupportedVersion: int16 }),
});
export const updateRaftVoterResponse = struct({ errorCode: int16, currentLeader });

/** Which snapshot: what the log says below `endOffset`, the last of it written in `epoch`. */
export type SnapshotId = Infer<typeof snapshotId>;
export type FetchSnapshotResponse = Infer<typeof fetchSnapshotResponse>;
export type FetchSnapshotRequest = Infer<typeof fetchSnapshotRequest> & Request<FetchSnapshotResponse>;
export type RaftVoterResponse = Infer<typeof raftVoterResponse>;
export type AddRaftVoterRequest = Infer<typeof addRaftVoterRequest> & Request<RaftVoterResponse>;
export type RemoveRaftVoterRequest = Infer<typeof removeRaftVoterRequest> & Request<RaftVoterResponse>;
export type UpdateRaftVoterResponse = Infer<typeof updateRaftVoterResponse>;
export type UpdateRaftVoterRequest = Infer<typeof updateRaftVoterRequest> & Request<UpdateRaftVoterResponse>;

export const QUORUM_MESSAGES: readonly Type<unknown>[] = [
  fetchSnapshotRequest,
  fetchSnapshotResponse,
  snapshottedFetchResponse,
  addRaftVoterRequest,
  removeRaftVoterRequest,
  raftVoterResponse,
  updateRaftVoterRequest,
  updateRaftVoterResponse,
];
