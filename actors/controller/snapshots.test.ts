/** Snapshots of the metadata in a whole cluster: when controllers write them, and who is brought up by them (KR-4). */
import { describe, expect, it } from 'vitest';
import type { TimedFault } from '../../runtime/faults/plan.ts';
import { MILLISECOND, SECOND } from '../../runtime/index.ts';
import type { ActorContext, Task } from '../../runtime/index.ts';
import { brokerName, controllerName } from '../client/bootstrap.ts';
import { API_KEYS } from '../protocol/messages.ts';
import type { CreateTopicsRequest, MetadataRequest, MetadataResponse } from '../protocol/messages.ts';
import type { DeleteTopicsRequest } from '../protocol/admin-messages.ts';
import { runCluster } from '../testing/cluster.ts';
import type { ClusterOptions, ClusterRun } from '../testing/cluster.ts';
import { ofKind } from '../testing/requests.ts';

const KEY_BYTES = 'metadata.log.max.record.bytes.between.snapshots';
const KEY_INTERVAL = 'metadata.log.max.snapshot.interval.ms';
/** Only the newest snapshot stays when old ones are looked for, once a minute. */
const FORGETFUL = { [KEY_BYTES]: 2_000, 'metadata.max.retention.bytes': 0, 'metadata.log.segment.bytes': 4_000, 'controller.quorum.fetch.snapshot.max.bytes': 700 };
const CONTROLLERS = [0, 1, 2].map(controllerName);

const idleFor = (seconds: number): ClusterOptions['scripts'] => ({ *client(context) { yield* context.sleep(seconds * SECOND); } });
const crash = (id: string, actor: string, at: number, until: number, kind: 'crash' | 'power-loss' = 'crash'): TimedFault => ({ id, kind, at, for: until - at, target: { actor } });

/** Node, end offset and epoch of each snapshot of a name that somebody else wrote with other bytes. */
function disagreements(run: ClusterRun): string[] {
  const created = ofKind(run, 'raft-snapshot-created');
  return created.filter((one) => created.some((other) => other.endOffset === one.endOffset && other.snapshotEpoch === one.snapshotEpoch && other.checksum !== one.checksum)).map(({ node, endOffset, snapshotEpoch }) => `${node} ${endOffset}-${snapshotEpoch}`);
}

function* create(context: ActorContext, broker: number, name: string, replicas: readonly number[]): Task {
  const topic = { name, numPartitions: -1, replicationFactor: -1, assignments: [{ partitionIndex: 0, brokerIds: replicas }], configs: [] };
  const request: CreateTopicsRequest = { apiKey: API_KEYS.CreateTopics, clientId: 'test', topics: [topic] };
  const connection = yield* context.connect(brokerName(broker), SECOND);
  while ((yield* connection.call(request, 5 * SECOND)).topics[0]!.errorCode !== 0) yield* context.sleep(200 * MILLISECOND);
  connection.close();
}

function* remove(context: ActorContext, broker: number, name: string): Task {
  const request: DeleteTopicsRequest = { apiKey: API_KEYS.DeleteTopics, clientId: 'test', topics: [{ name, topicId: '' }], timeoutMs: 5_000 };
  const connection = yield* context.connect(brokerName(broker), SECOND);
  yield* connection.call(request, 5 * SECOND);
  connection.close();
}

/** What a broker tells its clients. */
function* metadataOf(context: ActorContext, broker: number): Task<MetadataResponse> {
  const request: MetadataRequest = { apiKey: API_KEYS.Metadata, clientId: 'test', topics: null };
  const connection = yield* context.connect(brokerName(broker), SECOND);
  const answer = yield* connection.call(request, SECOND);
  connection.close();
  return answer;
}

