/** @module One line on standard error that is written over again and again; nothing at all unless a person watches. */
import type { TrialArgument } from '../workloads/trial.ts';
import { count, virtualTime } from './format.ts';
import type { Io } from './io.ts';

const CLEAR_LINE = '\r\u001b[2K';

export class Progress {
  readonly #io: Io;
  #isShown = false;

  constructor(io: Io) {
    this.#io = io;
  }

  show(line: string): void {
    const { terminal } = this.#io;
    if (terminal === undefined) return;
    // A line that wraps could not be written over.
    this.#io.err(`${CLEAR_LINE}${line.slice(0, Math.max(0, terminal.columns - 1))}`);
    this.#isShown = true;
  }

  /** A line that stays. */
  say(line: string): void {
    if (this.#io.terminal === undefined) return;
    this.clear();
    this.#io.err(`${line}\n`);
  }

  clear(): void {
    if (this.#isShown) this.#io.err(CLEAR_LINE);
    this.#isShown = false;
  }
}

/** How far a run is. */
export function runLine({ workload, seed }: TrialArgument, { time, until, events }: { readonly time: number; readonly until: number; readonly events: number }): string {
  const percent = until > 0 ? Math.min(100, Math.floor((time / until) * 100)) : 0;
  return `${workload}, seed ${seed}: virtual ${virtualTime(time)}, ${count(events)} events, ${percent} %`;
}
