import { describe, expect, it } from 'vitest';
import { SimulatedDisk } from '../../runtime/disk/simulated-disk.ts';
import { randomStream } from '../../runtime/random/random.ts';
import { ManualClock, runTask } from '../../runtime/testing/run-task.ts';
import { MalformedCheckpointError, readEpochCheckpoint, readOffsetCheckpoint, writeEpochCheckpoint, writeOffsetCheckpoint } from './checkpoint-file.ts';

const FILE = 'orders-0/leader-epoch-checkpoint';

function bench() {
  const clock = new ManualClock();
  const disk = new SimulatedDisk({ now: () => clock.now(), sleep: (us) => clock.sleep(us), record: () => undefined }, { fsyncUs: 10, usPerMiB: 0 });
  const textOf = (file: string): string => new TextDecoder().decode(runTask(disk.read(file, 0, 1000)));
  const write = (file: string, content: string): void => runTask(disk.append(file, new TextEncoder().encode(content)));
  return { clock, disk, textOf, write };
}

describe('a checkpoint file', () => {
  it('has the text of leader-epoch-checkpoint', () => {
    const { clock, disk, textOf } = bench();
    const entries = [{ epoch: 0, startOffset: 0 }, { epoch: 3, startOffset: 9_007_199_254_740_991 }];
    runTask(writeEpochCheckpoint(disk, FILE, entries), clock);
    expect(textOf(FILE)).toBe('0\n2\n0 0\n3 9007199254740991\n');
    expect(runTask(readEpochCheckpoint(disk, FILE))).toEqual(entries);
  });

  it('has the text of replication-offset-checkpoint', () => {
    const { clock, disk, textOf } = bench();
    const offsets = [{ topic: 'orders', partition: 0, offset: 1207 }, { topic: '__consumer_offsets', partition: 49, offset: 0 }];
    runTask(writeOffsetCheckpoint(disk, 'replication-offset-checkpoint', offsets), clock);
    expect(textOf('replication-offset-checkpoint')).toBe('0\n2\norders 0 1207\n__consumer_offsets 49 0\n');
    expect(runTask(readOffsetCheckpoint(disk, 'replication-offset-checkpoint'))).toEqual(offsets);
  });

  it('that was never written has no entries', () => {
    expect(runTask(readEpochCheckpoint(bench().disk, FILE))).toEqual([]);
  });

  it('is replaced as a whole', () => {
    const { clock, disk } = bench();
    runTask(writeEpochCheckpoint(disk, FILE, [{ epoch: 0, startOffset: 0 }, { epoch: 3, startOffset: 1200 }]), clock);
    runTask(writeEpochCheckpoint(disk, FILE, []), clock);
    expect(runTask(readEpochCheckpoint(disk, FILE))).toEqual([]);
    expect(disk.list('')).toEqual([FILE]);
  });

  it.each(['1\n0\n', '0\n2\n0 0\n', '0\n1\n0 0', '0\n1\n0 zero\n', '0\n', ''])('that says %j is malformed', (content) => {
    const { disk, write } = bench();
    write(FILE, content);
    expect(() => runTask(readEpochCheckpoint(disk, FILE))).toThrow(MalformedCheckpointError);
  });

  it('is the old one or the new one wherever a power loss strikes, and the new one after that (LEC-5)', () => {
    for (let seed = 0; seed < 300; seed += 1) {
      const { clock, disk } = bench();
      const [before, after] = [[{ epoch: 1, startOffset: 0 }], [{ epoch: 1, startOffset: 0 }, { epoch: 2, startOffset: 5 }]];
      runTask(writeEpochCheckpoint(disk, FILE, before), clock);
      const writing = writeEpochCheckpoint(disk, FILE, after);
      let isDone = false;
      for (let steps = seed % 4; steps > 0 && !isDone; steps -= 1) {
        isDone = writing.next().done === true;
        if (!isDone) clock.advance();
      }
      disk.powerLoss(randomStream(String(seed), 'power'));
      const found = runTask(readEpochCheckpoint(disk, FILE));
      expect(isDone ? [after] : [before, after]).toContainEqual(found);
      runTask(writeEpochCheckpoint(disk, FILE, after), clock);
      disk.powerLoss(randomStream(String(seed), 'power'));
      expect(runTask(readEpochCheckpoint(disk, FILE))).toEqual(after);
    }
  });
});
