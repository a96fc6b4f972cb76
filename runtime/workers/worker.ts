/** @module Entry of a worker thread: builds its part of a simulation and runs it, when the main thread asks. */
import { parentPort } from 'node:worker_threads';
import { expose } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { randomStream } from '../random/random.ts';
import { SimulatorError } from '../simulator-error.ts';
import type { Simulation } from '../simulation.ts';
import { TraceFileWriter, traceLine, traceText } from '../trace/trace-file.ts';
import type { PlacedEvent } from '../trace/trace-event.ts';
import { ControlBlock } from './control-block.ts';
import { createHasher } from './hasher.ts';
import type { Disturbance, PartReply, PartRequest, WorkerApi } from './protocol.ts';
import { runPart } from './run-part.ts';
import type { Part } from './run-part.ts';

const api: WorkerApi = {
  async run(request: PartRequest): Promise<PartReply> {
    const control = ControlBlock.attach(request.workers, request.control);
    try {
      return await run(request, control);
    } catch (error) {
      control.abort();
      const message = error instanceof Error ? error.message : String(error);
      const code = error instanceof SimulatorError ? error.code : 'declaration';
      return { ok: false, failure: { code, message, stack: error instanceof Error ? (error.stack ?? message) : message, actor: 'none', time: -1, order: request.worker } };
    }
  },
};

async function run(request: PartRequest, control: ControlBlock): Promise<PartReply> {
  const module = (await import(request.source.module)) as { createSimulation: (argument: unknown) => Simulation };
  const simulation = module.createSimulation(request.source.argument);
  const names = simulation.actors.map(({ name }) => name);
  const isFirst = request.worker === 0;
  const { keep } = request;
  const writer = isFirst && request.trace !== undefined ? new TraceFileWriter(request.trace.file, { seed: simulation.seed, actors: names, bytesMax: request.trace.bytesMax, about: request.trace.about }) : undefined;
  const kept: PlacedEvent[] = [];
  const keptLines: string[] = [];
  const onTrace: Part['onTrace'] = (event, decode) => {
    writer?.write(event, decode);
    if (keep === undefined || event.time < keep.from || event.time > keep.to || kept.length >= keep.eventsMax) return;
    kept.push(event);
    keptLines.push(traceText(traceLine(event, names, decode)));
  };
  const outcome = runPart({
    simulation,
    worker: request.worker,
    placement: request.placement,
    control,
    rings: request.rings,
    hasher: await createHasher(),
    traceAll: request.trace !== undefined || keep !== undefined,
    onTrace: isFirst ? onTrace : undefined,
    betweenWindows: request.disturbance === undefined ? undefined : disturb(request.disturbance, request.worker),
  });
  const file = writer?.close();
  if (!outcome.ok) return outcome;
  return { ok: true, result: outcome.result, trace: { file, kept: keep === undefined ? undefined : kept, keptLines: keep === undefined ? undefined : keptLines } };
}

/** Sleeps of real time, from a stream of their own. */
function disturb({ seed, perMille, sleepMsMax }: Disturbance, worker: number): () => void {
  const random = randomStream(seed, `disturbance/${worker}`);
  const nobody = new Int32Array(new SharedArrayBuffer(4));
  return () => {
    if (random.chance(perMille, 1_000)) Atomics.wait(nobody, 0, 0, random.between(1, sleepMsMax));
  };
}

expose(api, nodeEndpoint(parentPort));
