/** @module Keys that producers and consumers have in common. Defaults of Kafka 4.2 (§10). */
import { durationMs } from './keys.ts';

export const CLIENT_KEYS = {
  'request.timeout.ms': durationMs(30_000, 'How long a request may stay unanswered; then its connection is closed.'),
  'retry.backoff.ms': durationMs(100, 'Wait before the first retry; it doubles with every further one, ±20 %.'),
  'retry.backoff.max.ms': durationMs(1_000, 'Longest wait before a retry.'),
  'reconnect.backoff.ms': durationMs(50, 'Wait before connecting again to a broker whose connection broke; it doubles with every failure, ±20 %.'),
  'reconnect.backoff.max.ms': durationMs(1_000, 'Longest wait before connecting again.'),
  'socket.connection.setup.timeout.ms': durationMs(10_000, 'How long a connection may take to open; it doubles with every failure, ±20 %.'),
  'socket.connection.setup.timeout.max.ms': durationMs(30_000, 'Longest time a connection may take to open.'),
  'metadata.max.age.ms': durationMs(300_000, 'Metadata older than this is fetched again though nothing hints at a change.'),
} as const;

/** Keys of both that Kafka knows and the simulation does not, yet. */
export const CLIENT_KEYS_NOT_SIMULATED = [
  'bootstrap.servers', 'client.id', 'client.dns.lookup', 'client.rack', 'connections.max.idle.ms', 'enable.metrics.push', 'interceptor.classes',
  'metadata.recovery.rebootstrap.trigger.ms', 'metadata.recovery.strategy', 'metric.reporters', 'metrics.num.samples', 'metrics.recording.level',
  'metrics.sample.window.ms', 'receive.buffer.bytes', 'send.buffer.bytes', 'security.protocol', 'security.providers', 'sasl.mechanism', 'sasl.jaas.config',
  'ssl.protocol', 'ssl.keystore.location', 'ssl.truststore.location',
] as const;
