/**
 * @module
 * The log directory of a broker: every log in it, the checkpoint files they share, and the marker of a clean shutdown (§2.1, §2.3).
 *
 *     load ──► marker read and taken away (RC-2) ──► checkpoints ──► each log opened, recovered if there was no marker (RC-3)
 *     shutdown ──► logs flushed and closed ──► checkpoints ──► marker, the last thing written (RC-1)
 *
 * In between it does for all logs what is due now and then: checkpoints, retention, flushes by time. Compaction is the {@link LogCleaner}'s.
 */
import { MILLISECOND } from '../../runtime/index.ts';
import type { ActorContext, Micros, Random, Task } from '../../runtime/index.ts';
import { Lock } from '../concurrency/lock.ts';
import type { BrokerConfig } from '../config/broker-config.ts';
import { MS_MAX } from '../config/config-definition.ts';
import { topicConfig } from '../config/topic-config.ts';
import { addToSummary, emptySummary } from '../log/batch-summary.ts';
import { readOffsetCheckpoint, writeOffsetCheckpoint } from '../log/checkpoint-file.ts';
import type { PartitionOffset } from '../log/checkpoint-file.ts';
import { UNKNOWN_BROKER_EPOCH, takeCleanShutdownFile, writeCleanShutdownFile } from '../log/clean-shutdown-file.ts';
import { Log, logDirectoriesIn } from '../log/log.ts';
import type { LogDirectory } from '../log/log-directory.ts';
import type { LogConfig, LogHost, LogOptions, LogProtocol } from '../log/log-options.ts';
import { DELETED } from '../log/segment-files.ts';
import { readTopicId, removeTopicId, writeTopicId } from '../log/partition-metadata-file.ts';
import type { Offset } from '../log/record-batch.ts';
import type { MetadataImage, TopicPartition } from '../metadata/metadata-image.ts';
import type { Timer } from '../metrics/timer.ts';
import type { Observation } from '../observation.ts';
import type { PlantedBugs } from '../protocol-variant.ts';
import { LogCleaner } from './log-cleaner.ts';
import type { LogCleanerHost } from './log-cleaner.ts';

const HIGH_WATERMARK_CHECKPOINT = 'replication-offset-checkpoint';
const RECOVERY_POINT_CHECKPOINT = 'recovery-point-offset-checkpoint';
const LOG_START_CHECKPOINT = 'log-start-offset-checkpoint';
const CLEANER_CHECKPOINT = 'cleaner-offset-checkpoint';
/** Before anything that is due now and then is done for the first time. */
const INITIAL_DELAY_MS = 30_000;

/** A log and whose it is. */
export interface ManagedLog extends TopicPartition {
  readonly log: Log;
  /** Held by whoever appends, truncates, deletes segments, or changes the role of the replica. */
  readonly lock: Lock;
}

export interface LogManagerOptions {
  readonly brokerId: number;
  readonly config: BrokerConfig;
  readonly protocol: LogProtocol;
  readonly planted?: PlantedBugs;
  /** Times every flush of a segment. */
  readonly flushes?: Timer;
}

export class LogManager implements LogHost, LogCleanerHost {
  readonly #context: ActorContext;
  readonly #directory: LogDirectory;
  readonly #options: LogManagerOptions;
  readonly #logs = new Map<string, ManagedLog>();
  /** Topic ids by directory, where they are known. */
  readonly #topicIds = new Map<string, string>();
  readonly cleaner: LogCleaner;
  /** What the metadata log says of topics, as it was last heard of. */
  #image: MetadataImage | undefined;
  /** What each topic overrides, as it was last looked at. */
  readonly #overrides = new Map<string, string>();
  readonly #configs = new Map<string, LogConfig>();
  /** Held by whoever writes a checkpoint file. */
  readonly #checkpoints: Lock;
  readonly #written = new Map<string, string>();
  #jitter: Random | undefined;
  isShutDown = false;
  /** Epoch of the incarnation before if it stopped in good order, −1 otherwise: what the registration says of it (RC-2, BL-1). */
  previousBrokerEpoch = UNKNOWN_BROKER_EPOCH;

