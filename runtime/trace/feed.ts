/**
 * @module
 * The way of events to the judges: collected from every lane, put into the order of the trace, handed on once nothing earlier can
 * come any more. Only what judges look at travels, unless a trace is being written.
 */
import type { Micros } from '../units.ts';
import { compareTraceOrder } from './trace-event.ts';
import type { PlacedEvent, TraceEvent, TraceEventType } from './trace-event.ts';

/** Receives events of one worker, in the order they were executed there. */
export interface Feed {
  /** Whether every event is wanted and not only what judges see. */
  readonly wantsAll: boolean;
  push(time: Micros, actor: number, index: number, event: TraceEvent): void;
}

const JUDGED: ReadonlySet<TraceEventType> = new Set<TraceEventType>([
  'observed',
  'strike',
  'strike-suppressed',
  'process-started',
  'process-stopped',
  'process-paused',
  'process-resumed',
  'process-failed',
  'process-finished',
  'process-terminating',
  'process-halted',
  'clock-skewed',
  'disk-lost',
  'disk-failed',
  'disk-writeback-lost',
  'disk-rotted',
]);

/** Judges see these; the rest is for the digest, and for a trace file. */
export function isJudged(type: TraceEventType): boolean {
  return JUDGED.has(type);
}

/** Merges the events of all workers. */
export class MergingFeed implements Feed {
  readonly wantsAll: boolean;
  readonly #sink: (event: PlacedEvent) => void;
  #pending: PlacedEvent[] = [];

  constructor(wantsAll: boolean, sink: (event: PlacedEvent) => void) {
    this.wantsAll = wantsAll;
    this.#sink = sink;
  }

  /** Events that wait for the time at which nothing earlier can come. */
  get pending(): number {
    return this.#pending.length;
  }

  push(time: Micros, actor: number, index: number, event: TraceEvent): void {
    this.#pending.push({ time, actor, index, event });
  }

  /** Hands on, in order, everything that happened before `time`: no worker will say more of that. */
  release(time: Micros): void {
    if (this.#pending.length === 0) return;
    const pending = this.#pending.sort(compareTraceOrder);
    let count = 0;
    while (count < pending.length && pending[count]!.time < time) count += 1;
    this.#pending = pending.slice(count);
    for (let i = 0; i < count; i += 1) this.#sink(pending[i]!);
  }
}
