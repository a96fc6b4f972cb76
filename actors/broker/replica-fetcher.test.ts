import { describe, expect, it, test } from 'vitest';
import { ConnectionError, MILLISECOND } from '../../runtime/index.ts';
import type { ActorContext, Micros, Request, Task } from '../../runtime/index.ts';
import { encodeRecordBatch } from '../log/records.ts';
import { stampBatch } from '../log/record-batch.ts';
import type { ProtocolVariant } from '../protocol-variant.ts';
import { ERRORS } from '../protocol/errors.ts';
import type { ErrorName } from '../protocol/errors.ts';
import { API_KEYS } from '../protocol/messages.ts';
import type { FetchRequest, ListOffsetsRequest, OffsetForLeaderEpochRequest } from '../protocol/messages.ts';
import { Meter } from '../metrics/meter.ts';
import { PartitionBench } from '../testing/partition-bench.ts';
import { epochError } from './fences.ts';
import { ReplicaFetcher } from './replica-fetcher.ts';

type Asked = FetchRequest | OffsetForLeaderEpochRequest | ListOffsetsRequest;

/** A leader's answer to the next request; `does` happens while it is on its way. */
interface Answer {
  readonly error?: ErrorName | 'disconnect';
  readonly records?: Uint8Array;
  readonly highWatermark?: number;
  readonly diverging?: readonly [epoch: number, endOffset: number];
  /** Of OffsetForLeaderEpoch. */
  readonly end?: readonly [epoch: number, endOffset: number];
  /** Of ListOffsets. */
  readonly offset?: number;
  readonly does?: () => void;
}

class AllAsked extends Error {}

/** Broker 0 follows broker 1 in epoch 6, with a log of epochs that it wrote itself. Requests are answered from a script; then it is over. */
class FetcherBench extends PartitionBench {
  readonly asked: { readonly at: Micros; readonly request: Asked }[] = [];
  readonly fetcher: ReplicaFetcher;
  /** Batches that it counted as invalid. */
  invalid = 0;
  #script: Answer[] = [];

  /** @param epochs of the log, and how many records of one batch each they wrote */
  constructor(epochs: readonly (readonly [epoch: number, records: number])[], protocol: Partial<ProtocolVariant> = {}, highWatermark = 0) {
    super(protocol, 1);
    for (const [epoch, records] of epochs) {
      this.run(this.partition.log.assignEpochStart(epoch));
      for (let i = 0; i < records; i += 1) this.run(this.partition.log.appendAsLeader(encodeRecordBatch([{ key: null, value: new Uint8Array(3), timestamp: 0 }]), epoch));
    }
    this.partition.log.highWatermark = highWatermark;
    this.follow({ leaderEpoch: 6, partitionEpoch: 10 });
    const { clock } = this;
    const context: Partial<ActorContext> = {
      get now() {
        return clock.now();
      },
      signal: () => ({
        notify: () => undefined,
        *wait(timeoutUs?: Micros) {
          // Nothing to wait for but a change from outside.
          if (timeoutUs === undefined) throw new AllAsked();
          yield* clock.sleep(timeoutUs);
          return false;
        },
      }),
      connect: () => this.#connect(),
    };
    const { brokerId, config, protocol: variant, planted } = this.options;
    this.fetcher = new ReplicaFetcher(context as ActorContext, { brokerId, source: 'broker-1', config, protocol: variant, planted, brokerEpoch: () => 100 }, { replicationBytesIn: new Meter(0), invalid: () => (this.invalid += 1) });
    this.fetcher.add(this.partition);
  }

  /** Runs the fetcher until it has asked once more than it is answered, or has nothing left to ask. */
  answering(...script: Answer[]): this {
    this.#script = script;
    try {
      this.run(this.fetcher.run());
    } catch (error) {
      if (!(error instanceof AllAsked)) throw error;
    }
    return this;
  }

