/**
 * @module
 * The controller as an actor: a member of the quorum that keeps up with what is committed, and the active controller for as long as it
 * leads. What is decided is decided in `active-controller.ts`.
 *
 *     standby ──elected, its epoch's first record committed and all before it replayed──► active
 *        ▲                                                                                  │
 *        └───────────── leads no more: what was not committed is dropped ───────────────────┘
 */
import { done } from '../../runtime/index.ts';
import type { Actor, ActorContext, Task } from '../../runtime/index.ts';
import { controllerNameOf } from '../client/bootstrap.ts';
import { MetadataImage } from '../metadata/metadata-image.ts';
import type { PartitionDelta } from '../metadata/metadata-image.ts';
import { decodeMetadataBatches } from '../metadata/metadata-record.ts';
import { decodeSnapshot } from '../metadata/metadata-snapshot.ts';
import { API_KEYS } from '../protocol/messages.ts';
import type { ControllerRequest } from '../protocol/messages.ts';
import { RaftClient } from '../raft/raft-client.ts';
import { ActiveController } from './active-controller.ts';
import { ControllerMetrics } from './controller-metrics.ts';
import type { ControllerOptions } from './controller-options.ts';
import { MetadataLog } from './metadata-log.ts';
import { refusal } from './refusal.ts';
import { SnapshotGenerator } from './snapshot-generator.ts';

export type { ControllerOptions } from './controller-options.ts';

/** Most bytes of the log that are replayed in one piece. */
const REPLAY_BYTES = 1_048_576;

export function controller(options: ControllerOptions): Actor {
  return {
    name: controllerNameOf(options.nodeId),
    start(context) {
      context.spawn(run(context, options));
    },
  };
}

function* run(context: ActorContext, options: ControllerOptions): Task {
  const { nodeId, voters, config, protocol } = options;
  const raft = yield* RaftClient.open(context, { nodeId, voters, nameOf: controllerNameOf, config, protocol });
  yield* new Controller(context, options, raft).run();
}

interface Activity {
  readonly epoch: number;
  readonly controller: ActiveController;
}

class Controller {
  readonly #context: ActorContext;
  readonly #options: ControllerOptions;
  readonly #raft: RaftClient;
  readonly #metrics: ControllerMetrics;
  readonly #snapshots: SnapshotGenerator;
  #image = new MetadataImage();
  #active: Activity | undefined;

  constructor(context: ActorContext, options: ControllerOptions, raft: RaftClient) {
    this.#context = context;
    this.#options = options;
    this.#raft = raft;
    this.#snapshots = new SnapshotGenerator(context, raft, options.config, () => this.#committedImage());
    this.#metrics = new ControllerMetrics(context, options.metricsIntervalUs, { image: () => this.#image, isActive: () => this.#active !== undefined, snapshots: this.#snapshots });
    if (options.metricsIntervalUs === undefined) return;
    raft.sampleMetrics(options.metricsIntervalUs);
    context.spawn(this.#countOtherControllers());
  }

  *run(): Task {
    this.#context.serve((request: ControllerRequest) => this.#handle(request));
    // A controller that stops tells the others, so that they need not wait for their timeouts (KR-2).
    this.#context.onTerminate(() => this.#raft.shutDown());
    for (;;) {
      yield* this.#replay();
      const leadership = this.#raft.leadership;
      if (leadership !== undefined && this.#image.lastOffset >= leadership.epochStartOffset) {
        yield* this.#lead(leadership.epoch);
        // KR-10: the image holds what was not committed, too. The log says what was.
        this.#image = new MetadataImage();
        this.#metrics.elections.forgetProposed();
      } else {
        yield* this.#raft.progress.wait();
      }
    }
  }

  #handle(request: ControllerRequest): Task<object> {
    this.#context.work(this.#options.requestUs);
    switch (request.apiKey) {
      case API_KEYS.Vote:
      case API_KEYS.BeginQuorumEpoch:
      case API_KEYS.EndQuorumEpoch:
      case API_KEYS.DescribeQuorum:
      case API_KEYS.Fetch:
      case API_KEYS.FetchSnapshot:
      case API_KEYS.AddRaftVoter:
      case API_KEYS.RemoveRaftVoter:
      case API_KEYS.UpdateRaftVoter:
        return this.#raft.handle(request);
      default: {
        const active = this.#active;
        return active?.epoch === this.#raft.leadership?.epoch && active !== undefined ? active.controller.handle(request) : done(refusal(request, 'NOT_CONTROLLER'));
      }
    }
  }

  /** Applies what is committed and not applied yet (KR-10). */
  *#replay(): Task {
    yield* this.#bringUp(this.#image);
    const { lastOffset, lastTimestamp } = this.#image;
    if (lastOffset >= 0) {
      this.#metrics.elections.beginAt(lastOffset + 1);
      this.#metrics.applied(lastTimestamp);
    }
    this.#snapshots.committedUpTo(lastOffset + 1);
  }

  /** Brings an image to what is committed: from the newest snapshot if it knows nothing or the log does not go back so far, else from the log (KR-4). */
  *#bringUp(image: MetadataImage): Task {
    const raft = this.#raft;
    while (image.lastOffset + 1 < raft.highWatermark) {
      const snapshotId = image.lastOffset < 0 || image.lastOffset + 1 < raft.logStartOffset ? raft.latestSnapshotId : undefined;
      if (snapshotId === undefined) {
        const deltas = image.replay(decodeMetadataBatches(yield* raft.read(image.lastOffset + 1, REPLAY_BYTES)));
        if (image === this.#image) this.#hasRead(deltas);
        continue;
      }
      const content = yield* raft.readSnapshot(snapshotId);
      if (content !== undefined) image.become(decodeSnapshot(snapshotId, content));
      if (image === this.#image) this.#snapshots.hasLoaded();
    }
  }

  #hasRead(deltas: readonly PartitionDelta[]): void {
    const { elections } = this.#metrics;
    elections.note(deltas);
    elections.committed(this.#image.lastOffset + 1);
  }

  /** Its own office counts when it takes it. */
  *#countOtherControllers(): Task {
    const { nodeId } = this.#options;
    let countedIn = -1;
    for (;;) {
      const { epoch, leaderId } = this.#raft;
      if (epoch > countedIn && leaderId !== undefined && leaderId !== nodeId) {
        this.#metrics.controllerElected();
        countedIn = epoch;
      }
      yield* this.#raft.progress.wait();
    }
  }

  /** The active controller's image is ahead of what is committed: for a snapshot it is made again from the log. */
  *#committedImage(): Task<MetadataImage> {
    if (this.#active === undefined) return this.#image;
    const image = new MetadataImage();
    yield* this.#bringUp(image);
    return image;
  }

  /** KR-12: active from now until the node leads this epoch no more. The image is up to the record with which the epoch begins. */
  *#lead(epoch: number): Task {
    const controller = new ActiveController(this.#context, this.#options, this.#image, new MetadataLog(this.#context, this.#raft, epoch), this.#metrics);
    this.#active = { epoch, controller };
    this.#metrics.controllerElected();
    this.#context.observe({ kind: 'controller-activated', node: this.#options.nodeId, epoch });
    while (this.#raft.leadership?.epoch === epoch) {
      controller.committedUpTo(this.#raft.highWatermark);
      this.#snapshots.committedUpTo(this.#raft.highWatermark);
      yield* this.#raft.progress.wait();
    }
    this.#active = undefined;
    controller.stop();
  }
}
