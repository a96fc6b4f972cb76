/** @module Requests that a broker turns away because they speak of another time than it knows: an epoch of the leader, an epoch of the follower. */
import type { MetadataImage } from '../metadata/metadata-image.ts';
import type { ErrorName } from '../protocol/errors.ts';

/** F-1: the error of a request that names a leader epoch. −1: it names none. */
export function epochError(requested: number, current: number): ErrorName | undefined {
  if (requested === -1 || requested === current) return undefined;
  return requested < current ? 'FENCED_LEADER_EPOCH' : 'UNKNOWN_LEADER_EPOCH';
}

/** Whether a follower may not fetch, for it is of an older broker epoch than is registered (FS-1, KIP-903). −1: it names none. */
export function refusesFollower(image: MetadataImage, replica: number, brokerEpoch: number): boolean {
  const known = image.aliveBrokerEpoch(replica);
  return brokerEpoch !== -1 && known !== undefined && brokerEpoch < known;
}
