/** @module What a member of the quorum measures, under the names of Kafka's raft-metrics (§8). */
import { MILLISECOND } from '../../runtime/index.ts';
import type { Micros, Task } from '../../runtime/index.ts';
import type { Offset } from '../log/record-batch.ts';
import { Metrics } from '../metrics/registry.ts';
import { Sensor } from '../metrics/sensor.ts';
import type { RaftNode } from './raft-node.ts';
import { leaderOf, votedIn } from './role.ts';
import type { Role } from './role.ts';

const OBJECT = 'kafka.server:type=raft-metrics';
const NOBODY = -1;

/** What a leader has appended and a majority does not have yet. */
interface Uncommitted {
  readonly endOffset: Offset;
  readonly appendedAt: Micros;
}

export class RaftMetrics {
  readonly #node: RaftNode;
  readonly #electionLatency: Sensor;
  readonly #commitLatency: Sensor;
  #standingSince: Micros | undefined;
  #epoch = -1;
  #endOffset: Offset;
  #uncommitted: Uncommitted[] = [];

  /** @param intervalUs they are sampled so often */
  constructor(node: RaftNode, intervalUs: Micros) {
    const { context, options, log } = node;
    this.#node = node;
    this.#endOffset = log.endOffset;
    this.#electionLatency = new Sensor(context);
    this.#commitLatency = new Sensor(context);
    const metrics = new Metrics(context, 'raft');
    metrics.attribute(`${OBJECT}:current-state`, () => stateOf(node.role));
    metrics.attribute(`${OBJECT}:current-epoch`, () => node.epoch);
    metrics.attribute(`${OBJECT}:current-leader`, () => leaderOf(node.role, node.nodeId) ?? NOBODY);
    metrics.attribute(`${OBJECT}:current-vote`, () => votedIn(node.role, node.nodeId) ?? NOBODY);
    metrics.attribute(`${OBJECT}:high-watermark`, () => log.highWatermark);
    metrics.attribute(`${OBJECT}:log-end-offset`, () => log.endOffset);
    metrics.attribute(`${OBJECT}:number-of-voters`, () => options.voters.length);
    metrics.attribute(`${OBJECT}:election-latency-avg`, () => this.#electionLatency.avg);
    metrics.attribute(`${OBJECT}:election-latency-max`, () => this.#electionLatency.max);
    metrics.attribute(`${OBJECT}:commit-latency-avg`, () => this.#commitLatency.avg);
    metrics.attribute(`${OBJECT}:commit-latency-max`, () => this.#commitLatency.max);
    metrics.sampleEvery(intervalUs);
  }

  /** Looks at every step of the node. */
  *follow(): Task {
    for (;;) {
      this.#note();
      yield* this.#node.progress.wait();
    }
  }

  #note(): void {
    const { role, log, context } = this.#node;
    if (role.epoch !== this.#epoch || role.kind !== 'leader') this.#uncommitted = [];
    if (role.kind === 'candidate' && role.epoch !== this.#epoch) this.#standingSince = context.now;
    if (this.#standingSince !== undefined && (role.kind === 'leader' || role.kind === 'follower')) {
      this.#electionLatency.record((context.now - this.#standingSince) / MILLISECOND);
      this.#standingSince = undefined;
    }
    if (role.kind === 'leader' && log.endOffset > this.#endOffset) this.#uncommitted.push({ endOffset: log.endOffset, appendedAt: context.now });
    for (let first = this.#uncommitted[0]; first !== undefined && first.endOffset <= log.highWatermark; first = this.#uncommitted[0]) {
      this.#commitLatency.record((context.now - first.appendedAt) / MILLISECOND);
      this.#uncommitted.shift();
    }
    this.#epoch = role.epoch;
    this.#endOffset = log.endOffset;
  }
}

/** In numbers: a metric has no words here. */
function stateOf(role: Role): number {
  switch (role.kind) {
    case 'unattached':
      return role.votedId === undefined ? 0 : 1;
    case 'resigned':
      return 0;
    case 'prospective':
      return 2;
    case 'candidate':
      return 3;
    case 'follower':
      return 4;
    case 'leader':
      return 5;
  }
}
