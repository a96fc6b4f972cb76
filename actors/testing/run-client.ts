/** @module Test support: runs one application against brokers, in this thread. Every frame takes exactly {@link LATENCY}. */
import { NO_FAULTS } from '../../runtime/faults/plan.ts';
import type { TimedFault, Weather } from '../../runtime/faults/plan.ts';
import { MILLISECOND, SECOND } from '../../runtime/index.ts';
import type { Actor, ActorContext, Micros, Task } from '../../runtime/index.ts';
import { SimulatorError } from '../../runtime/simulator-error.ts';
import { ControlBlock } from '../../runtime/workers/control-block.ts';
import { createHasher } from '../../runtime/workers/hasher.ts';
import { runPart } from '../../runtime/workers/run-part.ts';
import type { PartResult } from '../../runtime/workers/run-part.ts';
import { MESSAGES } from '../protocol/messages.ts';
import { structuresOf } from '../protocol/schema.ts';

export const LATENCY: Micros = MILLISECOND;

const hasher = await createHasher();

export interface ClientRunOptions {
  readonly seed?: string;
  readonly faults?: readonly TimedFault[];
  /** Blows until `weatherUntil`. */
  readonly weather?: readonly Weather[];
  readonly weatherUntil?: Micros;
  readonly endsAt?: Micros;
}

/** Runs an application named `app` until it is through. @throws {SimulatorError} what the run fails of, or that it did not come to an end */
export function runClient(brokers: readonly Actor[], application: (context: ActorContext) => Task, { seed = 'client', faults = [], weather = [], weatherUntil = 0, endsAt = 600 * SECOND }: ClientRunOptions = {}): PartResult {
  let isThrough = false;
  const app: Actor = {
    name: 'app',
    finishes: true,
    start(context) {
      context.spawn(
        (function* () {
          yield* application(context);
          isThrough = true;
          context.finish();
        })(),
      );
    },
  };
  const actors = [...brokers, app];
  const outcome = runPart({
    simulation: {
      seed,
      actors,
      structures: structuresOf(MESSAGES),
      network: { latencyUsMin: LATENCY, latencyUsMeanExtra: 0, bytesPerSecond: Infinity, connectionBytesMax: 100_000_000 },
      disk: { fsyncUs: 100, usPerMiB: 0 },
      faults: { ...NO_FAULTS, timed: faults, weather, weatherUntil },
      endsAt,
      createJudge: () => ({ judge: () => undefined, verdict: () => undefined }),
    },
    worker: 0,
    placement: actors.map(() => 0),
    control: new ControlBlock(1),
    rings: [undefined],
    hasher,
    traceAll: false,
  });
  if (!outcome.ok) {
    const { failure } = outcome;
    throw failure === 'aborted' ? new Error('aborted') : new SimulatorError(failure.code, `${failure.stack}\n(actor ${failure.actor}, virtual time ${failure.time} µs)`);
  }
  if (!isThrough) throw new Error('the application did not come to its end');
  return outcome.result;
}
