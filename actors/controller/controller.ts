/**
 * @module
 * The controller as an actor: it opens the metadata log, becomes the active controller, hands it what is asked, and lets brokers read
 * the log. What is decided is decided in `active-controller.ts`.
 */
import { MILLISECOND } from '../../runtime/index.ts';
import type { Actor, ActorContext, Task } from '../../runtime/index.ts';
import { MetadataImage } from '../metadata/metadata-image.ts';
import { METADATA_TOPIC } from '../metadata/metadata-record.ts';
import { API_KEYS } from '../protocol/messages.ts';
import type { ControllerRequest, FetchRequest, FetchResponse } from '../protocol/messages.ts';
import { ERRORS, NONE } from '../protocol/errors.ts';
import { ActiveController } from './active-controller.ts';
import { ControllerMetrics } from './controller-metrics.ts';
import type { ControllerOptions } from './controller-options.ts';
import { MetadataLog } from './metadata-log.ts';

export type { ControllerOptions } from './controller-options.ts';

export function controller(options: ControllerOptions): Actor {
  return {
    name: options.name,
    start(context) {
      context.spawn(run(context, options));
    },
  };
}

function* run(context: ActorContext, options: ControllerOptions): Task {
  const image = new MetadataImage();
  let isActive = false;
  const metrics = new ControllerMetrics(context, options.metricsIntervalUs, { image: () => image, isActive: () => isActive });
  const log = yield* MetadataLog.open(
    context,
    (record, offset) => image.apply(record, offset),
    (highWatermark) => active.committedUpTo(highWatermark),
  );
  const active = new ActiveController(context, options, image, log, metrics);
  isActive = true;
  context.serve((request: ControllerRequest) => {
    context.work(options.requestUs);
    return request.apiKey === API_KEYS.Fetch ? fetch(log, request) : active.handle(request);
  });
}

/** A broker reads the metadata log (§3). */
function* fetch(log: MetadataLog, request: FetchRequest): Task<FetchResponse> {
  const [topic] = request.topics;
  const [wanted] = topic?.partitions ?? [];
  if (topic?.topic !== METADATA_TOPIC || wanted === undefined) return { errorCode: ERRORS.UNKNOWN_TOPIC_OR_PARTITION.code, responses: [] };
  yield* log.waitFor(wanted.fetchOffset, request.maxWaitMs * MILLISECOND);
  const { highWatermark, logStartOffset } = log;
  const isInRange = wanted.fetchOffset >= logStartOffset && wanted.fetchOffset <= highWatermark;
  const records = isInRange ? yield* log.read(wanted.fetchOffset, wanted.partitionMaxBytes) : new Uint8Array(0);
  const errorCode = isInRange ? NONE : ERRORS.OFFSET_OUT_OF_RANGE.code;
  const none = { divergingEpoch: { epoch: -1, endOffset: -1 }, currentLeader: { leaderId: -1, leaderEpoch: -1 } };
  return {
    errorCode: NONE,
    responses: [{ topic: METADATA_TOPIC, partitions: [{ partitionIndex: 0, errorCode, highWatermark, lastStableOffset: highWatermark, logStartOffset, ...none, records }] }],
  };
}
