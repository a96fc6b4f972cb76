import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Random } from '../random/random.ts';
import { randomStream } from '../random/random.ts';
import type { Task } from '../task.ts';
import { ManualClock, runTask } from '../testing/run-task.ts';
import { SOLID_STATE_DISK, SimulatedDisk } from './simulated-disk.ts';
import type { DiskEvent, SimulatedDiskOptions } from './simulated-disk.ts';

const INSTANT: SimulatedDiskOptions = { fsyncUs: 0, usPerMiB: 0 };
const text = (characters: string): Uint8Array => new TextEncoder().encode(characters);

function bench(options = INSTANT) {
  const clock = new ManualClock();
  const events: DiskEvent[] = [];
  const disk = new SimulatedDisk({ now: () => clock.now(), sleep: (us) => clock.sleep(us), record: (event) => events.push(event) }, options);
  const run = <T>(task: Task<T>): T => runTask(task, clock);
  const contentOf = (file: string): string => new TextDecoder().decode(run(disk.read(file, 0, disk.size(file)!)));
  return { clock, events, disk, run, contentOf };
}

/** A stream whose draws are given, and which must be used up. */
function scripted(...draws: number[]): Random & { readonly left: number } {
  const draw = (): number => {
    if (draws.length === 0) throw new Error('a draw too many');
    return draws.shift()!;
  };
  return {
    get left() {
      return draws.length;
    },
    below: draw,
    between: (low, high) => (low === high ? low : draw()),
    chance: () => draw() === 1,
    exponential: draw,
    pick: (items) => items[draw()]!,
  };
}

describe('the name of a new file', () => {
  it.each([
    { says: 'is durable with the file, as on ext4', options: INSTANT, survives: ['a'] },
    { says: 'needs a sync of the directory, as POSIX has it', options: { ...INSTANT, namesNeedDirectorySync: true }, survives: [] },
  ])('$says', ({ options, survives }) => {
    const { disk, run } = bench(options);
    run(disk.append('a', text('x')));
    run(disk.fsync('a'));
    disk.powerLoss({ ...randomStream('', ''), below: () => 0, between: (low) => low, chance: () => false });
    expect(disk.list('')).toEqual(survives);
    run(disk.append('b', text('x')));
    run(disk.fsync('b'));
    run(disk.syncDirectory());
    disk.powerLoss({ ...randomStream('', ''), below: () => 0, between: (low) => low, chance: () => false });
    expect(disk.list('')).toEqual([...survives, 'b']);
  });
});

const NONE_SURVIVES = 0;
const ALL_SURVIVES = 1;
const SOME_SURVIVES = 2;
const YES = 1;
const NO = 0;

describe('a disk without trouble', () => {
  it('reads back what was appended, fewer bytes at the end of the file', () => {
    const { disk, run } = bench();
    run(disk.append('a', text('hello ')));
    run(disk.append('a', text('world')));
    expect(run(disk.read('a', 6, 100))).toEqual(text('world'));
    expect(run(disk.read('a', 2, 3))).toEqual(text('llo'));
    expect(run(disk.read('a', 50, 3))).toEqual(text(''));
  });

  it('lists names by prefix, sorted by code unit, and counts the bytes of all files', () => {
    const { disk, run } = bench();
    for (const name of ['b/2', 'b/10', 'a', 'b/É', 'b/a']) run(disk.append(name, text('xy')));
    expect(disk.list('b/')).toEqual(['b/10', 'b/2', 'b/a', 'b/É']);
    expect(disk.bytesStored).toBe(10);
    run(disk.remove('b/2'));
    run(disk.truncate('a', 1));
    expect(disk.bytesStored).toBe(7);
  });

  it('says which file does not exist', () => {
    const { disk, run } = bench();
    for (const task of [disk.read('a', 0, 1), disk.truncate('a', 0), disk.fsync('a'), disk.rename('a', 'b')])
      expect(() => run<unknown>(task)).toThrow('no-such-file: a');
    run(disk.remove('a'));
    expect(disk.size('a')).toBeUndefined();
  });

  it('tells its host what happened, with files numbered in the order of their creation', () => {
    const { disk, run, events } = bench();
    run(disk.append('a', text('abc')));
    run(disk.append('b', text('')));
    run(disk.truncate('a', 1));
    run(disk.rename('a', 'b'));
    run(disk.fsync('b'));
    run(disk.remove('b'));
    run(disk.syncDirectory());
    run(disk.append('a', text('z')));
    expect(events).toEqual([
      { type: 'disk-created', file: 0, name: 'a' },
      { type: 'disk-written', file: 0, position: 0, bytes: 3 },
      { type: 'disk-created', file: 1, name: 'b' },
      { type: 'disk-truncated', file: 0, size: 1 },
      { type: 'disk-renamed', file: 0, name: 'b' },
      { type: 'disk-synced', file: 0 },
      { type: 'disk-removed', file: 0 },
      { type: 'disk-directory-synced' },
      { type: 'disk-created', file: 2, name: 'a' },
      { type: 'disk-written', file: 2, position: 0, bytes: 1 },
    ]);
  });
});

