import { expect, it } from 'vitest';
import { SimulatedDisk } from '../../runtime/disk/simulated-disk.ts';
import { randomStream } from '../../runtime/random/random.ts';
import { ManualClock, runTask } from '../../runtime/testing/run-task.ts';
import type { Task } from '../../runtime/index.ts';
import { MalformedQuorumStateError, QuorumStateFile } from './quorum-state-file.ts';

const FILE = '__cluster_metadata-0/quorum-state';
const first = { leaderEpoch: 3, leaderId: -1, votedId: 2 };
const second = { leaderEpoch: 4, leaderId: 1, votedId: -1 };

function bench(isSynced: boolean) {
  const clock = new ManualClock();
  const disk = new SimulatedDisk({ now: () => clock.now(), sleep: (us) => clock.sleep(us), record: () => undefined }, { fsyncUs: 10, usPerMiB: 0 });
  const file = new QuorumStateFile(disk, isSynced);
  return { disk, file, run: <T>(task: Task<T>): T => runTask(task, clock) };
}

it('keeps the epoch, its leader and the vote (§3.1)', () => {
  const { file, run } = bench(true);
  expect(run(file.read())).toBeUndefined();
  run(file.write(first));
  run(file.write(second));
  expect(run(file.read())).toEqual(second);
});

it('a vote that was written survives every loss of power (KR-1)', () => {
  for (let seed = 0; seed < 50; seed += 1) {
    const { disk, file, run } = bench(true);
    run(file.write(first));
    run(file.write(second));
    disk.powerLoss(randomStream(`seed ${seed}`, 'power'));
    expect(run(file.read()), `seed ${seed}`).toEqual(second);
  }
});

it('without fsync a loss of power forgets votes, and what it left half written counts for nothing (B56)', () => {
  const outcomes = new Set<string>();
  for (let seed = 0; seed < 50; seed += 1) {
    const { disk, file, run } = bench(false);
    run(file.write(first));
    disk.powerLoss(randomStream(`seed ${seed}`, 'power'));
    outcomes.add(JSON.stringify(run(file.read()) ?? 'forgotten'));
  }
  expect([...outcomes].sort()).toEqual(['"forgotten"', JSON.stringify(first)]);
});

it('a file whose bytes have rotted stops the voter: it may have voted', () => {
  const { disk, file, run } = bench(true);
  run(disk.append(FILE, new TextEncoder().encode('{"leaderId":1')));
  expect(() => run(file.read())).toThrow(MalformedQuorumStateError);
});
