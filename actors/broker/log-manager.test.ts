import { describe, expect, it } from 'vitest';
import { SimulatedDisk } from '../../runtime/disk/simulated-disk.ts';
import type { DiskEvent } from '../../runtime/disk/simulated-disk.ts';
import type { ActorContext, Task } from '../../runtime/index.ts';
import { randomStream } from '../../runtime/random/random.ts';
import { ManualClock, runTask } from '../../runtime/testing/run-task.ts';
import { BROKER_CONFIG } from '../config/broker-config.ts';
import { parseConfig } from '../config/config-definition.ts';
import { CLEAN_SHUTDOWN_FILE } from '../log/clean-shutdown-file.ts';
import { LogDirectory } from '../log/log-directory.ts';
import { DEFAULT_LOG_PROTOCOL } from '../log/log-options.ts';
import { encodeRecordBatch } from '../log/records.ts';
import { MetadataImage } from '../metadata/metadata-image.ts';
import { LogManager } from './log-manager.ts';

/** A disk, and the incarnations of a broker that have it one after the other. */
function bench() {
  const clock = new ManualClock();
  const events: DiskEvent[] = [];
  const disk = new SimulatedDisk({ now: () => clock.now(), sleep: (us) => clock.sleep(us), record: (event) => events.push(event) }, { fsyncUs: 0, usPerMiB: 0 });
  const run = <T>(task: Task<T>): T => runTask(task, clock);
  const start = (): LogManager => {
    const context = { disk, sleep: (us: number) => clock.sleep(us), observe: () => undefined, signal: () => ({}), spawn: () => undefined } as unknown as ActorContext;
    const logs = new LogManager(context, new LogDirectory(context, { brokerId: 0, appendsAfterIoError: false }), { brokerId: 0, config: parseConfig(BROKER_CONFIG, {}), protocol: DEFAULT_LOG_PROTOCOL });
    run(logs.load());
    return logs;
  };
  return { clock, events, disk, run, start };
}

const batch = (): Uint8Array => encodeRecordBatch([{ timestamp: 1, key: null, value: new Uint8Array(10) }]);

describe('a clean shutdown', () => {
  it('leaves a marker with the broker epoch, which the next start takes away before it opens a log (RC-1, RC-2)', () => {
    const { run, start, disk, events } = bench();
    const logs = start();
    const log = run(logs.getOrCreate('orders', 3, 'id')).log;
    run(log.appendAsLeader(batch(), 1));
    log.highWatermark = 1;
    run(logs.shutdown(17));
    expect(disk.size(CLEAN_SHUTDOWN_FILE)).toBeGreaterThan(0);
    events.length = 0;
    const next = start();
    expect(next.previousBrokerEpoch).toBe(17);
    expect(disk.size(CLEAN_SHUTDOWN_FILE)).toBeUndefined();
    expect(events.slice(0, 2).map(({ type }) => type)).toEqual(['disk-removed', 'disk-directory-synced']);
    expect(next.get('orders', 3)!.log).toMatchObject({ logEndOffset: 1, highWatermark: 1 });
  });

  it('writes the marker last: whatever a power loss takes, there is no marker without all of the logs (RC-1)', () => {
    for (let seed = 0; seed < 30; seed += 1) {
      const { run, start, disk } = bench();
      const logs = start();
      const log = run(logs.getOrCreate('orders', 0, 'id')).log;
      for (let i = 0; i < 5; i += 1) run(log.appendAsLeader(batch(), 1));
      const shutdown = logs.shutdown(3);
      for (let step = 0; step < seed; step += 1) if (shutdown.next().done === true) break;
      disk.powerLoss(randomStream(String(seed), 'power'));
      const next = start();
      if (next.previousBrokerEpoch === 3) expect(next.get('orders', 0)!.log.logEndOffset).toBe(5);
    }
  });
});

