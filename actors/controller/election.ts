/**
 * @module
 * Who may lead a partition: the election ladder (EL-1, EL-2).
 *
 *     ONLINE     present leader ─ valid replica, in replica order ─ last known leader ─ nobody
 *     UNCLEAN    present leader ─ valid replica, in replica order ─ last known leader ─ active replica, in replica order ─ nobody
 *     PREFERRED  first replica ─ present leader ─ valid replica, in replica order ─ last known leader ─ nobody
 *
 * The last known leader stands on the ladder with eligible leader replicas only, and when nobody is left who is sure to have
 * everything: an unclean election, though `unclean.leader.election.enable` is off (KIP-966, "balanced recovery").
 */
import { NO_LEADER } from '../metadata/metadata-image.ts';
import type { ProtocolVariant } from '../protocol-variant.ts';

export type ElectionType = 'online' | 'unclean' | 'preferred';

/** Whether a broker is registered, unfenced and not shutting down. */
export type IsActive = (brokerId: number) => boolean;

export type ElectionVariant = Pick<ProtocolVariant, 'eligibleLeaderReplicas' | 'electsLastKnownLeader' | 'electsFencedLastKnownLeader'>;

/** A partition as the election finds it: the sets are those that will be, the leader is the present one. */
export interface Candidates {
  readonly leader: number;
  /** In order of preference. */
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
  readonly elr: readonly number[];
  readonly lastKnownElr: readonly number[];
}

export interface Elected {
  /** −1: nobody. */
  readonly leader: number;
  /** It may lack what was committed. */
  readonly isUnclean: boolean;
}

export function electLeader(candidates: Candidates, type: ElectionType, isActive: IsActive, variant: ElectionVariant): Elected {
  const { leader, replicas } = candidates;
  const isValid = (replica: number): boolean => isValidLeader(candidates, replica, isActive);
  if (type === 'preferred' && isValid(replicas[0]!)) return clean(replicas[0]!);
  if (isValid(leader)) return clean(leader);
  const valid = replicas.find(isValid);
  if (valid !== undefined) return clean(valid);
  const lastKnown = lastKnownLeader(candidates, isActive, variant);
  if (lastKnown !== undefined) return { leader: lastKnown, isUnclean: true };
  const active = type === 'unclean' ? replicas.find(isActive) : undefined;
  return active === undefined ? clean(NO_LEADER) : { leader: active, isUnclean: true };
}

/** EL-1: active, and in sync; or, when nobody is in sync, an eligible leader replica. */
export function isValidLeader({ isr, elr }: Pick<Candidates, 'isr' | 'elr'>, replica: number, isActive: IsActive): boolean {
  return isActive(replica) && (isr.includes(replica) || (isr.length === 0 && elr.includes(replica)));
}

/** EL-2. Undefined: it is not known, or it may not lead. */
function lastKnownLeader({ isr, elr, lastKnownElr }: Candidates, isActive: IsActive, variant: ElectionVariant): number | undefined {
  const [last] = lastKnownElr;
  if (!variant.eligibleLeaderReplicas || !variant.electsLastKnownLeader || isr.length > 0 || elr.length > 0 || last === undefined || lastKnownElr.length > 1) return undefined;
  return isActive(last) || variant.electsFencedLastKnownLeader ? last : undefined;
}

function clean(leader: number): Elected {
  return { leader, isUnclean: false };
}
