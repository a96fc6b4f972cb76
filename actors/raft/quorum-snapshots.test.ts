/** Snapshots of the metadata log in a quorum whose records say nothing (KR-4). */
import { describe, expect, it } from 'vitest';
import type { TimedFault, Weather } from '../../runtime/faults/plan.ts';
import { MILLISECOND, SECOND } from '../../runtime/index.ts';
import type { ActorContext, Connection, Task } from '../../runtime/index.ts';
import { randomStream } from '../../runtime/random/random.ts';
import { errorName } from '../protocol/errors.ts';
import type { FetchResponse } from '../protocol/messages.ts';
import type { FetchSnapshotResponse } from '../protocol/quorum-messages.ts';
import { fetchSnapshotRequest, partitionOf, pieceOf, quorumFetchRequest } from './raft-messages.ts';
import { of, runQuorum, voterName } from './testing/quorum.ts';
import type { Observed, QuorumOptions } from './testing/quorum.ts';
import { violations } from './testing/quorum-history.ts';

/** One snapshot every few seconds; only the newest stays when old ones are looked for, once a minute. */
const SMALL: QuorumOptions = {
  snapshotEveryBytes: 8_000,
  config: { 'metadata.max.retention.bytes': 0, 'metadata.log.segment.bytes': 4_000, 'controller.quorum.fetch.snapshot.max.bytes': 100 },
};

function firstLeader(options: QuorumOptions): number {
  return of(runQuorum({ ...options, endsAt: 5 * SECOND }), 'raft-leader-elected')[0]!.node;
}

const down = (id: string, node: number, at: number, until: number, kind: 'crash' | 'power-loss' = 'crash'): TimedFault => ({ id, kind, at: at * SECOND, for: (until - at) * SECOND, target: { actor: voterName(node) } });
const loadedBy = (observed: readonly Observed[], node: number) => of(observed, 'raft-snapshot-loaded').filter((one) => one.node === node);
const highWatermarkOf = (observed: readonly Observed[], node: number): number => of(observed, 'raft-high-watermark').findLast((one) => one.node === node)?.highWatermark ?? 0;

describe('a voter whose log ends where the leader’s does not begin any more', () => {
  it.each([
    ['was down while the log forgot', 'lagging', (node: number) => [down('f1', node, 10, 75)]],
    ['was never there before', 'new', (node: number) => [down('f1', node, 0, 75)]],
  ])('%s: loads the newest snapshot, and follows from its end', (_, seed, faults) => {
    const leader = firstLeader({ ...SMALL, seed });
    const away = (leader + 1) % 3;
    const observed = runQuorum({ ...SMALL, seed, faults: { timed: faults(away) }, endsAt: 90 * SECOND });
    const [loaded, ...more] = loadedBy(observed, away);
    expect(more).toEqual([]);
    expect(loaded!.time).toBeGreaterThan(75 * SECOND);
    expect(of(observed, 'raft-snapshot-created').some(({ endOffset, snapshotEpoch }) => endOffset === loaded!.endOffset && snapshotEpoch === loaded!.snapshotEpoch)).toBe(true);
    const appended = of(observed, 'raft-appended').filter(({ node, time }) => node === away && time > loaded!.time);
    expect(appended[0]!.baseOffset).toBe(loaded!.endOffset);
    expect(highWatermarkOf(observed, away)).toBeGreaterThan(highWatermarkOf(observed, leader) - 5);
    expect(violations(observed)).toEqual([]);
  });

  it('crashes in the middle of the download: it begins anew, and half a snapshot is none', () => {
    const seed = 'half';
    const away = (firstLeader({ ...SMALL, seed }) + 1) % 3;
    const first = loadedBy(runQuorum({ ...SMALL, seed, faults: { timed: [down('f1', away, 0, 75)] }, endsAt: 80 * SECOND }), away)[0]!.time;
    const outcomes = new Set<number>();
    for (let earlierUs = 0; earlierUs <= 8 * MILLISECOND; earlierUs += 500) {
      for (const kind of ['crash', 'power-loss'] as const) {
        const struckAt = first - earlierUs;
        const timed = [down('f1', away, 0, 75), { id: 'f2', kind, at: struckAt, for: SECOND, target: { actor: voterName(away) } }];
        const observed = runQuorum({ ...SMALL, seed, faults: { timed }, endsAt: 80 * SECOND });
        const loaded = loadedBy(observed, away);
        outcomes.add(loaded.length);
        expect(loaded.at(-1)!.time, `${kind} ${earlierUs} µs earlier`).toBeGreaterThan(struckAt - 1);
        expect(highWatermarkOf(observed, away), `${kind} ${earlierUs} µs earlier`).toBeGreaterThan(loaded.at(-1)!.endOffset);
        expect(violations(observed), `${kind} ${earlierUs} µs earlier`).toEqual([]);
      }
    }
    expect([...outcomes]).toContain(1);
  });

  it('leads after a snapshot as well as any other: what it does not have as a log is committed', () => {
    const seed = 'leads';
    const leader = firstLeader({ ...SMALL, seed });
    const [away, third] = [(leader + 1) % 3, (leader + 2) % 3];
    const observed = runQuorum({ ...SMALL, seed, faults: { timed: [down('f1', away, 8, 75), down('f2', leader, 80, 100), down('f3', third, 84, 88, 'power-loss')] }, endsAt: 110 * SECOND });
    expect(loadedBy(observed, away).length).toBe(1);
    expect(of(observed, 'raft-high-watermark').filter(({ node, time }) => node === away && time > 100 * SECOND).length).toBeGreaterThan(0);
    expect(violations(observed)).toEqual([]);
  });
});

