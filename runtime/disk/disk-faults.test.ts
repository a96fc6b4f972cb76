/** @module What each fault of a disk does to each of its operations, and what no fault does. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DISK_FAULTS } from '../faults/plan.ts';
import type { DiskFaultKind } from '../faults/plan.ts';
import { randomStream } from '../random/random.ts';
import type { Task } from '../task.ts';
import { ManualClock, runTask } from '../testing/run-task.ts';
import { DiskError } from './disk.ts';
import { SimulatedDisk } from './simulated-disk.ts';
import type { DiskEvent } from './simulated-disk.ts';

const text = (characters: string): Uint8Array => new TextEncoder().encode(characters);
const ENDS = 1_000_000;

/** A disk whose syncs take 100 µs, with a file `a` that was synced. */
function bench() {
  const clock = new ManualClock();
  const events: DiskEvent[] = [];
  const disk = new SimulatedDisk({ now: () => clock.now(), sleep: (us) => clock.sleep(us), record: (event) => events.push(event) }, { fsyncUs: 100, usPerMiB: 0 });
  const run = <T>(task: Task<T>): T => runTask(task, clock);
  run(disk.append('a', text('durable')));
  run(disk.fsync('a'));
  events.length = 0;
  const contentOf = (file: string): string => new TextDecoder().decode(run(disk.read(file, 0, disk.size(file)!)));
  /** `ok`, the code of the failure, and when. */
  const outcome = (task: Task<unknown>): string => {
    const startedAt = clock.now();
    let how = 'ok';
    try {
      run(task);
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      how = error.code;
    }
    return `${how} +${clock.now() - startedAt}`;
  };
  const loseAllUnsynced = (): void => disk.powerLoss({ ...randomStream('', ''), below: () => 0, between: (low) => low, chance: () => false });
  return { clock, events, disk, run, contentOf, outcome, loseAllUnsynced };
}
type Bench = ReturnType<typeof bench>;

const OPERATIONS: Readonly<Record<string, (disk: SimulatedDisk) => Task<unknown>>> = {
  read: (disk) => disk.read('a', 0, 3),
  'cold read': (disk) => disk.read('a', 0, 3),
  append: (disk) => disk.append('a', text('xy')),
  'append of a new block': (disk) => disk.append('new', text('xy')),
  'creation of an empty file': (disk) => disk.append('new', text('')),
  truncate: (disk) => disk.truncate('a', 1),
  fsync: (disk) => disk.fsync('a'),
  'fsync with nothing to write': (disk) => disk.fsync('a'),
  rename: (disk) => disk.rename('a', 'b'),
  remove: (disk) => disk.remove('a'),
  syncDirectory: (disk) => disk.syncDirectory(),
};

function performed(operation: string, kind: DiskFaultKind, amount = 0): string {
  const { disk, run, clock, outcome, loseAllUnsynced } = bench();
  if (operation === 'fsync') run(disk.append('a', text('more')));
  if (operation === 'cold read') loseAllUnsynced();
  disk.begin('f1', kind, amount, clock.now() + ENDS);
  return outcome(OPERATIONS[operation]!(disk));
}

