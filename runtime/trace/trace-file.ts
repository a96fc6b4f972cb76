/**
 * @module
 * A trace as a file: one JSON object per line, first a header, then the events in the order of the trace, at the end either
 * `{"end": …}` or, when the size bound was reached, `{"truncated": …}`. Frames stand decoded; byte strings as base64.
 */
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { SimulatorError } from '../simulator-error.ts';
import { FRAME_KINDS, DROP_REASONS } from './trace-event.ts';
import type { PlacedEvent } from './trace-event.ts';

export const TRACE_FORMAT = 'kafka-trial-trace';
export const TRACE_VERSION = 1;

/** Default bound on a trace file. */
export const TRACE_BYTES_MAX = 256 * 1024 * 1024;

const CHUNK = 1 << 20;

export interface TraceFileHeader {
  readonly format: typeof TRACE_FORMAT;
  readonly version: number;
  readonly seed: string;
  readonly actors: readonly string[];
  readonly bytesMax: number;
  /** What else is worth knowing of the run. */
  readonly about: unknown;
}

/** A line of the file: an event with names in place of numbers. */
export interface TraceLine {
  readonly time: number;
  readonly actor: string;
  readonly index: number;
  readonly type: string;
  readonly [field: string]: unknown;
}

export interface TraceFileSummary {
  readonly events: number;
  readonly bytes: number;
  /** Events that came after the bound was reached. */
  readonly left: number;
}

export class TraceFileWriter {
  readonly #descriptor: number;
  readonly #actors: readonly string[];
  readonly #bytesMax: number;
  #chunk: string[] = [];
  #chunkBytes = 0;
  #bytes = 0;
  #events = 0;
  #left = 0;

  constructor(file: string, header: Omit<TraceFileHeader, 'format' | 'version'>) {
    this.#descriptor = openSync(file, 'w');
    this.#actors = header.actors;
    this.#bytesMax = header.bytesMax;
    this.#line({ format: TRACE_FORMAT, version: TRACE_VERSION, ...header });
  }

  write(placed: PlacedEvent, decode: (bytes: Uint8Array) => unknown): void {
    if (this.#bytes >= this.#bytesMax) {
      this.#left += 1;
      return;
    }
    this.#events += 1;
    this.#line(traceLine(placed, this.#actors, decode));
  }

  /** Writes the last line and closes the file. */
  close(): TraceFileSummary {
    const summary = { events: this.#events, bytes: this.#bytes, left: this.#left };
    this.#line(this.#left > 0 ? { truncated: summary } : { end: summary });
    this.#flush();
    closeSync(this.#descriptor);
    return summary;
  }

  #line(content: object): void {
    const line = `${traceText(content)}\n`;
    const bytes = Buffer.byteLength(line);
    this.#chunk.push(line);
    this.#chunkBytes += bytes;
    this.#bytes += bytes;
    if (this.#chunkBytes > CHUNK) this.#flush();
  }

  #flush(): void {
    writeSync(this.#descriptor, this.#chunk.join(''));
    this.#chunk = [];
    this.#chunkBytes = 0;
  }
}

/** An event as a person, or a line of the file, shows it. */
export function traceLine({ time, actor, index, event }: PlacedEvent, actors: readonly string[], decode: (bytes: Uint8Array) => unknown): TraceLine {
  const { type, ...fields } = event as unknown as Record<string, unknown> & { type: string };
  const line: Record<string, unknown> = { time, actor: actors[actor], index, type, ...fields };
  for (const key of ['to', 'from', 'peer']) if (typeof line[key] === 'number') line[key] = actors[line[key]];
  if (type.startsWith('frame-')) line['kind'] = FRAME_KINDS[line['kind'] as number];
  if (typeof line['reason'] === 'number') line['reason'] = DROP_REASONS[line['reason']];
  const { payload } = line;
  if (payload instanceof Uint8Array) line['payload'] = payload.length === 0 ? null : decode(payload);
  return line as TraceLine;
}

/** A line as it is written: JSON, with byte strings as base64 and 64-bit integers as text. */
export function traceText(line: object): string {
  return JSON.stringify(line, withBytesAsBase64);
}

function withBytesAsBase64(this: unknown, _key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  // A Buffer has turned itself into { type: 'Buffer', data: [...] } before it gets here.
  if (typeof value === 'object' && value !== null && 'type' in value && value.type === 'Buffer' && 'data' in value && Array.isArray(value.data)) return Buffer.from(value.data as number[]).toString('base64');
  return value;
}

/** Reads a trace file back. @throws {SimulatorError} `format`, naming what is wrong. */
export function readTraceFile(file: string): { header: TraceFileHeader; lines: TraceLine[]; isTruncated: boolean } {
  const rows = readFileSync(file, 'utf8').split('\n');
  const header = parsed(rows[0]!) as Partial<TraceFileHeader> | undefined;
  if (header?.format !== TRACE_FORMAT) throw new SimulatorError('format', `${file} is not a trace of kafka-trial`);
  if (header.version !== TRACE_VERSION) throw new SimulatorError('format', `${file} has trace version ${String(header.version)}; this version reads ${TRACE_VERSION}`);
  // Behind the last line end there is nothing, unless the file breaks off in the middle of a line.
  const isWhole = rows.pop() === '';
  const last = parsed(rows.pop() ?? '');
  const isTruncated = last !== undefined && 'truncated' in last;
  if (!isWhole || last === undefined || (!isTruncated && !('end' in last))) throw new SimulatorError('format', `${file} breaks off: its last line is missing`);
  const lines = rows.slice(1).map((row, i) => {
    const line = parsed(row);
    if (line === undefined) throw new SimulatorError('format', `${file}: line ${i + 2} is not JSON`);
    return line as TraceLine;
  });
  return { header: header as TraceFileHeader, lines, isTruncated };
}

/** The object in a line; undefined if it holds none. */
function parsed(row: string): object | undefined {
  try {
    const value: unknown = JSON.parse(row);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
