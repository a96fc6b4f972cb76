/**
 * @module
 * The log directory of a broker: every log in it, the checkpoint files they share, and the marker of a clean shutdown (§2.1, §2.3).
 *
 *     load ──► marker read and taken away (RC-2) ──► checkpoints ──► each log opened, recovered if there was no marker (RC-3)
 *     shutdown ──► logs flushed ──► checkpoints ──► marker, the last thing written (RC-1)
 */
import { MILLISECOND } from '../../runtime/index.ts';
import type { ActorContext, Task } from '../../runtime/index.ts';
import type { BrokerConfig } from '../config/broker-config.ts';
import { addToSummary, emptySummary } from '../log/batch-summary.ts';
import { readOffsetCheckpoint, writeOffsetCheckpoint } from '../log/checkpoint-file.ts';
import type { PartitionOffset } from '../log/checkpoint-file.ts';
import { UNKNOWN_BROKER_EPOCH, takeCleanShutdownFile, writeCleanShutdownFile } from '../log/clean-shutdown-file.ts';
import { Log, logDirectoriesIn } from '../log/log.ts';
import type { LogDirectory } from '../log/log-directory.ts';
import type { Offset } from '../log/record-batch.ts';
import type { TopicPartition } from '../metadata/metadata-image.ts';

const HIGH_WATERMARK_CHECKPOINT = 'replication-offset-checkpoint';

/** A log and whose it is. */
interface ManagedLog extends TopicPartition {
  readonly log: Log;
}

export class LogManager {
  readonly #context: ActorContext;
  readonly #directory: LogDirectory;
  readonly #brokerId: number;
  readonly #config: BrokerConfig;
  readonly #logs = new Map<string, ManagedLog>();
  #isShutDown = false;
  /** Epoch of the incarnation before if it stopped in good order, −1 otherwise: what the registration says of it (RC-2, BL-1). */
  previousBrokerEpoch = UNKNOWN_BROKER_EPOCH;

  constructor(context: ActorContext, directory: LogDirectory, brokerId: number, config: BrokerConfig) {
    this.#context = context;
    this.#directory = directory;
    this.#brokerId = brokerId;
    this.#config = config;
  }

  /** Before anything else: opens every log that the incarnation before has left, and recovers it if that one did not stop in good order. */
  *load(): Task {
    const { disk } = this.#directory;
    const cleanShutdown = yield* takeCleanShutdownFile(disk);
    this.previousBrokerEpoch = cleanShutdown?.brokerEpoch ?? UNKNOWN_BROKER_EPOCH;
    const highWatermarks = offsetsByDirectory(yield* readOffsetCheckpoint(disk, HIGH_WATERMARK_CHECKPOINT));
    for (const directory of logDirectoriesIn(disk)) yield* this.#open(directory, highWatermarks.get(directory) ?? 0);
  }

  /** The log of a replica; undefined if there is none. */
  get(topic: string, partition: number): Log | undefined {
    return this.#logs.get(directoryOf(topic, partition))?.log;
  }

  /** The log of a replica, which is made if there is none. */
  *getOrCreate(topic: string, partition: number): Task<Log> {
    return this.get(topic, partition) ?? (yield* this.#open(directoryOf(topic, partition), 0));
  }

  /** Starts what is due now and then. */
  startBackgroundTasks(): void {
    this.#directory.spawn(this.#checkpointHighWatermarks());
  }

  /** RC-1, the part of the logs: nothing is appended any more. The marker comes last: all before it is durable. */
  *shutdown(brokerEpoch: number): Task {
    this.#isShutDown = true;
    for (const { log } of this.#logs.values()) {
      yield* log.flushEpochs();
      yield* log.flush();
    }
    yield* this.#writeHighWatermarks();
    yield* writeCleanShutdownFile(this.#directory.disk, brokerEpoch);
  }

  *#open(directory: string, highWatermark: Offset): Task<Log> {
    const recovered = emptySummary();
    const log = yield* Log.open(this.#directory.disk, directory, (bytes, position) => addToSummary(recovered, bytes, position));
    log.highWatermark = Math.min(Math.max(highWatermark, log.logStartOffset), log.logEndOffset);
    const at = topicPartitionOf(directory);
    this.#logs.set(directory, { ...at, log });
    const { logStartOffset, logEndOffset, recoveredFrom, latestEpoch = -1 } = log;
    this.#context.observe({ kind: 'log-opened', ...at, broker: this.#brokerId, logStartOffset, logEndOffset, latestEpoch, recoveredFrom, ...recovered });
    return log;
  }

  /** HW-7. */
  *#checkpointHighWatermarks(): Task {
    const intervalUs = this.#config['replica.high.watermark.checkpoint.interval.ms'] * MILLISECOND;
    for (;;) {
      yield* this.#context.sleep(intervalUs);
      if (this.#isShutDown) return;
      yield* this.#writeHighWatermarks();
    }
  }

  *#writeHighWatermarks(): Task {
    if (this.#logs.size === 0) return;
    const offsets = [...this.#logs.values()].map(({ topic, partition, log }) => ({ topic, partition, offset: log.highWatermark }));
    yield* writeOffsetCheckpoint(this.#directory.disk, HIGH_WATERMARK_CHECKPOINT, offsets);
  }
}

/** Directory of a replica's log, Kafka's way. */
function directoryOf(topic: string, partition: number): string {
  return `${topic}-${partition}`;
}

function topicPartitionOf(directory: string): TopicPartition {
  const dash = directory.lastIndexOf('-');
  return { topic: directory.slice(0, dash), partition: Number(directory.slice(dash + 1)) };
}

function offsetsByDirectory(entries: readonly PartitionOffset[]): Map<string, Offset> {
  return new Map(entries.map(({ topic, partition, offset }) => [directoryOf(topic, partition), offset]));
}
