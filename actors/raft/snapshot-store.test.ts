import { describe, expect, it } from 'vitest';
import { SimulatedDisk } from '../../runtime/disk/simulated-disk.ts';
import { randomStream } from '../../runtime/random/random.ts';
import { ManualClock, runTask } from '../../runtime/testing/run-task.ts';
import type { Task } from '../../runtime/index.ts';
import type { SnapshotId } from '../protocol/quorum-messages.ts';
import { SnapshotStore } from './snapshot-store.ts';

const FILE = '__cluster_metadata-0/00000000000000001207-0000000003.checkpoint';
const ID: SnapshotId = { endOffset: 1_207, epoch: 3 };
const [A, B, C]: readonly SnapshotId[] = [{ endOffset: 100, epoch: 1 }, { endOffset: 200, epoch: 1 }, { endOffset: 300, epoch: 4 }];

function bench() {
  const clock = new ManualClock();
  const disk = new SimulatedDisk({ now: () => clock.now(), sleep: (us) => clock.sleep(us), record: () => undefined }, { fsyncUs: 10, usPerMiB: 0 });
  const run = <T>(task: Task<T>): T => runTask(task, clock);
  return { clock, disk, run, open: (logStartOffset = 0) => run(SnapshotStore.open(disk, logStartOffset)) };
}

function* written(store: SnapshotStore, id: SnapshotId, ...pieces: readonly number[][]): Task {
  const writer = store.begin(id)!;
  for (const piece of pieces) yield* writer.append(Uint8Array.from(piece));
  yield* writer.freeze();
}

describe('KR-4: snapshots on disk', () => {
  it('have names of end offset and epoch, and are there when they are whole', () => {
    const { disk, run, open } = bench();
    const store = open();
    const writer = store.begin(ID)!;
    run(writer.append(Uint8Array.of(1, 2, 3)));
    expect([store.latest, store.sizeOf(ID), writer.position]).toEqual([undefined, undefined, 3]);
    run(writer.append(Uint8Array.of(4)));
    run(writer.freeze());
    expect(disk.list('')).toEqual([FILE]);
    expect([store.latest, store.sizeOf(ID)]).toEqual([ID, 4]);
    expect([...run(store.read(ID, 1, 2))]).toEqual([2, 3]);
  });

  it('that are there are not written again', () => {
    const { run, open } = bench();
    const store = open();
    run(written(store, ID, [1]));
    expect(store.begin(ID)).toBeUndefined();
    expect(store.begin({ ...ID, epoch: 4 })).toBeDefined();
  });

  it('are in the order of their end offsets, however they came', () => {
    const { run, open } = bench();
    const store = open();
    for (const id of [B!, C!, A!]) run(written(store, id, [1]));
    expect(store.ids).toEqual([A, B, C]);
    expect(open().ids).toEqual([A, B, C]);
    run(store.removeBefore(200));
    expect(store.ids).toEqual([B, C]);
    run(store.removeBefore(301));
    expect(store.ids).toEqual([]);
  });

  it('that end before the log begins, or were never finished, go at the start', () => {
    const { disk, run, open } = bench();
    const store = open();
    for (const id of [A!, B!]) run(written(store, id, [1]));
    run(store.begin(C!)!.append(Uint8Array.of(1)));
    expect(disk.list('')).toHaveLength(3);
    expect(open(200).ids).toEqual([B]);
    expect(disk.list('')).toHaveLength(1);
  });

  it('are whole or not there, wherever a power loss strikes', () => {
    const seen = new Set<string>();
    for (let seed = 0; seed < 200; seed += 1) {
      const { clock, disk, run, open } = bench();
      run(written(open(), A!, [1]));
      const writing = written(open(), ID, [1, 2], [3, 4]);
      for (let steps = seed % 6; steps > 0 && writing.next().done !== true; steps -= 1) clock.advance();
      disk.powerLoss(randomStream(`seed ${seed}`, 'power'));
      const store = open();
      const whole = store.sizeOf(ID);
      seen.add(String(whole));
      expect(store.ids, `seed ${seed}`).toEqual(whole === undefined ? [A] : [A, ID]);
      if (whole !== undefined) expect([...run(store.read(ID, 0, 9))], `seed ${seed}`).toEqual([1, 2, 3, 4]);
    }
    expect([...seen].sort()).toEqual(['4', 'undefined']);
  });
});
