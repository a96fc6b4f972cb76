import { describe, expect, it } from 'vitest';
import { SimulatedDisk } from '../../runtime/disk/simulated-disk.ts';
import type { ActorContext, Task } from '../../runtime/index.ts';
import { ManualClock, runTask } from '../../runtime/testing/run-task.ts';
import { BROKER_CONFIG } from '../config/broker-config.ts';
import { parseConfig } from '../config/config-definition.ts';
import type { ConfigValues } from '../config/config-definition.ts';
import { encodeControlBatch, encodeRecordBatch } from '../log/records.ts';
import type { Observation } from '../observation.ts';
import { RaftLog } from './raft-log.ts';
import type { Obstacle } from './raft-log.ts';
import { FatalRaftError } from './role.ts';

/** A snapshot's content, written at that time in ms. */
const content = (timestamp = 0): Uint8Array => encodeControlBatch('SNAPSHOT_HEADER', new Uint8Array(100), timestamp);

class Bench {
  readonly clock = new ManualClock();
  readonly disk = new SimulatedDisk({ now: () => this.clock.now(), sleep: (us) => this.clock.sleep(us), record: () => undefined }, { fsyncUs: 10, usPerMiB: 0 });
  readonly observed: Observation[] = [];
  readonly #config: ConfigValues;
  log: RaftLog;

  constructor(config: ConfigValues = {}) {
    this.#config = config;
    this.log = this.open();
  }

  run<T>(task: Task<T>): T {
    return runTask(task, this.clock);
  }