describe('the time a sync takes', () => {
  it('is the fixed cost and the unsynced bytes at the bandwidth', () => {
    const { disk, run, clock } = bench(SOLID_STATE_DISK);
    run(disk.append('a', new Uint8Array(2 * 1024 * 1024)));
    expect(clock.now()).toBe(0);
    run(disk.fsync('a'));
    expect(clock.now()).toBe(165 + 2 * 977);
    run(disk.fsync('a'));
    expect(clock.now()).toBe(165 + 2 * 977 + 165);
    run(disk.append('a', new Uint8Array(1)));
    run(disk.fsync('a'));
    expect(clock.now()).toBe(165 + 2 * 977 + 165 + 166);
  });

  it('is spent in turn: the disk is one server', () => {
    const { disk, clock } = bench({ fsyncUs: 100, usPerMiB: 0 });
    runTask(disk.append('a', text('a')), clock);
    const syncs = [disk.fsync('a'), disk.syncDirectory(), disk.fsync('a')];
    const doneAt = syncs.map(() => -1);
    for (;;) {
      for (const [index, sync] of syncs.entries()) if (doneAt[index] === -1 && sync.next().done === true) doneAt[index] = clock.now();
      if (!doneAt.includes(-1)) break;
      clock.advance();
    }
    expect(doneAt).toEqual([100, 200, 300]);
  });

  it('never suspends where nothing takes time', () => {
    const { disk } = bench();
    for (const task of [disk.append('a', text('a')), disk.fsync('a'), disk.truncate('a', 0), disk.rename('a', 'b'), disk.syncDirectory(), disk.read('b', 0, 1), disk.remove('b')])
      expect(task.next().done).toBe(true);
  });

  it('makes durable only what was written before it began', () => {
    const { disk, run, clock, contentOf } = bench({ fsyncUs: 100, usPerMiB: 0 });
    run(disk.append('a', text('before')));
    const sync = disk.fsync('a');
    sync.next();
    run(disk.append('a', text('after')));
    runTask(sync, clock);
    disk.powerLoss(scripted(NONE_SURVIVES));
    expect(contentOf('a')).toBe('before');
  });

  it('starts over when a truncation overtakes the sync', () => {
    const { disk, run, clock, contentOf } = bench({ fsyncUs: 100, usPerMiB: 0 });
    run(disk.append('a', text('abcdef')));
    const sync = disk.fsync('a');
    sync.next();
    run(disk.truncate('a', 2));
    run(disk.append('a', text('xyz')));
    runTask(sync, clock);
    expect(clock.now()).toBe(200);
    disk.powerLoss(scripted());
    expect(contentOf('a')).toBe('abxyz');
  });

  it('leaves nothing durable when the process dies before the sync is done, and nothing broken (ST-2)', () => {
    const { disk, run, contentOf } = bench({ fsyncUs: 100, usPerMiB: 0 });
    run(disk.append('a', text('abc')));
    run(disk.syncDirectory());
    disk.fsync('a').next();
    expect(contentOf('a')).toBe('abc');
    disk.powerLoss(scripted(NONE_SURVIVES));
    expect(contentOf('a')).toBe('');
    run(disk.append('a', text('new')));
    run(disk.fsync('a'));
    disk.powerLoss(scripted());
    expect(contentOf('a')).toBe('new');
  });
});

