/** @module Configuration of a producer. Defaults of Kafka 4.2 (§10), older ones beside them. */
import { CLIENT_KEYS, CLIENT_KEYS_NOT_SIMULATED } from './client-keys.ts';
import type { ConfigDefinition, ConfigOf } from './config-definition.ts';
import { choice, count, durationMs, flag, sizeBytes } from './keys.ts';

const KEYS = {
  ...CLIENT_KEYS,
  acks: choice(['all', '-1', '0', '1'], 'all', 'Who must have a record before it is acknowledged: nobody, the leader, or all in-sync replicas.', { earlier: [{ before: '3.0', default: '1' }] }),
  'compression.gzip.level': count(-1, 'How hard gzip tries: 1 is fast, 9 is small, -1 is its own choice.', { atLeast: -1, atMost: 9 }),
  'compression.type': choice(['none', 'gzip'], 'none', 'How records are compressed, batch by batch (RB-2). Of the kinds Kafka has, gzip is simulated.'),
  'enable.idempotence': flag(true, 'Whether the broker recognises a record that is sent again.', { earlier: [{ before: '3.0', default: false }] }),
  retries: count(2_147_483_647, 'How often a batch is sent again after an error that may pass.', { earlier: [{ before: '2.1', default: 0 }] }),
  'max.in.flight.requests.per.connection': count(5, 'Requests sent and not yet answered; with 1, a retry does not reorder.', { atLeast: 1 }),
  'batch.size': sizeBytes(16_384, 'Bytes that a batch of one partition collects.'),
  'linger.ms': durationMs(5, 'How long a batch waits for more records.', { earlier: [{ before: '4.0', default: 0 }] }),
  'buffer.memory': sizeBytes(33_554_432, 'Bytes of all batches that are not done; send() blocks when they are used up.', { atLeast: 1 }),
  'max.block.ms': durationMs(60_000, 'How long send() blocks for metadata and for buffer memory together.'),
  'delivery.timeout.ms': durationMs(120_000, 'How long a record may take from send() until it is acknowledged or failed, retries included.', { atMost: 2_147_483_647 }),
  'max.request.size': sizeBytes(1_048_576, 'Most bytes of a request, and of a record.'),
} as const;

export type ProducerConfig = ConfigOf<typeof KEYS>;

export const PRODUCER_CONFIG: ConfigDefinition<typeof KEYS> = {
  name: 'producer',
  keys: KEYS,
  notSimulated: [
    ...CLIENT_KEYS_NOT_SIMULATED, 'compression.lz4.level', 'compression.zstd.level', 'key.serializer', 'value.serializer',
    'metadata.max.idle.ms', 'partitioner.class', 'partitioner.adaptive.partitioning.enable', 'partitioner.availability.timeout.ms', 'partitioner.ignore.keys',
    'transaction.timeout.ms', 'transaction.two.phase.commit.enable', 'transactional.id',
  ],
  adjust(config, given) {
    const isAtOdds = acksOf(config) !== ACKS_ALL || config.retries === 0;
    // SQ-1: idempotence that nobody asked for gives way to acks and retries that somebody did.
    const idempotence = config['enable.idempotence'] && (given.has('enable.idempotence') || !isAtOdds);
    // As in Kafka, a delivery timeout that nobody set stretches to what it must cover.
    const covered = config['linger.ms'] + config['request.timeout.ms'];
    const deliveryMs = given.has('delivery.timeout.ms') ? config['delivery.timeout.ms'] : Math.max(config['delivery.timeout.ms'], covered);
    return { ...config, 'enable.idempotence': idempotence, 'delivery.timeout.ms': deliveryMs };
  },
  conflicts(config) {
    const found: string[] = [];
    if (config['enable.idempotence'])
      found.push("enable.idempotence=true (Kafka's default) is not built yet: set enable.idempotence=false, and max.in.flight.requests.per.connection=1 to keep records in order.");
    if (config['delivery.timeout.ms'] < config['linger.ms'] + config['request.timeout.ms'])
      found.push(`delivery.timeout.ms (${config['delivery.timeout.ms']}) must be at least linger.ms (${config['linger.ms']}) + request.timeout.ms (${config['request.timeout.ms']}).`);
    if (config['compression.gzip.level'] === 0) found.push('compression.gzip.level is 1 to 9, or -1.');
    if (config['batch.size'] > config['buffer.memory']) found.push(`batch.size (${config['batch.size']}) must fit into buffer.memory (${config['buffer.memory']}).`);
    return found;
  },
};

export const ACKS_ALL = -1;
export const ACKS_NONE = 0;

/** `acks` as requests carry it: −1 for all. */
export function acksOf(config: Pick<ProducerConfig, 'acks'>): -1 | 0 | 1 {
  switch (config.acks) {
    case 'all':
    case '-1':
      return ACKS_ALL;
    case '0':
      return ACKS_NONE;
    case '1':
      return 1;
  }
}
