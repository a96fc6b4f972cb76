/** @module Ctrl-C: the first ends the work and keeps what was found, the second ends the process. */
import { EXIT } from './exit-code.ts';
import type { Io } from './io.ts';

/** A second signal within this time is the same Ctrl-C: npm passes on to its child what the terminal has already sent to it. */
const SAME_PRESS_MS = 500;

export interface Interrupt {
  readonly signal: AbortSignal;
  /** Stops listening. */
  end(): void;
}

export function interruptible(io: Io, kill: () => void = () => process.exit(EXIT.interrupted)): Interrupt {
  const controller = new AbortController();
  let firstAt: number | undefined;
  const end = io.onInterrupt(() => {
    if (firstAt === undefined) {
      firstAt = performance.now();
      io.err('\nStopping. Press Ctrl-C once more to end at once.\n');
      controller.abort();
    } else if (performance.now() - firstAt > SAME_PRESS_MS) kill();
  });
  return { signal: controller.signal, end };
}