describe.each<[DiskFaultKind, Readonly<Record<string, string>>]>([
  ['disk-full', {
    read: 'ok +0', 'cold read': 'ok +0', append: 'ok +0', 'append of a new block': 'full +0', 'creation of an empty file': 'ok +0', truncate: 'ok +0',
    fsync: 'ok +100', 'fsync with nothing to write': 'ok +100', rename: 'ok +0', remove: 'ok +0', syncDirectory: 'ok +100',
  }],
  ['disk-hung', {
    read: 'ok +0', 'cold read': 'ok +1000000', append: 'ok +1000000', 'append of a new block': 'ok +1000000', 'creation of an empty file': 'ok +1000000', truncate: 'ok +1000000',
    fsync: 'ok +1000100', 'fsync with nothing to write': 'ok +1000100', rename: 'ok +1000000', remove: 'ok +1000000', syncDirectory: 'ok +1000100',
  }],
  ['disk-slow', {
    read: 'ok +0', 'cold read': 'ok +5000', append: 'ok +5000', 'append of a new block': 'ok +5000', 'creation of an empty file': 'ok +5000', truncate: 'ok +5000',
    fsync: 'ok +5100', 'fsync with nothing to write': 'ok +5100', rename: 'ok +5000', remove: 'ok +5000', syncDirectory: 'ok +5100',
  }],
  ['disk-error', {
    read: 'ok +0', 'cold read': 'io +0', append: 'io +0', 'append of a new block': 'io +0', 'creation of an empty file': 'io +0', truncate: 'io +0',
    fsync: 'io +100', 'fsync with nothing to write': 'io +100', rename: 'io +0', remove: 'io +0', syncDirectory: 'io +100',
  }],
  ['disk-fsync-error', {
    read: 'ok +0', 'cold read': 'ok +0', append: 'ok +0', 'append of a new block': 'ok +0', 'creation of an empty file': 'ok +0', truncate: 'ok +0',
    fsync: 'io +100', 'fsync with nothing to write': 'ok +100', rename: 'ok +0', remove: 'ok +0', syncDirectory: 'ok +100',
  }],
])('%s', (kind, expected) => {
  it.each(Object.entries(expected))('%s: %s', (operation, outcome) => {
    expect(performed(operation, kind, 5_000)).toBe(outcome);
  });

  it('is over when it ends, and leaves no trace of itself', () => {
    const { disk, outcome } = bench();
    disk.begin('f1', kind, 5_000, 10);
    disk.end('f1');
    expect([outcome(disk.append('a', new Uint8Array(10_000))), outcome(disk.fsync('a')), outcome(disk.remove('a'))]).toEqual(['ok +0', 'ok +100', 'ok +0']);
  });

  it('tells its host which operations have failed', () => {
    const { disk, outcome, events } = bench();
    disk.begin('f1', kind, 5_000, ENDS);
    const failed = [outcome(disk.append('new', text('x'))), outcome(disk.fsync('a'))].filter((how) => !how.startsWith('ok')).length;
    expect(events.filter(({ type }) => type === 'disk-failed')).toHaveLength(failed);
  });
});

describe('a full disk', () => {
  it('takes what fits into the last block of a file, and writes that much of what does not', () => {
    const { disk, run, outcome, events } = bench();
    run(disk.append('b', new Uint8Array(4_090)));
    disk.begin('f1', 'disk-full', 0, ENDS);
    expect([outcome(disk.append('b', text('1234'))), outcome(disk.append('b', text('5678'))), outcome(disk.append('b', text('9')))]).toEqual(['ok +0', 'full +0', 'full +0']);
    expect(disk.size('b')).toBe(4_096);
    expect(events.slice(-3)).toEqual([
      { type: 'disk-written', file: 1, position: 4_094, bytes: 2 },
      { type: 'disk-failed', operation: 'append', name: 'b', code: 'full' },
      { type: 'disk-failed', operation: 'append', name: 'b', code: 'full' },
    ]);
  });
});

describe('a hung disk', () => {
  it('finishes nothing that had begun, and does everything in order when it is over', () => {
    const { disk, clock, contentOf } = bench();
    const begun = disk.fsync('a');
    begun.next();
    disk.begin('f1', 'disk-hung', 0, ENDS);
    const waiting = [disk.append('a', text('-1')), disk.append('a', text('-2'))];
    for (const task of waiting) task.next();
    clock.advance();
    expect(begun.next().done).toBe(false);
    expect(contentOf('a')).toBe('durable');
    for (const task of [begun, ...waiting]) runTask(task, clock);
    expect([clock.now(), contentOf('a')]).toEqual([ENDS, 'durable-1-2']);
  });

  it('hangs until the last of the faults that overlap has ended', () => {
    const { disk, outcome } = bench();
    disk.begin('f1', 'disk-hung', 0, 1_100);
    disk.begin('f2', 'disk-hung', 0, 3_100);
    expect(outcome(disk.append('a', text('x')))).toBe('ok +3000');
    disk.begin('f3', 'disk-hung', 0, 9_100);
    disk.end('f3');
    expect(outcome(disk.append('a', text('x')))).toBe('ok +0');
  });

  it('fails afterwards if it is broken then', () => {
    const { disk, outcome } = bench();
    disk.begin('f1', 'disk-hung', 0, 1_100);
    disk.begin('f2', 'disk-error', 0, 3_100);
    expect(outcome(disk.append('a', text('x')))).toBe('io +1000');
  });
});