describe('a start', () => {
  it('after a crash says that the shutdown was not clean, and opens every log before anybody asks for one (RC-2, RC-3)', () => {
    const { run, start } = bench();
    const logs = start();
    for (const partition of [0, 1]) run(run(logs.getOrCreate('a-topic', partition, 'id')).log.appendAsLeader(batch(), 1));
    const next = start();
    expect(next.previousBrokerEpoch).toBe(-1);
    expect([0, 1].map((partition) => next.get('a-topic', partition)?.log.logEndOffset)).toEqual([1, 1]);
  });

  it('takes the marker away for good: a crash right after the start is an unclean shutdown (RC-2, KAFKA-10471)', () => {
    const { run, start, disk } = bench();
    run(start().shutdown(5));
    expect(start().previousBrokerEpoch).toBe(5);
    disk.powerLoss(randomStream('1', 'power'));
    expect(start().previousBrokerEpoch).toBe(-1);
  });

  it('knows whose the logs are, and takes none of a former topic of the same name for its own (§2.7)', () => {
    const { run, start, disk } = bench();
    run(run(start().getOrCreate('orders', 0, 'first')).log.appendAsLeader(batch(), 1));
    const same = run(start().getOrCreate('orders', 0, 'first')).log;
    expect([same.logEndOffset, same.latestEpoch]).toEqual([1, 1]);
    const next = run(start().getOrCreate('orders', 0, 'second')).log;
    expect([next.logEndOffset, next.latestEpoch]).toEqual([0, undefined]);
    expect(start().topicId('orders', 0)).toBe('second');
    expect(disk.list('').filter((file) => file.endsWith('.deleted'))).toEqual([]);
  });

  it('takes a marker that cannot be read for one without an epoch (RC-2)', () => {
    const { run, start, disk } = bench();
    run(disk.append(CLEAN_SHUTDOWN_FILE, Uint8Array.of(1, 2, 3)));
    expect(start().previousBrokerEpoch).toBe(-1);
  });
});

describe('what the metadata log says of a topic', () => {
  const image = new MetadataImage();
  image.apply({ type: 'Topic', name: 'orders', topicId: 'id' }, 0);
  image.apply({ type: 'Config', topic: 'orders', name: 'cleanup.policy', value: 'compact' }, 1);
  image.apply({ type: 'Config', topic: 'orders', name: 'segment.bytes', value: '500' }, 2);

  it('holds for a log from its first record on, whether it was there before or is made then', () => {
    const { run, start } = bench();
    const logs = start();
    const known = run(logs.getOrCreate('orders', 0, 'id')).log;
    expect([known.isCompacted, known.config['segment.bytes']]).toEqual([false, 1_073_741_824]);
    logs.configure(image);
    for (const { log } of [logs.get('orders', 0)!, run(logs.getOrCreate('orders', 1, 'id'))]) expect([log.isCompacted, log.config['segment.bytes']]).toEqual([true, 500]);
    expect(run(logs.getOrCreate('others', 0, 'id')).log.isCompacted).toBe(false);
  });
});

describe('how far a log is clean (RT-3)', () => {
  it('is known to the next start, and goes back before the log goes on after a truncation', () => {
    const { run, start } = bench();
    const logs = start();
    const { log } = run(logs.getOrCreate('orders', 0, 'id'));
    for (let i = 0; i < 5; i += 1) run(log.appendAsLeader(batch(), 1));
    log.lastCleanOffset = 4;
    run(logs.writeCleanerOffsets());
    expect(start().get('orders', 0)!.log.lastCleanOffset).toBe(4);
    run(log.truncateTo(2));
    expect(start().get('orders', 0)!.log.lastCleanOffset).toBe(0);
  });

  it('is unknown of a log of a later topic of the same name', () => {
    const { run, start } = bench();
    const logs = start();
    const { log } = run(logs.getOrCreate('orders', 0, 'first'));
    run(log.appendAsLeader(batch(), 1));
    log.lastCleanOffset = 1;
    run(logs.writeCleanerOffsets());
    run(logs.delete('orders', 0));
    expect(run(logs.getOrCreate('orders', 0, 'second')).log.lastCleanOffset).toBeUndefined();
    expect(start().get('orders', 0)!.log.lastCleanOffset).toBeUndefined();
  });
});
