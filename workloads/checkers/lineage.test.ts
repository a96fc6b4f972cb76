import { describe, expect, it } from 'vitest';
import { NO_BATCH } from './batch-tree.ts';
import { Lineage } from './lineage.ts';

/** One record per batch; the content follows from offset and epoch unless it is given. */
type Entry = readonly [offset: number, epoch: number, content?: number];
const NONE = { lastOffsets: [], epochs: [], checksums: [] };

function summary(entries: readonly Entry[]) {
  return { lastOffsets: entries.map(([offset]) => offset), epochs: entries.map(([, epoch]) => epoch), checksums: entries.map(([offset, epoch, content]) => content ?? 1_000 * epoch + offset) };
}

function append(lineage: Lineage, replica: number, ...entries: readonly Entry[]) {
  return lineage.appendAll(replica, summary(entries));
}

function parted(...logs: readonly (readonly Entry[])[]) {
  const lineage = new Lineage();
  return logs.map((entries, replica) => append(lineage, replica, ...entries)).find((divergence) => divergence !== undefined);
}

describe('lineage: two logs with the same (offset, epoch) entry are equal before it (W2)', () => {
  it.each([
    { what: 'equal logs', logs: [[[0, 1], [1, 1]], [[0, 1], [1, 1]]], partedAt: undefined },
    { what: 'a log that is the beginning of another', logs: [[[0, 1], [1, 1], [2, 1]], [[0, 1]]], partedAt: undefined },
    { what: 'ends that differ in their epoch', logs: [[[0, 1], [1, 1]], [[0, 1], [1, 2]]], partedAt: undefined },
    { what: 'one entry with two contents', logs: [[[0, 1], [1, 1]], [[0, 1], [1, 1, 7]]], partedAt: 1 },
    { what: 'the same entry after different ones: fast failover (KIP-279)', logs: [[[0, 0], [1, 0], [2, 2]], [[0, 0], [1, 1], [2, 2]]], partedAt: 1 },
    { what: 'a batch of the same epoch that ends elsewhere', logs: [[[0, 1], [2, 1]], [[0, 1], [1, 1]]], partedAt: 1 },
  ] as const)('$what: $partedAt', ({ logs, partedAt }) => {
    expect(parted(...logs)?.partedAt).toBe(partedAt);
  });

  it('names both replicas, and where they met and parted', () => {
    expect(parted([[0, 0], [1, 0], [2, 2]], [[0, 0], [1, 1], [2, 2]])).toEqual({ replicas: [1, 0], offset: 2, epoch: 2, partedAt: 1 });
  });
});

describe('lineage: what is in a log', () => {
  it('is known by the batch, not by the offset', () => {
    const lineage = new Lineage();
    append(lineage, 1, [0, 1], [1, 1], [2, 1]);
    append(lineage, 2, [0, 1], [1, 2]);
    const [first, second] = [lineage.log(1), lineage.log(2)];
    expect(second.contains(first.holding(0))).toBe(true);
    expect(second.contains(first.holding(1))).toBe(false);
    second.truncateTo(1);
    append(lineage, 2, [1, 1]);
    expect(second.head).toBe(first.holding(1));
    expect(second.endOffset).toBe(2);
  });

  it('has batches of several records', () => {
    const lineage = new Lineage();
    append(lineage, 1, [4, 1], [9, 1]);
    const log = lineage.log(1);
    expect([log.holding(0), log.holding(4), log.holding(5), log.holding(10)]).toEqual([0, 0, 1, NO_BATCH]);
    expect([log.below(4), log.below(5), log.below(9), log.below(10)]).toEqual([NO_BATCH, 0, 0, 1]);
    log.truncateTo(7);
    expect([log.length, log.endOffset]).toEqual([1, 7]);
  });
});

describe('lineage: a log that was opened again', () => {
  const two = () => {
    const lineage = new Lineage();
    append(lineage, 1, [0, 1], [1, 1], [2, 1]);
    append(lineage, 2, [0, 1], [1, 1], [2, 1]);
    return lineage;
  };

  it.each([
    { what: 'nothing read again', reopen: [0, 3, 3, NONE], same: 3, divergesFrom2: false },
    { what: 'nothing read again, shorter', reopen: [0, 1, 1, NONE], same: 1, divergesFrom2: false },
    { what: 'all read again', reopen: [0, 3, 0, summary([[0, 1], [1, 1], [2, 1]])], same: 3, divergesFrom2: false },
    { what: 'the end read again, without its last batch', reopen: [0, 2, 1, summary([[1, 1]])], same: 2, divergesFrom2: false },
    { what: 'read again, and something else stands there', reopen: [0, 3, 0, summary([[0, 1], [1, 0], [2, 0]])], same: 1, divergesFrom2: true },
  ] as const)('$what', ({ reopen, same, divergesFrom2 }) => {
    const lineage = two();
    expect(lineage.reopen(1, reopen[0], reopen[1], reopen[2], reopen[3])).toBe(same);
    expect(lineage.log(1).contains(lineage.log(2).holding(1))).toBe(!divergesFrom2 && same > 1);
  });

  it('finds again what a truncation had cut off, if the disk took that back', () => {
    const lineage = two();
    const cutOff = lineage.log(1).head;
    append(lineage, 1, [3, 1]);
    lineage.log(1).truncateTo(2);
    append(lineage, 1, [2, 2]);
    lineage.reopen(1, 0, 3, 0, summary([[0, 1], [1, 1], [2, 1]]));
    expect(lineage.log(1).head).toBe(cutOff);
  });
});

