/** @module Test support: one replica of orders-0 on broker 0, without a cluster around it. */
import { SimulatedDisk } from '../../runtime/disk/simulated-disk.ts';
import type { ActorContext, Signal, Task } from '../../runtime/index.ts';
import { ManualClock, runTask } from '../../runtime/testing/run-task.ts';
import { BROKER_COSTS } from '../broker/broker-options.ts';
import type { BrokerOptions } from '../broker/broker-options.ts';
import { Partition } from '../broker/partition.ts';
import { Lock } from '../concurrency/lock.ts';
import { BROKER_CONFIG } from '../config/broker-config.ts';
import { parseConfig } from '../config/config-definition.ts';
import { Log } from '../log/log.ts';
import { encodeRecordBatch } from '../log/records.ts';
import { MetadataImage } from '../metadata/metadata-image.ts';
import type { PartitionRegistration } from '../metadata/metadata-image.ts';
import type { Observation } from '../observation.ts';
import { PROTOCOL_DEFINITION } from '../protocol-variant.ts';
import type { ProtocolVariant } from '../protocol-variant.ts';
import { ERRORS } from '../protocol/errors.ts';
import type { ErrorName } from '../protocol/errors.ts';
import { partition as registered } from './partition.ts';

/** replica.lag.time.max.ms. */
export const LAG_MS = 30_000;

/** Broker 0 with a replica of orders-0, whose other replicas are 1 and 2, of broker epochs 101 and 102; min.insync.replicas=2. */
export class PartitionBench {
  readonly clock = new ManualClock();
  readonly image = new MetadataImage();
  readonly observed: Observation[] = [];
  readonly context: ActorContext;
  readonly options: BrokerOptions;
  readonly partition: Partition;
  proposals = 0;
  fetchWakes = 0;

  constructor(protocol: Partial<ProtocolVariant> = {}, minIsr = 2) {
    const disk = new SimulatedDisk({ now: () => this.clock.now(), sleep: (us) => this.clock.sleep(us), record: () => undefined }, { fsyncUs: 0, usPerMiB: 0 });
    const signal = (): Signal => ({ notify: () => undefined, *wait() { yield* []; return true; } });
    const { clock } = this;
    const context = { disk, signal, clock: () => clock.now(), get now() { return clock.now(); }, observe: (observation: Observation) => this.observed.push(observation) } as unknown as ActorContext;
    const config = parseConfig(BROKER_CONFIG, { 'min.insync.replicas': minIsr, 'replica.lag.time.max.ms': LAG_MS });
    this.context = context;
    this.options = { brokerId: 0, controllers: [0], config, costs: BROKER_COSTS, protocol: parseConfig(PROTOCOL_DEFINITION, { ...protocol }), planted: {} };
    for (const brokerId of [0, 1, 2]) this.register(brokerId, 100 + brokerId);
    const log = this.run(Log.open(disk, 'orders-0'));
    this.partition = new Partition('orders', 'an-id', 0, { log, lock: new Lock(context) }, { context, options: this.options, image: this.image, brokerEpoch: () => 100, proposed: () => (this.proposals += 1) });
    this.partition.fetchWaiters.add({ notify: () => (this.fetchWakes += 1) });
  }

  run<T>(task: Task<T>): T {
    return runTask(task, this.clock);
  }

  sleep(us: number): void {
    this.run(this.clock.sleep(us));
  }

  register(brokerId: number, brokerEpoch: number, fenced = false): void {
    this.image.apply({ type: 'RegisterBroker', brokerId, incarnationId: '', brokerEpoch, fenced, host: `broker-${brokerId}`, port: 9092 }, brokerEpoch);
  }

  lead(change: Partial<PartitionRegistration> = {}): this {
    this.run(this.partition.makeLeader(registered(change)));
    return this;
  }

  follow(change: Partial<PartitionRegistration> = {}): this {
    this.run(this.partition.makeFollower(registered({ leader: 1, ...change })));
    return this;
  }

  append(acks = -1): ErrorName {
    return this.run(this.partition.append(batch(), acks)).error;
  }

  fetched(replica: number, offset: number, brokerEpoch = 100 + replica): this {
    this.partition.followerFetched(replica, offset, 0, brokerEpoch, this.partition.log.logEndOffset);
    return this;
  }

  answer(error: ErrorName, isr: readonly number[], change: { readonly leaderEpoch?: number; readonly partitionEpoch?: number } = {}): boolean {
    return this.partition.answered(this.partition.pending!, { partitionIndex: 0, errorCode: ERRORS[error].code, leaderId: 0, leaderEpoch: 5, isr, leaderRecoveryState: 0, partitionEpoch: 10, ...change });
  }

  get highWatermark(): number {
    return this.partition.log.highWatermark;
  }
}

/** One record. */
export function batch(): Uint8Array {
  return encodeRecordBatch([{ key: null, value: new Uint8Array(10), timestamp: 0 }]);
}