describe('FetchSnapshot (59)', () => {
  const seed = 'asked';
  const leader = firstLeader({ ...SMALL, seed });
  const answers: Record<string, string> = {};
  const content: number[] = [];
  const fetched: FetchResponse[] = [];
  const observed = runQuorum({
    ...SMALL,
    seed,
    endsAt: 30 * SECOND,
    scripts: {
      *asker(context) {
        yield* context.sleep(20 * SECOND);
        const connection = yield* context.connect(voterName(leader), SECOND);
        fetched.push(yield* connection.call<FetchResponse>(quorumFetchRequest(1_000, 1, { fetchOffset: 0, lastFetchedEpoch: 0, highWatermark: 0 }), SECOND));
        const id = partitionOf(fetched[0]!).snapshotId!;
        const whole = pieceOf(yield* connection.call<FetchSnapshotResponse>(fetchSnapshotRequest(1_000, 1, id, 0, 1_000_000), SECOND));
        content.push(whole.size, whole.unalignedRecords.length);
        yield* askAll(connection, { id, size: whole.size });
        const other = yield* context.connect(voterName((leader + 1) % 3), SECOND);
        answers['a follower'] = said(yield* other.call<FetchSnapshotResponse>(fetchSnapshotRequest(1_000, 1, id, 0, 10), SECOND));
        yield* pieces(context, connection, id);
      },
    },
  });

  function* askAll(connection: Connection, { id, size }: { readonly id: { readonly endOffset: number; readonly epoch: number }; readonly size: number }): Task {
    const cases: Record<string, ReturnType<typeof fetchSnapshotRequest>> = {
      'an older epoch': fetchSnapshotRequest(1_000, 0, id, 0, 10),
      'a later epoch': fetchSnapshotRequest(1_000, 2, id, 0, 10),
      'no such end': fetchSnapshotRequest(1_000, 1, { ...id, endOffset: id.endOffset + 1 }, 0, 10),
      'no such epoch': fetchSnapshotRequest(1_000, 1, { ...id, epoch: 9 }, 0, 10),
      'before its beginning': fetchSnapshotRequest(1_000, 1, id, -1, 10),
      'its end': fetchSnapshotRequest(1_000, 1, id, size, 10),
      'its last byte': fetchSnapshotRequest(1_000, 1, id, size - 1, 10),
      'another topic': { ...fetchSnapshotRequest(1_000, 1, id, 0, 10), topics: [] },
    };
    for (const [name, request] of Object.entries(cases)) answers[name] = said(yield* connection.call<FetchSnapshotResponse>(request, SECOND));
  }

  function* pieces(context: ActorContext, connection: Connection, id: { readonly endOffset: number; readonly epoch: number }): Task {
    let position = 0;
    for (let size = 1; position < size; yield* context.sleep(MILLISECOND)) {
      const piece = pieceOf(yield* connection.call<FetchSnapshotResponse>(fetchSnapshotRequest(1_000, 1, id, position, 300), SECOND));
      expect(piece).toMatchObject({ position, snapshotId: id });
      position += piece.unalignedRecords.length;
      size = piece.size;
    }
    content.push(position);
  }

  function said(answer: FetchSnapshotResponse): string {
    const { errorCode, currentLeader } = pieceOf(answer);
    return `${errorName(errorCode)} ${currentLeader.leaderId === leader ? 'leader' : currentLeader.leaderId} ${currentLeader.leaderEpoch}`;
  }

  it('KR-4: a Fetch from offset 0 is answered with the newest snapshot', () => {
    const before = of(observed, 'raft-snapshot-created').filter(({ node, time }) => node === leader && time < 20 * SECOND);
    expect(before.length).toBeGreaterThan(1);
    expect(partitionOf(fetched[0]!)).toMatchObject({ errorCode: 0, records: new Uint8Array(0), snapshotId: { endOffset: before.at(-1)!.endOffset, epoch: 1 } });
  });

  it.each([
    ['an older epoch', 'FENCED_LEADER_EPOCH leader 1'],
    ['a later epoch', 'UNKNOWN_LEADER_EPOCH leader 1'],
    ['a follower', 'NOT_LEADER_OR_FOLLOWER leader 1'],
    ['no such end', 'SNAPSHOT_NOT_FOUND leader 1'],
    ['no such epoch', 'SNAPSHOT_NOT_FOUND leader 1'],
    ['before its beginning', 'POSITION_OUT_OF_RANGE leader 1'],
    ['its end', 'POSITION_OUT_OF_RANGE leader 1'],
    ['its last byte', 'NONE leader 1'],
    ['another topic', 'UNKNOWN_TOPIC_OR_PARTITION leader 1'],
  ])('KR-4: asked for %s it says %s', (name, expected) => expect(answers[name]).toBe(expected));

  it('KR-4: pieces together are the whole', () => {
    const [size, atOnce, inPieces] = content;
    expect([atOnce, inPieces]).toEqual([size, size]);
    expect(size).toBeGreaterThan(1_000);
  });
});