  open(): RaftLog {
    const context = { name: 'voter-0', observe: (observation: Observation) => this.observed.push(observation) } as unknown as ActorContext;
    return this.run(RaftLog.open(context, this.disk, { nodeId: 0, isSynced: true, config: parseConfig(BROKER_CONFIG, this.#config) }));
  }

  restart(): void {
    this.log = this.open();
  }

  /** Batches of one record each, of an epoch, committed. */
  append(epoch: number, count: number): void {
    for (let i = 0; i < count; i += 1) this.run(this.log.appendAsLeader(encodeRecordBatch([{ key: null, value: new Uint8Array(30), timestamp: 0 }]), epoch));
    this.log.advanceHighWatermark(this.log.endOffset, epoch);
  }

  snapshot(endOffset: number, epoch: number, timestamp = 0): boolean {
    return this.run(this.log.createSnapshot({ endOffset, epoch }, content(timestamp)));
  }

  /** A snapshot of the leader has come through. */
  download(endOffset: number, epoch: number): void {
    const writer = this.log.snapshots.begin({ endOffset, epoch })!;
    this.run(writer.append(content()));
    this.run(writer.freeze());
  }
}

/** Epoch 1 wrote offsets 0 … 9, epoch 3 from 10 to 19. */
function logOfTwoEpochs(config: ConfigValues = {}): Bench {
  const bench = new Bench(config);
  bench.append(1, 10);
  bench.append(3, 10);
  return bench;
}

const diverging = (epoch: number, endOffset: number): Obstacle => ({ divergingEpoch: { epoch, endOffset } });
const snapshot = (endOffset: number, epoch: number): Obstacle => ({ snapshotId: { endOffset, epoch } });

describe('what a leader tells a replica whose log ends with (offset, epoch)', () => {
  const whole = logOfTwoEpochs();
  it.each([
    ['which has nothing', 0, 0, undefined],
    ['which has the same', 20, 3, undefined],
    ['which has less', 10, 1, undefined],
    ['which has more of an epoch', 15, 1, diverging(1, 10)],
    ['which has more than it all', 25, 3, diverging(3, 20)],
    ['of an epoch it never had', 15, 2, diverging(1, 10)],
  ])('KR-3: without snapshots, %s', (_, offset, epoch, expected) => expect(whole.log.obstacle(offset, epoch)).toEqual(expected));

  const withSnapshots = logOfTwoEpochs();
  for (const [endOffset, epoch] of [[12, 3], [16, 3]] as const) withSnapshots.snapshot(endOffset, epoch);
  it.each([
    ['which has nothing: a snapshot comes sooner than the log', 0, 0, snapshot(16, 3)],
    ['which has the same', 20, 3, undefined],
    ['which has an end between the snapshots', 14, 3, undefined],
    ['of an older epoch than the first snapshot', 10, 1, snapshot(16, 3)],
    ['which has more than it all', 25, 3, diverging(3, 20)],
  ])('KR-4: with snapshots and the whole log, %s', (_, offset, epoch, expected) => expect(withSnapshots.log.obstacle(offset, epoch)).toEqual(expected));

  const cut = logOfTwoEpochs({ 'metadata.max.retention.bytes': 1_000_000, 'metadata.max.retention.ms': 0 });
  for (const [endOffset, epoch] of [[8, 1], [12, 3], [16, 3]] as const) cut.snapshot(endOffset, epoch, endOffset === 16 ? 2_000 : 0);
  cut.run(cut.log.clean(1_000));
  it.each([
    ['which has nothing', 0, 0, snapshot(16, 3)],
    ['which ends below', 15, 3, snapshot(16, 3)],
    ['which ends where it begins', 16, 3, undefined],
    ['which ends there and has something else', 16, 2, snapshot(16, 3)],
    ['of an older epoch than its first', 18, 1, snapshot(16, 3)],
    ['which has the same', 20, 3, undefined],
    ['which has more than it all', 21, 3, diverging(3, 20)],
  ])('KR-4: of which offset 16 is the first that is left, %s', (_, offset, epoch, expected) => {
    expect(cut.log.startOffset).toBe(16);
    expect(cut.log.obstacle(offset, epoch)).toEqual(expected);
  });
});

describe('KR-4: a snapshot', () => {
  it('of less than the log begins with, or that is there, is not needed; one beyond the high watermark cannot be', () => {
    const bench = logOfTwoEpochs({ 'metadata.max.retention.ms': 0 });
    expect([bench.snapshot(8, 1), bench.snapshot(8, 1), bench.snapshot(12, 3)]).toEqual([true, false, true]);
    bench.run(bench.log.clean(1_000));
    expect(bench.snapshot(9, 1)).toBe(false);
    expect(() => bench.snapshot(21, 3)).toThrow(RangeError);
  });

  it('takes the place of a log that ends before it: everything goes, and it ends there', () => {
    const bench = new Bench();
    bench.append(1, 5);
    bench.download(40, 3);
    expect(bench.run(bench.log.truncateToLatestSnapshot(4))).toBe(true);
    expect([bench.log.startOffset, bench.log.endOffset, bench.log.highWatermark, bench.log.end]).toEqual([40, 40, 40, { lastEpoch: 3, endOffset: 40 }]);
    expect(bench.observed.at(-1)).toEqual({ kind: 'raft-snapshot-loaded', node: 0, epoch: 4, endOffset: 40, snapshotEpoch: 3 });
    bench.append(4, 2);
    bench.restart();
    expect([bench.log.startOffset, bench.log.end]).toEqual([40, { lastEpoch: 4, endOffset: 42 }]);
  });

  it('of a later epoch takes the place of a log that is longer: what it has there is something else', () => {
    const bench = new Bench();
    bench.append(1, 50);
    bench.restart();
    bench.download(40, 3);
    expect(bench.run(bench.log.truncateToLatestSnapshot(4))).toBe(true);
    expect(bench.log.end).toEqual({ lastEpoch: 3, endOffset: 40 });
  });

  it.each([[20, 3], [18, 3], [30, 2]])('up to %i of epoch %i does not take the place of a log that ends with (20, 3)', (endOffset, epoch) => {
    const bench = logOfTwoEpochs();
    bench.download(endOffset, epoch);
    expect(bench.run(bench.log.truncateToLatestSnapshot(4))).toBe(false);
    expect(bench.log.end).toEqual({ lastEpoch: 3, endOffset: 20 });
  });

  it('that came through before a crash, and the log had not given way yet: it does at the start', () => {
    const bench = logOfTwoEpochs();
    bench.download(40, 3);
    bench.restart();
    expect(bench.run(bench.log.truncateToLatestSnapshot(4))).toBe(true);
    expect(bench.log.startOffset).toBe(40);
  });

  it('is missing where the log has no beginning: the voter cannot start', () => {
    const bench = new Bench();
    bench.download(40, 3);
    bench.run(bench.log.truncateToLatestSnapshot(4));
    for (const file of bench.disk.list('').filter((name) => name.endsWith('.checkpoint'))) bench.run(bench.disk.remove(file));
    expect(() => bench.open()).toThrow(FatalRaftError);
  });
});

describe('KR-4: what is forgotten', () => {
  const segments = (bench: Bench): string[] => bench.disk.list('').filter((file) => file.endsWith('.log'));

  it('by size: the oldest snapshots, and the segments below the next one, until all of it is small enough', () => {
    const bench = logOfTwoEpochs({ 'metadata.log.segment.bytes': 500, 'metadata.max.retention.bytes': 1_700 });
    const before = segments(bench).length;
    for (const [endOffset, epoch] of [[6, 1], [12, 3], [18, 3]] as const) bench.snapshot(endOffset, epoch);
    bench.run(bench.log.clean(0));
    expect(bench.log.snapshots.ids).toEqual([{ endOffset: 12, epoch: 3 }, { endOffset: 18, epoch: 3 }]);
    expect(bench.log.startOffset).toBe(12);
    expect(segments(bench).length).toBeLessThan(before);
    expect(bench.run(bench.log.read(12, 100, 20)).length).toBeGreaterThan(0);
  });

  it('never the newest, however small the limit', () => {
    const bench = logOfTwoEpochs({ 'metadata.max.retention.bytes': 0 });
    for (const [endOffset, epoch] of [[6, 1], [12, 3]] as const) bench.snapshot(endOffset, epoch);
    bench.run(bench.log.clean(0));
    expect([bench.log.snapshots.ids, bench.log.startOffset]).toEqual([[{ endOffset: 12, epoch: 3 }], 12]);
  });

  it.each([[-1, 6, 3], [5_000, 6, 3], [4_000, 12, 2], [500, 18, 1]])('by age: with metadata.max.retention.ms=%i the first that stays ends at %i', (retentionMs, endOffset, count) => {
    const bench = logOfTwoEpochs({ 'metadata.max.retention.bytes': -1, 'metadata.max.retention.ms': retentionMs });
    for (const [end, epoch, timestamp] of [[6, 1, 1_000], [12, 3, 5_000], [18, 3, 6_000]] as const) bench.snapshot(end, epoch, timestamp);
    bench.run(bench.log.clean(6_000));
    expect([bench.log.snapshots.earliest?.endOffset, bench.log.snapshots.ids.length]).toEqual([endOffset, count]);
  });

  it('nothing beyond the high watermark, which begins anew after a start', () => {
    const bench = logOfTwoEpochs({ 'metadata.max.retention.bytes': 0 });
    for (const [endOffset, epoch] of [[6, 1], [12, 3]] as const) bench.snapshot(endOffset, epoch);
    bench.restart();
    bench.run(bench.log.clean(0));
    expect([bench.log.snapshots.ids.length, bench.log.startOffset]).toEqual([2, 0]);
    bench.log.advanceHighWatermark(20, 4);
    bench.run(bench.log.clean(0));
    expect([bench.log.snapshots.ids.length, bench.log.startOffset]).toEqual([1, 12]);
  });
});

it('KR-4: bytes count when they are committed, and after a start only those that no snapshot holds', () => {
  const bench = new Bench();
  bench.append(1, 4);
  const one = bench.log.committedBytes / 4;
  bench.run(bench.log.appendAsLeader(encodeRecordBatch([{ key: null, value: new Uint8Array(30), timestamp: 0 }]), 1));
  expect(bench.log.committedBytes).toBe(4 * one);
  bench.snapshot(3, 1);
  bench.restart();
  expect(bench.log.committedBytes).toBe(0);
  bench.log.advanceHighWatermark(4, 2);
  expect(bench.log.committedBytes).toBe(one);
  bench.run(bench.log.truncateToDivergence({ epoch: 1, endOffset: 4 }, 2));
  bench.append(2, 1);
  expect(bench.log.committedBytes).toBe(2 * one);
});
