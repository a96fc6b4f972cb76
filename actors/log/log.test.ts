import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomStream } from '../../runtime/random/random.ts';
import { batchOf, bench, contentOf, epochsOf, example, rangesOf, stamped } from '../testing/log-bench.ts';
import { InvalidAppendError } from './log.ts';
import { baseOffsetOf, batchPositions, partitionLeaderEpochOf } from './record-batch.ts';
import { readRecords } from './records.ts';

describe('appending as leader', () => {
  it('gives the batch its offsets and the leader epoch (LA-3)', () => {
    const world = bench();
    const log = world.open();
    expect(world.run(log.appendAsLeader(batchOf(3), 7))).toEqual({ baseOffset: 0, lastOffset: 2 });
    expect(world.run(log.appendAsLeader(batchOf(1), 7))).toEqual({ baseOffset: 3, lastOffset: 3 });
    expect(world.run(log.appendAsLeader(batchOf(2), 9))).toEqual({ baseOffset: 4, lastOffset: 5 });
    expect(contentOf(world, log)).toEqual(['0..2 @7', '3..3 @7', '4..5 @9']);
    expect(log.logEndOffset).toBe(6);
    expect(epochsOf(log)).toEqual([[7, 0], [9, 4]]);
  });

  it('copies the batch', () => {
    const world = bench();
    const log = world.open();
    const batch = batchOf(1, 5);
    world.run(log.appendAsLeader(batch, 0));
    batch.fill(0);
    expect(readRecords(world.run(log.read(0, 1000, 1, true)))[0]!.value).toEqual(Uint8Array.of(5, 5, 5, 5));
  });

  it('has a new epoch durable before the first byte of the batch is written (LEC-5)', () => {
    const { events, run, open } = bench(10);
    const log = open();
    run(log.appendAsLeader(batchOf(1), 3));
    events.length = 0;
    run(log.appendAsLeader(batchOf(1), 4));
    const types = events.map(({ type }) => type);
    expect(types.indexOf('disk-synced')).toBeGreaterThan(-1);
    expect(types.indexOf('disk-directory-synced')).toBeLessThan(types.lastIndexOf('disk-written'));
    events.length = 0;
    run(log.appendAsLeader(batchOf(1), 4));
    expect(events.map(({ type }) => type)).toEqual(['disk-written']);
  });

  it('shows readers nothing of a batch until it is there', () => {
    const world = bench(10);
    const log = world.open();
    const append = log.appendAsLeader(batchOf(2), 1);
    append.next();
    expect([log.logEndOffset, contentOf(world, log)]).toEqual([0, []]);
    world.run(append);
    expect([log.logEndOffset, contentOf(world, log)]).toEqual([2, ['0..1 @1']]);
  });

  it('takes office with an epoch that has written nothing (LEC-2, KAFKA-7415)', () => {
    const world = bench();
    const log = world.open();
    world.run(log.assignEpochStart(1));
    world.run(log.appendAsLeader(batchOf(5), 1));
    world.run(log.assignEpochStart(2));
    expect(epochsOf(log)).toEqual([[1, 0], [2, 5]]);
    expect([log.latestEpoch, log.lastOffsetOfEpoch(1), log.lastOffsetOfEpoch(2), log.lastOffsetOfEpoch(3)]).toEqual([2, 4, undefined, undefined]);
    expect([log.endOffsetFor(1), log.endOffsetFor(2), log.endOffsetFor(3)]).toEqual([{ epoch: 1, endOffset: 5 }, { epoch: 2, endOffset: 5 }, undefined]);
  });

  it('takes exactly one batch', () => {
    const { run, open } = bench();
    const log = open();
    expect(() => run(log.appendAsLeader(stamped([0, 1, 0], [1, 1, 0]), 0))).toThrow('not exactly one batch');
  });
});

