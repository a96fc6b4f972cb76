/**
 * @module
 * The one closed union of everything that happens in a run. Each event belongs to the lane of the actor that executes it.
 * One table declares fields and their kinds; the types, the binary form (`lane-codec.ts`), the digest and the trace file all follow it.
 */

/** `number`: any double that is not NaN. `actor`: index of an actor. `text`: a string. `bytes`: a byte string. `plain`: plain data that does not change any more. */
type FieldKind = 'number' | 'actor' | 'text' | 'bytes' | 'plain';

/** What a frame is for; its position is its code in `frame-*` events. */
export const FRAME_KINDS = ['open', 'accept', 'refuse', 'request', 'one-way', 'reply', 'close', 'reset'] as const;
export type FrameKindName = (typeof FRAME_KINDS)[number];

/** Why a frame never reached its actor; its position is its code in `frame-dropped`. */
export const DROP_REASONS = ['partitioned', 'half-open', 'reset', 'powered-off', 'no-connection', 'process-down', 'connection-lost', 'buffer-full', 'crashed'] as const;
export type DropReason = (typeof DROP_REASONS)[number];

/** The order of these entries is their code in the binary form: append, never reorder. */
export const TRACE_EVENTS = {
  'process-started': { incarnation: 'number' },
  'process-stopped': { incarnation: 'number', how: 'text' },
  'process-paused': {},
  'process-resumed': { heldEvents: 'number' },
  'process-failed': { error: 'text' },
  'process-finished': {},
  'clock-skewed': { byUs: 'number' },
  /** The fault named by `id` took effect on this actor; `detail` says on what: links, or the file in which bits rot. */
  strike: { id: 'text', kind: 'text', detail: 'text' },
  /** A fault that would have struck is switched off in the plan. */
  'strike-suppressed': { id: 'text', kind: 'text' },
  'frame-sent': { to: 'actor', connection: 'number', kind: 'number', correlation: 'number', arrivesAt: 'number', payload: 'bytes' },
  'frame-held': { peer: 'actor', connection: 'number', kind: 'number', correlation: 'number' },
  'frame-delivered': { from: 'actor', connection: 'number', kind: 'number', correlation: 'number', bytes: 'number' },
  'frame-dropped': { peer: 'actor', connection: 'number', kind: 'number', correlation: 'number', reason: 'number' },
  'connection-opened': { peer: 'actor', connection: 'number' },
  'connection-closed': { peer: 'actor', connection: 'number', reason: 'text' },
  'call-timed-out': { peer: 'actor', connection: 'number', correlation: 'number' },
  'disk-created': { file: 'number', name: 'text' },
  'disk-written': { file: 'number', position: 'number', bytes: 'number' },
  'disk-truncated': { file: 'number', size: 'number' },
  'disk-synced': { file: 'number' },
  'disk-renamed': { file: 'number', name: 'text' },
  'disk-removed': { file: 'number' },
  'disk-directory-synced': {},
  'disk-directory-lost': { operations: 'number' },
  'disk-lost': { file: 'number', bytes: 'number' },
  'disk-restored': { file: 'number', bytes: 'number' },
  /** What the actor told the judges. */
  observed: { observation: 'plain' },
  /** The process was asked to end (SIGTERM), and has begun to. */
  'process-terminating': {},
  /** The process decided to end at once; `process-stopped` follows. */
  'process-halted': { reason: 'text' },
  /** A fault has made an operation of the disk fail. */
  'disk-failed': { operation: 'text', name: 'text', code: 'text' },
  /** A failed sync has taken these bytes for written, and they are not on the device. */
  'disk-writeback-lost': { file: 'number', position: 'number', bytes: 'number' },
  'disk-rotted': { file: 'number', bits: 'number' },
} as const satisfies Record<string, Record<string, FieldKind>>;

export type TraceEventType = keyof typeof TRACE_EVENTS;

type FieldType<K> = K extends 'text' ? string : K extends 'bytes' ? Uint8Array : K extends 'plain' ? object : number;

/** Something that happened, e.g. `{ type: 'disk-synced', file: 3 }`. */
export type TraceEvent = {
  [T in TraceEventType]: { readonly type: T } & { readonly [F in keyof (typeof TRACE_EVENTS)[T]]: FieldType<(typeof TRACE_EVENTS)[T][F]> };
}[TraceEventType];

/** An event with its place in the order (time, actor, index in the actor's lane). */
export interface PlacedEvent {
  readonly time: number;
  readonly actor: number;
  readonly index: number;
  readonly event: TraceEvent;
}

/** The order of a trace: what happened first; at one instant, by actor and then as the actor did it. */
export function compareTraceOrder(a: PlacedEvent, b: PlacedEvent): number {
  return a.time - b.time || a.actor - b.actor || a.index - b.index;
}