describe('a power loss', () => {
  const written = ({ disk, run }: ReturnType<typeof bench>): void => {
    run(disk.append('a', text('durable')));
    run(disk.fsync('a'));
    run(disk.append('a', text('12345')));
  };
  it.each([
    { says: 'no unsynced byte survives', draws: [NONE_SURVIVES], content: 'durable', lost: 5 },
    { says: 'all survive, whole', draws: [ALL_SURVIVES, NO], content: 'durable12345', lost: 0 },
    { says: 'some survive, whole', draws: [SOME_SURVIVES, 3, NO], content: 'durable123', lost: 2 },
    { says: 'some survive, their end torn to zeros', draws: [SOME_SURVIVES, 3, YES, 2, YES], content: 'durable1\0\0', lost: 4 },
    { says: 'all survive, their end torn to garbage', draws: [ALL_SURVIVES, YES, 2, NO, 63, 33], content: 'durable123?!', lost: 2 },
  ])('of what was appended since the sync: $says', ({ draws, content, lost }) => {
    const world = bench();
    written(world);
    const random = scripted(...draws);
    world.disk.powerLoss(random);
    expect(random.left).toBe(0);
    expect(world.contentOf('a')).toBe(content);
    expect(world.events.filter(({ type }) => type === 'disk-lost')).toEqual(lost === 0 ? [] : [{ type: 'disk-lost', file: 0, bytes: lost }]);
    world.disk.powerLoss(scripted());
    expect(world.contentOf('a')).toBe(content);
  });

  it.each([
    { says: 'the truncation and all after it are lost', draws: [YES], content: 'durable' },
    { says: 'the truncation is kept, what came after is lost', draws: [NO, NONE_SURVIVES], content: 'd' },
    { says: 'the truncation is kept, and what came after', draws: [NO, ALL_SURVIVES, NO], content: 'dnew' },
  ])('of an unsynced truncation of durable bytes: $says', ({ draws, content }) => {
    const world = bench();
    written(world);
    for (const task of [world.disk.truncate('a', 4), world.disk.append('a', text('X')), world.disk.truncate('a', 1), world.disk.append('a', text('new'))]) world.run(task);
    world.disk.powerLoss(scripted(...draws));
    expect(world.contentOf('a')).toBe(content);
  });

  it.each([
    { says: 'the file', sync: ({ disk }: ReturnType<typeof bench>) => disk.fsync('a') },
    { says: 'another file', sync: ({ disk }: ReturnType<typeof bench>) => disk.fsync('b') },
    { says: 'the directory', sync: ({ disk }: ReturnType<typeof bench>) => disk.syncDirectory() },
  ])('does not undo a truncation once $says was synced', ({ sync }) => {
    const world = bench();
    written(world);
    world.run(world.disk.append('b', text('')));
    world.run(world.disk.fsync('b'));
    world.run(world.disk.truncate('a', 1));
    world.run(sync(world));
    world.disk.powerLoss(scripted());
    expect(world.contentOf('a')).toBe('d');
  });

  it('may undo a truncation that overtook the sync of another file', () => {
    const world = bench({ fsyncUs: 100, usPerMiB: 0 });
    written(world);
    world.run(world.disk.append('b', text('')));
    world.run(world.disk.truncate('a', 5));
    const sync = world.disk.fsync('b');
    sync.next();
    world.run(world.disk.truncate('a', 1));
    runTask(sync, world.clock);
    world.disk.powerLoss(scripted(YES));
    expect(world.contentOf('a')).toBe('durable');
  });

  it.each([
    { kept: 0, names: { a: 'old', b: 'B' } },
    { kept: 1, names: { a: 'old', b: 'B', 'a.tmp': 'new' } },
    { kept: 2, names: { a: 'new', b: 'B' } },
    { kept: 3, names: { a: 'new' } },
  ])('keeps the first $kept of three directory operations', ({ kept, names }) => {
    const { disk, run, contentOf } = bench();
    for (const task of [disk.append('a', text('old')), disk.fsync('a'), disk.append('b', text('B')), disk.fsync('b'), disk.append('a.tmp', text('new'))]) run(task);
    run(disk.rename('a.tmp', 'a'));
    run(disk.remove('b'));
    disk.powerLoss(scripted(kept, ...(kept === 0 ? [] : [ALL_SURVIVES, NO])));
    expect(Object.fromEntries(disk.list('').map((name) => [name, contentOf(name)]))).toEqual(names);
  });

  it('keeps a file that was synced although its neighbours of the same time are gone', () => {
    const { disk, run } = bench();
    for (const name of ['a', 'b', 'c']) run(disk.append(name, text(name)));
    run(disk.fsync('b'));
    disk.powerLoss(scripted(0));
    expect(disk.list('')).toEqual(['b']);
  });

  it('does not let a new file stand beside what its name was before', () => {
    const { disk, run, contentOf } = bench();
    run(disk.append('a', text('old')));
    run(disk.fsync('a'));
    run(disk.rename('a', 'b'));
    run(disk.append('a', text('new')));
    run(disk.fsync('a'));
    disk.powerLoss(scripted());
    expect([contentOf('a'), contentOf('b')]).toEqual(['new', 'old']);
  });
});