describe('whatever happens to processes and links, what the quorum promises holds with snapshots (W14, KR-4)', () => {
  const HEALS_AT = 140 * SECOND;
  const WEATHER: Weather = { perMillion: { delay: 20_000, jam: 1_000, reset: 2_000, 'half-open': 1_000 } };

  /** Now this voter and now that one is away for long, and in between anything happens to anybody. */
  function faultsOf(seed: string): TimedFault[] {
    const random = randomStream(seed, 'snapshot-faults');
    const first = random.below(3);
    const faults = [down('long-0', first, 3, 68), down('long-1', (first + 1) % 3, 72, 138, 'power-loss')];
    for (let at = random.between(0, 10 * SECOND); at < HEALS_AT; at += random.between(5 * SECOND, 20 * SECOND)) {
      const lasts = Math.min(random.between(SECOND, 8 * SECOND), HEALS_AT - at);
      const one = random.below(3);
      const kind = random.pick(['crash', 'power-loss', 'power-loss', 'partition', 'pause'] as const);
      const id = `f${faults.length}`;
      if (kind === 'partition') faults.push({ id, kind, at, for: lasts, target: { between: [voterName(one)], and: [0, 1, 2].filter((other) => other !== one).map(voterName) } });
      else faults.push({ id, kind, at, for: lasts, target: { actor: voterName(one) } });
    }
    return faults;
  }

  it('and those who were left behind come back by snapshots', () => {
    let loaded = 0;
    for (const seed of ['1', '2', '3', '4']) {
      const observed = runQuorum({ ...SMALL, seed, faults: { timed: faultsOf(seed), weather: [WEATHER], weatherFrom: 0, weatherUntil: HEALS_AT }, endsAt: HEALS_AT + 15 * SECOND });
      expect(violations(observed), `seed ${seed}`).toEqual([]);
      const late = of(observed, 'raft-high-watermark').filter(({ time }) => time > HEALS_AT + 14 * SECOND);
      expect(new Set(late.map(({ node }) => node)).size, `seed ${seed}: after the heal all keep up`).toBe(3);
      loaded += of(observed, 'raft-snapshot-loaded').length;
    }
    expect(loaded).toBeGreaterThan(3);
  });
});