  constructor(context: ActorContext, directory: LogDirectory, options: LogManagerOptions) {
    this.#context = context;
    this.#directory = directory;
    this.#options = options;
    this.#checkpoints = new Lock(context);
    this.cleaner = new LogCleaner(context, this, options);
  }

  /** Before anything else: opens every log that the incarnation before has left, and recovers it if that one did not stop in good order. */
  *load(): Task {
    const { disk } = this.#directory;
    const cleanShutdown = yield* takeCleanShutdownFile(disk);
    this.previousBrokerEpoch = cleanShutdown?.brokerEpoch ?? UNKNOWN_BROKER_EPOCH;
    for (const file of disk.list('')) if (file.endsWith(DELETED)) yield* disk.remove(file);
    const recoveryPoints = yield* this.#read(RECOVERY_POINT_CHECKPOINT);
    const logStartOffsets = yield* this.#read(LOG_START_CHECKPOINT);
    const highWatermarks = yield* this.#read(HIGH_WATERMARK_CHECKPOINT);
    const cleanOffsets = yield* this.#read(CLEANER_CHECKPOINT);
    for (const directory of logDirectoriesIn(disk)) {
      const topicId = yield* readTopicId(disk, directory);
      if (topicId !== undefined) this.#topicIds.set(directory, topicId);
      const recoveryPoint = recoveryPoints.get(directory) ?? 0;
      const logStartOffset = logStartOffsets.get(directory) ?? 0;
      yield* this.#open(directory, { isClean: cleanShutdown !== undefined, recoveryPoint, logStartOffset, lastCleanOffset: cleanOffsets.get(directory) }, highWatermarks.get(directory) ?? 0);
    }
  }

  get all(): Iterable<ManagedLog> {
    return this.#logs.values();
  }

  get(topic: string, partition: number): ManagedLog | undefined {
    return this.#logs.get(directoryOf(topic, partition));
  }

  /** Id of the topic that a log is of; undefined: the log does not say. */
  topicId(topic: string, partition: number): string | undefined {
    return this.#topicIds.get(directoryOf(topic, partition));
  }