describe('appending as follower', () => {
  it('keeps offsets, gaps and epochs of the leader (FT-4)', () => {
    const world = bench();
    const log = world.open();
    expect(world.run(log.appendAsFollower(stamped([0, 2, 1], [5, 1, 1], [6, 2, 3])))).toEqual({ baseOffset: 0, lastOffset: 7 });
    expect(contentOf(world, log)).toEqual(['0..1 @1', '5..5 @1', '6..7 @3']);
    expect(epochsOf(log)).toEqual([[1, 0], [3, 6]]);
    expect([log.epochOf(5), log.epochOf(6)]).toEqual([1, 3]);
    expect(world.run(log.appendAsFollower(new Uint8Array(0)))).toBeUndefined();
  });

  it.each([
    { says: 'a batch before the end', bytes: stamped([19, 1, 4]), reason: 'offsets-out-of-order' },
    { says: 'batches that overlap', bytes: stamped([20, 3, 5], [22, 1, 5]), reason: 'offsets-out-of-order' },
    { says: 'a flipped bit', bytes: stamped([20, 1, 5]).with(65, 99), reason: 'corrupt' },
    { says: 'a batch cut short', bytes: stamped([20, 1, 5], [21, 1, 5]).slice(0, -1), reason: 'corrupt' },
  ])('refuses $says and changes nothing', ({ bytes, reason }) => {
    const { log, run, ...world } = example();
    const before = contentOf({ run, ...world }, log);
    let error: unknown;
    try {
      run(log.appendAsFollower(bytes));
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(InvalidAppendError);
    expect((error as InvalidAppendError).reason).toBe(reason);
    expect(contentOf({ run, ...world }, log)).toEqual(before);
    expect([log.logEndOffset, log.latestEpoch]).toEqual([20, 4]);
  });
});

describe('reading', () => {
  const size = batchOf(5).length;
  it.each([
    { says: 'from the start of a batch', from: 5, maxBytes: 2 * size, upTo: 20, atLeastOne: false, found: ['5..9 @1', '10..14 @2'] },
    { says: 'from within a batch: the whole of it (F-8)', from: 8, maxBytes: 2 * size, upTo: 20, atLeastOne: false, found: ['5..9 @1', '10..14 @2'] },
    { says: 'a byte too few for the second', from: 5, maxBytes: 2 * size - 1, upTo: 20, atLeastOne: false, found: ['5..9 @1'] },
    { says: 'too few for one', from: 5, maxBytes: size - 1, upTo: 20, atLeastOne: false, found: [] },
    { says: 'too few for one, but one there must be (F-8)', from: 5, maxBytes: 0, upTo: 20, atLeastOne: true, found: ['5..9 @1'] },
    { says: 'up to the end of a batch', from: 0, maxBytes: 9999, upTo: 10, atLeastOne: true, found: ['0..4 @1', '5..9 @1'] },
    { says: 'up to the middle of a batch', from: 0, maxBytes: 9999, upTo: 9, atLeastOne: true, found: ['0..4 @1'] },
    { says: 'up to where it begins', from: 10, maxBytes: 9999, upTo: 10, atLeastOne: true, found: [] },
    { says: 'beyond the bound', from: 15, maxBytes: 9999, upTo: 10, atLeastOne: true, found: [] },
    { says: 'at the end of the log (F-5)', from: 20, maxBytes: 9999, upTo: 20, atLeastOne: true, found: [] },
    { says: 'with a bound beyond the end', from: 15, maxBytes: 9999, upTo: 99, atLeastOne: true, found: ['15..19 @4'] },
  ])('$says', ({ from, maxBytes, upTo, atLeastOne, found }) => {
    const { log, run } = example();
    expect(rangesOf(run(log.read(from, maxBytes, upTo, atLeastOne)))).toEqual(found);
  });

  it('in a gap finds the next batch', () => {
    const { run, open } = bench();
    const log = open();
    run(log.appendAsFollower(stamped([0, 2, 1], [5, 1, 1])));
    expect(rangesOf(run(log.read(3, 9999, 6, true)))).toEqual(['5..5 @1']);
  });

  it('outside the log is a mistake of the caller', () => {
    const { log, run } = example();
    expect(() => run(log.read(21, 1, 21, true))).toThrow('read from 21 outside 0..20');
    expect(() => run(log.read(-1, 1, 21, true))).toThrow('read from -1 outside 0..20');
  });

  it('finds any offset, whatever the sizes of the batches, also after it was opened again', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.constantFrom(1, 50, 1500, 6000)), { minLength: 1, maxLength: 30 }), (batches) => {
        const world = bench();
        const log = world.open();
        const starts: number[] = [];
        for (const [count, valueBytes] of batches) {
          const { baseOffset } = world.run(log.appendAsLeader(batchOf(count, 0, valueBytes), 0));
          for (let i = 0; i < count; i += 1) starts.push(baseOffset);
        }
        for (const reader of [log, world.open()])
          for (const [offset, start] of starts.entries()) expect(baseOffsetOf(world.run(reader.read(offset, 0, reader.logEndOffset, true)))).toBe(start);
      }),
      { numRuns: 50 },
    );
  });
});

