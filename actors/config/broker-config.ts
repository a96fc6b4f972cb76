/** @module Configuration of a broker, and of the controller where it governs brokers. Defaults of Kafka 4.2 (§10), older ones beside them. */
import type { ConfigDefinition, ConfigOf } from './config-definition.ts';
import { count, durationMs, flag, sizeBytes } from './keys.ts';
import { LOG_KEYS, adjustLogTimes } from './log-keys.ts';

const KEYS = {
  ...LOG_KEYS,
  'broker.heartbeat.interval.ms': durationMs(2_000, 'How often a broker tells the controller that it lives.', { atLeast: 1 }),
  'broker.session.timeout.ms': durationMs(9_000, 'Without a heartbeat for so long, the controller fences the broker.', { atLeast: 1 }),
  'auto.leader.rebalance.enable': flag(true, 'Whether leaderships go back to the first replica now and then (EL-11).'),
  'controlled.shutdown.enable': flag(true, 'Whether a broker that is asked to end hands over its leaderships first (BL-4, EL-9).'),
  'controller.quorum.append.linger.ms': durationMs(25, 'How long the active controller collects records before it writes them.'),
  'controller.quorum.election.backoff.max.ms': durationMs(1_000, 'Longest wait after a lost election.', { atLeast: 1 }),
  'controller.quorum.election.timeout.ms': durationMs(1_000, 'Without a leader for so long, and up to twice that, a controller stands for election.', { atLeast: 1 }),
  // Kafka 4.2 has 8 MiB and no key; this is the key of 4.3 (KIP-1219).
  'controller.quorum.fetch.snapshot.max.bytes': sizeBytes(8_388_608, 'Most bytes of a snapshot of the metadata log that one request fetches (KR-4).', { atLeast: 1, atMost: 2_147_483_647 }),
  'controller.quorum.fetch.timeout.ms': durationMs(2_000, 'Without an answer of the leader for so long, a controller stands for election; a leader whom no majority asks for 1.5 times that resigns.', { atLeast: 1 }),
  'controller.quorum.request.timeout.ms': durationMs(2_000, 'How long a request of the quorum may stay unanswered.', { atLeast: 1 }),
  'controller.quorum.retry.backoff.ms': durationMs(20, 'Wait before a request of the quorum is sent again.', { atLeast: 1 }),
  'default.replication.factor': count(1, 'Replicas of a topic that does not say.', { atLeast: 1 }),
  'initial.broker.registration.timeout.ms': durationMs(60_000, 'How long a broker tries to register before it ends (BL-6).', { atLeast: 1 }),
  'leader.imbalance.check.interval.seconds': count(300, 'How often that is looked at.', { atLeast: 1 }),
  'message.max.bytes': sizeBytes(1_048_588, 'Largest batch a topic takes that does not say.'),
  'metadata.log.max.record.bytes.between.snapshots': sizeBytes(20_971_520, 'After so many bytes of new metadata a controller writes a snapshot of it (KR-4).', { atLeast: 1 }),
  'metadata.log.max.snapshot.interval.ms': durationMs(3_600_000, 'After so long it does, too, if there is anything new; 0: never.'),
  // Kafka asks for 8 MiB. Smaller ones have short runs roll.
  'metadata.log.segment.bytes': sizeBytes(1_073_741_824, 'Largest segment of the metadata log.', { atLeast: 12, atMost: 2_147_483_647 }),
  'metadata.log.segment.ms': durationMs(604_800_000, 'After so long a segment of the metadata log is closed.'),
  'metadata.max.idle.interval.ms': durationMs(500, 'How often the active controller writes a record that says nothing; 0: never.'),
  'metadata.max.retention.bytes': sizeBytes(104_857_600, 'Metadata log and snapshots together are kept below this, but for the newest snapshot and what follows it; -1: no limit.', { atLeast: -1 }),
  'metadata.max.retention.ms': durationMs(604_800_000, 'A snapshot that is older is forgotten, with what of the log lies below the next one; -1: never.', { atLeast: -1 }),
  'min.insync.replicas': count(1, 'Fewest in-sync replicas with which acks=all is accepted, for a topic that does not say.', { atLeast: 1 }),
  'num.partitions': count(1, 'Partitions of a topic that does not say.', { atLeast: 1 }),
  'replica.fetch.backoff.ms': durationMs(1_000, 'Wait of a follower after a fetch that failed.'),
  'replica.fetch.max.bytes': sizeBytes(1_048_576, 'Most bytes of one partition in the fetch of a follower (F-8).'),
  'replica.fetch.min.bytes': sizeBytes(1, 'Bytes a leader waits for before it answers a follower.'),
  'replica.fetch.response.max.bytes': sizeBytes(10_485_760, 'Most bytes of the fetch of a follower (F-8).'),
  'replica.fetch.wait.max.ms': durationMs(500, 'How long a leader waits for replica.fetch.min.bytes.'),
  'replica.high.watermark.checkpoint.interval.ms': durationMs(5_000, 'How often high watermarks are written to disk.', { atLeast: 1 }),
  'replica.lag.time.max.ms': durationMs(30_000, 'A follower that has not caught up for so long leaves the ISR.', { atLeast: 1, earlier: [{ before: '2.5', default: 10_000 }] }),
  'replica.socket.timeout.ms': durationMs(30_000, 'How long a fetch of a follower may stay unanswered.'),
  'unclean.leader.election.enable': flag(false, 'Whether a replica out of sync may lead when no other is there, for a topic that does not say (EL-2).', { earlier: [{ before: '0.11', default: true }] }),
  'unclean.leader.election.interval.ms': durationMs(300_000, 'How often partitions without a leader are looked at for that (EL-11).', { atLeast: 1 }),
} as const;

export type BrokerConfig = ConfigOf<typeof KEYS>;

export const BROKER_CONFIG: ConfigDefinition<typeof KEYS> = {
  name: 'broker',
  keys: KEYS,
  notSimulated: [
    'auto.create.topics.enable', 'background.threads', 'broker.id', 'broker.rack', 'compression.type', 'connections.max.idle.ms',
    'delete.topic.enable', 'group.initial.rebalance.delay.ms',
    'group.max.session.timeout.ms', 'group.min.session.timeout.ms', 'log.cleaner.io.buffer.size', 'log.cleaner.io.max.bytes.per.second', 'log.dir', 'log.dirs', 'log.dir.failure.timeout.ms',
    'log.message.timestamp.after.max.ms', 'log.message.timestamp.type', 'node.id', 'num.io.threads', 'num.network.threads', 'num.recovery.threads.per.data.dir',
    'num.replica.fetchers', 'offsets.commit.timeout.ms', 'offsets.retention.minutes', 'offsets.topic.num.partitions', 'offsets.topic.replication.factor',
    'process.roles', 'producer.id.expiration.ms', 'queued.max.requests', 'replica.selector.class', 'request.timeout.ms', 'transaction.max.timeout.ms',
    'transaction.state.log.min.isr', 'transaction.state.log.num.partitions', 'transaction.state.log.replication.factor', 'transactional.id.expiration.ms',
    'zookeeper.connect', 'zookeeper.session.timeout.ms',
  ],
  adjust: adjustLogTimes,
};
