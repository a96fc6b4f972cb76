/** @module Sends the leaders' wishes to change in-sync sets to the controller: one request at a time, all that waits in it (KIP-497, AP-3). */
import { MILLISECOND } from '../../runtime/index.ts';
import type { ActorContext, Task } from '../../runtime/index.ts';
import { API_KEYS } from '../protocol/messages.ts';
import type { AlterPartitionRequest, AlterPartitionResponse } from '../protocol/messages.ts';
import { NONE } from '../protocol/errors.ts';
import { byTopic } from './by-topic.ts';
import type { BrokerMetrics } from './broker-metrics.ts';
import type { ControllerChannel } from './controller-channel.ts';
import type { PendingIsr } from './in-sync-set.ts';
import type { Partition } from './partition.ts';

/** Wait before a request is sent again after it failed as a whole. */
const RETRY_US = 50 * MILLISECOND;

export class AlterPartitionManager {
  readonly #context: ActorContext;
  readonly #channel: ControllerChannel;
  readonly #brokerId: number;
  readonly #brokerEpoch: () => number;
  readonly #metrics: BrokerMetrics;
  #waiting: Partition[] = [];
  readonly #submitted;

  constructor(context: ActorContext, channel: ControllerChannel, brokerId: number, brokerEpoch: () => number, metrics: BrokerMetrics) {
    this.#context = context;
    this.#channel = channel;
    this.#brokerId = brokerId;
    this.#brokerEpoch = brokerEpoch;
    this.#metrics = metrics;
    this.#submitted = context.signal();
  }

  submit(partition: Partition): void {
    if (!this.#waiting.includes(partition)) this.#waiting.push(partition);
    this.#submitted.notify();
  }

  *run(): Task {
    for (;;) {
      if (this.#waiting.length === 0) yield* this.#submitted.wait();
      const inFlight = this.#waiting.flatMap((partition) => (partition.pending === undefined ? [] : [{ partition, proposal: partition.pending }]));
      this.#waiting = [];
      if (inFlight.length === 0) continue;
      const answer = yield* this.#channel.call(this.#request(inFlight));
      if (answer?.errorCode !== NONE) {
        this.#waiting.push(...inFlight.map(({ partition }) => partition).filter((partition) => !this.#waiting.includes(partition)));
        yield* this.#context.sleep(RETRY_US);
      } else {
        for (const { partition, proposal } of inFlight) this.#settle(partition, proposal, answer);
      }
    }
  }

  #settle(partition: Partition, proposal: PendingIsr, answer: AlterPartitionResponse): void {
    const item = answer.topics.find(({ topicId }) => topicId === partition.topicId)?.partitions.find(({ partitionIndex }) => partitionIndex === partition.index);
    if (item === undefined) return;
    if (item.errorCode !== NONE) this.#metrics.failedIsrUpdates.mark();
    else if (proposal.added.length > 0) this.#metrics.isrExpands.mark();
    else this.#metrics.isrShrinks.mark();
    // A partition-level retriable error goes out again at once (AP-3). NOT_CONTROLLER never comes here: the channel looks for another controller.
    if (partition.answered(proposal, item)) this.submit(partition);
  }

  #request(inFlight: readonly { partition: Partition; proposal: PendingIsr }[]): AlterPartitionRequest {
    return {
      apiKey: API_KEYS.AlterPartition,
      brokerId: this.#brokerId,
      brokerEpoch: this.#brokerEpoch(),
      topics: byTopic(inFlight, ({ partition }) => partition.topicId).map(([topicId, items]) => ({
        topicId,
        partitions: items.map(({ partition, proposal }) => ({
          partitionIndex: partition.index,
          leaderEpoch: proposal.leaderEpoch,
          newIsrWithEpochs: proposal.isrWithEpochs,
          leaderRecoveryState: partition.recoveryState,
          partitionEpoch: proposal.partitionEpoch,
        })),
      })),
    };
  }
}