  /** What was asked: `fetch 3 in 6 after 5`, `end of 5 in 6`, `list -1 in 6`. */
  get questions(): string[] {
    return this.asked.map(({ request }) => {
      if (request.apiKey === API_KEYS.Fetch) {
        const { fetchOffset, currentLeaderEpoch, lastFetchedEpoch } = request.topics[0]!.partitions[0]!;
        return `fetch ${fetchOffset} in ${currentLeaderEpoch} after ${lastFetchedEpoch}`;
      }
      if (request.apiKey === API_KEYS.OffsetForLeaderEpoch) {
        const { currentLeaderEpoch, leaderEpoch } = request.topics[0]!.partitions[0]!;
        return `end of ${leaderEpoch} in ${currentLeaderEpoch}`;
      }
      const { currentLeaderEpoch, timestamp } = request.topics[0]!.partitions[0]!;
      return `list ${timestamp} in ${currentLeaderEpoch}`;
    });
  }

  get end(): number {
    return this.partition.log.logEndOffset;
  }

  // eslint-disable-next-line require-yield -- a task, as connecting is
  *#connect(): Task<never> {
    const call = <Reply>(request: Request<Reply>): Task<Reply> => this.#answer(request as Asked) as Task<Reply>;
    return { peer: 'broker-1', isOpen: true, call, send: () => undefined, close: () => undefined } as never;
  }

  *#answer(request: Asked): Task<object> {
    this.asked.push({ at: this.clock.now(), request });
    const answer = this.#script.shift();
    if (answer === undefined) throw new AllAsked();
    yield* this.clock.sleep(MILLISECOND);
    answer.does?.();
    if (answer.error === 'disconnect') throw new ConnectionError('reset', 'broker-1');
    const errorCode = answer.error === undefined ? 0 : ERRORS[answer.error].code;
    switch (request.apiKey) {
      case API_KEYS.Fetch: {
        const [epoch, endOffset] = answer.diverging ?? [-1, -1];
        const fetched = {
          partitionIndex: 0, errorCode, highWatermark: answer.highWatermark ?? 0, lastStableOffset: 0, logStartOffset: 0,
          divergingEpoch: { epoch, endOffset }, currentLeader: { leaderId: -1, leaderEpoch: -1 }, records: answer.records ?? new Uint8Array(0),
        };
        return { errorCode: 0, responses: [{ topic: 'orders', partitions: [fetched] }] };
      }
      case API_KEYS.OffsetForLeaderEpoch: {
        const [leaderEpoch, endOffset] = answer.end ?? [-1, -1];
        return { topics: [{ topic: 'orders', partitions: [{ errorCode, partition: 0, leaderEpoch, endOffset }] }] };
      }
      case API_KEYS.ListOffsets:
        return { topics: [{ name: 'orders', partitions: [{ partitionIndex: 0, errorCode, timestamp: -1, offset: answer.offset ?? -1, leaderEpoch: 6 }] }] };
    }
  }
}

/** A batch of one record, as a leader of that epoch stamped it. */
function stamped(offset: number, epoch: number): Uint8Array {
  const bytes = encodeRecordBatch([{ key: null, value: new Uint8Array(3), timestamp: 0 }]);
  stampBatch(bytes, 0, offset, epoch);
  return bytes;
}

const joined = (...batches: readonly Uint8Array[]): Uint8Array => Uint8Array.from(batches.flatMap((batch) => [...batch]));

/** Epoch 2 from 0, epoch 5 from 3, ending at 5; high watermark 1. */
const following = (protocol: Partial<ProtocolVariant> = {}): FetcherBench => new FetcherBench([[2, 3], [5, 2]], protocol, 1);

describe('how a follower begins (FT-1)', () => {
  test.each<[ProtocolVariant['truncation'], string[]]>([
    ['hw', ['fetch 1 in -1 after -1']],
    ['kip101', ['end of 5 in -1']],
    ['kip279', ['end of 5 in -1']],
    ['kip320', ['end of 5 in 6']],
    ['fetch-epoch', ['fetch 5 in 6 after 5']],
  ])('truncation=%s: %j', (truncation, questions) => {
    expect(following({ truncation }).answering().questions).toEqual(questions);
  });

  it('without any epoch it cuts at its high watermark', () => {
    const bench = new FetcherBench([]).answering();
    expect(bench.questions).toEqual(['fetch 0 in 6 after -1']);
  });
});