describe('a slow disk', () => {
  it('does one thing after the other, and adds up', () => {
    const { disk, clock } = bench();
    disk.begin('f1', 'disk-slow', 300, ENDS);
    disk.begin('f2', 'disk-slow', 200, ENDS);
    const tasks = ['x', 'y'].map((name) => disk.append(name, text(name)));
    for (const task of tasks) task.next();
    for (const task of tasks) runTask(task, clock);
    expect(clock.now()).toBe(100 + 2 * 500);
  });
});

describe('a sync that failed', () => {
  const failed = (world: Bench): void => {
    const { disk, run, outcome } = world;
    run(disk.append('a', text('-lost')));
    disk.begin('f1', 'disk-fsync-error', 0, ENDS);
    expect(outcome(disk.fsync('a'))).toBe('io +100');
    disk.end('f1');
  };

  it('is followed by one that succeeds and has nothing to write; the bytes are there until the power is gone', () => {
    const world = bench();
    const { disk, run, outcome, contentOf, events, loseAllUnsynced } = world;
    failed(world);
    run(disk.append('a', text('-kept')));
    expect(outcome(disk.fsync('a'))).toBe('ok +100');
    expect(contentOf('a')).toBe('durable-lost-kept');
    expect(events).toContainEqual({ type: 'disk-writeback-lost', file: 0, position: 7, bytes: 5 });
    loseAllUnsynced();
    expect(contentOf('a')).toBe('durable\0\0\0\0\0-kept');
    expect(events.at(-1)).toEqual({ type: 'disk-lost', file: 0, bytes: 5 });
    loseAllUnsynced();
    expect(contentOf('a')).toBe('durable\0\0\0\0\0-kept');
  });

  it('leaves no hole where the file was cut off and written anew', () => {
    const world = bench();
    const { disk, run, contentOf, loseAllUnsynced } = world;
    failed(world);
    run(disk.truncate('a', 8));
    run(disk.append('a', text('new')));
    run(disk.fsync('a'));
    loseAllUnsynced();
    expect(contentOf('a')).toBe('durable\0new');
  });

  it('leaves its hole in what an undone truncation brings back', () => {
    const world = bench();
    const { disk, run, contentOf } = world;
    failed(world);
    run(disk.truncate('a', 3));
    disk.powerLoss({ ...randomStream('', ''), below: () => 0, between: (low) => low, chance: () => true });
    expect(contentOf('a')).toBe('durable\0\0\0\0\0');
  });
});

describe('bit rot', () => {
  it('flips so many bits of one file, the same ones for the same draws', () => {
    const rotten = (): string[] => {
      const { disk, run, contentOf, events } = bench();
      run(disk.append('b', text('unsynced bytes rot as well')));
      disk.rot(3, randomStream('seed', 'rot'));
      expect(events.at(-1)).toMatchObject({ type: 'disk-rotted', bits: 3 });
      return [contentOf('a'), contentOf('b')];
    };
    const [a, b] = rotten();
    expect([a === 'durable', b === 'unsynced bytes rot as well'].filter((isSound) => !isSound)).toHaveLength(1);
    expect(rotten()).toEqual([a, b]);
  });

  it('hits a file the more often the larger it is', () => {
    const hits = { large: 0, small: 0 };
    for (let i = 0; i < 200; i += 1) {
      const { disk, run, contentOf } = bench();
      run(disk.append('large', new Uint8Array(63)));
      disk.rot(1, randomStream(String(i), 'rot'));
      if (contentOf('a') !== 'durable') hits.small += 1;
      else hits.large += 1;
    }
    expect(hits.small).toBeGreaterThan(5);
    expect(hits.small).toBeLessThan(50);
  });
});

