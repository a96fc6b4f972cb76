import { describe, expect, test } from 'vitest';
import type { BrokerRegistration } from '../metadata/metadata-image.ts';
import { PROTOCOLS } from '../protocols.ts';
import { partition } from '../testing/partition.ts';
import { validateAlterPartition } from './alter-partition.ts';
import type { AlterPartitionItem } from './alter-partition.ts';

const registration = partition({ leader: 0, isr: [0, 1] });
const { variant } = PROTOCOLS['4.2']!;

function broker(brokerId: number, change: Partial<BrokerRegistration> = {}): BrokerRegistration {
  return { brokerId, incarnationId: 'i', brokerEpoch: 100 + brokerId, fenced: false, inControlledShutdown: false, host: 'h', port: 1, ...change };
}

const brokers = new Map([0, 1, 2].map((id) => [id, broker(id)]));
const good: AlterPartitionItem = {
  partitionIndex: 0,
  leaderEpoch: 5,
  newIsrWithEpochs: [0, 1, 2].map((brokerId) => ({ brokerId, brokerEpoch: 100 + brokerId })),
  leaderRecoveryState: 0,
  partitionEpoch: 9,
};

describe('AP-1: the first rule broken, in this order', () => {
  test.each([
    ['all is well', good, 'NONE'],
    ['the leader knows a later leader epoch than this controller', { ...good, leaderEpoch: 6 }, 'NOT_CONTROLLER'],
    ['the leader knows a later partition epoch than this controller', { ...good, partitionEpoch: 10 }, 'NOT_CONTROLLER'],
    ['an older leader epoch', { ...good, leaderEpoch: 4 }, 'FENCED_LEADER_EPOCH'],
    ['an older partition epoch', { ...good, partitionEpoch: 8 }, 'INVALID_UPDATE_VERSION'],
    ['both older: the leader epoch is looked at first', { ...good, leaderEpoch: 4, partitionEpoch: 8 }, 'FENCED_LEADER_EPOCH'],
    ['a member that is no replica', { ...good, newIsrWithEpochs: [...good.newIsrWithEpochs, { brokerId: 7, brokerEpoch: -1 }] }, 'INVALID_REQUEST'],
    ['without the leader', { ...good, newIsrWithEpochs: good.newIsrWithEpochs.slice(1) }, 'INVALID_REQUEST'],
    ['RECOVERING with more than one member', { ...good, leaderRecoveryState: 1 }, 'INVALID_REQUEST'],
    ['RECOVERED back to RECOVERING', { ...good, leaderRecoveryState: 1, newIsrWithEpochs: good.newIsrWithEpochs.slice(0, 1) }, 'INVALID_REQUEST'],
    ['a member of an older broker epoch', { ...good, newIsrWithEpochs: [good.newIsrWithEpochs[0]!, { brokerId: 1, brokerEpoch: 50 }] }, 'INELIGIBLE_REPLICA'],
    ['a member whose epoch the leader does not know', { ...good, newIsrWithEpochs: [good.newIsrWithEpochs[0]!, { brokerId: 1, brokerEpoch: -1 }] }, 'NONE'],
  ] as const)('%s: %o', (_, item, error) => {
    expect(validateAlterPartition(0, item, registration, brokers, variant)).toBe(error);
  });

  test('an unknown partition', () => {
    expect(validateAlterPartition(0, good, undefined, brokers, variant)).toBe('UNKNOWN_TOPIC_OR_PARTITION');
  });

  test('somebody who does not lead', () => {
    expect(validateAlterPartition(1, good, registration, brokers, variant)).toBe('INVALID_REQUEST');
  });

  test.each([
    ['unregistered', new Map([[0, broker(0)], [1, broker(1)]])],
    ['fenced', new Map([...brokers, [2, broker(2, { fenced: true })]])],
    ['in controlled shutdown', new Map([...brokers, [2, broker(2, { inControlledShutdown: true })]])],
  ])('a member that is %s', (_, known) => {
    expect(validateAlterPartition(0, good, registration, known, variant)).toBe('INELIGIBLE_REPLICA');
  });
});

describe('AP-1 as it was', () => {
  test.each([
    ['a leader of a later leader epoch', { ...good, leaderEpoch: 6 }, 'FENCED_LEADER_EPOCH'],
    ['a leader of a later partition epoch', { ...good, partitionEpoch: 10 }, 'INVALID_UPDATE_VERSION'],
  ] as const)('fencesNewerLeaders (KAFKA-14154, B23): %s is refused for good', (_, item, error) => {
    expect(validateAlterPartition(0, item, registration, brokers, { ...variant, fencesNewerLeaders: true })).toBe(error);
  });

  test('isrWithoutBrokerEpochs (before KIP-903): a member that has restarted since it fetched is taken', () => {
    const item: AlterPartitionItem = { ...good, newIsrWithEpochs: [good.newIsrWithEpochs[0]!, { brokerId: 1, brokerEpoch: 50 }] };
    expect(validateAlterPartition(0, item, registration, brokers, { ...variant, isrWithoutBrokerEpochs: true })).toBe('NONE');
  });

  test('isrWithoutBrokerEpochs: a member that is fenced is refused all the same (KIP-841)', () => {
    const fenced = new Map([...brokers, [2, broker(2, { fenced: true })]]);
    expect(validateAlterPartition(0, good, registration, fenced, { ...variant, isrWithoutBrokerEpochs: true })).toBe('INELIGIBLE_REPLICA');
  });
});
