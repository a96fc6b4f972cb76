import { describe, expect, it } from 'vitest';
import type { TimedFault } from '../../runtime/faults/plan.ts';
import { MILLISECOND, SECOND } from '../../runtime/index.ts';
import type { ActorContext, Connection, Task } from '../../runtime/index.ts';
import { ERRORS } from '../protocol/errors.ts';
import type { DescribeQuorumResponse, FetchResponse, VoteResponse } from '../protocol/messages.ts';
import { describeQuorumRequest, only, partitionOf, quorumFetchRequest, voteRequest } from './raft-messages.ts';
import { of, runQuorum, voterName } from './testing/quorum.ts';
import type { Observed, QuorumOptions } from './testing/quorum.ts';
import { violations } from './testing/quorum-history.ts';

const ELECTION_MS = 1_000;
const FETCH_MS = 2_000;
const STRIKES_AT = 5 * SECOND;
const OTHERS = (node: number): string[] => [0, 1, 2].filter((other) => other !== node).map(voterName);

type Elected = ReturnType<typeof elections>[number];

function elections(observed: readonly Observed[]) {
  return of(observed, 'raft-leader-elected');
}

/** The node that leads when nothing happens: the same seed gives the same one. */
function firstLeader(options: QuorumOptions): number {
  return elections(runQuorum({ ...options, endsAt: STRIKES_AT }))[0]!.node;
}

/** Strikes the first leader. @returns what was observed, and the first two elections */
function struck(seed: string, fault: (leader: number) => Omit<TimedFault, 'id' | 'at'>, endsAt = 15 * SECOND): { observed: readonly Observed[]; first: Elected; second: Elected } {
  const leader = firstLeader({ seed });
  const observed = runQuorum({ seed, endsAt, faults: { timed: [{ id: 'f1', at: STRIKES_AT, ...fault(leader) }] } });
  const [first, second] = elections(observed);
  return { observed, first: first!, second: second! };
}

/** Asks one voter after another, over a connection each. */
function* ask<Reply>(context: ActorContext, node: number, request: object): Task<Reply> {
  const connection: Connection = yield* context.connect(voterName(node), SECOND);
  const reply = yield* connection.call<Reply>(request, SECOND);
  connection.close();
  return reply;
}

describe('an election', () => {
  it.each([1, 3, 5])('gives %i voters one leader, whose first record is committed first (KR-7)', (voters) => {
    const observed = runQuorum({ voters });
    const [leader, ...more] = elections(observed);
    expect(more).toEqual([]);
    expect(of(observed, 'raft-appended')[0]).toMatchObject({ node: leader!.node, baseOffset: leader!.epochStartOffset, asLeader: true });
    expect(of(observed, 'raft-high-watermark').every(({ highWatermark }) => highWatermark > leader!.epochStartOffset)).toBe(true);
  });

  it('after the crash of the leader takes a fetch timeout and one or two election timeouts at most, as long as votes are not split (§3.2)', () => {
    const times = Array.from({ length: 20 }, (_, i) => struck(`crash-${i}`, (leader) => ({ kind: 'crash', for: 8 * SECOND, target: { actor: voterName(leader) } })).second.time - STRIKES_AT);
    expect(Math.min(...times)).toBeGreaterThan((FETCH_MS - 600) * MILLISECOND);
    expect(Math.max(...times)).toBeLessThan((FETCH_MS + 2 * ELECTION_MS) * MILLISECOND);
  });

  it('after a leader that stops in good order takes no timeout: the voter with the longest log stands at once (KR-2)', () => {
    const { first, second } = struck('stops', (leader) => ({ kind: 'shutdown', for: 5 * SECOND, target: { actor: voterName(leader) } }));
    expect(second.node).not.toBe(first.node);
    expect(second.time - STRIKES_AT).toBeLessThan(100 * MILLISECOND);
  });

  it('is not forced by a voter that was away: pre-vote finds that the others have a leader (KR-1)', () => {
    const isolated = (preVote: boolean): number => {
      const leader = firstLeader({ seed: 'away', protocol: { preVote } });
      const away = (leader + 1) % 3;
      const faults = { timed: [{ id: 'f1', kind: 'partition', at: STRIKES_AT, for: 6 * SECOND, target: { between: [voterName(away)], and: OTHERS(away) } } as const] };
      return elections(runQuorum({ seed: 'away', protocol: { preVote }, faults, endsAt: 20 * SECOND })).length;
    };
    expect(isolated(true)).toBe(1);
    expect(isolated(false)).toBeGreaterThan(1);
  });
});