describe('KR-4: a controller writes a snapshot', () => {
  it.each([
    ['by default', {}, 20, 0, 0],
    ['every 500 bytes', { [KEY_BYTES]: 500, [KEY_INTERVAL]: 0 }, 20, 4, 12],
    ['every five seconds', { [KEY_INTERVAL]: 5_000 }, 20, 3, 4],
    ['every five seconds, if there is anything new', { [KEY_INTERVAL]: 5_000, 'metadata.max.idle.interval.ms': 0 }, 20, 0, 1],
  ])('%s', (_, config, seconds, atLeast, atMost) => {
    const run = runCluster({ seed: 'when', controllers: 3, config, scripts: idleFor(seconds) });
    for (const node of new Set(ofKind(run, 'raft-opened').map((opened) => opened.node))) {
      const created = ofKind(run, 'raft-snapshot-created').filter((one) => one.node === node);
      expect(created.length).toBeGreaterThanOrEqual(atLeast);
      expect(created.length).toBeLessThanOrEqual(atMost);
    }
    expect(disagreements(run)).toEqual([]);
  });

  it('after an hour, if nothing else was asked for', () => {
    const run = runCluster({ seed: 'hour', brokers: 1, controllers: 1, config: { 'metadata.max.idle.interval.ms': 60_000 }, endsAt: 4_000 * SECOND, scripts: idleFor(3_700) });
    const created = ofKind(run, 'raft-snapshot-created');
    expect(created.length).toBe(1);
    expect(created[0]!.time).toBeGreaterThanOrEqual(3_600 * SECOND);
  });

  it('and says so in its metrics', () => {
    const run = runCluster({ seed: 'metrics', controllers: 1, config: { [KEY_INTERVAL]: 5_000 }, metricsIntervalUs: SECOND, scripts: idleFor(8) });
    const names = ofKind(run, 'metrics-registered').filter(({ actor, owner }) => actor === CONTROLLERS[0] && owner === CONTROLLERS[0]).flatMap((registered) => registered.names);
    const last = (name: string): number | null | undefined => {
      const index = names.indexOf(`kafka.server:type=SnapshotEmitter,name=${name}:Value`);
      const sample = ofKind(run, 'metrics-sampled').findLast(({ owner, indices }) => owner === CONTROLLERS[0] && indices.includes(index));
      return sample?.values[sample.indices.indexOf(index)];
    };
    const [created] = ofKind(run, 'raft-snapshot-created');
    expect(last('LatestSnapshotGeneratedBytes')).toBe(created!.bytes);
    expect(last('LatestSnapshotGeneratedAgeMs')).toBeLessThan(4_000);
  });
});

describe('KR-4: who was away while the log forgot', () => {
  it('a broker that starts, one that was cut off, and a controller: all say the same in the end', () => {
    const answers: MetadataResponse[] = [];
    const run = runCluster({
      seed: 'away',
      brokers: 4,
      controllers: 3,
      config: FORGETFUL,
      faults: [
        crash('starts', brokerName(3), 0, 80 * SECOND),
        { id: 'cut', kind: 'partition', at: 12 * SECOND, for: 68 * SECOND, target: { between: [brokerName(2)], and: CONTROLLERS } },
        crash('controller', CONTROLLERS[2]!, 12 * SECOND, 80 * SECOND),
      ],
      endsAt: 150 * SECOND,
      scripts: {
        *client(context) {
          yield* context.sleep(6 * SECOND);
          yield* create(context, 0, 'kept', [2, 0, 1]);
          yield* create(context, 0, 'removed', [2, 0, 1]);
          yield* create(context, 0, 'replaced', [2, 0, 1]);
          yield* context.sleep(20 * SECOND);
          yield* remove(context, 0, 'removed');
          yield* remove(context, 0, 'replaced');
          yield* create(context, 0, 'replaced', [0, 1]);
          yield* create(context, 0, 'new', [1, 0]);
          yield* context.sleep(80 * SECOND);
          for (const broker of [0, 2, 3]) answers.push(yield* metadataOf(context, broker));
        },
      },
    });
    const [first, ...others] = answers.map(({ brokers, topics }) => ({ brokers: brokers.map(({ nodeId }) => nodeId).sort((a, b) => a - b), topics: topics.toSorted((a, b) => (a.name < b.name ? -1 : 1)) }));
    expect(first!.topics.map(({ name }) => name)).toEqual(['kept', 'new', 'replaced']);
    expect(first!.brokers).toEqual([0, 1, 2, 3]);
    expect(others).toEqual([first, first]);
    expect(first!.topics[0]!.partitions[0]!.isrNodes.toSorted((a, b) => a - b)).toEqual([0, 1, 2]);
    const loaded = ofKind(run, 'raft-snapshot-loaded');
    expect(loaded.length).toBeGreaterThan(0);
    // What was appended where nothing is now: the leader's own log does not go back to what they had.
    expect(loaded[0]!.endOffset).toBeGreaterThan(100);
    expect(disagreements(run)).toEqual([]);
    const later = ofKind(run, 'raft-snapshot-created').filter(({ node, time }) => node === loaded[0]!.node && time > loaded[0]!.time);
    expect(later.length).toBeGreaterThan(0);
  });

  it('a controller that crashes in the middle of writing one knows everything when it is back, and writes the same again', () => {
    const options: ClusterOptions = { seed: 'writes', controllers: 3, config: FORGETFUL, scripts: {} };
    const undisturbed = ofKind(runCluster({ ...options, scripts: idleFor(14) }), 'raft-snapshot-created').findLast(({ time }) => time < 12 * SECOND)!;
    for (let earlierUs = 0; earlierUs <= 400; earlierUs += 50) {
      for (const kind of ['crash', 'power-loss'] as const) {
        const at = undisturbed.time - earlierUs;
        const run = runCluster({ ...options, faults: [crash('f1', undisturbed.actor, at, at + 8 * SECOND, kind)], scripts: idleFor(45) });
        const told = `${kind} ${earlierUs} µs earlier`;
        expect(disagreements(run), told).toEqual([]);
        const after = ofKind(run, 'raft-snapshot-created').filter(({ node, time }) => node === undisturbed.node && time > at + 8 * SECOND);
        expect(after.length, told).toBeGreaterThan(0);
      }
    }
  });
});