describe('a follower that asks before it fetches (FT-3, §1.10)', () => {
  test.each<[string, ProtocolVariant['truncation'], [number, number][], number, string[]]>([
    ['an end without an epoch, below its own', 'kip101', [[-1, 4]], 4, ['end of 5 in -1', 'fetch 4 in -1 after -1']],
    ['an end without an epoch, beyond its own', 'kip101', [[-1, 9]], 5, ['end of 5 in -1', 'fetch 5 in -1 after -1']],
    ['nothing: to its high watermark', 'kip101', [[-1, -1]], 1, ['end of 5 in -1', 'fetch 1 in -1 after -1']],
    ['the epoch it asked for', 'kip279', [[5, 4]], 4, ['end of 5 in -1', 'fetch 4 in -1 after -1']],
    ['an older one that it has', 'kip279', [[2, 2]], 2, ['end of 5 in -1', 'fetch 2 in -1 after -1']],
    ['an older one that it has not: it asks again, by its own', 'kip279', [[4, 4], [2, 9]], 3, ['end of 5 in -1', 'end of 2 in -1', 'fetch 3 in -1 after -1']],
    ['the same, fenced', 'kip320', [[4, 4], [2, 2]], 2, ['end of 5 in 6', 'end of 2 in 6', 'fetch 2 in 6 after -1']],
  ])('is told %s (%s)', (_, truncation, ends, end, questions) => {
    const bench = following({ truncation }).answering(...ends.map((answer) => ({ end: answer })));
    expect(bench.end).toBe(end);
    expect(bench.questions).toEqual(questions);
  });

  it('and begins anew meanwhile: with epochs named the answer is not for it, without it is applied (B5)', () => {
    for (const [truncation, end] of [['kip320', 5], ['kip279', 2]] as const) {
      const bench = following({ truncation });
      const restart = (): void => {
        bench.fetcher.remove(bench.partition);
        bench.follow({ leaderEpoch: 8, partitionEpoch: 11 });
        bench.fetcher.add(bench.partition);
      };
      expect(bench.answering({ end: [2, 2], does: restart }).end).toBe(end);
    }
  });
});

describe('a follower that is told in the answer to its fetch (FT-3)', () => {
  it('cuts its log, and offers the epoch that ends it then', () => {
    const bench = following().answering({ diverging: [4, 4] }, { diverging: [2, 2] });
    expect(bench.questions).toEqual(['fetch 5 in 6 after 5', 'fetch 3 in 6 after 2', 'fetch 2 in 6 after 2']);
  });

  it('leaves its high watermark alone, or takes over the leader’s first (HW-5, hwMovesOnDivergence)', () => {
    expect(following().answering({ diverging: [5, 4], highWatermark: 5 }).highWatermark).toBe(1);
    expect(following({ hwMovesOnDivergence: true }).answering({ diverging: [5, 4], highWatermark: 5 }).highWatermark).toBe(4);
  });
});

describe('an answer counts only if nothing has changed since (FT-2)', () => {
  /** While the answer is on its way the same leader is followed in another epoch, from the same offset. */
  function answered(protocol: Partial<ProtocolVariant>): FetcherBench {
    const bench = following(protocol);
    const restart = (): void => {
      bench.fetcher.remove(bench.partition);
      bench.follow({ leaderEpoch: 8, partitionEpoch: 11 });
      bench.fetcher.add(bench.partition);
    };
    return bench.answering({ diverging: [2, 2], does: restart });
  }

  it('not in the epoch it was asked in', () => {
    expect(answered({}).end).toBe(5);
  });

  it('matchesFetchByOffsetAlone: in whichever epoch (B8)', () => {
    expect(answered({ matchesFetchByOffsetAlone: true }).end).toBe(2);
  });

  it('not if the partition is not followed any more', () => {
    const bench = following();
    bench.answering({ records: stamped(5, 6), does: () => bench.fetcher.remove(bench.partition) }, {});
    expect(bench.end).toBe(5);
  });
});