describe('a leader that is cut off', () => {
  const cut = struck('cut', (leader) => ({ kind: 'partition', for: 8 * SECOND, target: { between: [voterName(leader)], and: OTHERS(leader) } }), 20 * SECOND);
  const ofOld = <T extends { readonly node: number }>(observations: readonly T[]): T[] => observations.filter(({ node }) => node === cut.first.node);

  it('commits nothing from then on, and resigns after 1.5 fetch timeouts (check-quorum, §3.2)', () => {
    const quietFrom = STRIKES_AT + 100 * MILLISECOND;
    const rejoinsAt = STRIKES_AT + 8 * SECOND;
    expect(ofOld(of(cut.observed, 'raft-high-watermark')).filter(({ time }) => time > quietFrom && time < rejoinsAt)).toEqual([]);
    const appendedAlone = ofOld(of(cut.observed, 'raft-appended')).filter(({ time, epoch }) => time > quietFrom && epoch === cut.first.epoch);
    expect(appendedAlone.length).toBeGreaterThan(10);
    expect(Math.max(...appendedAlone.map(({ time }) => time))).toBeLessThan(STRIKES_AT + 1.5 * FETCH_MS * MILLISECOND + 100 * MILLISECOND);
  });

  it('follows the new one when it is back, and cuts off what only it had (KR-3)', () => {
    expect(cut.second.epoch).toBeGreaterThan(cut.first.epoch);
    const [truncated] = of(cut.observed, 'raft-truncated');
    expect(truncated).toMatchObject({ node: cut.first.node });
    expect(truncated!.toOffset).toBeLessThanOrEqual(cut.second.epochStartOffset);
    expect(violations(cut.observed)).toEqual([]);
  });
});

describe('whoever is asked says who leads, and in which epoch (KR-3, KR-5)', () => {
  const answers: { readonly fetched: Record<number, FetchResponse[]>; readonly described: DescribeQuorumResponse[]; readonly vote: VoteResponse[] } = { fetched: {}, described: [], vote: [] };
  const leader = firstLeader({ seed: 'asked' });
  runQuorum({
    seed: 'asked',
    scripts: {
      *asker(context) {
        yield* context.sleep(STRIKES_AT);
        const position = { fetchOffset: 0, lastFetchedEpoch: 0, highWatermark: 0 };
        for (const node of [0, 1, 2]) {
          answers.fetched[node] = [];
          for (const epoch of [0, 1, 2]) answers.fetched[node].push(yield* ask<FetchResponse>(context, node, quorumFetchRequest(1_000, epoch, position)));
          answers.described.push(yield* ask<DescribeQuorumResponse>(context, node, describeQuorumRequest()));
        }
        const ballot = { candidateId: 1, epoch: 0, lastEpoch: 0, lastEpochEndOffset: 0, preVote: true };
        answers.vote.push(yield* ask<VoteResponse>(context, leader, voteRequest(leader, ballot)));
        answers.vote.push(yield* ask<VoteResponse>(context, leader, voteRequest((leader + 1) % 3, { ...ballot, epoch: 1 })));
      },
    },
  });

  it.each([0, 1, 2])('voter %i: a Fetch of an older epoch, of this one, of a later one', (node) => {
    const own = node === leader ? ERRORS.NONE : ERRORS.NOT_LEADER_OR_FOLLOWER;
    const expected = [ERRORS.FENCED_LEADER_EPOCH, own, ERRORS.UNKNOWN_LEADER_EPOCH].map(({ code }) => ({ errorCode: code, currentLeader: { leaderId: leader, leaderEpoch: 1 } }));
    expect(answers.fetched[node]!.map(partitionOf)).toMatchObject(expected);
  });

  it('an observer gets committed records, and is listed as one', () => {
    expect(partitionOf(answers.fetched[leader]![1]!).records.length).toBeGreaterThan(0);
    const described = only(answers.described[2]!.topics)!;
    expect(only(answers.described[leader]!.topics)).toMatchObject({ errorCode: 0, leaderId: leader, leaderEpoch: 1, currentVoters: [{ replicaId: 0 }, { replicaId: 1 }, { replicaId: 2 }], observers: [{ replicaId: 1_000 }] });
    expect(described).toMatchObject({ leaderId: leader, leaderEpoch: 1 });
  });

  it('a Vote of an older epoch is fenced, and one for another voter refused (KR-1)', () => {
    expect(answers.vote.map(({ topics }) => only(topics))).toMatchObject([
      { errorCode: ERRORS.FENCED_LEADER_EPOCH.code, leaderId: leader, voteGranted: false },
      { errorCode: ERRORS.INVALID_VOTER_KEY.code, leaderId: leader, voteGranted: false },
    ]);
  });
});

it('a replica that would have to cut off what it knows to be committed ends its process (KR-9)', () => {
  // Without fsync the two that lose power together forget what was committed, and the third remembers (B56).
  const seed = 'forgotten';
  const third = firstLeader({ seed });
  const lost = OTHERS(third);
  const timed = [
    ...lost.map((actor, i): TimedFault => ({ id: `p${i}`, kind: 'power-loss', at: STRIKES_AT, for: SECOND, target: { actor } })),
    { id: 'cut', kind: 'partition', at: STRIKES_AT, for: 8 * SECOND, target: { between: [voterName(third)], and: lost } } as const,
  ];
  const observed = runQuorum({ seed, protocol: { quorumWithoutFsync: true }, faults: { timed }, endsAt: 20 * SECOND });
  expect(violations(observed).some((problem) => problem.includes('without all that is committed'))).toBe(true);
  // A new process does not know any more what was committed, and follows.
  const [, reopened] = of(observed, 'raft-opened').filter(({ node }) => node === third);
  const [truncated] = of(observed, 'raft-truncated').filter(({ node }) => node === third);
  expect(truncated!.time).toBeGreaterThan(reopened!.time);
});
