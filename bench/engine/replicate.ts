/**
 * @module
 * What the path of a record costs: batches of 16 KiB appended by a leader, fetched and appended by its two followers, acknowledged to all.
 * Real brokers, a real controller, one thread; clients that send the same bytes again and again in place of a producer, and no judge.
 */
import { Admin } from '../../actors/admin/admin.ts';
import { broker } from '../../actors/broker/broker.ts';
import { BROKER_COSTS } from '../../actors/broker/broker-options.ts';
import { brokerName, controllerId, controllerName } from '../../actors/client/bootstrap.ts';
import { ADMIN_CONFIG } from '../../actors/config/admin-config.ts';
import { BROKER_CONFIG } from '../../actors/config/broker-config.ts';
import { parseConfig } from '../../actors/config/config-definition.ts';
import { controller } from '../../actors/controller/controller.ts';
import { HEADER_BYTES } from '../../actors/log/record-batch.ts';
import { encodeRecordBatch, sizeOfRecord } from '../../actors/log/records.ts';
import { PROTOCOL_DEFINITION } from '../../actors/protocol-variant.ts';
import { API_KEYS, MESSAGES } from '../../actors/protocol/messages.ts';
import type { CreateTopicsRequest, ProduceRequest } from '../../actors/protocol/messages.ts';
import { structuresOf } from '../../actors/protocol/schema.ts';
import type { Actor, ActorContext } from '../../runtime/actor.ts';
import { SOLID_STATE_DISK } from '../../runtime/disk/simulated-disk.ts';
import { NO_FAULTS } from '../../runtime/faults/plan.ts';
import { DATACENTRE } from '../../runtime/network/options.ts';
import { SimulatorError } from '../../runtime/simulator-error.ts';
import type { Simulation } from '../../runtime/simulation.ts';
import type { Task } from '../../runtime/task.ts';
import { MILLISECOND, SECOND } from '../../runtime/units.ts';
import { ControlBlock } from '../../runtime/workers/control-block.ts';
import type { createHasher } from '../../runtime/workers/hasher.ts';
import { runPart } from '../../runtime/workers/run-part.ts';

const TOPIC = 'orders';
const BROKERS = 3;
const VOTERS = [controllerId(0)];
const BATCH_BYTES = 16_384;
const RECORD_BYTES = 100;
/** So many requests are under way at any time, each on a connection of its own. */
const CONNECTIONS = 16;
const ACKS_ALL = -1;

/** As many records of 100 bytes as fit into a batch of 16 KiB. */
export const RECORDS_PER_BATCH = recordsPerBatch();

/** Appends and replicates so many batches. @returns how many were acknowledged, and the ms of wall time that took, the start of the cluster included */
export function replicate(batches: number, hasher: Awaited<ReturnType<typeof createHasher>>): { readonly acknowledged: number; readonly wallMs: number } {
  const load = { left: batches, acknowledged: 0 };
  const startedAt = performance.now();
  const simulation = createSimulation(load);
  const outcome = runPart({ simulation, worker: 0, placement: simulation.actors.map(() => 0), control: new ControlBlock(1), rings: [undefined], hasher, traceAll: false });
  if (!outcome.ok) throw new SimulatorError('actor', outcome.failure === 'aborted' ? 'the run was aborted' : outcome.failure.message);
  return { acknowledged: load.acknowledged, wallMs: performance.now() - startedAt };
}

interface Load {
  left: number;
  acknowledged: number;
}

function createSimulation(load: Load): Simulation {
  const config = parseConfig(BROKER_CONFIG, { 'min.insync.replicas': 2 });
  const protocol = parseConfig(PROTOCOL_DEFINITION, {});
  const brokers = Array.from({ length: BROKERS }, (_, brokerId) => broker({ brokerId, controllers: VOTERS, config, costs: BROKER_COSTS, protocol, planted: {} }));
  return {
    seed: 'replicate',
    actors: [controller({ nodeId: VOTERS[0]!, voters: VOTERS, config, protocol, requestUs: BROKER_COSTS.requestUs }), ...brokers, client(load)],
    structures: structuresOf(MESSAGES),
    network: DATACENTRE,
    disk: SOLID_STATE_DISK,
    faults: NO_FAULTS,
    endsAt: 3_600 * SECOND,
    createJudge: () => ({ judge: () => undefined, verdict: () => undefined }),
  };
}

function client(load: Load): Actor {
  return {
    name: 'client',
    finishes: true,
    start(context) {
      context.spawn(produceAll(context, load));
    },
  };
}

function* produceAll(context: ActorContext, load: Load): Task {
  yield* createTopic(context);
  const request = produceRequest();
  const senders = Array.from({ length: CONNECTIONS }, () => context.spawn(send(context, load, request)));
  while (senders.some(({ isDone }) => !isDone)) yield* context.sleep(MILLISECOND);
  context.finish();
}

function* send(context: ActorContext, load: Load, request: ProduceRequest): Task {
  const connection = yield* context.connect(brokerName(0), SECOND);
  while (load.left > 0) {
    load.left -= 1;
    const { responses } = yield* connection.call(request, 30 * SECOND);
    if (responses[0]!.partitionResponses[0]!.errorCode === 0) load.acknowledged += 1;
  }
}

/** Waits until all brokers are there, and until they know of the topic. */
function* createTopic(context: ActorContext): Task {
  const admin = new Admin(context, { clientId: 'bench', bootstrapServers: [brokerName(0)], config: parseConfig(ADMIN_CONFIG, {}) });
  while ((yield* admin.describeCluster()).length < BROKERS) yield* context.sleep(100 * MILLISECOND);
  admin.close();
  const connection = yield* context.connect(controllerName(0), SECOND);
  const request: CreateTopicsRequest = { apiKey: API_KEYS.CreateTopics, clientId: 'bench', topics: [{ name: TOPIC, numPartitions: 1, replicationFactor: BROKERS, assignments: [], configs: [] }] };
  while ((yield* connection.call(request, SECOND)).topics[0]!.errorCode !== 0) yield* context.sleep(100 * MILLISECOND);
  yield* context.sleep(SECOND);
}

function produceRequest(): ProduceRequest {
  const value = new Uint8Array(RECORD_BYTES);
  const records = encodeRecordBatch(Array.from({ length: RECORDS_PER_BATCH }, () => ({ timestamp: 0, key: null, value })));
  return { apiKey: API_KEYS.Produce, clientId: 'bench', transactionalId: null, acks: ACKS_ALL, timeoutMs: 30_000, topicData: [{ name: TOPIC, partitionData: [{ index: 0, records }] }] };
}

function recordsPerBatch(): number {
  const record = { timestamp: 0, key: null, value: new Uint8Array(RECORD_BYTES) };
  let bytes = HEADER_BYTES;
  for (let count = 0; ; count += 1) {
    bytes += sizeOfRecord(record, 0, count);
    if (bytes > BATCH_BYTES) return count;
  }
}
