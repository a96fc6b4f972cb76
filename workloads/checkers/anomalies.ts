/** @module Every anomaly that the checkers can report (§12.2–12.5): its name, the mission row it speaks of, its class, and what it means. */
import type { Anomaly, AnomalyClass } from './checker.ts';

interface AnomalyRow {
  readonly name: string;
  readonly row: string;
  readonly class: AnomalyClass;
  readonly says: string;
}

const safety = <N extends string>(name: N, row: string, says: string) => ({ name, row, class: 'safety', says }) as const;
const availability = <N extends string>(name: N, row: string, says: string) => ({ name, row, class: 'availability', says }) as const;
const liveness = <N extends string>(name: N, row: string, says: string) => ({ name, row, class: 'liveness', says }) as const;

export const ANOMALIES = [
  safety('acked-then-reordered', '7.1-order', "two acknowledged records of one producer stand in the log in another order than they were sent"),
  safety('nonmonotonic-poll', '7.1-order', 'a consumer was given a lower offset than in the poll before'),
  safety('int-nonmonotonic-poll', '7.1-order', 'inside one poll a lower offset follows a higher one'),
  safety('premature-ack', '7.1-committed', 'acks=all was answered before a leader that has the record showed a high watermark beyond it'),
  safety('premature-commit', '7.1-committed', "a leader's high watermark is beyond the log of a replica that the controller may elect (W3)"),
  safety('isr-not-superset', '7.1-committed', 'a member of the in-sync set, or an eligible leader replica, is without a committed record (W3)'),
  safety('commit-under-min-isr', '7.3.3-minisr', 'a leader moved its high watermark with fewer replicas in sync than min.insync.replicas'),
  safety('high-watermark-regressed', '7.1-committed', 'the high watermark of a leader went back within one leader epoch (W4)'),
  safety('high-watermark-out-of-range', '7.1-committed', 'a high watermark lies outside the log it speaks of, or more was deleted than was committed (W4)'),
  safety('isr-invalid', '7.2-isr', 'an in-sync set or set of eligible leader replicas that cannot be (W7)'),
  safety('undeclared-unclean-election', '7.3.2-unclean', 'a leader was elected that was neither in sync nor eligible, and nothing called it unclean (EL-1)'),
  safety('leader-epoch-shared', '7.1-order', 'two brokers appended as leaders of one leader epoch (W1)'),
  safety('log-divergence', '7.1-durable', 'two replicas have the same entry, and their logs differ before it or in it (W2)'),
  safety('committed-unstable', '7.1-durable', 'a leader is without records that were committed before (W5)'),
  safety('metadata-epoch-regressed', '7.6.1-config', 'a leader or partition epoch went back in the metadata log or on a broker, or did not rise with a change (W6)'),
  safety('raft-two-leaders', '7.6.1-config', 'two controllers were elected leaders of one epoch (W14)'),
  safety('raft-leader-incomplete', '7.6.1-config', 'a controller was elected without all that was committed before (W14)'),
  safety('raft-commit-without-majority', '7.6.1-config', 'the metadata log was committed though no majority of the voters has it (W14)'),
  safety('raft-commit-of-older-epoch', '7.6.1-config', "the metadata log was committed up to a record that is not of the leader's own epoch (W14)"),
  safety('raft-committed-diverged', '7.6.1-config', 'a controller holds for committed, or cuts off, what contradicts what was committed (W14)'),
  safety('raft-log-divergence', '7.6.1-config', 'two controllers have the same entry of the metadata log, and their logs differ before it or in it (W14)'),
  safety('raft-epoch-regressed', '7.6.1-config', 'the epoch of a controller fell (W14)'),
  safety('raft-high-watermark-regressed', '7.6.1-config', 'the high watermark of a controller fell while it ran (W14)'),
  safety('raft-snapshot-diverged', '7.6.1-config', 'a controller wrote or took over a snapshot that is not what was committed, or two wrote different ones of the same (W14, KR-4)'),
  safety('acked-loss', '7.1-durable', 'an acknowledged record is not at its offset once everything is healed'),
  safety('synced-loss', '7.3.5-flush', 'a replica of a trial that syncs every append came back without something that it had appended'),
  safety('deleted-too-much', '7.1-durable', 'records were deleted that were neither too old nor too many, and that nobody had asked to delete'),
  safety('inconsistent-offsets', '7.1-durable', 'one offset was seen with two values'),
  safety('ghost-write', '7.1-durable', 'a value that nobody sent to that partition'),
  safety('late-visibility', '7.4.3-errors', 'a record that failed for certain is in the log'),
  safety('duplicate', '7.4.2-retries', 'one value stands at two offsets'),
  safety('read-uncommitted-data', '7.1-visible', 'a consumer was given a record beyond the high watermark, or one that is gone in the end'),
  safety('poll-skip', '7.5-committed', 'between two polls a consumer stepped over a record'),
  safety('int-poll-skip', '7.5-committed', 'inside one poll a consumer stepped over a record'),
  safety('lost-write', '7.5-committed', 'a consumer went past an acknowledged record that is there, and nobody was ever given it'),
  safety('unseen', '7.5-committed', 'a consumer that said it had read to the end was never given a record that stands there'),
  liveness('stalled', '7.6.2-app', 'applications had not finished when the run ended'),
  liveness('reading-stalled', '7.5-committed', 'a consumer was given nothing more, though it had not come to the end of a partition'),
  liveness('leaderless-partition', '7.6.1-config', 'a partition has no leader in the end'),
  liveness('under-replicated', '7.2-isr', 'a replica has not come back to the in-sync set in time after the heal'),
  liveness('reassignment-unfinished', '7.2-isr', 'a partition that was to move to other brokers has not got there in the end'),
  liveness('unread-partition', '7.1-durable', 'a partition could not be read to its end after the heal'),
  // What trials expect of their own schedules (expectations/).
  availability('elected-out-of-time', '7.3.4-session', "a new leader was elected sooner or later after the old one's death than the session timeout says"),
  availability('leader-lost', '7.6.2-app', 'a partition lost its leader where nothing should have taken it away'),
  availability('shrunk-out-of-time', '7.3.4-lag', 'a follower that does not fetch left the in-sync set sooner or later than replica.lag.time.max.ms says'),
  availability('resumed-late', '7.6.1-config', 'after its leader was gone, a partition took longer to acknowledge again than the trial allows'),
  availability('controller-late', '7.6.1-config', 'after the active controller was gone, it took longer than the trial allows until another one was active'),
  availability('stopped-too-long', '7.6.2-app', 'a client or a partition had to wait longer than the trial allows'),
  safety('not-read-only', '7.3.3-minisr', 'acks=all was acknowledged for a record sent while too few replicas were in sync'),
  safety('unclean-election', '7.3.2-unclean', 'a replica that was not in sync was elected though unclean.leader.election.enable=false'),
] as const satisfies readonly AnomalyRow[];

export type AnomalyName = (typeof ANOMALIES)[number]['name'];

const rows: ReadonlyMap<AnomalyName, AnomalyRow> = new Map(ANOMALIES.map((row) => [row.name, row]));

/** An anomaly of this name. `detail`: sentences, one per line; those that are undefined are left out. */
export function anomaly(name: AnomalyName, time: number, byDesign: string | undefined, ...detail: readonly (string | undefined)[]): Anomaly {
  const { row, class: kind } = rows.get(name)!;
  return { name, row, class: kind, byDesign: byDesign ?? null, time, causedAt: time, detail: detail.filter((sentence) => sentence !== undefined).join('\n') };
}

/** The same, and it came about then; undefined: as it became certain. */
export function causedAt(at: number | undefined, found: Anomaly): Anomaly {
  return at === undefined ? found : { ...found, causedAt: Math.min(at, found.time) };
}