  /** The log of a replica, which is made if there is none. One of a former topic of the same name is deleted first (§2.7). */
  *getOrCreate(topic: string, partition: number, topicId: string): Task<ManagedLog> {
    const directory = directoryOf(topic, partition);
    const knownId = this.#topicIds.get(directory);
    if (knownId !== undefined && knownId !== topicId) yield* this.delete(topic, partition);
    const managed = this.#logs.get(directory) ?? (yield* this.#open(directory, {}, 0));
    if (knownId !== topicId) {
      this.#topicIds.set(directory, topicId);
      yield* writeTopicId(this.#directory.disk, directory, topicId);
    }
    return managed;
  }

  /** Deletes a log (ML-4). Its files get other names at once, and go later. Nobody uses it any more. */
  *delete(topic: string, partition: number): Task {
    const directory = directoryOf(topic, partition);
    const managed = this.#logs.get(directory);
    if (managed === undefined) return;
    this.#logs.delete(directory);
    this.#topicIds.delete(directory);
    yield* managed.lock.hold(managed.log.delete());
    yield* removeTopicId(this.#directory.disk, directory);
    yield* this.#directory.disk.syncDirectory();
    // A later topic of the same name is not clean.
    if (managed.log.lastCleanOffset !== undefined) yield* this.writeCleanerOffsets();
  }

  /** What the metadata log says of topics holds for their logs from now on. */
  configure(image: MetadataImage): void {
    this.#image = image;
    for (const { topic, log } of this.#logs.values()) {
      if (!image.topics.has(topic)) continue;
      log.config = this.#configOf(topic);
      if (log.isCompacted) this.cleaner.start();
    }
  }

  /** The brokers' own configuration, as long as the metadata log says nothing of the topic. */
  #configOf(topic: string): LogConfig {
    const config = this.#image?.topics.get(topic)?.config;
    const overrides = JSON.stringify(config === undefined ? [] : [...config]);
    let known = this.#configs.get(topic);
    if (known === undefined || this.#overrides.get(topic) !== overrides) {
      known = topicConfig(Object.fromEntries(config ?? []), this.#options.config);
      this.#overrides.set(topic, overrides);
      this.#configs.set(topic, known);
    }
    return known;
  }

  /** Starts what is due now and then. */
  startBackgroundTasks(): void {
    const { config } = this.#options;
    this.#every('replica.high.watermark.checkpoint.interval.ms', config['replica.high.watermark.checkpoint.interval.ms'], () => this.#writeHighWatermarks());
    this.#every('log.flush.offset.checkpoint.interval.ms', INITIAL_DELAY_MS, () => this.#writeRecoveryPoints());
    this.#every('log.flush.start.offset.checkpoint.interval.ms', INITIAL_DELAY_MS, () => this.#writeLogStartOffsets());
    this.#every('log.retention.check.interval.ms', INITIAL_DELAY_MS, () => this.#deleteOldSegments());
    this.#every('log.flush.scheduler.interval.ms', INITIAL_DELAY_MS, () => this.#flushDirtyLogs());
  }

  /** RC-1, the part of the logs: nothing is appended any more. The marker comes last: all before it is durable. */
  *shutdown(brokerEpoch: number): Task {
    this.isShutDown = true;
    for (const { log, lock } of this.#logs.values()) yield* lock.hold(log.close());
    yield* this.#writeRecoveryPoints();
    yield* this.#writeLogStartOffsets();
    yield* this.#writeHighWatermarks();
    yield* writeCleanShutdownFile(this.#directory.disk, brokerEpoch);
  }

  now(): Micros {
    return this.#context.now;
  }

  schedule(task: Task, delayMs: number): void {
    this.#directory.spawn(this.#after(delayMs, task));
  }

  flushed(durationUs: Micros): void {
    this.#options.flushes?.update(durationUs / MILLISECOND);
  }

  random(limit: number): number {
    this.#jitter ??= this.#context.random('segment-jitter');
    return this.#jitter.below(limit);
  }

  *checkpoint(): Task {
    yield* this.#writeRecoveryPoints();
    yield* this.#writeLogStartOffsets();
    yield* this.writeCleanerOffsets();
  }

  /** RT-3. */
  writeCleanerOffsets(): Task {
    return this.#write(CLEANER_CHECKPOINT, ({ log }) => log.lastCleanOffset);
  }

  spawn(task: Task): void {
    this.#directory.spawn(task);
  }

  *#open(directory: string, options: LogOptions, highWatermark: Offset): Task<ManagedLog> {
    const { brokerId, protocol } = this.#options;
    const recovered = emptySummary();
    const at = topicPartitionOf(directory);
    const log = yield* Log.open(this.#directory.disk, directory, {
      ...options,
      protocol,
      config: this.#configOf(at.topic),
      host: this,
      visit: (bytes, position) => addToSummary(recovered, bytes, position),
    });
    log.highWatermark = Math.min(Math.max(highWatermark, log.logStartOffset), log.logEndOffset);
    const managed = { ...at, log, lock: new Lock(this.#context) };
    this.#logs.set(directory, managed);
    if (this.#image !== undefined && log.isCompacted) this.cleaner.start();
    const { logStartOffset, logEndOffset, recoveredFrom, latestEpoch = -1 } = log;
    this.#observe({ kind: 'log-opened', ...at, broker: brokerId, logStartOffset, logEndOffset, latestEpoch, recoveredFrom, ...recovered });
    return managed;
  }

  /** RT-1. Compacted logs are the cleaner's: it deletes between two rounds. */
  *#deleteOldSegments(): Task {
    // What a topic's own configuration says is not known yet.
    if (this.#image === undefined) return;
    for (const managed of [...this.#logs.values()]) if (!managed.log.isCompacted) yield* this.deleteOldSegments(managed);
  }

  *deleteOldSegments({ topic, partition, log, lock }: ManagedLog): Task {
    const hasRisen = this.#options.planted?.retainsNothing === true ? log.raiseLogStartOffset(log.highWatermark) : yield* lock.hold(log.deleteOldSegments(Math.floor(this.#context.clock() / MILLISECOND)));
    if (hasRisen) this.#observe({ kind: 'log-start', topic, partition, broker: this.#options.brokerId, logStartOffset: log.logStartOffset, reason: 'retention' });
  }

  /** ST-3: flush.ms. */
  *#flushDirtyLogs(): Task {
    for (const { log } of [...this.#logs.values()]) {
      if (this.#context.now - log.lastFlushedAt >= log.config['flush.ms'] * MILLISECOND) yield* log.flush();
    }
  }

  /** HW-7. */
  #writeHighWatermarks(): Task {
    return this.#write(HIGH_WATERMARK_CHECKPOINT, ({ log }) => log.highWatermark);
  }

  /** ST-4. */
  #writeRecoveryPoints(): Task {
    return this.#write(RECOVERY_POINT_CHECKPOINT, ({ log }) => log.recoveryPoint);
  }

  /** ST-5. Where the first segment begins at the start of the log, its name says enough. */
  #writeLogStartOffsets(): Task {
    return this.#write(LOG_START_CHECKPOINT, ({ log }) => (log.logStartOffset > log.segmentBaseOffsets[0]! ? log.logStartOffset : undefined));
  }

  /** Replaces a checkpoint file, if it would not say the same. */
  #write(file: string, offsetOf: (managed: ManagedLog) => Offset | undefined): Task {
    return this.#checkpoints.hold(this.#replace(file, offsetOf));
  }

  *#replace(file: string, offsetOf: (managed: ManagedLog) => Offset | undefined): Task {
    const offsets: PartitionOffset[] = [];
    for (const managed of this.#logs.values()) {
      const offset = offsetOf(managed);
      if (offset !== undefined) offsets.push({ topic: managed.topic, partition: managed.partition, offset });
    }
    const content = JSON.stringify(offsets);
    if (content === (this.#written.get(file) ?? '[]')) return;
    yield* writeOffsetCheckpoint(this.#directory.disk, file, offsets);
    this.#written.set(file, content);
  }

  *#read(file: string): Task<ReadonlyMap<string, Offset>> {
    const entries = yield* readOffsetCheckpoint(this.#directory.disk, file);
    this.#written.set(file, JSON.stringify(entries));
    return new Map(entries.map(({ topic, partition, offset }) => [directoryOf(topic, partition), offset]));
  }

  #every(key: 'log.retention.check.interval.ms' | `log.flush.${string}` & keyof BrokerConfig | 'replica.high.watermark.checkpoint.interval.ms', initialMs: number, task: () => Task): void {
    const intervalMs = this.#options.config[key];
    if (intervalMs < MS_MAX) this.#directory.spawn(this.#repeat(initialMs, intervalMs, task));
  }

  *#repeat(initialMs: number, intervalMs: number, task: () => Task): Task {
    yield* this.#context.sleep(initialMs * MILLISECOND);
    while (!this.isShutDown) {
      yield* task();
      yield* this.#context.sleep(intervalMs * MILLISECOND);
    }
  }

  *#after(delayMs: number, task: Task): Task {
    if (delayMs > 0) yield* this.#context.sleep(delayMs * MILLISECOND);
    if (!this.isShutDown) yield* task;
  }

  #observe(observation: Observation): void {
    this.#context.observe(observation);
  }
}

/** Directory of a replica's log, Kafka's way. */
export function directoryOf(topic: string, partition: number): string {
  return `${topic}-${partition}`;
}

function topicPartitionOf(directory: string): TopicPartition {
  const dash = directory.lastIndexOf('-');
  return { topic: directory.slice(0, dash), partition: Number(directory.slice(dash + 1)) };
}