describe('lineage: the beginning of a log', () => {
  it('is found again by the first batch that is fetched into an empty log', () => {
    const lineage = new Lineage();
    append(lineage, 1, [0, 1], [1, 1], [2, 1], [3, 1]);
    append(lineage, 2, [0, 1]);
    lineage.log(2).restartAt(2);
    expect(append(lineage, 2, [2, 1], [3, 1])).toBeUndefined();
    expect(lineage.log(2).head).toBe(lineage.log(1).head);
    expect(lineage.log(2).contains(lineage.log(1).holding(0))).toBe(true);
  });

  it('is forgotten when no replica has it any more, and what follows is compared as before', () => {
    const lineage = new Lineage();
    const count = 5_000;
    for (let offset = 0; offset < count; offset += 1) for (const replica of [1, 2]) append(lineage, replica, [offset, 1]);
    const before = lineage.kept;
    for (const replica of [1, 2]) lineage.log(replica).startAt(count - 10);
    const renumbered = lineage.forget();
    expect(renumbered?.[count - 1]).toBe(9);
    expect(lineage.kept).toBeLessThan(before / 100);
    expect(lineage.log(1).head).toBe(lineage.log(2).head);
    append(lineage, 1, [count, 1]);
    expect(append(lineage, 2, [count, 1])).toBeUndefined();
    expect(append(lineage, 2, [count + 1, 1], [count + 2, 1])).toBeUndefined();
    expect(append(lineage, 1, [count + 1, 1, 7])).toMatchObject({ partedAt: count + 1 });
    lineage.log(2).truncateTo(count - 5);
    expect(append(lineage, 2, [count - 5, 1])).toBeUndefined();
    expect(lineage.log(1).contains(lineage.log(2).head)).toBe(true);
  });
});

describe('lineage: a compacted log (RT-3)', () => {
  const WHOLE: readonly Entry[] = [[0, 1], [1, 1], [2, 1], [3, 2], [4, 2], [5, 2]];
  function compactedBelow(offset: number): Lineage {
    const lineage = new Lineage();
    append(lineage, 1, ...WHOLE);
    lineage.compactedBelow = offset;
    return lineage;
  }

  it.each<{ what: string; below: number; entries: readonly Entry[]; partedAt: number | undefined; isSame: boolean }>([
    { what: 'a follower that fetches what is left of it holds the same log', below: 5, entries: [[1, 1, 77], [4, 2, 78], [5, 2]], partedAt: undefined, isSame: true },
    { what: 'batches are missing that no round has reached', below: 2, entries: [[1, 1, 77], [4, 2]], partedAt: 2, isSame: false },
    { what: 'a batch was changed that no round has reached', below: 4, entries: [[1, 1], [3, 2], [4, 2, 99]], partedAt: 4, isSame: false },
    { what: 'a batch of another epoch stands there', below: 5, entries: [[1, 1], [4, 3], [5, 2]], partedAt: 2, isSame: false },
  ])('$what', ({ below, entries, partedAt, isSame }) => {
    const lineage = compactedBelow(below);
    expect(append(lineage, 2, ...entries)?.partedAt).toBe(partedAt);
    expect(lineage.log(2).contains(lineage.log(1).head)).toBe(isSame);
  });

  it.each<{ what: string; below: number; entries: readonly Entry[]; unchangedBelow: number }>([
    { what: 'is what it was when it is read again', below: 5, entries: [[1, 1, 77], [4, 2, 78], [5, 2]], unchangedBelow: 6 },
    { what: 'has lost its end all the same', below: 5, entries: [[1, 1, 77], [4, 2, 78]], unchangedBelow: 5 },
    { what: 'may not lack what no round has reached', below: 3, entries: [[1, 1, 77], [5, 2]], unchangedBelow: 2 },
  ])('$what', ({ below, entries, unchangedBelow }) => {
    const lineage = compactedBelow(below);
    expect(lineage.reopen(1, 0, entries.at(-1)![0] + 1, 0, summary(entries))).toBe(unchangedBelow);
  });
});