describe('whatever fails and whenever', () => {
  const name = fc.constantFrom('a', 'b');
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.record({ do: fc.constant('append' as const), name, size: fc.integer({ min: 1, max: 3_000 }), fill: fc.integer({ min: 1, max: 255 }) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('fsync' as const), name }) },
    fc.record({ do: fc.constant('truncate' as const), name, share: fc.integer({ min: 0, max: 4 }) }),
    { weight: 2, arbitrary: fc.record({ do: fc.constant('begin' as const), kind: fc.constantFrom(...DISK_FAULTS.filter((kind) => kind !== 'disk-bit-rot')), id: fc.constantFrom('f1', 'f2') }) },
    fc.record({ do: fc.constant('end' as const), id: fc.constantFrom('f1', 'f2') }),
  );

  it('a read finds all that was reported written, and after a loss of power all that was reported synced, unless a sync had failed before (ST-1, ST-2)', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.string(), (steps, seed) => {
        const clock = new ManualClock();
        const disk = new SimulatedDisk({ now: () => clock.now(), sleep: (us) => clock.sleep(us), record: () => undefined }, { fsyncUs: 100, usPerMiB: 0 });
        const succeeds = (task: Task<unknown>): boolean => {
          try {
            runTask(task, clock);
            return true;
          } catch (error) {
            if (!(error instanceof DiskError) || error.code === 'no-such-file') throw error;
            return false;
          }
        };
        const read = (file: string): number[] => [...runTask(disk.read(file, 0, disk.size(file) ?? 0), clock)];
        const written = new Map<string, number[]>();
        /** How many bytes of each file were reported durable. */
        const synced = new Map<string, number>();
        const failedSync = new Set<string>();

        for (const action of steps) {
          if (action.do === 'begin') disk.begin(action.id, action.kind, 50, clock.now() + 1_000);
          else if (action.do === 'end') disk.end(action.id);
          else if (action.do === 'append') {
            const bytes = new Uint8Array(action.size).fill(action.fill);
            const before = written.get(action.name) ?? [];
            const isDone = succeeds(disk.append(action.name, bytes));
            const size = disk.size(action.name);
            if (size === undefined) continue;
            expect(size).toBeLessThanOrEqual(before.length + bytes.length);
            if (isDone) expect(size).toBe(before.length + bytes.length);
            written.set(action.name, [...before, ...bytes.subarray(0, size - before.length)]);
          } else if (disk.size(action.name) !== undefined) {
            const content = written.get(action.name)!;
            if (action.do === 'fsync') {
              if (succeeds(disk.fsync(action.name))) synced.set(action.name, content.length);
              else failedSync.add(action.name);
            } else {
              const size = Math.floor((content.length * action.share) / 4);
              // A truncation may come undone, which is another test's business.
              if (!succeeds(disk.truncate(action.name, size)) || !succeeds(disk.fsync(action.name))) {
                failedSync.add(action.name);
                written.set(action.name, content.slice(0, disk.size(action.name)));
                continue;
              }
              written.set(action.name, content.slice(0, size));
              synced.set(action.name, size);
            }
          }
        }
        for (const [file, content] of written) expect(read(file)).toEqual(content);

        for (const id of ['f1', 'f2']) disk.end(id);
        disk.powerLoss(randomStream(seed, 'power'));
        for (const [file, size] of synced) if (!failedSync.has(file)) expect(read(file).slice(0, size)).toEqual(written.get(file)!.slice(0, size));
      }),
      { numRuns: 500 },
    );
  });
});
