import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { FrameCodec } from '../network/codec.ts';
import { DROP_REASONS, FRAME_KINDS } from './trace-event.ts';
import type { PlacedEvent, TraceEvent } from './trace-event.ts';
import { TraceFileWriter, readTraceFile } from './trace-file.ts';

const directory = mkdtempSync(join(tmpdir(), 'trace-'));
afterAll(() => rmSync(directory, { recursive: true }));
let files = 0;
const nextFile = (): string => {
  files += 1;
  return join(directory, `${files}.jsonl`);
};

const codec = new FrameCodec([['call', 'data']]);
const place = (event: TraceEvent, i: number): PlacedEvent => ({ time: i * 10, actor: i % 2, index: i, event });

function write(events: readonly TraceEvent[], bytesMax = 1_000_000): { file: string; summary: ReturnType<TraceFileWriter['close']> } {
  const file = nextFile();
  const writer = new TraceFileWriter(file, { seed: '18446744073709551615', actors: ['böb', 'eve'], bytesMax, about: { workload: 'ping' } });
  events.forEach((event, i) => writer.write(place(event, i), (bytes) => codec.decode(bytes)));
  return { file, summary: writer.close() };
}

/** A file with this content. */
function fileOf(content: string): string {
  const file = nextFile();
  writeFileSync(file, content);
  return file;
}

const format = (text: RegExp): unknown => expect.objectContaining({ code: 'format', message: expect.stringMatching(text) as string });

describe('a trace file', () => {
  it('gives back what was written, with names in place of numbers and messages decoded', () => {
    const payload = codec.encode({ call: 2n ** 60n, data: new Uint8Array([1, 2, 3]) });
    const { file, summary } = write([
      { type: 'frame-sent', to: 1, connection: 7, kind: FRAME_KINDS.indexOf('request'), correlation: 1, arrivesAt: 500, payload },
      { type: 'frame-dropped', peer: 0, connection: 7, kind: FRAME_KINDS.indexOf('reply'), correlation: 1, reason: DROP_REASONS.indexOf('half-open') },
      { type: 'observed', observation: { done: true } },
      { type: 'frame-sent', to: 1, connection: 7, kind: FRAME_KINDS.indexOf('close'), correlation: 0, arrivesAt: 500, payload: new Uint8Array(0) },
      { type: 'strike', id: 'f1', kind: 'crash', detail: '' },
      { type: 'connection-closed', peer: 1, connection: 7, reason: 'reset' },
    ]);
    const { header, lines, isTruncated } = readTraceFile(file);
    expect(header).toMatchObject({ seed: '18446744073709551615', actors: ['böb', 'eve'], about: { workload: 'ping' } });
    expect(isTruncated).toBe(false);
    expect(lines).toEqual([
      { time: 0, actor: 'böb', index: 0, type: 'frame-sent', to: 'eve', connection: 7, kind: 'request', correlation: 1, arrivesAt: 500, payload: { call: String(2n ** 60n), data: 'AQID' } },
      { time: 10, actor: 'eve', index: 1, type: 'frame-dropped', peer: 'böb', connection: 7, kind: 'reply', correlation: 1, reason: 'half-open' },
      { time: 20, actor: 'böb', index: 2, type: 'observed', observation: { done: true } },
      { time: 30, actor: 'eve', index: 3, type: 'frame-sent', to: 'eve', connection: 7, kind: 'close', correlation: 0, arrivesAt: 500, payload: null },
      { time: 40, actor: 'böb', index: 4, type: 'strike', id: 'f1', kind: 'crash', detail: '' },
      { time: 50, actor: 'eve', index: 5, type: 'connection-closed', peer: 'eve', connection: 7, reason: 'reset' },
    ]);
    expect(summary).toMatchObject({ events: 6, left: 0 });
  });

  it('holds no more than it may, and says how much was left out', () => {
    const events = Array.from({ length: 30_000 }, (_, i): TraceEvent => ({ type: 'process-failed', error: `é${i}` }));
    const { file, summary } = write(events, 100_000);
    const { lines, isTruncated } = readTraceFile(file);
    expect(isTruncated).toBe(true);
    expect(lines).toHaveLength(summary.events);
    expect(summary.events + summary.left).toBe(30_000);
    const { size } = statSync(file);
    expect(size).toBeGreaterThanOrEqual(summary.bytes);
    expect(size).toBeLessThan(100_000 + 500);
    expect(JSON.parse(readFileSync(file, 'utf8').trimEnd().split('\n').at(-1)!)).toEqual({ truncated: summary });
  });

  it('may be empty of events', () => {
    expect(readTraceFile(write([]).file).lines).toEqual([]);
  });

  it('that is foreign is refused', () => {
    for (const content of ['', 'hello\n', '{"format":"jaeger"}\n', 'null\n', '[]\n', '\u0000\u0001'])
      expect(() => readTraceFile(fileOf(content))).toThrow(format(/is not a trace of kafka-trial$/));
  });

  it('of another version is refused, naming both', () => {
    const { file } = write([]);
    const other = fileOf(readFileSync(file, 'utf8').replace('"version":1', '"version":2'));
    expect(() => readTraceFile(other)).toThrow(format(/trace version 2; this version reads 1/));
  });

  it('that breaks off is refused, wherever it breaks', () => {
    const whole = readFileSync(write([{ type: 'process-paused' }, { type: 'process-paused' }]).file, 'utf8');
    const headerEnd = whole.indexOf('\n') + 1;
    for (let end = headerEnd; end < whole.length; end += 1) expect(() => readTraceFile(fileOf(whole.slice(0, end)))).toThrow(format(/breaks off/));
  });

  it('with a line that is garbage is refused, naming the line', () => {
    const rows = readFileSync(write([{ type: 'process-paused' }, { type: 'process-paused' }]).file, 'utf8').split('\n');
    rows[2] = '{"time":';
    expect(() => readTraceFile(fileOf(rows.join('\n')))).toThrow(format(/line 3 is not JSON/));
  });
});
