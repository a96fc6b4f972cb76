/** @module The clients of a trial, written short: what most of them have in common. */
import type { Micros } from '../runtime/index.ts';
import type { ConfigValues, Consumers, Producers } from './trial.ts';

/** Each record is sent until it is acknowledged or 30 s old, and none overtakes another: one request in flight. */
const ORDERED: ConfigValues = { acks: 'all', 'enable.idempotence': false, 'max.in.flight.requests.per.connection': 1, 'delivery.timeout.ms': 30_000, 'request.timeout.ms': 10_000 };

/** So many records per second of so many producers together. */
export function producers(count: number, config: ConfigValues = {}, ratePerSecond = 25): Producers {
  return { kind: 'producers', count, ratePerSecond, config: { ...ORDERED, ...config } };
}

/** They read every partition from its beginning. */
export function consumers(count: number, config: ConfigValues = {}, startAfterUs?: Micros): Consumers {
  return { kind: 'consumers', count, config: { 'auto.offset.reset': 'earliest', 'enable.auto.commit': false, ...config }, ...(startAfterUs !== undefined && { startAfterUs }) };
}