describe('whatever happens before it', () => {
  const name = fc.constantFrom('a', 'b', 'c');
  const operation = fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('append' as const), name, bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }) }) },
    fc.record({ do: fc.constant('truncate' as const), name, share: fc.integer({ min: 0, max: 4 }) }),
    { weight: 2, arbitrary: fc.record({ do: fc.constant('fsync' as const), name }) },
    fc.record({ do: fc.constant('rename' as const), name, to: name }),
    fc.record({ do: fc.constant('remove' as const), name }),
    fc.record({ do: fc.constant('syncDirectory' as const) }),
  );

  /** One file as the model sees it: what was there at the last sync, what is there now, and how short it was in between. */
  interface ModelFile {
    synced: number[];
    now: number[];
    shortest: number;
    created: boolean;
  }
  type Names = Map<string, ModelFile>;

  const isPrefix = (prefix: readonly number[], of: readonly number[]): boolean => prefix.every((byte, index) => of[index] === byte);

  /** All that was synced; or, where it was cut since, that undone, or some prefix of what is there now, torn beyond what had to survive. */
  function explains(file: ModelFile, found: readonly number[]): boolean {
    const safe = Math.min(file.shortest, file.synced.length);
    if (safe < file.synced.length && found.length === file.synced.length && isPrefix(found, file.synced)) return true;
    return found.length >= safe && found.length <= file.now.length && isPrefix(file.now.slice(0, safe), found);
  }

  it('a power loss leaves only files that the model explains', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 40 }), fc.string(), (operations, seed) => {
        const { disk, run } = bench();
        const names: Names = new Map();
        const files: ModelFile[] = [];
        let base: Names = new Map();
        let pending: { isDurable: () => boolean; apply: (names: Names) => void }[] = [];
        const perform = (apply: (names: Names) => void, isDurable = () => false): void => {
          apply(names);
          pending.push({ isDurable, apply });
        };

        const syncTruncations = (): void => {
          for (const file of files) file.synced = file.synced.slice(0, file.shortest);
        };

        for (const step of operations) {
          const file = step.do === 'syncDirectory' ? undefined : names.get(step.name);
          switch (step.do) {
            case 'append': {
              run(disk.append(step.name, step.bytes));
              const target: ModelFile = file ?? { synced: [], now: [], shortest: 0, created: false };
              if (file === undefined) {
                files.push(target);
                perform((into) => into.set(step.name, target), () => target.created);
              }
              target.now.push(...step.bytes);
              break;
            }
            case 'truncate': {
              if (file === undefined) break;
              const size = Math.floor((file.now.length * step.share) / 4);
              run(disk.truncate(step.name, size));
              file.now.length = size;
              file.shortest = Math.min(file.shortest, size);
              break;
            }
            case 'fsync':
              if (file === undefined) break;
              run(disk.fsync(step.name));
              syncTruncations();
              file.synced = [...file.now];
              file.shortest = file.now.length;
              file.created = true;
              break;
            case 'rename':
              if (file === undefined || step.name === step.to) break;
              run(disk.rename(step.name, step.to));
              perform((into) => {
                const moved = into.get(step.name);
                if (moved === undefined) return;
                into.delete(step.name);
                into.set(step.to, moved);
              });
              break;
            case 'remove':
              run(disk.remove(step.name));
              if (file !== undefined) perform((into) => into.delete(step.name));
              break;
            case 'syncDirectory':
              run(disk.syncDirectory());
              syncTruncations();
              base = new Map(names);
              pending = [];
              break;
          }
        }

        disk.powerLoss(randomStream(seed, 'power'));
        const found = new Map(disk.list('').map((file) => [file, [...run(disk.read(file, 0, disk.size(file)!))]]));
        const outcomes = Array.from({ length: pending.length + 1 }, (_, kept) => {
          const outcome = new Map(base);
          for (const [index, { apply, isDurable }] of pending.entries()) if (index < kept || isDurable()) apply(outcome);
          return outcome;
        });
        const isExplained = outcomes.some(
          (outcome) => outcome.size === found.size && [...outcome].every(([file, model]) => found.has(file) && explains(model, found.get(file)!)),
        );
        expect(isExplained, JSON.stringify([...found])).toBe(true);

        const before = JSON.stringify([...found]);
        disk.powerLoss(scripted());
        expect(JSON.stringify(disk.list('').map((file) => [file, [...run(disk.read(file, 0, disk.size(file)!))]]))).toBe(before);
      }),
      { numRuns: 2000 },
    );
  });

  it('the same draws leave the same bytes', () => {
    const outcome = (): string[] => {
      const { disk, run, contentOf } = bench();
      for (const file of ['c', 'a', 'b']) run(disk.append(file, new Uint8Array(10_000).fill(65)));
      run(disk.syncDirectory());
      disk.powerLoss(randomStream('7', 'power'));
      return disk.list('').map(contentOf);
    };
    expect(outcome()).toEqual(outcome());
  });
});
