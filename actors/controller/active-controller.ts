/**
 * @module
 * The active controller: registers brokers, watches their sessions, elects leaders, decides on in-sync sets and topics. Each request is
 * decided in one step from what is known, proposed as records of the metadata log, and answered when they are committed (KR-11).
 * It is made when a node becomes active, and dropped when it resigns.
 */
import { MILLISECOND } from '../../runtime/index.ts';
import type { ActorContext, SpawnedTask, Task } from '../../runtime/index.ts';
import type { Offset } from '../log/record-batch.ts';
import type { MetadataImage } from '../metadata/metadata-image.ts';
import { API_KEYS } from '../protocol/messages.ts';
import { brokerHeartbeat, fence, registerBroker } from './broker-control.ts';
import type { ControllerMetrics } from './controller-metrics.ts';
import type { ControllerOptions } from './controller-options.ts';
import { ControllerState } from './controller-state.ts';
import type { ControllerLog } from './controller-state.ts';
import { incrementalAlterConfigs } from './config-control.ts';
import { alterPartition } from './partition-control.ts';
import { balanceLeaders, electLeaders, sweepUncleanElections } from './leader-control.ts';
import { alterPartitionReassignments, listPartitionReassignments } from './reassignment-control.ts';
import { refusal } from './refusal.ts';
import type { DecidedRequest } from './refusal.ts';
import { createTopics, deleteTopics } from './topic-control.ts';

/** A broker is fenced within 112.5 % of its session. */
const CHECKS_PER_SESSION = 8;
/** Where one session has run out others may have, too. */
const NEXT_CHECK_US = 10 * MILLISECOND;

export class ActiveController {
  readonly #context: ActorContext;
  readonly #state: ControllerState;
  readonly #tasks: readonly SpawnedTask[];

  /** @param image what is committed; the active controller's own from now on */
  constructor(context: ActorContext, options: ControllerOptions, image: MetadataImage, log: ControllerLog, metrics: ControllerMetrics) {
    this.#context = context;
    this.#state = new ControllerState(context, options, image, log, metrics);
    this.#tasks = [this.#watchSessions(), this.#writeNoOps(), sweepUncleanElections(this.#state), balanceLeaders(this.#state)].map((task) => context.spawn(task));
  }

  /** Resigns: nothing of it runs any more. Requests that wait are answered when the log says that they are not committed. */
  stop(): void {
    for (const task of this.#tasks) task.cancel();
  }

  /** Everything below is committed: it may be told. */
  committedUpTo(highWatermark: Offset): void {
    this.#state.tell(highWatermark);
  }

  *handle(request: DecidedRequest): Task<object> {
    const startedAt = this.#context.now;
    const response = this.#decide(request);
    const isCommitted = yield* this.#state.log.committed(this.#state.log.nextOffset);
    if (!isCommitted) return refusal(request, 'NOT_CONTROLLER');
    this.#state.metrics.processingTime.update((this.#context.now - startedAt) / MILLISECOND);
    return response;
  }

  #decide(request: DecidedRequest): object {
    switch (request.apiKey) {
      case API_KEYS.BrokerRegistration:
        return registerBroker(this.#state, request);
      case API_KEYS.BrokerHeartbeat:
        return brokerHeartbeat(this.#state, request);
      case API_KEYS.AlterPartition:
        return alterPartition(this.#state, request);
      case API_KEYS.CreateTopics:
        return createTopics(this.#state, request);
      case API_KEYS.DeleteTopics:
        return deleteTopics(this.#state, request);
      case API_KEYS.IncrementalAlterConfigs:
        return incrementalAlterConfigs(this.#state, request);
      case API_KEYS.ElectLeaders:
        return electLeaders(this.#state, request);
      case API_KEYS.AlterPartitionReassignments:
        return alterPartitionReassignments(this.#state, request);
      case API_KEYS.ListPartitionReassignments:
        return listPartitionReassignments(this.#state, request);
    }
  }

  /** Looks eight times in a session for brokers that were not heard of for broker.session.timeout.ms, and fences them: one, then others have their turn, then the next (BL-5). */
  *#watchSessions(): Task {
    const { image, sessions, options } = this.#state;
    const intervalUs = Math.max(MILLISECOND, Math.floor((options.config['broker.session.timeout.ms'] * MILLISECOND) / CHECKS_PER_SESSION));
    let waitUs = intervalUs;
    for (;;) {
      yield* this.#context.sleep(waitUs);
      const expired = sessions.endExpired(this.#context.now);
      waitUs = expired === undefined ? intervalUs : NEXT_CHECK_US;
      if (expired === undefined || image.brokers.get(expired)?.fenced !== false) continue;
      this.#state.metrics.heartbeatTimedOut();
      fence(this.#state, expired);
    }
  }

  /** Every metadata.max.idle.interval.ms (KR-12): who reads the log learns that there is nothing newer. */
  *#writeNoOps(): Task {
    const intervalUs = this.#state.options.config['metadata.max.idle.interval.ms'] * MILLISECOND;
    if (intervalUs === 0) return;
    for (;;) {
      yield* this.#context.sleep(intervalUs);
      this.#state.propose([{ type: 'NoOp' }]);
    }
  }
}
