/**
 * @module
 * Test support: a quorum of voters that have nothing to do but agree, in one thread, with faults. Whoever leads appends a record now and
 * then; everything that was observed comes back.
 */
import xxhash from 'xxhash-wasm';
import { SOLID_STATE_DISK } from '../../../runtime/disk/simulated-disk.ts';
import { NO_FAULTS } from '../../../runtime/faults/plan.ts';
import type { FaultPlan } from '../../../runtime/faults/plan.ts';
import { MILLISECOND, SECOND } from '../../../runtime/index.ts';
import type { Actor, ActorContext, Micros, Task } from '../../../runtime/index.ts';
import { DATACENTRE } from '../../../runtime/network/options.ts';
import type { Simulation } from '../../../runtime/simulation.ts';
import { ControlBlock } from '../../../runtime/workers/control-block.ts';
import { runPart } from '../../../runtime/workers/run-part.ts';
import { BROKER_CONFIG } from '../../config/broker-config.ts';
import { parseConfig } from '../../config/config-definition.ts';
import type { ConfigValues } from '../../config/config-definition.ts';
import type { Observation } from '../../observation.ts';
import { PROTOCOLS } from '../../protocols.ts';
import type { PlantedBugs, ProtocolVariant } from '../../protocol-variant.ts';
import { KafkaError } from '../../protocol/errors.ts';
import { encodeControlBatch } from '../../log/records.ts';
import { maxTimestampOf, partitionLeaderEpochOf } from '../../log/record-batch.ts';
import { MESSAGES } from '../../protocol/messages.ts';
import { structuresOf } from '../../protocol/schema.ts';
import { RaftClient } from '../raft-client.ts';

const hasher = await xxhash();

/** Between two records of a leader. */
const APPEND_EVERY_US = 40 * MILLISECOND;
/** Of a snapshot's content. */
const SNAPSHOT_BYTES = 1_000;

export interface QuorumOptions {
  readonly seed?: string;
  readonly voters?: number;
  readonly config?: ConfigValues;
  readonly protocol?: Partial<ProtocolVariant>;
  readonly planted?: PlantedBugs;
  readonly faults?: Partial<FaultPlan>;
  readonly endsAt?: Micros;
  /** Every voter writes a snapshot when so many bytes more are committed; absent: never. */
  readonly snapshotEveryBytes?: number;
  /** More actors, by name. */
  readonly scripts?: Readonly<Record<string, (context: ActorContext) => Task>>;
}

/** Something observed, when, by whom. */
export type Observed = { readonly time: Micros; readonly actor: string } & Observation;

export const voterName = (nodeId: number): string => `voter-${nodeId}`;

/** Runs a quorum to its end. @throws what the simulation failed of */
export function runQuorum(options: QuorumOptions = {}): readonly Observed[] {
  const observed: Observed[] = [];
  const { seed = 'quorum', voters = 3, scripts = {} } = options;
  const simulation: Simulation = {
    seed,
    actors: [
      ...Array.from({ length: voters }, (_, nodeId) => voter(nodeId, options)),
      ...Object.entries(scripts).map(([name, script]): Actor => ({ name, start: (context) => void context.spawn(script(context)) })),
    ],
    structures: structuresOf(MESSAGES),
    network: DATACENTRE,
    disk: SOLID_STATE_DISK,
    faults: { ...NO_FAULTS, ...options.faults },
    endsAt: options.endsAt ?? 10 * SECOND,
    createJudge: () => ({
      judge: ({ time, actor, event }) => {
        if (event.type === 'observed') observed.push({ time, actor, ...(event.observation as Observation) });
      },
      verdict: () => undefined,
    }),
  };
  const outcome = runPart({ simulation, worker: 0, placement: simulation.actors.map(() => 0), control: new ControlBlock(1), rings: [undefined], hasher, traceAll: false });
  if (outcome.ok) return observed;
  throw new Error(outcome.failure === 'aborted' ? 'aborted' : `seed ${seed}: ${outcome.failure.actor} at ${outcome.failure.time} µs: ${outcome.failure.stack}`);
}

/** What was observed of some kinds. */
export function of<K extends Observed['kind']>(observed: readonly Observed[], ...kinds: K[]): Extract<Observed, { kind: K }>[] {
  return observed.filter((one): one is Extract<Observed, { kind: K }> => (kinds as string[]).includes(one.kind));
}

function voter(nodeId: number, { voters = 3, config = {}, protocol = {}, planted, snapshotEveryBytes }: QuorumOptions): Actor {
  return {
    name: voterName(nodeId),
    start(context) {
      context.spawn(
        (function* () {
          const raft = yield* RaftClient.open(context, {
            nodeId,
            voters: Array.from({ length: voters }, (_, id) => id),
            nameOf: voterName,
            config: parseConfig(BROKER_CONFIG, config),
            protocol: { ...PROTOCOLS['4.2']!.variant, ...protocol },
            planted,
          });
          context.serve((request: Parameters<RaftClient['handle']>[0]) => raft.handle(request));
          context.onTerminate(() => raft.shutDown());
          if (snapshotEveryBytes !== undefined) context.spawn(takeSnapshots(raft, snapshotEveryBytes));
          yield* appendNowAndThen(context, raft);
        })(),
      );
    },
  };
}

/** What they say is only how far they go. */
function* takeSnapshots(raft: RaftClient, everyBytes: number): Task {
  for (let bytesBefore = 0; ; ) {
    yield* raft.progress.wait();
    if (raft.committedBytes - bytesBefore < everyBytes) continue;
    const endOffset = raft.highWatermark;
    const last = yield* raft.read(endOffset - 1, 1);
    if (last.length === 0) continue;
    bytesBefore = raft.committedBytes;
    yield* raft.createSnapshot({ endOffset, epoch: partitionLeaderEpochOf(last) }, encodeControlBatch('SNAPSHOT_HEADER', new Uint8Array(SNAPSHOT_BYTES).fill(endOffset % 256), maxTimestampOf(last)));
  }
}

function* appendNowAndThen(context: ActorContext, raft: RaftClient): Task {
  const value = new TextEncoder().encode(context.name);
  for (;;) {
    yield* context.sleep(APPEND_EVERY_US);
    if (raft.leadership === undefined) continue;
    try {
      raft.append(raft.epoch, [{ key: null, value, timestamp: 0 }]);
    } catch (error) {
      // It takes office, but has not written so yet.
      if (!(error instanceof KafkaError)) throw error;
    }
  }
}