describe('appending (FT-4)', () => {
  it('goes on from the last record, and takes over the high watermark', () => {
    const bench = following().answering({ records: joined(stamped(5, 6), stamped(6, 6)), highWatermark: 6 });
    expect(bench.questions.at(-1)).toBe('fetch 7 in 6 after 6');
    expect(bench.highWatermark).toBe(6);
  });

  test.each([
    ['batches of later epochs than it asked in are left out (KAFKA-18723)', {}, 6],
    ['appendsLaterEpochs: they are not', { appendsLaterEpochs: true }, 7],
  ])('%s', (_, protocol, end) => {
    expect(following(protocol).answering({ records: joined(stamped(5, 6), stamped(6, 7)) }).end).toBe(end);
  });
});

describe('an offset out of range (FT-5)', () => {
  it('beyond the leader’s end: cut there', () => {
    const bench = following().answering({ error: 'OFFSET_OUT_OF_RANGE' }, { offset: 4 });
    expect(bench.questions).toEqual(['fetch 5 in 6 after 5', 'list -1 in 6', 'fetch 4 in 6 after 5']);
  });

  it('below the leader’s start: the whole log is dropped', () => {
    const bench = following().answering({ error: 'OFFSET_OUT_OF_RANGE' }, { offset: 90 }, { offset: 50 });
    expect(bench.questions.slice(1)).toEqual(['list -1 in 6', 'list -2 in 6', 'fetch 50 in 6 after -1']);
    expect(bench.partition.log.logStartOffset).toBe(50);
  });

  it('within the leader’s log after all: it goes on', () => {
    const bench = following().answering({ error: 'OFFSET_OUT_OF_RANGE' }, { offset: 90 }, { offset: 2 });
    expect(bench.questions.at(-1)).toBe('fetch 5 in 6 after 5');
    expect(bench.end).toBe(5);
  });
});

describe('errors (FT-6)', () => {
  const BACKOFF_US = 1_000 * MILLISECOND;

  test.each<[string, Answer]>([
    ['a leader that knows an older epoch', { error: 'UNKNOWN_LEADER_EPOCH' }],
    ['one that does not lead', { error: 'NOT_LEADER_OR_FOLLOWER' }],
    ['anything else', { error: 'UNKNOWN_SERVER_ERROR' }],
    ['a connection that breaks', { error: 'disconnect' }],
    ['records that are corrupt', { records: joined(stamped(5, 6)).map((byte, i) => (i === 70 ? byte ^ 1 : byte)) }],
  ])('%s: again after replica.fetch.backoff.ms', (_, answer) => {
    const bench = following().answering(answer);
    expect(bench.questions).toEqual(['fetch 5 in 6 after 5', 'fetch 5 in 6 after 5']);
    expect(bench.asked[1]!.at - bench.asked[0]!.at).toBeGreaterThanOrEqual(BACKOFF_US);
    expect(bench.invalid).toBe('records' in answer ? 1 : 0);
  });

  test.each<[string, Answer]>([
    ['fenced in the epoch it knows', { error: 'FENCED_LEADER_EPOCH' }],
    ['offsets that do not go on from its log', { records: stamped(3, 6) }],
  ])('%s: not again before there is other metadata', (_, answer) => {
    const bench = following().answering(answer, {});
    expect(bench.fetcher.failedPartitions).toBe(1);
    expect(bench.invalid).toBe(0);
    expect(bench.asked).toHaveLength(1);
  });
});

it('one request at a time, with the parameters of Kafka (FT-7)', () => {
  const { request } = following().answering().asked[0]!;
  expect(request).toMatchObject({ maxWaitMs: 500, minBytes: 1, maxBytes: 10_485_760, replicaState: { replicaId: 0, replicaEpoch: 100 } });
});

it('isrWithoutBrokerEpochs: a fetch carries no broker epoch (KIP-903)', () => {
  expect(following({ isrWithoutBrokerEpochs: true }).answering().asked[0]!.request).toMatchObject({ replicaState: { replicaId: 0, replicaEpoch: -1 } });
});

test.each([
  [-1, 5, undefined],
  [5, 5, undefined],
  [4, 5, 'FENCED_LEADER_EPOCH'],
  [6, 5, 'UNKNOWN_LEADER_EPOCH'],
])('F-1: a request of epoch %i at epoch %i: %s', (requested, current, error) => {
  expect(epochError(requested, current)).toBe(error);
});