describe('the high watermark (W4)', () => {
  it('stays between the start and the end of the log', () => {
    const { log } = example();
    log.highWatermark = 20;
    log.highWatermark = 0;
    for (const offset of [-1, 21, Number.NaN]) expect(() => (log.highWatermark = offset)).toThrow(RangeError);
  });
});

describe('a log, whatever happens to it', () => {
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.record({ do: fc.constant('append' as const), count: fc.integer({ min: 1, max: 3 }), valueBytes: fc.constantFrom(1, 40, 3000) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('follow' as const), count: fc.integer({ min: 1, max: 3 }), gap: fc.nat(2), newEpoch: fc.boolean() }) },
    fc.record({ do: fc.constant('elect' as const) }),
    fc.record({ do: fc.constant('truncate' as const), share: fc.nat(4) }),
    fc.record({ do: fc.constant('flush' as const) }),
    fc.record({ do: fc.constant('restart' as const) }),
    { weight: 2, arbitrary: fc.record({ do: fc.constant('power-loss' as const) }) },
  );

  it('is after a power loss a prefix of what it was at some time since the last flush, with every flushed batch and the right epochs', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), fc.string(), (steps, seed) => {
        const world = bench();
        const { run, disk } = world;
        const power = randomStream(seed, 'power');
        let log = world.open();
        let epoch = 1;
        let versions: string[][] = [[]];
        let flushed = 0;
        for (const action of steps) {
          switch (action.do) {
            case 'append':
              run(log.appendAsLeader(batchOf(action.count, 1, action.valueBytes), epoch));
              break;
            case 'follow': {
              if (action.newEpoch) epoch += 1;
              const base = log.logEndOffset + action.gap;
              run(log.appendAsFollower(stamped([base, action.count, epoch], [base + action.count, 1, epoch])));
              break;
            }
            case 'elect':
              epoch += 1;
              run(log.assignEpochStart(epoch));
              break;
            case 'truncate':
              run(log.truncateTo(Math.floor((log.logEndOffset * action.share) / 4)));
              run(log.flushEpochs());
              break;
            case 'flush':
              run(log.flush());
              break;
            case 'restart':
              log = world.open();
              break;
            case 'power-loss':
              disk.powerLoss(power);
              log = world.open();
              break;
          }
          const now = contentOf(world, log);
          const isPrefixOf = (version: string[]): boolean => now.every((range, index) => version[index] === range);
          if (action.do === 'power-loss') {
            expect(versions.some(isPrefixOf), `${now.join()} of ${JSON.stringify(versions)}`).toBe(true);
            expect(now.length).toBeGreaterThanOrEqual(flushed);
          }
          if (action.do === 'restart') expect(now).toEqual(versions.at(-1));
          if (action.do === 'flush' || action.do === 'power-loss') {
            versions = [];
            flushed = now.length;
          }
          flushed = Math.min(flushed, now.length);
          versions.push(now);

          const bytes = run(log.read(log.logStartOffset, Number.MAX_SAFE_INTEGER, log.logEndOffset, true));
          for (const at of batchPositions(bytes)) expect(log.epochOf(baseOffsetOf(bytes, at))).toBe(partitionLeaderEpochOf(bytes, at));
        }
      }),
      { numRuns: 1000 },
    );
  });
});
